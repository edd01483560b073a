"""A calibration can be made again: where a fit begins stands in the code, and it tells its whole command."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "bench"))
    return importlib.import_module("passability")


@pytest.mark.parametrize("kind", ["plain", "swept"])
def test_a_fit_begins_at_the_same_place_whatever_was_shipped(
    bench: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def search(_: object, start: Any, **__: object) -> None:
        begun.append(np.exp(start))
        raise InterruptedError

    monkeypatch.setattr(bench, "minimize", search)
    with pytest.raises(InterruptedError):
        bench.fit(kind, range(0))
    assert begun[0] == pytest.approx([getattr(bench.START, name) for name in bench.FITTED])


def test_a_fit_says_on_how_many_earthquakes_and_for_how_long_it_searched(bench: Any) -> None:
    said = bench.how_made("swept", range(1000, 1016))
    assert said.startswith("python bench/passability.py --fit --training 16 --release swept")
    assert "160 evaluations" in said
