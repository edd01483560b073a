"""Campaigns: the consents of many people, taken on one text and handed in as one file.

The file (Parquet, Arrow or CSV) has a column `person`, whole numbers, each once, and may have `evidence`, SHA-256 in
hex of each person's form or log. All or nothing: a fault names file, row and field. It becomes one event with a bitmap
and one ledger entry with a count.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.people.events import MAX_PERSON, WORDS, Event, EventKind, append
from umaya.gate.people.models import ACTS, EVENTS, CampaignEvidenceRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.state import PeopleState
from umaya.gate.people.taking import Channel, act_row, check_party, taken_time
from umaya.gate.people.topics import find_text_row, find_topic_row, text_of
from umaya.gate.people.words import root
from umaya.gate.record import Acts, digest
from umaya.gate.statements import salted
from umaya.law import ConsentTier, day_in_japan
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.site import Actor

Progress = Callable[[str, int], None]
"""Told what is being done, and for how many people."""
_HEX = r"^[0-9a-f]{64}$"
_ADVICE = "give a column `person` of whole numbers, and `evidence` of SHA-256 in hex or none"


@dataclass(frozen=True)
class Campaign:
    """A campaign that was recorded.

    Attributes:
        topic, text: id and version.
        people: how many consents were recorded.
        outdated: how many of the file's people had said something else since; theirs have no effect.
        good_through: last day, in Japan.
        entry: ledger index.
    """

    topic: str
    text: int
    people: int
    outdated: int
    good_through: date
    entry: int


class Campaigns:
    """Records campaigns.

    Args:
        acts: begins acts.
        projection: of the same database.
    """

    def __init__(self, acts: Acts, projection: Projection) -> None:
        self._acts = acts
        self._projection = projection

    def record(
        self, actor: Actor, topic: str, text: int, file: Path, taken_at: datetime | None, progress: Progress | None
    ) -> Campaign:
        """Record the consents of a file; see `Consents.campaign`."""
        tell = progress or _quiet
        table = read_people(file)
        tell("read", table.num_rows)
        numbers = check_people(table, file)
        people = BitMap(numbers)
        people.run_optimize()
        tell("checked", len(people))
        with self._acts.begin() as act:
            state = self._projection.held(act.session)
            of = find_topic_row(act.session, topic)
            check_party(act.session, actor, of)
            if ConsentTier(of.tier).once:
                raise ConflictError("the topic asks each person each time: a campaign cannot stand for that")
            shown = find_text_row(act.session, of, text)
            taken = taken_time(shown, taken_at, act.now)
            _refuse_merged(state, people, numbers, file)
            outdated = people & spoke_since(act.session, state, of.number, taken, late=taken_at is not None)
            people -= outdated
            good_through = text_of(topic, shown).good_through(day_in_japan(taken))
            event = Event(EventKind.GIVEN, of.number, shown.number, last_day=good_through.toordinal(), people=people)
            row = act_row(act, actor, append(act.session, [event]), Channel.CAMPAIGN, taken)
            row.reference = file.name
            act.session.add(row)
            evidence = _evidence(table, numbers)
            if evidence is not None:
                act.session.flush()
                act.session.add(CampaignEvidenceRow(seq=row.seq, data=evidence))
            tell("written", len(people))
            body = {
                "topic": topic,
                "text": text,
                "people": len(people),
                "outdated": len(outdated),
                "digest": salted(digest(people.serialize()), row.salt),
                "evidence": None if evidence is None else salted(digest(evidence), row.salt),
                "taken_at": taken,
                "good_through": good_through,
            }
            entry = row.entry = act.record("consent.campaign", actor.id, body)
        tell("recorded", len(people))
        return Campaign(topic, text, len(people), len(outdated), good_through, entry)


def _quiet(step: str, people: int) -> None:
    del step, people


def spoke_since(session: Session, state: PeopleState, topic: int, taken: datetime, *, late: bool) -> BitMap:
    """Return everybody whose word on a topic was taken later than a moment; at it, too, where it was stated `late`."""
    since_then = ACTS.c.taken_at >= taken if late else ACTS.c.taken_at > taken
    since = (
        select(EVENTS.c.person)
        .join(ACTS, ACTS.c.seq == EVENTS.c.seq)
        .where(since_then, EVENTS.c.topic == topic, EVENTS.c.kind.in_([int(kind) for kind in WORDS]))
    )
    found = BitMap(session.scalars(since.where(EVENTS.c.person.is_not(None))).all())
    for people in session.scalars(since.with_only_columns(EVENTS.c.people).where(EVENTS.c.people.is_not(None))):
        found |= BitMap.deserialize(people)
    return found | BitMap([root(session, state, number) for number in found & state.merged])


def read_people(file: Path) -> pa.Table:
    """Read `.parquet`, `.arrow` or `.csv`.

    Raises:
        InputError: when the file cannot be read, or has other columns.
    """
    try:
        if file.suffix == ".parquet":
            table = pq.read_table(file)
        elif file.suffix == ".csv":
            options = pyarrow.csv.ConvertOptions(column_types={"evidence": pa.string()}, strings_can_be_null=True)
            table = pyarrow.csv.read_csv(file, convert_options=options)
        else:
            with pa.memory_map(str(file)) as source:
                table = pa.ipc.open_file(source).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(Place(str(file)), "the file cannot be read", "give Parquet, Arrow or CSV") from error
    if not {"person"} <= set(table.column_names) <= {"person", "evidence"} or table.num_columns > 2:
        raise InputError(Place(str(file)), "the columns are not those of a campaign", _ADVICE)
    return table


def check_people(table: pa.Table, file: Path) -> NDArray[np.uint32]:
    """Return the person numbers of a campaign.

    Raises:
        InputError: at the first row with a fault.
    """
    column = table.column("person").combine_chunks()
    if not pa.types.is_integer(column.type) or not len(column):
        raise InputError(Place(str(file), field="person"), "the column holds no whole numbers", _ADVICE)
    fine = pc.fill_null(pc.and_(pc.greater_equal(column, 0), pc.less_equal(column, MAX_PERSON)), False)
    _refuse(pc.invert(fine).to_numpy(zero_copy_only=False), file, "person", "is no person number")
    numbers: NDArray[np.uint32] = column.cast(pa.uint32()).to_numpy()
    first = np.zeros(len(numbers), dtype=bool)
    first[np.unique(numbers, return_index=True)[1]] = True
    _refuse(~first, file, "person", "stands in a row before")
    if "evidence" in table.column_names:
        evidence = table.column("evidence").combine_chunks()
        if not pa.types.is_string(evidence.type) and not pa.types.is_null(evidence.type):
            raise InputError(Place(str(file), field="evidence"), "the column holds no text", _ADVICE)
        wrong = pc.invert(pc.fill_null(pc.match_substring_regex(evidence.cast(pa.string()), _HEX), True))
        _refuse(wrong.to_numpy(zero_copy_only=False), file, "evidence", "is no SHA-256 in hex")
    return numbers


def _refuse(wrong: NDArray[np.bool_], file: Path, field: str, problem: str) -> None:
    if wrong.any():
        raise InputError(Place(str(file), int(wrong.argmax()) + 1, field), problem, _ADVICE)


def _refuse_merged(state: PeopleState, people: BitMap, numbers: NDArray[np.uint32], file: Path) -> None:
    merged = people & state.merged
    if merged:
        _refuse(np.isin(numbers, np.array(merged, dtype=np.uint32)), file, "person", "was merged into another number")


def _evidence(table: pa.Table, numbers: NDArray[np.uint32]) -> bytes | None:
    """Return persons and their evidence digests as an Arrow IPC file, or None where there are none."""
    if "evidence" not in table.column_names or table.column("evidence").null_count == table.num_rows:
        return None
    given = table.column("evidence").combine_chunks()
    kept = pc.is_valid(given)
    text = given.filter(kept)
    characters = memoryview(text.buffers()[2])[64 * text.offset : 64 * (text.offset + len(text))]
    digests = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), len(text), [None, pa.py_buffer(bytes.fromhex(str(characters, "ascii")))]
    )
    sink = io.BytesIO()
    rows = pa.table({"person": pa.array(numbers).filter(kept), "evidence": digests})
    with pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue()
