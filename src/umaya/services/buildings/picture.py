"""The small picture of a check, as SVG within its page: outlines, numbers of candidates, the row's place, a scale.

North is up. Colours are classes of the site's style; candidates have numbers and thick lines, so colour tells nothing
alone. Nothing of people is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

import numpy as np
import shapely

from umaya.services.buildings.check import Drawing, Ring

LEAST: Final = 300
"""Least width and height of what is drawn, decimetres."""
MARGIN: Final = 60
SCALE: Final = 100
"""Length of the scale's bar, decimetres: 10 m."""


def picture(drawing: Drawing, title: str, description: str) -> str:
    """Return the SVG text; empty where there is nothing to draw.

    Args:
        drawing: what is drawn.
        title: short name, for those who do not see it.
        description: what can be seen, likewise.
    """
    corners = [at for one in drawing.candidates for ring in one.rings for at in ring]
    corners += [drawing.point] if drawing.point else []
    if not corners:
        return ""
    west, south, width, height = _box(corners)
    north = south + height
    parts = [_outline("check-map__around", rings, west, north) for rings in drawing.around]
    parts += [_outline("check-map__candidate", one.rings, west, north) for one in drawing.candidates]
    if drawing.point:
        x, y = drawing.point[0] - west, north - drawing.point[1]
        parts.append(f'<path class="check-map__point" d="M{x - 12},{y}H{x + 12}M{x},{y - 12}V{y + 12}"/>')
        parts.append(f'<circle class="check-map__point" cx="{x}" cy="{y}" r="12"/>')
    for one in drawing.candidates:
        x, y = _label(one.rings)
        parts.append(f'<circle class="check-map__disc" cx="{x - west}" cy="{north - y}" r="19"/>')
        parts.append(f'<text class="check-map__number" x="{x - west}" y="{north - y + 9}">{one.number}</text>')
    parts.append(f'<path class="check-map__scale" d="M20,{height - 15}H{20 + SCALE}"/>')
    parts.append(f'<text class="check-map__length" x="{30 + SCALE}" y="{height - 9}">10 m</text>')
    return (
        f'<svg class="check-map" viewBox="0 0 {width} {height}" role="img" aria-labelledby="map-title map-about">'
        f'<title id="map-title">{escape(title)}</title><desc id="map-about">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _box(corners: Iterable[tuple[int, int]]) -> tuple[int, int, int, int]:
    """Return west, south, width, height of what is drawn."""
    at = np.array(list(corners))
    low, high = at.min(axis=0) - MARGIN, at.max(axis=0) + MARGIN
    more = np.maximum(LEAST - (high - low), 0)
    low, high = low - more // 2, high + (more + 1) // 2
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _outline(style: str, rings: Iterable[Ring], west: int, north: int) -> str:
    lines = ("M" + "L".join(f"{x - west},{north - y}" for x, y in ring) + "Z" for ring in rings)
    return f'<path class="{style}" d="{"".join(lines)}"/>'


def _label(rings: tuple[Ring, ...]) -> tuple[int, int]:
    """Return a place within the outline of a building, far from its edges."""
    shape = shapely.Polygon(rings[0])
    line = shapely.maximum_inscribed_circle(shape, tolerance=5) if shape.is_valid else shape.representative_point()
    x, y = shapely.get_coordinates(line)[0]
    return round(float(x)), round(float(y))
