"""Footprint files of either kind, as they come: sound, odd, broken, hostile."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from umaya.places.buildings.outlines import Faulty
from umaya.places.buildings.reading import read_footprints
from umaya.types.errors import InputError

SQUARE = [[139.75, 35.71], [139.7501, 35.71], [139.7501, 35.7101], [139.75, 35.7101], [139.75, 35.71]]
BOW = [[139.75, 35.71], [139.7502, 35.7101], [139.7502, 35.71], [139.75, 35.7102], [139.75, 35.71]]


def feature(ring: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": {"建物ID": "b1", "measuredHeight": 7.5} | properties}


def write(folder: Path, *features: Any, name: str = "b.geojsonl") -> Path:
    path = folder / name
    text = "\n".join(json.dumps(each) for each in features)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_lines_and_collections_plain_and_packed_are_one(tmp_path: Path) -> None:
    features = [feature(), feature(建物ID="b2", measuredHeight=None, name="本郷ビル")]
    collection = {"type": "FeatureCollection", "features": features}
    tables = [
        read_footprints([write(tmp_path, *features)])[0],
        read_footprints([write(tmp_path, *features, name="b.geojsonl.gz")])[0],
        read_footprints([write(tmp_path, collection, name="b.geojson")])[0],
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    assert tables[0]["footprint"].to_pylist() == ["b1", "b2"]
    assert tables[0]["height_m"].to_pylist() == [7.5, None]
    assert tables[0]["name"].to_pylist() == [None, "本郷ビル"]


def test_a_pretty_printed_collection_is_read(tmp_path: Path) -> None:
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature()]}, indent=2), "utf-8")
    assert read_footprints([path])[0].num_rows == 1


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (feature(SQUARE[:2]), "geometry", "fewer than three"),
    (feature([SQUARE[0]] * 4), "geometry", "encloses nothing"),
    (feature([[139.75, float("nan")], *SQUARE[1:]]), "geometry", "finite"),
    (feature([[139.75, None], *SQUARE[1:]]), "geometry", "numbers"),
    (feature([["139.75", "35.71"], *SQUARE[1:]]), "geometry", "numbers"),
    (feature([[139.75], *SQUARE[1:]]), "geometry", "numbers"),
    (feature([[x * 1e5, y * 1e5] for x, y in SQUARE]), "geometry", "outside Japan"),
    (feature([[139.75, 35.71], [35.71, 139.75], *SQUARE[1:]]), "geometry", "outside Japan"),
    (feature([[139, 35], [140, 35], [140, 36], [139, 36], [139, 35]]), "geometry", "larger than any"),
    (feature(建物ID=None), "id", "no id"),
    (feature(建物ID="  "), "id", "no id"),
    (feature(measuredHeight="high"), "height", "not a number"),
    (feature(measuredHeight=-3), "height", "not one of a building"),
    ({"type": "Feature", "properties": {"建物ID": "b1"}, "geometry": None}, "geometry", "Polygon"),
    (
        {"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [139, 35]}},
        "geometry",
        "Polygon",
    ),
    (
        {"type": "Feature", "properties": {"建物ID": "b1"}, "geometry": {"type": "Polygon", "coordinates": []}},
        "geometry",
        "ring",
    ),
    ([1, 2], "type", "not a Feature"),  # type: ignore[list-item] # what a file may hold
]


@pytest.mark.parametrize(("broken", "field", "told"), FAULTS)
def test_a_fault_names_file_feature_and_field(tmp_path: Path, broken: Any, field: str, told: str) -> None:
    """And refuses the file; or leaves the feature out, said so."""
    path = write(tmp_path, feature(建物ID="b0"), broken)
    with pytest.raises(InputError, match=told) as fault:
        read_footprints([path])
    assert (fault.value.place.file, fault.value.place.row, fault.value.place.field) == (str(path), 2, field)
    table, faults = read_footprints([path], Faulty.LEAVE_OUT)
    assert table["footprint"].to_pylist() == ["b0"]
    assert [(each.place.row, each.repaired) for each in faults] == [(2, False)]


@pytest.mark.parametrize(
    ("ring", "told"),
    [
        (BOW, "crosses itself"),
        (SQUARE[:-1], "not closed"),
        ([point[::-1] for point in SQUARE], "latitude stands before"),
    ],
)
def test_what_can_be_repaired_is_repaired_when_asked(tmp_path: Path, ring: Any, told: str) -> None:
    path = write(tmp_path, feature(ring))
    with pytest.raises(InputError, match=told):
        read_footprints([path])
    table, (fault,) = read_footprints([path], Faulty.REPAIR)
    shape = shapely.from_wkb(table["geometry"][0].as_py())
    assert fault.repaired
    assert told in str(fault)
    assert shape.is_valid
    assert shapely.area(shape) > 0
    assert 139 < shape.centroid.x < 140


def test_an_id_twice_is_a_fault_in_one_file_and_in_two(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another feature"):
        read_footprints([write(tmp_path, feature(), feature())])
    one, other = write(tmp_path, feature(), name="1.geojsonl"), write(tmp_path, feature(), name="2.geojsonl")
    with pytest.raises(InputError, match="two files"):
        read_footprints([one, other])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("b.geojson", b"", "not GeoJSON"),
        ("b.geojson", b"[1", "not GeoJSON"),
        ("b.geojson", b"[" * 100_000, "not GeoJSON"),
        ("b.geojson", b"{}", "no features"),
        ("b.geojson", b"\xff\xfe{", "not GeoJSON"),
        ("b.geojsonl.gz", b"\x1f\x8b\x08\x00broken", "cannot be read"),
        ("b.shp", b"", "no known kind"),
        ("b.gml", b"<a><b></a>", "not well-formed"),
        ("b.gml", b"", "not well-formed"),
        ("b.gml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "type definition"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_footprints([tmp_path / name])


def test_a_missing_file_and_a_broken_line_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_footprints([tmp_path / "none.geojson"])
    path = write(tmp_path, feature())
    path.write_text(path.read_text("utf-8") + "\n{broken", "utf-8")
    with pytest.raises(InputError, match="not a GeoJSON Feature") as fault:
        read_footprints([path])
    assert fault.value.place.row == 2


def test_another_reference_system_is_not_guessed(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::30169"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": [feature()]}
    with pytest.raises(InputError, match="reference system"):
        read_footprints([write(tmp_path, collection, name="b.geojson")])


HEAD = (
    '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:uro="https://www.geospatial.jp/iur/uro/2.0"'
    ' xmlns:gen="http://www.opengis.net/citygml/generics/2.0"><gml:boundedBy><gml:Envelope srsName="{system}"'
    ' srsDimension="3"/></gml:boundedBy>'
)
SYSTEM = "http://www.opengis.net/def/crs/EPSG/0/6697"


def positions(ring: Any = SQUARE, height: float = 0.0) -> str:
    return " ".join(f"{lat} {lon} {height}" for lon, lat in ring)


def surface(text: str, hole: str = "") -> str:
    inner = (
        f"<gml:interior><gml:LinearRing><gml:posList>{hole}</gml:posList></gml:LinearRing></gml:interior>"
        if hole
        else ""
    )
    shell = f"<gml:exterior><gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing></gml:exterior>"
    return f"<gml:surfaceMember><gml:Polygon>{shell}{inner}</gml:Polygon></gml:surfaceMember>"


def building(inner: str, gml_id: str = "bldg_1") -> str:
    return f'<core:cityObjectMember><bldg:Building gml:id="{gml_id}">{inner}</bldg:Building></core:cityObjectMember>'


def city(folder: Path, *members: str, system: str = SYSTEM) -> Path:
    path = folder / "53394611_bldg_6697_op.gml"
    path.write_text(HEAD.format(system=system) + "".join(members) + "</core:CityModel>", "utf-8")
    return path


def lod0(name: str, text: str) -> str:
    return f"<bldg:{name}><gml:MultiSurface>{surface(text)}</gml:MultiSurface></bldg:{name}>"


def test_citygml_gives_id_height_name_and_outline(tmp_path: Path) -> None:
    attribute = "<uro:buildingIDAttribute><uro:BuildingIDAttribute><uro:buildingID>13105-bldg-1</uro:buildingID>"
    attribute += "</uro:BuildingIDAttribute></uro:buildingIDAttribute>"
    inner = "<gml:name>東棟</gml:name><bldg:measuredHeight uom='m'>12.4</bldg:measuredHeight>" + lod0(
        "lod0RoofEdge", positions()
    )
    table, _ = read_footprints([city(tmp_path, building(inner + attribute))])
    row = table.to_pylist()[0]
    assert (row["footprint"], row["gml_id"], row["name"], row["height_m"]) == ("13105-bldg-1", "bldg_1", "東棟", 12.4)
    assert shapely.from_wkb(row["geometry"]).equals(shapely.Polygon(SQUARE))


def test_older_files_name_the_id_as_a_string_attribute(tmp_path: Path) -> None:
    inner = '<gen:stringAttribute name="建物ID"><gen:value>13105-bldg-2</gen:value></gen:stringAttribute>'
    inner += "<bldg:measuredHeight>-9999</bldg:measuredHeight>" + lod0("lod0FootPrint", positions())
    row = read_footprints([city(tmp_path, building(inner))])[0].to_pylist()[0]
    assert (row["footprint"], row["height_m"]) == ("13105-bldg-2", None)


def test_without_lod0_the_ground_of_the_solid_is_the_outline(tmp_path: Path) -> None:
    """Two halves of the ground are joined, walls and roof left aside; `gml:id` is the id where there is no other."""
    west = [*SQUARE[:1], [139.75005, 35.71], [139.75005, 35.7101], [139.75, 35.7101], SQUARE[0]]
    east = [[139.75005, 35.71], *SQUARE[1:3], [139.75005, 35.7101], [139.75005, 35.71]]
    wall = "35.71 139.75 3 35.71 139.7501 3 35.71 139.7501 9 35.71 139.75 9 35.71 139.75 3"
    surfaces = (
        surface(positions(west, 3.0)) + surface(positions(east, 3.0)) + surface(wall) + surface(positions(height=9.0))
    )
    shell = f"<gml:exterior><gml:CompositeSurface>{surfaces}</gml:CompositeSurface></gml:exterior>"
    solid = f"<bldg:lod1Solid><gml:Solid>{shell}</gml:Solid></bldg:lod1Solid>"
    row = read_footprints([city(tmp_path, building(solid))])[0].to_pylist()[0]
    assert row["footprint"] == "bldg_1"
    assert shapely.area(shapely.from_wkb(row["geometry"]) ^ shapely.Polygon(SQUARE)) < 1e-15


def test_parts_and_courts_belong_to_one_building(tmp_path: Path) -> None:
    court = positions([[x + (139.75005 - x) * 0.5, y + (35.71005 - y) * 0.5] for x, y in SQUARE])
    part = positions([[x + 0.0002, y] for x, y in SQUARE])
    inner = f"<bldg:lod0RoofEdge><gml:MultiSurface>{surface(positions(), court)}</gml:MultiSurface></bldg:lod0RoofEdge>"
    part = f"<bldg:BuildingPart>{lod0('lod0RoofEdge', part)}</bldg:BuildingPart>"
    inner += f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>"
    row = read_footprints([city(tmp_path, building(inner))])[0].to_pylist()[0]
    shape = shapely.from_wkb(row["geometry"])
    assert len(shape.geoms) == 2
    assert sum(len(part.interiors) for part in shape.geoms) == 1


@pytest.mark.parametrize(
    ("inner", "field", "told"),
    [
        ("", "geometry", "no outline"),
        (lod0("lod0RoofEdge", "35.71 139.75"), "posList", "triples"),
        (lod0("lod0RoofEdge", "35.71 139.75 x"), "posList", "triples"),
        (lod0("lod0RoofEdge", ""), "geometry", "numbers"),
        (lod0("lod0RoofEdge", positions([p[::-1] for p in SQUARE])), "geometry", "latitude stands before"),
    ],
)
def test_a_fault_of_a_citygml_building_is_told(tmp_path: Path, inner: str, field: str, told: str) -> None:
    path = city(tmp_path, building(lod0("lod0RoofEdge", positions()), "sound"), building(inner, "broken"))
    with pytest.raises(InputError, match=told) as fault:
        read_footprints([path])
    assert (fault.value.place.row, fault.value.place.field) == (2, field)


def test_a_plane_reference_system_is_refused(tmp_path: Path) -> None:
    path = city(
        tmp_path, building(lod0("lod0RoofEdge", positions())), system="http://www.opengis.net/def/crs/EPSG/0/30169"
    )
    with pytest.raises(InputError, match="reference system"):
        read_footprints([path])


def test_the_reader_tells_how_far_it_is(tmp_path: Path) -> None:
    seen: list[int] = []
    read_footprints([write(tmp_path, *(feature(建物ID=f"b{i}") for i in range(1001)))], progress=seen.append)
    assert seen == [500, 1000]
