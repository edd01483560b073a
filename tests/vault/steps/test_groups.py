"""Counting and thresholds: against a plain count, and nobody's group is ever too small."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vault.steps.cases import run
from umaya.types.errors import ConflictError

Row = tuple[int, str | None, int | None, int | None]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.none() | st.sampled_from("アイウ"),
        st.none() | st.integers(0, 2),
        st.none() | st.integers(-5, 5),
    ),
    max_size=40,
)


def table(rows: list[Row]) -> pa.Table:
    return pa.table(
        {
            "town": pa.array([row[1] for row in rows], pa.string()),
            "band": pa.array([row[2] for row in rows], pa.int32()),
            "balance": pa.array([row[3] for row in rows], pa.int64()),
        }
    )


def grouped(rows: list[Row]) -> dict[tuple[str | None, int | None], list[Row]]:
    groups: dict[tuple[str | None, int | None], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[1:3]].append(row)
    return groups


@settings(deadline=None)
@given(ROWS, st.integers(3, 6))
def test_only_large_groups_are_counted_and_the_others_numbered(rows: list[Row], least: int) -> None:
    step = ("aggregate", {"by": ["town", "band"], "sums": ["balance"], "min_people": least})
    left = run(table(rows), step, of=[row[0] for row in rows]).data
    expected: dict[tuple[str | None, int | None], Any] = {}
    groups = grouped(rows)
    for key, members in groups.items():
        if len({row[0] for row in members}) >= least:
            known = [row for row in members if row[3] is not None]
            enough = len({row[0] for row in known}) >= least
            total = sum(row[3] or 0 for row in known) if enough else None
            expected[key] = (len({row[0] for row in members}), len(members), total)
    found = {(row["town"], row["band"]): (row["people"], row["rows"], row["balance_sum"]) for row in left.to_pylist()}
    assert found == expected
    assert left.num_rows == len(expected)
    assert left.schema.metadata == {b"umaya:suppressed-groups": str(len(groups) - len(expected)).encode()}
    assert all(row["people"] >= least for row in left.to_pylist())


def test_one_persons_sum_is_not_told_by_a_group_of_others_without_one() -> None:
    """Five people in the group, one of them with a balance: the sum would be theirs."""
    rows: list[Row] = [(1, "ア", 0, 1_000_000), *((person, "ア", 0, None) for person in (2, 3, 4, 5))]
    step = ("aggregate", {"by": ["town"], "sums": ["balance"], "min_people": 3})
    assert run(table(rows), step, of=[row[0] for row in rows]).data.to_pylist() == [
        {"town": "ア", "people": 5, "rows": 5, "balance_sum": None}
    ]


def test_many_rows_of_one_person_are_one_person() -> None:
    rows: list[Row] = [(7, "ア", 0, 1)] * 50
    step = ("aggregate", {"by": ["town"], "min_people": 3})
    left = run(table(rows), step, of=[7] * 50).data
    assert left.num_rows == 0
    assert run(table(rows), ("k-threshold", {"by": ["town"], "min_people": 3}), of=[7] * 50).data.num_rows == 0


@settings(deadline=None)
@given(ROWS, st.integers(3, 6))
def test_a_threshold_leaves_the_rows_of_large_groups_in_their_order(rows: list[Row], least: int) -> None:
    left = run(table(rows), ("k-threshold", {"by": ["town", "band"], "min_people": least}), of=[r[0] for r in rows])
    large = {key for key, members in grouped(rows).items() if len({row[0] for row in members}) >= least}
    kept = [row for row in rows if row[1:3] in large]
    assert left.data.to_pylist() == table(kept).to_pylist()
    assert left.people is not None
    assert left.people.to_pylist() == [row[0] for row in kept]


def test_groups_are_made_of_many_values_too() -> None:
    """More pairs of values than a table of them all would hold."""
    numbers = list(range(5000))
    data = pa.table({"a": numbers, "b": numbers[::-1], "c": [n % 7 for n in numbers]})
    step = ("k-threshold", {"by": ["a", "b"], "min_people": 3})
    assert run(data, step).data.num_rows == 0
    assert run(data, ("k-threshold", {"by": ["c"], "min_people": 3})).data.num_rows == 5000


def test_a_group_by_what_was_not_asked_for_is_an_error_and_not_one_group() -> None:
    with pytest.raises(ConflictError, match="`town` that rows are grouped by was not asked for"):
        run(pa.table({"balance": [1]}), ("k-threshold", {"by": ["town"], "min_people": 3}))
