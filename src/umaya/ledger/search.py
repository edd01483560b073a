"""Searching the log: by party, scheme, time, reason, kind, actor and use, in an index that lies beside it.

The index is columns of what the entries hold (Parquet, one file for each full range of entries), made from the log and
nothing else, as far as it is missing; what has no full range yet is kept in memory. It is never trusted: it says where
to look, and each hit is read from the log, held against the question, and proved to be in the tree of the present
checkpoint before it is told. A file is named after the hashes of its range, so that one made from another log is not
used. What an index that somebody changed can do is to leave hits out: `scan` asks the log itself, at the speed of the
disk. Must hold: `find` gives what `scan` gives.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import duckdb
import pyarrow as pa

from umaya.ledger.checkpoint import open_checkpoint
from umaya.ledger.disk import disk_errors
from umaya.ledger.entries import REFERENCE, Entry
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from umaya.ledger.reader import LedgerReader
from umaya.ledger.tiles import WIDTH, decode_bundle
from umaya.types.clock import microseconds
from umaya.types.errors import InputError, IntegrityError, Place

T = TypeVar("T")
INDEX: Final = "ledger-index"
"""Name of the index's folder in a hub: made anew from the ledger whenever it is lost."""
SMALL: Final = WIDTH * 16
BIG: Final = WIDTH * WIDTH * 4
"""Entries of the two kinds of ranges: 4,096 and 262,144. Small ones give way to a big one when it is full."""

PARTY_KEYS: Final = ("party", "provider", "recipient", "owner", "municipality")
"""Members of a body that name a party."""
_TEXTS: Final = ("kind", "actor", "scheme", "reason", *PARTY_KEYS)
_OUTER: Final = ("time", "kind", "actor")
_PATHS: Final = ", ".join(f"'$.{name}'" if name in _OUTER else f"'$.body.{name}'" for name in ("time", "use", *_TEXTS))
_NAMED: Final = ", ".join(f'found[{number}] AS "{name}"' for number, name in enumerate(_TEXTS, 3))
_EXTRACT: Final = f"""
    SELECT n, epoch_us(CAST(found[1] AS TIMESTAMP)) AS moment, TRY_CAST(found[2] AS UUID) AS "use", {_NAMED}
    FROM (SELECT n, json_extract_string(entry, [{_PATHS}]) AS found FROM given)
"""  # noqa: S608 # made of our own names
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Question:
    """What is looked for; each part that is given must hold.

    Attributes:
        party: id: entries that name it, are about a scheme of which it is provider or recipient, or were caused by one
            of its people, as far as the log tells of them.
        scheme, reason, kind, actor, use: as the entry says.
        start, end: half-open span [start, end) of the time of recording, aware.

    Raises:
        InputError: when a part is no reference, or a time has no zone.
    """

    party: str | None = None
    scheme: str | None = None
    reason: str | None = None
    kind: str | None = None
    actor: str | None = None
    use: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for name, value in self.references.items():
            form = _UUID if name == "use" else REFERENCE
            if len(value) > 128 or not form.fullmatch(value):
                raise InputError(Place("search", field=name), "this is no reference", "use an id as the ledger has it")
        for name, moment in (("from", self.start), ("to", self.end)):
            if moment is not None and moment.tzinfo is None:
                raise InputError(Place("search", field=name), "the time has no zone", "give it with its zone")

    @property
    def references(self) -> dict[str, str]:
        """The parts that are references, by name."""
        names = ("party", "scheme", "reason", "kind", "actor", "use")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def members(self) -> dict[str, str]:
        """Return every part as text, as a manifest of evidence says what was asked."""
        times = {"start": self.start, "end": self.end}
        return self.references | {key: moment.astimezone(UTC).isoformat() for key, moment in times.items() if moment}


@dataclass(frozen=True)
class Hit:
    """An entry that was found, read from the log and proved.

    Attributes:
        index: zero-based.
        entry: as recorded.
    """

    index: int
    entry: Entry


@dataclass(frozen=True)
class Found:
    """A page of hits, latest first.

    Attributes:
        hits: proved.
        older: what `before` of the next page is, None behind the last one.
        total: how many there are of the whole question, as far as the index is to be believed.
        size: number of entries that were searched.
    """

    hits: tuple[Hit, ...]
    older: int | None
    total: int
    size: int


@dataclass(frozen=True)
class _Membership:
    """What belongs to a party: by the log's own entries."""

    party: str
    schemes: frozenset[str]
    actors: frozenset[str]


class _Looked(NamedTuple):
    """What the index says: indices, one more than asked for where there are more."""

    indices: list[int]
    total: int
    size: int
    membership: _Membership | None


