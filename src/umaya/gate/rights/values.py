"""Requests as values: who asks what of whom, how far it has come, and what is written in the ledger about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from umaya.gate.rights.models import RequestActRow, RequestRow
from umaya.law.rights import RequestKind

RESIDENT: Final = "resident"
"""The actor of what people do for themselves."""


class RequestState(StrEnum):
    """How far a request has come. Stored: values never change."""

    RECEIVED = "received"
    IDENTIFIED = "identified"
    """Who asks was checked."""
    IN_WORK = "in-work"
    ANSWERED = "answered"
    PARTLY = "partly"
    """Answered in part, refused for the rest."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN: Final = (RequestState.RECEIVED, RequestState.IDENTIFIED, RequestState.IN_WORK)
"""States in which the clock runs."""


class Requester(StrEnum):
    """Who asks (Cabinet Order art. 13). Stored: values never change."""

    PERSON = "person"
    STATUTORY_AGENT = "statutory-agent"
    MANDATED_AGENT = "mandated-agent"


class Form(StrEnum):
    """How the person wants the answer (art. 33(2)). Stored: values never change."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    PDF = "pdf"
    PAPER = "paper"
    VIEWING = "viewing"


class RequestChannel(StrEnum):
    """Where it was received. Stored: values never change."""

    COUNTER = "counter"
    POST = "post"
    MY_PAGE = "my-page"


class Identity(StrEnum):
    """How it was checked who asks. Stored: values never change."""

    MY_NUMBER_CARD = "my-number-card"
    LICENCE = "licence"
    PASSPORT = "passport"
    TWO_DOCUMENTS = "two-documents"
    SIGNED_IN = "signed-in"
    """Signed in to their own page, by a means that proves who they are."""
    MANDATE = "mandate"
    """An agent: the mandate or family register, and the agent's own document."""


class Proposal(StrEnum):
    """What waits for a second person. Stored: values never change."""

    REFUSE = "refuse"
    WITHHOLD = "withhold"
    """Refuse some fields, answer the rest."""
    ERASE = "erase"


@dataclass(frozen=True)
class Done:
    """An act on a request."""

    act: str
    actor: str
    at: datetime
    entry: int


@dataclass(frozen=True)
class Request:
    """A request of a person to a party.

    Attributes:
        person: number within the hub; never shown.
        ground: id of the ground of art. 35, or empty.
        dataset: what it is about; None for all that the party holds.
        fee: yen.
        due_on: last day, in Japan; `extended_from` the day before it was extended.
        proposal: what waits for a second person, proposed by `proposed_by`.
        refusal: id of the listed harm, where it was proposed or decided to refuse.
        withheld: fields that the answer leaves out, as `dataset.field`.
        file_until: until when the answer lies ready; None where there is none.
        texts: what was written, by part; empty after the person's data was erased.
        acts: earliest first.
    """

    id: str
    party: str
    person: int = field(repr=False)
    kind: RequestKind
    requester: Requester
    ground: str
    dataset: str | None
    form: Form
    language: str
    channel: RequestChannel
    fee: int
    received_at: datetime
    due_on: date
    extended_from: date | None
    state: RequestState
    identity: Identity | None
    cleared: bool
    handler: str | None
    proposal: Proposal | None
    proposed_by: str | None
    refusal: str | None
    withheld: tuple[str, ...]
    file_until: datetime | None
    file_digest: str | None
    closed_at: datetime | None
    entry: int
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    acts: tuple[Done, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the clock runs."""
        return self.state in OPEN

    def days_left(self, today: date) -> int:
        """Return the days until it is due, 0 on the last one, below 0 when it is late."""
        return (self.due_on - today).days


def request_of(row: RequestRow, texts: Mapping[str, str], acts: tuple[RequestActRow, ...] = ()) -> Request:
    """Return a row as a request."""
    return Request(
        id=row.id,
        party=row.party,
        person=row.person,
        kind=RequestKind(row.kind),
        requester=Requester(row.requester),
        ground=row.ground,
        dataset=row.dataset,
        form=Form(row.form),
        language=row.language,
        channel=RequestChannel(row.channel),
        fee=row.fee,
        received_at=row.received_at,
        due_on=row.due_on,
        extended_from=row.extended_from,
        state=RequestState(row.state),
        identity=None if row.identity is None else Identity(row.identity),
        cleared=row.cleared,
        handler=row.handler,
        proposal=None if row.proposal is None else Proposal(row.proposal),
        proposed_by=row.proposed_by,
        refusal=row.refusal,
        withheld=tuple(row.withheld),
        file_until=row.file_until,
        file_digest=row.file_digest,
        closed_at=row.closed_at,
        entry=row.entry,
        texts=dict(texts),
        acts=tuple(Done(act.act, act.actor, act.at, act.entry) for act in acts),
    )
