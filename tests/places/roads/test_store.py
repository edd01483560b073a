"""A network at rest: what is saved is loaded, whole or not at all, as files that any GIS opens."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.worlds import World, draw
from umaya.places.roads import load, save, store
from umaya.types.errors import ConflictError, InputError, IntegrityError


@pytest.fixture(scope="module")
def town() -> World:
    """Two roads and a driveway."""
    return draw(
        """
        A----B-->-C
             :
             h
        """
    )


def test_what_is_saved_is_loaded(tmp_path: Path, town: World) -> None:
    save(town.network, tmp_path / "deep" / "roads")
    network = load(tmp_path / "deep" / "roads")
    for name in ("edges", "nodes", "accesses"):
        assert getattr(network, name).equals(getattr(town.network, name))
    assert [entry.name for entry in (tmp_path / "deep").iterdir()] == ["roads"]


def test_edges_are_geoparquet(tmp_path: Path, town: World) -> None:
    """Version, primary column, encoding and bounds; no crs means WGS 84, longitude first."""
    save(town.network, tmp_path / "roads")
    geo = json.loads(pq.read_schema(tmp_path / "roads" / "edges.parquet").metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], geo["primary_column"], column["encoding"]) == ("1.1.0", "geometry", "WKB")
    assert column["geometry_types"] == ["LineString"]
    assert "crs" not in column
    assert column["bbox"] == pytest.approx([*town.points["A"], *town.points["C"]])


def test_a_newer_network_takes_the_place_of_an_older_one(tmp_path: Path, town: World) -> None:
    save(town.network, tmp_path / "roads")
    save(draw("A--B").network, tmp_path / "roads")
    assert load(tmp_path / "roads").edges.num_rows == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["roads"]


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, town: World) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(ConflictError, match="something other"):
        save(town.network, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_a_failure_while_writing_leaves_the_older_network(
    tmp_path: Path, town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(town.network, tmp_path / "roads")

    def full(file: Path, table: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(store, "_write", full)
    with pytest.raises(OSError, match="disk full"):
        save(draw("A--B").network, tmp_path / "roads")
    assert load(tmp_path / "roads").edges.equals(town.network.edges)
    assert [entry.name for entry in tmp_path.iterdir()] == ["roads"]


def test_a_failure_while_replacing_brings_the_older_network_back(
    tmp_path: Path, town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(town.network, tmp_path / "roads")
    rename = Path.rename

    def refuse_the_new(self: Path, target: Path) -> Path:
        if self.name.startswith(".") and not self.name.endswith(".old"):
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_the_new)
    with pytest.raises(OSError, match="no"):
        save(draw("A--B").network, tmp_path / "roads")
    assert load(tmp_path / "roads").edges.equals(town.network.edges)
    assert [entry.name for entry in tmp_path.iterdir()] == ["roads"]


def test_damage_is_told(tmp_path: Path, town: World) -> None:
    save(town.network, tmp_path / "roads")
    edges = tmp_path / "roads" / "edges.parquet"
    whole = edges.read_bytes()
    edges.write_bytes(whole[:-9])
    with pytest.raises(IntegrityError, match="not a readable"):
        load(tmp_path / "roads")
    pq.write_table(town.network.edges.slice(1), edges)
    with pytest.raises(IntegrityError, match="edge_id must equal"):
        load(tmp_path / "roads")
    pq.write_table(town.network.nodes, edges)
    with pytest.raises(IntegrityError, match="lacks columns"):
        load(tmp_path / "roads")
    edges.unlink()
    with pytest.raises(IntegrityError, match="not a readable"):
        load(tmp_path / "roads")


def test_a_network_that_was_never_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        load(tmp_path / "roads")


def test_a_network_of_an_older_schema_reads_as_null(tmp_path: Path, town: World) -> None:
    """The evolution rule: new columns are nullable."""
    save(town.network, tmp_path / "roads")
    pq.write_table(town.network.edges.drop_columns(["name_en"]), tmp_path / "roads" / "edges.parquet")
    assert load(tmp_path / "roads").edges["name_en"].null_count == town.network.edges.num_rows
