"""Chains: what fits behind what, what is done to classes, who sees whom a row is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.vault.deposits import COLUMNS, SCHEMA
from tests.vault.steps.cases import CONTEXT, NOBODYS, OBLIGATIONS, SECRET, chain, people
from umaya.law.effects import classes_after
from umaya.types.classes import SecrecyClass as C
from umaya.types.effects import ClassEffect
from umaya.types.errors import ConflictError, NotFoundError
from umaya.vault import Chain, Owed, UnfitError, standard_factories
from umaya.vault.obligations import ObligationContext
from umaya.vault.steps import PARAMETERS
from umaya.vault.steps.columns import NOTHING

FIELDS = pa.schema([SCHEMA.field(name) for name in COLUMNS])
CLASSES = {"balance": C.FINANCIAL, "matures": C.FINANCIAL, "town": C.ORDINARY, "letter": C.CORRESPONDENCE}
AGGREGATE: dict[str, Any] = {"by": ["town"], "sums": ["balance"], "min_people": 3}
LEAST: dict[str, dict[str, Any]] = {
    "aggregate": AGGREGATE,
    "count-in-cells": {"lon": "lon", "lat": "lat", "min_people": 3},
    "delete-by": {"days": 1},
    "drop": {"fields": ["town"]},
    "generalise-addresses": {"fields": ["town"]},
    "generalise-birth-dates": {"fields": ["matures"]},
    "generalise-dates": {"fields": ["matures"], "to": "month"},
    "generalise-numbers": {"fields": ["balance"], "width": 10},
    "generalise-places": {"lon": "lon", "lat": "lat"},
    "generalise-postcodes": {"fields": ["town"]},
    "k-threshold": {"by": ["town"], "min_people": 3},
    "mask": {"fields": ["town"]},
    "pseudonymise": {},
    "round": {"fields": ["balance"], "digits": -3},
}


def test_the_list_of_parameters_names_every_obligation() -> None:
    assert set(LEAST) == set(PARAMETERS) == set(standard_factories(SECRET))


@pytest.mark.parametrize("name", LEAST)
def test_an_obligation_is_made_from_its_parameters_and_nothing_else(name: str) -> None:
    assert OBLIGATIONS.make(Owed.of(name, LEAST[name])).name == name
    with pytest.raises(ValidationError, match="secretly"):
        OBLIGATIONS.make(Owed.of(name, {**LEAST[name], "secretly": 1}))


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("mask", {"fields": []}, "fields"),
    ("mask", {"fields": ["Town"]}, "fields"),
    ("mask", {"fields": ["town"], "first": -1}, "first"),
    ("mask", {"fields": ["town"], "last": "3"}, "last"),
    ("generalise-numbers", {"fields": ["balance"], "width": 1}, "width"),
    ("generalise-dates", {"fields": ["matures"], "to": "week"}, "to"),
    ("generalise-birth-dates", {"fields": ["matures"], "width": 1}, "width"),
    ("generalise-birth-dates", {"fields": ["matures"], "oldest": 120}, "oldest"),
    ("generalise-postcodes", {"fields": ["town"], "digits": 7}, "digits"),
    ("generalise-places", {"lon": "lon"}, "lat"),
    ("round", {"fields": ["balance"]}, "digits"),
    ("k-threshold", {"by": ["town"], "min_people": 2}, "min_people"),
    ("k-threshold", {"by": [], "min_people": 3}, "by"),
    ("aggregate", {"by": ["town"], "min_people": 1}, "min_people"),
    ("aggregate", {"by": ["town"]}, "min_people"),
    ("pseudonymise", {"into": "A B"}, "into"),
    ("delete-by", {"days": -1}, "days"),
]


@pytest.mark.parametrize(("name", "parameters", "key"), WRONG)
def test_a_wrong_parameter_is_named(name: str, parameters: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OBLIGATIONS.make(Owed.of(name, parameters))
    assert caught.value.errors()[0]["loc"][0] == key


UNFIT: list[tuple[str, dict[str, Any], str]] = [
    ("mask", {"fields": ["name"]}, "needs the field `name`"),
    ("mask", {"fields": ["balance"]}, "text in the field `balance`"),
    ("round", {"fields": ["town"], "digits": 0}, "numbers in the field `town`"),
    ("generalise-dates", {"fields": ["balance"], "to": "year"}, "days or times in the field `balance`"),
    ("generalise-places", {"lon": "balance", "lat": "town"}, "degrees in the field `balance`"),
    ("generalise-places", {"lon": "lon", "lat": "lat"}, "needs the field `lon`"),
    ("drop", {"fields": ["balance", "matures", "town"]}, "leaves no field"),
    ("k-threshold", {"by": ["age"], "min_people": 3}, "needs the field `age`"),
    ("k-threshold", {"by": ["person"], "min_people": 3}, "cannot be grouped by the field `person`"),
    ("aggregate", {**AGGREGATE, "sums": ["town"]}, "numbers in the field `town`"),
    ("aggregate", {**AGGREGATE, "sums": ["person"]}, "cannot be summed"),
    ("pseudonymise", {"into": "town"}, "`into` names the field `town`"),
    ("pseudonymise", {"into": "person"}, "`into` names the field `person`"),
]


@pytest.mark.parametrize(("name", "parameters", "problem"), UNFIT)
def test_what_does_not_fit_the_fields_is_found_before_any_use(
    name: str, parameters: dict[str, Any], problem: str
) -> None:
    steps = chain(("delete-by", {"days": 1}), (name, parameters))
    with pytest.raises(UnfitError, match=problem) as caught:
        steps.fit(FIELDS, CONTEXT)
    assert (caught.value.at, caught.value.step) == (1, name)


def test_a_step_is_given_what_the_one_before_it_leaves() -> None:
    dropped = ("drop", {"fields": ["town"]})
    chain(("mask", {"fields": ["town"]}), dropped).fit(FIELDS, CONTEXT)
    with pytest.raises(UnfitError, match="`mask` does not fit"):
        chain(dropped, ("mask", {"fields": ["town"]})).fit(FIELDS, CONTEXT)
    counted = chain(("aggregate", AGGREGATE), ("round", {"fields": ["balance_sum"], "digits": -3}))
    assert counted.fit(FIELDS, CONTEXT).names == ["town", "people", "rows", "balance_sum"]


@pytest.mark.parametrize("name", ["pseudonymise", "k-threshold", "aggregate"])
def test_what_needs_people_fits_no_dataset_without_them_and_nothing_counted(name: str) -> None:
    with pytest.raises(UnfitError, match="rows that are about people"):
        chain((name, LEAST[name])).fit(FIELDS, NOBODYS)
    with pytest.raises(UnfitError, match="rows that are about people"):
        chain(("aggregate", AGGREGATE), (name, LEAST[name])).fit(FIELDS, CONTEXT)
    with pytest.raises(ConflictError, match="rows that are about people"):
        chain((name, LEAST[name])).run(FIELDS.empty_table(), None, NOBODYS)


def test_only_those_who_count_people_see_them() -> None:
    seeing = {name for name in LEAST if OBLIGATIONS.make(Owed.of(name, LEAST[name])).sees_people}
    assert seeing == {"pseudonymise", "k-threshold", "aggregate", "count-in-cells"}


AFTER: list[tuple[list[tuple[str, dict[str, Any]]], dict[str, C]]] = [
    ([], CLASSES),
    ([("aggregate", AGGREGATE)], {"balance": C.NON_PERSONAL, "town": C.NON_PERSONAL, "letter": C.CORRESPONDENCE}),
    ([("drop", {"fields": ["letter", "balance"]})], {"matures": C.FINANCIAL, "town": C.ORDINARY}),
    ([("mask", {"fields": ["town", "letter"]})], {**CLASSES, "town": C.NON_PERSONAL}),
    ([("mask", {"fields": ["town"], "last": 1})], CLASSES),
    ([("generalise-numbers", {"fields": ["balance"], "width": 10**6})], CLASSES),
    ([("k-threshold", LEAST["k-threshold"]), ("pseudonymise", {})], CLASSES),
]


@pytest.mark.parametrize(("steps", "after"), AFTER)
def test_classes_are_lowered_by_what_is_really_taken_away(
    steps: list[tuple[str, dict[str, Any]]], after: dict[str, C]
) -> None:
    """A band of a balance is still told of somebody; correspondence is lowered by nothing but leaving it out."""
    assert classes_after(CLASSES, chain(*steps).effects) == after


def test_a_cell_does_not_tell_where_somebody_was() -> None:
    effects = chain(("generalise-places", {"lon": "lon", "lat": "lat"})).effects
    before = {"lon": C.LOCATION, "lat": C.POSTAL}
    assert classes_after(before, effects) == {"lon": C.ORDINARY, "lat": C.POSTAL}


@dataclass(frozen=True)
class Careless:
    """An obligation that does not do what it declares."""

    does: str
    name: ClassVar[str] = "careless"
    lookback: ClassVar[timedelta] = timedelta(0)
    may_end: ClassVar[bool] = True
    row_wise: ClassVar[bool] = True
    sees_people: ClassVar[bool] = False
    effects: ClassVar[tuple[ClassEffect, ...]] = ()
    adds: ClassVar[Any] = NOTHING

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        return schema

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        assert context.subject not in data.column_names
        if self.does == "lose":
            return data.slice(1)
        return data.append_column("person", pa.array([0] * data.num_rows, pa.uint32()))


@pytest.mark.parametrize("does", ["lose", "forge"])
def test_a_step_that_loses_rows_or_forges_the_subject_is_stopped(does: str) -> None:
    """Otherwise what follows would be held to be about the wrong people."""
    with pytest.raises(ConflictError, match="careless"):
        Chain((Careless(does),)).run(pa.table({"a": [1, 2]}), people([1, 2]), CONTEXT)


def test_an_unknown_obligation_is_not_made() -> None:
    with pytest.raises(NotFoundError, match="no obligation `watermark`"):
        chain(("watermark", {}))


def test_pseudonyms_need_a_real_secret() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        standard_factories(b"short")


def test_a_chain_goes_row_by_row_when_every_step_does() -> None:
    assert chain(("mask", LEAST["mask"]), ("pseudonymise", {})).row_wise
    assert not chain(("mask", LEAST["mask"]), ("k-threshold", LEAST["k-threshold"])).row_wise
    assert chain().row_wise
