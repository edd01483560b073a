"""The index from a person to the uses that were permitted for them: a page of them costs some point reads.

A use of few people is a row for each of them. A use of many takes the next slot and is a bitmap for each block of
65,536 numbers; 64 slots in a row have the union of their bitmaps beside them, 64 of those runs again, and so on. Who
looks for a person passes over every run whose union lacks them. Runs are written once, by the use that fills them, and
never changed.

Must hold: a use is in the index when it is committed, and the index names a use for exactly the people that
`use_people.permitted` names. Slots are in the order of entries, because whoever takes one holds the counter until the
commit.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from umaya.gate.own.models import BLOCKS, COUNTER, PERSONS, SLOTS

FEW: Final = 64
"""Uses of at most so many people are indexed person by person."""
RUN: Final = 64
LEVELS: Final = 4
"""64**4 uses of many people, and no more runs above them."""
_BLOCK_BITS: Final = 16


class Touch(NamedTuple):
    """A use that was permitted for a person, by the number it knew the person by; `entry` is the decision's."""

    entry: int
    use: str
    person: int


def take_slot(session: Session, people: BitMap) -> int | None:
    """Return the slot for a use of these people within the act that decides it, or None where it needs none.

    Call it before the act is recorded: it waits for others who are about to record a use of many.
    """
    if len(people) <= FEW:
        return None
    raised = update(COUNTER).values(last=COUNTER.c.last + 1).returning(COUNTER.c.last)
    slot: int = session.execute(raised).scalar_one()
    return slot


def index_use(session: Session, use: str, entry: int, people: BitMap, slot: int | None) -> None:
    """Write a use into the index, with what `take_slot` returned for it."""
    if slot is None:
        if people:
            rows = [{"person": person, "entry": entry, "use": use} for person in people]
            session.execute(insert(PERSONS), rows)
        return
    session.execute(insert(SLOTS).values(slot=slot, entry=entry, use=use))
    session.execute(insert(BLOCKS), list(_rows(0, slot, people)))
    for level in range(1, LEVELS + 1):
        if slot % RUN**level:
            return
        _write_run(session, level, slot // RUN**level)


def touches(session: Session, numbers: Sequence[int], before: int | None) -> Iterator[Touch]:
    """Yield the uses that were permitted for any of a person's numbers, latest first.

    Args:
        session: to read in.
        numbers: the person's number and those merged into it.
        before: only uses whose entry is below this one; None for all.
    """
    sources = [find(session, number, before) for number in numbers for find in (_few, _many)]
    last = None
    for touch in heapq.merge(*sources, key=lambda found: -found.entry):
        if touch.entry != last:  # two numbers of one person can be in one use
            yield touch
        last = touch.entry


def number_in(session: Session, numbers: Sequence[int], entry: int) -> int | None:
    """Return by which of a person's numbers the use of this entry was permitted for them; None where it was not.

    Reads the same for a use of others as for an entry that is none of a use.
    """
    slot = session.scalar(select(SLOTS.c.slot).where(SLOTS.c.entry == entry))
    found = None
    for number in numbers:
        alone = select(PERSONS.c.person).where(PERSONS.c.person == number, PERSONS.c.entry == entry)
        among = list(_holding(session, number, 0, slot or 0, slot or 0))
        if session.scalar(alone) is not None or among:
            found = number if found is None else found
    return found


def _few(session: Session, person: int, before: int | None) -> Iterator[Touch]:
    query = select(PERSONS.c.entry, PERSONS.c.use).where(PERSONS.c.person == person).order_by(PERSONS.c.entry.desc())
    if before is not None:
        query = query.where(PERSONS.c.entry < before)
    for entry, use in session.execute(query.execution_options(yield_per=100)):
        yield Touch(entry, use, person)


def _many(session: Session, person: int, before: int | None) -> Iterator[Touch]:
    newest = select(SLOTS.c.slot).order_by(SLOTS.c.entry.desc()).limit(1)
    last = session.scalar(newest if before is None else newest.where(SLOTS.c.entry < before)) or 0
    for slot in _slots(session, person, last):
        entry, use = session.execute(select(SLOTS.c.entry, SLOTS.c.use).where(SLOTS.c.slot == slot)).one()
        yield Touch(entry, use, person)


def _slots(session: Session, person: int, last: int) -> Iterator[int]:
    """Yield the slots up to `last` whose uses were permitted for a person, latest first."""
    for level in range(LEVELS):
        whole = last // RUN
        yield from _below(session, person, level, whole * RUN + 1, last)
        last = whole
    yield from _below(session, person, LEVELS, 1, last)


def _below(session: Session, person: int, level: int, first: int, last: int) -> Iterator[int]:
    """Yield the slots within the runs `first` to `last` of a level whose uses were permitted for a person."""
    for run in _holding(session, person, level, first, last):
        if level == 0:
            yield run
        else:
            yield from _below(session, person, level - 1, (run - 1) * RUN + 1, run * RUN)


def _holding(session: Session, person: int, level: int, first: int, last: int) -> Iterator[int]:
    """Yield those of the runs `first` to `last` of a level that hold a person, latest first."""
    query = (
        select(BLOCKS.c.slot, BLOCKS.c.people)
        .where(BLOCKS.c.level == level, BLOCKS.c.block == person >> _BLOCK_BITS, BLOCKS.c.slot.between(first, last))
        .order_by(BLOCKS.c.slot.desc())
    )
    for slot, people in session.execute(query.execution_options(yield_per=8)):
        if person in BitMap.deserialize(people):
            yield slot


def _rows(level: int, slot: int, people: BitMap) -> Iterator[dict[str, object]]:
    """Yield the rows of a set of people, one for each block that has any of them."""
    first, last = people.min() >> _BLOCK_BITS, people.max() >> _BLOCK_BITS
    for block in range(first, last + 1):
        part = people & BitMap(range(block << _BLOCK_BITS, (block + 1) << _BLOCK_BITS))
        if part:
            yield {"level": level, "block": block, "slot": slot, "people": part.serialize()}


def _write_run(session: Session, level: int, run: int) -> None:
    """Write the union of the 64 runs, or uses, of the level below that this run is made of."""
    parts = (BLOCKS.c.level == level - 1, BLOCKS.c.slot.between((run - 1) * RUN + 1, run * RUN))
    block = -1
    while True:
        later = select(func.min(BLOCKS.c.block)).where(BLOCKS.c.level == level - 1, BLOCKS.c.block > block)
        found = session.scalar(later)
        if found is None:
            return
        block = found
        maps = session.scalars(select(BLOCKS.c.people).where(*parts, BLOCKS.c.block == block)).all()
        if maps:
            together = BitMap.union(*(BitMap.deserialize(people) for people in maps))
            row = {"level": level, "block": block, "slot": run, "people": together.serialize()}
            session.execute(insert(BLOCKS).values(**row))
