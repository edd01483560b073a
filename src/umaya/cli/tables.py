"""Writing released rows into a file, batch by batch: Arrow stream, Parquet or CSV by the file's ending.

The file appears under its name only when it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from umaya.types.errors import InputError, Place

Write = Callable[[pa.Schema, Iterable[pa.RecordBatch]], None]
_OPENERS: dict[str, Callable[[Path, pa.Schema], object]] = {
    ".arrows": lambda path, schema: pa.ipc.new_stream(str(path), schema),
    ".parquet": lambda path, schema: pa.parquet.ParquetWriter(path, schema, compression="zstd"),
    ".csv": pa.csv.CSVWriter,
}


def writer(path: Path) -> Write:
    """Return what writes batches into a file that is readable by its owner alone.

    Raises:
        InputError: when the ending is none of ours, the folder is not there, or the file is.
    """
    place = Place(str(path))
    opener = _OPENERS.get(path.suffix)
    if opener is None:
        raise InputError(place, "the ending is of no kind that is known", "choose .arrows, .parquet or .csv")
    if not path.parent.is_dir():
        raise InputError(place, "the folder is not there", "make it first")
    if path.exists():
        raise InputError(place, "the file is there already", "choose another name")

    def write(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        part = path.with_name(f".{path.name}.part")
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        try:
            with opener(part, schema) as sink:  # type: ignore[attr-defined] # all three are context managers
                for batch in batches:
                    sink.write_batch(batch)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    return write
