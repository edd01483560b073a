"""The lake: bulk data as Parquet files below one directory, where a day or an area can be read or deleted alone.

    <dataset>/day=2026-04-01/area=543601/<write>.parquet     days in UTC, areas as `umaya.stores.mesh` has them
    <dataset>/writes/<write>                                 there once the write holds; says its indexed column, if any
    <dataset>/index/<write>.<random>                         what is kept of that column beside the rows
    <dataset>/writes/<write>.own.tmp                         held by the one who makes the write
    <dataset>/lock                                           writers share it, rewriting and sweeping need it alone

Must hold: a write is seen whole or not at all, also after a crash (each file is written under a temporary name,
synced and renamed; the marker in `writes/` comes last); a write of the same name is refused, so a retry cannot
count twice. An index is there before its write holds and goes before any row of the write goes; one that is missing
is made anew from the rows; no two share a name, so names tell whether anything changed.
Rows are deleted or changed by `rewrite`, for all readers at one moment: files of a later generation take the place of
earlier ones (`umaya.stores.generations`). A write of which nothing is left keeps its marker, so that the same rows are
not taken in again unawares.
A dataset without time lies under `day=none`, one without coordinates under `area=none`.
Evolution: new columns are nullable; files without them read as null.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from umaya.stores import generations, mesh
from umaya.stores.durable import TEMPORARY, locked, make_folder, publish
from umaya.stores.placement import Placement, days_of, limits_of, partitions
from umaya.stores.rewriting import PATIENCE_S, ROW_GROUP, Change, Rewrite, remove, superseded
from umaya.types.errors import ConflictError

__all__ = ["Index", "Lake", "Pending", "Placement"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")


@dataclass(frozen=True)
class Index:
    """What is kept beside a write of one of its columns, in another form.

    Attributes:
        column: which.
        make: makes the content from the batches of that column alone.
    """

    column: str
    make: Callable[[Iterable[pa.RecordBatch]], bytes]


class Pending:
    """A write whose files lie ready and that nobody sees yet. Commit it, or it is taken back.

    Args:
        marker: the file that makes it hold.
        column: that it has an index of, or empty.
    """

    def __init__(self, marker: Path, column: str = "") -> None:
        self._marker = marker
        self._column = column
        self._files: list[Path] = []

    def add(self, path: Path, rows: pa.Table) -> None:
        """Write one file, durably."""
        self._files.append(path)
        publish(path, lambda sink: pq.write_table(rows, sink, compression="zstd", row_group_size=ROW_GROUP))

    def add_index(self, folder: Path, content: bytes) -> None:
        """Write the index, durably."""
        self._files.append(_publish_index(folder, self._marker.name, 0, content))

    def commit(self) -> int:
        """Make the write hold, durably; return the number of its files."""
        publish(self._marker, lambda sink: sink.write(self._column.encode()))
        return sum(path.suffix == ".parquet" for path in self._files)

    def take_back(self) -> None:
        """Remove the files, unless the write holds."""
        if not self._marker.exists():
            for path in self._files:
                path.unlink(missing_ok=True)


class Lake:
    """Datasets below one directory.

    Args:
        directory: made, for its owner alone, when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, dataset: str, table: pa.Table, placement: Placement, name: str) -> int:
        """Write rows durably; return the number of files. Arguments and errors as `stage`."""
        with self.stage(dataset, table, placement, name) as pending:
            return pending.commit()

    @contextmanager
    def stage(
        self, dataset: str, table: pa.Table, placement: Placement, name: str, index: Index | None = None
    ) -> Iterator[Pending]:
        """Write the files of a write and yield it uncommitted; what is not committed is taken back.

        Args:
            dataset: folder name.
            table: rows; coordinates finite and times not null.
            placement: where each row goes.
            name: of the write, unique in the dataset; a digest of what is written serves well.
            index: what to keep beside the rows.

        Raises:
            ConflictError: when a write of this name holds already.
            ValueError: when a name is no file name.
        """
        folder = self._folder(dataset)
        marker = folder / "writes" / _checked(name)
        make_folder(marker.parent, self._directory)
        # Two who make the same write would share its files, and one that gives up would take the other's back.
        own = marker.with_name(f"{name}.own{TEMPORARY}")
        with locked(folder / "lock", shared=True), locked(own, shared=False):
            if marker.exists():
                raise ConflictError("this data was taken in before")
            pending = Pending(marker, "" if index is None else index.column)
            try:
                if index is not None:
                    make_folder(folder / "index", self._directory)
                    pending.add_index(folder, index.make(table.select([index.column]).to_batches()))
                for day, area, rows in partitions(table, placement):
                    path = folder / f"day={day}" / f"area={area}" / f"{name}.parquet"
                    make_folder(path.parent, self._directory)
                    pending.add(path, rows)
                yield pending
            finally:
                pending.take_back()
                if marker.exists():
                    own.unlink(missing_ok=True)  # whoever waits for it finds the marker

    def scan(
        self,
        dataset: str,
        schema: pa.Schema,
        placement: Placement,
        *,
        columns: Sequence[str],
        span: tuple[datetime, datetime] | None = None,
        box: tuple[float, float, float, float] | None = None,
        where: ds.Expression | None = None,
    ) -> pa.RecordBatchReader:
        """Read columns of the rows within a span of time and a box.

        Rows come in the order in which they lie; only a few batches ahead of the reader are held in memory.

        Args:
            dataset: folder name; one never written to reads as empty.
            schema: of the dataset.
            placement: which columns `span` and `box` speak of.
            columns: the columns to return, in this order.
            span: half-open [start, end), aware.
            box: west, south, east, north in degrees; the border belongs to it.
            where: what a row must meet besides.
        """
        wanted = pa.schema([schema.field(name) for name in columns])
        folder = self._folder(dataset)
        if not folder.is_dir():
            return pa.RecordBatchReader.from_batches(wanted, [])
        reader = generations.Reader(folder)
        try:
            chosen = [str(path) for path in self._files(folder, reader.epoch, span, box)]
            found = ds.dataset(chosen, schema=schema, format="parquet", partitioning=None) if chosen else None
            limits = limits_of(schema, placement, span, box, where)
            scanner = None if found is None else found.scanner(columns=list(columns), filter=limits)
        except BaseException:
            reader.release()
            raise
        return pa.RecordBatchReader.from_batches(wanted, _held(reader, scanner))

    @contextmanager
    def rewrite(
        self,
        dataset: str,
        schema: pa.Schema,
        change: Change,
        index: Index | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[Rewrite]:
        """Prepare the deletion or change of rows and yield it uncommitted; what is not committed is taken back.

        Waits for writers, who wait for it. A changed row stays in its day and area: do not change what places it.

        Args:
            dataset: folder name; one never written to has no rows to change.
            schema: of the dataset; rewritten files have all of its columns.
            change: which rows become what.
            index: what is kept beside the rows, if anything.
            patience_s: how long those who read may finish, in seconds, before what they read is removed.
        """
        folder = self._folder(dataset)
        if not folder.is_dir():
            yield Rewrite(folder, patience_s)
            return
        with locked(folder / "lock", shared=False):
            self._sweep(folder)
            pending = Rewrite(folder, patience_s)
            try:
                for path in self._files(folder, generations.epoch(folder), None, None):
                    if _may_hold(path, change):
                        pending.add(path, schema, change)
                if index is not None:
                    self._stage_indexes(folder, pending, index)
                yield pending
            finally:
                pending.take_back()

    def _stage_indexes(self, folder: Path, pending: Rewrite, index: Index) -> None:
        """Write the indexes of the writes that change."""
        make_folder(folder / "index", self._directory)
        known: dict[str, list[Path]] = {}
        for path in _index_files(folder):
            known.setdefault(generations.parts(path.name)[0], []).append(path)
        for write in sorted(pending.writes):
            content = _indexed(folder, write, pending.generation, index.column, index.make)
            pending.add_index(_index_path(folder, write, pending.generation), content, known.get(write, []))

    def parts(self, dataset: str) -> set[tuple[str, str]]:
        """Return each write of which rows lie here with each of their days in UTC; `none` for rows without a time."""
        folder = self._folder(dataset)
        if not folder.is_dir():
            return set()
        files = self._files(folder, generations.epoch(folder), None, None)
        return {(generations.parts(path.name)[0], path.parent.parent.name.removeprefix("day=")) for path in files}

    def is_indexed(self, dataset: str) -> bool:
        """Return whether any write of a dataset was made with an index."""
        return (self._folder(dataset) / "index").is_dir()

    def indexes(self, dataset: str) -> Mapping[str, str | None]:
        """Return for each write that holds the name of its index, or None where it has none or must be made anew."""
        folder = self._folder(dataset)
        while True:
            at = generations.epoch(folder)
            found: dict[str, str | None] = dict.fromkeys(_holding(folder))  # first: what holds had its index before
            names = generations.newest(_names(folder / "index"), at)
            if generations.epoch(folder) == at:
                return found | {write: name for write, name in names.items() if write in found}

    def read_index(self, dataset: str, name: str) -> bytes:
        """Return the content of an index; raises FileNotFoundError when it was deleted meanwhile."""
        return (self._folder(dataset) / "index" / name).read_bytes()

    def reindex(self, dataset: str, write: str, make: Callable[[Iterable[pa.RecordBatch]], bytes]) -> bool:
        """Make the index of a write anew from its rows; return False for a write that has none.

        Waits for whoever deletes from the dataset.
        """
        folder = self._folder(dataset)
        with locked(folder / "lock", shared=True):
            marker = folder / "writes" / _checked(write)
            column = marker.read_text("utf-8") if marker.exists() else ""
            if not column:
                return False
            at = generations.epoch(folder)
            _publish_index(folder, write, at, _indexed(folder, write, at, column, make))
            return True

    def delete(self, dataset: str, *, day: str | None = None, area: str | None = None) -> int:
        """Delete a day, an area, or an area of a day; return the number of files deleted.

        Args:
            dataset: folder name.
            day: `YYYY-MM-DD` in UTC, or `none`.
            area: mesh code, or `none`.

        Raises:
            ValueError: when neither is given.
        """
        if day is None and area is None:
            raise ValueError("name a day or an area to delete")
        folder = self._folder(dataset)
        pattern = f"day={day or '*'}/area={area or '*'}/*.parquet"
        with locked(folder / "lock", shared=False) if folder.is_dir() else nullcontext():
            self._sweep(folder)  # nothing that was replaced comes to light again when its successor goes
            doomed = list(folder.glob(pattern))
            writes = {generations.parts(path.name)[0] for path in doomed}
            self._forget_indexes(folder, writes)
            remove(doomed)
            self._forget_empty_writes(folder, writes)
        return len(doomed)

    def sweep(self, dataset: str) -> int:
        """Remove what crashed writes left behind, if no writer is at work; return the number of files removed."""
        folder = self._folder(dataset)
        if not folder.is_dir():
            return 0
        try:
            with locked(folder / "lock", shared=False, wait=False):
                return self._sweep(folder)
        except BlockingIOError:
            return 0

    @staticmethod
    def _sweep(folder: Path) -> int:
        """Remove what crashed writes and rewrites left behind; the dataset's lock is held alone."""
        holding, at = _holding(folder), generations.epoch(folder)
        left = [path for path in (folder / "writes").glob(f"*{TEMPORARY}") if path.is_file()]
        left += folder.glob(f"*{TEMPORARY}")
        for area in folder.glob("day=*/area=*"):
            left += superseded(area.iterdir(), holding, at)
        left += superseded(_index_files(folder), holding, at)
        return remove(left)

    def _folder(self, dataset: str) -> Path:
        return self._directory / _checked(dataset)

    def _files(
        self,
        folder: Path,
        epoch: int,
        span: tuple[datetime, datetime] | None,
        box: tuple[float, float, float, float] | None,
    ) -> list[Path]:
        holding = _holding(folder)
        days = None if span is None else days_of(span)
        areas = None if box is None else mesh.Codes(*box)
        return sorted(
            path
            for day in folder.glob("day=*")
            if days is None or day.name.removeprefix("day=") in days
            for area in day.glob("area=*")
            if areas is None or area.name.removeprefix("area=") in areas
            for write, path in generations.newest(area.glob("*.parquet"), epoch).items()
            if write in holding
        )

    @staticmethod
    def _forget_indexes(folder: Path, writes: set[str]) -> None:
        remove(path for path in _index_files(folder) if generations.parts(path.name)[0] in writes)

    @staticmethod
    def _forget_empty_writes(folder: Path, writes: set[str]) -> None:
        """Drop the markers of those that have no file left, so that their data may be taken in again."""
        alive = {generations.parts(path.name)[0] for path in folder.glob("day=*/area=*/*.parquet")}
        for name in _holding(folder) & writes - alive:
            (folder / "writes" / name).unlink()


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name in the lake is made of lower-case letters, digits, `-` and `_`")
    return name


def _holding(folder: Path) -> set[str]:
    return set(_names(folder / "writes"))


def _names(folder: Path) -> list[str]:
    """Return the names of the files in a folder that are no temporary ones; none where there is no folder."""
    try:
        return [name for name in os.listdir(folder) if not name.endswith(TEMPORARY)]  # noqa: PTH208 # many, and often
    except FileNotFoundError:
        return []


def _index_files(folder: Path) -> Iterator[Path]:
    return (folder / "index").glob("*")


def _publish_index(folder: Path, write: str, generation: int, content: bytes) -> Path:
    path = _index_path(folder, write, generation)
    publish(path, lambda sink: sink.write(content))
    return path


def _index_path(folder: Path, write: str, generation: int) -> Path:
    return folder / "index" / (f"{write}.{generation}-{uuid4().hex}" if generation else f"{write}.{uuid4().hex}")


def _indexed(
    folder: Path, write: str, at: int, column: str, make: Callable[[Iterable[pa.RecordBatch]], bytes]
) -> bytes:
    """Return the index of a write by its rows as of a generation."""
    areas = folder.glob("day=*/area=*")
    found = (generations.newest(area.glob(f"{write}.*parquet"), at).get(write) for area in areas)
    files = sorted(str(path) for path in found if path is not None)
    rows = ds.dataset(files, format="parquet", partitioning=None) if files else None
    return make([] if rows is None else rows.scanner(columns=[column]).to_batches())


def _held(reader: generations.Reader, scanner: ds.Scanner | None) -> Iterator[pa.RecordBatch]:
    """Return the batches of a scan; the reader is released after the last, or when they are given up."""

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield  # begun at once: what has not begun would not be closed
            if scanner is not None:
                yield from scanner.to_batches()
        finally:
            reader.release()

    begun = batches()
    next(begun)
    return begun


def _may_hold(path: Path, change: Change) -> bool:
    day = path.parent.parent.name.removeprefix("day=")
    write = generations.parts(path.name)[0]
    return (change.days is None or change.days(day)) and (change.writes is None or write in change.writes)
