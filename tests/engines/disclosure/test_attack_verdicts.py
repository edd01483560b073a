"""What the disclosure bench makes of the gains that it measured (bench/disclosure.py)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

FAR, NEAR, LOST = ((40.0, 35.0, 45.0, 50.0), (0.7, 0.0, 1.3, 50.0), (-5.0, -8.6, -1.7, 50.0))
"""Mean, low, high, the rival's."""
LIVE_AND_STATISTICS = ("live delivery", "live whose", "live member", "statistics delivery", "statistics colleague")


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "bench"))
    return importlib.import_module("disclosure")


def gains(**other: tuple[float, ...]) -> dict[str, dict[str, tuple[float, ...]]]:
    """The same gain in all attacks, but for those that are told."""
    return {
        name: dict.fromkeys(("yes_no", "named", "pairs"), other.get(name.replace(" ", "_"), other["rest"]))
        for name in LIVE_AND_STATISTICS
    }


def test_attacks_on_raw_rows_that_are_handed_the_answer_do_not_count_as_a_control(bench: Any) -> None:
    shipped = gains(rest=NEAR)
    assert bench.judged({"raw": gains(rest=FAR, live_whose=NEAR, live_member=NEAR), "default": shipped})["raw_fails"]
    assert not bench.judged({"raw": gains(rest=FAR, live_delivery=NEAR), "default": shipped})["raw_fails"]


def test_a_mean_that_passes_is_told_with_the_intervals_that_do_not(bench: Any) -> None:
    shipped = gains(rest=(0.1, -0.2, 0.4, 50.0), live_whose=NEAR, statistics_colleague=LOST)
    verdict = bench.judged({"raw": gains(rest=FAR), "default": shipped})
    assert verdict["passes"]
    assert verdict["worst_yes_no"] == 0.7
    assert verdict["above_one_within_interval"] == ["live whose"]
    assert verdict["below_rival"] == ["statistics colleague"]
