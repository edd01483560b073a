"""What happens to buildings: a release of footprints, a merge, a renumbering, a person's word; each as events.

A merge found in footprints changes no id by itself: a person proposes it, another one confirms it (four eyes), until
then both ids stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from umaya.engines.buildings.register import Address, Event, Kind, Merge, Register
from umaya.engines.buildings.releases import Change, Relation
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError


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
