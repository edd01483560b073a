"""What a step may declare about classes: lower or gone, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW, ClassEffect

CLASSES = st.sampled_from(SecrecyClass)


def test_a_step_lowers_or_removes() -> None:
    effect = ClassEffect(
        frozenset({"balance"}), {SecrecyClass.FINANCIAL: SecrecyClass.NON_PERSONAL, SecrecyClass.POSTAL: None}
    )
    assert effect.becomes[SecrecyClass.FINANCIAL] is SecrecyClass.NON_PERSONAL
    assert effect.becomes[SecrecyClass.POSTAL] is None


@pytest.mark.parametrize("after", sorted(set(SecrecyClass) - {SecrecyClass.CORRESPONDENCE}))
def test_correspondence_is_lowered_by_nothing(after: SecrecyClass) -> None:
    with pytest.raises(ValueError, match="cannot turn"):
        ClassEffect(None, {SecrecyClass.CORRESPONDENCE: after})


def test_correspondence_can_be_taken_away() -> None:
    assert ClassEffect(None, {SecrecyClass.CORRESPONDENCE: None}).becomes[SecrecyClass.CORRESPONDENCE] is None


@given(before=CLASSES, after=CLASSES)
def test_no_step_raises_a_class_or_turns_one_secret_into_another(before: SecrecyClass, after: SecrecyClass) -> None:
    if before is after or after in BELOW[before]:
        ClassEffect(None, {before: after})
        return
    with pytest.raises(ValueError, match="cannot turn"):
        ClassEffect(None, {before: after})


def test_what_is_declared_cannot_be_changed_afterwards() -> None:
    given_in = {SecrecyClass.ORDINARY: SecrecyClass.NON_PERSONAL}
    effect = ClassEffect(None, given_in)
    given_in[SecrecyClass.ORDINARY] = SecrecyClass.CORRESPONDENCE
    assert effect.becomes == {SecrecyClass.ORDINARY: SecrecyClass.NON_PERSONAL}


@given(a=CLASSES, b=CLASSES, c=CLASSES)
def test_below_is_a_strict_partial_order(a: SecrecyClass, b: SecrecyClass, c: SecrecyClass) -> None:
    assert a not in BELOW[a]
    if b in BELOW[a]:
        assert a not in BELOW[b]
        assert BELOW[b] <= BELOW[a]
        assert c not in BELOW[b] or c in BELOW[a]
