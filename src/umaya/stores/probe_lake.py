"""The lake of tracks: Parquet files by day and area, which any tool reads that knows Hive folders.

    <lake>/positions/day=2026-11-09/area=543601/<digest>.parquet    whole days of whole vehicles
    <lake>/matches | routes | passages /day=.../area=.../<digest>.parquet     what a run made of them
    <lake>/manifests/2026-11-09.json      there once a day was run: its files with rows, bytes and digests
    <lake>/taken/<digest>                 there once a file was taken in
    <lake>/lock                           held by the one who writes

A day is a day in Japan (UTC+9), so that no round is cut in the morning; areas are second-level mesh codes
(`umaya.stores.mesh`). A vehicle's day lies in one area: that of its first position. Passages lie in the area of the
edge. Files of positions are sorted by vehicle and time; a partition may have several, until it is compacted.

Must hold: one writer at a time; every change of files is whole or not at all (`umaya.stores.redo`); a file is never
changed once it has its name; who reads by a manifest has the whole day or finds a file missing, never a part of it.
Not responsible for what a run computes, nor for personal data of a hub: that lies in the vault.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from umaya.stores.durable import TEMPORARY, locked, sync_folder
from umaya.stores.redo import Change, recover
from umaya.types.errors import ConflictError, InputError, IntegrityError, Place

TABLES: Final = ("positions", "matches", "routes", "passages")
SINGLE: Final = ("positions", "matches", "routes")
"""Tables that tell about single vehicles."""
ROW_GROUP: Final = 1 << 18
_DAY: Final = re.compile(r"day=(\d{4}-\d{2}-\d{2})")
_JAPAN: Final = timedelta(hours=9)
_MADE_OF: Final = b"umaya.made_of"
_DICTIONARY: Final = ("vehicle_id", "edge_id", "way_id", "forward", "geometry", "edges.list.element", "window_start")


@dataclass(frozen=True)
class Partition:
    """One area of one day of a table: its files in the order of their names."""

    day: str
    area: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Written:
    """A file that lies ready: its name (digest and ending), rows, bytes, SHA-256."""

    name: str
    rows: int
    size: int
    sha256: str


def span_of(day: str) -> tuple[datetime, datetime]:
    """Return when a day in Japan begins and ends, in UTC."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - _JAPAN
    return start, start + timedelta(days=1)


def day_of(moment: datetime) -> date:
    """Return the day in Japan of an aware time."""
    return (moment.astimezone(UTC) + _JAPAN).date()


