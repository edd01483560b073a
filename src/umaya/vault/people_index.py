r"""The people index: everybody in a dataset, kept write by write beside the rows.

    umaya-people/v1\n  SHA-256 of the rest (32 bytes)  compressed bitmap (portable Roaring format)

Must hold: what it says is exact for every write that holds, whichever process made or deleted it; a file that is not
what was written is found, never read as fewer people. Evolution: another form gets another first line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

import pyarrow as pa
from pyroaring import BitMap

from umaya.stores.lake import Index, Lake
from umaya.types.errors import IntegrityError
from umaya.vault.people import bitmap_of, numbers

FORM: Final = b"umaya-people/v1\n"


@dataclass(frozen=True)
class _Known:
    files: Mapping[str, str | None]
    people: BitMap


class PeopleIndex:
    """Everybody in each dataset of a lake; what was read is kept until a write comes or goes.

    Args:
        lake: where the index lies.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[str, _Known] = {}
        self._lock = Lock()

    def index(self, column: str) -> Index:
        """Return what the lake keeps beside a write about people."""
        return Index(column, encode)

    def people(self, dataset: str) -> BitMap:
        """Return everybody about whom a write that holds has a row. Not to be changed by the caller.

        Raises:
            IntegrityError: when an index is damaged.
        """
        with self._lock:
            known = self._known.get(dataset, _Known({}, BitMap()))
            files = self._files(dataset)
            while files != known.files:
                try:
                    known = self._read(dataset, files, known)
                except FileNotFoundError:  # deleted meanwhile
                    files = self._files(dataset)
            self._known[dataset] = known
            return known.people

    def _files(self, dataset: str) -> Mapping[str, str | None]:
        """Return the index of each write that has one, after making those that are missing."""
        files = self._lake.indexes(dataset)
        missing = [write for write, path in files.items() if path is None]
        made = [write for write in missing if self._lake.reindex(dataset, write, encode)]
        return self._lake.indexes(dataset) if made else files

    def _read(self, dataset: str, files: Mapping[str, str | None], known: _Known) -> _Known:
        """Return what is known from these files; only new ones are read where none has gone."""
        grown = known.files.items() <= files.items()
        people = known.people if grown else BitMap()
        fresh = files.items() - known.files.items() if grown else files.items()
        read = [
            decode(self._lake.read_index(dataset, name), f"dataset `{dataset}`, write {write[:12]}")
            for write, name in sorted(fresh)
            if name is not None
        ]
        return _Known(files, BitMap.union(people, *read))


def encode(batches: Iterable[pa.RecordBatch]) -> bytes:
    """Return the index of the people in the one column of some batches."""
    people = BitMap()
    for batch in batches:
        people |= bitmap_of(numbers(batch.column(0)))
    content = people.serialize()
    return FORM + hashlib.sha256(content).digest() + content


def decode(stored: bytes, place: str) -> BitMap:
    """Return the people that `encode` wrote.

    Raises:
        IntegrityError: when it did not write this; names the place.
    """
    digest, content = stored[len(FORM) : len(FORM) + 32], stored[len(FORM) + 32 :]
    if not stored.startswith(FORM) or hashlib.sha256(content).digest() != digest:
        raise IntegrityError(f"the people index of {place} is damaged; remove the file and it is made anew")
    return BitMap.deserialize(content)
