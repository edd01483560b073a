"""Footprint files of either kind, several of them as one release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.buildings.schemas import FOOTPRINTS
from umaya.places.buildings import citygml, geojson
from umaya.places.buildings.outlines import Draft, Fault, Faulty, footprints
from umaya.types.errors import InputError, Place

CITYGML = (".gml", ".gml.gz", ".xml", ".xml.gz")
GEOJSON = (".geojson", ".geojsonl", ".json", ".jsonl", ".ndjson", ".geojsons")
PROGRESS_STEP = 500


def read_footprints(
    paths: Sequence[Path], faulty: Faulty = Faulty.REFUSE, progress: Callable[[int], None] | None = None
) -> tuple[pa.Table, list[Fault]]:
    """Read the footprints of one release; a building cut in two files must be one feature in one of them.

    Args:
        paths: GeoJSON (`.geojson`, `.geojsonl`, `.json`, ...) and CityGML (`.gml`), plain or `.gz`.
        faulty: what becomes of features with faults.
        progress: called now and then with the number of features read.

    Raises:
        InputError: when a file cannot be read; with `Faulty.REFUSE`, for the first fault; when two files have an id.
    """
    tables, faults = [FOOTPRINTS.empty_table()], []
    for path in paths:
        read = _reader(path)
        table, found = footprints(str(path), _counted(read(path), sum(map(len, tables)), progress), faulty)
        tables.append(table)
        faults += found
    whole = pa.concat_tables(tables).combine_chunks()
    counts = pc.value_counts(whole.column("footprint"))
    if len(counts) < whole.num_rows:
        raise InputError(Place(str(paths[-1]), field="id"), "two files have a building of one id", "leave one out")
    return whole, faults


def _reader(path: Path) -> Callable[[Path], Iterator[Draft]]:
    name = path.name.lower()
    if name.endswith(CITYGML):
        return citygml.read
    if name.removesuffix(".gz").endswith(GEOJSON):
        return geojson.read
    raise InputError(Place(str(path)), "is of no known kind by its name", "end it in .geojson, .geojsonl or .gml")


def _counted(drafts: Iterator[Draft], before: int, progress: Callable[[int], None] | None) -> Iterator[Draft]:
    for count, draft in enumerate(drafts, start=before + 1):
        if progress and count % PROGRESS_STEP == 0:
            progress(count)
        yield draft
