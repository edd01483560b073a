"""Tables of monitoring. Moments are UTC, days are days in Japan; `entry` is the ledger index of the act.

Person numbers and what people wrote stand here and in no ledger entry.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, DIGEST, ID
from umaya.stores.database import Base


class AlarmCaseRow(Base):
    """What becomes of an alarm.

    Attributes:
        subject: kind, party and what it is about, so that the same is not raised twice.
        day: on which it was found.
        rules: version of the rules by which it was found.
        person: whom it is about, where it is about one.
        numbers: the objective data, counts by their key.
        about: references: topic, office, reason, campaign.
        actors: ids of whom it is about: none of them judges it.
        due: the last day, in Japan, to close it.
    """

    __tablename__ = "alarm_cases"
    __table_args__ = (
        Index("uq_alarm_cases_subject_day", "subject", "day", unique=True),
        Index("ix_alarm_cases_state_due", "state", "due"),
    )

    alarm: Mapped[str] = mapped_column(ID, ForeignKey("alarms.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    rules: Mapped[str] = mapped_column(ID)
    person: Mapped[int | None] = mapped_column(BigInteger)
    numbers: Mapped[dict[str, int]] = mapped_column(JSON)
    about: Mapped[dict[str, str]] = mapped_column(JSON)
    actors: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    due: Mapped[date]
    salt: Mapped[str] = mapped_column(String(32))
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(16))


class AlarmStepRow(Base):
    """A step in a case, in order; `owner` and `result` where the step sets them."""

    __tablename__ = "alarm_steps"

    alarm: Mapped[str] = mapped_column(ID, ForeignKey("alarm_cases.alarm"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(ID)
    result: Mapped[str | None] = mapped_column(String(16))
    entry: Mapped[int] = mapped_column(BIG)


class RestrictionRow(Base):
    """Somebody whom one actor (their household, say) or nobody (`actor` None: of public interest) may just look up."""

    __tablename__ = "look_up_restrictions"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    actor: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    person: Mapped[int] = mapped_column(BigInteger, index=True)
    relation: Mapped[str] = mapped_column(String(16))
    set_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    set_at: Mapped[datetime]
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)
    ended_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    ended_at: Mapped[datetime | None]
    ended_entry: Mapped[int | None] = mapped_column(BIG)


class SalesCampaignRow(Base):
    """Days on which a party sells or invites people, at one office or, where it is empty, at all."""

    __tablename__ = "sales_campaigns"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), index=True)
    office: Mapped[str] = mapped_column(ID)
    title: Mapped[str] = mapped_column(Text)
    starts: Mapped[date]
    ends: Mapped[date]
    set_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    set_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
    ended_at: Mapped[datetime | None]
    ended_entry: Mapped[int | None] = mapped_column(BIG)


class WorkplaceRow(Base):
    """Where somebody works from a day on; `opens` and `closes` are minutes of the day in Japan."""

    __tablename__ = "workplaces"
    __table_args__ = (Index("ix_workplaces_actor_starts", "actor", "starts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    office: Mapped[str] = mapped_column(ID)
    opens: Mapped[int]
    closes: Mapped[int]
    weekend: Mapped[bool]
    starts: Mapped[date]
    entry: Mapped[int] = mapped_column(BIG)


class ReportRow(Base):
    """A party's report of a month, as canonical JSON; never changed."""

    __tablename__ = "monitoring_reports"

    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(DIGEST)
    made_at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
