"""One use decided for one person after another, each in a few microseconds: at a counter, a kiosk, a call list.

The use as a whole is judged once and judged again as soon as anything was committed to the database, its day in Japan
is over, or its event has ended; a person is judged by the compiled rule on the groups of that same moment. Must hold:
a decision is what `Gate.decide` would say of the person at that moment, and comes with the record that the ledger
takes before the use happens (`Gate.enter`); what was permitted is entered only while it is permitted still.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from pyroaring import BitMap
from sqlalchemy import insert
from sqlalchemy.orm import Session

from umaya.gate.alarms import alarm_kind, raise_alarm
from umaya.gate.conditions import Condition
from umaya.gate.judge import Judge, Judged
from umaya.gate.models import UsePeopleRow, UseRow
from umaya.gate.own.models import PERSONS
from umaya.gate.people import Consents
from umaya.gate.people.events import hold
from umaya.gate.people.topics import find_topic
from umaya.gate.person_rule import Group, Verdict, compile_point, compile_set
from umaya.gate.record import Act
from umaya.gate.statements import salted
from umaya.gate.use import Decision, Use
from umaya.gate.use_record import UNKNOWN, decision_body, hashed, reference
from umaya.gate.uses import UseState
from umaya.law.days import end_of_day_in_japan
from umaya.ledger.merkle import EMPTY_ROOT
from umaya.ledger.people_tree import lone_root
from umaya.ledger.templates import Form, Template, TemplateRecord
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason

_MANY: Final = 1000
"""Decisions on one frame after which a set of everybody permitted pays for itself: some milliseconds at ten million."""
_DRAWN: Final = 256
_DIGITS: Final = [at for at in range(36) if at not in {8, 13, 18, 23}]
_TEXTS: Final = [slice(36 * at, 36 * at + 36) for at in range(_DRAWN)]
_OCTETS: Final = [slice(16 * at, 16 * at + 16) for at in range(_DRAWN)]
_NOBODY: Final = hashed(EMPTY_ROOT)
_PERMITTED: Final = Reason.PERMITTED  # a member of an enumeration is looked up slowly
_VARIES: Final = {"decided_at": Form.TIME, "people": Form.DIGEST, "use": Form.UUID}


class PointDecision(NamedTuple):
    """What the gate says of one person.

    Attributes:
        reason: `PERMITTED`, or why not.
        person: the person's number.
        use: id of the use, made for this decision.
        at: the moment it holds for.
        whole: what was decided of the use apart from its people.
        record: what the ledger takes before the use happens.
    """

    reason: Reason
    person: int
    use: str
    at: datetime
    whole: Decision
    record: TemplateRecord


@dataclass(slots=True)
class _Frame:
    """The use as a whole at one version of the database.

    Attributes:
        whole: the decision apart from people.
        judged: what it was decided on.
        judge: the rule for a person.
        version: of the database.
        until: the moment from which it must be judged anew.
        templates: of the records, by reason; made when first needed.
        left: decisions until the rule is compiled anew, for many; never where the use is refused as a whole.
    """

    whole: Decision
    judged: Judged
    judge: Callable[[int], Reason]
    version: Hashable
    until: datetime
    templates: dict[Reason, Template]
    left: int

    def compile_for_many(self) -> None:
        """Look whoever is permitted up in one set; the rule tells the others their reason."""
        case, judge = self.judged.case, self.judge
        if case is None:
            return
        permitted = compile_set(case.rule, case.groups)(case.groups[Group.HELD]).permitted
        self.judge = lambda person: _PERMITTED if person in permitted else judge(person)


class Point:
    """Decides a use for single persons. Not shared between threads: each has its own.

    Args:
        database: whose version tells whether anything changed.
        judge: judges the use as a whole.
        consents: spends words.
        clock: the present.
        secret: what people's keys are derived from.
        entropy: returns so many random bytes, for the ids of uses.
        use: what is asked; the person is asked for with each decision.
    """

    def __init__(
        self,
        database: Database,
        judge: Judge,
        consents: Consents,
        clock: Clock,
        secret: bytes,
        entropy: Callable[[int], bytes],
        use: Use,
    ) -> None:
        self.use = use
        self._database = database
        self._version = database.version
        self._judge = judge
        self._consents = consents
        self._now = clock.now
        self._root = lone_root(secret)
        self._salt = entropy(16).hex()
        self._statement = salted(use.reason, self._salt)
        self._ids = chain.from_iterable(_use_ids(entropy))
        self._frame: _Frame | None = None

    def decide(self, person: int) -> PointDecision:
        """Decide for one person, as of now."""
        now = self._now()
        frame = self._frame
        if frame is None or now >= frame.until or self._version() != frame.version:
            version = self._version()
            with self._database.reading() as session:
                frame = self._frame = self._judged(session, version, now)
        frame.left -= 1
        if not frame.left:
            frame.compile_for_many()
        use, octets = next(self._ids)
        reason = frame.judge(person)
        template = frame.templates.get(reason)
        if template is None:
            template = frame.templates[reason] = self._template(frame, reason)
        people = hashed(self._root(person, octets)) if reason is _PERMITTED else _NOBODY
        record = TemplateRecord(template, (now, people, use))  # in the order of `_VARIES`
        return PointDecision(reason, person, use, now, frame.whole, record)

    def enter(self, act: Act, decisions: Sequence[PointDecision]) -> range:
        """Record decisions of this point within an act, and return the indices of their entries.

        Raises:
            ConflictError: when one is another point's, or what it permits is permitted no longer.
        """
        if not decisions:
            return range(0)
        if any(it.record.template.body["statement"] != self._statement for it in decisions):
            raise ConflictError("a decision of another point: enter it with that one")
        touched = [decision for decision in decisions if decision.reason is Reason.PERMITTED]
        self._check_still(act, touched)
        self._spend(act, touched)
        entries = act.record_many([decision.record for decision in decisions])
        rows = [self._row(decision, entry) for decision, entry in zip(decisions, entries, strict=True)]
        act.session.execute(insert(UseRow), rows)
        if touched:
            people = [{"use": it.use, "permitted": BitMap([it.person]).serialize()} for it in touched]
            act.session.execute(insert(UsePeopleRow), people)
            entered = dict(zip((it.use for it in decisions), entries, strict=True))
            index = [{"person": it.person, "entry": entered[it.use], "use": it.use} for it in touched]
            act.session.execute(insert(PERSONS), index)
        self._raise_alarm(act, decisions, rows)
        return entries

    def failed_by(self, decisions: Sequence[PointDecision]) -> Condition | None:
        """Return the condition that refused one of these, as far as it still fails; it stops the scheme."""
        refused = any(decision.reason is Reason.CONDITION_FAILED for decision in decisions)
        return self._frame.judged.failed if refused and self._frame is not None else None

    def _raise_alarm(self, act: Act, decisions: Sequence[PointDecision], rows: Sequence[Mapping[str, object]]) -> None:
        """Raise one alarm for what is alarming among these, about the first of it."""
        for decision, row in zip(decisions, rows, strict=True):
            if decision.reason is Reason.PERMITTED or self._frame is None:
                continue
            judged = replace(self._frame.judged, decision=_of_one(decision.whole, decision.reason))
            kind = alarm_kind(judged, by_number=True)
            if kind is not None:
                raise_alarm(act, next(self._ids)[0], kind, judged, UseRow(**row))
                return

    def _check_still(self, act: Act, touched: Sequence[PointDecision]) -> None:
        """Return when all that was permitted is permitted still: what was committed since it was decided binds it."""
        if not touched:
            return
        act.session.connection()  # on SQLite nobody commits from here on
        version, frame = self._version(), self._frame
        known = frame is not None and version == frame.version and act.now < frame.until
        if frame is None or not known or any(it.whole is not frame.whole for it in touched):
            frame = self._judged(act.session, version, act.now)
        if frame.judged.counts:
            if len(touched) > 1:
                raise ConflictError("a condition counts the uses of this scheme: enter each before the next is decided")
            hold(act.session)
            frame = self._judged(act.session, version, act.now)
        if any(frame.judge(it.person) is not _PERMITTED for it in touched):
            raise ConflictError("what was permitted is permitted no longer: decide again")

    def _spend(self, act: Act, touched: Sequence[PointDecision]) -> None:
        """Spend the words that are good for one use; two uses of the same word are refused."""
        topics = {decision.whole.topic for decision in touched}
        once = {topic for topic in topics if topic is not None and find_topic(act.session, topic).tier.once}
        for decision in touched:
            if decision.whole.topic in once:
                people = BitMap([decision.person])
                self._consents.spend(act, self.use.actor.id, decision.whole.topic, people, decision.use)

    def _row(self, decision: PointDecision, entry: int) -> dict[str, object]:
        permitted = decision.reason is Reason.PERMITTED
        return {
            "id": decision.use,
            "actor": reference(self.use.actor.id),
            "scheme": reference(self.use.scheme),
            "version": decision.whole.version,
            "reason": decision.reason.value,
            "stated_reason": self.use.reason,
            "reason_salt": self._salt,
            "decided_at": decision.at,
            "state": (UseState.OPEN if permitted else UseState.REFUSED).value,
            "entry": entry,
            "asked": 1,
            "permitted": int(permitted),
            "refused": {} if permitted else {decision.reason.value: 1},
        }

    def _judged(self, session: Session, version: Hashable, now: datetime) -> _Frame:
        """Judge the use as a whole; `version` was asked for before the session's next statement."""
        judged = self._judge.judge_for_one(session, self.use, now)
        reason = judged.decision.reason if judged.failed is None else Reason.CONDITION_FAILED
        judge = (
            (lambda _: reason) if judged.case is None else compile_point(judged.case.rule, judged.case.groups, reason)
        )
        event = judged.facts.event
        midnight = end_of_day_in_japan(now).astimezone(UTC)  # times of one zone are compared at once
        until = midnight if event is None else min(midnight, event.end)
        # What does not permit now may permit later without any act: a period begins, a window ends. A condition on
        # uses counts this one.
        lasting = judged.decision.permitted and judged.failed is None and not judged.counts
        return _Frame(judged.decision, judged, judge, version, until if lasting else now, {}, _MANY if lasting else 0)

    def _template(self, frame: _Frame, reason: Reason) -> Template:
        """Return the record of every decision with this reason; what stays the same in it is written once."""
        decision = _of_one(frame.whole, reason)
        body = decision_body("", self.use, decision, self._salt, EMPTY_ROOT)
        fixed = {key: value for key, value in body.items() if key not in _VARIES}
        kind = "use.permitted" if decision.permitted else "use.refused"
        actor = reference(self.use.actor.id) if frame.judged.facts.actor is not None else UNKNOWN
        return Template(kind, actor, fixed, _VARIES)


def _of_one(whole: Decision, reason: Reason) -> Decision:
    """Return a decision about one person, whoever it is."""
    permitted = reason is Reason.PERMITTED
    people = Verdict(1, BitMap([0]), {}) if permitted else Verdict(1, BitMap(), {reason: 1})
    return replace(whole, permitted=permitted, reason=reason, people=people)


def _use_ids(entropy: Callable[[int], bytes]) -> Iterator[Iterator[tuple[str, bytes]]]:
    """Yield random UUIDs (RFC 9562, version 4) as text and as bytes, many at a time."""
    while True:
        drawn = np.frombuffer(entropy(16 * _DRAWN), np.uint8).reshape(_DRAWN, 16).copy()
        drawn[:, 6] = drawn[:, 6] & 0x0F | 0x40
        drawn[:, 8] = drawn[:, 8] & 0x3F | 0x80
        octets = drawn.tobytes()
        written = np.full((_DRAWN, 36), ord("-"), np.uint8)
        written[:, _DIGITS] = np.frombuffer(octets.hex().encode(), np.uint8).reshape(_DRAWN, 32)
        text = written.tobytes().decode()
        yield zip(map(text.__getitem__, _TEXTS), map(octets.__getitem__, _OCTETS), strict=True)
