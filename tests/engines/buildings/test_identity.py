"""Building ids: any way they are written, and no slip of the pen unseen."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.engines.buildings.identity import LENGTH, LETTERS, mint, parse

ids = st.integers(0, 2**55 - 1).map(lambda number: mint(lambda bits: number))


@given(ids)
def test_an_id_reads_as_it_was_written(building: str) -> None:
    plain = building.replace("-", "")
    assert len(plain) == LENGTH
    assert parse(building) == parse(plain) == parse(building.lower()) == parse(f" {building} ") == building
    assert parse(plain.replace("1", "I").replace("0", "O")) == building


@given(ids, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_seen(building: str, place: int, letter: str) -> None:
    plain = building.replace("-", "")
    wrong = plain[:place] + letter + plain[place + 1 :]
    if wrong != plain:
        with pytest.raises(ValueError, match="check letter"):
            parse(wrong)


@given(ids, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_two_letters_changed_for_each_other_are_seen(building: str, one: int, other: int) -> None:
    letters = list(building.replace("-", ""))
    letters[one], letters[other] = letters[other], letters[one]
    if "".join(letters) != building.replace("-", ""):
        with pytest.raises(ValueError, match="check letter"):
            parse("".join(letters))


@pytest.mark.parametrize(
    ("text", "told"), [("", "12 letters"), ("7K2M-Q9RT-0W4", "12"), ("UUUU-UUUU-UUUU", "without U")]
)
def test_what_is_no_id_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(text)


def test_ids_tell_nothing_of_their_order() -> None:
    bits = random.Random(1).getrandbits
    made = [mint(bits) for _ in range(1000)]
    assert len(set(made)) == 1000
    assert made != sorted(made)
