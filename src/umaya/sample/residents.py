"""Residents of the sample town whom one may sign in as: what each of them said is why they are worth looking at.

Found in what people said, not in the data about them: no row is read, and nobody's name is known here. A person whom a
protective measure stands before is never among them. Once found they stay the same for as long as the hub is open: who
consents at the counter, or withdraws, is still who they were when one signs in as them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final
from weakref import WeakKeyDictionary

from pyroaring import BitMap

from umaya.gate import Gate, Words
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.sample.bank import TOPIC
from umaya.types.site import Resident


@dataclass(frozen=True)
class SampleResident:
    """A resident of the demonstration.

    Attributes:
        label: who this is, by what they said.
        resident: whom the session is for.
    """

    label: Words
    resident: Resident


def residents(hub: Hub) -> list[SampleResident]:
    """Return one who consented, one who withdrew and one who was never asked; fewer where the hub has none such."""
    cast = _CAST.get(hub.gate) or _found(hub)
    if len(cast) == _WHOLE:
        _CAST[hub.gate] = cast
    return cast


def _found(hub: Hub) -> list[SampleResident]:
    state = hub.gate.projection.latest()
    words = state.topic(TOPIC, day_in_japan(hub.clock.now()))
    hidden = state.measures | state.merged
    said = BitMap.union(words.active, words.withdrawn, words.expired, words.ended, words.spent)
    return [
        SampleResident(label, Resident(people.min()))
        for label, people in (
            (_CONSENTED, words.active - hidden),
            (_WITHDREW, words.withdrawn - hidden),
            (_NEVER_ASKED, BitMap([next(_others(said | hidden))]) if said else BitMap()),
        )
        if people
    ]


def _others(people: BitMap) -> Iterator[int]:
    """Yield the numbers that are not among these, ascending; the town's customers are numbered from 0."""
    return (number for number in count() if number not in people)


_CONSENTED = Words("住民A: はじめ、保険の案内に同意している人", "Resident A: consents to offers of insurance at first")
_WITHDREW = Words("住民B: はじめ、同意を撤回している人", "Resident B: has withdrawn the consent at first")
_NEVER_ASKED = Words("住民C: はじめ、何も聞かれていない人", "Resident C: was asked nothing at first")
_WHOLE: Final = 3
_CAST: Final[WeakKeyDictionary[Gate, list[SampleResident]]] = WeakKeyDictionary()
