"""Rows about people are read for the people whom the grant names, all of them and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.vault.deposits import COLUMNS, EVERYBODY, LAYOUT, NOW, PEOPLE, SEVEN, Deposits, deposits
from umaya.stores.lake import Placement
from umaya.types.errors import ConflictError, InputError
from umaya.types.schemas import TIME
from umaya.vault import GrantError, Layout, Predicate
from umaya.vault.reading import Reading

STEPS: list[tuple[str, dict[str, Any]]] = [
    ("mask", {"fields": ["town"]}),
    ("round", {"fields": ["balance"], "digits": -2}),
    ("generalise-numbers", {"fields": ["balance"], "width": 10}),
    ("generalise-dates", {"fields": ["matures"], "to": "year"}),
    ("pseudonymise", {}),
    ("k-threshold", {"by": ["town"], "min_people": 3}),
    ("delete-by", {"days": 30}),
]


@pytest.fixture
def world(tmp_path: Path) -> Deposits:
    return Deposits(tmp_path / "vault")


def balances(table: pa.Table) -> list[int | None]:
    return list(table.column("balance").to_pylist())


def test_only_the_rows_of_permitted_people_leave(world: Deposits) -> None:
    opened = world.vault.open(world.grant(BitMap([1, 3, 99])))
    assert balances(opened.table()) == [100, 200, 400]
    assert (opened.scanned, opened.kept, opened.rows, opened.exhausted) == (7, 3, 3, True)
    assert opened.delivered == BitMap([1, 3])
    assert opened.schema.names == list(COLUMNS)


def test_nobody_permitted_is_nothing_read_out(world: Deposits) -> None:
    opened = world.vault.open(world.grant(BitMap()))
    assert opened.table().num_rows == 0
    assert opened.delivered == BitMap()
    assert opened.exhausted


def test_conditions_narrow_the_rows_within_the_permitted_people(world: Deposits) -> None:
    rich = Predicate("balance", "ge", 200)
    soon = Predicate("matures", "between", ("2026-07-01", "2026-07-31"))
    assert balances(world.read(BitMap([1, 2, 5]), matching=(rich,))) == [200, 300, 500, 600]
    assert balances(world.read(BitMap([1, 2, 5]), matching=(rich, soon))) == [300, 500]


def test_what_is_searched_need_not_leave(world: Deposits) -> None:
    grant = world.grant(columns=("town",), matching=(Predicate("balance", "eq", 500),))
    assert world.vault.open(grant).table().to_pydict() == {"town": ["さくら"]}


def test_a_condition_that_does_not_fit_reads_nothing(world: Deposits) -> None:
    with pytest.raises(InputError, match="no such field"):
        world.vault.open(world.grant(matching=(Predicate("salary", "gt", 1),)))


def test_a_view_that_bypasses_row_rules_is_refused(world: Deposits) -> None:
    """The incident: a second way to the same rows that forgets whom they are about."""
    blind = replace(LAYOUT, subject=None)
    for others in (
        {"people": None},  # says that there is a subject, names nobody
        {"people": None, "layout": blind},  # denies the subject
        {"people": EVERYBODY, "layout": blind},
        {"columns": ("person", "balance")},  # reads it as a column
        {"matching": (Predicate("person", "eq", 1),)},  # or searches by it
    ):
        with pytest.raises(GrantError):
            world.vault.open(world.grant(**{"people": EVERYBODY, **others}))  # type: ignore[arg-type] # as named


def test_a_grant_whose_people_or_conditions_were_changed_opens_nothing(world: Deposits) -> None:
    people = BitMap([1])
    grant = world.grant(people, matching=(Predicate("balance", "lt", 150),))
    assert grant.people is not None
    people.add(2)  # the mint took its own copy
    for changed in (
        replace(grant, people=BitMap([1, 2])),
        replace(grant, people=None),
        replace(grant, matching=()),
        replace(grant, matching=(Predicate("balance", "lt", 250),)),
    ):
        with pytest.raises(GrantError, match="seal"):
            world.vault.open(changed)
    grant.people.add(3)
    with pytest.raises(GrantError, match="seal"):
        world.vault.open(grant)
    grant.people.remove(3)
    assert balances(world.vault.open(grant).table()) == [100]


def test_people_changed_after_opening_change_nothing(world: Deposits) -> None:
    grant = world.grant(BitMap([1]))
    opened = world.vault.open(grant)
    assert grant.people is not None
    grant.people.update([2, 3, 4, 5])
    assert balances(opened.table()) == [100, 200]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    chain=st.lists(st.sampled_from(STEPS), max_size=4, unique_by=lambda step: step[0]),
    people=st.sets(st.integers(1, 5)),
)
def test_the_subject_never_leaves_whatever_the_chain(
    world: Deposits, chain: list[tuple[str, dict[str, Any]]], people: set[int]
) -> None:
    opened = world.vault.open(world.grant(BitMap(people), *chain))
    table = opened.table()
    assert "person" not in table.column_names
    assert pa.uint32() not in table.schema.types
    assert opened.delivered is not None
    assert opened.delivered <= BitMap(people)
    assert table.num_rows == sum(person in opened.delivered for person in PEOPLE)


def test_after_counting_the_delivered_are_those_who_were_counted(world: Deposits) -> None:
    opened = world.vault.open(
        world.grant(BitMap([1, 2, 3, 5]), ("aggregate", {"by": ["town"], "sums": ["balance"], "min_people": 3}))
    )
    assert opened.table().to_pylist() == [{"town": "みなせ", "people": 3, "rows": 4, "balance_sum": 1000}]
    assert opened.delivered == BitMap([1, 2, 3, 5])
    assert (opened.scanned, opened.kept, opened.rows) == (7, 6, 1)


def test_a_consumer_who_stops_early_is_seen(tmp_path: Path) -> None:
    world = Deposits(tmp_path / "vault", deposits([1, 2], [1, 2]), deposits([3, 4], [3, 4]))
    with world.vault.open(world.grant()) as opened:
        first = next(iter(opened.batches()))
        assert first.num_rows == 2
    assert not opened.exhausted
    assert (opened.rows, opened.delivered) == (2, BitMap([1, 2]))
    with pytest.raises(ConflictError, match="read before"):
        opened.table()


def test_an_error_in_the_middle_is_raised_and_seen(world: Deposits, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second part cannot be read; what went before is counted, and nobody may take it for all."""
    world.write(deposits([4], [7]), "w1")
    parts = Reading._parts

    def breaking(self: Reading) -> Iterator[Any]:
        for at, part in enumerate(parts(self)):
            if at:
                raise OSError("the disk is gone")
            yield part

    monkeypatch.setattr(Reading, "_parts", breaking)
    opened = world.vault.open(world.grant())
    with pytest.raises(OSError, match="gone"):
        opened.table()
    assert not opened.exhausted
    assert opened.rows == 7


