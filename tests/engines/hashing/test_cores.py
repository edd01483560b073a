"""Work in parts: every row once, and no fault is lost."""

from __future__ import annotations

from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.engines.hashing import cores


@given(st.integers(0, 50), st.integers(1, 20), st.integers(1, 4))
def test_every_row_is_done_once(count: int, step: int, threads: int) -> None:
    done: list[int] = []
    mutex = Lock()

    def part(start: int, stop: int) -> None:
        assert start % step == 0
        with mutex:
            done.extend(range(start, stop))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cores, "cores", lambda: threads)
        cores.in_parts(part, count, step)
    assert sorted(done) == list(range(count))


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_part_raises_is_raised(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    def fail(start: int, stop: int) -> None:
        raise RuntimeError(f"{start} to {stop}")

    monkeypatch.setattr(cores, "cores", lambda: threads)
    with pytest.raises(RuntimeError, match="0 to 5"):
        cores.in_parts(fail, 10, 5)


def test_there_is_a_core() -> None:
    assert cores.cores() >= 1
