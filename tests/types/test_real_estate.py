"""The real-estate id: what it names, and every rule it must keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.types.real_estate import Part, RealEstateId

REGISTRY = "1234567890123"
registries = st.from_regex(r"[0-9]{13}", fullmatch=True)


@pytest.mark.parametrize(
    ("specific", "part", "room"),
    [
        ("0000", Part.WHOLE, None),
        ("000B", Part.BUILDING, None),
        ("0101", Part.ROOM, "101"),
        ("A101", Part.ROOM, "A101"),
        ("00B1", Part.ROOM, "B1"),
        ("G001", Part.FLOOR, None),
        ("GM02", Part.FLOOR, None),
        ("B003", Part.FLOOR, None),
        ("BM99", Part.FLOOR, None),
    ],
)
def test_the_last_four_say_what_is_named(specific: str, part: Part, room: str | None) -> None:
    parsed = RealEstateId.parse(f"{REGISTRY}-{specific}")
    assert (parsed.part, parsed.room) == (part, room)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "13 digits"),
        (f"{REGISTRY}-000", "13 digits"),
        (f"{REGISTRY}4-0000", "13 digits"),
        (f"{REGISTRY}-00-0", "specific code"),
        ("12345678901a3-0000".upper(), "registry number"),
        ("１２３４５６７８９０１２３-0000", "half-width"),
        (f"{REGISTRY}‐0000", "13 digits"),
        (f"{REGISTRY}-000b", "capitals"),
        (f"{REGISTRY}-00 1", "specific code"),
        (f"{REGISTRY}-G000", "counted from 01"),
        (f"{REGISTRY}-BM00", "counted from 01"),
        (f"{REGISTRY}-ABCD", "has a digit"),
        (f"{REGISTRY}-0001\n", "13 digits"),
        (f"{REGISTRY[:-1]}٣-0001", "registry number"),
    ],
)
def test_what_breaks_a_rule_is_told_without_the_value(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as fault:
        RealEstateId.parse(text)
    assert REGISTRY[:5] not in str(fault.value)


@given(
    registries, st.sampled_from(["0000", "000B"]) | st.from_regex(r"(G0|GM|B0|BM)(0[1-9]|[1-9][0-9])", fullmatch=True)
)
def test_an_id_reads_as_it_was_written(registry: str, specific: str) -> None:
    made = RealEstateId(registry, specific)
    assert RealEstateId.parse(str(made)) == RealEstateId.parse(registry + specific) == made
    assert len(str(made).replace("-", "")) == 17


@given(registries, st.integers(1, 9999))
def test_a_room_is_set_to_the_right(registry: str, number: int) -> None:
    made = RealEstateId.of_room(registry, str(number))
    assert RealEstateId.parse(str(made)) == made
    assert made.room == str(number)


@given(registries, st.integers(-99, 99).filter(bool), st.booleans())
def test_floors_differ(registry: str, floor: int, mezzanine: bool) -> None:  # drawn by Hypothesis
    made = RealEstateId.of_floor(registry, floor, mezzanine=mezzanine)
    assert RealEstateId.parse(str(made)).part is Part.FLOOR
    assert made.specific == f"{'G' if floor > 0 else 'B'}{'M' if mezzanine else '0'}{abs(floor):02}"


@pytest.mark.parametrize("room", ["", "10101", "B", "G001", "0"])
def test_a_room_that_would_read_as_something_else_is_refused(room: str) -> None:
    with pytest.raises(ValueError, match=r"room|digit|else"):
        RealEstateId.of_room(REGISTRY, room)


@pytest.mark.parametrize("floor", [0, 100, -100])
def test_a_floor_that_is_none_is_refused(floor: int) -> None:
    with pytest.raises(ValueError, match="floor"):
        RealEstateId.of_floor(REGISTRY, floor)
