"""Matching of positions that never lie in memory at once: record batches in, results out, whole vehicles at a time.

Pieces of some hundred thousand positions are cut at the borders of vehicles and matched side by side, one thread each;
results come in the order of the input and are those of matching everything at once. Not responsible for files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.matching.engine import Matched, Matcher, UnsortedError

PIECE = 200_000
"""Positions of a piece, about; a vehicle is never split."""


def match_stream(matcher: Matcher, batches: Iterable[pa.RecordBatch], piece: int = PIECE) -> Iterator[Matched]:
    """Match positions as they come.

    Args:
        matcher: a prepared network; its `threads` pieces are in work at a time, and one more is made ready.
        batches: schema POSITIONS (vehicle ids may be dictionary-encoded), sorted by vehicle_id, then t, throughout.
        piece: positions to match in one go, about; what is in memory grows with it and with the longest vehicle.

    Yields:
        Results for some vehicles each, in order. Rows are as `Matcher.match` gives them.

    Raises:
        UnsortedError: when the batches are not sorted; what was yielded before is of no use then.
        ValueError: as `Matcher.match`.
    """
    one = matcher.with_params(replace(matcher.params, threads=1))
    waiting: deque[Future[Matched]] = deque()
    with ThreadPoolExecutor(max_workers=matcher.params.threads) as pool:
        try:
            for table in whole_vehicles(batches, piece):
                waiting.append(pool.submit(one.match, table))
                if len(waiting) > matcher.params.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def whole_vehicles(batches: Iterable[pa.RecordBatch], piece: int = PIECE) -> Iterator[pa.Table]:
    """Cut record batches into tables of at least `piece` rows that split no vehicle; see `match_stream`."""
    held: list[pa.RecordBatch] = []
    rows, last = 0, None
    begun = 0, 0  # the batch and the row of it at which the last vehicle begins
    for batch in batches:
        if not batch.num_rows:
            continue
        other = batch.num_rows - _tail(batch)
        if other or not held or _last(held[-1]) != _last(batch):
            begun = len(held), other
        held.append(batch)
        rows += batch.num_rows
        if rows < piece or begun == (0, 0):
            continue
        at, row = begun
        table = pa.Table.from_batches([*held[:at], held[at].slice(0, row)])
        last = _after(last, table)
        yield table
        held = [held[at].slice(row), *held[at + 1 :]]
        rows, begun = sum(kept.num_rows for kept in held), (0, 0)
    if held:
        table = pa.Table.from_batches(held)
        _after(last, table)
        yield table


def _last(batch: pa.RecordBatch) -> str | None:
    """Return the last vehicle of a batch."""
    vehicle: str | None = batch.column("vehicle_id")[-1].as_py()
    return vehicle


def _tail(batch: pa.RecordBatch) -> int:
    """Return how many rows at the end of a batch are of its last vehicle."""
    ids = batch.column("vehicle_id")
    ids = ids.indices if pa.types.is_dictionary(ids.type) else ids
    return int(batch.num_rows - pc.index(ids, ids[-1]).as_py())


def _after(last: str | None, table: pa.Table) -> str:
    """Check that a table begins with a vehicle after `last`; return its own last vehicle."""
    ids = table.column("vehicle_id")
    first, end = ids[0].as_py(), ids[-1].as_py()
    if first is None or end is None:
        raise ValueError("positions have nulls in vehicle_id")
    if last is not None and first <= last:
        raise UnsortedError("positions must be sorted by vehicle_id, then t")
    return str(end)
