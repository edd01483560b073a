"""What a scheme owes must fit its fields, and bring every field down to what its basis lets leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import ACTORS, DOCUMENT, SECRET, Lists
from umaya.gate import Gate, standard_factories
from umaya.types.errors import InputError

STATISTICS = DOCUMENT.replace("basis: cross-sell-consent", "basis: statistics").replace(
    "topic: deposits-to-insurance\n", ""
)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """The gate of the lists, with the obligations that every hub has."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    lists = Lists(database, tmp_path / "vault")
    lists.furnish()
    factories = standard_factories(SECRET)
    yield Gate(database, lists.ledger, lists.directory, factories, lists.clock, people_secret=SECRET)
    database.close()


def submit(gate: Gate, document: str, *steps: str) -> None:
    owed = "".join(f"\n  - {step}" for step in steps) or " []"
    gate.schemes.submit(ACTORS["asker"], document.replace("obligations: []", f"obligations:{owed}"), "scheme.yaml")


@pytest.mark.parametrize(
    ("steps", "at", "problem"),
    [
        (["mask: {fields: [name]}"], "obligations[0].mask", "needs the field `name`"),
        (["round: {fields: [balance], digits: -3}", "mask: {fields: [balance]}"], "obligations[1].mask", "needs text"),
        (["drop: {fields: [town]}", "mask: {fields: [town]}"], "obligations[1].mask", "needs the field `town`"),
    ],
)
def test_an_obligation_that_does_not_fit_is_refused_before_any_use(
    gate: Gate, steps: list[str], at: str, problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        submit(gate, DOCUMENT, *steps)
    assert caught.value.place.field == at


@pytest.mark.parametrize(
    "steps",
    [
        ["generalise-numbers: {fields: [balance], width: 1000000}", "mask: {fields: [town]}"],
        ["k-threshold: {by: [town], min_people: 5}"],
        ["drop: {fields: [balance, matures]}", "mask: {fields: [town]}", "pseudonymise: {}"],
    ],
)
def test_what_is_still_told_of_somebody_is_no_statistics(gate: Gate, steps: list[str]) -> None:
    """Bands, large groups, and a pseudonym on rows that hold nothing else."""
    with pytest.raises(InputError, match="does not allow the class"):
        submit(gate, STATISTICS, *steps)


def test_counts_of_enough_people_are_statistics(gate: Gate) -> None:
    before = len(gate.schemes.list())
    submit(gate, STATISTICS, "aggregate: {by: [town, matures], sums: [balance], min_people: 5}")
    assert len(gate.schemes.list()) == before + 1
