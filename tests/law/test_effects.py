"""Classes after obligations: step by step, in order; fields that are gone are out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from umaya.law.effects import classes_after
from umaya.types.classes import SecrecyClass as C
from umaya.types.effects import BELOW, ClassEffect

from .test_bases import CLASSES, EFFECTS

FIELDS = {"name": C.ORDINARY, "balance": C.FINANCIAL, "place": C.LOCATION}
PSEUDONYMISE = ClassEffect(frozenset({"name"}), {C.ORDINARY: None})
COARSE = ClassEffect(frozenset({"place"}), {C.LOCATION: C.ORDINARY})
COUNT = ClassEffect(None, {one: C.NON_PERSONAL for one in C if C.NON_PERSONAL in BELOW[one]})


def test_without_obligations_nothing_changes() -> None:
    assert classes_after(FIELDS, []) == FIELDS


def test_pseudonymised_data_keeps_its_class_and_loses_who_it_is() -> None:
    assert classes_after(FIELDS, [PSEUDONYMISE]) == {"balance": C.FINANCIAL, "place": C.LOCATION}


def test_a_step_works_on_the_fields_it_names() -> None:
    assert classes_after(FIELDS, [COARSE]) == {**FIELDS, "place": C.ORDINARY}


def test_counts_are_about_nobody() -> None:
    assert set(classes_after(FIELDS, [COUNT]).values()) == {C.NON_PERSONAL}


def test_order_matters_and_what_is_gone_stays_gone() -> None:
    ordinary_goes = ClassEffect(None, {C.ORDINARY: None})
    assert classes_after(FIELDS, [COARSE, ordinary_goes]) == {"balance": C.FINANCIAL}
    assert classes_after(FIELDS, [ordinary_goes, COARSE]) == {"balance": C.FINANCIAL, "place": C.ORDINARY}


@given(CLASSES, EFFECTS)
def test_no_chain_of_steps_raises_a_class_or_makes_a_field(classes: dict[str, C], steps: list[ClassEffect]) -> None:
    after = classes_after(classes, steps)
    assert after.keys() <= classes.keys()
    assert all(one == classes[name] or one in BELOW[classes[name]] for name, one in after.items())


@given(CLASSES, EFFECTS, st.integers(0, 4))
def test_a_chain_is_its_parts_one_after_the_other(classes: dict[str, C], steps: list[ClassEffect], at: int) -> None:
    assert classes_after(classes_after(classes, steps[:at]), steps[at:]) == classes_after(classes, steps)
