"""Records of third-party provision: made when data is provided, kept as long as the law says, then erased.

What a record holds, whether one is owed and how long it is kept is `umaya.law.provision`. Must hold: data that owes a
record does not leave without it; nothing is erased before its last day; the record names no person, but the uses whose
people the hub keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import rfc8785
from sqlalchemy import delete, select

from umaya.gate.catalogue import HUB, Party
from umaya.gate.provision.models import ProvisionRecordRow, ProvisionUseRow
from umaya.gate.provision.particulars import described, find_particulars
from umaya.gate.record import Act, digest
from umaya.law import day_in_japan
from umaya.law.provision import (
    Ground,
    ProvisionRecord,
    RecordDuty,
    RecordForm,
    RecordItem,
    Role,
    other_side,
    record_duty,
    record_faults,
    retention,
)
from umaya.types.errors import ConflictError


@dataclass(frozen=True)
class Provided:
    """What a use provides to a third party: facts that its decision knows.

    Attributes:
        use: id of the use.
        scheme: id.
        provider, recipient: the two sides.
        ground: what the use is to APPI art. 27: `provision` of its basis.
        items: what is provided, e.g. `bank-customers: name, balance`.
        people: how many people, and the root of their tree: `5 people, sha256:...`.
        acquired: how the provider came by the data, in words.
        consent: what the people consented to: topic and text; empty on other grounds.
        published: where the commission published the provider's opt-out; empty on other grounds.
        form: how the record is made: `BATCH` for a standing use, else `EACH`.
    """

    use: str
    scheme: str
    provider: Party
    recipient: Party
    ground: Ground
    items: str
    people: str
    acquired: str
    consent: str = ""
    published: str = ""
    form: RecordForm = RecordForm.EACH


def owes_record(ground: Ground, provider: Party, recipient: Party) -> bool:
    """Return whether a provision owes a record to either side."""
    return any(record_duty(ground, other_side(party.kind)).owed for party in (provider, recipient))


def record_provision(act: Act, provided: Provided) -> tuple[str, ...]:
    """Make the records that a provision owes, of provider and recipient; return their ids, none where none is owed.

    Call it in the act that opens the use, before the act's own entry, so that nothing leaves without its record; where
    nothing leaves after all, `forget_provision`. A batch record of the same scheme, sides and items is carried on
    instead of a new one.

    Raises:
        ConflictError: when a record would lack something that the law asks for, such as a party's address.
        NotRecordedError: when the ledger cannot write.
    """
    rows = [_kept(act, provided, side) for side in _owed(act, provided)]
    if not rows:
        return ()
    body = {
        "use": provided.use,
        "scheme": provided.scheme,
        "provider": provided.provider.id,
        "recipient": provided.recipient.id,
        "form": provided.form.value,
        "records": [row.id for row in rows],
        "document": digest(rfc8785.dumps([row.items or {} for row in rows])),
        "keep_through": max(row.keep_through for row in rows),
    }
    entry = act.record("provision.recorded", HUB, body)
    for row in rows:
        row.entry = entry
    return tuple(row.id for row in rows)


def forget_provision(act: Act, use: str) -> None:
    """Take a use of which nothing left out of the records; a record that covers no other use goes with it.

    The ledger keeps the entry of the record, and says with `use.failed` that nothing was provided.
    """
    named = select(ProvisionUseRow.record).where(ProvisionUseRow.use == use)
    records = act.session.scalars(named).all()
    act.session.execute(delete(ProvisionUseRow).where(ProvisionUseRow.use == use))
    others = select(ProvisionUseRow.record).where(ProvisionUseRow.record == ProvisionRecordRow.id).exists()
    act.session.execute(delete(ProvisionRecordRow).where(ProvisionRecordRow.id.in_(records), ~others))


@dataclass(frozen=True)
class _Side:
    """One side's record: whose, about whom, what is owed and what it says."""

    role: Role
    party: Party
    other: Party
    duty: RecordDuty
    items: dict[str, str]


def _owed(act: Act, provided: Provided) -> list[_Side]:
    """Return the records that are owed, each whole."""
    provider, recipient = provided.provider, provided.recipient
    sides = []
    for role, party, other in ((Role.PROVIDER, provider, recipient), (Role.RECIPIENT, recipient, provider)):
        duty = record_duty(provided.ground, other_side(other.kind))
        if duty.owed:
            items = _items(act, provided, role, party, other, duty)
            sides.append(_Side(role, party, other, duty, items))
    return sides


