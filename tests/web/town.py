"""A small fictional town for the tests of the pages: a grid of streets, a river with two bridges, a valley road.

Drawn by rule, not at random. Also a morning of road states after an earthquake, one for each ten minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

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
BRIDGES = {3, 6}


def point(column: float, row: float) -> list[float]:
    """Return the corner of a column and row of the grid, slightly turned as real towns are."""
    return [round(WEST + STEP_LON * column + 0.0003 * row, 6), round(SOUTH + STEP_LAT * row - 0.00015 * column, 6)]


def network() -> dict[str, Any]:
    """Return the roads as GeoJSON, as `/api/v1/roads/network` tells them."""
    lines: list[tuple[list[list[float]], str, tuple[str, str] | None, bool]] = []
    for row in range(ROWS):
        ends = [[point(column, row), point(column + 1, row)] for column in range(COLUMNS - 1)]
        lines.extend((line, "residential", NAMES[row], False) for line in ends)
    for column in range(COLUMNS):
        for row in range(ROWS - 1):
            bridge = row == RIVER_ROW - 1
            if bridge and column not in BRIDGES and column != 0:
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
    """Return water, buildings and offices as GeoJSON, as `/api/v1/roads/background` tells them."""
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


def state(window: int) -> dict[str, Any]:
    """Return the state after a window, 0 to `WINDOWS` - 1, as `/api/v1/roads/state` tells it."""
    at = FIRST + STEP * window
    segments: dict[str, Any] = {}
    for index, feature in enumerate(network()["features"]):
        first = (index * 7) % 23  # the window in which the road is passed first, and every 21 windows again
        if first > window or (feature["properties"]["bridge"] and index % 2):
            continue
        passed = FIRST + STEP * first
        age = at - passed
        status = (
            "passed-1h" if age <= timedelta(hours=1) else "passed-3h" if age <= timedelta(hours=2) else "passed-24h"
        )
        segments[str(feature["id"])] = {
            "status": status,
            "last_passed": iso(passed),
            "p_blocked": None,
            "turn_backs": 0,
        }
    if window >= 4:
        for segment, turned, p in ((closed()[0], 3, 0.93), (closed()[1], 0, 0.81), (closed()[2], 2, 0.88)):
            segments[str(segment)] = {
                "status": "probably-blocked",
                "last_passed": None,
                "p_blocked": p,
                "turn_backs": turned,
            }
        segments[str(beside())] = {"status": "passed-1h", "last_passed": iso(at), "p_blocked": None, "turn_backs": 1}
    return {
        "at": iso(at),
        "event": {
            "id": "minase-2026-11-20",
            "name": {"ja": "水無瀬地震（2026年11月21日）", "en": "Minase earthquake (21 November 2026)"},
            "start": iso(QUAKE),
            "end": iso(QUAKE + timedelta(days=7)),
        },
        "windows": {
            "first": iso(FIRST),
            "last": iso(FIRST + STEP * (WINDOWS - 1)),
            "step_s": int(STEP.total_seconds()),
        },
        "segments": segments,
    }


def closed() -> list[int]:
    """Return the closed segments: a bridge, a street of the old town, the valley road."""
    features = network()["features"]
    bridge = next(f["id"] for f in features if f["properties"]["bridge"] and f["properties"]["name"] == "駅前通り")
    street = next(f["id"] for f in features if f["properties"]["name"] == "寺町通り") + 8
    valley = [f["id"] for f in features if f["properties"]["name"] == "谷川林道"][2]
    return [bridge, street, valley]


def beside() -> int:
    """Return a street that was passed and also turned back on."""
    return int(next(f["id"] for f in network()["features"] if f["properties"]["name"] == "栄通り")) + 6


def iso(moment: datetime) -> str:
    """Return a time as the API tells it."""
    return moment.isoformat().replace("+00:00", "Z")
