"""An answer of the rights desk as PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from umaya.web.pdf import typeset


def answer_pdf(document: dict[str, Any], reference: str, fonts: Path) -> bytes:
    """Return an answer as PDF.

    Args:
        document: as `umaya.gate.rights.document.read_document` returns it.
        reference: id of the request, for the footer.
        fonts: folder with BIZ UDPGothic, as the front-end build makes it.

    Raises:
        NotFoundError: when the fonts are not there, or lack a character.
    """
    return typeset("rights/answer.typ", "answer", {**document, "reference": reference}, fonts)
