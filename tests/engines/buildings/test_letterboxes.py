"""Letterboxes in their buildings: the address where it is enough, more where it is not, else doubtful."""

from __future__ import annotations

import copy
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.buildings.blocks import boxes_of, drawn, numbered
from umaya.engines.buildings.letterboxes import Housed, building_name, house, room
from umaya.engines.buildings.resolve import resolve

NAMES = {"a": "グリーンハイツ", "between": "サンコーポ"}
HOUSES = drawn({"a": (0, 0, 8, 10), "between": (9, 0, 15, 10), "b": (24, 0, 32, 10)}, names=NAMES)
POINTS = numbered({"1-1": (4, 1), "1-2": (28, 1), "1-9": (400, 400)})
"""1-1 marks house a, and `between` has no number; 1-2 marks b alone; 1-9 stands in the open."""


def put(*rows: dict[str, object], real_estate: dict[str, str] | None = None) -> Housed:
    return house(boxes_of(*rows), resolve(POINTS, HOUSES), HOUSES, real_estate)


def told(housed: Housed) -> dict[str, tuple[str, str]]:
    rows = [(row["letterbox_id"], (row["footprint"], row["reason"])) for row in housed.housed.to_pylist()]
    return dict(rows)


def doubt(housed: Housed) -> dict[str, str]:
    return {row["letterbox_id"]: row["reason"] for row in housed.doubtful.to_pylist()}


def test_one_address_one_building_needs_no_more() -> None:
    housed = put({"id": "x", "at": "1-2"})
    assert told(housed) == {"x": ("b", "only-building")}


def test_one_address_several_buildings_is_refused_with_its_candidates() -> None:
    housed = put({"id": "x", "at": "1-1"})
    assert told(housed) == {}
    (row,) = housed.doubtful.to_pylist()
    assert (row["reason"], row["candidates"]) == ("several-buildings", ["a", "between"])


def test_the_name_of_the_building_tells() -> None:
    housed = put({"id": "x", "at": "1-1", "building": "ｻﾝｺｰﾎﾟ "}, {"id": "y", "at": "1-1", "building": "メゾン本郷"})
    assert told(housed) == {"x": ("between", "name")}
    assert doubt(housed) == {"y": "several-buildings"}


def test_the_place_of_the_letterbox_tells_and_teaches_its_name() -> None:
    """Where one letterbox of the Villa hangs is known, so its neighbours with that name are too."""
    housed = put(
        {"id": "x", "at": "1-1", "building": "ヴィラ", "place": (12, 5)}, {"id": "y", "at": "1-1", "building": "ヴィラ"}
    )
    assert told(housed) == {"x": ("between", "coordinates"), "y": ("between", "same-name")}


def test_a_name_that_is_said_of_two_buildings_teaches_nothing() -> None:
    housed = put(
        {"id": "x", "at": "1-1", "building": "ヴィラ", "place": (12, 5)},
        {"id": "y", "at": "1-1", "building": "ヴィラ", "place": (4, 5)},
        {"id": "z", "at": "1-1", "building": "ヴィラ"},
    )
    assert doubt(housed) == {"z": "several-buildings"}


def test_a_place_between_two_buildings_tells_nothing() -> None:
    assert doubt(put({"id": "x", "at": "1-1", "place": (8.5, 5)})) == {"x": "several-buildings"}


def test_evidence_that_disagrees_is_not_weighed() -> None:
    assert doubt(put({"id": "x", "at": "1-1", "building": "サンコーポ", "place": (4, 5)})) == {
        "x": "evidence-disagrees"
    }


def test_a_place_far_from_the_address_contradicts_it() -> None:
    assert doubt(put({"id": "x", "at": "1-2", "place": (200, 0)})) == {"x": "place-elsewhere"}


def test_a_real_estate_id_that_is_known_tells() -> None:
    ids = {"1234567890123-0101": "between"}
    housed = put({"id": "x", "at": "1-1", "real_estate_id": "1234567890123-0101"}, real_estate=ids)
    assert told(housed) == {"x": ("between", "real-estate-id")}


@pytest.mark.parametrize(("at", "reason"), [("7-7", "address-unknown"), ("1-9", "address-doubtful")])
def test_an_address_that_marks_nothing_is_doubtful(at: str, reason: str) -> None:
    assert doubt(put({"id": "x", "at": at})) == {"x": reason}


def test_rooms_hang_from_one_building() -> None:
    rows: list[dict[str, object]] = [{"id": room, "at": "1-2", "room": room} for room in ("１０１号室", "102", "")]
    housed = put(*rows)
    assert housed.housed["room"].to_pylist() == ["101", "102", ""]
    assert set(housed.housed["footprint"].to_pylist()) == {"b"}


def test_rooms_and_names_are_compared_as_people_mean_them() -> None:
    assert [room(text) for text in ("１０１号室", " 101 ", "Ａ－１０１", "a-101号", None)] == [
        "101",
        "101",
        "A-101",
        "A-101",
        "",
    ]
    assert room("1-101") != room("11-01"), "no digit moves"
    assert building_name("第２ コーポ・さくら") == building_name("第2コーポさくら")


def test_what_is_known_of_occupants_has_no_column() -> None:
    housed = put({"id": "x", "at": "1-2"}, {"id": "y", "at": "1-1"})
    columns = {*housed.housed.column_names, *housed.doubtful.column_names}
    assert not {name for name in columns if "occupant" in name or name in {"name", "household"}}
    assert isinstance(housed.housed, pa.Table)


rows = st.lists(
    st.fixed_dictionaries(
        {"at": st.sampled_from(["1-1", "1-2", "1-9", "7-7"])},
        optional={
            "building": st.sampled_from(["グリーンハイツ", "サンコーポ", "ヴィラ", ""]),
            "room": st.sampled_from(["101", "１０１号", ""]),
            "place": st.tuples(st.floats(-5, 40), st.floats(-5, 12)),
        },
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_every_letterbox_comes_out_once_and_the_order_changes_nothing(
    rows: list[dict[str, object]], random: Random
) -> None:
    """And every building it is put into is one that its address may be."""
    named = [{"id": f"x{i}", **row} for i, row in enumerate(rows)]
    housed = put(*copy.deepcopy(named))
    assert sorted([*told(housed), *doubt(housed)]) == sorted(str(row["id"]) for row in named)
    of = {str(row["id"]): row["at"] for row in named}
    may = {"1-1": {"a", "between"}, "1-2": {"b"}, "1-9": set(), "7-7": set()}
    assert all(ref in may[str(of[box])] for box, (ref, _) in told(housed).items())
    random.shuffle(named)
    again = put(*named)
    assert (told(again), doubt(again)) == (told(housed), doubt(housed))
