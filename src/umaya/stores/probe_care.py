"""What keeps a lake of tracks in order: rows in, small files made one, old days out.

Each act is one change (`umaya.stores.redo`) or a row of changes that each leave the lake whole; the caller holds the
lake (`ProbeLake.held`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from umaya.stores import mesh
from umaya.stores.durable import publish
from umaya.stores.positions import load_positions
from umaya.stores.probe_lake import TABLES, Partition, ProbeLake, identity, write_file
from umaya.stores.probe_reading import chunks, vehicles
from umaya.stores.redo import Change
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.schemas import POSITIONS

_JAPAN_US: Final = 9 * 3600 * 1_000_000
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True)
class Taken:
    """What a file brought: rows, and the days they are of."""

    rows: int
    days: tuple[str, ...]


def add(lake: ProbeLake, source: Path, progress: Callable[[int], None] | None = None) -> Taken:
    """Take a file of positions into the lake: all of it or nothing.

    A vehicle that the day knows goes to the area where it is; another one to that of its first position.

    Args:
        lake: held.
        source: a file as `load_positions` reads it.
        progress: called now and then with the rows read so far.

    Raises:
        InputError: where the file is bad, with row and field.
        ConflictError: when the same file was taken in before.
    """
    positions = load_positions(source, progress=progress)
    marker = f"taken/{_digest(source)}"
    if (lake.root / marker).exists():
        raise ConflictError(f"`{source}` was taken in before")
    days: set[str] = set()
    with lake.change() as change:
        for day, rows in _by_day(positions):
            days.add(day)
            for area, part in _by_area(lake, day, rows):
                _put(change, f"positions/day={day}/area={area}", part)
        publish(change.put(marker), lambda sink: sink.write(json.dumps({"rows": positions.num_rows}).encode()))
        change.commit()
    return Taken(positions.num_rows, tuple(sorted(days)))


def _digest(source: Path) -> str:
    with source.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _put(change: Change, folder: str, rows: pa.Table) -> None:
    scratch = change.folder / "scratch"
    written = write_file(scratch, POSITIONS, [rows])
    (scratch / written.name).replace(change.put(f"{folder}/{written.name}"))


def _by_day(positions: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each day in Japan, in the order of the table."""
    day = (positions["t"].cast(pa.int64()).to_numpy() + _JAPAN_US) // _DAY_US
    for number in np.unique(day):
        yield str(np.datetime64(int(number), "D")), positions.filter(pa.array(day == number))


def _by_area(lake: ProbeLake, day: str, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each area; vehicles stay whole."""
    known = {vehicle: part.area for part in lake.partitions(day) for vehicle in vehicles(part)}
    encoded = rows["vehicle_id"].combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    first = np.r_[0, np.flatnonzero(np.diff(codes)) + 1]
    cells = mesh.cells(rows["lon"].to_numpy()[first], rows["lat"].to_numpy()[first])
    names = encoded.dictionary.take(pa.array(codes[first])).to_pylist()
    area_of = {name: known.get(name, mesh.code(cell)) for name, cell in zip(names, cells, strict=True)}
    areas = np.array([area_of[name] for name in encoded.dictionary.to_pylist()])[codes]
    for area in np.unique(areas):
        yield str(area), rows.filter(pa.array(areas == area))


@dataclass(frozen=True)
class Compacted:
    """What became of a partition: how many files of how many bytes before and after."""

    partition: Partition
    files: int
    before: int
    after: int


def compact(lake: ProbeLake) -> Iterator[Compacted]:
    """Make one file of each partition of positions that has several, and yield what was done; the rows are the same.

    Every partition is a change of its own: stopped at any moment, the lake holds each of them as it was or compacted.

    Args:
        lake: held.

    Raises:
        InputError: at a bad partition, with file, row and field; those before it are compacted, it and the rest are as
            they were.
    """
    for day in lake.days():
        for part in lake.partitions(day):
            if len(part.files) == 1:
                continue
            before = sum(file.stat().st_size for file in part.files)
            with lake.change() as change:
                scratch = change.folder / "scratch"
                written = write_file(scratch, POSITIONS, chunks(part), made_of=identity(part.files))
                name = f"positions/day={day}/area={part.area}/{written.name}"
                (scratch / written.name).replace(change.put(name))
                change.remove(lake.name(file) for file in part.files)
                change.commit()
            yield Compacted(part, len(part.files), before, written.size)


@dataclass(frozen=True)
class Swept:
    """A day of a table that is past its time."""

    table: str
    day: str
    files: int
    size: int


def due(lake: ProbeLake, tables: tuple[str, ...], keep_days: int, today: date) -> list[Swept]:
    """Return the days of tables before the last `keep_days` days, today among them.

    Raises:
        InputError: when a table is none of the lake's or the number is less than 1.
    """
    for table in tables:
        if table not in TABLES:
            raise InputError(Place("--table"), "is no table of a lake", f"choose from {', '.join(TABLES)}")
    if keep_days < 1:
        raise InputError(Place("--keep-days"), "is less than 1", "keep at least today")
    oldest = str(today - timedelta(days=keep_days - 1))
    found = []
    for table in tables:
        for day in lake.days(table):
            files = [file for part in lake.partitions(day, table) for file in part.files]
            if day < oldest and files:
                found.append(Swept(table, day, len(files), sum(file.stat().st_size for file in files)))
    return found


def sweep(lake: ProbeLake, what: Swept) -> None:
    """Remove a day of a table; its manifest says so from then on, so that a run does not make it again.

    Args:
        lake: held.
        what: from `due`.
    """
    with lake.change() as change:
        change.remove(lake.names(what.day, what.table))
        manifest = lake.manifest(what.day)
        if manifest is not None and what.table in manifest["tables"]:
            manifest["tables"][what.table]["files"] = []
            manifest["tables"][what.table]["swept"] = True
            content = json.dumps(manifest, indent=1, sort_keys=True).encode()
            publish(change.put(f"manifests/{what.day}.json"), lambda sink: sink.write(content))
        change.commit()
