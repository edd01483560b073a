"""A joint-use notice as PDF. Must hold: the dates in the file are the notice's, never the machine's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from umaya.gate.joint_use import Notice
from umaya.web.notice_words import grouped
from umaya.web.pdf import typeset


def notice_pdf(notice: Notice, language: str, fonts: Path) -> bytes:
    """Return a published version as a PDF document.

    Args:
        notice: published.
        language: `ja` or `en`.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character of the notice.
    """
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
    made = datetime(published.year, published.month, published.day, tzinfo=UTC)
    return typeset("joint_use/notice.typ", "notice", given, fonts, made)
