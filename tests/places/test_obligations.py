"""The obligations that need places: they fit together in one order, and fail closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.worlds import World, draw
from umaya.gate import ObligationContext, Obligations, Owed
from umaya.places.atlas import Atlas
from umaya.places.obligations import factories
from umaya.places.roads.background import BACKGROUND
from umaya.types.errors import ConflictError
from umaya.types.schemas import HOMES, PASSAGES, POSITIONS, TRAVERSALS

NOON = datetime(2026, 4, 1, 3, tzinfo=UTC)
WINDOW = (NOON, NOON + timedelta(hours=1))
CONTEXT = ObligationContext("scheme", WINDOW, WINDOW, None)


@pytest.fixture
def world() -> World:
    return draw("A----B----C\n     :\n     :\n", cell_m=30)


@pytest.fixture
def atlas(tmp_path: Path, world: World) -> Atlas:
    atlas = Atlas(tmp_path / "places")
    atlas.put(world.network, BACKGROUND.empty_table())
    return atlas


def make(atlas: Atlas, name: str, **parameters: Any) -> Any:
    return factories(atlas)[name](parameters)


def test_positions_need_no_more_than_the_four_columns_of_a_scheme(atlas: Atlas, world: World) -> None:
    """A scheme that permits vehicle, time and place gets roads; what was not permitted is not asked for."""
    (west, north), (east, _) = world.points["A"], world.points["C"]
    seconds = range(60)
    positions = pa.table(
        {
            "vehicle_id": pa.repeat("bike-1", len(seconds)),
            "t": pa.array([NOON + timedelta(seconds=s) for s in seconds], POSITIONS.field("t").type),
            "lon": [west + (east - west) * s / 59 for s in seconds],
            "lat": [north] * len(seconds),
        }
    )
    traversals = make(atlas, "move-to-road").apply(positions, CONTEXT)
    assert traversals.schema.equals(TRAVERSALS)
    assert traversals.column("edge_id").to_pylist() == world.edges("ABC")


def test_a_column_that_is_missing_is_named(atlas: Atlas) -> None:
    with pytest.raises(ConflictError, match="`move-to-road` needs the column `t`"):
        make(atlas, "move-to-road").apply(pa.table({"vehicle_id": ["bike-1"]}), CONTEXT)


@pytest.mark.parametrize("name", ["suppress-dead-ends", "link-counts"])
def test_a_step_out_of_order_refuses_to_run(atlas: Atlas, name: str) -> None:
    """Positions that skipped move-to-road must never come out at the end of a chain."""
    parameters = {"max_homes": 3} if name == "suppress-dead-ends" else {"min_vehicles": 1, "min_turn_backs": 2}
    with pytest.raises(ConflictError, match="does not fit behind the step before it"):
        make(atlas, name, **parameters).apply(POSITIONS.empty_table(), CONTEXT)


def test_as_long_as_homes_are_unknown_nothing_passes_dead_end_suppression(atlas: Atlas) -> None:
    """Without homes no dead end can be told from a street: the answer is an error, not everything."""
    step = make(atlas, "suppress-dead-ends", max_homes=3)
    with pytest.raises(ConflictError, match="not known yet"):
        step.apply(TRAVERSALS.empty_table(), CONTEXT)
    atlas.put_homes(HOMES.empty_table())
    assert step.apply(TRAVERSALS.empty_table(), CONTEXT).num_rows == 0


def test_new_homes_are_seen_by_obligations_made_before(atlas: Atlas, world: World) -> None:
    segment = world.segment("AB")
    atlas.put_homes(pa.Table.from_pylist([{"segment_id": segment, "homes": 1}], schema=HOMES))
    assert segment in atlas.suppressed(3).tolist()
    atlas.put_homes(pa.Table.from_pylist([{"segment_id": segment, "homes": 9}], schema=HOMES))
    assert segment not in atlas.suppressed(3).tolist()


def test_link_counts_need_a_window(atlas: Atlas) -> None:
    without = ObligationContext("scheme", None, None, None)
    with pytest.raises(ConflictError, match="needs a window"):
        make(atlas, "link-counts", min_vehicles=1, min_turn_backs=2).apply(TRAVERSALS.empty_table(), without)


def test_what_was_swept_needs_a_window_on_the_grid(atlas: Atlas) -> None:
    """Whoever asks for windows a quarter of an hour apart would be told blocks that overlap."""
    step = make(atlas, "tell-swept", percent=80, max_homes=3)
    half = timedelta(minutes=30)
    start = datetime(2026, 4, 6, 1, tzinfo=UTC)
    for begin, end in ((start + half / 2, start + 3 * half / 2), (start, start + half / 2)):
        context = ObligationContext("scheme", (begin, end), (begin, end), None)
        with pytest.raises(ConflictError, match="whole multiples of 1800 s"):
            step.apply(TRAVERSALS.empty_table(), context)
    with pytest.raises(ConflictError, match="needs a window"):
        step.apply(TRAVERSALS.empty_table(), ObligationContext("scheme", None, None, None))


def test_what_was_swept_reaches_back_over_its_frame(atlas: Atlas) -> None:
    assert make(atlas, "tell-swept", percent=80, max_homes=3).lookback == timedelta(hours=12)
    assert make(atlas, "tell-swept", percent=80, max_homes=3, hold_s=3600).lookback == timedelta(hours=1)


def test_link_counts_leave_counts_and_nothing_else(atlas: Atlas) -> None:
    step = make(atlas, "link-counts", min_vehicles=1, min_turn_backs=2)
    assert step.apply(TRAVERSALS.empty_table(), CONTEXT).schema.equals(PASSAGES)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("move-to-road", {"lookback_s": -1}),
        ("move-to-road", {"unknown": 1}),
        ("suppress-dead-ends", {}),
        ("suppress-dead-ends", {"max_homes": -1}),
        ("suppress-dead-ends", {"max_homes": "3"}),
        ("link-counts", {"min_vehicles": 0, "min_turn_backs": 2}),
        ("link-counts", {"min_vehicles": 1, "min_turn_backs": 1}),  # one turn may be a delivery
        ("link-counts", {"min_vehicles": 1, "min_turn_backs": 2, "window_s": 1}),
        ("tell-swept", {"percent": 80, "max_homes": 3, "hold_s": 2000}),  # no whole number of windows
        ("tell-swept", {"percent": 80, "max_homes": 3, "min_turn_backs": 1}),
        ("tell-swept", {"percent": 80, "max_homes": 3, "percent_held": 0}),
        ("homes-per-segment", {"any": 1}),
    ],
)
def test_wrong_parameters_are_refused_when_the_scheme_is_handed_in(
    atlas: Atlas, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        make(atlas, name, **parameters)


def test_a_network_is_put_in_once(atlas: Atlas, world: World) -> None:
    """Edge ids stand in releases: another network would give them another meaning."""
    with pytest.raises(ConflictError, match="has a road network"):
        atlas.put(world.network, BACKGROUND.empty_table())


@pytest.mark.parametrize("steps", [["move-to-road"], ["move-to-road", "suppress-dead-ends"]])
def test_no_chain_ends_with_traversals(atlas: Atlas, steps: list[str]) -> None:
    """They name vehicles, and what they tell from before the window could not be cut off again."""
    parameters: dict[str, dict[str, Any]] = {"suppress-dead-ends": {"max_homes": 3}}
    owed = [Owed.of(name, parameters.get(name, {})) for name in steps]
    registry = Obligations(factories(atlas))
    with pytest.raises(ValueError, match=f"cannot end with `{steps[-1]}`"):
        registry.chain(owed)
    counts = Owed.of("link-counts", {"min_vehicles": 1, "min_turn_backs": 2})
    assert len(registry.chain([*owed, counts]).steps) == len(steps) + 1
