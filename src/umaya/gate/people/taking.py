"""Taking a word: where, by whom, when, on what evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor
from umaya.gate.people.models import ActRow, TextRow, TopicRow
from umaya.gate.record import Act
from umaya.gate.roles import CLERK, PROGRAM
from umaya.gate.statements import statement
from umaya.law import ConsentTier
from umaya.types.errors import ConflictError, ForbiddenError, InputError, Place
from umaya.types.site import Actor

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class Channel(StrEnum):
    """Where a word was taken. Stored: values never change."""

    COUNTER = "counter"
    APP = "app"
    WEB = "web"
    PAPER = "paper"
    PHONE = "phone"
    CAMPAIGN = "campaign"
    """Many at once, from a file."""


@dataclass(frozen=True)
class Kept:
    """That the hub itself keeps the evidence.

    Attributes:
        media_type: of the image or PDF that goes with the form; None where none does.
    """

    media_type: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What shows that a word was taken.

    Attributes:
        digest: of the form's image or the electronic log, `sha256:` and hex.
        reference: where that is kept, in words; stays in the hub.
        kept: of what `Evidences` keeps; None where it is kept elsewhere.
    """

    digest: str
    reference: str
    kept: Kept | None = None

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest):
            raise InputError(
                Place("evidence", field="digest"), "the digest is none", "write `sha256:` and 64 hex digits"
            )
        statement(self.reference, Place("evidence", field="reference"))


def check_party(session: Session, actor: Actor, topic: TopicRow, *, any_program: bool = False) -> None:
    """Return when the actor is a clerk or program of a party of the topic, or any program where that is enough.

    Raises:
        ForbiddenError: when not.
    """
    person = find_actor(session, actor.id)
    if PROGRAM in person.roles and any_program:
        return
    if person.roles.isdisjoint({CLERK, PROGRAM}):
        raise ForbiddenError(f"the act needs the role `{CLERK}`")
    if person.party not in {topic.source_party, topic.target_party}:
        raise ForbiddenError("the topic is none of this party's")


def taken_time(text: TextRow, taken_at: datetime | None, now: datetime) -> datetime:
    """Return when a word was taken that this text was shown for.

    Raises:
        InputError: when the time has no zone, or is not between the text's registration and now.
        ConflictError: when the text was ended.
    """
    place = Place("consent", field="taken_at")
    if text.ended_at is not None:
        raise ConflictError("the text was ended: show the newest one")
    if taken_at is None:
        return now
    if taken_at.tzinfo is None:
        raise InputError(place, "a time has no zone", "give it with a zone")
    if taken_at > now:
        raise InputError(place, "the word was taken in the future", "give the time at which it was taken")
    if taken_at < text.registered_at:
        raise InputError(place, "the text was not there yet", "name the text that was shown")
    return taken_at.astimezone(UTC)


def act_row(act: Act, actor: Actor, seq: int, channel: Channel | None, taken: datetime) -> ActRow:
    """Return the row of an act about an event, with a salt of its own and no entry yet."""
    salt = act.entropy(16).hex()
    value = None if channel is None else channel.value
    return ActRow(seq=seq, actor=actor.id, channel=value, taken_at=taken, recorded_at=act.now, salt=salt, entry=0)


def request_time(topic: TopicRow, requested_at: datetime | None, taken: datetime) -> datetime | None:
    """Return when the person asked of their own accord, or None where the tier does not ask for it.

    Raises:
        InputError: when the time is missing, has no zone, or is later than the word.
    """
    place = Place("consent", field="requested_at")
    if requested_at is None:
        if ConsentTier(topic.tier) is ConsentTier.ON_REQUEST:
            raise InputError(place, "nobody may be asked for this", "say when the person asked for it themselves")
        return None
    if requested_at.tzinfo is None or requested_at > taken:
        raise InputError(place, "the request does not come before the word", "give its time, with a zone")
    return requested_at.astimezone(UTC)
