"""`umaya roads export`, `offline` and `references`: files as told by their names, or exit code 2 and nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pmtiles.reader import MemorySource, Reader
from typer.testing import CliRunner

from tests.services.roads.conftest import QUAKE, STEP, Town
from tests.worlds import draw
from umaya.cli import roads
from umaya.hub import Hub
from umaya.sample.setup import PEOPLE
from umaya.types.errors import ConflictError, ForbiddenError, InputError
from umaya.web.assets import Assets

OFFICER = ["--hub", "hub", "--as", "minase-officer"]


@pytest.fixture
def town(town: Town, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The town after its earthquake and one ride, opened by the commands as it is."""
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PEOPLE["city-map"])

    @contextmanager
    def opened(directory: Path) -> Iterator[Hub]:
        del directory
        yield town.hub

    monkeypatch.setattr(roads, "opened_hub", opened)
    OFFICER[3] = PEOPLE["city-officer"].id
    return town


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(roads.app, [str(a) for a in arguments])
    if done.exception is not None:
        raise done.exception
    return done.output


@pytest.mark.parametrize("ending", ["geojson", "parquet", "kml", "csv", "pmtiles"])
def test_the_ending_chooses_the_format(town: Town, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"roads.{ending}"
    assert "the roads as of" in run("export", file, *OFFICER)
    starts = {"geojson": b'{"type"', "parquet": b"PAR1", "kml": b"<?xml", "csv": b"\xef\xbb\xbf", "pmtiles": b"PMTiles"}
    assert file.read_bytes().startswith(starts[ending])


def test_an_unknown_ending_or_a_stranger_leaves_no_file(town: Town, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="format"):
        run("export", tmp_path / "roads.shp", *OFFICER)
    stranger = next(p for p in PEOPLE.values() if "officer" not in p.roles).id
    with pytest.raises(ForbiddenError):
        run("export", tmp_path / "roads.kml", "--hub", "hub", "--as", stranger)
    assert list(tmp_path.glob("roads.*")) == []


@pytest.mark.skipif(not Assets().built, reason="the front end is not built: run `make frontend`")
def test_the_folder_to_take_along_is_whole_and_never_replaced(town: Town, tmp_path: Path) -> None:
    folder = tmp_path / "stick" / "map"
    assert "open map.html" in run("offline", folder, *OFFICER)
    names = {"map.html", "road-map.pmtiles", "road-map.csv", "road-map.kml", "HOW-TO-OPEN.txt"}
    assert {path.name for path in folder.iterdir()} == names
    assert (
        Reader(MemorySource((folder / "road-map.pmtiles").read_bytes())).metadata()["umaya"]["event"]["id"] == "quake"
    )
    with pytest.raises(ConflictError, match="already"):
        run("offline", folder, *OFFICER)


def test_references_of_two_maps(tmp_path: Path) -> None:
    """From extracts or folders, as Parquet or CSV; the same figures."""
    for name, world in (("old", "A----B----C"), ("new", "A----B----C\n     |\n     D")):
        (tmp_path / f"{name}.osm").write_text(draw(world).xml)
    run("import", tmp_path / "old.osm", "--out", tmp_path / "old")
    told = run("references", tmp_path / "old", tmp_path / "new.osm", "--out", tmp_path / "changes.parquet")
    assert told == "2 same, 0 moved, 0 split, 0 merged, 0 recut, 0 gone\n"
    run("references", tmp_path / "old.osm", tmp_path / "new.osm", "--out", tmp_path / "changes.csv")
    parquet, csv = pq.read_table(tmp_path / "changes.parquet"), pyarrow.csv.read_csv(tmp_path / "changes.csv")
    assert csv["new_reference"].to_pylist() == parquet["new_reference"].to_pylist()
    with pytest.raises(InputError, match="format"):
        run("references", tmp_path / "old", tmp_path / "old", "--out", tmp_path / "changes.txt")
