"""The usual pattern: share of days and passes per day for each directed edge, weekday and hour in Japan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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


def learn(
    *rows: dict[str, object], days: int = 10, first_day: date | None = None
) -> list[tuple[int, int | None, int, float, float, int, int]]:
    table = usual_pattern(pa.Table.from_pylist(list(rows), schema=PASSAGES), WORLD.network, days, first_day)
    assert table.schema.equals(USUAL)
    return [tuple(row.values()) for row in table.to_pylist()]


def test_share_of_days_and_passes_per_day_by_the_hour_in_japan() -> None:
    assert learn(folded("AB", 12, 8)) == [(WORLD.edge("A", "B"), None, 9, 0.8, 1.2, 0, 10)]


def test_hours_wrap_at_midnight_in_japan() -> None:
    assert [row[2] for row in learn(folded("AB", 1, 1, -9 * 60), folded("AB", 1, 1, -9 * 60 - 1))] == [0, 23]


def test_each_direction_stands_for_itself() -> None:
    assert [row[:5] for row in learn(folded("AB", 5, 5), folded("BA", 7, 6))] == [
        (WORLD.edge("A", "B"), None, 9, 0.5, 0.5),
        (WORLD.edge("B", "A"), None, 9, 0.6, 0.7),
    ]


def test_windows_within_an_hour_are_joined() -> None:
    rows = [folded("AB", 5, 5, minute, window_s=600) for minute in (0, 50)]
    assert learn(*rows) == [(WORLD.edge("A", "B"), None, 9, 0.5, 1.0, 0, 10)]


def test_weekdays_are_told_apart_each_with_its_own_number_of_days() -> None:
    """Ten days from Monday 6 April 2026 on hold two Mondays and one Friday."""
    friday = 4 * 24 * 60
    rows = learn(folded("AB", 2, 2), folded("AB", 1, 1, friday), first_day=date(2026, 4, 6))
    assert [row[1:4] + row[6:] for row in rows] == [(0, 9, 1.0, 2), (4, 9, 1.0, 1)]


def test_habitual_turn_backs_are_kept() -> None:
    assert learn(folded("BC", 0, None, turn_backs=2)) == [(WORLD.edge("B", "C"), None, 9, 0.0, 0.0, 2, 10)]


def test_no_passages_give_an_empty_pattern() -> None:
    assert learn() == []


@pytest.mark.parametrize(
    ("row", "days", "problem"),
    [
        (folded("AB", 1, None), 10, "folded"),  # counts of one window
        (folded("AB", 11, 11), 10, "folded"),  # more days than there were
        (folded("AB", 1, 1, window_s=7200), 10, "fraction"),
        (folded("AB", 1, 1), 0, "days"),
        (folded("AB", 1, 1, edge_id=99), 10, "edge"),
    ],
)
def test_bad_input_is_refused(row: dict[str, object], days: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        learn(row, days=days)


def test_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema"):
        usual_pattern(USUAL.empty_table(), WORLD.network, 1)


def test_more_mondays_with_a_pass_than_there_were_are_refused() -> None:
    with pytest.raises(ValueError, match="folded"):
        learn(folded("AB", 3, 3), first_day=date(2026, 4, 6))
