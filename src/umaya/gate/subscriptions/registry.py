"""Makes and ends subscriptions, and tells which entries concern whom."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.models import SchemeRow
from umaya.gate.record import Acts, digest
from umaya.gate.roles import STEWARD
from umaya.gate.subscriptions.models import SubscriptionRow
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.identity_provider import check_public_url
from umaya.types.site import Actor

SUBJECTS: Final = ("alarm", "breach", "dataset", "emergency", "notice", "request", "scheme", "use")
"""Kinds of entries that may be told, by the part before the point; none of them is about one person alone by name."""
OF_ONE_PARTY: Final = frozenset({"alarm", "breach", "request"})
"""Subjects that are the business of the party they name alone: the other one of a scheme would be warned by them."""
SECRET_BYTES: Final = 32
PREFIX: Final = "whsec_"
"""Of secrets, as Standard Webhooks writes them."""
MAX_URL: Final = 500


@dataclass(frozen=True)
class Subscription:
    """Where a party is told what.

    Attributes:
        kinds: subjects of `SUBJECTS`.
        entry: ledger index; what comes after it is told.
    """

    id: str
    party: str
    url: str
    kinds: tuple[str, ...]
    made_by: str
    made_at: datetime
    entry: int
    ended: bool


@dataclass(frozen=True)
class Made:
    """A new subscription, and its secret, which is shown this once."""

    subscription: Subscription
    secret: str


@dataclass(frozen=True)
class News:
    """An entry as a party is told of it: its index, kind, time, and what stands in it, which is never personal."""

    index: int
    kind: str
    time: str
    body: dict[str, Any]


class Subscriptions:
    """The register.

    Args:
        acts: begins acts.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def make(self, actor: Actor, url: str, kinds: Sequence[str]) -> Made:
        """Let the actor's party be told, from now on.

        Args:
            actor: a steward.
            url: `https`, by name; `http` to this very machine for trials.
            kinds: of `SUBJECTS`.

        Raises:
            InputError: when the URL or a kind is wrong.
            ForbiddenError: when the actor is no steward.
        """
        _check_url(url)
        if not kinds or not set(kinds) <= set(SUBJECTS):
            raise InputError(
                Place("webhook", field="kinds"), "a kind is unknown", f"choose among {', '.join(SUBJECTS)}"
            )
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, STEWARD)
            secret = base64.b64encode(act.entropy(SECRET_BYTES)).decode()
            row = SubscriptionRow(
                id=self._acts.new_id(),
                party=person.party,
                url=url,
                kinds=sorted(set(kinds)),
                secret=secret,
                made_by=person.id,
                made_at=act.now,
                entry=0,
            )
            act.session.add(row)
            body = {"subscription": row.id, "party": row.party, "subjects": row.kinds, "url": digest(url.encode())}
            row.entry = act.record("subscription.made", person.id, body)
            return Made(_subscription(row), f"{PREFIX}{secret}")

    def end(self, actor: Actor, subscription: str) -> None:
        """Tell nothing more.

        Raises:
            NotFoundError: when there is none of the actor's party.
            ForbiddenError: when the actor is no steward.
            ConflictError: when it was ended before.
        """
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, STEWARD)
            row = act.session.get(SubscriptionRow, subscription, with_for_update=True)
            if row is None or row.party != person.party:
                raise NotFoundError("there is no such webhook")
            if row.ended_at is not None:
                raise ConflictError("the webhook was ended before")
            row.ended_at = act.now
            row.ended_entry = act.record("subscription.ended", person.id, {"subscription": row.id})

    def live(self) -> list[tuple[Subscription, str]]:
        """Return every subscription that is told something, with its secret: for the courier alone."""
        query = select(SubscriptionRow).where(SubscriptionRow.ended_at.is_(None)).order_by(SubscriptionRow.entry)
        with self._acts.database.reading() as session:
            return [(_subscription(row), f"{PREFIX}{row.secret}") for row in session.scalars(query)]

    def news(self, subscription: Subscription, entries: Iterable[tuple[int, bytes]]) -> Iterator[News]:
        """Yield those of the entries that the subscription is told of, in their order."""
        with self._acts.database.reading() as session:
            schemes = _schemes_of(session, subscription.party)
        for index, data in entries:
            members = json.loads(data)
            kind, body = members["kind"], members["body"]
            subject = kind.split(".", 1)[0]
            known = frozenset[str]() if subject in OF_ONE_PARTY else schemes
            if subject in subscription.kinds and _concerns(body, subscription.party, known):
                yield News(index, kind, members["time"], body)

    def list(self, actor: Actor) -> list[Subscription]:
        """Return those of the actor's party, latest first; raises ForbiddenError unless a steward asks."""
        with self._acts.database.reading() as session:
            person = find_actor(session, actor.id)
            check_role(person, STEWARD)
            query = select(SubscriptionRow).where(SubscriptionRow.party == person.party)
            return [_subscription(row) for row in session.scalars(query.order_by(SubscriptionRow.entry.desc()))]


def _concerns(body: dict[str, Any], party: str, schemes: frozenset[str]) -> bool:
    named = {body.get(role) for role in ("party", "owner", "provider", "recipient", "publisher")}
    return party in named or body.get("scheme") in schemes


def _schemes_of(session: Session, party: str) -> frozenset[str]:
    query = select(SchemeRow.id).where((SchemeRow.provider == party) | (SchemeRow.recipient == party))
    return frozenset(session.scalars(query))


def _check_url(url: str) -> None:
    place = Place("webhook", field="url")
    if len(url) > MAX_URL:
        raise InputError(place, "the URL is too long", f"keep it under {MAX_URL} characters")
    check_public_url(url, place)
    parts = urlsplit(url)
    try:
        ip_address(str(parts.hostname))
    except ValueError:
        return
    if parts.scheme == "https":
        raise InputError(place, "the host is an address, not a name", "name the host, so that its certificate counts")


def _subscription(row: SubscriptionRow) -> Subscription:
    return Subscription(
        row.id,
        row.party,
        row.url,
        tuple(row.kinds),
        row.made_by,
        row.made_at,
        row.entry,
        ended=row.ended_at is not None,
    )
