"""Look-ups: who looked at what a person said, recorded before anything is told.

Look-ups of many threads are recorded together, each with a ledger entry of its own. Must hold: where a look-up could
not be recorded, nothing is told; what is recorded, and how long that takes, is the same whether the person said
something, said nothing, is protected, or is nobody. Not here: what is told, which `Consents` and `Evidences` know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import bindparam, insert, update

from umaya.gate.catalogue import find_actor
from umaya.gate.monitoring.at_once import alarm_at_once
from umaya.gate.people.desk import Desk
from umaya.gate.people.models import LOOK_UPS
from umaya.gate.people.taking import check_party
from umaya.gate.people.topics import find_topic_row
from umaya.gate.people.words import check_person
from umaya.gate.record import Act, Acts
from umaya.gate.roles import PROTECTOR
from umaya.gate.statements import salted, statement
from umaya.ledger.entries import Kind
from umaya.ledger.templates import Form, Template, TemplateRecord
from umaya.types.errors import Place, UmayaError
from umaya.types.site import Actor


class Way(StrEnum):
    """How somebody looked. Stored: values never change."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"


class What(StrEnum):
    """What was looked at. Stored: values never change."""

    STATE = "state"
    """What holds for a person on a topic."""
    EVIDENCE = "evidence"
    """The form or image that shows a word."""


@dataclass(frozen=True)
class LookUp:
    """A look-up that is handed in.

    Attributes:
        actor: who looks.
        person: number as it was asked for.
        topic: id of the topic.
        way: how.
        reason: why, as the actor states it; empty where none was asked for.
        consent: ledger index of the word whose evidence is opened; None where the state is looked up.
    """

    actor: Actor
    person: int
    topic: str
    way: Way
    reason: str = ""
    consent: int | None = None

    @property
    def what(self) -> What:
        """What is looked at."""
        return What.STATE if self.consent is None else What.EVIDENCE


class LookUps:
    """Records look-ups of states.

    Args:
        acts: begins acts.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._desk = Desk(self._record)

    def hand_in(self, look_up: LookUp) -> None:
        """Return when the look-up is recorded, together with those that other threads hand in.

        Raises:
            InputError: when the number is none, or the reason cannot be kept.
            NotFoundError: when there is no such actor or topic.
            ForbiddenError: when the actor may not look.
            NotRecordedError: when the ledger cannot write.
        """
        check_person(look_up.person)
        statement(look_up.reason, Place("look-up", field="reason"), required=False)
        self._desk.hand_in(look_up)

    def _record(self, look_ups: Sequence[LookUp]) -> Sequence[UmayaError | None]:
        """Record those that may happen, in one act; return for each what is wrong with it, or None."""
        errors: list[UmayaError | None] = []
        permitted: list[tuple[LookUp, str]] = []
        with self._acts.begin() as act:
            for one in look_ups:
                try:
                    permitted.append((one, _party_of(act, one)))
                    errors.append(None)
                except UmayaError as error:
                    errors.append(error)
            if permitted:
                record(act, permitted)
        return errors


def _party_of(act: Act, look_up: LookUp) -> str:
    """Return the party of who looks a state up, or raise ForbiddenError or NotFoundError."""
    topic = find_topic_row(act.session, look_up.topic)
    actor = find_actor(act.session, look_up.actor.id)
    if PROTECTOR not in actor.roles:
        check_party(act.session, actor, topic)
    return actor.party


def record(act: Act, look_ups: Sequence[tuple[LookUp, str]]) -> None:
    """Write look-ups, each with the party of who looks, and record them; call it last in the act.

    Raises:
        NotRecordedError: when the ledger cannot write.
    """
    salts = [act.entropy(16).hex() for _ in look_ups]
    rows = [_row(one, party, salt, act.now) for (one, party), salt in zip(look_ups, salts, strict=True)]
    written = insert(LOOK_UPS).returning(LOOK_UPS.c.id, sort_by_parameter_order=True)
    numbers = act.session.scalars(written, rows).all()
    entries = act.record_many([_entry(one, salt) for (one, _), salt in zip(look_ups, salts, strict=True)])
    placed = update(LOOK_UPS).where(LOOK_UPS.c.id == bindparam("row")).values(entry=bindparam("at_entry"))
    values = [{"row": number, "at_entry": entry} for number, entry in zip(numbers, entries, strict=True)]
    act.session.connection().execute(placed, values)
    alarm_at_once(
        act,
        [(one.actor.id, party, one.person, entry) for (one, party), entry in zip(look_ups, entries, strict=True)],
    )


def _row(look_up: LookUp, party: str, salt: str, now: datetime) -> dict[str, object]:
    return {
        "actor": look_up.actor.id,
        "party": party,
        "person": look_up.person,
        "topic": look_up.topic,
        "at": now,
        "channel": look_up.way.value,
        "what": look_up.what.value,
        "reason": look_up.reason.strip() or None,
        "salt": salt,
        "entry": 0,
    }


def _entry(look_up: LookUp, salt: str) -> TemplateRecord:
    reason = look_up.reason.strip()
    values: list[str | int] = [salted(str(look_up.person), salt)]
    values += [salted(reason, salt)] if reason else []
    values += [] if look_up.consent is None else [look_up.consent]
    template = _template(look_up.what, look_up.topic, look_up.way, stated=bool(reason))
    return template.record(look_up.actor.id, *values)


@lru_cache(maxsize=1024)
def _template(what: What, topic: str, way: Way, *, stated: bool) -> Template:
    """Return the shape of the entries of look-ups, which actor, person, statement and consent vary."""
    body = {"topic": topic, "channel": way.value}
    forms = {"person": Form.DIGEST} | ({"statement": Form.DIGEST} if stated else {})
    if what is What.EVIDENCE:
        return Template(Kind.EVIDENCE_OPENED, None, body, forms | {"consent": Form.COUNT})
    return Template(Kind.CONSENT_LOOKED_UP, None, body, forms)
