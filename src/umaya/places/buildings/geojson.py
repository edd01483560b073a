"""Footprints from GeoJSON (RFC 7946): a FeatureCollection, or one Feature a line; plain or gzip."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from umaya.places.buildings.outlines import Draft
from umaya.types.errors import InputError, Place

IDS = ("建物ID", "building_id", "buildingID", "uro:buildingID", "gml_id", "gml:id", "id")
HEIGHTS = ("measuredHeight", "measured_height", "bldg:measuredHeight", "height_m")
NAMES = ("建物名", "建物名称", "name", "gml:name")
SYSTEMS = ("CRS84", "4326", "6668", "6697")
"""Reference systems whose coordinates are taken as WGS 84; older writers name one though RFC 7946 knows only CRS84."""


def read(path: Path) -> Iterator[Draft]:
    """Yield the features of a file.

    Raises:
        InputError: when the file is no GeoJSON, with the line of the fault where features stand in lines.
    """
    try:
        with opened(path) as source:
            first = source.readline()
            if _is_feature(first):
                yield from _lines(path, first, source)
                return
            document = json.loads(first + source.read())
    except (OSError, EOFError) as error:
        raise InputError(Place(str(path)), "cannot be read", "check its path, and that it is whole") from error
    except (ValueError, RecursionError) as error:
        raise InputError(Place(str(path)), "is not GeoJSON", "give a FeatureCollection or a Feature a line") from error
    yield from _collection(path, document)


def opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    """Open a file, unpacked where it is gzip by its first bytes."""
    with path.open("rb") as source:
        packed = source.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def _is_feature(line: bytes) -> bool:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("type") == "Feature"


def _lines(path: Path, first: bytes, source: IO[bytes] | gzip.GzipFile) -> Iterator[Draft]:
    yield _draft(1, json.loads(first))
    for number, line in enumerate(source, start=2):
        if not line.strip():
            continue
        try:
            feature = json.loads(line.lstrip(b"\x1e"))
        except (ValueError, RecursionError) as error:
            raise InputError(Place(str(path), number), "the line is not a GeoJSON Feature", "mend it") from error
        yield _draft(number, feature)


def _collection(path: Path, document: Any) -> Iterator[Draft]:
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InputError(Place(str(path), field="features"), "has no features", "give a FeatureCollection")
    system = document.get("crs")
    if system is not None and not any(name in json.dumps(system) for name in SYSTEMS):
        raise InputError(Place(str(path), field="crs"), "is in another reference system", "convert it to EPSG:4326")
    for number, feature in enumerate(features, start=1):
        yield _draft(number, feature)


def _draft(row: int, feature: Any) -> Draft:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return Draft(row, problem=("type", "is not a Feature"))
    told = feature.get("properties")
    properties = told if isinstance(told, dict) else {}
    draft = Draft(
        row,
        ref=_text(_first(properties, IDS, feature.get("id"))),
        gml_id=_text(_first(properties, ("gml_id", "gml:id"), None)),
        name=_text(_first(properties, NAMES, None)),
        height=_first(properties, HEIGHTS, None),
    )
    told = feature.get("geometry")
    geometry = told if isinstance(told, dict) else {}
    kind = geometry.get("type")
    if kind not in {"Polygon", "MultiPolygon"}:
        draft.problem = ("geometry", "is not a Polygon or MultiPolygon")
    else:
        given = geometry.get("coordinates")
        draft.polygons = [given] if kind == "Polygon" else given
    return draft


def _first(properties: dict[str, Any], names: tuple[str, ...], otherwise: Any) -> Any:
    for name in names:
        value = properties.get(name)
        if value is not None and value != "":
            return value
    return otherwise


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
