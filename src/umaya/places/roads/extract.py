"""Reading of OpenStreetMap extracts by libosmium, with its faults turned into errors that name the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import osmium

from umaya.types.errors import InputError, Place


def ways(path: Path, *keys: str) -> Iterator[osmium.osm.Way]:
    """Yield the ways of a file that carry one of the tag `keys`, with the places of their nodes.

    Raises:
        InputError: when the file cannot be read to its end.
    """
    _must_be_file(path)
    processor = osmium.FileProcessor(path).with_locations()
    processor.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(osmium.filter.KeyFilter(*keys))
    return _to_the_end(path, processor)


def areas_and_ways(path: Path, *keys: str) -> Iterator[osmium.osm.Area | osmium.osm.Way]:
    """Yield ways and areas (closed ways and multipolygon relations) that carry one of the tag `keys`.

    Raises:
        InputError: when the file cannot be read to its end.
    """
    _must_be_file(path)
    chosen = osmium.filter.KeyFilter(*keys)
    kinds = osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.AREA)
    processor = osmium.FileProcessor(path).with_areas(chosen).with_filter(kinds).with_filter(chosen)
    return _to_the_end(path, processor)


def _must_be_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(Place(str(path)), "is not a file", "give an OpenStreetMap extract")


def _to_the_end(path: Path, processor: osmium.FileProcessor) -> Iterator[osmium.osm.OSMObject]:
    try:
        yield from processor
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        raise InputError(
            Place(str(path)),
            "is not a whole OpenStreetMap file (cut short, damaged or of another format)",
            "fetch it again; names must end in .osm.pbf, .osm or .osm.gz",
        ) from error
