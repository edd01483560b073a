"""What holds for whom as of one event: bitmaps of person numbers, made from the events and from nothing else.

Values: a state is never changed, the next one is made beside it and shares what no event touched. Nor is any bitmap
that was handed out ever changed. Must hold: the five sets of a topic have nobody in common, and the state after many
small steps is the state after one large step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from pyroaring import BitMap

from umaya.gate.people.events import EventKind

NOBODY: Final = BitMap()
_DAYS_KEPT = 4


class Cell(NamedTuple):
    """Words that mean the same: the kind, and for consents the number of the text and the ordinal of the last day."""

    kind: EventKind
    text: int = 0
    last_day: int = 0


WITHDRAWN: Final = Cell(EventKind.WITHDRAWN)
SPENT: Final = Cell(EventKind.SPENT)


@dataclass(frozen=True, slots=True)
class TopicState:
    """Who said what on one topic, as of a day in Japan; everybody else said nothing.

    Attributes:
        active: consented, and the consent is good.
        withdrawn: withdrew.
        expired: the last day of their consent is past.
        ended: the text they consented by was ended.
        spent: the one use they consented to has happened.
    """

    active: BitMap = NOBODY
    withdrawn: BitMap = NOBODY
    expired: BitMap = NOBODY
    ended: BitMap = NOBODY
    spent: BitMap = NOBODY


SILENCE: Final = TopicState()


@dataclass(frozen=True)
class Words:
    """The latest word of each person on one topic.

    Attributes:
        cells: who is in which cell; nobody is in two.
        ended: numbers of texts that were ended.
    """

    cells: Mapping[Cell, BitMap] = field(default_factory=dict)
    ended: frozenset[int] = frozenset()
    _days: dict[date, TopicState] = field(default_factory=dict, compare=False, repr=False)

    def on(self, day: date) -> TopicState:
        """Return who said what as of a day; kept for the next who asks."""
        known = self._days.get(day)
        if known is None:
            known = TopicState(*(_together(parts) for parts in self._sorted(self.cells, day)))
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            self._days[day] = known
        return known

    def cell(self, person: int) -> Cell | None:
        """Return the cell of a person, or None."""
        return next((cell for cell, people in self.cells.items() if person in people), None)

    def moved(self, changes: Mapping[Cell, BitMap]) -> Words:
        """Return the words after these people said these things; nobody is in two of the changes."""
        touched = BitMap.union(*changes.values())
        cells = {cell: people - touched if people.intersect(touched) else people for cell, people in self.cells.items()}
        for cell, people in changes.items():
            cells[cell] = cells[cell] | people if cell in cells else people
        after = Words({cell: people for cell, people in cells.items() if people}, self.ended)
        for day, known in tuple(self._days.items()):
            after._days[day] = after._patched(known, day, touched, changes)
        return after

    def without(self, text: int) -> Words:
        """Return the words after a text was ended."""
        return Words(self.cells, self.ended | {text})

    def _patched(self, before: TopicState, day: date, touched: BitMap, changes: Mapping[Cell, BitMap]) -> TopicState:
        """Return the state of a day out of the one before only `touched` moved."""
        old = (before.active, before.withdrawn, before.expired, before.ended, before.spent)
        new = []
        for people, parts in zip(old, self._sorted(changes, day), strict=True):
            left = people - touched if people.intersect(touched) else people
            new.append(left | _together(parts) if parts else left)
        return TopicState(*new)

    def _sorted(self, cells: Mapping[Cell, BitMap], day: date) -> tuple[list[BitMap], ...]:
        """Return the bitmaps of the cells that belong to each member of a `TopicState`, in its order."""
        today = day.toordinal()
        active: list[BitMap] = []
        expired: list[BitMap] = []
        ended: list[BitMap] = []
        for cell, people in cells.items():
            if cell.kind is EventKind.GIVEN:
                (expired if cell.last_day < today else ended if cell.text in self.ended else active).append(people)
        withdrawn = [cells[WITHDRAWN]] if WITHDRAWN in cells else []
        spent = [cells[SPENT]] if SPENT in cells else []
        return active, withdrawn, expired, ended, spent


def _together(parts: Sequence[BitMap]) -> BitMap:
    return BitMap.union(*parts) if parts else NOBODY


_NOTHING_SAID: Final = Words()


@dataclass(frozen=True)
class PeopleState:
    """Everything that events say about people, as of the event `reached`.

    Attributes:
        reached: number of the latest event; 0 before the first.
        measures: people whom a protective measure (支援措置) stands before.
        merged: numbers merged into another: every use refuses them.
        words: id of the topic to what was said on it.
    """

    reached: int = 0
    measures: BitMap = NOBODY
    merged: BitMap = NOBODY
    words: Mapping[str, Words] = field(default_factory=dict)

    def topic(self, topic: str, day: date) -> TopicState:
        """Return who said what on a topic as of a day in Japan; a consent is good through its last day."""
        words = self.words.get(topic)
        return SILENCE if words is None else words.on(day)

    def cell(self, topic: str, person: int) -> Cell | None:
        """Return the latest word of one person on a topic, or None."""
        return self.words.get(topic, _NOTHING_SAID).cell(person)


class Step(NamedTuple):
    """One thing that events do to a state: words that moved together, or one event of another kind."""

    kind: EventKind
    topic: str = ""
    changes: Mapping[Cell, BitMap] = {}
    text: int = 0
    person: int = 0
    origin: int = 0


def advanced(state: PeopleState, steps: Iterable[Step], reached: int) -> PeopleState:
    """Return the state after these steps."""
    measures, merged, words = state.measures, state.merged, dict(state.words)
    for step in steps:
        if step.kind is EventKind.GIVEN:
            words[step.topic] = words.get(step.topic, _NOTHING_SAID).moved(step.changes)
        elif step.kind is EventKind.INHERITED:
            said = words.get(step.topic, _NOTHING_SAID)
            cell = said.cell(step.origin)
            if cell is not None:
                words[step.topic] = said.moved({cell: BitMap([step.person])})
        elif step.kind is EventKind.TEXT_ENDED:
            words[step.topic] = words.get(step.topic, _NOTHING_SAID).without(step.text)
        elif step.kind is EventKind.PROTECTED:
            measures = measures | BitMap([step.person])
        elif step.kind is EventKind.UNPROTECTED:
            measures = measures - BitMap([step.person])
        elif step.kind is EventKind.MERGED:
            merged = merged | BitMap([step.origin])
            if step.origin in measures:
                measures = measures | BitMap([step.person])
    return PeopleState(reached, measures, merged, words)