def _items(act: Act, provided: Provided, role: Role, party: Party, other: Party, duty: RecordDuty) -> dict[str, str]:
    today = day_in_japan(act.now)
    particulars = find_particulars(act.session, other.id, today)
    batch = provided.form is RecordForm.BATCH
    known = {
        RecordItem.CONSENT: provided.consent,
        RecordItem.DATE: today.isoformat(),
        RecordItem.OTHER_PARTY: "" if particulars is None else described(other, particulars),
        RecordItem.PERSON: "the people of each use of this record"
        if batch
        else f"use {provided.use}: {provided.people}",
        RecordItem.ITEMS: provided.items,
        RecordItem.HOW_ACQUIRED: provided.acquired,
        RecordItem.PUBLISHED: provided.published,
    }
    said = {item: known[item] for item in (duty.provider if role is Role.PROVIDER else duty.recipient)}
    found = record_faults(ProvisionRecord(role, provided.form, said, today, today), duty)
    if found:
        about = f": `{found[0].item}`" if found[0].item else ""
        raise ConflictError(f"the record of provision of `{party.id}` is not whole: `{found[0].code}`{about}")
    return {item.value: text for item, text in said.items()}


def _kept(act: Act, provided: Provided, side: _Side) -> ProvisionRecordRow:
    """Return the row of one side's record, carried on or new."""
    row = _carried_on(act, provided, side) or _new(act, provided, side)
    row.last_on = day_in_japan(act.now)
    row.keep_through = retention(provided.form, row.made_at, act.now).through
    act.session.flush()
    act.session.add(ProvisionUseRow(record=row.id, use=provided.use, provided_at=act.now))
    return row


def _carried_on(act: Act, provided: Provided, side: _Side) -> ProvisionRecordRow | None:
    if provided.form is not RecordForm.BATCH:
        return None
    query = select(ProvisionRecordRow).where(
        ProvisionRecordRow.scheme == provided.scheme,
        ProvisionRecordRow.role == side.role.value,
        ProvisionRecordRow.party == side.party.id,
        ProvisionRecordRow.other_party == side.other.id,
        ProvisionRecordRow.form == provided.form.value,
        ProvisionRecordRow.ground == provided.ground.value,
        ProvisionRecordRow.erased_entry.is_(None),
    )
    return next((row for row in act.session.scalars(query.with_for_update()) if row.items == side.items), None)


def _new(act: Act, provided: Provided, side: _Side) -> ProvisionRecordRow:
    today = day_in_japan(act.now)
    row = ProvisionRecordRow(
        id=str(UUID(bytes=act.entropy(16), version=4)),
        role=side.role.value,
        party=side.party.id,
        other_party=side.other.id,
        scheme=provided.scheme,
        ground=provided.ground.value,
        form=provided.form.value,
        source=side.duty.source,
        items=side.items,
        first_on=today,
        last_on=today,
        made_at=act.now,
        keep_through=today,
        entry=0,
        erased_entry=None,
    )
    act.session.add(row)
    return row


@dataclass(frozen=True)
class Kept:
    """A record as its party keeps it.

    Attributes:
        party, other_party: whose record it is, and who stands on the other side.
        items: what it says, by item of the law; empty when erased.
        first_on, last_on: days in Japan of the first and last provision.
        keep_through: last day on which it must be there.
        uses: the uses that it covers, earliest first.
        entry: ledger index of its latest entry.
        erased: whether it was erased.
    """

    id: str
    role: Role
    party: str
    other_party: str
    scheme: str
    ground: Ground
    form: RecordForm
    source: str
    items: dict[RecordItem, str]
    first_on: date
    last_on: date
    made_at: datetime
    keep_through: date
    uses: tuple[str, ...]
    entry: int
    erased: bool


def kept(row: ProvisionRecordRow, uses: Sequence[str]) -> Kept:
    """Return a row as a record."""
    return Kept(
        id=row.id,
        role=Role(row.role),
        party=row.party,
        other_party=row.other_party,
        scheme=row.scheme,
        ground=Ground(row.ground),
        form=RecordForm(row.form),
        source=row.source,
        items={RecordItem(item): text for item, text in (row.items or {}).items()},
        first_on=row.first_on,
        last_on=row.last_on,
        made_at=row.made_at,
        keep_through=row.keep_through,
        uses=tuple(uses),
        entry=row.entry,
        erased=row.erased_entry is not None,
    )