class ProbeLake:
    """A lake below a folder.

    Args:
        root: the folder; made when it is first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the one who writes; what a killed writer left is finished or removed first.

        Raises:
            ConflictError: when another process writes.
            InputError: when the folder cannot be made or written to.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.root / "lock", shared=False, wait=False):
                recover(self.root)
                yield
        except BlockingIOError as error:
            raise ConflictError(
                f"`{self.root}` is being written by another command; wait until it has ended"
            ) from error
        except PermissionError as error:
            raise InputError(Place(str(self.root)), "cannot be written to", "choose another folder") from error

    def change(self) -> Change:
        """Begin a change; only while the lake is held."""
        return Change(self.root)

    def days(self, table: str = "positions") -> list[str]:
        """Return the days of a table, in order."""
        found = (_DAY.fullmatch(folder.name) for folder in _folders(self.root / table))
        return sorted(day[1] for day in found if day)

    def partitions(self, day: str, table: str = "positions") -> list[Partition]:
        """Return the partitions of a day by area; none where there is no such day."""
        found = []
        for folder in _folders(self.root / table / f"day={day}"):
            files = tuple(sorted(path for path in folder.glob("*.parquet") if not path.name.startswith((".", "_"))))
            if folder.name.startswith("area=") and files:
                found.append(Partition(day, folder.name.removeprefix("area="), files))
        return found

    def names(self, day: str, table: str) -> list[str]:
        """Return the files of a day below the lake."""
        return [self.name(file) for part in self.partitions(day, table) for file in part.files]

    def name(self, file: Path) -> str:
        """Return the name of a file below the lake."""
        return file.relative_to(self.root).as_posix()

    def manifest(self, day: str) -> dict[str, Any] | None:
        """Return what stands about a day that was run, or None.

        Raises:
            IntegrityError: when the manifest is no JSON object.
        """
        path = self.root / "manifests" / f"{day}.json"
        try:
            read = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise IntegrityError(f"`{path}` is not the manifest of a day") from error
        if not isinstance(read, dict):
            raise IntegrityError(f"`{path}` is not the manifest of a day")
        return read

    def whole(self, manifest: dict[str, Any]) -> bool:
        """Return whether every file of a manifest is there in its size."""
        files = (file for table in manifest["tables"].values() for file in table["files"])
        return all(_size(self.root / file["path"]) == file["bytes"] for file in files)


def identity(files: Iterable[Path]) -> list[str]:
    """Return what says whether rows changed: the same before and after compaction, sorted.

    A file is known by the SHA-256 of all its bytes, which are read once for that (a footer alone need not change with a
    row); a compacted one by what its footer says of the files it was made of.

    Raises:
        InputError: when a file is no Parquet file.
    """
    return sorted(one for file in files for one in _made_of(file))


def _made_of(file: Path) -> list[str]:
    try:
        before = (pq.read_metadata(file).metadata or {}).get(_MADE_OF)
        if before is not None:
            return str(before.decode()).split(",")
        with file.open("rb") as source:
            return [hashlib.file_digest(source, "sha256").hexdigest()[:16]]
    except (pa.ArrowException, OSError) as error:
        problem = "is not a whole Parquet file (cut short, damaged or of another format)"
        raise InputError(Place(str(file)), problem, "write it again or remove it") from error


class GrowingFile:
    """A Parquet file that grows table by table in a folder; named by what it holds once it is whole and durable.

    Floats are stored by the bytes of the same rank (`BYTE_STREAM_SPLIT`) and times by their differences: a third
    smaller than plain pages. The bytes depend on nothing but the rows and where the tables end. Nothing is left where
    the `with` ends by an error.

    Args:
        folder: made where it is not there.
        schema: of the tables.
        made_of: what `identity` shall say of the file, if not its own digest.
    """

    def __init__(self, folder: Path, schema: pa.Schema, made_of: list[str] | None = None) -> None:
        if made_of is not None:
            schema = schema.with_metadata({**(schema.metadata or {}), _MADE_OF: ",".join(made_of).encode()})
        self._folder = folder
        self._schema = schema
        self._temporary = folder / f".{uuid4().hex}{TEMPORARY}"
        self._rows = 0
        self._stack = ExitStack()
        self._written: Written | None = None

    def __enter__(self) -> GrowingFile:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.callback(self._temporary.unlink, missing_ok=True)
            opened = os.open(self._temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            self._sink = stack.enter_context(os.fdopen(opened, "wb"))
            self._hashing = _Hashing(self._sink)
            self._writer = pq.ParquetWriter(pa.PythonFile(self._hashing, "w"), self._schema, **_layout(self._schema))
            stack.callback(self._writer.close)
            self._stack = stack.pop_all()
        return self

    def write(self, table: pa.Table) -> None:
        """Append a table; it is on its way to the disk before this returns."""
        self._writer.write_table(table.cast(self._schema), row_group_size=ROW_GROUP)
        self._rows += table.num_rows

    def __exit__(self, kind: object, *_: object) -> None:
        with self._stack:
            if kind is not None:
                return
            self._writer.close()
            self._sink.flush()
            os.fsync(self._sink.fileno())
            digest = self._hashing.digest.hexdigest()
            self._written = Written(f"{digest[:16]}.parquet", self._rows, self._hashing.size, digest)
            self._temporary.replace(self._folder / self._written.name)
        sync_folder(self._folder)

    @property
    def written(self) -> Written:
        """What lies there, once the `with` has ended."""
        if self._written is None:
            raise RuntimeError("the file is not whole yet")
        return self._written


def write_file(
    folder: Path, schema: pa.Schema, tables: Iterable[pa.Table], made_of: list[str] | None = None
) -> Written:
    """Write tables as one Parquet file into a folder, as `GrowingFile` does."""
    with GrowingFile(folder, schema, made_of) as file:
        for table in tables:
            file.write(table)
    return file.written


class _Hashing:
    """A sink that digests what passes."""

    closed = False

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        self.digest.update(view)
        self.size += view.nbytes
        return self._sink.write(view)

    def flush(self) -> None:
        self._sink.flush()

    def tell(self) -> int:
        return self.size

    def close(self) -> None:
        """Leave the file open: it is yet to be synced."""


def _layout(schema: pa.Schema) -> dict[str, Any]:
    encodings = {
        field.name: "BYTE_STREAM_SPLIT" if pa.types.is_floating(field.type) else "DELTA_BINARY_PACKED"
        for field in schema
        if (pa.types.is_floating(field.type) or pa.types.is_timestamp(field.type)) and field.name not in _DICTIONARY
    }
    named = [name for name in _DICTIONARY if name.split(".", maxsplit=1)[0] in schema.names]
    return {"compression": "zstd", "compression_level": 1, "use_dictionary": named, "column_encoding": encodings}


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
