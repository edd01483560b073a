"""Neighbourhoods that are told as blocks of time: what a block says of its roads, and that its absence says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tests.engines.passability.test_estimate import EVENT, PARAMS, Day
from tests.worlds import draw
from umaya.engines.passability import estimate
from umaya.types.schemas import PASSAGES

TOWN = draw("""
    A---B---C---D---E
    |   |   |   |   |
    F---G---H---I---J
    |   |   |   |   |
    K---L---M---N---O
""")
NORTH = {"AB", "BC", "CD", "DE", "AF", "BG", "CH", "DI", "EJ", "FG", "GH", "HI", "IJ"}
"""One neighbourhood; the roads south of it are another."""
SOUTH = set(TOWN.ways) - NORTH
AREAS = np.isin(TOWN.network.edges["segment_id"].to_numpy(), [TOWN.segment(name) for name in SOUTH]).astype(np.int64)
Row = tuple[str, int, int]
"""Road, and the minutes in which it was passed, both ways."""


def rows(told: list[Row], turned: list[Row] | None = None, now_min: int = 240) -> dict[str, dict[str, Any]]:
    """The estimate by road, where every road is usually passed."""
    entries = [
        {
            "edge_id": TOWN.edge(*ends),
            "way_id": 1,
            "forward": True,
            "window_start": EVENT + timedelta(minutes=start),
            "window_s": (end - start) * 60,
            "passes": int(kind == "pass"),
            "vehicles": int(kind == "pass"),
            "last_passed": EVENT + timedelta(minutes=start) if kind == "pass" else None,
            "turn_backs": None if kind == "pass" else 2,
            "days": None,
        }
        for kind, given in (("pass", told), ("turn", turned or []))
        for name, start, end in given
        for ends in ((name, name[::-1]) if kind == "pass" else (name,))
    ]
    since = pa.Table.from_pylist(entries, schema=PASSAGES)
    usual = Day(TOWN, set(TOWN.ways)).pattern()
    now = EVENT + timedelta(minutes=now_min)
    table = estimate(TOWN.network, since, usual, EVENT, now, PARAMS, areas=AREAS)
    by_id = {row["segment_id"]: row for row in table.to_pylist()}
    return {name: by_id[TOWN.segment(name)] for name in TOWN.ways}


def block(names: set[str], start: int, end: int) -> list[Row]:
    return [(name, start, end) for name in sorted(names)]


def test_a_road_missing_from_a_block_is_missed_however_many_windows_it_spans() -> None:
    short, long = (rows(block(NORTH - {"CH"}, start, 120))["CH"]["p_blocked"] for start in (90, 0))
    assert short > 3 * PARAMS.prior_closed
    assert abs(short - long) < 0.05, "what weekday and hour let expect adds a little"


def test_a_neighbourhood_that_was_never_told_says_nothing_of_its_roads() -> None:
    """Riders came to the ends of all southern roads that begin in the north; none of those is suspected."""
    found = rows(block(NORTH, 0, 120))
    assert {found[name]["status"] for name in SOUTH} == {"no-evidence"}
    assert all(found[name]["p_blocked"] <= PARAMS.prior_closed for name in SOUTH)
    assert all(found[name]["expected"] == 0 for name in SOUTH)


def test_who_came_before_what_is_told_of_a_road_did_not_miss_it() -> None:
    """The south is told for its last half hour; the north's riders of two hours may have come while it was not told."""
    south = block(SOUTH - {"HM"}, 90, 120)
    alone = rows(south)["HM"]["p_blocked"]
    before = rows([*block(NORTH, 0, 120), *south])["HM"]["p_blocked"]
    within = rows([*block(NORTH, 90, 120), *south])["HM"]["p_blocked"]
    assert abs(before - alone) < 0.01 < within - alone


def test_turn_backs_of_hours_point_at_a_road_that_no_block_tells() -> None:
    found = rows([], [("CH", 0, 150)])
    assert found["CH"]["p_blocked"] == max(row["p_blocked"] for row in found.values()) > 0.5
    assert found["CH"]["turn_backs"] == 2


def test_from_whichever_end_they_came_what_lies_beyond_either_is_suspect() -> None:
    found = rows([], [("CH", 0, 150)])
    assert {name for name, row in found.items() if row["p_blocked"] > PARAMS.prior_closed} == {
        "CH", "BC", "CD", "GH", "HI", "HM"
    }  # fmt: skip


def test_a_pass_told_by_itself_reopens_the_road_and_says_nothing_of_its_neighbourhood() -> None:
    found = rows([("CH", 150, 180)], [("CH", 0, 150)])
    assert found["CH"]["status"] == "passed"
    assert found["CH"]["reopened"] == EVENT + timedelta(minutes=150)
    others = [row for name, row in found.items() if name != "CH"]
    assert {row["status"] for row in others} == {"no-evidence"}
    assert all(row["expected"] == 0 for row in others)


def test_turn_backs_before_a_block_that_tells_a_pass_are_cleared_by_it() -> None:
    found = rows(block(NORTH, 0, 180), [("CH", 0, 60)])
    assert found["CH"]["status"] == "passed"


def test_no_road_opens_before_it_was_told_as_closed() -> None:
    found = rows(block(NORTH, 0, 180), [("CH", 0, 60)])
    assert found["CH"]["reopened"] == EVENT + timedelta(minutes=60)
