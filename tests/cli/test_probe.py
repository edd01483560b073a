"""`umaya probe match`: two files and a line of figures, or exit code 2 and no file."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from tests.cli.calls import umaya
from tests.engines.matching.rides import positions, ride
from tests.worlds import draw
from umaya.types.schemas import MATCHES, ROUTES

WORLD = draw(
    """
    A----B----C
         |
         D
    """,
    cell_m=20,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roads.osm").write_text(WORLD.xml)
    pq.write_table(positions({"v": ride(WORLD, "ABC"), "w": ride(WORLD, "DBA")}), tmp_path / "positions.parquet")
    return tmp_path


def test_positions_become_matches_and_routes(folder: Path) -> None:
    out, routes = folder / "matches.parquet", folder / "routes.parquet"
    inputs = ("--roads", folder / "roads.osm", "--positions", folder / "positions.parquet")
    done = umaya("probe", "match", *inputs, "--out", out, "--routes", routes, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["points"] == figures["matched"] == pq.read_metadata(folder / "positions.parquet").num_rows
    assert (figures["not_on_road"], figures["trips"]) == (0, 2)
    assert figures["km"] == pytest.approx(0.36, abs=0.03)
    assert pq.read_table(out).schema.equals(MATCHES)
    lines = pq.read_table(routes)
    assert lines.schema.equals(ROUTES)
    geo = json.loads(lines.schema.metadata[b"geo"])
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert [line.geom_type for line in shapely.from_wkb(lines["geometry"].to_pylist())] == ["LineString"] * 2


def test_times_may_be_epoch_seconds_in_a_csv(folder: Path) -> None:
    rows = [f"v,{1_775_433_600 + int(t)},{lon},{lat}" for t, lon, lat in ride(WORLD, "ABC")]
    (folder / "positions.csv").write_text("\n".join(["vehicle_id,t,lon,lat", *rows]))
    inputs = ("--roads", folder / "roads.osm", "--positions", folder / "positions.csv")
    done = umaya("probe", "match", *inputs, "--out", folder / "matches.parquet")
    assert done.returncode == 0, done.stderr
    assert f"{len(rows)} points, {len(rows)} matched, 0 not on a road, 1 trips, 0.2 km" in done.stdout


@pytest.mark.parametrize("fault", ["roads", "positions", "folder", "profile", "same file"])
def test_bad_input_exits_with_2_and_leaves_no_file(folder: Path, fault: str) -> None:
    options: dict[str, str | Path] = {
        "--roads": folder / "roads.osm",
        "--positions": folder / "positions.parquet",
        "--out": folder / "matches.parquet",
        "--routes": folder / "routes.parquet",
    }
    if fault == "roads":
        (folder / "roads.osm").write_text(WORLD.xml[:-30])
    elif fault == "positions":
        (folder / "positions.parquet").write_bytes(b"PAR1 and then nothing")
    elif fault == "folder":
        options["--out"] = folder / "missing" / "matches.parquet"
    elif fault == "profile":
        options["--profile"] = "horse"
    else:
        options["--routes"] = options["--out"]
    before = sorted(folder.iterdir())
    done = umaya("probe", "match", *(word for option in options.items() for word in option))
    assert done.returncode == 2, done.stdout
    assert done.stderr.strip().splitlines()[-1].startswith("umaya: ")
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before
