"""Photos of roads: read in memory, masked, stripped, written anew. What comes out is all that may ever be kept.

Must hold: raw bytes never touch a disk here; the output is made of pixels alone, so no metadata of the phone is in it;
where nothing can mask a photo it is refused; one photo at a time is unpacked and masked, as cascades keep state between
their steps, and as memory is bounded so. Faces are looked for by OpenCV's Haar cascades (Viola and Jones, 2001,
doi:10.1109/CVPR.2001.990517), frontal, tilted and in profile; number plates by the two plate cascades and by shape: a
plain bright or dark plate with marks in it, in dark pictures once more after lighting them. What these miss is measured
in docs/how-to/report-road-damage.md.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from umaya.types.errors import InputError, Place

MOST_BYTES: Final = 12_000_000
MOST_PIXELS: Final = 25_000_000
"""As the head of the file says, before anything of it is unpacked."""
SIDE: Final = 1600
"""Longest side of what is kept, pixels."""
QUALITY: Final = 80
MARGIN: Final = 0.2
"""Share of a region by which its mask is larger on each side."""
PLATE_SHAPES: Final = (1.4, 6.0)
"""Width by height of plates: Japanese ones 2:1, and up to the long European form."""
TILTS: Final = (-30.0, 30.0)
"""Degrees by which a picture is turned to look for tilted heads again; cascades bear about 15 degrees to each side."""
DARK: Final = 100
"""A picture nine tenths of which are darker than this (of 255) is lit before plates are looked for again."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_ONE: Final = Lock()

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, upper, width, height, pixels."""
Mask = Callable[[Pixels], list[Box]]
"""Returns the regions of a picture (height, width, red-green-blue) that must not be seen."""


@dataclass(frozen=True)
class Masked:
    """A photo that may be kept: JPEG bytes, and how many regions of it were masked."""

    jpeg: bytes
    regions: int


def masked_jpeg(raw: bytes, mask: Mask | None) -> Masked:
    """Return what may be kept of a photo.

    Args:
        raw: JPEG, PNG or WebP, as it came.
        mask: finds faces and plates; None where no detector is at hand.

    Raises:
        InputError: when there is no detector, or the bytes are no picture, too many, or of too many pixels.
    """
    place = Place("photo")
    if mask is None:
        raise InputError(place, "cannot be masked here, so it is not taken", "send the report without it")
    if len(raw) > MOST_BYTES:
        raise InputError(place, f"is larger than {MOST_BYTES // 1_000_000} megabytes", "take a smaller one")
    with _ONE:
        upright = _opened(raw, place)
        regions = mask(np.asarray(upright))
        for region in regions:
            _blot(upright, region)
        sink = io.BytesIO()
        Image.fromarray(np.asarray(upright)).save(sink, "JPEG", quality=QUALITY)  # of pixels alone
        return Masked(sink.getvalue(), len(regions))


def _opened(raw: bytes, place: Place) -> Image.Image:
    """Return a photo upright, no larger than what is kept."""
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise InputError(place, "has too many pixels", "take a smaller one")
            opened.draft("RGB", (SIDE, SIDE))  # a JPEG is unpacked no larger than needed
            small = opened.convert("RGB")
            small.thumbnail((SIDE, SIDE))
            return ImageOps.exif_transpose(small)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(place, "is no whole picture", "take it again, as JPEG, PNG or WebP") from error


def _blot(picture: Image.Image, region: Box) -> None:
    """Cover a region and a margin by its mean colour: nothing of it can be brought back, as it could from a blur."""
    left, upper, width, height = region
    grow_x, grow_y = int(width * MARGIN), int(height * MARGIN)
    box = (
        max(left - grow_x, 0),
        max(upper - grow_y, 0),
        min(left + width + grow_x, picture.width),
        min(upper + height + grow_y, picture.height),
    )
    mean = np.asarray(picture.crop(box)).reshape(-1, 3).mean(axis=0).astype(int)
    picture.paste(tuple(mean.tolist()), box)


def cascades() -> Mask | None:
    """Return a mask by OpenCV's cascades and by the shape of plates; None where OpenCV is not installed."""
    try:
        import cv2  # noqa: PLC0415 # an extra
    except ImportError:
        return None

    folder = Path(cv2.__file__).parent / "data"

    def cascade(name: str) -> Any:
        return cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))

    faces = [cascade(name) for name in ("frontalface_default", "frontalface_alt2", "profileface")]
    plates = [cascade(name) for name in ("russian_plate_number", "license_plate_rus_16stages")]

    def find(picture: Pixels) -> list[Box]:
        plain = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        gray = cv2.equalizeHist(plain)
        width = gray.shape[1]
        found = [box for one in faces for box in _boxes(one.detectMultiScale(gray, 1.1, 3, minSize=(20, 20)))]
        other = faces[-1].detectMultiScale(cv2.flip(gray, 1), 1.1, 3, minSize=(20, 20))  # profiles to the other side
        found += [(width - x - w, y, w, h) for x, y, w, h in _boxes(other)]
        for angle in TILTS:
            found += _tilted(cv2, faces[1], gray, angle)
        found += [box for one in plates for box in _boxes(one.detectMultiScale(gray, 1.05, 3, minSize=(24, 8)))]
        found += _plates_by_shape(cv2, plain)
        if np.percentile(plain, 90) < DARK:
            found += _plates_by_shape(cv2, _lit(cv2, plain))
        return found

    return find


