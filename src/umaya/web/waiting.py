"""What waits for somebody: the one shape in which every desk tells the home page what is to be done there.

A desk gives a function of the hub and an actor; the desks that there are stand in `umaya.web.desks`. Guidance only: the
gate decides who may act. Must hold: an item tells nothing that its page would not tell the actor; it names no person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from umaya.hub import Hub
from umaya.types.site import Actor


class Title(Protocol):
    """A text in both languages; `umaya.gate.Words` is one."""

    @property
    def ja(self) -> str: ...

    @property
    def en(self) -> str: ...


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for an actor.

    Attributes:
        code: what is to be done; its words are `waiting.DESK.CODE`.
        href: the page on which it is done.
        title: what it is about, e.g. the scheme's title; None where the words say it all.
        since: since when it waits; None where that is not known.
        due: until when it must be done; None where no clock runs.
        count: how many of the same kind; shown when there is more than one.
    """

    code: str
    href: str
    title: Title | None = None
    since: datetime | None = None
    due: datetime | None = None
    count: int = 1


@dataclass(frozen=True)
class Desk:
    """A desk and what can wait at it.

    Attributes:
        key: its name is `waiting.KEY`.
        codes: every code that its items can have.
        find: returns what waits for an actor; nothing for whoever has no business there. Cheap: the home page asks
            every desk.
    """

    key: str
    codes: tuple[str, ...]
    find: Callable[[Hub, Actor], Iterable[Waiting]] = field(repr=False)


_NEVER = datetime.max.replace(tzinfo=UTC)


def waiting_at(desks: Iterable[Desk], hub: Hub, actor: Actor) -> list[tuple[Desk, list[Waiting]]]:
    """Return the desks at which something waits for the actor, each with its items: what is due first, then the oldest.

    The desk with the most pressing item comes first.
    """
    found = [(desk, sorted(desk.find(hub, actor), key=_pressing)) for desk in desks]
    return sorted(((desk, items) for desk, items in found if items), key=lambda one: _pressing(one[1][0]))


def _pressing(item: Waiting) -> tuple[datetime, datetime]:
    return (item.due or _NEVER, item.since or _NEVER)
