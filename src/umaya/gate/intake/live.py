"""Live intake: batches of many sources come in second by second, and what is derived from them is made at once.

Responsible for the way of a tick, which takes all batches that have come together. Not for waiting batches (the
services' queue), nor for what engines make. The life of a tick; the numbers recur below:

(1) Whoever sends is asked for role and purpose, every batch is checked; one with a fault is refused whole, one that
    was taken before is told so.
(2) The rest is kept as a sealed segment of the journal, durably: from here on a crash loses nothing.
(3) The engine is fed, and gives the derived rows that are final by now.
(4) Both datasets' rows, the batches' numbers and the entries of the ledger are committed in one act.
(5) Now and then, and when it becomes quiet, the engine's state is kept, and the segments that it covers are removed.

Must hold: a batch that was answered as taken is in vault and ledger; of batches with a number each is taken once, also
when it is sent again after a crash at any moment; derived rows are neither lost nor doubled, because what is made again
from the journal goes under the same ids; one process at a time takes live rows into a dataset; who was erased on their
request does not come back, be it from the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset
from umaya.gate.collection import collected_under, newest_notice
from umaya.gate.digests import table_digest
from umaya.gate.intake import sequences
from umaya.gate.intake.batches import Arrived, Batch, Outcome, looked_at, without_erased
from umaya.gate.intake.derivations import Derivation, Derivations, Derived, Deriver, find_derivation, note_final
from umaya.gate.intake.journal import Journal, Segment
from umaya.gate.intake.taking import in_order, permitted
from umaya.gate.models import IntakeRow
from umaya.gate.record import Act, Acts
from umaya.gate.stops import refuse_erased
from umaya.law import day_in_japan
from umaya.ledger.entries import Given, Record
from umaya.stores.lake import Pending
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.site import Actor
from umaya.vault import Vault

STATE_EVERY = 30
"""Ticks after which the engine's state is kept, once the journal has grown as large as the last state."""
_NONE_YET: Final = -1
_log = logging.getLogger("umaya.live")


class LiveIntake:
    """Opens the live intake of datasets.

    Args:
        acts: begins intakes.
        vault: where rows go.
        derivations: what is derived from which dataset.
        folder: of the journals, within the vault's directory.
        secret: what their key is derived from.
    """

    def __init__(self, acts: Acts, vault: Vault, derivations: Derivations, folder: Path, secret: bytes) -> None:
        self._acts = acts
        self._vault = vault
        self._derivations = derivations
        self._folder = folder
        self._secret = secret

    def check(self, actor: Actor, dataset: str, collection: int | None) -> Dataset:
        """Return the dataset when the actor may take rows into it now; errors as `umaya.gate.intake.Intake.take`."""
        with self._acts.database.reading() as session:
            found = permitted(session, actor, dataset)
            collected_under(session, found, collection, day_in_japan(self._acts.clock.now()))
        return found

    def open(self, dataset: str) -> LiveWriter:
        """Begin to take live rows in, first what a crash left in the journal. Close it, or use it as a context.

        Raises:
            NotFoundError: when there is no such dataset.
            InputError: when it has no time, or nobody was told what for the derived dataset is made.
            ConflictError: when another process takes live rows into it, or its engine is not there.
            IntegrityError: when the journal was changed.
        """
        with self._acts.database.reading() as session:
            found = find_dataset(session, dataset)
            derivation = find_derivation(session, dataset)
            derived = None if derivation is None else find_dataset(session, derivation.derived)
            if derived is not None:
                newest_notice(session, derived, day_in_japan(self._acts.clock.now()))
        if found.time is None:
            raise InputError(Place(f"dataset {dataset}", field="time"), "its rows have no time", "take a file in")
        journal = Journal(self._folder / dataset, dataset, self._secret, self._acts.entropy)
        making = None if derivation is None or derived is None else _Making(derivation, derived, self._derivations)
        return LiveWriter(self._acts, self._vault, found, making, journal)


class _Making:
    """How a dataset's derived rows are made: the engine, and what it makes."""

    def __init__(self, derivation: Derivation, dataset: Dataset, derivations: Derivations) -> None:
        self.derivation = derivation
        self.dataset = dataset
        self._fresh: Callable[[], Deriver] = lambda: derivations.fresh(derivation.engine)
        self.engine = self._fresh()

    def begin(self, state: bytes | None, file: str) -> None:
        """Begin anew, from a state where there is one; `file` is where it lies, for the operator."""
        self.engine = self._fresh()
        if state is not None:
            try:
                self.engine.restore(state)
            except ValueError as error:
                problem = "the kept state of the live engine is of another version or of other roads"
                advice = f"go back to that version, or delete `{file}` and lose the trips under way"
                raise ConflictError(f"{problem}: {advice}") from error


