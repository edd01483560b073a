"""The projection: the state of people as this process knows it, brought up to date before every decision.

`now` reads the events after the one it has reached, in the session of whoever asks: one indexed read, usually of
nothing. Must hold: what a session can see is in the state that it is handed; events that are not committed are in no
state but that of the session that wrote them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from umaya.gate.people import snapshots
from umaya.gate.people.events import WORDS, EventKind, has_unsettled, hold
from umaya.gate.people.models import EVENTS, TopicRow
from umaya.gate.people.state import SPENT, WITHDRAWN, Cell, PeopleState, Step, advanced
from umaya.stores.database import Database
from umaya.types.errors import IntegrityError

CHUNK: Final = 100_000
"""Events handled at a time: bounds the memory of a start."""
SNAPSHOT_EVERY: Final = 100_000
"""A process that starts reads at most about so many events."""
_SEQ, _KIND, _TOPIC, _TEXT, _PERSON, _ORIGIN, _LAST_DAY = range(7)
_KIND_BITS, _TEXT_BITS = 4, 22  # room for every kind, and for every day of the calendar
_NUMBERS: Final = ("kind", "topic", "text", "person", "origin", "last_day")
_AFTER: Final = (
    select(EVENTS.c.seq, *(func.coalesce(EVENTS.c[name], 0) for name in _NUMBERS), EVENTS.c.people)
    .where(EVENTS.c.seq > bindparam("reached"))
    .order_by(EVENTS.c.seq)
    .limit(CHUNK)
)

Columns = NDArray[np.int64]
"""Events as rows of the columns before `people`."""


class Projection:
    """Follows the events of one database. Safe to share among threads.

    Args:
        database: for `latest`, which opens a session of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._state: PeopleState | None = None
        self._kept = 0
        self._topics: dict[int, str] = {}

    def now(self, session: Session) -> PeopleState:
        """Return the state with every event that the session can see, its own included.

        Raises:
            IntegrityError: when an event is missing.
        """
        state = self._begun(session) if self._state is None else self._state
        rows = _after(session, state.reached)
        if not rows:
            return state
        if has_unsettled(session):
            return self._followed(session, state, rows)
        with self._lock:
            if self._state is not None and self._state is not state:  # another thread was faster
                state, rows = self._state, _after(session, self._state.reached)
            self._state = self._followed(session, state, rows)
            return self._state

    def held(self, session: Session) -> PeopleState:
        """Return the state in a writing session, and let nobody else append to the events until it ends.

        Keeps a snapshot when many events have come since the last.
        """
        hold(session)
        state = self.now(session)
        if state.reached - self._kept >= SNAPSHOT_EVERY and not has_unsettled(session):
            self._kept = snapshots.reached(session)
            if state.reached - self._kept >= SNAPSHOT_EVERY:
                snapshots.keep(session, state)
        return state

    def latest(self) -> PeopleState:
        """Return the state with every event that is committed now."""
        with self._database.reading() as session:
            return self.now(session)

    def _begun(self, session: Session) -> PeopleState:
        with self._lock:
            if self._state is None:
                self._state = snapshots.newest(session)
            return self._state

    def _followed(self, session: Session, state: PeopleState, rows: Sequence[Sequence[Any]]) -> PeopleState:
        """Return the state after these events and those that the session sees after them."""
        while rows:
            if (rows[0][_SEQ], rows[-1][_SEQ]) != (state.reached + 1, state.reached + len(rows)):
                raise IntegrityError("an event about people is missing: restore the database from its copy")
            state = advanced(state, self._steps(session, rows), rows[-1][_SEQ])
            rows = _after(session, state.reached) if len(rows) == CHUNK else ()
        return state

    def _steps(self, session: Session, rows: Sequence[Sequence[Any]]) -> Iterator[Step]:
        """Yield what the events do; single words that follow each other are taken together."""
        numbers = np.array([row[:-1] for row in rows], dtype=np.int64)
        bulk = np.fromiter((row[-1] is not None for row in rows), dtype=bool, count=len(rows))
        alone = np.flatnonzero(bulk | ~np.isin(numbers[:, _KIND], WORDS))
        start = 0
        for at in alone.tolist():
            yield from self._word_steps(session, numbers[start:at])
            yield from self._lone_step(session, numbers[at], rows[at][-1])
            start = at + 1
        yield from self._word_steps(session, numbers[start:])

    def _word_steps(self, session: Session, words: Columns) -> Iterator[Step]:
        """Yield, for each topic, where the latest of these words puts its people."""
        for number in np.unique(words[:, _TOPIC]).tolist():
            said = words[words[:, _TOPIC] == number][::-1]
            latest = said[np.unique(said[:, _PERSON], return_index=True)[1]]
            cells = (latest[:, _TEXT] << _TEXT_BITS | latest[:, _LAST_DAY]) << _KIND_BITS | latest[:, _KIND]
            order = np.argsort(cells, kind="stable")
            people = latest[order, _PERSON].astype(np.uint32)
            starts = np.unique(cells[order], return_index=True)[1]
            rows = latest[order[starts]][:, (_KIND, _TEXT, _LAST_DAY)].tolist()
            changes = {_cell(*row): BitMap(part) for row, part in zip(rows, np.split(people, starts[1:]), strict=True)}
            yield Step(EventKind.GIVEN, self._topic(session, number), changes)

    def _lone_step(self, session: Session, event: Columns, people: bytes | None) -> Iterator[Step]:
        kind = EventKind(int(event[_KIND]))
        if kind is EventKind.OUTDATED:
            return
        topic = self._topic(session, int(event[_TOPIC])) if event[_TOPIC] else ""
        if people is not None:
            cell = _cell(kind, int(event[_TEXT]), int(event[_LAST_DAY]))
            yield Step(EventKind.GIVEN, topic, {cell: BitMap.deserialize(people)})
            return
        yield Step(kind, topic, {}, int(event[_TEXT]), int(event[_PERSON]), int(event[_ORIGIN]))

    def _topic(self, session: Session, number: int) -> str:
        if number not in self._topics:
            self._topics[number] = session.execute(select(TopicRow.id).where(TopicRow.number == number)).scalar_one()
        return self._topics[number]


def _after(session: Session, reached: int) -> Sequence[Sequence[Any]]:
    result = session.connection().execute(_AFTER, {"reached": reached})
    rows: Sequence[Sequence[Any]] = result.cursor.fetchall()  # plain tuples: a start reads millions
    result.close()
    return rows


def _cell(kind: int, text: int, last_day: int) -> Cell:
    if kind == EventKind.GIVEN:
        return Cell(EventKind.GIVEN, text, last_day)
    return WITHDRAWN if kind == EventKind.WITHDRAWN else SPENT
