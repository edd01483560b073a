"""The break-glass desk: opens, warns, ends, has it reviewed.

Must hold: an opening is durably in the ledger before any data leaves, and a refused one is there too; two openings of
one requester never stand unreviewed side by side; nobody reviews their own. Reads no data: what is opened within an
emergency is a use like any other (`use`), which the gate decides anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.emergency.asking import EmergencyRequest, Permission, judge, locked_by
from umaya.gate.emergency.models import EmergencyRow, EmergencyWarningRow
from umaya.gate.emergency.notify import Notification, Notifier
from umaya.gate.emergency.openings import Emergency, EmergencyState, Finding, emergency_of, find_emergency
from umaya.gate.emergency.plan import Contact, Plan, contacts, plans_for, watches
from umaya.gate.emergency.warnings import Warned, raise_alarm, warn, warned_of
from umaya.gate.hands import hands
from umaya.gate.models import ActorRow, DatasetRow, EventRow, PartyRow, UseRow
from umaya.gate.record import Act, Acts, NotRecordedError, digest
from umaya.gate.roles import AUDITOR, PRIVACY_OFFICER, RESPONDER, VERIFIER
from umaya.gate.statements import salted, statement
from umaya.gate.use import Use
from umaya.gate.use_record import reference
from umaya.gate.uses import UseState
from umaya.law import RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError, Place
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Obligations, Window


@dataclass(frozen=True)
class EmergencyRefusal:
    """Nothing opens.

    Attributes:
        id: of what was asked.
        reason: why.
        entry: ledger index; None when the ledger could not write.
        call: who of the dataset's owner is to be called; nobody where there is no such dataset.
        earlier: the opening that locks the requester, where that is the reason.
    """

    id: str
    reason: Reason
    entry: int | None
    call: tuple[Contact, ...] = ()
    earlier: str | None = None


@dataclass(frozen=True)
class EmergencyUse:
    """Data that was opened within an emergency; `rows` is None while it is on its way."""

    id: str
    at: datetime
    state: UseState
    rows: int | None
    entry: int


@dataclass(frozen=True)
class EmergencyRecord:
    """An opening with what followed.

    Attributes:
        warned: everybody who was.
        uses: each time that data was opened within it, earliest first.
    """

    emergency: Emergency
    warned: tuple[Warned, ...]
    uses: tuple[EmergencyUse, ...]

    @property
    def rows(self) -> int:
        """How many rows have left."""
        return sum(use.rows or 0 for use in self.uses)


class Emergencies:
    """The desk of one gate.

    Args:
        acts: begins acts.
        obligations: what the hub can meet.
        law: dated rules.
        notifier: how people are told, besides the pages.
    """

    def __init__(self, acts: Acts, obligations: Obligations, law: RuleBook, notifier: Notifier) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law
        self._notifier = notifier

    def open(self, request: EmergencyRequest) -> Emergency | EmergencyRefusal:
        """Open at once, or refuse; either is in the ledger before this returns, and whoever must know is told.

        Raises:
            InputError: when the end lies in the past.
            NotFoundError: when there is no such actor.
        """
        emergency = self._acts.new_id()
        try:
            with self._acts.begin() as act:
                for hand in sorted(hands(act.session, request.actor.id)):  # one opening at a time
                    act.session.get(ActorRow, hand, with_for_update=True)
                actor = find_actor(act.session, request.actor.id)
                rules = self._law.at(day_in_japan(act.now))
                judged = judge(act.session, request, actor, act.now, rules, self._obligations)
                if isinstance(judged, Reason):
                    return self._refuse(act, emergency, request, actor, judged)
                opened, warned = self._open(act, emergency, request, judged)
        except NotRecordedError:
            return EmergencyRefusal(emergency, Reason.LEDGER_UNAVAILABLE, None)
        self._tell("emergency.opened", emergency, warned)
        return opened

    def use(self, actor: Actor, emergency: str, window: Window | None = None) -> Use:
        """Return the use that opens the data of an emergency now; hand it to the gate, which decides.

        Args:
            actor: who asks; the gate refuses all but the requester.
            emergency: id.
            window: for a dataset with time; None for everything since the event began.

        Raises:
            NotFoundError: when there is no such opening.
        """
        with self._acts.database.reading() as session:
            found = _found(session, emergency)
            if window is None and find_dataset(session, found.dataset).time is not None:
                window = (session.get_one(EventRow, found.event).starts, self._acts.clock.now())
        return Use(actor, found.plan, found.why, window, found.event, found.fields, emergency=emergency)

    def end(self, actor: Actor, emergency: str, note: str) -> None:
        """End an opening now: by its requester, or by who watches over the provider's data.

        Raises:
            InputError, NotFoundError, ForbiddenError, ConflictError: when the note is none, there is no such opening,
                the actor may not, or it is over.
        """
        note = statement(note, Place("emergency", field="note"))
        with self._acts.begin() as act:
            row, found = _locked(act, emergency)
            person = find_actor(act.session, actor.id)
            if person.id != found.requester and not watches(person, found.provider):
                raise ForbiddenError("it is ended by its requester, or by who watches over the provider's data")
            if not found.is_open(act.now):
                raise ConflictError("the emergency is over")
            row.ended_at, row.ended_by, row.end_note = act.now, person.id, note
            body = {"emergency": emergency, "plan": found.plan, "statement": salted(note, row.salt)}
            row.ended_entry = act.record("emergency.ended", person.id, body)
            warned = [one.actor for one in warned_of(act.session, emergency)]
        self._tell("emergency.ended", emergency, [*warned, found.requester])

    def acknowledge(self, actor: Actor, emergency: str) -> None:
        """Note that somebody who was warned has seen it; raises ConflictError when they said so before."""
        with self._acts.begin() as act:
            row = act.session.get(EmergencyWarningRow, (emergency, actor.id), with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such warning")
            if row.seen_at is not None:
                raise ConflictError("it was acknowledged before")
            row.seen_at = act.now
            row.entry = act.record("emergency.acknowledged", actor.id, {"emergency": emergency, "role": row.role})

    def review(self, actor: Actor, emergency: str, finding: Finding, seen: str, measures: str) -> None:
        """Write the review of an opening that is over, which unlocks its requester.

        Args:
            actor: a verifier or privacy officer of the provider, never the requester.
            emergency: id.
            finding: whether it was justified.
            seen: what the reviewer looked at and saw.
            measures: what is done about it.

        Raises:
            InputError, NotFoundError, ForbiddenError: when a text is missing, there is none, or the actor may not.
            ConflictError: when it is open still, or was reviewed before.
        """
        seen = statement(seen, Place("emergency", field="seen"))
        measures = statement(measures, Place("emergency", field="measures"))
        with self._acts.begin() as act:
            row, found = _locked(act, emergency)
            person = find_actor(act.session, actor.id)
            if not may_review(person, found) or found.requester in hands(act.session, person.id):
                raise ForbiddenError("the review is written by the provider's second line, never by the requester")
            state = found.state(act.now)
            if state is not EmergencyState.TO_REVIEW:
                raise ConflictError(f"the emergency is {state}; a review follows its end, once")
            row.reviewed_at, row.reviewed_by, row.finding = act.now, person.id, finding.value
            row.seen, row.measures = seen, measures
            body = {
                "emergency": emergency,
                "plan": found.plan,
                "finding": finding.value,
                "seen": salted(seen, row.salt),
                "measures": salted(measures, row.salt),
            }
            row.review_entry = act.record("emergency.reviewed", person.id, body)
        self._tell("emergency.reviewed", emergency, [found.requester])

    def get(self, actor: Actor, emergency: str) -> EmergencyRecord:
        """Return an opening as its requester's party, who was warned and the auditors may see it.

        Raises:
            NotFoundError: when there is none, or it is not theirs to see.
        """
        with self._acts.database.reading() as session:
            found = _found(session, emergency)
            warned = warned_of(session, emergency)
            person = find_actor(session, actor.id)
            if not _may_see(person, found, warned):
                raise NotFoundError("there is no such emergency")
            return EmergencyRecord(found, tuple(warned), _uses(session, emergency))

    def list(self, actor: Actor) -> Sequence[EmergencyRecord]:
        """Return the openings that somebody may see, latest first."""
        query = select(EmergencyRow).where(EmergencyRow.reason == Reason.PERMITTED.value)
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            found = [emergency_of(session, row) for row in session.scalars(query.order_by(EmergencyRow.entry.desc()))]
            known = ((one, warned_of(session, one.id)) for one in found)
            return [
                EmergencyRecord(one, tuple(warned), _uses(session, one.id))
                for one, warned in known
                if _may_see(person, one, warned)
            ]

    def plans(self, actor: Actor) -> Sequence[Plan]:
        """Return the plans under which the actor's party may ask, by id."""
        with self._acts.database.reading() as session:
            return plans_for(session, actor.party, day_in_japan(self._acts.clock.now()))

    def without_plan(self, actor: Actor) -> Sequence[tuple[str, Sequence[Contact]]]:
        """Return the parties that hold data of which the actor's party has no plan, with whom to call there."""
        planned = {plan.document.dataset for plan in self.plans(actor)}
        with self._acts.database.reading() as session:
            query = select(DatasetRow.owner).where(DatasetRow.id.not_in(planned), DatasetRow.owner != actor.party)
            owners = session.scalars(query.distinct().order_by(DatasetRow.owner)).all()
            return [(owner, contacts(session, owner)) for owner in owners]

    def locked_by(self, actor: Actor) -> Emergency | None:
        """Return the actor's opening that is not reviewed yet, or None."""
        with self._acts.database.reading() as session:
            row = locked_by(session, actor.id)
            return None if row is None else emergency_of(session, row)

    def _open(
        self, act: Act, emergency: str, request: EmergencyRequest, permission: Permission
    ) -> tuple[Emergency, Sequence[str]]:
        plan, document = permission.plan.version, permission.plan.document
        row = _row(act, emergency, request, Reason.PERMITTED)
        row.provider, row.plan, row.version = document.provider, plan.scheme, plan.version
        row.event, row.ends = permission.event.id, permission.ends
        row.area = permission.area.canonical().decode()
        act.session.add(row)
        act.session.flush()
        warned = warn(act, emergency_of(act.session, row))
        body = {
            **_asked(row),
            "reason": Reason.PERMITTED.value,
            "plan": plan.scheme,
            "version": plan.version,
            "document": plan.digest,
            "provider": document.provider,
            "event": row.event,
            "fields": list(row.fields),
            "area": digest(permission.area.canonical()),
            "ends": row.ends,
            "rules": self._law.at(day_in_japan(act.now)).version,
            "warned": len(warned),
        }
        row.entry = act.record("emergency.opened", row.requester, body)
        opened = emergency_of(act.session, row)
        raise_alarm(act, self._acts.new_id(), opened, row.entry)
        return opened, warned

    def _refuse(
        self, act: Act, emergency: str, request: EmergencyRequest, actor: Actor, reason: Reason
    ) -> EmergencyRefusal:
        earlier = locked_by(act.session, actor.id) if reason is Reason.EMERGENCY_LOCKED else None
        dataset = act.session.get(DatasetRow, request.dataset)
        party = None if dataset is None else act.session.get(PartyRow, dataset.owner)
        row = _row(act, emergency, request, reason)
        act.session.add(row)
        row.entry = act.record("emergency.refused", row.requester, {**_asked(row), "reason": reason.value})
        call = () if party is None else tuple(contacts(act.session, party.id))
        return EmergencyRefusal(emergency, reason, row.entry, call, None if earlier is None else earlier.id)

    def _tell(self, subject: str, emergency: str, people: Sequence[str]) -> None:
        """Tell people, and note whom the words of an opening reached."""
        now, reached = self._acts.clock.now(), []
        for actor in people:
            try:
                self._notifier.notify(Notification(actor, subject, emergency, f"/emergency/{emergency}", now))
            except OSError:
                continue
            reached.append(actor)
        with self._acts.database.writing() as session:
            for actor in reached:
                row = session.get(EmergencyWarningRow, (emergency, actor))
                if row is not None and row.sent_at is None:
                    row.sent_at = now


