"""Normalising a file of addresses: Parquet, CSV or text in, the same rows with the parts of their addresses out.

Batches are read in order, normalised side by side in threads (the kernels hold no lock), and handed on in order, so
memory holds a few batches however long the file is.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from umaya.engines.address.normalise import RESULT, Normaliser
from umaya.types.errors import InputError, Place

ADDRESS = "address"
COLUMNS = ("prefecture", "city", "town", "block", "number", "building", "rest", "lg_code", "machiaza_id", "blk_id",
           "rsdt_id", "lon", "lat", "level", "confidence")  # fmt: skip
"""What is added to the columns of the input."""
ENCODINGS = ("utf-8", "cp932")
_ROWS = 32_768
_BLOCK = 1 << 24  # bytes of CSV at a time, and so the largest cell


class AddressFile:
    """A file of addresses, opened.

    Args:
        path: `.parquet`, `.csv`, or any other ending for text with one address a line.
        encoding: of CSV and text; a byte order mark is passed over.

    Raises:
        InputError: when the file cannot be read, has no text column `address`, or has a column that would be added.
    """

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self.path, self._encoding = path, encoding
        self.rows: int | None = None
        if not path.is_file():
            raise InputError(Place(str(path)), "there is no such file, or it may not be read", "check its path")
        with self._faults():
            opener = {".parquet": self._parquet, ".csv": self._csv}.get(path.suffix.lower(), self._text)
            schema, self._batches = opener()
        self.schema = self._checked(schema)

    def result_schema(self) -> pa.Schema:
        """Return the schema of what `normalised` yields."""
        return pa.schema([*self.schema, *(RESULT.field(name) for name in COLUMNS)])

    def normalised(
        self, normaliser: Normaliser, threads: int = 2, progress: Callable[[int], None] = lambda _rows: None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, each batch with COLUMNS added.

        Args:
            normaliser: of the index.
            threads: how many batches are normalised at once.
            progress: is told the number of rows of each batch as it is handed on.
        """
        schema = self.result_schema()

        def work(batch: pa.RecordBatch) -> pa.RecordBatch:
            found = normaliser(batch.column(ADDRESS).cast(pa.large_string()), COLUMNS)
            columns = [*batch.columns, *(found.column(name).combine_chunks() for name in COLUMNS)]
            return pa.record_batch(columns, schema=schema)

        with ThreadPoolExecutor(threads) as pool:
            under_way: deque[Future[pa.RecordBatch]] = deque()
            for batch in self._read():
                under_way.append(pool.submit(work, batch))
                if len(under_way) > threads + 1:
                    yield _handed(under_way.popleft(), progress)
            while under_way:
                yield _handed(under_way.popleft(), progress)

    def _read(self) -> Iterator[pa.RecordBatch]:
        batches = iter(self._batches)
        while True:
            with self._faults():
                batch = next(batches, None)
            if batch is None:
                return
            yield from (batch.slice(start, _ROWS) for start in range(0, batch.num_rows, _ROWS))

    def _parquet(self) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
        file = pq.ParquetFile(self.path)
        self.rows = file.metadata.num_rows
        return file.schema_arrow, file.iter_batches(_ROWS, use_threads=False)

    def _csv(self) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
        self._whole_text()
        reader = pa.csv.open_csv(
            self.path,
            read_options=pa.csv.ReadOptions(block_size=_BLOCK, encoding=self._encoding, use_threads=False),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(self._header(), pa.string())),
        )
        return reader.schema, reader

    def _text(self) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
        self._whole_text()
        schema = pa.schema([(ADDRESS, pa.string())])
        return schema, self._lines(schema)

    def _lines(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        with self.path.open(encoding=self._with_mark()) as file:
            while lines := [line.rstrip("\n") for line in islice(file, _ROWS)]:
                yield pa.record_batch([pa.array(lines)], schema=schema)

    def _whole_text(self) -> None:
        """Find the first line that is not of the encoding, so that it is named before anything is written."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode(self._encoding)
                except UnicodeDecodeError as error:
                    other = next(name for name in ENCODINGS if name != self._encoding)
                    problem = f"line {number} is not text in {self._encoding}"
                    place = Place(str(self.path))
                    raise InputError(place, problem, f"save it so, or say --encoding {other}") from error

    def _header(self) -> list[str]:
        with self.path.open(encoding=self._with_mark(), newline="\n") as file:
            names = file.readline().strip().split(",")
        return [name.strip('"') for name in names]

    def _with_mark(self) -> str:
        return "utf-8-sig" if self._encoding == "utf-8" else self._encoding

    def _checked(self, schema: pa.Schema) -> pa.Schema:
        place = str(self.path)
        if schema.names.count(ADDRESS) != 1:
            problem = "the column is missing" if ADDRESS not in schema.names else "the column stands there twice"
            raise InputError(Place(place, field=ADDRESS), problem, f"call one column of the file `{ADDRESS}`")
        kind = schema.field(ADDRESS).type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
            raise InputError(Place(place, field=ADDRESS), f"the column is {kind}, not text", "write addresses as text")
        for name in COLUMNS:
            if name in schema.names:
                raise InputError(
                    Place(place, field=name), "this column would be added and is there already", "rename it"
                )
        return schema

    def _faults(self) -> _Faults:
        return _Faults(self.path)


class _Faults:
    """Turns the faults of Arrow's readers into InputError that names the file and, where it is known, the row."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (pa.ArrowInvalid, OSError, UnicodeError)):
            row = re.search(r"Row #(\d+)", str(error))
            place = Place(str(self.path), int(row[1]) - 1 if row else None)
            if "Empty CSV" in str(error):
                raise InputError(place, "the file is empty", "give it a header with a column `address`") from error
            problem = "the row has not as many fields as the header" if row else "the file is not what its ending says"
            raise InputError(place, problem, "check how it was saved") from error


def _handed(done: Future[pa.RecordBatch], progress: Callable[[int], None]) -> pa.RecordBatch:
    batch = done.result()
    progress(batch.num_rows)
    return batch
