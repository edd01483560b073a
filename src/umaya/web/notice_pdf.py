"""A joint-use notice as PDF: tagged (PDF/UA-1), selectable, set in an embedded Japanese font.

Must hold: the same notice gives the same bytes, with the same fonts and version of Typst; the dates in the file are
the notice's, never the machine's.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import typst

from umaya.gate.joint_use import Notice
from umaya.types.errors import NotFoundError
from umaya.web.notice_words import grouped


def notice_pdf(notice: Notice, language: str, fonts: Path) -> bytes:
    """Return a published version as a PDF document.

    Args:
        notice: published.
        language: `ja` or `en`.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character of the notice.
    """
    if not fonts.is_dir():
        raise NotFoundError("there are no PDFs on this hub: its front end is not built")
    words, published = notice.words[language], notice.published_on
    assert published is not None  # noqa: S101 - a draft has no words
    document = notice.document
    publisher = next(one.name for one in document.responsible if one.party == document.publisher)
    given = {
        "title": words.sections[0][0],
        "publisher": publisher.ja if language == "ja" else publisher.en,
        "language": language,
        "published": [published.year, published.month, published.day],
        "reference": f"{notice.id} - {notice.version}",
        "digest": words.digest.removeprefix("sha256:"),
        "sections": grouped(words.sections),
    }
    try:
        return bytes(
            typst.compile(
                _template(),
                font_paths=_fonts(fonts),
                format="pdf",
                pdf_standards="ua-1",
                sys_inputs={"notice": json.dumps(given, ensure_ascii=False)},
                timestamp=datetime(published.year, published.month, published.day, tzinfo=UTC),
            )
        )
    except typst.TypstError as error:
        raise NotFoundError("there is no PDF of this notice: its font lacks a character; the page has all") from error


@cache
def _template() -> bytes:
    return files("umaya.web").joinpath("templates/joint_use/notice.typ").read_bytes()


@cache
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
