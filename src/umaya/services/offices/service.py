"""Questions about offices, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from umaya.engines.access import (
    CAR,
    SLOW_WALK,
    WALK,
    Addition,
    Closing,
    Nearest,
    Pace,
    banded,
    best_additions,
    closing,
    nearest,
    travel_minutes,
)
from umaya.gate import Gate, Refusal, Release, SchemeVersion, Use
from umaya.gate.roles import OFFICER
from umaya.gate.schemes import State
from umaya.law import day_in_japan
from umaya.places.atlas import Atlas
from umaya.places.offices import Office, OfficeRegister, OfficeService
from umaya.services.offices.counts import Counted, Counts
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, Place
from umaya.types.site import Actor

COUNTING: Final = "count-in-cells"
"""The obligation by which a scheme is known to count people for this."""
PACES: Final[dict[str, Pace]] = {"walk": WALK, "slow": SLOW_WALK, "car": CAR}
SUGGESTED: Final = 3
Minutes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """What somebody wants to know.

    Attributes:
        service: which offices count; None for all.
        pace: `walk`, `slow` or `car`.
        closed: ids of offices that would close.
        added: ids of offices that would begin the service.
        limit: minutes that are thought near enough, 1 to 240.
    """

    service: OfficeService | None = None
    pace: str = "walk"
    closed: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    limit: int = 20

    def __post_init__(self) -> None:
        if self.pace not in PACES:
            raise InputError(Place("question", field="pace"), "the pace is unknown", f"choose among {', '.join(PACES)}")
        if not 1 <= self.limit <= 240:
            raise InputError(Place("question", field="limit"), "the limit is no time", "give 1 to 240 minutes")


@dataclass(frozen=True)
class Answer:
    """What the counts say.

    Attributes:
        question: asked.
        offices: that exist today, by id; rows of the arrays below.
        offers: which offer the service now.
        counted: the people.
        change: before and after, for each cell.
        concerned: people whose nearest office of the service closes.
        before, after: people in each band of minutes.
        catchments: people whose nearest each office is, (2, m): before and after.
        suggestions: where the service would best begin next, after the change.
    """

    question: Question
    offices: tuple[Office, ...]
    offers: npt.NDArray[np.bool_]
    counted: Counted
    change: Closing
    concerned: int
    before: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]
    catchments: npt.NDArray[np.int64]
    suggestions: tuple[Addition, ...]

    @property
    def changes(self) -> bool:
        """Whether anything closes or begins."""
        return bool(self.question.closed or self.question.added)


class OfficeAccess:
    """Answers questions about how far people have.

    Args:
        gate: the one door.
        atlas: the roads.
        register: the offices.
        directory: where released counts are kept.
        clock: tells today.
    """

    def __init__(self, gate: Gate, atlas: Atlas, register: OfficeRegister, directory: Path, clock: Clock) -> None:
        self._gate = gate
        self._atlas = atlas
        self._register = register
        self._counts = Counts(directory)
        self._clock = clock
        self._minutes: Callable[[tuple[tuple[float, float], ...], bytes, str], Minutes] = lru_cache(maxsize=16)(
            self._travel
        )

    @property
    def atlas(self) -> Atlas:
        """The roads."""
        return self._atlas

    @property
    def register(self) -> OfficeRegister:
        """The offices."""
        return self._register

    def today(self) -> date:
        """Return the day in Japan."""
        return day_in_japan(self._clock.now())

    def offices(self, actor: Actor) -> list[Office]:
        """Return the offices that exist today, for whoever may ask questions; raises as `check_may_ask`."""
        self.check_may_ask(actor)
        return self._register.on(self.today())

    def may_ask(self, actor: Actor) -> bool:
        """Return whether questions are for this actor, be it that the scheme is not in force now."""
        try:
            self.check_may_ask(actor)
        except ForbiddenError:
            return False
        except ConflictError:
            pass
        return True

    def check_may_ask(self, actor: Actor) -> SchemeVersion:
        """Return the scheme by which the actor's party may know how many people live where.

        Raises:
            ForbiddenError: when the actor is no officer, or no scheme names the party.
            ConflictError: when one does, and is not in force.
        """
        if OFFICER not in actor.roles:
            raise ForbiddenError("distances to offices are for officers of a party that a scheme names")
        named = False
        for summary in self._gate.schemes.list():
            if summary.recipient != actor.party:
                continue
            for version in self._gate.schemes.get(summary.id).versions:
                if any(COUNTING in step for step in version.document.obligations):
                    named = True
                    if version.state is State.APPROVED:
                        return version
        if not named:
            raise ForbiddenError("no scheme lets your party count people in cells")
        raise ConflictError("the scheme that counts people is not in force: it is under review or was suspended")

    def count_people(self, actor: Actor) -> Release | Refusal:
        """Ask the gate for new counts and keep them; raises as `check_may_ask`."""
        scheme = self.check_may_ask(actor).scheme
        outcome = self._gate.open(Use(actor, scheme, "how far people have to offices", None))
        if isinstance(outcome, Release):
            self._counts.write(scheme, outcome.data, self._clock.now())
        return outcome

    def answer(self, actor: Actor, question: Question) -> Answer | None:
        """Return what the counts say; None where nothing was counted yet.

        Raises:
            InputError: when the question names an office that does not exist, or to close one that does not offer the
                service, or to add one that does.
            ForbiddenError, ConflictError: as `check_may_ask`.
        """
        counted = self._counts.read(self.check_may_ask(actor).scheme)
        if counted is None:
            return None
        offices = tuple(self._register.on(self.today()))
        offers = np.array([question.service is None or question.service in one.services for one in offices], np.bool_)
        closed = _chosen(question.closed, offices, offers, "closed")
        added = _chosen(question.added, offices, ~offers, "added")
        people = counted.cells.column("people").to_numpy()
        sites = tuple((one.lon, one.lat) for one in offices)
        minutes = self._minutes(sites, _centres(counted).tobytes(), question.pace)
        change = _changed(minutes, offers, closed, added)
        left = (offers & ~closed) | added
        possible = ~left & ~closed
        return Answer(
            question,
            offices,
            offers,
            counted,
            change,
            int(people[change.concerned].sum()),
            banded(change.before.minutes, people),
            banded(change.after.minutes, people),
            np.stack([_catchment(found, people, len(offices)) for found in (change.before, change.after)]),
            tuple(best_additions(minutes, people, left, possible, question.limit, SUGGESTED)),
        )

    def _travel(self, sites: tuple[tuple[float, float], ...], centres: bytes, pace: str) -> Minutes:
        places = np.frombuffer(centres, np.float64).reshape(-1, 2)
        at = np.array(sites, np.float64).reshape(-1, 2)
        return travel_minutes(self._atlas.network, places, at, PACES[pace])


def _centres(counted: Counted) -> npt.NDArray[np.float64]:
    """Return the middle of each cell, (n, 2) degrees."""
    bounds = counted.bounds
    return np.ascontiguousarray((bounds[:, :2] + bounds[:, 2:]) / 2)


def _chosen(
    names: frozenset[str], offices: tuple[Office, ...], possible: npt.NDArray[np.bool_], field: str
) -> npt.NDArray[np.bool_]:
    row_of = {office.office_id: row for row, office in enumerate(offices)}
    chosen = np.zeros(len(offices), np.bool_)
    for name in names:
        if name not in row_of or not possible[row_of[name]]:
            problem = "an office does not exist today, or that is so already"
            raise InputError(Place("question", field=field), problem, "choose among the offices of the list")
        chosen[row_of[name]] = True
    return chosen


def _changed(
    minutes: Minutes, offers: npt.NDArray[np.bool_], closed: npt.NDArray[np.bool_], added: npt.NDArray[np.bool_]
) -> Closing:
    """Return what it means that some close and some begin."""
    change = closing(minutes, offers, closed)
    return Closing(change.concerned, change.before, nearest(minutes, (offers & ~closed) | added))


def _catchment(found: Nearest, people: npt.NDArray[np.int64], offices: int) -> npt.NDArray[np.int64]:
    near = found.site >= 0
    return np.bincount(found.site[near], weights=people[near], minlength=offices).astype(np.int64)
