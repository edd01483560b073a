"""`umaya places buildings`: tables and maps in a folder, or exit code 2 and nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import shapely

from tests.cli.calls import umaya
from tests.engines.buildings.blocks import Box, at, drawn, numbered, outline
from tests.worlds import draw
from umaya.places.roads.store import save

HOUSES: dict[str, Box] = {"a": (0, 0, 8, 10), "between": (9, 0, 15, 10), "b": (24, 0, 32, 10)}
POINTS = numbered({"1-1": (4, 1), "1-2": (28, 1), "1-9": (400, 400)})


def footprints(path: Path, houses: dict[str, Box]) -> Path:
    told = drawn(houses).to_pylist()
    features = [
        {"type": "Feature", "geometry": json.loads(shapely.to_geojson(outline(houses[row["footprint"]])))}
        | {"properties": {"building_id": row["footprint"], "height_m": row["height_m"]}}
        for row in told
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def town(folder: Path) -> tuple[Path, Path]:
    pq.write_table(POINTS, folder / "points.parquet")
    return footprints(folder / "houses.geojson", HOUSES), folder / "points.parquet"


def letterboxes(folder: Path) -> Path:
    lon, lat = at(12, 5)
    rows = ["letterbox_id,lg_code,machiaza_id,blk_id,rsdt_id,building,room,lon,lat,occupant"]
    rows += [
        "x,131059,0001001,1,2,,101,,,山田",
        "y,131059,0001001,1,1,,,,,佐藤",
        f"z,131059,0001001,1,1,,,{lon},{lat},鈴木",
    ]
    (folder / "boxes.csv").write_text("\n".join(rows), "utf-8")
    return folder / "boxes.csv"


def test_a_folder_of_tables_and_maps(tmp_path: Path) -> None:
    houses, points = town(tmp_path)
    boxes, out = letterboxes(tmp_path), tmp_path / "out"
    done = umaya(
        "places", "buildings", "--footprints", houses, "--points", points, "--letterboxes", boxes, "--out", out
    )
    assert done.returncode == 0, done.stderr
    assert "addresses: 2 (2 inside); doubtful: 1 (1 no-building-near)" in done.stdout
    assert "letterboxes: 2 (1 coordinates, 1 only-building); doubtful: 1 (1 several-buildings)" in done.stdout
    table = pq.read_table(out / "buildings.parquet")
    told = {row["footprint"]: (row["addresses"], row["letterboxes"], row["rooms"]) for row in table.to_pylist()}
    assert told == {"a": (1, 0, 0), "between": (0, 1, 0), "b": (1, 1, 1)}
    assert json.loads(table.schema.metadata[b"geo"])["primary_column"] == "geometry"
    buildings, doubtful = (
        json.loads((out / f"{name}.geojson").read_text("utf-8")) for name in ("buildings", "doubtful")
    )
    assert [each["properties"]["footprint"] for each in buildings["features"]] == ["a", "between", "b"]
    assert [each["geometry"] and each["geometry"]["type"] for each in doubtful["features"]] == ["Point", None]
    assert not any("佐藤".encode() in each.read_bytes() for each in out.iterdir()), "occupants never leave"


def test_ids_last_through_a_new_release(tmp_path: Path) -> None:
    houses, points = town(tmp_path)
    call = ("places", "buildings", "--points", points, "--ids", tmp_path / "ids.db", "--out", tmp_path / "out")
    first = umaya(*call, "--footprints", houses, "--release", "2020", "--on", "2021-03-31")
    assert "ids: 3 born" in first.stdout, first.stderr
    before = {
        row["footprint"]: row["building_id"] for row in pq.read_table(tmp_path / "out/buildings.parquet").to_pylist()
    }
    later = footprints(tmp_path / "later.geojson", {"A": (0.3, 0, 8.3, 10), "B": (24, 0, 32, 10)})
    again = ("--footprints", later, "--before", houses, "--release", "2023", "--on", "2024-03-31")
    second = umaya(*call, *again)
    assert "ids: 1 demolished, 2 kept" in second.stdout, second.stderr
    after = {
        row["footprint"]: row["building_id"] for row in pq.read_table(tmp_path / "out/buildings.parquet").to_pylist()
    }
    assert after == {"A": before["a"], "B": before["b"]}
    third = umaya(*call, *again)
    assert "ids: the release was taken in before" in third.stdout, "run again, after a full disk perhaps"
    assert pq.read_table(tmp_path / "out/buildings.parquet")["building_id"].to_pylist() == list(after.values())
    other = umaya(*call, "--footprints", houses, "--before", later, "--release", "2023", "--on", "2024-03-31")
    assert other.returncode == 2
    assert "taken in already" in other.stderr


def test_homes_of_roads_far_away_are_none(tmp_path: Path) -> None:
    houses, points = town(tmp_path)
    save(draw("A----B").network, tmp_path / "roads")
    call = ("places", "buildings", "--footprints", houses, "--points", points, "--letterboxes", letterboxes(tmp_path))
    done = umaya(*call, "--roads", tmp_path / "roads", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert pq.read_table(tmp_path / "out/homes.parquet").num_rows == 0


def test_bad_input_exits_with_2_and_leaves_nothing(tmp_path: Path) -> None:
    houses, points = town(tmp_path)
    (tmp_path / "broken.geojson").write_text("{", "utf-8")
    out = ("--out", tmp_path / "out")
    for arguments in (
        ("--footprints", tmp_path / "broken.geojson", "--points", points, *out),
        ("--footprints", houses, "--points", tmp_path / "none.csv", *out),
        ("--footprints", houses, "--points", points, "--ids", tmp_path / "ids.db", *out),
        ("--footprints", houses, "--points", points, "--out", houses),
    ):
        done = umaya("places", "buildings", *arguments)
        assert done.returncode == 2
        assert done.stderr.strip().startswith("umaya: ")
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ids.db").exists()
