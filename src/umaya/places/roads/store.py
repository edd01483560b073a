"""The road network at rest: a folder of three GeoParquet files.

`edges.parquet`, `nodes.parquet` and `accesses.parquet` hold the tables of `RoadNetwork`; geometry columns are WKB
and described as GeoParquet 1.1 asks (https://geoparquet.org/releases/v1.1.0/), so any GIS opens them. The folder
appears whole or not at all; a crash while an older network is replaced leaves that one beside it, its hidden name
ending in `.old`. Evolution rule: that of `umaya.types.schemas`; an older file lacks nullable columns
at its end, which read as null.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from umaya.types.errors import ConflictError, InputError, IntegrityError, Place
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, EDGES, NODES

FILES = {"edges": EDGES, "nodes": NODES, "accesses": ACCESSES}
GEOPARQUET_VERSION = "1.1.0"


def save(network: RoadNetwork, directory: str | Path) -> None:
    """Write a network into `directory`, which must not exist or hold an older network, replaced as a whole.

    Raises:
        ConflictError: when the folder holds anything else.
    """
    directory = Path(directory)
    if directory.exists() and (not directory.is_dir() or {entry.name for entry in directory.iterdir()} - _names()):
        raise ConflictError(f"`{directory}` holds something other than a road network")
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        for name in FILES:
            table = getattr(network, name)
            _write(fresh / f"{name}.parquet", _described(table))
        _sync(fresh)
        _swap(fresh, directory)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def load(directory: str | Path) -> RoadNetwork:
    """Read a network that `save` wrote.

    Raises:
        InputError: when there is no such folder.
        IntegrityError: when a file is missing, damaged or not of the schema.
    """
    if not Path(directory).is_dir():
        raise InputError(Place(str(directory)), "is not a folder", "import a road network: umaya roads import")
    tables = {name: _read(Path(directory) / f"{name}.parquet", schema) for name, schema in FILES.items()}
    try:
        return RoadNetwork(**tables)
    except ValueError as error:
        raise IntegrityError(f"`{directory}` is not a road network: {error}") from error


def _names() -> set[str]:
    return {f"{name}.parquet" for name in FILES}


def _read(file: Path, schema: pa.Schema) -> pa.Table:
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise IntegrityError(f"`{file}` is not a readable Parquet file") from error
    for field in schema:
        if field.name not in table.column_names and field.nullable:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    try:
        return table.select(schema.names).cast(schema).combine_chunks()
    except (KeyError, pa.ArrowException, ValueError) as error:
        raise IntegrityError(f"`{file}` lacks columns of a road network") from error


def _described(table: pa.Table) -> pa.Table:
    """Return the table with the GeoParquet description of its geometry column, if it has one."""
    if "geometry" not in table.column_names:
        return table
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": ["LineString"],
    }  # no crs means OGC:CRS84, longitude first
    if table.num_rows:
        lines = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
        column["bbox"] = shapely.total_bounds(lines).tolist()
    geo = {"version": GEOPARQUET_VERSION, "primary_column": "geometry", "columns": {"geometry": column}}
    return table.replace_schema_metadata({"geo": json.dumps(geo)})


def _write(file: Path, table: pa.Table) -> None:
    with file.open("wb") as sink:
        pq.write_table(table, sink, compression="zstd")
        sink.flush()
        os.fsync(sink.fileno())


def _swap(fresh: Path, directory: Path) -> None:
    """Put `fresh` in the place of `directory`."""
    old = fresh.with_name(fresh.name + ".old")
    if directory.exists():
        directory.rename(old)
    try:
        fresh.rename(directory)
    except OSError:
        if old.exists():
            old.rename(directory)
        raise
    _sync(directory.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
