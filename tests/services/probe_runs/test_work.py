"""What one worker holds while it matches an area."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.matching.rides import positions, ride
from tests.worlds import draw
from umaya.engines.matching import Matched, Matcher, MatchParams
from umaya.services.probe_runs import work

DAY = "2026-11-09"
VEHICLES = 5


def test_what_was_found_of_one_chunk_is_written_and_let_go_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = draw("A-----B-----C", cell_m=20)
    ours = Matcher(world.network, MatchParams(threads=1))
    found: list[weakref.ref[pa.Table]] = []
    held: list[int] = []

    class Watched:
        def match(self, table: pa.Table) -> Matched:
            result = ours.match(table)
            found.extend(weakref.ref(each) for each in (result.matches, result.routes, result.traversals))
            return result

    def chunks(_: object) -> Iterator[pa.Table]:
        for number in range(VEHICLES):
            yield positions({f"v{number}": ride(world, "ABC")})
            gc.collect()
            held.append(sum(each() is not None for each in found))

    monkeypatch.setattr(work, "network", lambda _: world.network)
    monkeypatch.setattr(work, "matcher", lambda _: Watched())
    monkeypatch.setattr(work, "chunks", chunks)
    told = work.match_area(
        {"day": DAY, "area": "543626", "files": [], "roads": str(tmp_path / "roads"), "into": str(tmp_path)}
    )
    assert max(held) <= 3
    assert told["vehicles"] == [f"v{number}" for number in range(VEHICLES)]
    for table, rows in (("matches", told["points"]), ("routes", VEHICLES)):
        (file,) = (tmp_path / table / "543626").iterdir()
        assert (file.name, pq.read_metadata(file).num_rows) == (told[table]["name"], rows)
