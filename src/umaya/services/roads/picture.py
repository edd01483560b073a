"""The road map as one SVG picture: for print, for browsers without scripts, and for the README.

Draws what the service knows and decides nothing. Status is told by colour, width and dash together, never by
colour alone; the picture has a title and a description for screen readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
import shapely

STYLES: Mapping[str, str] = {
    "no-evidence": "stroke:#b3b3b3;stroke-width:1.2",
    "passed-24h": "stroke:#008bf2;stroke-width:2.4;stroke-dasharray:1 4",
    "passed-3h": "stroke:#0066be;stroke-width:3;stroke-dasharray:8 4",
    "passed-1h": "stroke:#00118f;stroke-width:3.6",
    "probably-blocked": "stroke:#ce0000;stroke-width:5;stroke-dasharray:3 3",
}
"""Status to stroke, in drawing order: what matters most is drawn last."""
LEGEND = 44.0
"""Height of the legend in user units."""


@dataclass(frozen=True)
class Frame:
    """Maps degrees to picture units: equirectangular about the middle of the box, north up.

    Attributes:
        west, south, east, north: the box in degrees.
        width: of the picture in user units.
    """

    west: float
    south: float
    east: float
    north: float
    width: float = 1200.0

    @property
    def scale(self) -> tuple[float, float]:
        shrink = np.cos(np.radians((self.south + self.north) / 2))
        x = self.width / (self.east - self.west)
        return x, x / shrink

    @property
    def height(self) -> float:
        return float((self.north - self.south) * self.scale[1])

    def path(self, geometry: shapely.Geometry) -> str:
        """Return the SVG path of a line or the rings of a polygon."""
        parts = []
        for line in shapely.get_parts(shapely.boundary(geometry) if geometry.area else geometry):
            points = (shapely.get_coordinates(line) - (self.west, self.north)) * (self.scale[0], -self.scale[1])
            parts.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points))
        return "".join(parts)


def draw(
    segments: Mapping[int, shapely.Geometry],
    status: Mapping[int, str],
    background: Mapping[str, list[shapely.Geometry]],
    *,
    title: str,
    description: str,
    language: str,
    legend: Mapping[str, str] | None = None,
) -> str:
    """Return the picture as SVG text.

    Args:
        segments: road lines by segment id, WGS 84 degrees.
        status: segment id to a key of `STYLES`; a segment without one is drawn as `no-evidence`.
        background: `water` and `building` geometries.
        title: short name for screen readers.
        description: what can be seen, in one or two sentences.
        language: BCP 47 tag of all texts.
        legend: words for some or all keys of `STYLES`, shown in this order below the map; None for none.
    """
    west, south, east, north = shapely.total_bounds(list(segments.values()))
    frame = Frame(west, south, east, north)
    groups: dict[str, list[str]] = {name: [] for name in STYLES}
    for segment, line in segments.items():
        groups[status.get(segment, "no-evidence")].append(frame.path(line))
    grounds = {
        fill: "".join(frame.path(g) for g in background.get(kind, []))
        for kind, fill in (("water", "#c5e4ff"), ("building", "#e6e6e6"))
    }
    layers = [
        *(f'<path d="{d}" style="fill:{fill}"/>' for fill, d in grounds.items() if d),
        *(
            f'<path class="{n}" d="{"".join(d)}" style="fill:none;stroke-linecap:butt;{STYLES[n]}"/>'
            for n, d in groups.items()
            if d
        ),
    ]
    box = f"0 0 {frame.width:.0f} {frame.height + (LEGEND if legend else 0):.0f}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" lang="{escape(language)}">'
    words = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, words, ground, *layers, *_legend(legend or {}, frame), "</svg>\n"])


def _legend(legend: Mapping[str, str], frame: Frame) -> list[str]:
    """Return a line and its words for each status, side by side in a strip below the map."""
    if not legend:
        return []
    step = frame.width / len(legend)
    parts = [f'<g transform="translate(0,{frame.height:.0f})" font-family="sans-serif" font-size="15" fill="#1a1a1a">']
    for number, (name, words) in enumerate(legend.items()):
        x = number * step + 8
        parts.append(f'<path d="M{x:.0f},{LEGEND / 2:.0f}h36" style="fill:none;{STYLES[name]}"/>')
        parts.append(f'<text x="{x + 43:.0f}" y="{LEGEND / 2 + 5:.0f}">{escape(words)}</text>')
    return [*parts, "</g>"]
