"""Tables of topics, texts, words, their evidence, measures, merges and look-ups.

Moments are UTC; `entry` is the ledger index of the act.

Person numbers stand here and in no ledger entry. `people_events` is narrow on purpose: every process reads it whole
when it starts. What is said about an event beyond its effect is in `people_acts`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, DIGEST, ID
from umaya.stores.database import Base


class TopicRow(Base):
    """What one may consent to, with its direction."""

    __tablename__ = "consent_topics"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    title_ja: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(String(16))
    source_party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    source_business: Mapped[str] = mapped_column(ID)
    target_party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    target_business: Mapped[str] = mapped_column(ID)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    purpose_ja: Mapped[str] = mapped_column(Text)
    purpose_en: Mapped[str] = mapped_column(Text)
    entry: Mapped[int] = mapped_column(BigInteger)


class TextRow(Base):
    """One version of the wording that is shown; `valid_days` or `last_day` is set, not both."""

    __tablename__ = "consent_texts"
    __table_args__ = (Index("uq_consent_texts_topic_version", "topic", "version", unique=True),)

    number: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[int] = mapped_column(ForeignKey("consent_topics.number"))
    version: Mapped[int]
    ja: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(DIGEST)
    valid_days: Mapped[int | None]
    last_day: Mapped[date | None]
    withdrawal_ja: Mapped[str] = mapped_column(Text)
    withdrawal_en: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    entry: Mapped[int] = mapped_column(BigInteger)


class CounterRow(Base):
    """The number of the newest event, in one row; who raises it holds its lock until the commit."""

    __tablename__ = "people_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)


class EventRow(Base):
    """An event: numbered without gaps in the order of commits, never changed, never removed.

    Attributes:
        kind: an `EventKind`.
        person: whom it is about; None where it is about many or nobody.
        origin: the number that was merged into `person`.
        last_day: proleptic Gregorian ordinal (`date.toordinal`) of the last day that a consent is good.
        people: bitmap of person numbers (Roaring, portable form) where it is about many.
    """

    __tablename__ = "people_events"
    __table_args__ = (
        Index("ix_people_events_person", "person", "topic", "seq"),
        Index("ix_people_events_origin", "origin"),
    )

    seq: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    kind: Mapped[int] = mapped_column(SmallInteger)
    topic: Mapped[int | None]
    text: Mapped[int | None]
    person: Mapped[int | None] = mapped_column(BigInteger)
    origin: Mapped[int | None] = mapped_column(BigInteger)
    last_day: Mapped[int | None]
    people: Mapped[bytes | None] = mapped_column(LargeBinary)


class SnapshotRow(Base):
    """What the events up to one say together; the newest alone is kept. See `snapshots`."""

    __tablename__ = "people_snapshots"

    seq: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    form: Mapped[int] = mapped_column(SmallInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ActRow(Base):
    """Who took a word or did an act, when, in which channel, on what evidence; the salt hides its ledger digests.

    `entry` is None for the spending of a word: the entry of the use that `reference` names says so.
    """

    __tablename__ = "people_acts"
    __table_args__ = (Index("ix_people_acts_taken_at", "taken_at"),)

    seq: Mapped[int] = mapped_column(BIG, ForeignKey("people_events.seq"), primary_key=True, autoincrement=False)
    actor: Mapped[str] = mapped_column(ID)
    channel: Mapped[str | None] = mapped_column(String(16))
    taken_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    evidence: Mapped[str | None] = mapped_column(DIGEST)
    reference: Mapped[str | None] = mapped_column(Text)
    requested_at: Mapped[datetime | None]
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int | None] = mapped_column(BigInteger)


class EvidenceRow(Base):
    """Evidence of a word that the hub itself keeps; its bytes lie encrypted beside the vault, see `evidence_files`.

    Attributes:
        digest: of the form, a JSON document.
        entry: ledger index of the word.
        media_type: of the image or PDF that goes with the form, if any.
        party: whose clerk took it, and who answers for it.
        keep_through: the last day, in Japan, that it is kept.
        erased_entry: ledger index of the act that erased the bytes; None while they are there.
    """

    __tablename__ = "consent_evidence"
    __table_args__ = (
        Index("ix_consent_evidence_entry", "entry"),
        Index("ix_consent_evidence_keep_through", "party", "keep_through"),
    )

    seq: Mapped[int] = mapped_column(BIG, ForeignKey("people_events.seq"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(DIGEST)
    media_type: Mapped[str | None] = mapped_column(String(32))
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    keep_through: Mapped[date]
    entry: Mapped[int] = mapped_column(BIG)
    erased_entry: Mapped[int | None] = mapped_column(BIG)


class LookUpRow(Base):
    """Somebody looked at what a person said, or opened what shows it. Written before anything was told.

    Attributes:
        party: of the actor, at that time.
        person: number as it was asked for.
        channel: a `Way`: page, api or command.
        what: `state` of the word, or its `evidence`.
        reason: as it was stated; None where none was asked for.
        salt: hides the person in the ledger entry.
    """

    __tablename__ = "look_ups"
    __table_args__ = (
        Index("ix_look_ups_actor_at", "actor", "at"),
        Index("ix_look_ups_person_at", "person", "at"),
        Index("ix_look_ups_at", "at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    actor: Mapped[str] = mapped_column(ID)
    party: Mapped[str] = mapped_column(ID)
    person: Mapped[int] = mapped_column(BigInteger)
    topic: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))
    what: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)


class CampaignEvidenceRow(Base):
    """Evidence digests of a campaign's people, as an Arrow IPC file (person uint32, evidence binary(32))."""

    __tablename__ = "campaign_evidence"

    seq: Mapped[int] = mapped_column(BIG, ForeignKey("people_events.seq"), primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class MeasureRow(Base):
    """A protective measure (支援措置); in force until somebody lifts it."""

    __tablename__ = "protective_measures"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    person: Mapped[int] = mapped_column(BigInteger, index=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    set_by: Mapped[str] = mapped_column(ID, ForeignKey("actors.id"))
    set_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    review_day: Mapped[date | None]
    salt: Mapped[str] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BigInteger)
    lifted_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None] = mapped_column(Text)
    lifted_entry: Mapped[int | None] = mapped_column(BigInteger)


EVENTS = Base.metadata.tables["people_events"]
ACTS = Base.metadata.tables["people_acts"]
COUNTER = Base.metadata.tables["people_counter"]
LOOK_UPS = Base.metadata.tables["look_ups"]
