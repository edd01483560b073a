"""The monthly report of monitoring as PDF: tagged (PDF/UA-1), set in an embedded Japanese font."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from umaya.types.errors import NotFoundError


def report_pdf(report: dict[str, Any], fonts: Path) -> bytes:
    """Return a report as PDF.

    Args:
        report: title, language, and for each party its name, reference, column heads and parts.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character.
    """
    if not fonts.is_dir():
        raise NotFoundError("there are no PDFs on this hub: its front end is not built")
    font = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    given = {"report": json.dumps(report, ensure_ascii=False)}
    try:
        return bytes(typst.compile(_template(), font_paths=font, format="pdf", pdf_standards="ua-1", sys_inputs=given))
    except typst.TypstError as error:
        raise NotFoundError("there is no PDF: its font lacks a character; the page has all") from error


@cache
def _template() -> bytes:
    return files("umaya.web").joinpath("templates/monitoring/report.typ").read_bytes()
