"""The registry of officers and procedures, and what review asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.bodies.models import OfficerRow, ProcedureRow
from umaya.gate.catalogue import HUB, find_actor, find_party
from umaya.gate.hats import check_role
from umaya.gate.record import Acts
from umaya.gate.roles import APPROVER, AUDITOR, PRIVACY_OFFICER, VERIFIER
from umaya.law import day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor


class Office(StrEnum):
    """What somebody answers for. Stored and recorded: values never change."""

    PRIVACY_OFFICER = "privacy-officer"
    """個人情報保護責任者: signs off the privacy check."""
    SECOND_LINE = "second-line"
    """第二線: closes lock one."""
    THIRD_LINE = "third-line"
    """第三線: audits."""
    APPROVING_BODY = "approving-body"
    """Closes lock two (承認), or gives the party's consent (同意) where it is consulted."""


class Procedure(StrEnum):
    """How a party takes part in the group's control. Stored and recorded: values never change."""

    APPROVAL = "approval"
    """承認: what the provider's approving body decides binds it."""
    CONSULTATION = "consultation"
    """事前協議・同意: nothing is in force before its own approving body consented."""


ROLE_OF: Final[Mapping[Office, str]] = MappingProxyType(
    {
        Office.PRIVACY_OFFICER: PRIVACY_OFFICER,
        Office.SECOND_LINE: VERIFIER,
        Office.THIRD_LINE: AUDITOR,
        Office.APPROVING_BODY: APPROVER,
    }
)
"""The role that whoever holds the office must have."""


@dataclass(frozen=True)
class Appointment:
    """Who holds an office; `ends` is the last day, None while it is open. `entry` is its ledger index."""

    party: str
    office: Office
    actor: str
    starts: date
    ends: date | None
    entry: int


@dataclass(frozen=True)
class PartyProcedure:
    """How a party takes part from a day on, until the next one of it starts."""

    party: str
    procedure: Procedure
    starts: date
    entry: int


class Bodies:
    """Appoints, ends, and finds.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def appoint(self, party: str, office: Office, actor: str, starts: date) -> None:
        """Give an office to an actor of the party, from a day on.

        Raises:
            NotFoundError: when there is no such party or actor.
            ForbiddenError: when the actor is not of the party, or lacks the office's role.
            ConflictError: when the actor holds the office on that day or will.
        """
        with self._acts.begin() as act:
            find_party(act.session, party)
            person = find_actor(act.session, actor)
            if person.party != party:
                raise ForbiddenError("an office is held by somebody of the party")
            check_role(person, ROLE_OF[office])
            held = [row for row in _officers(act.session, party, office) if row.actor == actor]
            if any(row.ends is None or row.ends >= starts for row in held):
                raise ConflictError("the actor holds this office already")
            row = OfficerRow(party=party, office=office.value, actor=actor, starts=starts, ends=None, entry=0)
            act.session.add(row)
            body = {"party": party, "office": office.value, "subject": actor, "starts": starts}
            row.entry = act.record("officer.appointed", HUB, body)

    def end(self, party: str, office: Office, actor: str, ends: date) -> None:
        """Let an office end with a day, not before today: what was decided in office stays so.

        Raises:
            NotFoundError: when the actor does not hold the office.
            InputError: when the day lies in the past, or before the office started.
        """
        with self._acts.begin() as act:
            rows = _officers(act.session, party, office)
            row = next((row for row in rows if row.actor == actor and row.ends is None), None)
            if row is None:
                raise NotFoundError("the actor does not hold this office")
            if ends < max(day_in_japan(act.now), row.starts):
                place = Place("office", field="ends")
                raise InputError(place, "the last day lies in the past or before the first", "name today or later")
            row.ends = ends
            body = {"party": party, "office": office.value, "subject": actor, "ends": ends}
            row.ended_entry = act.record("officer.ended", HUB, body)

    def set_procedure(self, party: str, procedure: Procedure, starts: date) -> None:
        """Say how a party takes part, from a day on; not before today.

        Raises:
            NotFoundError: when there is no such party.
            InputError: when the day lies in the past.
            ConflictError: when a later or the same procedure is registered.
        """
        with self._acts.begin() as act:
            find_party(act.session, party)
            if starts < day_in_japan(act.now):
                place = Place("procedure", field="starts")
                raise InputError(place, "the first day lies in the past", "name today or later")
            rows = _procedures(act.session, party)
            if rows and (rows[-1].starts >= starts or rows[-1].procedure == procedure):
                raise ConflictError("the party follows this procedure already, or another is registered for later")
            row = ProcedureRow(party=party, procedure=procedure.value, starts=starts, entry=0)
            act.session.add(row)
            body = {"party": party, "procedure": procedure.value, "starts": starts}
            row.entry = act.record("party.procedure-set", HUB, body)

    def officers(self) -> list[Appointment]:
        """Return every appointment there ever was, by party and office, earliest first."""
        query = select(OfficerRow).order_by(OfficerRow.party, OfficerRow.office, OfficerRow.starts, OfficerRow.id)
        with self._acts.database.reading() as session:
            return [
                Appointment(row.party, Office(row.office), row.actor, row.starts, row.ends, row.entry)
                for row in session.scalars(query)
            ]

    def procedures(self) -> list[PartyProcedure]:
        """Return every procedure that was registered, by party, earliest first."""
        query = select(ProcedureRow).order_by(ProcedureRow.party, ProcedureRow.starts)
        with self._acts.database.reading() as session:
            return [
                PartyProcedure(row.party, Procedure(row.procedure), row.starts, row.entry)
                for row in session.scalars(query)
            ]


def check_office(session: Session, person: Actor, office: Office, day: date, *, must_be_filled: bool = False) -> None:
    """Return when the person may act for the office of the own party on a day in Japan.

    A party that never filled an office leaves it to whoever has its role, unless `must_be_filled`.

    Raises:
        ForbiddenError: when not.
    """
    check_role(person, ROLE_OF[office])
    rows = _officers(session, person.party, office)
    if not rows and not must_be_filled:
        return
    if not any(row.actor == person.id and row.starts <= day and (row.ends is None or day <= row.ends) for row in rows):
        raise ForbiddenError(f"the actor does not hold the office `{office}` of the own party today")


def procedure_on(session: Session, party: str, day: date) -> Procedure:
    """Return how a party takes part on a day in Japan: approval where nothing is registered."""
    current = [row for row in _procedures(session, party) if row.starts <= day]
    return Procedure(current[-1].procedure) if current else Procedure.APPROVAL


def _officers(session: Session, party: str, office: Office) -> list[OfficerRow]:
    query = select(OfficerRow).where(OfficerRow.party == party, OfficerRow.office == office.value)
    return list(session.scalars(query.order_by(OfficerRow.starts, OfficerRow.id)))


def _procedures(session: Session, party: str) -> list[ProcedureRow]:
    query = select(ProcedureRow).where(ProcedureRow.party == party).order_by(ProcedureRow.starts)
    return list(session.scalars(query))
