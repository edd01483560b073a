"""Fetching the facts of a decision, in one transaction. Judges nothing."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor, find_dataset, find_party, is_id
from umaya.gate.decision import Facts
from umaya.gate.emergency.openings import find_emergency
from umaya.gate.events import Event, find_event
from umaya.gate.joint_use import in_force
from umaya.gate.people.topics import Topic, find_topic
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import SchemeVersion, State, version_of, version_rows
from umaya.gate.series import NOTHING_TOLD, find_told
from umaya.gate.use import Use
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.vault import Chain, Obligations


def gather(session: Session, use: Use, obligations: Obligations, day: date) -> Facts:
    """Return the facts about a use on a day in Japan.

    Raises:
        IntegrityError: when the stored scheme is not the document that was submitted.
    """
    actor = _actor(session, use.actor.id)
    scheme = _scheme(session, use.scheme)
    event = _event(session, use.event)
    if scheme is None:
        return Facts(actor, None, None, None, event, None)
    recipient = find_party(session, scheme.document.recipient)
    dataset = find_dataset(session, scheme.document.dataset)
    topic, named = topic_of(session, scheme.document), scheme.document.notice
    notice = None if named is None else in_force(session, named, day)
    emergency = None if use.emergency is None else find_emergency(session, use.emergency)
    chain = chain_of(scheme, obligations)
    told = NOTHING_TOLD
    if chain is not None and chain.in_series and dataset.time is not None:
        told = find_told(session, recipient.id, dataset.id, use.window, chain.lookback)
    return Facts(actor, scheme, recipient, dataset, event, chain, topic, notice, emergency, told)


def topic_of(session: Session, scheme: SchemeDocument) -> Topic | None:
    """Return the consent topic that a scheme names, or None where it names none or there is none."""
    try:
        return None if scheme.topic is None else find_topic(session, scheme.topic)
    except NotFoundError:
        return None


def _actor(session: Session, actor: str) -> Actor | None:
    try:
        return find_actor(session, actor) if is_id(actor) else None
    except NotFoundError:
        return None


def _scheme(session: Session, scheme: str) -> SchemeVersion | None:
    """Return the version in force; else the suspended one; else the one that ended; else the newest; else None."""
    rows = version_rows(session, scheme) if is_id(scheme) else []
    for state in (State.APPROVED, State.SUSPENDED, State.ENDED):
        for row in rows:
            if row.state == state:
                return version_of(row)
    return version_of(rows[-1]) if rows else None


def _event(session: Session, event: str | None) -> Event | None:
    return find_event(session, event) if event is not None and is_id(event) else None


def chain_of(scheme: SchemeVersion, obligations: Obligations) -> Chain | None:
    """Return the obligations of a scheme; None where this hub cannot make one of them."""
    try:
        return obligations.chain(scheme.document.owed)
    except (NotFoundError, ValueError, TypeError):
        return None
