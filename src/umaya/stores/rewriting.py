"""Rewriting: rows of a dataset are deleted or changed, all at one moment, and the old bytes removed from the disk.

Must hold: until `Rewrite.commit` nobody sees anything of it, and a crash leaves files that the next rewrite or sweep
removes; after it nobody sees the old rows. When `commit` returns, no file below the dataset's folder holds them.
What a copy of the folder, a snapshot of the file system or freed blocks of a disk still hold is out of its reach:
copies have a period of their own, and the disk is to be encrypted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from umaya.stores import generations
from umaya.stores.durable import TEMPORARY, publish, sync_folder

ROW_GROUP = 131_072
PATIENCE_S = 30.0
"""How long those who read may finish before what they read is removed."""


@dataclass(frozen=True)
class Change:
    """What becomes of which rows.

    Attributes:
        columns: that tell which rows are meant.
        strikes: returns for each row of these columns whether it is meant, without nulls.
        becomes: returns the rows that are meant as they shall be, in their order; None deletes them.
        days: tells by its folder (`YYYY-MM-DD` in UTC, or `none`) whether a day can hold such rows; None for all.
        writes: only rows of these; None for all.
    """

    columns: tuple[str, ...]
    strikes: Callable[[pa.Table], pa.Array | pa.ChunkedArray]
    becomes: Callable[[pa.Table], pa.Table] | None = None
    days: Callable[[str], bool] | None = None
    writes: frozenset[str] | None = None


class Rewrite:
    """A change whose new files lie ready and that nobody sees yet. Commit it, or it is taken back.

    Args:
        folder: of the dataset; its lock is held alone.
        patience_s: see `PATIENCE_S`.

    Attributes:
        rows: how many are changed or deleted.
        writes: that have such rows.
    """

    def __init__(self, folder: Path, patience_s: float) -> None:
        self.rows = 0
        self.writes: set[str] = set()
        self._folder = folder
        self._patience_s = patience_s
        self._before = generations.epoch(folder)
        self._staged: list[Path] = []
        self._empty: list[Path] = []
        self._replaced: list[Path] = []

    @property
    def generation(self) -> int:
        """The generation that holds once it is committed."""
        return self._before + 1

    def add(self, path: Path, schema: pa.Schema, change: Change) -> None:
        """Write what a file becomes, if it has rows that are meant."""
        told = ds.dataset([str(path)], schema=schema, format="parquet").to_table(columns=list(change.columns))
        mask = change.strikes(told)
        struck = pc.sum(mask).as_py() or 0
        if not struck:
            return
        rows = ds.dataset([str(path)], schema=schema, format="parquet").to_table()
        after = rows.filter(pc.invert(mask)) if change.becomes is None else _replaced(rows, mask, change.becomes)
        write = generations.parts(path.name)[0]
        self.rows += struck
        self.writes.add(write)
        self._replaced.append(path)
        target = path.with_name(f"{write}.{self.generation}.parquet")
        self._staged.append(target)
        publish(target, lambda sink: pq.write_table(after, sink, compression="zstd", row_group_size=ROW_GROUP))
        if after.num_rows == 0:
            self._empty.append(target)

    def add_index(self, path: Path, content: bytes, replaced: Iterable[Path]) -> None:
        """Write the index of a write as it becomes, in the place of others."""
        self._replaced += replaced
        self._staged.append(path)
        publish(path, lambda sink: sink.write(content))

    def commit(self) -> None:
        """Let the change hold, durably, then remove the old files."""
        if not self._staged:
            return
        generations.set_epoch(self._folder, self.generation)
        with generations.without_readers(self._folder, self._before, self._patience_s):
            remove(self._replaced)
            remove(self._empty)

    def take_back(self) -> None:
        """Remove the files, unless the change holds."""
        if generations.epoch(self._folder) < self.generation:
            for path in self._staged:
                path.unlink(missing_ok=True)


def remove(paths: Iterable[Path]) -> int:
    """Remove files, durably; return how many."""
    doomed = list(paths)
    for path in doomed:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in doomed}:
        sync_folder(folder)
    return len(doomed)


def superseded(names: Iterable[Path], holding: Mapping[str, object] | set[str], at: int) -> list[Path]:
    """Return the files of one folder that no reader reads any longer, or never will: the oldest first."""
    files = sorted(names, key=lambda path: generations.parts(path.name)[1])
    kept = set(generations.newest((path for path in files if path.suffix != TEMPORARY), at).values())
    return [path for path in files if path not in kept or generations.parts(path.name)[0] not in holding]


def _replaced(rows: pa.Table, mask: pa.ChunkedArray, becomes: Callable[[pa.Table], pa.Table]) -> pa.Table:
    """Return the rows with those that are meant in their places as they shall be."""
    places = pc.indices_nonzero(mask)
    changed = becomes(rows.filter(mask))
    order = pa.chunked_array([pc.indices_nonzero(pc.invert(mask)), places])
    return pa.concat_tables([rows.filter(pc.invert(mask)), changed]).take(pc.sort_indices(order.combine_chunks()))
