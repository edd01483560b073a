"""The reference of obligations names every one that a hub can meet, with parameters, defaults and what it does."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import pytest

from umaya.gate import Obligation, Obligations, Owed, standard_factories
from umaya.places import obligations
from umaya.places.buildings import obligation as of_buildings
from umaya.vault.steps import PARAMETERS

from .pages import REFERENCE, names, rows, section

PAGE = REFERENCE / "obligations.md"
FACTORIES = {
    **standard_factories(bytes(32)),
    **obligations.factories(None),  # type: ignore[arg-type] # no data comes
    **of_buildings.factories(),
}
LEAST: Mapping[str, dict[str, Any]] = {
    "aggregate": {"by": ["a"], "min_people": 3},
    "count-in-cells": {"lon": "a", "lat": "b", "min_people": 3},
    "delete-by": {"days": 1},
    "drop": {"fields": ["a"]},
    "generalise-dates": {"fields": ["a"], "to": "month"},
    "generalise-numbers": {"fields": ["a"], "width": 10},
    "generalise-places": {"lon": "a", "lat": "b"},
    "homes-per-segment": {},
    "k-threshold": {"by": ["a"], "min_people": 3},
    "letterboxes-to-buildings": {},
    "link-counts": {"min_vehicles": 3, "min_turn_backs": 2},
    "move-to-road": {},
    "pseudonymise": {},
    "round": {"fields": ["a"], "digits": 0},
    "suppress-dead-ends": {"max_homes": 3},
    "tell-swept": {"percent": 80, "max_homes": 3},
    "trim-tours": {"metres": 200},
}
"""Parameters with which each can be made; those not listed take fields alone."""


def made(name: str) -> Obligation:
    return Obligations(FACTORIES).make(Owed.of(name, LEAST.get(name, {"fields": ["a"]})))


def test_every_obligation_is_listed_once() -> None:
    assert names(section(PAGE, "Obligations")) == sorted(FACTORIES)
    assert sorted(re.findall(r"^### `([a-z-]+)`$", PAGE.read_text("utf-8"), re.MULTILINE)) == sorted(FACTORIES)


@pytest.mark.parametrize("row", rows(section(PAGE, "Obligations")), ids=lambda row: row[0])
def test_what_the_list_says_of_an_obligation_is_so(row: list[str]) -> None:
    step = made(row[0])
    said = ["yes" if so else "no" for so in (step.row_wise, step.sees_people, bool(step.effects))]
    assert row[1:] == said


@pytest.mark.parametrize("name", sorted(FACTORIES))
def test_every_parameter_with_its_default(name: str) -> None:
    text = section(PAGE, f"`{name}`")
    documented = {row[0]: row[1] for row in rows(text)} if "\n|" in text else {}
    assert documented == dict(_parameters())[name]


def _parameters() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each obligation's name and the default of each of its parameters."""
    for name, model in PARAMETERS.items():
        yield name, {field: _default(info) for field, info in model.model_fields.items()}
    for kind in (*vars(obligations).values(), *vars(of_buildings).values()):
        own = getattr(kind, "name", None)
        if dataclasses.is_dataclass(kind) and isinstance(own, str):
            parameters = get_type_hints(kind).get("parameters")
            fields = parameters.model_fields if parameters else {}
            yield own, {field: _default(info) for field, info in fields.items()}


def _default(info: Any) -> str:
    if info.is_required():
        return "must be given"
    plain = info.default is None or isinstance(info.default, bool)
    return str(info.default).lower() if plain else str(info.default)
