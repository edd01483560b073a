"""An answer of the rights desk as PDF: tagged (PDF/UA-1), set in an embedded Japanese font, for screen and paper."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from umaya.types.errors import NotFoundError


def answer_pdf(document: dict[str, Any], reference: str, fonts: Path) -> bytes:
    """Return an answer as PDF.

    Args:
        document: as `umaya.gate.rights.document.read_document` returns it.
        reference: id of the request, for the footer.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character.
    """
    if not fonts.is_dir():
        raise NotFoundError("there are no PDFs on this hub: its front end is not built")
    given = json.dumps({**document, "reference": reference}, ensure_ascii=False)
    try:
        return bytes(
            typst.compile(
                _template(), font_paths=_fonts(fonts), format="pdf", pdf_standards="ua-1", sys_inputs={"answer": given}
            )
        )
    except typst.TypstError as error:
        raise NotFoundError("there is no PDF: its font lacks a character; choose another form") from error


@cache
def _template() -> bytes:
    return files("umaya.web").joinpath("templates/rights/answer.typ").read_bytes()


@cache
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
