"""A check as its pages and its table tell it: what is asked, what was said. Pure values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from umaya.services.buildings.models import CheckRow

Ring = tuple[tuple[int, int], ...]
"""Corners of an outline, in decimetres east and north of the drawing's middle."""


class State(StrEnum):
    """Where a check stands."""

    OPEN = "open"
    SECOND = "second"
    """Answered, and waiting for another person."""
    ANSWERED = "answered"


class Verdict(StrEnum):
    """What somebody says of a doubtful row."""

    ONE = "one"
    """It is this building."""
    MERGED = "merged"
    """It is these, and they are one building: two people say so."""
    SEVERAL = "several"
    """It is of several buildings: the building's name is needed."""
    NONE = "none"
    """It is none of these."""
    UNKNOWN = "unknown"
    """It cannot be told."""


class Note(StrEnum):
    """What was seen there; there is no free text, so nothing about people can be written."""

    DEMOLISHED = "demolished"
    NEW = "new-building"
    MAP_WRONG = "map-wrong"
    ADDRESS_WRONG = "address-wrong"
    NO_LETTERBOX = "no-letterbox"


CHOICES: Final = {Verdict.ONE: (1, 1), Verdict.MERGED: (2, 99)}
"""How few and how many candidates a verdict names; others name none."""


@dataclass(frozen=True)
class Candidate:
    """A building that it may be.

    Attributes:
        number: from 1, as it is drawn.
        footprint: id in its release.
        building_id: lasting id, where there is one.
        distance_m: from the row's place to the outline; None where the row has no place.
        lon, lat: within the outline.
        rings: the outline.
    """

    number: int
    footprint: str
    building_id: str | None
    name: str | None
    area_m2: float
    height_m: float | None
    distance_m: float | None
    lon: float
    lat: float
    rings: tuple[Ring, ...]


@dataclass(frozen=True)
class Drawing:
    """What is drawn of a row: candidates, the outlines around, and where its place is, where it has one."""

    candidates: tuple[Candidate, ...]
    around: tuple[tuple[Ring, ...], ...]
    point: tuple[int, int] | None

    def to_json(self) -> str:
        """Return it as it is stored."""
        told = [vars(one) for one in self.candidates]
        return json.dumps({"candidates": told, "around": self.around, "point": self.point}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Drawing:
        """Return what `to_json` wrote."""
        told = json.loads(text)
        candidates = tuple(Candidate(**{**one, "rings": _rings(one["rings"])}) for one in told["candidates"])
        point = told["point"]
        return Drawing(candidates, tuple(_rings(each) for each in told["around"]), point and (point[0], point[1]))


@dataclass(frozen=True)
class Check:
    """A doubtful row and what was said of it.

    Attributes:
        address: registry ids: municipality, town, block, residence number, second number.
        letterbox: id of the letterbox; None for an address.
        chosen: numbers of candidates.
        revision: to be handed back with an answer.
    """

    id: str
    party: str
    office: str
    address: tuple[str, ...]
    letterbox: str | None
    reason: str
    drawing: Drawing
    state: State
    verdict: Verdict | None
    chosen: tuple[int, ...]
    note: Note | None
    revision: int
    answered_by: str
    answered_at: datetime | None

    @property
    def picked(self) -> tuple[Candidate, ...]:
        """The candidates that were chosen."""
        return tuple(one for one in self.drawing.candidates if one.number in self.chosen)


def check_of(row: CheckRow) -> Check:
    """Return a row of the table as a value."""
    return Check(
        row.id,
        row.party,
        row.office,
        tuple(row.address.split("/")),
        row.letterbox,
        row.reason,
        Drawing.from_json(row.drawing),
        State(row.state),
        Verdict(row.verdict) if row.verdict else None,
        tuple(map(int, row.chosen.split())),
        Note(row.note) if row.note else None,
        row.revision,
        row.answered_by,
        row.answered_at,
    )


def _rings(told: list[list[list[int]]]) -> tuple[Ring, ...]:
    return tuple(tuple((x, y) for x, y in ring) for ring in told)
