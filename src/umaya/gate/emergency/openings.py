"""Openings as they are read: what was asked for, how far it went, and whether it is open now.

Must hold: an opening is open from its entry until the earliest of its own end, an early end and the end of its event;
nothing has to run for it to end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from umaya.gate.emergency.models import EmergencyRow
from umaya.gate.models import EventRow
from umaya.law import day_in_japan
from umaya.law.emergency import emergency_rules
from umaya.types.errors import IntegrityError
from umaya.types.reasons import Reason
from umaya.vault import Area


class EmergencyState(StrEnum):
    """Of an opening, at a moment."""

    REFUSED = "refused"
    OPEN = "open"
    TO_REVIEW = "to-review"
    """It is over, and its requester is locked until somebody else has written its review."""
    REVIEWED = "reviewed"


class Finding(StrEnum):
    """What a review found. Stored and recorded: values never change."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


@dataclass(frozen=True)
class Balancing:
    """The balancing statement (比較衡量), in the requester's words.

    Attributes:
        danger: whose life or body is in danger, and how.
        why_raw: why processed data do not do.
        why_fields: why these fields, and no fewer.
        harm: what harm the people in the data may suffer, and what is done against it.
    """

    danger: str
    why_raw: str
    why_fields: str
    harm: str


@dataclass(frozen=True)
class EmergencyReview:
    """What somebody other than the requester found; `entry` is its ledger index."""

    by: str
    at: datetime
    finding: Finding
    seen: str
    measures: str
    entry: int


@dataclass(frozen=True)
class Emergency:
    """An opening that was permitted.

    Attributes:
        requester: id of the actor.
        dataset, recipient, provider: ids.
        plan, version: the emergency plan, and its version in force when it was opened.
        event: id of the declared disaster.
        fields: that may be read.
        area: within the event's and the plan's.
        opened_at, ends: half-open [opened_at, ends); `ends` counts an early end, and that of the event.
        why: the reason, in the requester's words.
        entry: ledger index of the opening.
        ended_by: who ended it early, or None; `end_note` is their word.
        review: None until it is written.
    """

    id: str
    requester: str
    dataset: str
    recipient: str
    provider: str
    plan: str
    version: int
    event: str
    fields: tuple[str, ...]
    area: Area
    opened_at: datetime
    ends: datetime
    why: str = field(repr=False)
    balancing: Balancing = field(repr=False)
    entry: int
    ended_by: str | None = None
    end_note: str | None = field(default=None, repr=False)
    review: EmergencyReview | None = field(default=None, repr=False)

    def is_open(self, now: datetime) -> bool:
        """Return whether data may be opened within it now."""
        return self.opened_at <= now < self.ends

    def state(self, now: datetime) -> EmergencyState:
        """Return how far it went."""
        if self.review is not None:
            return EmergencyState.REVIEWED
        return EmergencyState.OPEN if self.is_open(now) else EmergencyState.TO_REVIEW

    @property
    def review_due(self) -> date:
        """The last day for its review, in Japan."""
        ended = day_in_japan(self.ends)
        rules = emergency_rules(day_in_japan(self.opened_at))
        return ended if rules is None else rules.review_due(ended)


def find_emergency(session: Session, emergency: str) -> Emergency | None:
    """Return an opening that was permitted, or None."""
    row = session.get(EmergencyRow, emergency)
    return None if row is None or row.reason != Reason.PERMITTED else emergency_of(session, row)


def emergency_of(session: Session, row: EmergencyRow) -> Emergency:
    """Return the opening that a row tells of, which must be of one that was permitted."""
    event = session.get_one(EventRow, row.event)
    if None in (row.provider, row.plan, row.version, row.event, row.area, row.ends):
        raise IntegrityError("an opening that was permitted lacks what it permits")
    return Emergency(
        id=row.id,
        requester=row.requester,
        dataset=row.dataset,
        recipient=row.recipient,
        provider=row.provider or "",
        plan=row.plan or "",
        version=row.version or 0,
        event=row.event or "",
        fields=tuple(row.fields),
        area=Area.of_geojson(json.loads(row.area or "")),
        opened_at=row.asked_at,
        ends=min(moment for moment in (row.ends, event.ends, row.ended_at) if moment is not None),
        why=row.why,
        balancing=Balancing(row.danger, row.why_raw, row.why_fields, row.harm),
        entry=row.entry,
        ended_by=row.ended_by,
        end_note=row.end_note,
        review=_review(row),
    )


def _review(row: EmergencyRow) -> EmergencyReview | None:
    if row.reviewed_at is None or row.reviewed_by is None or row.finding is None or row.review_entry is None:
        return None
    finding = Finding(row.finding)
    return EmergencyReview(
        row.reviewed_by, row.reviewed_at, finding, row.seen or "", row.measures or "", row.review_entry
    )
