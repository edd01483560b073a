"""Drawn photos: streets with faces and number plates, as far as cascades take a drawing for one."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (800, 600)


def street(seed: int = 0) -> Image.Image:
    """A road under a sky, with some grain."""
    picture = Image.new("RGB", SIZE, (150, 170, 190))
    drawn = ImageDraw.Draw(picture)
    drawn.polygon([(0, 600), (330, 280), (470, 280), (800, 600)], fill=(95, 95, 98))
    grain = np.random.default_rng(seed).normal(0, 4, (SIZE[1], SIZE[0], 3))
    return Image.fromarray((np.asarray(picture) + grain).clip(0, 255).astype(np.uint8))


def with_face(picture: Image.Image, at: tuple[int, int], size: int, *, cover: bool = False) -> Image.Image:
    """A frontal face, shaded as the cascades know faces; with `cover`, the lower half behind a mask of cloth."""
    drawn = ImageDraw.Draw(picture)
    x, y = at
    skin, dark = (224, 188, 160), (70, 45, 35)

    def ellipse(left: float, upper: float, right: float, lower: float, fill: tuple[int, int, int]) -> None:
        drawn.ellipse((x + left * size, y + upper * size, x + right * size, y + lower * size), fill=fill)

    ellipse(0.0, -0.12, 1.0, 1.2, dark)
    ellipse(0.06, 0.02, 0.94, 1.18, skin)
    for eye in (0.28, 0.72):
        drawn.rectangle((x + (eye - 0.14) * size, y + 0.3 * size, x + (eye + 0.14) * size, y + 0.35 * size), fill=dark)
        ellipse(eye - 0.12, 0.38, eye + 0.12, 0.5, (250, 250, 250))
        ellipse(eye - 0.06, 0.38, eye + 0.06, 0.5, (30, 20, 20))
    drawn.polygon(
        [(x + 0.5 * size, y + 0.45 * size), (x + 0.42 * size, y + 0.7 * size), (x + 0.58 * size, y + 0.7 * size)],
        fill=(190, 150, 125),
    )
    ellipse(0.33, 0.8, 0.67, 0.9, (150, 70, 70))
    if cover:
        drawn.rectangle((x + 0.08 * size, y + 0.55 * size, x + 0.92 * size, y + 1.1 * size), fill=(240, 240, 245))
    region = (x - size // 8, y - size // 5, x + size + size // 8, y + size + size // 4)
    picture.paste(picture.crop(region).filter(ImageFilter.GaussianBlur(size / 50)), region[:2])
    return picture


def with_plate(picture: Image.Image, at: tuple[int, int], width: int, turned: float = 0.0) -> Image.Image:
    """A Japanese plate, 2:1, white with green marks; `turned` degrees."""
    plate = Image.new("RGB", (width, width // 2), (245, 245, 240))
    drawn = ImageDraw.Draw(plate)
    ink = (20, 90, 50)
    for n in range(4):
        left = width * (0.3 + 0.16 * n)
        drawn.rectangle((left, width * 0.2, left + width * 0.08, width * 0.43), fill=ink)
    drawn.rectangle((width * 0.3, width * 0.05, width * 0.7, width * 0.14), fill=ink)
    drawn.rectangle((width * 0.08, width * 0.25, width * 0.18, width * 0.38), fill=ink)
    turned_plate = plate.convert("RGBA").rotate(turned, expand=True)
    frame = Image.new("RGB", (width + width // 2, width), (40, 45, 60))
    picture.paste(frame, (at[0] - width // 4, at[1] - width // 4))
    picture.paste(turned_plate, at, turned_plate)
    return picture


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The bytes of a photo."""
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=92, **options)
    return sink.getvalue()
