"""Letterboxes become buildings: no letterbox, room or name leaves, whatever stands in the columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from umaya.engines.buildings.identity import mint
from umaya.gate import ObligationContext
from umaya.places.buildings.obligation import BUILDING_ROWS, LetterboxesToBuildings, factories
from umaya.types.errors import ConflictError

CONTEXT = ObligationContext("scheme", None, None, None)
HOUSE, FLATS = mint(lambda _: 5), mint(lambda _: 12345678901)
TEXTS = ("building_id", "lg_code", "machiaza_id", "blk_id", "rsdt_id", "letterbox_id", "room", "real_estate_id")
NUMBERS = ("building_lon", "building_lat", "confidence")


def table(*rows: dict[str, Any]) -> pa.Table:
    usual = {
        "lg_code": "131059",
        "machiaza_id": "0001001",
        "blk_id": "001",
        "rsdt_id": "002",
        "room": "",
        "real_estate_id": None,
        "building_lon": 139.75,
        "building_lat": 35.71,
        "confidence": 0.9,
    }
    full = [{**usual, "letterbox_id": f"box-{n}", **row} for n, row in enumerate(rows)]
    columns = [pa.field(name, pa.string()) for name in TEXTS] + [pa.field(name, pa.float64()) for name in NUMBERS]
    return pa.Table.from_pylist(full, pa.schema(columns))


def buildings(data: pa.Table, least: int = 3) -> list[dict[str, Any]]:
    step: Any = factories()["letterboxes-to-buildings"]({"min_homes": least})
    made = step.apply(data, CONTEXT)
    assert made.schema.equals(BUILDING_ROWS)
    assert step.fit(data.schema, CONTEXT).equals(BUILDING_ROWS)
    rows: list[dict[str, Any]] = made.to_pylist()
    return rows


def test_a_block_of_flats_is_one_row_with_counts() -> None:
    rooms = [{"building_id": FLATS, "room": each, "confidence": 0.8} for each in ("101", "１０１号室", "102", "201")]
    (row,) = buildings(table(*rooms, {"building_id": FLATS, "rsdt_id": "003"}))
    assert row == {
        "building_id": FLATS,
        "addresses": "131059/0001001/001/002 131059/0001001/001/003",
        "real_estate_id": None,
        "lon": 139.75,
        "lat": 35.71,
        "confidence": 0.8,
        "homes": 4,
        "rooms": 3,
    }


@pytest.mark.parametrize("homes", [1, 2, 3, 4])
def test_counts_below_the_least_number_are_not_told(homes: int) -> None:
    (row,) = buildings(table(*[{"building_id": FLATS, "room": str(n)} for n in range(homes)]), 4)
    assert (row["homes"], row["rooms"]) == ((homes, homes) if homes >= 4 else (None, None))


@pytest.mark.parametrize(
    ("ids", "rooms", "told"),
    [
        (["1234567890123-0000"], [""], "1234567890123-0000"),
        (["1234567890123-0101"], ["101"], None),
        (["1234567890123-G001"], [""], None),
        (["1234567890123-0000", "1234567890124-0000"], ["101", "102"], None),
        (["1234567890123-0000"], ["101"], None),
        (["1234567890123-000B", "1234567890124-0000"], ["", "102"], "1234567890123-000B"),
        (["山田"], [""], None),
    ],
)
def test_a_real_estate_id_of_a_room_or_a_unit_stays(ids: list[str], rooms: list[str], told: str | None) -> None:
    rows = [{"building_id": FLATS, "real_estate_id": one, "room": r} for one, r in zip(ids, rooms, strict=True)]
    assert buildings(table(*rows))[0]["real_estate_id"] == told


def test_a_place_that_is_a_letterboxs_own_stops_everything() -> None:
    rows = [{"building_id": FLATS, "building_lon": 139.75 + n / 1e6} for n in range(2)]
    with pytest.raises(ConflictError, match="one place for each building"):
        buildings(table(*rows))


@pytest.mark.parametrize("name", ["building_id", "letterbox_id", "building_lon", "confidence"])
def test_a_table_that_lacks_a_column_fits_not(name: str) -> None:
    step: Any = factories()["letterboxes-to-buildings"]({})
    with pytest.raises(ValueError, match=f"needs the column `{name}`"):
        step.fit(table().schema.remove(table().schema.get_field_index(name)), CONTEXT)


@pytest.mark.parametrize("given_", [{"min_homes": 2}, {"min_homes": "3"}, {"rooms": True}])
def test_wrong_parameters_are_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        factories()["letterboxes-to-buildings"](given_)


SECRET = st.text(alphabet="山田太郎abcxyzABC-０", min_size=2, max_size=20).map(lambda text: f"秘{text}")
ROOM = st.integers(70_000, 79_999).map(lambda n: f"{n}号室")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"building_id": st.sampled_from([HOUSE, FLATS, None]) | SECRET, "letterbox_id": SECRET, "room": ROOM},
            optional=dict.fromkeys(("lg_code", "machiaza_id", "blk_id", "rsdt_id", "real_estate_id"), SECRET),
        ),
        max_size=12,
    )
)
def test_nothing_of_a_letterbox_leaves_whatever_stands_in_the_columns(rows: list[dict[str, Any]]) -> None:
    """Names in any column, rooms and ids of letterboxes: of none of them does a piece come out."""
    told = buildings(table(*rows))
    assert len(told) == len({row["building_id"] for row in rows} & {HOUSE, FLATS})
    text = repr(told)
    assert "秘" not in text
    for row in rows:
        assert row["letterbox_id"] not in text
        assert row["room"].removesuffix("号室") not in text
    for one in told:
        known = {row["room"] for row in rows if row["building_id"] == one["building_id"]}
        assert one["rooms"] == (len(known) if len(known) >= 3 else None)


def test_what_is_told_is_of_nobody_and_the_rest_is_gone() -> None:
    step = LetterboxesToBuildings(factories()["letterboxes-to-buildings"]({}).parameters)  # type: ignore[attr-defined]
    told, rest = step.effects
    assert "letterbox_id" not in (told.fields or frozenset())
    assert set(rest.becomes.values()) == {None}
