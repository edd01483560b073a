"""Snapshots: a state as bytes, kept beside the events so that a process need not read all of them when it starts.

A snapshot says nothing that the events before it do not say; without one a start is slow and no different. Only the
newest is kept. The form is an Arrow IPC file, one row for each bitmap in the vocabulary of events; one with another
number in `FORM` is passed over.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
from pyroaring import BitMap
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from umaya.gate.people.events import EventKind
from umaya.gate.people.models import SnapshotRow
from umaya.gate.people.state import Cell, PeopleState, Words

FORM: Final = 1
_SCHEMA: Final = pa.schema(
    [
        ("kind", pa.int8()),
        ("topic", pa.string()),
        ("text", pa.int64()),
        ("last_day", pa.int64()),
        ("people", pa.binary()),
    ]
)


def newest(session: Session) -> PeopleState:
    """Return the state of the newest snapshot, or the state before the first event."""
    row = session.execute(select(SnapshotRow.seq, SnapshotRow.data).where(SnapshotRow.form == FORM)).first()
    return PeopleState() if row is None else _read(row.seq, row.data)


def reached(session: Session) -> int:
    """Return the number of the last event within the newest snapshot, 0 where there is none."""
    return session.scalar(select(SnapshotRow.seq).where(SnapshotRow.form == FORM)) or 0


def keep(session: Session, state: PeopleState) -> None:
    """Put a state in the place of the newest snapshot."""
    session.execute(delete(SnapshotRow))
    session.execute(insert(SnapshotRow).values(seq=state.reached, form=FORM, data=_written(state)))


def _written(state: PeopleState) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, _SCHEMA) as file:
        file.write_table(pa.Table.from_pylist(list(_rows(state)), _SCHEMA))
    return sink.getvalue()


def _rows(state: PeopleState) -> Iterator[dict[str, Any]]:
    yield {"kind": EventKind.PROTECTED, "people": state.measures.serialize()}
    yield {"kind": EventKind.MERGED, "people": state.merged.serialize()}
    for topic, words in state.words.items():
        for text in sorted(words.ended):
            yield {"kind": EventKind.TEXT_ENDED, "topic": topic, "text": text}
        for cell, people in words.cells.items():
            place = {"kind": cell.kind, "topic": topic, "text": cell.text, "last_day": cell.last_day}
            yield {**place, "people": people.serialize()}


def _read(seq: int, data: bytes) -> PeopleState:
    alone: dict[int, BitMap] = {}
    cells: dict[str, dict[Cell, BitMap]] = {}
    ended: dict[str, set[int]] = {}
    for row in pa.ipc.open_file(pa.py_buffer(data)).read_all().to_pylist():
        kind, topic = EventKind(row["kind"]), row["topic"]
        if topic is None:
            alone[kind] = BitMap.deserialize(row["people"])
        elif kind is EventKind.TEXT_ENDED:
            ended.setdefault(topic, set()).add(row["text"])
        else:
            cell = Cell(kind, row["text"], row["last_day"])
            cells.setdefault(topic, {})[cell] = BitMap.deserialize(row["people"])
    words = {
        topic: Words(cells.get(topic, {}), frozenset(ended.get(topic, ()))) for topic in cells.keys() | ended.keys()
    }
    return PeopleState(seq, alone[EventKind.PROTECTED], alone[EventKind.MERGED], words)
