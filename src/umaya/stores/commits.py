"""Tells whether anything was committed to a database since one looked, without reading the database.

Must hold: where `version()` returns equal values at two moments, no commit by any thread or process was acknowledged
between them, and what was read after the first is still the truth at the second. Looking anew without need is allowed;
holding what is no longer true is not.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import threading
from collections.abc import Hashable, MutableSequence
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

SUFFIX: Final = "-commits"
"""What the counters' file has after the name of its SQLite database."""
_ANNOUNCED, _SETTLED = 0, 1
_SNAPSHOT: Final = b"SELECT pg_current_snapshot()"


class Commits(Protocol):
    """Follows the commits of one database."""

    def version(self) -> Hashable:
        """See `Database.version`."""
        ...

    def close(self) -> None:
        """Give up what it holds open."""
        ...


class CountedCommits:
    """Two counters that every process which has the database open shares; for SQLite.

    A writer that holds the database's write lock *announces* its ticket, one more than the last, commits, which gives
    up the lock, and then *settles* the ticket. Where both counters are equal, every announced commit is done and no
    other has begun. As tickets only rise, finding the same number again means that none has begun since.

    A writer that is killed between leaves the counters unequal: everybody reads the database until the next commit
    settles a higher ticket. The same happens to one that is held up after its commit until after another's.

    Order of memory: between the stores of the two counters lie the barriers with which SQLite publishes a commit in
    the memory its processes share (the WAL index), and the system calls that give up the lock; neither x86-64 nor ARM64
    moves a store across those. The two loads of `version` may happen in either order. Each counter is one
    aligned word, so that it is read and written whole.

    Args:
        counters: two numbers of 64 bits: announced, settled.
    """

    def __init__(self, counters: MutableSequence[int] | memoryview) -> None:
        self._counters = counters

    @staticmethod
    def beside(path: Path) -> CountedCommits:
        """Return the counters of the SQLite database in this file; they are made where there are none.

        Their file is as private as the database, and bound to it as its WAL is: never remove it while it is in use.
        """
        descriptor = os.open(f"{path}{SUFFIX}", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, 16)  # zeros where there was nothing, on the disk before it is mapped
            return CountedCommits(memoryview(mmap.mmap(descriptor, 16)).cast("Q"))
        finally:
            os.close(descriptor)

    def announce(self) -> int:
        """Return the ticket of a commit that is about to begin. The caller holds the database's write lock."""
        ticket = self._counters[_ANNOUNCED] + 1
        self._counters[_ANNOUNCED] = ticket
        return ticket

    def settle(self, ticket: int) -> None:
        """Say that the commit of this ticket is done."""
        self._counters[_SETTLED] = max(self._counters[_SETTLED], ticket)

    def version(self) -> Hashable:
        counters = self._counters
        settled = counters[_SETTLED]
        return settled if counters[_ANNOUNCED] == settled else object()

    def close(self) -> None:
        """Leave the counters mapped: a thread that still commits may not fail for it."""


class CountedConnection(sqlite3.Connection):
    """A connection whose commits are counted, whoever asks for them.

    Attributes:
        commits: the counters of its database.
        writes: whether its transaction has held the write lock from its beginning.
    """

    commits: CountedCommits
    writes = False

    def commit(self) -> None:
        if not self.in_transaction:
            return
        if not self.writes:
            raise sqlite3.ProgrammingError("a transaction that began as reading is rolled back, never committed")
        ticket = self.commits.announce()
        super().commit()
        self.commits.settle(ticket)


class ServerCommits:
    """The server's own snapshot, asked for on a connection kept for it; for PostgreSQL 13 or later.

    `pg_current_snapshot` names the oldest transaction under way, the number after the latest that ended, and those
    under way between. A transaction that changes anything has a number. Until it is visible it is among those under
    way, or not below that end; once it is visible, and so before its commit is acknowledged, it is neither. Numbers
    have 64 bits and never return, so the same text is the same set of visible transactions. Transactions elsewhere in
    the cluster and rolled back ones change it too, which costs a look and nothing else.

    The connection commits each statement by itself, so each answer is of the moment at which it was asked.

    Args:
        engine: to connect with.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Any = None

    def version(self) -> Hashable:
        with self._lock:
            for _ in range(2):  # the server may have gone away since, and be back
                if self._connection is None:
                    self._connection = self._connected()
                # Below the driver's own layer, which takes as long again as the server does.
                result = self._connection.pgconn.exec_(_SNAPSHOT)
                text: bytes | None = result.get_value(0, 0)
                if text is not None:
                    return text
                self._disconnect()
        raise OperationalError(_SNAPSHOT.decode(), None, ConnectionError("the server does not answer"))

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _connected(self) -> Any:
        pooled = self._engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        connection.autocommit = True  # type: ignore[union-attr] # the driver's own
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
