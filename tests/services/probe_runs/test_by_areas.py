"""A run that holds the roads of a few areas at a time makes the files of one that holds them all, byte by byte."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.engines.matching.test_sharded import town, wanderings
from umaya.services.probe_runs import Recipe, ThreadPool, run, shards, work
from umaya.services.probe_runs.shards import FolderShards, cells_of, write
from umaya.stores import mesh
from umaya.stores.probe_care import add
from umaya.stores.probe_lake import ProbeLake

with mock.patch("tests.worlds.ORIGIN", (136.7473, 36.2522)):
    WORLD = town()
"""A town about the place where four areas meet."""


@pytest.fixture
def lake(tmp_path: Path) -> ProbeLake:
    """A day of vehicles that wander across the corner of four areas."""
    pq.write_table(wanderings(6, 25, world=WORLD), tmp_path / "rides.parquet")
    made = ProbeLake(tmp_path / "lake")
    with made.held():
        add(made, tmp_path / "rides.parquet")
    return made


def test_a_run_by_areas_makes_the_same_bytes_and_never_reads_the_whole(
    lake: ProbeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = ProbeLake(tmp_path / "whole"), ProbeLake(tmp_path / "parts")
    reports = [run(lake, whole, WORLD.network, lake.days(), ThreadPool(2), Recipe())]

    def refused(_: str) -> None:
        raise AssertionError("the whole network was read")

    for name in ("network", "matcher", "areas"):
        monkeypatch.setattr(work, name, refused)
    reports.append(run(lake, parts, WORLD.network, lake.days(), ThreadPool(2), Recipe(), by_areas=True))
    assert reports[0] == reports[1]
    (day,) = lake.days()
    manifest = whole.manifest(day)
    assert manifest is not None
    assert manifest == parts.manifest(day)
    assert len(manifest["tables"]["passages"]["files"]) > 1  # edges of several areas were passed


def test_every_edge_lies_in_the_shard_of_its_cell_with_its_own_line(tmp_path: Path) -> None:
    write(WORLD.network, tmp_path / "areas")
    cut = FolderShards(tmp_path / "areas")
    cells = cut.cells()
    assert cells.tolist() == cells_of(WORLD.network).tolist()
    for cell in np.unique(cells).tolist():
        edges = np.flatnonzero(cells == cell)
        lines = cut.lines(mesh.code(cell), edges)
        assert lines.to_pylist() == WORLD.network.edges["geometry"].take(edges).to_pylist()


def test_where_no_road_is_there_is_no_shard(tmp_path: Path) -> None:
    write(WORLD.network, tmp_path / "areas")
    cut = FolderShards(tmp_path / "areas")
    assert cut.read("543600") is None
    with pytest.raises(KeyError):
        cut.lines("543600", np.array([0]))


def test_a_run_by_areas_goes_on_where_one_of_the_whole_began(lake: ProbeLake, tmp_path: Path) -> None:
    out = ProbeLake(tmp_path / "out")
    run(lake, out, WORLD.network, lake.days(), ThreadPool(1), Recipe())
    report = run(lake, out, WORLD.network, lake.days(), ThreadPool(1), Recipe(), resume=True, by_areas=True)
    assert (report.days, report.skipped) == ([], lake.days())
    assert (out.root / "areas" / "cells.npy").exists()


def test_areas_that_were_cut_in_another_way_are_cut_again(
    lake: ProbeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another reach, another mesh, another version, or one that said nothing; else they are left as they are."""
    out = ProbeLake(tmp_path / "out")

    def again() -> bool:
        before = areas.stat().st_ino if areas.exists() else None
        run(lake, out, WORLD.network, lake.days(), ThreadPool(1), Recipe(), resume=True, by_areas=True)
        return areas.stat().st_ino != before

    areas = out.root / "areas" / "cut.json"
    assert again()
    assert not again()
    told = json.loads(areas.read_bytes())
    for other in (
        {**told, "matching": {**told["matching"], "max_route_m": 1.0}},
        {**told, "mesh": [1, 1]},
        {**told, "format": 0},
        {},
    ):
        areas.write_text(json.dumps(other))
        assert again()
        assert json.loads(areas.read_bytes()) == told
    areas.unlink()
    assert again()
    monkeypatch.setattr(shards, "AREA_ROWS", 24)
    assert not shards.is_cut(out.root / "areas")