def may_review(actor: Actor, emergency: Emergency) -> bool:
    """Return whether somebody may write the review of an opening."""
    entitled = actor.party == emergency.provider and not actor.roles.isdisjoint({VERIFIER, PRIVACY_OFFICER})
    return entitled and actor.id != emergency.requester


def _may_see(actor: Actor, emergency: Emergency, warned: Sequence[Warned]) -> bool:
    if AUDITOR in actor.roles or watches(actor, emergency.provider):
        return True
    responds = RESPONDER in actor.roles and actor.party == emergency.recipient
    return responds or actor.id in {emergency.requester, *(one.actor for one in warned)}


def _found(session: Session, emergency: str) -> Emergency:
    found = find_emergency(session, emergency)
    if found is None:
        raise NotFoundError("there is no such emergency")
    return found


def _locked(act: Act, emergency: str) -> tuple[EmergencyRow, Emergency]:
    row = act.session.get(EmergencyRow, emergency, with_for_update=True)
    if row is None or row.reason != Reason.PERMITTED:
        raise NotFoundError("there is no such emergency")
    return row, emergency_of(act.session, row)


def _uses(session: Session, emergency: str) -> tuple[EmergencyUse, ...]:
    query = select(UseRow).where(UseRow.emergency == emergency).order_by(UseRow.entry)
    return tuple(
        EmergencyUse(row.id, row.decided_at, UseState(row.state), row.rows, row.entry) for row in session.scalars(query)
    )


def _row(act: Act, emergency: str, request: EmergencyRequest, reason: Reason) -> EmergencyRow:
    return EmergencyRow(
        id=emergency,
        reason=reason.value,
        requester=request.actor.id,
        dataset=reference(request.dataset),
        recipient=reference(request.recipient),
        fields=list(request.fields) if reason is Reason.PERMITTED else [],
        asked_at=act.now,
        why=request.why,
        danger=request.balancing.danger,
        why_raw=request.balancing.why_raw,
        why_fields=request.balancing.why_fields,
        harm=request.balancing.harm,
        salt=act.entropy(16).hex(),
        entry=0,
    )


def _asked(row: EmergencyRow) -> dict[str, object]:
    """Return what the ledger holds of a request, opened or refused: its words as salted digests."""
    balancing = "\n\n".join((row.danger, row.why_raw, row.why_fields, row.harm))
    return {
        "emergency": row.id,
        "dataset": row.dataset,
        "recipient": row.recipient,
        "statement": salted(row.why, row.salt),
        "balancing": salted(balancing, row.salt),
    }