def _tilted(cv2: Any, cascade: Any, gray: Pixels, angle: float) -> Iterator[Box]:
    """Yield faces that are upright when the picture is turned by an angle in degrees, as boxes around them."""
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    across, down = abs(turn[0, 0]), abs(turn[0, 1])
    size = int(width * across + height * down), int(width * down + height * across)
    turn[:, 2] += size[0] / 2 - width / 2, size[1] / 2 - height / 2
    turned = cv2.warpAffine(gray, turn, size, borderMode=cv2.BORDER_REPLICATE)
    back = cv2.invertAffineTransform(turn)
    for x, y, w, h in _boxes(cascade.detectMultiScale(turned, 1.1, 3, minSize=(20, 20))):
        corners = back[:, :2] @ np.array([[x, x + w, x + w, x], [y, y, y + h, y + h]]) + back[:, 2:]
        left, upper = np.maximum(np.floor(corners.min(axis=1)), 0).astype(int).tolist()
        right, lower = np.minimum(np.ceil(corners.max(axis=1)), (width, height)).astype(int).tolist()
        yield left, upper, right - left, lower - upper


def _lit(cv2: Any, gray: Pixels) -> Pixels:
    """Return a dark picture as bright as by day, its noise smoothed: what is brightest but for lamps becomes white."""
    smooth = cv2.bilateralFilter(gray, 7, 12, 5).astype(np.float32)
    low, high = np.percentile(smooth, (1, 99.9))
    lit: Pixels = np.clip((smooth - low) * (255 / max(high - low, 8.0)), 0, 255).astype(np.uint8)
    return lit


def _boxes(found: Any) -> Iterator[Box]:
    for x, y, w, h in found:
        yield int(x), int(y), int(w), int(h)


def _plates_by_shape(cv2: Any, sharp: Pixels) -> Iterator[Box]:
    """Yield plain upright plates with marks in them, bright or dark; rather too many than too few."""
    gray = cv2.GaussianBlur(sharp, (3, 3), 0)
    height, width = gray.shape
    edges = cv2.dilate(cv2.Canny(gray, 60, 160), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if w < 24 or h < 10 or w * h > width * height / 6 or not PLATE_SHAPES[0] <= w / h <= PLATE_SHAPES[1]:
            continue
        corners = cv2.approxPolyDP(contour, 0.04 * cv2.arcLength(contour, True), True)
        if not 4 <= len(corners) <= 8 or cv2.contourArea(cv2.convexHull(contour)) < 0.75 * w * h:
            continue
        inside = gray[y + h // 8 : y + h - h // 8, x + w // 10 : x + w - w // 10]
        if inside.size and int(inside.max()) - int(inside.min()) > 70:
            yield x, y, w, h
