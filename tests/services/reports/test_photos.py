"""What is kept of a photo: masked pixels and nothing else; what cannot be masked is refused."""

from __future__ import annotations

import builtins
import io
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from tests.services.reports.pictures import jpeg, street, with_face, with_plate
from umaya.services.reports.photos import MOST_BYTES, Box, Pixels, cascades, masked_jpeg
from umaya.types.errors import InputError


def _nothing(_: Pixels) -> list[Box]:
    return []


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_no_metadata_of_the_phone_is_kept_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    exif[0x010F] = "Maker of phones"
    exif.get_ifd(0x8825)[2] = (36.0, 15.0, 1.0)  # where it was
    raw = jpeg(street(), exif=exif, comment=b"by me")
    kept = masked_jpeg(raw, _nothing).jpeg
    assert b"Maker of phones" in raw
    assert b"Exif" not in kept
    assert b"by me" not in kept
    assert dict(_opened(kept).getexif()) == {}
    assert _opened(kept).size == (600, 800)


def test_a_masked_region_is_one_colour_so_that_nothing_can_be_brought_back() -> None:
    picture = street()
    picture.paste((255, 0, 0), (200, 200, 240, 240))
    picture.paste((0, 0, 255), (240, 200, 280, 240))
    kept = masked_jpeg(jpeg(picture), lambda _: [(200, 200, 80, 40)])
    inside = np.asarray(_opened(kept.jpeg).convert("RGB"))[205:235, 205:275].astype(int)
    assert kept.regions == 1
    assert int((inside.max(axis=(0, 1)) - inside.min(axis=(0, 1))).max()) <= 8


def test_a_large_photo_is_made_smaller() -> None:
    assert max(_opened(masked_jpeg(jpeg(Image.new("RGB", (4000, 1000))), _nothing).jpeg).size) == 1600


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"GIF89a no", "is no whole picture"),
        (jpeg(street())[:2000], "is no whole picture"),
        (b"\xff\xd8" + b"0" * MOST_BYTES, "is larger than 12 megabytes"),
        (jpeg(Image.new("L", (5_000, 5_001))), "has too many pixels"),
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        masked_jpeg(raw, _nothing)


def test_without_a_detector_a_photo_is_refused_never_kept_raw() -> None:
    with pytest.raises(InputError, match="cannot be masked here, so it is not taken"):
        masked_jpeg(jpeg(street()), None)


def _claims(width: int, height: int) -> bytes:
    """A PNG whose head claims a size, and nothing behind it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return len(content).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00") + chunk(b"IDAT", b"")


def test_a_small_file_of_very_many_pixels_is_refused_by_its_head_alone() -> None:
    with pytest.raises(InputError, match="has too many pixels"):
        masked_jpeg(_claims(7_000, 7_000), _nothing)


def test_a_jpeg_is_not_unpacked_larger_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[tuple[int, int]] = []
    convert = Image.Image.convert

    def noted(self: Image.Image, mode: str) -> Image.Image:
        unpacked.append(self.size)
        return convert(self, mode)

    monkeypatch.setattr(Image.Image, "convert", noted)
    masked_jpeg(jpeg(Image.new("RGB", (6_000, 4_000))), _nothing)
    assert max(unpacked[-1]) <= 3_200


def test_one_photo_at_a_time_is_masked() -> None:
    entered, another = Event(), Event()

    def mask(_: Pixels) -> list[Box]:
        if entered.is_set():
            another.set()
        entered.set()
        alone.append(not another.wait(0.3))
        return []

    alone: list[bool] = []
    raw = jpeg(street())
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(masked_jpeg, raw, mask)
        assert entered.wait(10)
        second = pool.submit(masked_jpeg, raw, mask)
        first.result()
        second.result()
    assert alone[0]  # nobody else came in while the first was masked


def test_two_photos_at_once_give_the_same_masks_as_one_by_one() -> None:
    mask = cascades()
    if mask is None:
        pytest.skip("OpenCV is not installed: pip install 'umaya[photos]'")
    photos = [jpeg(with_face(street(n), (320, 200), 160)) for n in range(2)]
    alone = [masked_jpeg(photo, mask) for photo in photos]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda photo: masked_jpeg(photo, mask), photos * 3)) == alone * 3


def test_no_byte_touches_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = cascades()
    if mask is None:
        pytest.skip("OpenCV is not installed: pip install 'umaya[photos]'")
    raw = jpeg(with_plate(street(), (300, 400), 120))
    opened: list[object] = []

    def noted(*given: object, **_: object) -> None:
        opened.append(given)

    for holder, name in ((os, "open"), (Path, "open"), (builtins, "open")):
        monkeypatch.setattr(holder, name, noted)
    masked_jpeg(raw, mask)
    assert opened == []


def _covered(boxes: list[Box], place: tuple[int, int, int, int]) -> float:
    """Return the share of a place that boxes cover."""
    left, upper, width, height = place
    found = np.zeros((600, 800), np.bool_)
    for x, y, w, h in boxes:
        found[max(y, 0) : y + h, max(x, 0) : x + w] = True
    return float(found[upper : upper + height, left : left + width].mean())


@pytest.mark.parametrize("width", [60, 90, 140, 200])
def test_plates_are_found(width: int) -> None:
    mask = cascades()
    if mask is None:
        pytest.skip("OpenCV is not installed: pip install 'umaya[photos]'")
    boxes = mask(np.asarray(with_plate(street(width), (300, 380), width)))
    assert _covered(boxes, (300, 380, width, width // 2)) > 0.9


@pytest.mark.parametrize("size", [60, 100, 160])
def test_frontal_faces_are_found(size: int) -> None:
    mask = cascades()
    if mask is None:
        pytest.skip("OpenCV is not installed: pip install 'umaya[photos]'")
    boxes = mask(np.asarray(with_face(street(size), (320, 200), size)))
    assert _covered(boxes, (320 + size // 5, 200 + size // 4, size * 3 // 5, size * 3 // 5)) > 0.9
