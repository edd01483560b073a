"""Bits say of numbers what a set says."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines import membership

NUMBERS = st.lists(st.integers(0, 3000), max_size=50)


def array(numbers: list[int]) -> membership.Numbers:
    return np.array(numbers, np.uint32)


@settings(deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_who_was_added_is_a_member_and_nobody_else(first: list[int], second: list[int], asked: list[int]) -> None:
    bits = membership.bits_for(max([*first, *second], default=-1))
    membership.add(bits, array(first))
    membership.add(bits, array(second))
    held = {*first, *second}
    assert membership.members(bits, array(asked)).tolist() == [number in held for number in asked]
    assert membership.listed(bits).tolist() == sorted(held)


def test_a_number_beyond_the_room_is_no_member() -> None:
    """Also one whose place would wrap around."""
    bits = membership.bits_for(7)
    membership.add(bits, array([0, 7]))
    assert membership.members(bits, array([7, 8, 2**31, 2**32 - 1])).tolist() == [True, False, False, False]


def test_nobody_is_a_member_of_nothing() -> None:
    bits = membership.bits_for(-1)
    assert membership.members(bits, array([0, 1])).tolist() == [False, False]
    assert membership.listed(bits).tolist() == []
