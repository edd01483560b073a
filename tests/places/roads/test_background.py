"""Water and buildings for the map, from the same extract."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import shapely

from umaya.places.roads import background
from umaya.types.errors import InputError

SQUARE = {1: (0, 0), 2: (0, 9), 3: (9, 9), 4: (9, 0), 5: (3, 3), 6: (3, 6), 7: (6, 6), 8: (6, 3)}


def world(folder: Path, body: str) -> Path:
    """Write features over a square (nodes 1-4) with a smaller one inside it (nodes 5-8)."""
    nodes = "".join(f'<node id="{node}" lat="36.{y}" lon="136.{x}"/>' for node, (x, y) in SQUARE.items())
    file = folder / "world.osm"
    file.write_text(f'<osm version="0.6">{nodes}{body}</osm>', encoding="utf-8")
    return file


def way(number: int, refs: str, **tags: str) -> str:
    inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}">{inside}' + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</way>"


def test_features_by_kind(tmp_path: Path) -> None:
    file = world(
        tmp_path,
        way(1, "12341", building="yes")
        + way(2, "123", waterway="river", name="手取川")
        + way(3, "123", waterway="stream", tunnel="culvert")
        + way(4, "56785", natural="water", name="池")
        + way(5, "12341", landuse="forest")
        + way(6, "12341", building="no"),
    )
    rows = {row["kind"]: row for row in background(file).to_pylist()}
    assert {kind: row["name"] for kind, row in rows.items()} == {"building": None, "waterway": "手取川", "water": "池"}
    shapes = {kind: shapely.from_wkb(row["geometry"]).geom_type for kind, row in rows.items()}
    assert shapes == {"building": "MultiPolygon", "waterway": "LineString", "water": "MultiPolygon"}


def test_a_multipolygon_has_its_holes(tmp_path: Path) -> None:
    members = '<member type="way" ref="1" role="outer"/><member type="way" ref="2" role="inner"/>'
    tags = '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/>'
    file = world(tmp_path, way(1, "12341") + way(2, "56785") + f'<relation id="9">{members}{tags}</relation>')
    (row,) = background(file).to_pylist()
    assert shapely.from_wkb(row["geometry"]).area == pytest.approx(0.81 - 0.09)


def test_what_the_border_cuts_is_left_out(tmp_path: Path) -> None:
    file = world(tmp_path, way(1, "12391", building="yes") + way(2, "19", waterway="river"))
    assert background(file).num_rows == 0


def test_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file"):
        background(tmp_path)
    (tmp_path / "cut.osm").write_text('<osm version="0.6"><node id="1"')
    with pytest.raises(InputError, match="not a whole"):
        background(tmp_path / "cut.osm")


def test_a_real_country(shared_data: Path) -> None:
    kinds = Counter(background(shared_data / "roads" / "liechtenstein.osm.pbf")["kind"].to_pylist())
    assert kinds["building"] > 5000
    assert kinds["waterway"] > 100
    assert kinds["water"] > 50
