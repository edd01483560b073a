"""Footprints from CityGML 2.0 as PLATEAU gives it (Standard Product Specification for 3D City Models; 1.0 likewise).

Read as a stream: a building is in memory at a time. Outline: `lod0FootPrint`, else `lod0RoofEdge`, else the lowest
surfaces of `lod1Solid`, those of building parts together. Axes: latitude, longitude, height (EPSG:6697). Documents
with a type definition are refused: entities could make a small file huge.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # their names only: parsing is defusedxml's

import numpy as np
import shapely
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from umaya.places.buildings.geojson import opened
from umaya.places.buildings.outlines import Draft, Ring
from umaya.types.errors import InputError, Place

LATITUDE_FIRST = ("6697", "6668", "4326", "4979")
LEVEL_M = 0.05
"""Surfaces of a solid whose corners are all this near to its lowest are its ground."""
GML_ID = "{http://www.opengis.net/gml}id"


class _UnreadableError(Exception):
    """A posList that is none."""


def read(path: Path) -> Iterator[Draft]:
    """Yield the buildings of a file, plain or gzip.

    Raises:
        InputError: when the file is not XML to its end, has a type definition, or another reference system.
    """
    place = Place(str(path))
    try:
        with opened(path) as source:
            yield from _buildings(path, source)
    except DefusedXmlException as error:
        raise InputError(place, "has a type definition or entities", "give plain CityGML") from error
    except ParseError as error:
        line, _ = error.position
        raise InputError(place, f"is not well-formed XML at line {line}", "check that the file is whole") from error
    except (OSError, EOFError) as error:
        raise InputError(place, "cannot be read", "check its path, and that it is whole") from error


def _buildings(path: Path, source: Any) -> Iterator[Draft]:
    row, depth, root = 0, 0, None
    lonlat = False
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=True):
        if root is None:
            root = element
        name = _local(element)
        if event == "start":
            depth += name == "Building"
            if "srsName" in element.attrib:
                lonlat = _longitude_first(path, element.attrib["srsName"])
        elif name == "Building":
            depth -= 1
            if depth == 0:
                row += 1
                yield _draft(row, element, lonlat=lonlat)
                root.clear()


def _longitude_first(path: Path, system: str) -> bool:
    """Return whether longitude stands first in a reference system."""
    if system.endswith("CRS84"):
        return True
    if not system.endswith(LATITUDE_FIRST):
        advice = "give it in EPSG:6697, or convert it"
        raise InputError(Place(str(path), field="srsName"), "is in a reference system that is not read", advice)
    return False


def _draft(row: int, building: Element, *, lonlat: bool) -> Draft:
    draft = Draft(row, gml_id=building.get(GML_ID))
    draft.ref = _building_id(building) or draft.gml_id
    draft.name = _text(building, "name")
    draft.height = _text(building, "measuredHeight")
    try:
        draft.polygons = _outline(building, lonlat=lonlat)
    except _UnreadableError:
        draft.problem = ("posList", "is not a list of triples of numbers")
    return draft


def _building_id(building: Element) -> str | None:
    """Return `uro:buildingID`, or the string attribute 建物ID of older files."""
    for element in building.iter():
        name = _local(element)
        if name == "buildingID" and element.text and element.text.strip():
            return element.text.strip()
        if name == "stringAttribute" and element.get("name") in {"建物ID", "buildingID"}:
            return _text(element, "value")
    return None


def _outline(building: Element, *, lonlat: bool) -> list[list[Ring]]:
    for name in ("lod0FootPrint", "lod0RoofEdge"):
        rings = [_polygon(each) for one in _all(building, name) for each in _all(one, "Polygon")]
        if rings:
            return [[_flat(ring, lonlat=lonlat) for ring in polygon] for polygon in rings]
    solids = [[_polygon(each) for each in _all(solid, "Polygon")] for solid in _all(building, "lod1Solid")]
    return [polygon for solid in solids for polygon in _ground(solid, lonlat=lonlat)]


def _ground(solid: list[list[Ring]], *, lonlat: bool) -> list[list[Ring]]:
    """Return the lowest surfaces of a solid, joined where they touch."""
    heights = [ring[:, 2] for polygon in solid for ring in polygon if ring.shape[1] == 3 and len(ring)]
    if not heights:
        return []
    low = min(float(height.min()) for height in heights) + LEVEL_M
    surfaces = [
        polygon for polygon in solid if polygon and polygon[0].shape[1] == 3 and (polygon[0][:, 2] <= low).all()
    ]
    flat = [[_flat(ring, lonlat=lonlat) for ring in polygon] for polygon in surfaces]
    if len(flat) < 2 or any(len(ring) < 4 for polygon in flat for ring in polygon):
        return flat
    joined = shapely.union_all([shapely.Polygon(shell, holes) for shell, *holes in flat])
    return [
        [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(joined)
    ]


def _polygon(polygon: Element) -> list[Ring]:
    return [
        _positions(ring) for side in ("exterior", "interior") for one in _all(polygon, side) for ring in _rings(one)
    ]


def _rings(side: Element) -> list[Element]:
    return _all(side, "LinearRing")


def _positions(ring: Element) -> Ring:
    """Return the corners of a ring, in the file's order of axes."""
    lists = _all(ring, "posList")[:1]
    texts = [each.text or "" for each in (lists or _all(ring, "pos"))]
    size = int(lists[0].get("srsDimension", "3")) if lists else max(len(texts[0].split()), 1) if texts else 3
    try:
        numbers = np.array(" ".join(texts).split(), dtype=np.float64)
    except ValueError as error:
        raise _UnreadableError from error
    if size not in {2, 3} or len(numbers) % size:
        raise _UnreadableError
    return numbers.reshape(-1, size)


def _flat(ring: Ring, *, lonlat: bool) -> Ring:
    return ring[:, :2] if lonlat else ring[:, 1::-1]


def _all(element: Element, name: str) -> list[Element]:
    return [each for each in element.iter() if _local(each) == name]


def _text(element: Element, name: str) -> str | None:
    """Return the text of the first child of a name, None where there is none."""
    for child in element:
        if _local(child) == name and child.text and child.text.strip():
            return child.text.strip()
    return None


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
