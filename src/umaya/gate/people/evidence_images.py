"""Images of signed forms as they are kept: JPEG, PNG or PDF by what they are, whatever their name says, and bare.

A photograph says where and with which camera it was taken; a PDF may carry names, files and programs. So pixels alone
are taken over from an image, and the drawn pages alone from a PDF. Must hold: what comes out was written here anew;
nothing that a person handed in is kept or shown byte for byte.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject

from umaya.types.errors import InputError, Place

MAX_BYTES: Final = 5_000_000
MAX_PIXELS: Final = 40_000_000
MAX_PAGES: Final = 10
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
_PLACE: Final = Place("evidence", field="image")
_MAGIC: Final = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"%PDF-", PDF))
_DRAWN: Final = frozenset({"/Type", "/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Parent"})
"""What a page needs to be drawn; annotations, actions, metadata and attached files are none of it."""


@dataclass(frozen=True)
class CleanImage:
    """An image of a form as it is kept: its media type and its bytes."""

    media_type: str
    content: bytes


def cleaned(data: bytes) -> CleanImage:
    """Return the image without anything but what one sees.

    Raises:
        InputError: when it is empty, too large, of another type, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise InputError(_PLACE, "the image is too large", f"keep it under {MAX_BYTES // 1_000_000} MB")
    kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if kind is None:
        raise InputError(_PLACE, "the file is no JPEG, PNG or PDF", "scan or photograph the form again")
    try:
        content = _pages(data) if kind == PDF else _pixels(data, kind)
    except InputError:
        raise
    except Exception as error:  # the readers meet hostile files, and raise whatever they stumble over
        raise InputError(_PLACE, "the image cannot be read", "scan or photograph the form again") from error
    return CleanImage(kind, content)


def _pixels(data: bytes, kind: str) -> bytes:
    name = "JPEG" if kind == JPEG else "PNG"
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data), formats=[name]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InputError(_PLACE, "the image has too many pixels", "scan the form at a lower resolution")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    bare = Image.frombytes("RGB", upright.size, upright.tobytes())
    sink = io.BytesIO()
    bare.save(sink, name, quality=90) if name == "JPEG" else bare.save(sink, name, optimize=False)
    return sink.getvalue()


def _pages(data: bytes) -> bytes:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise InputError(_PLACE, "the PDF asks for a password", "save it without one")
    if not 1 <= len(reader.pages) <= MAX_PAGES:
        raise InputError(_PLACE, "the PDF has too many pages, or none", f"hand in 1 to {MAX_PAGES}")
    writer = PdfWriter()
    writer.metadata = None
    for page in reader.pages:
        for key in set(page) - _DRAWN:
            del page[NameObject(key)]
        writer.add_page(page)
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()
