"""Buildings through time: which ids there are, what each became, which footprint and addresses it had when.

A register is what a list of events says, nothing more; so reading the events again gives the same register. Must hold:
no id is given twice; every id that ended has exactly one fate; an id that ended is never used again. A merge found in
footprints changes no id by itself: a person proposes it, another one confirms it (four eyes), until then both ids stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from umaya.engines.buildings.releases import Change, Relation
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError

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


def take_release(
    register: Register, changes: Iterable[Change], release: str, day: date, mint: Callable[[], str]
) -> list[Event]:
    """Take a new release of footprints into a register, and return what happened.

    Args:
        register: changed in place.
        changes: of `releases.compare` from the register's latest release.
        release: name of the new one.
        day: from which it holds.
        mint: gives ids at random; those given before are passed over.

    Raises:
        ConflictError: when the day lies before what is known already, the name was used, or the changes are not from
            the register's latest release.
    """
    changes = list(changes)
    if day < register.latest:
        raise ConflictError("a release cannot hold from a day before what is known already")
    if release in register.releases:
        raise ConflictError("a release of this name was taken in already")
    before = register.footprints
    if sorted(name for change in changes for name in change.old) != sorted(before):
        raise ConflictError("the older footprints are not those of the latest release taken in")
    made = register.apply([Event("released", release, day, release)])
    for change in changes:
        members = tuple(sorted({each for name in change.old for each in before.get(name, ())}))
        made += register.apply(_of_change(register, change, members, release, day, mint))
    return made


def _of_change(
    register: Register, change: Change, members: tuple[str, ...], release: str, day: date, mint: Callable[[], str]
) -> Iterator[Event]:
    if change.relation in {Relation.SAME, Relation.MOVED} or (change.relation is Relation.MERGED and len(members) == 1):
        for each in members:
            yield Event("kept", each, day, release, change.relation, change.new[0])
        return
    if change.relation is Relation.MERGED:
        for each in members:
            yield Event("kept", each, day, release, "merge-open", change.new[0])
        yield Event("merge-found", f"{release}:{change.new[0]}", day, release, "", change.new[0], members)
        return
    fresh = []
    for name in change.new:
        fresh.append(_unused(register, mint))
        yield Event("born", fresh[-1], day, release, change.relation, name)
    for each in members:
        yield Event("ended", each, day, release, change.relation, "", tuple(fresh))


def propose(register: Register, merge: str, actor: str, day: date) -> list[Event]:
    """Propose a merge that was found; raises ConflictError unless it is open, NotFoundError when there is none."""
    found = _merge(register, merge, "found")
    return register.apply(
        [Event("merge-proposed", merge, day, "person", "", found.footprint, found.members, (), actor)]
    )


def confirm(register: Register, merge: str, actor: str, day: date, mint: Callable[[], str]) -> list[Event]:
    """Confirm a proposed merge: its members end, one new id stands in their place.

    Raises:
        ForbiddenError: when the same person proposed it.
        ConflictError: when it is not proposed, or a member ended meanwhile.
        NotFoundError: when there is no such merge.
    """
    found = _other_person(register, merge, actor)
    fresh, footprint = _unused(register, mint), register.standing[found.members[0]]
    events = [Event("merge-confirmed", merge, day, "person", "", footprint, found.members, (), actor)]
    events.append(Event("born", fresh, day, merge, Relation.MERGED, footprint))
    events += [Event("ended", each, day, merge, Relation.MERGED, "", (fresh,)) for each in found.members]
    return register.apply(events)


def reject(register: Register, merge: str, actor: str, day: date) -> list[Event]:
    """Reject a proposed merge: its members stay, drawn as one; raises as `confirm` does."""
    found = _other_person(register, merge, actor)
    return register.apply(
        [Event("merge-rejected", merge, day, "person", "", found.footprint, found.members, (), actor)]
    )


def readdress(
    register: Register, links: Mapping[Address, frozenset[str]], day: date, source: str, actor: str = ""
) -> list[Event]:
    """Make the addresses of buildings those of `links`; what `links` does not name stays as it was.

    Args:
        register: changed in place.
        links: ids of the buildings that each address marks.
        day: from which on.
        source: what says so.
        actor: id of the person who said so; empty where footprints did.

    Raises:
        NotFoundError: when a building is none that lasts.
    """
    if any(building not in register.standing for buildings in links.values() for building in buildings):
        raise NotFoundError("no such building")
    events = []
    held: dict[Address, set[str]] = {}
    for building, spans in register.addresses.items():
        for address, days in spans.items():
            if days[-1][1] is None:
                held.setdefault(address, set()).add(building)
    for address, buildings in sorted(links.items()):
        now = held.get(address, set())
        changes: list[tuple[Kind, str, str]] = [("unaddressed", "elsewhere", each) for each in sorted(now - buildings)]
        changes += [("addressed", "", each) for each in sorted(buildings - now)]
        events += [Event(kind, each, day, source, why, address=address, actor=actor) for kind, why, each in changes]
    return register.apply(events)


def renumber(register: Register, pairs: Mapping[Address, Address], day: date, source: str) -> list[Event]:
    """Give every building with an old address the new one (住居表示の実施); the old one ends on the day of the new.

    Args:
        register: changed in place.
        pairs: new addresses by old ones.
        day: the day on which the new numbers come into force.
        source: the notice (告示) that says so.
    """
    if day < register.latest:
        raise ConflictError("a renumbering cannot hold from a day before what is known already")
    events = []
    for building, spans in sorted(register.addresses.items()):
        for address in sorted(spans):
            if address in pairs and spans[address][-1][1] is None:
                events.append(Event("unaddressed", building, day, source, "renumbered", address=address))
                events.append(Event("addressed", building, day, source, "renumbered", address=pairs[address]))
    return register.apply(events)


def _unused(register: Register, mint: Callable[[], str]) -> str:
    while (fresh := mint()) in register.lives:
        pass
    return fresh


def _merge(register: Register, merge: str, state: str) -> Merge:
    if merge not in register.merges:
        raise NotFoundError("no such merge")
    found = register.merges[merge]
    if found.state != state:
        raise ConflictError(f"the merge is {found.state}")
    return found


def _other_person(register: Register, merge: str, actor: str) -> Merge:
    found = _merge(register, merge, "proposed")
    if found.proposed_by == actor:
        raise ForbiddenError("another person than the one who proposed it decides on a merge")
    return found


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
