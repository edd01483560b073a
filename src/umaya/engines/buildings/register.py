"""A register of buildings: what a list of events says of ids, footprints, addresses and merges.

A register is what its events say, nothing more; so reading the events again gives the same register. Must hold:
no id is given twice; every id that ended has exactly one fate; an id that ended is never used again. The acts that
make events are `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from umaya.types.errors import ConflictError, NotFoundError

Address = tuple[str, ...]
"""Ids of the Address Base Registry: `umaya.engines.buildings.schemas.ADDRESS`."""
Kind = Literal[
    "released",
    "born",
    "kept",
    "ended",
    "addressed",
    "unaddressed",
    "merge-found",
    "merge-proposed",
    "merge-confirmed",
    "merge-rejected",
]


@dataclass(frozen=True)
class Event:
    """Something that became known of a building.

    Attributes:
        kind: what.
        building: its id; of a merge the id of the merge; of a release its name.
        day: from which day on it holds.
        source: the footprints' release, or the document that says so.
        why: a relation, or a reason in a word.
        footprint: the footprint that stands for the building in that release; of a merge the new footprint.
        others: ids that stand in its place; of a merge the ids to be joined.
        address: the address, for `addressed` and `unaddressed`.
        actor: id of the person who acted; empty for a program.
    """

    kind: Kind
    building: str
    day: date
    source: str
    why: str = ""
    footprint: str = ""
    others: tuple[str, ...] = ()
    address: Address = ()
    actor: str = ""


@dataclass
class Life:
    """One building: the days of its id, its fate, and what stands in its place."""

    born: date
    ended: date | None = None
    fate: str = ""
    successors: tuple[str, ...] = ()


@dataclass
class Merge:
    """A merge: `found`, `proposed`, `confirmed`, `rejected` or `lapsed`."""

    members: tuple[str, ...]
    footprint: str
    state: str = "found"
    proposed_by: str = ""


@dataclass
class Register:
    """What the events say.

    Attributes:
        lives: every id that was ever given.
        releases: names of the releases taken in, in order.
        footprints: ids by footprint of the latest release; several while a merge is open or was rejected.
        standing: the footprint of each id that lasts.
        addresses: days of each building's addresses: from, to (None while it lasts).
        merges: merges by id.
        latest: day of the latest release or renumbering.
    """

    lives: dict[str, Life] = field(default_factory=dict)
    releases: list[str] = field(default_factory=list)
    footprints: dict[str, tuple[str, ...]] = field(default_factory=dict)
    standing: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, dict[Address, list[tuple[date, date | None]]]] = field(default_factory=dict)
    merges: dict[str, Merge] = field(default_factory=dict)
    latest: date = date.min

    def apply(self, events: Iterable[Event]) -> list[Event]:
        """Take events into account, in order, and return them."""
        taken = []
        for event in events:
            _APPLY[event.kind](self, event)
            self.latest = max(self.latest, event.day)
            taken.append(event)
        return taken

    def today(self, building: str) -> tuple[str, ...]:
        """Return the ids that stand for a building now: itself, or what came after it; none where it is gone.

        Raises:
            NotFoundError: when no such id was ever given.
        """
        if building not in self.lives:
            raise NotFoundError("no such building")
        life = self.lives[building]
        if life.ended is None:
            return (building,)
        return tuple(sorted({now for each in life.successors for now in self.today(each)}))

    def addresses_on(self, building: str, day: date) -> list[Address]:
        """Return the addresses that a building had on a day."""
        held = self.addresses.get(building, {})
        return sorted(address for address, spans in held.items() if any(_holds(span, day) for span in spans))


def replay(events: Iterable[Event]) -> Register:
    """Return the register that events make."""
    register = Register()
    register.apply(events)
    return register


def _holds(span: tuple[date, date | None], day: date) -> bool:
    return span[0] <= day and (span[1] is None or day < span[1])


def _released(register: Register, event: Event) -> None:
    register.releases.append(event.building)
    register.footprints, register.standing = {}, {}


def _born(register: Register, event: Event) -> None:
    if event.building in register.lives:
        raise ConflictError("a building id is never given twice")
    register.lives[event.building] = Life(event.day)
    _stand(register, event)


def _stand(register: Register, event: Event) -> None:
    standing = register.footprints.get(event.footprint, ())
    register.footprints[event.footprint] = tuple(sorted({*standing, event.building}))
    register.standing[event.building] = event.footprint


def _ended(register: Register, event: Event) -> None:
    life = register.lives[event.building]
    if life.ended is not None:
        raise ConflictError("a building ends once")
    life.ended, life.fate, life.successors = event.day, event.why, event.others
    name = register.standing.pop(event.building, None)
    if name is not None:
        register.footprints[name] = tuple(each for each in register.footprints[name] if each != event.building)
    for spans in register.addresses.get(event.building, {}).values():
        if spans[-1][1] is None:
            spans[-1] = (spans[-1][0], event.day)
    for merge in register.merges.values():
        if event.building in merge.members and merge.state in {"found", "proposed"}:
            merge.state = "lapsed"


def _addressed(register: Register, event: Event) -> None:
    spans = register.addresses.setdefault(event.building, {}).setdefault(event.address, [])
    if not spans or spans[-1][1] is not None:
        spans.append((event.day, None))


def _unaddressed(register: Register, event: Event) -> None:
    spans = register.addresses[event.building][event.address]
    spans[-1] = (spans[-1][0], event.day)


def _merge_found(register: Register, event: Event) -> None:
    register.merges[event.building] = Merge(event.others, event.footprint)


def _merge_state(state: str) -> Callable[[Register, Event], None]:
    def change(register: Register, event: Event) -> None:
        merge = register.merges[event.building]
        merge.state = state
        if state == "proposed":
            merge.proposed_by = event.actor

    return change


_APPLY: dict[str, Callable[[Register, Event], None]] = {
    "released": _released,
    "born": _born,
    "kept": _stand,
    "ended": _ended,
    "addressed": _addressed,
    "unaddressed": _unaddressed,
    "merge-found": _merge_found,
    "merge-proposed": _merge_state("proposed"),
    "merge-confirmed": _merge_state("confirmed"),
    "merge-rejected": _merge_state("rejected"),
}
