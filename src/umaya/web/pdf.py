"""Documents set by Typst: tagged (PDF/UA-1), selectable, in an embedded Japanese font, for screen and paper.

Must hold: the same content and time give the same bytes, with the same fonts and version of Typst.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from umaya.types.errors import NotFoundError


def typeset(template: str, name: str, content: Mapping[str, Any], fonts: Path, made: datetime | None = None) -> bytes:
    """Return a PDF document.

    Args:
        template: path below the templates of the site, e.g. `rights/answer.typ`.
        name: under which the template reads the content, as JSON.
        content: what is set.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.
        made: the date in the file; the moment of the call without it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character.
    """
    if not fonts.is_dir():
        raise NotFoundError("there are no PDFs on this hub: its front end is not built")
    try:
        return bytes(
            typst.compile(
                _template(template),
                font_paths=_fonts(fonts),
                format="pdf",
                pdf_standards="ua-1",
                sys_inputs={name: json.dumps(content, ensure_ascii=False)},
                timestamp=made,
            )
        )
    except typst.TypstError as error:
        raise NotFoundError("there is no PDF: its font lacks a character; choose another form") from error


@cache
def _template(path: str) -> bytes:
    return files("umaya.web").joinpath("templates", path).read_bytes()


@cache
def _fonts(folder: Path) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
