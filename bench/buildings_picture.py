"""Draws a neighbourhood as it was resolved, and the reliability of the confidence, as SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from umaya.engines.buildings.candidates import Plane
from umaya.engines.buildings.resolve import Resolved

COLOURS = {"inside": "#1b7f4b", "shared": "#1f5fbf", "in-front": "#0f8a9d"}
DOUBT = "#c62828"
LEGEND = {"inside": "inside, alone", "shared": "building with several addresses", "in-front": "before the front"}


def neighbourhood(footprints: pa.Table, resolved: Resolved, middle: tuple[float, float], half_m: float) -> str:
    """Return an SVG: outlines, a line from each point to its building, doubtful points with lines to candidates.

    Args:
        footprints: schema FOOTPRINTS.
        resolved: their points.
        middle: longitude and latitude.
        half_m: half the width, metres.
    """
    plane, scale = Plane(*middle), 900 / (2 * half_m)
    window = shapely.box(-half_m, -half_m, half_m, half_m)
    shapes = shapely.transform(shapely.from_wkb(footprints["geometry"].to_numpy(zero_copy_only=False)), plane.metres)
    row_of = {ref: i for i, ref in enumerate(footprints["footprint"].to_pylist())}
    named = set(resolved.links["footprint"].to_pylist())
    others = {ref for refs in resolved.links["others"].to_pylist() for ref in refs}

    def at(x: float, y: float) -> str:
        return f"{(x + half_m) * scale:.1f},{(half_m - y) * scale:.1f}"

    drawn = []
    refs = footprints["footprint"].to_pylist()
    for i in shapely.STRtree(shapes).query(window):
        fill = "#cfe3d6" if refs[i] in named else "#f3e2b3" if refs[i] in others else "#eeeeee"
        for part in shapely.get_parts(shapes[i]):
            rings = [part.exterior, *part.interiors]
            path = " ".join("M" + " L".join(at(x, y) for x, y in ring.coords) + "Z" for ring in rings)
            drawn.append(f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="#888" stroke-width="0.7"/>')
    for row in resolved.links.to_pylist():
        place = plane.metres(np.array([[row["lon"], row["lat"]]]))[0]
        if shapely.intersects_xy(window, *place):
            drawn += _line(at, place, shapes[row_of[row["footprint"]]], COLOURS[row["reason"]], row)
    for row in resolved.doubtful.to_pylist():
        place = plane.metres(np.array([[row["lon"], row["lat"]]]))[0]
        if shapely.intersects_xy(window, *place):
            for ref in row["candidates"][:2]:
                drawn += _line(at, place, shapes[row_of[ref]], DOUBT, None)
            drawn.append(_point(at(*place), DOUBT, row))
    keys = [*((COLOURS[reason], told) for reason, told in LEGEND.items()), (DOUBT, "doubtful, with its candidates")]
    keys += [("#f3e2b3", "building that may share an address"), ("#eeeeee", "building without an address")]
    legend = "".join(
        f'<rect x="{12 + i % 3 * 300}" y="{908 + i // 3 * 24}" width="14" height="14" fill="{colour}" stroke="#888"/>'
        f'<text x="{32 + i % 3 * 300}" y="{920 + i // 3 * 24}">{told}</text>'
        for i, (colour, told) in enumerate(keys)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 960" font-family="sans-serif" font-size="13">'
        '<rect width="900" height="960" fill="white"/>'
        f'<svg width="900" height="900">{"".join(drawn)}</svg>{legend}</svg>\n'
    )


def _line(at: Any, place: Any, shape: shapely.Geometry, colour: str, row: dict[str, Any] | None) -> list[str]:
    """Return a line from a point to the middle of its building."""
    middle = shapely.point_on_surface(shape)
    x, y = at(*place).split(",")
    to_x, to_y = at(middle.x, middle.y).split(",")
    dashes = ' stroke-dasharray="4 3"' if row is None else ""
    line = f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{colour}" stroke-width="1.4"{dashes}/>'
    return [line] if row is None else [line, _point(at(*place), colour, row)]


def _point(place: str, colour: str, row: dict[str, Any]) -> str:
    x, y = place.split(",")
    number = f"{row['blk_id'].lstrip('0')}-{row['rsdt_id'].lstrip('0')}"
    return (
        f'<circle cx="{x}" cy="{y}" r="3.2" fill="{colour}"/>'
        f'<text x="{float(x) + 4:.1f}" y="{float(y) - 4:.1f}" font-size="9" fill="{colour}">{number}</text>'
    )


def reliability(rows: list[dict[str, float]]) -> str:
    """Return an SVG: the confidence told against the share that was right, the area of a dot by its cases."""
    side, edge = 360, 56

    def at(share: float) -> float:
        return edge + side * share

    dots = "".join(
        f'<circle cx="{at(row["told"]):.1f}" cy="{at(1 - row["right"]):.1f}" r="{2 + 1.6 * row["cases"] ** 0.5:.1f}" '
        f'fill="#1f5fbf" fill-opacity="0.7"><title>{row["cases"]} cases</title></circle>'
        for row in rows
    )
    ticks = "".join(
        f'<text x="{at(t / 5):.0f}" y="{edge + side + 18}" text-anchor="middle">{t / 5:.1f}</text>'
        f'<text x="{edge - 8}" y="{at(1 - t / 5) + 4:.0f}" text-anchor="end">{t / 5:.1f}</text>'
        for t in range(6)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge} {side + 2 * edge}" role="img" '
        'font-family="sans-serif" font-size="12" aria-label="Share of right buildings against the confidence told">'
        f'<rect width="100%" height="100%" fill="white"/><rect x="{edge}" y="{edge}" width="{side}" height="{side}" '
        f'fill="none" stroke="#999"/><line x1="{edge}" y1="{edge + side}" x2="{edge + side}" y2="{edge}" stroke="#999" '
        f'stroke-dasharray="5 4"/>{dots}{ticks}<text x="{edge + side / 2}" y="{edge + side + 38}" '
        f'text-anchor="middle">confidence told</text><text x="{edge}" y="{edge - 16}">share truly right, held-out cases'
        "</text></svg>\n"
    )
