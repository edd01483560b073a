"""Binds and unbinds identities, and says whom an identity stands for now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.accounts.models import AccountRow
from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.people.words import check_person
from umaya.gate.record import Acts
from umaya.gate.roles import PROGRAM
from umaya.gate.statements import salted
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.site import Actor

MAX_CHARACTERS = 255
"""OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters."""


@dataclass(frozen=True)
class Identity:
    """Whom an identity provider asserts: unique together, never reused (OpenID Connect Core 1.0, section 5.7).

    Attributes:
        issuer: URL of the provider.
        subject: what the provider calls whoever signed in.
    """

    issuer: str
    subject: str


@dataclass(frozen=True)
class Account:
    """An identity bound to an actor, or to a person of this number; one of both is None. `entry` is the act's index."""

    identity: Identity
    actor: str | None
    person: int | None
    bound_at: datetime
    entry: int


class Accounts:
    """The register of accounts.

    Args:
        acts: begins bindings.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def bind(self, identity: Identity, *, actor: str | None = None, person: int | None = None) -> Account:
        """Let an identity act as an actor, besides those it acts as already, or be a resident.

        Args:
            identity: as the provider asserts it.
            actor: id of the actor; name this or `person`.
            person: number of the resident.

        Raises:
            InputError: when the identity has no form of one, or not one of actor and person is named.
            NotFoundError: when there is no such actor.
            ConflictError: when it is bound so already, or stands for a resident while an actor is named, or the
                other way round.
        """
        _check_identity(identity)
        if (actor is None) == (person is None):
            raise InputError(Place("account"), "not one holder is named", "name an actor, or a person")
        if person is not None:
            check_person(person)
        with self._acts.begin() as act:
            if actor is not None:
                find_actor(act.session, actor)
            _check_free(_open(act.session, identity), actor)
            row = AccountRow(
                id=self._acts.new_id(),
                issuer=identity.issuer,
                subject=identity.subject,
                actor=actor,
                person=person,
                bound_at=act.now,
                salt=act.entropy(16).hex(),
                entry=0,
            )
            act.session.add(row)
            row.entry = act.record("account.bound", HUB, _body(row))
            return _account(row)

    def unbind(self, identity: Identity, actor: str | None = None) -> int:
        """End what an identity is bound to: one actor, or everything. It holds from the next request on.

        Returns:
            How many bindings ended.

        Raises:
            NotFoundError: when it is not bound so.
        """
        with self._acts.begin() as act:
            rows = [row for row in _open(act.session, identity) if actor is None or row.actor == actor]
            if not rows:
                raise NotFoundError("the identity is not bound so")
            for row in rows:
                row.unbound_at = act.now
                row.unbound_entry = act.record("account.unbound", HUB, _body(row))
            return len(rows)

    def list(self) -> list[Account]:
        """Return every account that is open, by issuer and subject."""
        order = (AccountRow.issuer, AccountRow.subject, AccountRow.actor)
        query = select(AccountRow).where(AccountRow.unbound_entry.is_(None)).order_by(*order)
        with self._acts.database.reading() as session:
            return [_account(row) for row in session.scalars(query)]

    def actors(self, identity: Identity, *, programs: bool = False) -> Sequence[Actor]:
        """Return the actors that an identity may act as, with the roles they have now, by id; often none.

        Args:
            identity: as the provider asserts it.
            programs: with programs too; nobody signs in as one, but a program asks with a token.
        """
        with self._acts.database.reading() as session:
            found = [find_actor(session, row.actor) for row in _open(session, identity) if row.actor is not None]
        return sorted((actor for actor in found if programs or PROGRAM not in actor.roles), key=lambda actor: actor.id)

    def person(self, identity: Identity) -> int | None:
        """Return the number of the resident that an identity is, or None."""
        with self._acts.database.reading() as session:
            return next((row.person for row in _open(session, identity) if row.person is not None), None)


def _open(session: Session, identity: Identity) -> Sequence[AccountRow]:
    query = select(AccountRow).where(
        AccountRow.issuer == identity.issuer,
        AccountRow.subject == identity.subject,
        AccountRow.unbound_entry.is_(None),
    )
    return session.scalars(query).all()


def _check_identity(identity: Identity) -> None:
    for field, text in (("issuer", identity.issuer), ("subject", identity.subject)):
        if not 0 < len(text) <= MAX_CHARACTERS or not text.isascii() or not text.isprintable():
            advice = f"give what the provider shows: at most {MAX_CHARACTERS} characters of plain ASCII"
            raise InputError(Place("account", field=field), "the text is no identity of a provider", advice)


def _check_free(held: Sequence[AccountRow], actor: str | None) -> None:
    if any(row.person is not None for row in held) or (held and actor is None):
        raise ConflictError("the identity stands for somebody else: unbind it first")
    if any(row.actor == actor for row in held):
        raise ConflictError("the identity is bound to this actor already")


def _body(row: AccountRow) -> dict[str, object]:
    """Return what the ledger holds: who held the account for staff, and digests for the rest."""
    return {
        "account": row.id,
        "identity": salted(f"{row.issuer}\n{row.subject}", row.salt),
        "subject": row.actor,
        "person": None if row.person is None else salted(str(row.person), row.salt),
    }


def _account(row: AccountRow) -> Account:
    return Account(Identity(row.issuer, row.subject), row.actor, row.person, row.bound_at, row.entry)
