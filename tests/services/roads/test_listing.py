"""The list of roads: what matters most first, filters by status and name, nothing hidden that the map tells."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pyarrow as pa
import pytest

from tests.web import town
from umaya.engines.passability import PASSABILITY
from umaya.services.roads.features import statuses
from umaya.services.roads.listing import ORDER, Choice, Filter, crossings, listing, page_of
from umaya.services.roads.products import Window
from umaya.services.roads.service import MapState

NETWORK = town.road_network()
LAST = town.WINDOWS - 1


def state(window: int = LAST) -> MapState:
    """Return the small town's state after a window; the list looks at no event."""
    at = town.FIRST + town.STEP * window
    return MapState(at, None, (Window(at - town.STEP, at),), town.segments(window))  # type: ignore[arg-type] # no event


def names(chosen: Filter, *, english: bool = False) -> set[str]:
    """Return the names of the roads that a filter keeps."""
    return set(listing(state(), NETWORK, chosen, english=english)["name"].to_pylist())


def test_blocked_comes_first_then_what_was_passed_last() -> None:
    table = listing(state(), NETWORK, Filter("all"), english=False)
    ranks = [ORDER.index(status) for status in table["status"].to_pylist()]
    assert ranks == sorted(ranks)
    assert table.num_rows == len(town.network()["features"])
    passed = [row["last_passed"] for row in table.to_pylist() if row["status"] == "passed-1h"]
    assert passed == sorted(passed, reverse=True)


def test_the_list_says_what_the_map_says() -> None:
    """The oracle is the API's document: same segments, same status, same time, same turn-backs."""
    listed = {row["segment_id"]: row for row in listing(state(), NETWORK, Filter("all"), english=False).to_pylist()}
    told = statuses(state())
    for segment, row in listed.items():
        entry = told.get(str(segment), {"status": "no-evidence", "last_passed": None, "turn_backs": 0})
        assert row["status"] == entry["status"]
        assert row["turn_backs"] == entry["turn_backs"]
        assert (row["last_passed"] is None) == (entry["last_passed"] is None)


def test_a_pass_of_more_than_a_day_ago_is_no_evidence_but_is_told() -> None:
    """An event lasts days; "within 24 hours" must not be said of the day before yesterday."""
    now = state()
    segments = now.segments
    older = pa.array(["older" if age != "none" else age for age in segments["age_class"].to_pylist()])
    aged = replace(now, segments=segments.set_column(segments.column_names.index("age_class"), "age_class", older))
    told = [entry for entry in statuses(aged).values() if entry["last_passed"]]
    assert told
    assert {entry["status"] for entry in told} <= {"no-evidence", "probably-blocked"}
    listed = listing(aged, NETWORK, Filter("all"), english=False).to_pylist()
    assert {row["status"] for row in listed} == {"no-evidence", "probably-blocked"}
    assert sum(row["last_passed"] is not None for row in listed) == len(told)


def test_what_was_passed_again_after_it_was_called_blocked_is_told() -> None:
    now = state()
    at = now.segments.schema.get_field_index("reopened")
    passed = now.segments["last_passed"].to_pylist()
    first = next(row for row, moment in enumerate(passed) if moment)
    again = pa.array(
        [moment if row == first else None for row, moment in enumerate(passed)], PASSABILITY.field(at).type
    )
    told = listing(
        replace(now, segments=now.segments.set_column(at, "reopened", again)), NETWORK, Filter("all"), english=False
    )
    assert [(row["segment_id"], row["reopened"]) for row in told.to_pylist() if row["reopened"]] == [
        (now.segments["segment_id"][first].as_py(), passed[first])
    ]


@pytest.mark.parametrize("status", get_args(Choice))
def test_each_filter_keeps_its_status_only(status: Choice) -> None:
    kept = set(listing(state(), NETWORK, Filter(status), english=False)["status"].to_pylist())
    everything = set(ORDER)
    assert kept == {"known": everything - {"no-evidence"}, "all": everything}.get(status, {status})


def test_names_are_found_in_any_case_and_in_the_language_of_the_page() -> None:
    assert names(Filter("all", "EKIMAE"), english=True) == {"Ekimae-dori"}
    assert names(Filter("all", "駅前")) == {"駅前通り"}
    assert names(Filter("all", "駅前"), english=True) == set()
    assert names(Filter("all", ".*")) == set(), "a name is text, not a pattern"


def test_a_segment_that_the_state_does_not_know_is_without_evidence() -> None:
    known = state()
    few = MapState(known.at, known.event, known.windows, known.segments.slice(0, 3))
    table = listing(few, NETWORK, Filter("no-evidence"), english=False)
    assert table.num_rows >= len(town.network()["features"]) - 3


def test_pages_are_slices_in_order() -> None:
    table = listing(state(), NETWORK, Filter("all"), english=False)
    together = [row for page in range(1, 10) for row in page_of(table, page, 20)]
    assert [row["segment_id"] for row in together] == table["segment_id"].to_pylist()


def test_a_stretch_is_told_by_the_roads_it_meets() -> None:
    """The closed bridge carries 駅前通り over the river, from 川端通り to 橋詰通り."""
    bridge = town.closed()[0]
    assert crossings(NETWORK, [bridge], english=False) == {bridge: ["川端通り", "橋詰通り"]}
    assert crossings(NETWORK, [bridge], english=True) == {bridge: ["Hashizume-dori", "Kawabata-dori"]}
    assert crossings(NETWORK, [], english=True) == {}