class LedgerSearch:
    """Searches one log. Safe to share between threads.

    Args:
        reader: of the log.
        vkey: the log's verifier key.
        folder: where the index lies; made where it is missing. Not within the log's own folder.

    Attributes:
        reader, vkey: as given.
    """

    def __init__(self, reader: LedgerReader, vkey: str, folder: Path) -> None:
        self.reader = reader
        self.vkey = vkey
        self._verifier = Verifier.from_vkey(vkey)
        self._folder = folder
        self._mutex = threading.Lock()
        self._files: dict[tuple[int, int], Path] = {}
        self._size = -1
        self._members: dict[str, tuple[int, _Membership]] = {}

    @cached_property
    def _database(self) -> Any:
        """Opened when something is first asked."""
        database = duckdb.connect(":memory:")
        columns = ", ".join(f'"{name}" VARCHAR' for name in _TEXTS)
        database.execute(f'CREATE TABLE tail (n BIGINT, moment BIGINT, "use" UUID, {columns})')
        return database

    def find(self, question: Question, before: int | None = None, limit: int = 50) -> Found:
        """Return a page of what the question asks for, latest first.

        Args:
            question: what is looked for.
            before: only entries below this index.
            limit: at most so many.

        Raises:
            IntegrityError: when an entry that was found is not in the signed tree.
            LedgerUnavailableError: when log or index cannot be read or written.
        """
        looked = self._healing(partial(self._look, question, before, limit))
        found, membership = looked.indices, looked.membership
        hits = tuple(hit for hit in self.proved(found[:limit]) if meets(hit.entry, question, membership))
        return Found(hits, found[limit - 1] if len(found) > limit else None, looked.total, looked.size)

    def indices(self, question: Question, limit: int) -> list[int]:
        """Return the indices of what the question asks for, latest first, at most so many; not proved yet."""
        return self._healing(partial(self._look, question, None, limit)).indices[:limit]

    def scan(self, question: Question) -> Iterator[Hit]:
        """Yield what the question asks for, oldest first, from the log alone: slow, and nothing is left out.

        Entries are as they stand in the bundles; `check` proves all of them.
        """
        membership = None if question.party is None else self._scanned_membership(question.party)
        for index, entry in enumerate(self.reader.entries()):
            if meets(entry, question, membership):
                yield Hit(index, entry)

    def proved(self, indices: list[int]) -> list[Hit]:
        """Return entries by index, each proved to be in the tree of the present checkpoint.

        Raises:
            IntegrityError: when one is not.
        """
        head = open_checkpoint(self.reader.checkpoint(), self._verifier)
        hits = []
        for index, path in zip(indices, self.reader.inclusion_proofs(indices, head.size), strict=True):
            data = self.reader.entry_bytes(index)
            verify_inclusion(leaf_hash(data), index, head.size, path, head.root)
            hits.append(Hit(index, Entry.from_bytes(data)))
        return hits

    def refresh(self) -> int:
        """Bring the index up to the present size of the log; return that size."""
        return self._healing(self._refresh)

    def _healing(self, work: Callable[[], T]) -> T:
        """Do something with the index; look at its files again where it fails, and then make it anew."""
        with self._mutex, disk_errors():
            for damaged in (False, True):
                try:
                    return work()
                except duckdb.Error:
                    self._files, self._size = {}, -1
                    for path in self._folder.glob("*.parquet") if damaged else ():
                        path.unlink(missing_ok=True)
            try:
                return work()
            except duckdb.Error as error:
                raise IntegrityError(
                    "the log holds an entry that cannot be read, or the index cannot be made"
                ) from error

    def _look(self, question: Question, before: int | None, limit: int) -> _Looked:
        size = self._refresh()
        membership = None if question.party is None else self._membership(question.party)
        where, values = _condition(question, membership)
        counted = f"SELECT count(*) FROM everything WHERE {where}"  # noqa: S608 # made of our names; values are bound
        total = self._ask(counted, values)[0][0]
        latest = f"SELECT n FROM everything WHERE {where} AND n < ? ORDER BY n DESC LIMIT ?"  # noqa: S608 # as above
        bound = size if before is None else min(before, size)
        found = [row[0] for row in self._ask(latest, [*values, bound, limit + 1])]
        return _Looked(found, total, size, membership)

    def _refresh(self) -> int:
        size = self.reader.size
        if size == self._size:
            return size
        self._folder.mkdir(parents=True, exist_ok=True)
        ranges = _ranges(size)
        wanted = {span: self._files.get(span) or self._path(span, size) for span in ranges}
        for (start, stop), path in wanted.items():
            if not path.exists():
                self._make(path, start, stop, size)
        self._tail(ranges[-1][1] if ranges else 0, size)
        if wanted.keys() != self._files.keys() or not self._files:
            for stray in set(self._folder.glob("*.parquet")) - set(wanted.values()):
                stray.unlink(missing_ok=True)
            names = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in wanted.values())
            view = "SELECT * FROM tail"
            if wanted:
                view += f" UNION ALL SELECT * FROM read_parquet([{names}])"  # noqa: S608 # our own names
            self._database.execute(f"CREATE OR REPLACE VIEW everything AS {view}")
        self._files, self._size = wanted, size
        return size

    def _path(self, span: tuple[int, int], size: int) -> Path:
        """Return the file of a range, whose name holds a digest of the range's hashes."""
        first, last = span[0] // WIDTH, span[1] // WIDTH
        hashes = b""
        for tile in range(first // WIDTH, -(-last // WIDTH)):
            data = self.reader.tile(1, tile, size)
            begin, end = max(first - tile * WIDTH, 0), min(last - tile * WIDTH, WIDTH)
            hashes += data[begin * HASH_BYTES : end * HASH_BYTES]
        if len(hashes) != (last - first) * HASH_BYTES:
            raise IntegrityError("a tile lacks hashes")
        name = f"{span[0]:012d}-{span[1]:012d}-{sha256(hashes).hexdigest()[:16]}.parquet"
        return self._folder / name

    def _make(self, path: Path, start: int, stop: int, size: int) -> None:
        given = self._given(start, stop, size)
        fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            self._database.register("given", given)
            target = str(fresh).replace("'", "''")
            self._database.execute(f"COPY ({_EXTRACT}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
            fresh.replace(path)
        except duckdb.Error as error:
            raise IntegrityError(
                "the log holds an entry that cannot be read, or the index cannot be written"
            ) from error
        finally:
            self._database.unregister("given")
            fresh.unlink(missing_ok=True)

    def _tail(self, start: int, size: int) -> None:
        self._database.register("given", self._given(start, size, size))
        try:
            self._database.execute("DELETE FROM tail")
            self._database.execute(f"INSERT INTO tail {_EXTRACT}")
        finally:
            self._database.unregister("given")

    def _given(self, start: int, stop: int, size: int) -> pa.Table:
        """Return entries as a table of their indices and their text."""
        texts: list[bytes] = []
        for bundle in range(start // WIDTH, -(-stop // WIDTH)):
            texts += decode_bundle(self.reader.tile("entries", bundle, size))
        kept = texts[: stop - start]
        if len(kept) < stop - start:
            raise IntegrityError("an entry bundle lacks entries")
        return pa.table(
            {"n": pa.array(range(start, stop), pa.int64()), "entry": pa.array(kept, pa.binary()).cast("string")}
        )

    def _ask(self, query: str, values: list[object]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._database.execute(query, values).fetchall()
        return rows

    def _membership(self, party: str) -> _Membership:
        known = self._members.get(party)
        if known is not None and known[0] == self._size:
            return known[1]
        query = (
            "SELECT n FROM everything WHERE (kind = 'actor.registered' AND party = $1)"
            " OR (kind = 'scheme.submitted' AND (provider = $1 OR recipient = $1))"
        )
        rows = self._ask(query, [party])
        made = _made_of(party, (self.reader.entry(row[0]) for row in rows))
        self._members[party] = (self._size, made)
        return made

    def _scanned_membership(self, party: str) -> _Membership:
        named = (entry for _, entry in self.reader.naming(party))
        return _made_of(party, (entry for entry in named if entry.kind in {"actor.registered", "scheme.submitted"}))


def meets(entry: Entry, question: Question, membership: _Membership | None) -> bool:
    """Return whether an entry is what a question asks for."""
    body = entry.body
    for name, value in question.references.items():
        if name in {"kind", "actor"}:
            fits = getattr(entry, name) == value
        elif name == "party":
            fits = membership is not None and _belongs(entry, membership)
        else:
            fits = body.get(name) == value
        if not fits:
            return False
    return not (
        (question.start is not None and entry.time < question.start)
        or (question.end is not None and entry.time >= question.end)
    )


def _belongs(entry: Entry, membership: _Membership) -> bool:
    return (
        any(entry.body.get(key) == membership.party for key in PARTY_KEYS)
        or entry.actor in membership.actors
        or entry.body.get("scheme") in membership.schemes
    )


def _made_of(party: str, entries: Iterator[Entry]) -> _Membership:
    schemes, actors = set(), set()
    for entry in entries:
        if entry.kind == "actor.registered" and entry.body.get("party") == party:
            actors.add(str(entry.body.get("subject")))
        elif entry.kind == "scheme.submitted" and party in {entry.body.get("provider"), entry.body.get("recipient")}:
            schemes.add(str(entry.body.get("scheme")))
    return _Membership(party, frozenset(schemes), frozenset(actors))


def _condition(question: Question, membership: _Membership | None) -> tuple[str, list[object]]:
    """Return the question as a condition of SQL, and the values that it binds."""
    terms, values = ["true"], list[object]()
    for name, value in question.references.items():
        if name == "party" and membership is not None:
            named = " OR ".join(f'"{key}" = ?' for key in PARTY_KEYS)
            terms.append(f"({named} OR list_contains(?, actor) OR list_contains(?, scheme))")
            values += [*([value] * len(PARTY_KEYS)), sorted(membership.actors), sorted(membership.schemes)]
        else:
            terms.append(f'"{name}" = ?')
            values.append(value)
    bounds: Mapping[str, datetime | None] = {"moment >= ?": question.start, "moment < ?": question.end}
    for term, moment in bounds.items():
        if moment is not None:
            terms.append(term)
            values.append(microseconds(moment))
    return " AND ".join(terms), values


def _ranges(size: int) -> list[tuple[int, int]]:
    """Return the full ranges of a log, in order."""
    bigs = [(start, start + BIG) for start in range(0, size - size % BIG, BIG)]
    first = size - size % BIG
    return bigs + [(start, start + SMALL) for start in range(first, size - size % SMALL, SMALL)]