def test_a_file_that_was_spoilt_is_an_error_and_not_a_shorter_list(world: Deposits) -> None:
    world.write(deposits([4], [7]), "w1")
    file = next(world.directory.rglob("w1.parquet"))
    file.write_bytes(file.read_bytes()[:-20])
    opened = world.vault.open(world.grant())
    with pytest.raises((OSError, pa.ArrowInvalid)):
        opened.table()
    assert not opened.exhausted


def test_a_list_is_not_cut_at_any_default_limit(tmp_path: Path) -> None:
    """The incident: a list that ended at a round number. Past each round size of batches, row groups and bitmaps."""
    count = 2**18 + 3
    numbers = np.arange(count, dtype=np.uint32)
    many = pa.table({"person": numbers, "balance": numbers.astype(np.int64)}).cast(
        pa.schema([SEVEN.schema.field("person"), SEVEN.schema.field("balance")])
    )
    world = Deposits(tmp_path / "vault")
    layout = Layout(many.schema, LAYOUT.placement, (), "person")
    with world.vault.stage("many", layout, many, "w") as pending:
        pending.commit()
    everybody = world.vault.people("many")
    assert len(everybody) == count
    bands = ("generalise-numbers", {"fields": ["balance"], "width": 10**6})
    threshold = ("k-threshold", {"by": ["balance"], "min_people": 3})
    for chain in ((), (bands,), (bands, threshold)):
        grant = world.grant(everybody, *chain, dataset="many", layout=layout, columns=("balance",))
        opened = world.vault.open(grant)
        assert sum(batch.num_rows for batch in opened.batches()) == count
        assert (opened.scanned, opened.kept, opened.rows) == (count, count, count)
        assert opened.delivered == everybody


@settings(max_examples=20, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(-9, 9)), max_size=60),
    people=st.sets(st.integers(0, 45)),
    least=st.integers(-9, 9),
)
def test_reading_is_a_filter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int | None]], people: set[int], least: int
) -> None:
    world = Deposits(tmp_path_factory.mktemp("vault"), deposits([p for p, _ in rows], [b for _, b in rows]))
    opened = world.vault.open(world.grant(BitMap(people), matching=(Predicate("balance", "ge", least),)))
    expected = [(p, b) for p, b in rows if p in people and b is not None and b >= least]
    assert balances(opened.table()) == [balance for _, balance in expected]
    assert opened.delivered == BitMap({person for person, _ in expected})


HOUR = timedelta(hours=1)
TIMED = pa.schema([pa.field("person", pa.uint32(), nullable=False), ("t", TIME), ("n", pa.int64())])
VISITS = pa.table([[1, 2, 3, 4], [NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR, NOW], [1, 2, 3, 4]], schema=TIMED)
TIMES: dict[str, Any] = {
    "dataset": "visits",
    "layout": Layout(TIMED, Placement("t"), (), "person"),
    "columns": ("t", "n"),
    "window": (NOW - 2 * HOUR, NOW),
}


@pytest.mark.parametrize("lookback", [0, 1])
def test_a_window_is_cut_by_the_time_that_rows_had(world: Deposits, lookback: int) -> None:
    """A time that became its month would lie before every window; no row may be lost or gained by that."""
    with world.vault.stage("visits", TIMES["layout"], VISITS, "w") as pending:
        pending.commit()
    span = (NOW - (2 + lookback) * HOUR, NOW)
    month = ("generalise-dates", {"fields": ["t"], "to": "month"})
    for chain in ((), (month,), (("drop", {"fields": ["t"]}),)):
        opened = world.vault.open(world.grant(EVERYBODY, *chain, **TIMES, span=span))
        assert opened.table().column("n").to_pylist() == [2, 3]
        assert opened.delivered == BitMap([2, 3])


def test_rows_from_before_the_window_that_cannot_be_told_apart_do_not_leave(world: Deposits) -> None:
    with world.vault.stage("visits", TIMES["layout"], VISITS, "w") as pending:
        pending.commit()
    month = ("generalise-dates", {"fields": ["t"], "to": "month"})
    threshold = ("k-threshold", {"by": ["t"], "min_people": 3})
    with pytest.raises(ConflictError, match="changes the time"):
        world.vault.open(world.grant(EVERYBODY, month, threshold, **TIMES, span=(NOW - 3 * HOUR, NOW)))
