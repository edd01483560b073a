"""What the masking of photos finds and misses, on drawn pictures: `python bench/masking.py --json [--quick]`.

Faces and number plates are drawn into a street in several sizes, turned, half covered and at night; a thing counts as
found when nine tenths of its middle are masked. `false_share` is what is masked of a street with nothing in it.
Drawings are no photographs: the figures say what is surely missed, not what is surely found. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.services.reports.pictures import street, with_face, with_plate

from umaya.services.reports.photos import Box, Mask, cascades

Drawn = Callable[[int], tuple[Image.Image, Box]]


def face(size: int, *, cover: bool = False, turned: float = 0.0, light: float = 1.0) -> Drawn:
    """Return what draws a face; the box is its middle."""

    def draw(seed: int) -> tuple[Image.Image, Box]:
        x, y = 250 + 7 * seed, 180 + 5 * seed
        picture = with_face(street(seed), (x, y), size, cover=cover)
        centre = (x + size / 2, y + size / 2)
        picture = ImageEnhance.Brightness(picture.rotate(turned, center=centre)).enhance(light)
        return picture, (x + size // 5, y + size // 4, size * 3 // 5, size // 2)

    return draw


def plate(width: int, *, turned: float = 0.0, light: float = 1.0) -> Drawn:
    """Return what draws a plate; the box is its middle."""

    def draw(seed: int) -> tuple[Image.Image, Box]:
        x, y = 250 + 7 * seed, 330 + 5 * seed
        picture = with_plate(street(seed), (x, y), width, turned)
        grown = abs(np.sin(np.radians(turned))) * width / 4
        middle = (int(x + width * 0.2 + grown), int(y + width * 0.1 + grown), int(width * 0.6), int(width * 0.3))
        return ImageEnhance.Brightness(picture).enhance(light), middle

    return draw


CASES: dict[str, Drawn] = {
    **{f"face {size} px": face(size) for size in (20, 30, 45, 80, 160)},
    "face turned 15 degrees": face(80, turned=15),
    "face turned 30 degrees": face(80, turned=30),
    "face turned 45 degrees": face(80, turned=45),
    "face of 45 px turned 30 degrees": face(45, turned=-30),
    "face turned 30 degrees at night": face(80, turned=30, light=0.2),
    "face under a mask of cloth": face(80, cover=True),
    "face at night": face(80, light=0.2),
    **{f"plate {width} px": plate(width) for width in (20, 30, 45, 90, 180)},
    "plate turned 10 degrees": plate(90, turned=10),
    "plate turned 25 degrees": plate(90, turned=25),
    "plate turned 40 degrees": plate(90, turned=40),
    "plate at night": plate(90, light=0.2),
    "plate of 30 px at night": plate(30, light=0.2),
    "plate turned 25 degrees at night": plate(90, turned=25, light=0.2),
    "plate in the dark (a tenth of the light)": plate(90, light=0.1),
}


def found(mask: Mask, picture: Image.Image, box: Box) -> bool:
    """Return whether nine tenths of a box are masked."""
    covered = np.zeros((picture.height, picture.width), np.bool_)
    for x, y, w, h in mask(np.asarray(picture)):
        covered[max(y, 0) : y + h, max(x, 0) : x + w] = True
    left, upper, width, height = box
    return float(covered[upper : upper + height, left : left + width].mean()) >= 0.9


def false_share(mask: Mask, picture: Image.Image) -> float:
    """Return the share of a picture that is masked."""
    covered = np.zeros((picture.height, picture.width), np.bool_)
    for x, y, w, h in mask(np.asarray(picture)):
        covered[max(y, 0) : y + h, max(x, 0) : x + w] = True
    return float(covered.mean())


def main() -> None:
    """Draw, mask, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="two pictures a case")
    options = parser.parse_args()
    mask = cascades()
    if mask is None:
        why = "OpenCV is not installed: pip install 'umaya[photos]'"
        print(json.dumps({"bench": "masking", "skipped": why}) if options.json else f"skipped: {why}")
        return
    seeds = range(2 if options.quick else 10)
    shares = {
        name: round(float(np.mean([found(mask, *draw(seed)) for seed in seeds])), 2) for name, draw in CASES.items()
    }
    for name, share in shares.items():
        print(f"{name:<42}{share:>6.2f}")
    night = [ImageEnhance.Brightness(street(seed)).enhance(0.2) for seed in seeds]
    at_night = round(float(np.mean([false_share(mask, picture) for picture in night])), 4)
    empty = round(float(np.mean([false_share(mask, street(seed)) for seed in seeds])), 4)
    told = {"found": shares, "false_share": empty, "false_share_at_night": at_night}
    print(json.dumps({"bench": "masking", "quick": options.quick, **told}))


if __name__ == "__main__":
    main()
