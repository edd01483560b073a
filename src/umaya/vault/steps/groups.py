"""Groups of rows with the same values, and how many people each is about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.types.errors import ConflictError

Counts = npt.NDArray[np.int64]

_MOST_ROOM = 1 << 24  # beyond it sorting is cheaper than a table of all keys


def group_numbers(data: pa.Table, by: Sequence[str]) -> tuple[Counts, int]:
    """Return the number of each row's group, and how many groups there are. A missing value is a value of its own."""
    group, count = np.zeros(data.num_rows, np.int64), min(data.num_rows, 1)
    for name in by:
        if name not in data.column_names:
            raise ConflictError(f"the field `{name}` that rows are grouped by was not asked for")
        coded = pc.dictionary_encode(data.column(name).combine_chunks(), null_encoding="encode")
        width = max(len(coded.dictionary), 1)
        group, count = _numbered(group * width + coded.indices.to_numpy(), count * width)
    return group, count


def _numbered(keys: Counts, room: int) -> tuple[Counts, int]:
    """Return the rank of each key among those that occur, and how many occur; keys lie in [0, room)."""
    if room > _MOST_ROOM:
        found, ranks = np.unique(keys, return_inverse=True)
        return ranks, len(found)
    occurs = np.zeros(room, np.bool_)
    occurs[keys] = True
    ranks = np.cumsum(occurs) - 1
    return ranks[keys], int(occurs.sum())


def people_per_group(group: Counts, count: int, people: npt.NDArray[np.uint32]) -> Counts:
    """Return of how many different people the rows of each group are."""
    pairs = (group.astype(np.uint64) << np.uint64(32)) | people
    pairs.sort()
    first = np.ones(len(pairs), np.bool_)
    first[1:] = pairs[1:] != pairs[:-1]
    return np.bincount((pairs[first] >> np.uint64(32)).astype(np.int64), minlength=count)
