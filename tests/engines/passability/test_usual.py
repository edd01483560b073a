"""The usual pattern: share of days and passes per day for each segment and hour in Japan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import draw
from umaya.engines.passability import USUAL, usual_pattern
from umaya.types.schemas import PASSAGES

WORLD = draw("A---B---C")

NINE = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)
"""09:00 in Japan."""


def folded(stretch: str, passes: int, days: int | None, minute: int = 0, **changes: Any) -> dict[str, object]:
    edge = WORLD.edge(stretch[0], stretch[1])
    return {
        "edge_id": edge,
        "way_id": 1,
        "forward": True,
        "window_start": NINE + timedelta(minutes=minute),
        "window_s": 3600,
        "passes": passes,
        "vehicles": min(passes, 1),
        "last_passed": None,
        "turn_backs": None,
        "days": days,
    } | changes


def learn(*rows: dict[str, object], days: int = 10) -> list[tuple[int, int, float, float, int, int]]:
    table = usual_pattern(pa.Table.from_pylist(list(rows), schema=PASSAGES), WORLD.network, days)
    assert table.schema.equals(USUAL)
    return [tuple(row.values()) for row in table.to_pylist()]


def test_share_of_days_and_passes_per_day_by_the_hour_in_japan() -> None:
    ab = WORLD.segment("AB")
    assert learn(folded("AB", 12, 8)) == [(ab, 9, 0.8, 1.2, 0, 10)]


def test_hours_wrap_at_midnight_in_japan() -> None:
    assert [row[1] for row in learn(folded("AB", 1, 1, -9 * 60), folded("AB", 1, 1, -9 * 60 - 1))] == [0, 23]


def test_both_directions_are_one_road() -> None:
    """The surer direction gives the share: the days of both may be the same days."""
    assert learn(folded("AB", 5, 5), folded("BA", 7, 6)) == [(WORLD.segment("AB"), 9, 0.6, 1.2, 0, 10)]


def test_windows_within_an_hour_are_joined() -> None:
    rows = [folded("AB", 5, 5, minute, window_s=600) for minute in (0, 50)]
    assert learn(*rows) == [(WORLD.segment("AB"), 9, 0.5, 1.0, 0, 10)]


def test_habitual_turn_backs_are_kept() -> None:
    assert learn(folded("BC", 0, None, turn_backs=2)) == [(WORLD.segment("BC"), 9, 0.0, 0.0, 2, 10)]


def test_no_passages_give_an_empty_pattern() -> None:
    assert learn() == []


@pytest.mark.parametrize(
    ("row", "days", "problem"),
    [
        (folded("AB", 1, None), 10, "folded"),  # counts of one window
        (folded("AB", 11, 11), 10, "folded"),  # more days than there were
        (folded("AB", 1, 1, window_s=7200), 10, "fraction"),
        (folded("AB", 1, 1), 0, "days"),
    ],
)
def test_bad_input_is_refused(row: dict[str, object], days: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        learn(row, days=days)


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        usual_pattern(USUAL.empty_table(), WORLD.network, 1)
