"""Takes rows in, or tells beforehand what would be taken."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_actor, find_dataset
from umaya.gate.collection import collected_under
from umaya.gate.digests import table_digest
from umaya.gate.hats import check_role
from umaya.gate.intake.faults import Checked, check
from umaya.gate.models import IntakeRow
from umaya.gate.record import Acts
from umaya.gate.roles import OPERATOR
from umaya.gate.statements import statement
from umaya.gate.stops import refuse_erased
from umaya.law import day_in_japan
from umaya.types.errors import ForbiddenError, Place
from umaya.types.site import Actor
from umaya.vault import Vault


@dataclass(frozen=True)
class Taken:
    """What was taken in.

    Attributes:
        id: of the intake.
        rows: how many.
        digest: of the rows in the dataset's order, `sha256:` and hex.
        entry: ledger index.
        left_out: rows with faults that were left out.
    """

    id: str
    rows: int
    digest: str
    entry: int
    left_out: int = 0


@dataclass(frozen=True)
class Preview:
    """What would be taken in.

    Attributes:
        total: rows given.
        good: rows without a fault.
        faults: of the others; see `umaya.gate.intake.faults.FAULTS`.
        repeated: whether these very rows were taken in before.
    """

    total: int
    good: int
    faults: pa.Table
    repeated: bool


class Intake:
    """Takes in.

    Args:
        acts: begins intakes.
        vault: where the rows go.
    """

    def __init__(self, acts: Acts, vault: Vault) -> None:
        self._acts = acts
        self._vault = vault

    def check(self, actor: Actor, dataset: str) -> Dataset:
        """Return the dataset when the actor may take rows into it; NotFoundError, ForbiddenError as `take`."""
        with self._acts.database.reading() as session:
            return permitted(session, actor, dataset)

    def preview(
        self, actor: Actor, dataset: str, table: pa.Table, source: str, collection: int | None, unread: pa.Table | None
    ) -> Preview:
        """Return what `take` would take; changes and records nothing. Arguments and errors as `take`."""
        with self._acts.database.reading() as session:
            found = permitted(session, actor, dataset)
            collected_under(session, found, collection, day_in_japan(self._acts.clock.now()))
            checked = check(found, table, source, unread)
            digest = table_digest(in_order(found, checked.rows))
            taken = select(IntakeRow.id).where(IntakeRow.dataset == dataset, IntakeRow.digest == digest)
            repeated = checked.rows.num_rows > 0 and session.scalar(taken) is not None
        return Preview(checked.total, checked.rows.num_rows, checked.faults, repeated)

    def take(
        self,
        actor: Actor,
        dataset: str,
        table: pa.Table,
        source: str,
        collection: int | None,
        unread: pa.Table | None = None,
        *,
        keep_good: bool = False,
    ) -> Taken:
        """Take rows into the vault: all of them or none.

        Args:
            actor: an operator of the dataset's owner.
            dataset: id.
            table: columns as catalogued, in any order; nullable ones may be left out.
            source: name of the file or feed, for errors and for the steward; not in the ledger.
            collection: version of the collection notice under which personal data were collected.
            unread: faults found while the file was read; see `files.Read`.
            keep_good: take the good rows, and leave those with faults out.

        Raises:
            InputError: when the rows are not as catalogued; names row and field. When personal data name no collection
                notice that holds.
            ForbiddenError: when the actor may not.
            ConflictError: when the same rows were taken in before.
            NotFoundError: when there is no such dataset.
        """
        source = statement(source, Place("intake", field="source"))
        with self._acts.database.reading() as session:
            found = permitted(session, actor, dataset)
            collected_under(session, found, collection, day_in_japan(self._acts.clock.now()))
        checked = check(found, table, source, unread)
        rows = in_order(found, _to_be_taken(checked, keep_good=keep_good))
        fingerprint = table_digest(rows)
        name = fingerprint.removeprefix("sha256:")
        with self._vault.stage(dataset, found.layout, rows, name) as pending, self._acts.begin() as act:
            permitted(act.session, actor, dataset)
            refuse_erased(act.session, found, rows, source)
            row = IntakeRow(
                id=self._acts.new_id(),
                dataset=dataset,
                actor=actor.id,
                source=source,
                rows=rows.num_rows,
                digest=fingerprint,
                at=act.now,
                entry=0,
                collection=collected_under(act.session, found, collection, day_in_japan(act.now)),
                left_out=checked.total - rows.num_rows,
            )
            act.session.add(row)
            body = {"intake": row.id, "dataset": dataset, "rows": rows.num_rows, "data": fingerprint}
            body |= {"collection": row.collection, "left_out": row.left_out or None}
            row.entry = act.record("dataset.received", actor.id, body)
            pending.commit()
            return Taken(row.id, rows.num_rows, fingerprint, row.entry, row.left_out)


def _to_be_taken(checked: Checked, *, keep_good: bool) -> pa.Table:
    fault = checked.first_fault()
    if fault is not None and (not keep_good or checked.rows.num_rows == 0):
        raise fault
    return checked.rows


def in_order(dataset: Dataset, rows: pa.Table) -> pa.Table:
    """Return rows in the order of their dataset."""
    order = [(name, "ascending") for name in dataset.order]
    return rows.sort_by(order) if order else rows


def permitted(session: Session, actor: Actor, dataset: str) -> Dataset:
    """Return the dataset when the actor may take rows into it; raises NotFoundError or ForbiddenError."""
    found = find_dataset(session, dataset)
    person = find_actor(session, actor.id)
    check_role(person, OPERATOR)
    if person.party != found.owner:
        raise ForbiddenError("data is taken in by the party that it belongs to")
    return found
