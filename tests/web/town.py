"""A small fictional town for the tests of the pages: a grid of streets, a river with two bridges, a valley road.

Drawn by rule, not at random. Also a morning of road states after an earthquake, one for each ten minutes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import shapely

from umaya.engines.passability import PASSABILITY
from umaya.places.roads.background import BACKGROUND
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, EDGES, NODES

WEST, SOUTH = 136.84, 36.23
STEP_LON, STEP_LAT = 0.0022, 0.0018
COLUMNS, ROWS = 9, 8
RIVER_ROW = 4  # the river flows between the rows 3 and 4 of the grid
QUAKE = datetime(2026, 11, 20, 17, 12, tzinfo=UTC)  # 02:12 in Japan
FIRST = QUAKE + timedelta(minutes=8)
STEP = timedelta(minutes=10)
WINDOWS = 18
NAMES = [
    ("大手通り", "Ote-dori"),
    ("本町通り", "Honmachi-dori"),
    ("寺町通り", "Teramachi-dori"),
    ("川端通り", "Kawabata-dori"),
    ("橋詰通り", "Hashizume-dori"),
    ("栄通り", "Sakae-dori"),
    ("緑町通り", "Midorimachi-dori"),
    ("山手通り", "Yamate-dori"),
]
AVENUES = {0: ("県道12号", "Prefectural Route 12"), 3: ("中央大通り", "Chuo-odori"), 6: ("駅前通り", "Ekimae-dori")}
BRIDGES = {0, 3, 6}


def point(column: float, row: float) -> list[float]:
    """Return the corner of a column and row of the grid, slightly turned as real towns are."""
    return [round(WEST + STEP_LON * column + 0.0003 * row, 6), round(SOUTH + STEP_LAT * row - 0.00015 * column, 6)]


def network() -> dict[str, Any]:
    """Return the roads as GeoJSON."""
    lines: list[tuple[list[list[float]], str, tuple[str, str] | None, bool]] = []
    for row in range(ROWS):
        ends = [[point(column, row), point(column + 1, row)] for column in range(COLUMNS - 1)]
        lines.extend((line, "residential", NAMES[row], False) for line in ends)
    for column in range(COLUMNS):
        for row in range(ROWS - 1):
            bridge = row == RIVER_ROW - 1
            if bridge and column not in BRIDGES:
                continue
            kind = "secondary" if column in {0, 3, 6} else "residential"
            lines.append(([point(column, row), point(column, row + 1)], kind, AVENUES.get(column), bridge))
    valley = [(8, 6), (8.9, 6.4), (9.6, 7.2), (10.5, 7.4), (11.2, 8.3), (12.1, 8.6)]
    for start, end in pairwise(valley):
        middle = ((start[0] + end[0]) / 2 + 0.12, (start[1] + end[1]) / 2 - 0.15)
        lines.append(
            ([point(*start), point(*middle), point(*end)], "tertiary", ("谷川林道", "Tanigawa Forest Road"), False)
        )
    features = [
        {
            "type": "Feature",
            "id": segment * 2,
            "geometry": {"type": "LineString", "coordinates": line},
            "properties": {"highway": kind, "name": name and name[0], "name_en": name and name[1], "bridge": bridge},
        }
        for segment, (line, kind, name, bridge) in enumerate(lines)
    ]
    return {"type": "FeatureCollection", "features": features}


def background() -> dict[str, Any]:
    """Return water, buildings and offices as GeoJSON."""
    bank = [(c / 2, RIVER_ROW - 0.7 + 0.1 * (c % 3)) for c in range(-3, 27)]
    other = [(c, r + 0.42) for c, r in reversed(bank)]
    ring = [point(c, r) for c, r in [*bank, *other, bank[0]]]
    features = [_feature("water", "Polygon", [ring], "水無瀬川", "Minase River")]
    for row in range(ROWS):
        if row == RIVER_ROW - 1:
            continue
        for column in range(COLUMNS - 1):
            for k in range(4):
                west, south = column + 0.12 + 0.21 * k, row + 0.18 + 0.05 * ((k + column) % 3)
                corners = [(west, south), (west + 0.15, south), (west + 0.15, south + 0.22), (west, south + 0.22)]
                features.append(_feature("building", "Polygon", [[point(*c) for c in [*corners, corners[0]]]]))
    for column, row, name, english in [
        (3, 5, "水無瀬郵便局", "Minase Post Office"),
        (6, 1, "駅南郵便局", "Eki-Minami Post Office"),
    ]:
        features.append(_feature("office", "Point", point(column, row), name, english))
    return {"type": "FeatureCollection", "features": features}


def _feature(
    kind: str, shape: str, coordinates: Any, name: str | None = None, english: str | None = None
) -> dict[str, Any]:
    properties = {"kind": kind, "name": name, "name_en": english}
    return {"type": "Feature", "geometry": {"type": shape, "coordinates": coordinates}, "properties": properties}


def road_network() -> RoadNetwork:
    """Return the roads as the hub keeps them: two directed edges a segment; the even one gives the segment its id."""
    rows = []
    nodes: dict[tuple[float, float], int] = {}
    for feature in network()["features"]:
        line, about = feature["geometry"]["coordinates"], feature["properties"]
        ends = [nodes.setdefault(tuple(line[k]), len(nodes)) for k in (0, -1)]
        for forward in (True, False):
            edge = feature["id"] + (not forward)
            rows.append(
                {
                    "edge_id": edge,
                    "way_id": 1000 + feature["id"],
                    "forward": forward,
                    "source": ends[not forward],
                    "target": ends[forward],
                    "reverse": edge ^ 1,
                    "segment_id": feature["id"],
                    "length_m": 200.0,
                    "tunnel": False,
                    "layer": 0,
                    "geometry": shapely.LineString(line if forward else line[::-1]).wkb,
                    **about,
                }
            )
    places = [{"node_id": k, "lon": lon, "lat": lat} for (lon, lat), k in nodes.items()]
    return RoadNetwork(pa.Table.from_pylist(rows, EDGES), pa.Table.from_pylist(places, NODES), ACCESSES.empty_table())


def background_table() -> pa.Table:
    """Return the background as the hub keeps it."""
    features = background()["features"]
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])).wkb for f in features]
    columns = {key: [f["properties"].get(key) for f in features] for key in ("kind", "name", "name_en")}
    return pa.table({**columns, "geometry": shapes}, schema=BACKGROUND)


def segments(window: int) -> pa.Table:
    """Return what is known of each segment after a window, 0 to `WINDOWS` - 1, in the schema `PASSABILITY`."""
    at = FIRST + STEP * window
    blocked = dict(zip(closed(), ((3, 0.93), (0, 0.81), (2, 0.88)), strict=True)) if window >= 4 else {}
    rows = []
    for index, feature in enumerate(network()["features"]):
        first = (index * 7) % 23  # the window in which the road is passed
        passed = FIRST + STEP * first
        seen = first <= window and not (feature["properties"]["bridge"] and index % 2) and feature["id"] not in blocked
        turned, p = blocked.get(feature["id"], (1 if feature["id"] == beside() and window >= 4 else 0, 0.05))
        rows.append(
            {
                "segment_id": feature["id"],
                "passed_since": seen,
                "passes": 2 if seen else 0,
                "last_passed": passed if seen else None,
                "age_class": _age(at - passed) if seen else "none",
                "turn_backs": turned,
                "expected": 3.0,
                "p_blocked": p,
                "status": "probably-blocked" if feature["id"] in blocked else "passed" if seen else "no-evidence",
            }
        )
    return pa.Table.from_pylist(rows, PASSABILITY)


def _age(age: timedelta) -> str:
    return "1h" if age <= timedelta(hours=1) else "3h" if age <= timedelta(hours=2) else "24h"


def closed() -> list[int]:
    """Return the closed segments: a bridge, a street of the old town, the forest road."""
    features = network()["features"]
    bridge = next(f["id"] for f in features if f["properties"]["bridge"] and f["properties"]["name"] == "駅前通り")
    street = next(f["id"] for f in features if f["properties"]["name"] == "寺町通り") + 8
    valley = [f["id"] for f in features if f["properties"]["name"] == "谷川林道"][2]
    return [bridge, street, valley]


def beside() -> int:
    """Return a street that was passed and also turned back on."""
    return int(next(f["id"] for f in network()["features"] if f["properties"]["name"] == "栄通り")) + 6
