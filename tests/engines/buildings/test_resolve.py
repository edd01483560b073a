"""Which building an address stands for: told with its reason, or doubtful with its candidates."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.buildings.blocks import drawn, numbered
from umaya.engines.buildings.params import ResolveParams, calibrated
from umaya.engines.buildings.resolve import Resolved, resolve
from umaya.engines.buildings.schemas import DOUBTFUL, FOOTPRINTS, LINKS, POINTS


def links(resolved: Resolved) -> dict[str, tuple[str, str]]:
    """Footprint and reason by `block-number`."""
    return {f"{r['blk_id']}-{r['rsdt_id']}": (r["footprint"], r["reason"]) for r in resolved.links.to_pylist()}


def doubts(resolved: Resolved) -> dict[str, tuple[str, list[str]]]:
    return {f"{r['blk_id']}-{r['rsdt_id']}": (r["reason"], r["candidates"]) for r in resolved.doubtful.to_pylist()}


def test_a_point_in_a_house_is_that_house() -> None:
    resolved = resolve(numbered({"1-1": (5, 1)}), drawn({"house": (0, 0, 10, 10), "next": (12, 0, 22, 10)}))
    assert links(resolved) == {"1-1": ("house", "inside")}
    assert resolved.links["confidence"][0].as_py() > 0.8


def test_a_point_before_a_front_is_the_house_behind_it() -> None:
    resolved = resolve(numbered({"1-1": (5, -1)}), drawn({"house": (0, 0, 10, 10), "far": (25, 0, 35, 10)}))
    assert links(resolved) == {"1-1": ("house", "in-front")}


def test_several_addresses_of_one_building_share_it() -> None:
    resolved = resolve(numbered({"1-1": (5, 1), "1-2": (15, 1), "1-3": (25, 1)}), drawn({"block": (0, 0, 30, 20)}))
    assert set(links(resolved).values()) == {("block", "shared")}
    assert resolved.links["addresses"].to_pylist() == [3, 3, 3]


def test_one_address_with_two_points_has_two_buildings() -> None:
    houses = {"a": (0.0, 0.0, 10.0, 10.0), "b": (40.0, 0.0, 50.0, 10.0)}
    resolved = resolve(numbered({"1-3": (5, 2), "1-3'": (45, 2)}), drawn(houses))
    assert sorted(resolved.links["footprint"].to_pylist()) == ["a", "b"]
    assert resolved.links["addresses"].to_pylist() == [1, 1]


def test_between_two_fronts_nothing_is_guessed() -> None:
    resolved = resolve(numbered({"1-1": (10, -1)}), drawn({"a": (0, 0, 9.8, 10), "b": (10.2, 0, 20, 10)}))
    ((reason, candidates),) = doubts(resolved).values()
    assert links(resolved) == {}
    assert reason == "between-buildings"
    assert sorted(candidates) == ["a", "b"]


def test_far_from_every_building_is_told() -> None:
    resolved = resolve(numbered({"1-1": (100, 100)}), drawn({"house": (0, 0, 10, 10)}))
    assert doubts(resolved) == {"1-1": ("no-building-near", [])}


@pytest.mark.parametrize(("box", "height"), [((4, -3, 6, -1), 3.0), ((3, -4, 7, -1), 2.0)])
def test_a_shed_holds_no_letterbox(box: tuple[float, float, float, float], height: float) -> None:
    """4 m2, or 2 m high: the house behind it is meant, and the shed is no candidate."""
    resolved = resolve(numbered({"1-1": (5, -2)}), drawn({"shed": box, "house": (0, 0, 10, 10)}, {"shed": height}))
    assert links(resolved) == {"1-1": ("house", "in-front")}
    assert resolved.links["others"].to_pylist() == [[]]


def test_an_unknown_height_does_not_make_a_shed() -> None:
    house = drawn({"house": (0, 0, 10, 10)})
    bare = house.set_column(3, FOOTPRINTS.field("height_m"), pa.nulls(1, pa.float64()))
    assert links(resolve(numbered({"1-1": (5, 1)}), bare)) == {"1-1": ("house", "inside")}


def test_a_house_across_the_street_is_not_taken_though_it_is_nearer() -> None:
    """2-1 and 2-2 are the other block's numbers; its house is 2 m away, ours 3 m."""
    points = numbered({"1-1": (5, 0), "1-2": (17, 0), "2-1": (5, -2.5), "2-2": (17, -2.5)})
    resolved = resolve(points, drawn({"ours": (0, 3, 10, 13), "theirs": (0, -12, 10, -2)}))
    assert links(resolved).get("1-1", ("ours",))[0] == "ours"
    assert links(resolved)["2-1"][0] == "theirs"


def test_a_house_without_a_number_beside_is_told_as_another() -> None:
    """The narrow house between 1-1 and 1-2 has no number of its own: letterboxes of 1-1 may hang there."""
    points = numbered({"1-1": (4, 1), "1-2": (28, 1)})
    resolved = resolve(points, drawn({"a": (0, 0, 8, 10), "between": (9, 0, 15, 10), "b": (24, 0, 32, 10)}))
    told = {row["rsdt_id"]: row["others"] for row in resolved.links.to_pylist()}
    assert told == {"1": ["between"], "2": []}


def test_nothing_in_nothing_out() -> None:
    for points, houses in ((POINTS.empty_table(), drawn({"a": (0, 0, 9, 9)})), (numbered({"1-1": (0, 0)}), drawn({}))):
        resolved = resolve(points, houses)
        assert resolved.links.schema == LINKS
        assert resolved.doubtful.schema == DOUBTFUL
        assert resolved.links.num_rows == 0
        assert resolved.doubtful.num_rows == points.num_rows


places = st.tuples(st.floats(-60, 60), st.floats(-60, 60))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(places, min_size=1, max_size=12),
    st.lists(st.tuples(places, st.floats(1, 20), st.floats(1, 20)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_every_point_is_resolved_once_and_in_whatever_order(
    points: list[tuple[float, float]], houses: list[tuple[tuple[float, float], float, float]], random: object
) -> None:
    """Every point is a link or doubtful, never both; a link is sure; the order of the rows changes nothing."""
    table = numbered({f"1-{i}": place for i, place in enumerate(points)})
    boxes = {f"h{i}": (x, y, x + w, y + h) for i, ((x, y), w, h) in enumerate(houses)}
    resolved = resolve(table, drawn(boxes))
    assert sorted([*links(resolved), *doubts(resolved)]) == sorted(f"1-{i}" for i in range(len(points)))
    assert all(each >= calibrated().sure for each in resolved.links["confidence"].to_pylist())
    order = list(range(table.num_rows))
    random.shuffle(order)  # type: ignore[attr-defined] # a random.Random
    again = resolve(table.take(order), drawn(dict(reversed(boxes.items()))))
    assert links(again) == links(resolved)
    assert {k: (r, set(c)) for k, (r, c) in doubts(again).items()} == {
        k: (r, set(c)) for k, (r, c) in doubts(resolved).items()
    }


def test_how_sure_is_sure_must_mean_something() -> None:
    weights = calibrated().weights()
    with pytest.raises(ValueError, match="sure"):
        ResolveParams(*weights, sure=0.5)  # type: ignore[misc] # as many weights as fields


def test_the_judged_cases_are_three_hundred_and_halved() -> None:
    with (Path(__file__).parent / "cases.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 300
    assert np.unique([row["half"] for row in rows], return_counts=True)[1].tolist() == [150, 150]
    assert all(bool(row["building"]) == (row["verdict"] == "one") for row in rows)
