"""What becomes of records of provision: listed and exported for their party's stewards, erased when their time is over.

Must hold: a steward sees the records of the own party alone; erasing leaves who, when and the ledger entry, not what
was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.provision.models import ProvisionRecordRow, ProvisionUseRow
from umaya.gate.provision.records import Kept, kept
from umaya.gate.record import Acts
from umaya.gate.roles import STEWARD
from umaya.law import day_in_japan
from umaya.law.provision import RecordItem
from umaya.types.errors import ConflictError, NotFoundError
from umaya.types.site import Actor

PROVISION_RECORDS = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("party", pa.string(), nullable=False),
        pa.field("other_party", pa.string(), nullable=False),
        pa.field("scheme", pa.string(), nullable=False),
        pa.field("ground", pa.string(), nullable=False),
        pa.field("form", pa.string(), nullable=False),
        *(pa.field(item.value.replace("-", "_"), pa.string()) for item in RecordItem),
        pa.field("first_on", pa.date32(), nullable=False),
        pa.field("last_on", pa.date32(), nullable=False),
        pa.field("made_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("keep_through", pa.date32(), nullable=False),
        pa.field("uses", pa.string(), nullable=False),
        pa.field("entry", pa.int64(), nullable=False),
    ]
)
"""One row a record; items of the law that the record need not hold are null, `uses` are ids with spaces between."""


class Provisions:
    """Lists, exports and erases.

    Args:
        acts: begins erasures.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def list(self, actor: Actor) -> Sequence[Kept]:
        """Return the records of the actor's party, earliest first; raises ForbiddenError on whoever is no steward."""
        with self._acts.database.reading() as session:
            party = _steward(session, actor).party
            return _records(session, party)

    def expired(self, actor: Actor) -> Sequence[Kept]:
        """Return those of them that need not be kept any longer and are not erased; errors as `list`."""
        today = day_in_japan(self._acts.clock.now())
        return [record for record in self.list(actor) if not record.erased and record.keep_through < today]

    def table(self, actor: Actor) -> pa.Table:
        """Return those of them that are not erased as a table (`PROVISION_RECORDS`); errors as `list`."""
        return pa.Table.from_pylist(
            [_as_row(record) for record in self.list(actor) if not record.erased], PROVISION_RECORDS
        )

    def erase(self, actor: Actor, record: str) -> None:
        """Erase what a record says, once it need not be kept: by a steward of its party.

        Raises:
            NotFoundError: when the actor's party has no such record.
            ForbiddenError: when the actor is no steward.
            ConflictError: when it must be kept still, or was erased before.
        """
        with self._acts.begin() as act:
            steward = _steward(act.session, actor)
            row = act.session.get(ProvisionRecordRow, record, with_for_update=True)
            if row is None or row.party != steward.party:
                raise NotFoundError("there is no such record of provision")
            if row.erased_entry is not None:
                raise ConflictError("the record was erased before")
            if day_in_japan(act.now) <= row.keep_through:
                raise ConflictError(f"the record must be kept through {row.keep_through}")
            act.session.execute(delete(ProvisionUseRow).where(ProvisionUseRow.record == row.id))
            row.items = None
            body = {"record": row.id, "scheme": row.scheme, "party": row.party, "kept_through": row.keep_through}
            row.erased_entry = act.record("provision.erased", steward.id, body)


def _steward(session: Session, actor: Actor) -> Actor:
    person = find_actor(session, actor.id)
    check_role(person, STEWARD)
    return person


def _records(session: Session, party: str) -> list[Kept]:
    query = select(ProvisionRecordRow).where(ProvisionRecordRow.party == party)
    rows = session.scalars(query.order_by(ProvisionRecordRow.made_at, ProvisionRecordRow.id)).all()
    uses = _uses(session, party)
    return [kept(row, uses.get(row.id, ())) for row in rows]


def _uses(session: Session, party: str) -> dict[str, Sequence[str]]:
    query = (
        select(ProvisionUseRow.record, ProvisionUseRow.use)
        .join(ProvisionRecordRow, ProvisionRecordRow.id == ProvisionUseRow.record)
        .where(ProvisionRecordRow.party == party)
        .order_by(ProvisionUseRow.provided_at, ProvisionUseRow.use)
    )
    found: dict[str, list[str]] = {}
    for record, use in session.execute(query):
        found.setdefault(record, []).append(use)
    return dict(found)


def _as_row(record: Kept) -> dict[str, str | date | int | None]:
    said = {item.value.replace("-", "_"): record.items.get(item) for item in RecordItem}
    return {
        "record": record.id,
        "role": record.role.value,
        "party": record.party,
        "other_party": record.other_party,
        "scheme": record.scheme,
        "ground": record.ground.value,
        "form": record.form.value,
        **said,
        "first_on": record.first_on,
        "last_on": record.last_on,
        "made_at": record.made_at,
        "keep_through": record.keep_through,
        "uses": " ".join(record.uses),
        "entry": record.entry,
    }
