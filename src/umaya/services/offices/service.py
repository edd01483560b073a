"""Questions about offices, and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt

from umaya.engines.access import (
    CAR,
    SLOW_WALK,
    WALK,
    Addition,
    Change,
    Nearest,
    Pace,
    banded,
    best_additions,
    change,
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
COUNT_EVERY: Final = timedelta(days=90)
Minutes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """What somebody wants to know.

    Attributes:
        service: which offices count; None for all.
        pace: `walk`, `slow` or `car`.
        change: ids of offices where it would be otherwise: those that offer the service end it, the others begin it.
        limit: minutes that are thought near enough, 1 to 240.
    """

    service: OfficeService | None = None
    pace: str = "walk"
    change: frozenset[str] = frozenset()
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
        concerned: people whose nearest office is another one after the change.
        before, after: people in each band of minutes.
        catchments: people whose nearest each office is, (2, m): before and after.
        suggestions: where the service would best begin next, after the change.
    """

    question: Question
    offices: tuple[Office, ...]
    offers: npt.NDArray[np.bool_]
    counted: Counted
    change: Change
    concerned: int
    before: npt.NDArray[np.int64]
    after: npt.NDArray[np.int64]
    catchments: npt.NDArray[np.int64]
    suggestions: tuple[Addition, ...]

    @property
    def changes(self) -> bool:
        """Whether anything is otherwise."""
        return bool(self.question.change)


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
        self._lock = Lock()
        self._travelled = lru_cache(maxsize=16)(self._travel)

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
        """Ask the gate for new counts and keep them.

        Raises:
            ConflictError: when people were counted within `COUNT_EVERY`: a few days apart they tell who came and went.
            ForbiddenError, ConflictError: as `check_may_ask`.
        """
        scheme = self.check_may_ask(actor)
        last = self._counts.read(scheme)
        if last is not None and self._clock.now() < last.at + COUNT_EVERY:
            raise ConflictError(f"people were counted less than {COUNT_EVERY.days} days ago")
        outcome = self._gate.open(Use(actor, scheme.scheme, "how far people have to offices", None))
        if isinstance(outcome, Release):
            self._counts.write(scheme, outcome.data, self._clock.now())
        return outcome

    def may_count(self, actor: Actor) -> bool:
        """Return whether it is time to count; raises as `check_may_ask`."""
        last = self._counts.read(self.check_may_ask(actor))
        return last is None or self._clock.now() >= last.at + COUNT_EVERY

    def answer(self, actor: Actor, question: Question) -> Answer | None:
        """Return what the counts say; None where nothing was counted yet under the scheme's version in force.

        Raises:
            InputError: when the question names an office that does not exist today.
            ConflictError: as `check_may_ask`; when the scheme's period is over.
            ForbiddenError: as `check_may_ask`.
        """
        scheme, today = self.check_may_ask(actor), self.today()
        if not scheme.document.period.from_ <= today <= scheme.document.period.to:
            raise ConflictError("the period of the scheme that counts people is over, or has not begun")
        counted = self._counts.read(scheme)
        if counted is None:
            return None
        offices = tuple(self._register.on(today))
        offers = np.array([question.service is None or question.service in one.services for one in offices], np.bool_)
        then = offers ^ _chosen(question.change, offices)
        people = counted.cells.column("people").to_numpy()
        minutes = self._minutes(offices, counted, question.pace)
        changed = change(minutes, offers, then)
        return Answer(
            question,
            offices,
            offers,
            counted,
            changed,
            int(people[changed.concerned].sum()),
            banded(changed.before.minutes, people),
            banded(changed.after.minutes, people),
            np.stack([_catchment(found, people, len(offices)) for found in (changed.before, changed.after)]),
            tuple(best_additions(minutes, people, then, ~offers & ~then, question.limit, SUGGESTED)),
        )

    def _minutes(self, offices: tuple[Office, ...], counted: Counted, pace: str) -> Minutes:
        """Return minutes from each cell to each office; equal questions at once are worked out once."""
        with self._lock:
            return self._travelled(tuple((one.lon, one.lat) for one in offices), _centres(counted).tobytes(), pace)

    def _travel(self, sites: tuple[tuple[float, float], ...], centres: bytes, pace: str) -> Minutes:
        places = np.frombuffer(centres, np.float64).reshape(-1, 2)
        at = np.array(sites, np.float64).reshape(-1, 2)
        return travel_minutes(self._atlas.network, places, at, PACES[pace])


def _centres(counted: Counted) -> npt.NDArray[np.float64]:
    """Return the middle of each cell, (n, 2) degrees."""
    bounds = counted.bounds
    return np.ascontiguousarray((bounds[:, :2] + bounds[:, 2:]) / 2)


def _chosen(names: frozenset[str], offices: tuple[Office, ...]) -> npt.NDArray[np.bool_]:
    if names - {office.office_id for office in offices}:
        place = Place("question", field="change")
        raise InputError(place, "an office does not exist today", "choose among the offices of the list")
    return np.array([office.office_id in names for office in offices], np.bool_)


def _catchment(found: Nearest, people: npt.NDArray[np.int64], offices: int) -> npt.NDArray[np.int64]:
    near = found.site >= 0
    return np.bincount(found.site[near], weights=people[near], minlength=offices).astype(np.int64)
