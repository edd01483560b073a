"""Tables of the rights desk. Moments are UTC, days are days in Japan; `entry` is the ledger index of the act.

What people and clerks wrote stands here and in no ledger entry. `rights_texts` is apart, so that an erasure removes
what was written about the person and leaves that the request was made, and how it was dealt with.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from umaya.gate.models import BIG, DIGEST, ID
from umaya.stores.database import Base


class TermsRow(Base):
    """A party's terms from a day on, as JSON of `umaya.law.rights.Terms`."""

    __tablename__ = "rights_terms"

    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    document: Mapped[dict[str, object]] = mapped_column(JSON)
    entry: Mapped[int] = mapped_column(BIG)


class RequestRow(Base):
    """A request of a person to a party.

    Attributes:
        person: number of the person; never shown.
        requester: a `Requester`.
        ground: id of the ground of art. 35, or empty.
        dataset: what it is about; None for all that the party holds.
        form: a `Form`.
        salt: hides the digests of what was written; removed when the person's data is erased.
        cleared: whether a protector agreed to an agent's request.
        file: name of the answer's file while it lies ready.
    """

    __tablename__ = "rights_requests"
    __table_args__ = (
        Index("ix_rights_requests_party_state", "party", "state", "due_on"),
        Index("ix_rights_requests_person", "person"),
    )

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    party: Mapped[str] = mapped_column(ID, ForeignKey("parties.id"))
    person: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    requester: Mapped[str] = mapped_column(String(16))
    ground: Mapped[str] = mapped_column(String(32))
    dataset: Mapped[str | None] = mapped_column(ID)
    form: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[str] = mapped_column(String(16))
    fee: Mapped[int]
    received_at: Mapped[datetime]
    due_on: Mapped[date]
    extended_from: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(16))
    identity: Mapped[str | None] = mapped_column(String(32))
    evidence: Mapped[str | None] = mapped_column(DIGEST)
    cleared: Mapped[bool]
    handler: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    proposal: Mapped[str | None] = mapped_column(String(16))
    proposed_by: Mapped[str | None] = mapped_column(ID, ForeignKey("actors.id"))
    refusal: Mapped[str | None] = mapped_column(String(32))
    withheld: Mapped[list[str]] = mapped_column(JSON)
    file: Mapped[str | None] = mapped_column(Text)
    file_digest: Mapped[str | None] = mapped_column(DIGEST)
    file_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    salt: Mapped[str | None] = mapped_column(String(32))
    entry: Mapped[int] = mapped_column(BIG)


class TextRow(Base):
    """Something written for a request: `words` by the person, `agent`, `refusal`, `answer`, `extension`, and so on."""

    __tablename__ = "rights_texts"

    request: Mapped[str] = mapped_column(ID, ForeignKey("rights_requests.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class RequestActRow(Base):
    """Who did what for a request, when."""

    __tablename__ = "rights_acts"

    id: Mapped[int] = mapped_column(primary_key=True)
    request: Mapped[str] = mapped_column(ID, ForeignKey("rights_requests.id"), index=True)
    act: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(ID)
    at: Mapped[datetime]
    entry: Mapped[int] = mapped_column(BIG)