class LiveWriter:
    """Takes live rows into one dataset. Not for several threads at once; made by `LiveIntake.open`."""

    def __init__(self, acts: Acts, vault: Vault, dataset: Dataset, making: _Making | None, journal: Journal) -> None:
        self._acts = acts
        self._vault = vault
        self._dataset = dataset
        self._making = making
        self._journal = journal
        self._tick = _NONE_YET
        self._since_state = 0
        self._grown = 0
        self._uncovered = False
        self._state_size = 0
        self._behind = True
        self._stack = ExitStack()
        try:
            self._stack.enter_context(journal.held())
        except BlockingIOError as error:
            raise ConflictError("another process takes live rows into this dataset") from error
        try:
            self._catch_up()
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def waits(self) -> bool:
        """Whether the engine holds something that time alone will make final."""
        return self._making is not None and self._making.engine.waits

    def close(self) -> None:
        """Keep the engine's state and let other processes take rows in."""
        try:
            if not self._behind:
                self._save()
        finally:
            self._stack.close()

    def take(self, actor: Actor, collection: int | None, batches: Sequence[Batch]) -> list[Outcome]:
        """Take batches in, each of them whole or not at all, and let time pass for the engine; steps (1) to (5).

        Args:
            actor: an operator of the dataset's owner.
            collection: version of the collection notice under which the rows were collected.
            batches: of any sources; none to let time pass alone.

        Returns:
            For each batch what became of it: `Arrived`, or the error that says why it was not taken.

        Raises:
            UmayaError, OSError: when what is not refused could not be taken; send it again. Errors of actor, dataset
                and notice as `umaya.gate.intake.Intake.take`.
        """
        if self._behind:
            self._catch_up()
        with self._acts.database.reading() as session:  # (1)
            permitted(session, actor, self._dataset.id)
            collection = collected_under(session, self._dataset, collection, day_in_japan(self._acts.clock.now()))
            found_of = looked_at(session, self._dataset, batches, self._acts.clock.now())
        good = [batch for batch, found in zip(batches, found_of, strict=True) if isinstance(found, pa.Table)]
        tables = [found for found in found_of if isinstance(found, pa.Table)]
        rows = in_order(self._dataset, pa.concat_tables(tables)) if tables else self._dataset.schema.empty_table()
        intake = ""
        if rows.num_rows or self.waits:
            intake = self._tick_with(self._segment(actor, collection, good, rows))
        elif not batches:
            self._note_quiet()
        return [Arrived(intake, found.num_rows) if isinstance(found, pa.Table) else found for found in found_of]

    def _tick_with(self, segment: Segment) -> str:
        """Take a segment in, and return the id of its intake; a failure leaves the engine to be set right first.

        What failed before anything was committed leaves the journal again: it was not taken, and a source that numbers
        nothing may send it anew.
        """
        self._uncovered = True
        self._grown += self._journal.append(segment)  # (2)
        self._tick = segment.tick
        committing: list[Pending] = []
        try:
            self._carry(segment, committing)
        except BaseException:
            self._behind = True
            if not committing:
                self._journal.drop(segment.tick)
            raise
        self._keep_state()
        return str(segment.head["intake"])

    def _note_quiet(self) -> None:
        """Note that time has passed in which nothing came; the journal has no cause to hold positions any longer."""
        if self._uncovered:
            self._save()
        if self._making is not None:
            with self._acts.database.writing() as session:
                until = self._making.engine.final_until(self._now())
                note_final(session, self._dataset.id, until)

    def _segment(self, actor: Actor, collection: int | None, good: Sequence[Batch], rows: pa.Table) -> Segment:
        names = sorted({batch.source for batch in good})
        head = {
            "intake": self._acts.new_id(),
            "derived": self._acts.new_id(),
            "actor": actor.id,
            "collection": collection,
            "at": self._now().isoformat(),
            "told": self._told(),
            "source": names[0] if len(names) == 1 else f"{len(names)} feeds",
            "batches": len(good),
            "numbers": [(batch.source, batch.sequence) for batch in good if batch.sequence is not None],
        }
        return Segment(self._tick + 1, head, rows)

    def _now(self) -> datetime:
        """Return what the clock says, or the moment of the last tick while the clock is behind it."""
        now, last = self._acts.clock.now(), None if self._making is None else self._making.engine.arrived
        return now if last is None else max(now, last)

    def _told(self) -> str | None:
        """Return until when derived rows were called final so far."""
        with self._acts.database.reading() as session:
            derivation = find_derivation(session, self._dataset.id)
        return None if derivation is None or derivation.final_until is None else derivation.final_until.isoformat()

    def _carry(self, segment: Segment, committing: list[Pending]) -> None:
        """Carry a segment from the journal into the vault; one that is there already feeds the engine alone."""
        made = self._made(segment)  # (3)
        self._commit(segment, made, committing)  # (4)

    def _made(self, segment: Segment) -> Derived | None:
        if self._making is None:
            return None
        at, told = datetime.fromisoformat(segment.head["at"]), segment.head.get("told")
        return self._making.engine.feed(
            segment.rows, at, segment.tick, None if told is None else datetime.fromisoformat(told)
        )

    def _commit(self, segment: Segment, made: Derived | None, committing: list[Pending]) -> None:
        head = segment.head
        with ExitStack() as stack:
            staged = [(str(head["intake"]), self._dataset, segment.rows)]
            if made is not None and self._making is not None:
                staged.append((str(head["derived"]), self._making.dataset, made.rows))
            staged = [(name, dataset, in_order(dataset, rows)) for name, dataset, rows in staged if rows.num_rows]
            pending = [self._staged(stack, *one) for one in staged]
            act = stack.enter_context(self._acts.begin())
            if any(act.session.get(IntakeRow, name) is not None for name, *_ in staged):
                return  # a crash came after all of this
            self._check_erased(act.session, segment)
            rows = [self._intake_row(act, head, name, dataset, table) for name, dataset, table in staged]
            act.session.add_all(rows)
            act.session.flush()
            numbers = [(str(source), int(number)) for source, number in head["numbers"]]
            if not segment.rows.num_rows:  # all were erased before an earlier try, which may have come as far as this
                before = sequences.taken_before(act.session, self._dataset.id, numbers)
                numbers = [key for key in numbers if key not in before]
            sequences.note_taken(act.session, self._dataset.id, numbers, str(head["intake"]))
            if self._making is not None:
                at = datetime.fromisoformat(head["at"])
                note_final(act.session, self._dataset.id, self._making.engine.final_until(at))
            records = [self._record(row, head, made) for row in rows]
            if records:
                for row, entry in zip(rows, act.record_many(records), strict=True):
                    row.entry = entry
            for one in pending:
                if one is not None:
                    committing.append(one)
                    one.commit()

    def _check_erased(self, session: Session, segment: Segment) -> None:
        """Raise ConflictError when somebody was erased since the batches were looked at."""
        try:
            if segment.rows.num_rows:
                refuse_erased(session, self._dataset, segment.rows, str(segment.head["source"]))
        except InputError as error:
            raise ConflictError("somebody was erased while the batch was being taken in: send it again") from error

    def _staged(self, stack: ExitStack, name: str, dataset: Dataset, rows: pa.Table) -> Pending | None:
        """Stage rows under the name of their intake; None where an earlier try made them hold."""
        try:
            return stack.enter_context(self._vault.stage(dataset.id, dataset.layout, rows, name))
        except ConflictError:
            return None

    def _intake_row(self, act: Act, head: Mapping[str, Any], name: str, dataset: Dataset, rows: pa.Table) -> IntakeRow:
        own = dataset.id == self._dataset.id
        return IntakeRow(
            id=name,
            dataset=dataset.id,
            actor=str(head["actor"]),
            source=str(head["source"]) if own else self._dataset.id,
            rows=rows.num_rows,
            digest=table_digest(rows),
            at=act.now,
            entry=0,
            collection=head["collection"] if own else newest_notice(act.session, dataset, day_in_japan(act.now)),
        )

    def _record(self, row: IntakeRow, head: Mapping[str, Any], made: Derived | None) -> Record:
        body: dict[str, Given] = {"intake": row.id, "dataset": row.dataset, "rows": row.rows, "data": row.digest}
        if row.dataset == self._dataset.id:
            body |= {"batches": int(head["batches"])}
            kind = "dataset.received"
        else:
            body |= {"source": self._dataset.id, "late": 0 if made is None else made.late}
            kind = "dataset.derived"
        if row.collection is not None:
            body |= {"collection": row.collection}
        return Record(kind, row.actor, body)

    def _catch_up(self) -> None:
        """Take up the engine's last state and what came after it."""
        self._journal.sweep()
        kept = self._journal.state()
        self._tick = _NONE_YET if kept is None else kept[0]
        if self._making is not None:
            self._making.begin(None if kept is None else kept[1], self._journal.state_name(self._tick))
        count = 0
        for segment in self._journal.segments(self._tick):
            self._carry(self._without_erased(segment), [])
            self._tick, count = segment.tick, count + 1
        if count:
            _log.warning("live intake went on after a stop: %d ticks were carried again", count)
        self._since_state, self._grown, self._behind = count, 0, False
        self._uncovered = count > 0
        self._keep_state()

    def _without_erased(self, segment: Segment) -> Segment:
        """Leave out the rows of people who were erased after the segment was kept."""
        with self._acts.database.reading() as session:
            rows = without_erased(session, self._dataset, segment.rows)
        return Segment(segment.tick, segment.head, rows)

    def _keep_state(self) -> None:
        """Keep the engine's state when it is time (5); without an engine nothing needs to be fed again."""
        self._since_state += 1
        if self._making is None or (self._since_state >= STATE_EVERY and self._grown >= self._state_size):
            self._save()

    def _save(self) -> None:
        """Keep the engine's state; where that fails the journal still covers all, and nobody needs to be told."""
        if self._tick == _NONE_YET:
            return
        self._since_state = 0
        try:
            if self._making is None:
                self._journal.forget(self._tick)
            else:
                self._state_size = self._journal.save(self._tick, self._making.engine.snapshot())
        except OSError as error:
            _log.error("the state of live intake could not be kept, the journal grows: %s", error.strerror)
            return
        self._grown, self._uncovered = 0, False
