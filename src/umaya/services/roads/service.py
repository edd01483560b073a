"""The road map of a municipality: releases of passages through the gate, and what they say about each road.

Responsible for asking the gate window by window, keeping what was released, and turning it into a state of every
segment at a moment. Not for who may see personal data (the gate), nor for how a road is judged (the passability
engine). What always holds: a window is asked for once, after it is over, and only the recipient that the schemes name
sees the map.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.passability import USUAL, Segments, estimate, usual_pattern
from umaya.gate import Event, Gate, Refusal, Release, SchemeVersion, Use
from umaya.gate.monitoring.calendar import JAPAN
from umaya.gate.roles import OFFICER
from umaya.gate.schemes import State
from umaya.places.atlas import Atlas
from umaya.places.parameters import LinkCountsParameters, TellSweptParameters
from umaya.services.roads.products import Products, Window
from umaya.services.roads.together import Together, areas_told, told_together
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError, ForbiddenError
from umaya.types.reasons import Reason
from umaya.types.site import Actor

_log = logging.getLogger("umaya.roads")
LIVE_BASIS, USUAL_BASIS = "postal-exception-2", "probe-statistics"


Stage = Literal["waiting", "live", "late", "over"]
"""Whether newer windows are to be expected: none is out yet; they come; they should have come; they no longer come."""
LATE = 3
"""Lengths of a window without a new one from which a map is late."""


@dataclass(frozen=True)
class MapState:
    """What is known about the roads at one moment.

    Attributes:
        at: the end of the last released window by then; the start of the event where there is none yet.
        event: the declared disaster.
        windows: every released window, earliest first, also those after `at`.
        segments: schema `umaya.engines.passability.PASSABILITY`.
        stage: whether newer windows are to be expected, whatever `at` is.
    """

    at: datetime
    event: Event
    windows: tuple[Window, ...]
    segments: pa.Table
    stage: Stage = "live"


class RoadMapService:
    """Passable roads for the municipalities that schemes name.

    Args:
        gate: the one door.
        atlas: the roads.
        directory: where released passages are kept.
        clock: tells which windows are over.
    """

    def __init__(self, gate: Gate, atlas: Atlas, directory: Path, clock: Clock) -> None:
        self._gate = gate
        self._atlas = atlas
        self._products = Products(directory)
        self._clock = clock
        self._estimated = lru_cache(maxsize=256)(self._estimate)

    @property
    def atlas(self) -> Atlas:
        """The roads that the map shows."""
        return self._atlas

    @cached_property
    def _segments(self) -> Segments:
        """The roads, prepared for estimates once."""
        return Segments(self._atlas.network)

    def learn_usual(self, actor: Actor, days: Window) -> Release | Refusal:
        """Ask the gate for the counts of ordinary days and keep them as the usual pattern.

        Args:
            actor: an officer, or a program, of the municipality.
            days: whole days in Japan.
        """
        scheme = self._scheme(actor.party, USUAL_BASIS)
        use = Use(actor, scheme.scheme, "learn which roads are usually passed", (days.start, days.end))
        outcome = self._gate.open(use)
        if isinstance(outcome, Release):
            self._products.write(scheme.scheme, days, outcome.data)
            self._estimated.cache_clear()
        return outcome

    def advance(self, actor: Actor) -> list[Release | Refusal]:
        """Ask the gate for every window of the current event that is over and was not released yet, in order.

        Stops at the first refusal, which is the last element then. Each window is a use of its own, decided anew. A
        window that was permitted before and lost on its way here is not given twice, nor is one that was told in
        another form (for another event, or by another product): the map goes on without it.
        """
        scheme = self._scheme(actor.party, LIVE_BASIS)
        event = self._event(actor.party, scheme)
        lost = 0
        outcomes: list[Release | Refusal] = []
        for window in self._due(scheme, event):
            use = Use(actor, scheme.scheme, "live map of passable roads", (window.start, window.end), event.id)
            if self._gate.decide(use).reason is Reason.RELEASE_OVERLAPS:  # asking leaves no entry, each time anew
                lost += 1
                continue
            outcome = self._gate.open(use)
            outcomes.append(outcome)
            if isinstance(outcome, Refusal):
                break
            self._products.write(_series(scheme, event), window, outcome.data)
        if lost:
            _log.warning("%d windows that were told before are missing from the map of event %s", lost, event.id)
        return outcomes

    def state(self, actor: Actor, at: datetime | None = None) -> MapState:
        """Return the state of the roads at a moment, by default the latest that is known.

        Raises:
            ForbiddenError: when the actor is no officer of a municipality that a scheme of passable roads names.
            ConflictError: when that municipality has no declared event.
        """
        event, scheme = self._seen_by(actor)
        windows = tuple(self._products.windows(_series(scheme, event)))
        ends = [w.end for w in windows if at is None or w.end <= at]
        moment = max(ends, default=event.start)
        usual_days = self._usual_days(actor.party)
        segments = self._estimated(_series(scheme, event), usual_days, event.start, moment, told_together(scheme))
        return MapState(moment, event, windows, segments, self._stage(scheme, event, windows))

    def latest(self, actor: Actor) -> datetime | None:
        """Return the end of the newest released window, or None; raises as `state`."""
        event, scheme = self._seen_by(actor)
        return max((w.end for w in self._products.windows(_series(scheme, event))), default=None)

    def check_may_see(self, actor: Actor) -> None:
        """Raise ForbiddenError unless the actor is an officer of a municipality that the map is for."""
        if OFFICER not in actor.roles:
            raise ForbiddenError("the road map is for officers of the municipality that a scheme names")
        self._scheme(actor.party, LIVE_BASIS)

    def live_scheme(self, actor: Actor) -> SchemeVersion:
        """Return the scheme in force of the actor's road map; raises as `check_may_see`, and ConflictError for none."""
        self.check_may_see(actor)
        return self._scheme(actor.party, LIVE_BASIS)

    def _seen_by(self, actor: Actor) -> tuple[Event, SchemeVersion]:
        self.check_may_see(actor)
        scheme = self._scheme(actor.party, LIVE_BASIS)
        return self._event(actor.party, scheme), scheme

    def _scheme(self, party: str, basis: str) -> SchemeVersion:
        """Return the scheme in force of a basis whose recipient is the party.

        Raises:
            ForbiddenError: when no scheme names the party.
            ConflictError: when one does, and none is in force.
        """
        named = False
        for summary in self._gate.schemes.list():
            if summary.recipient != party:
                continue
            # A draft of a next version says nothing about the one in force, so each version speaks for itself.
            for version in self._gate.schemes.get(summary.id).versions:
                if version.document.basis == basis and version.document.emergency is None:
                    named = True
                    if version.state is State.APPROVED:
                        return version
        if not named:
            raise ForbiddenError("no scheme makes a road map for your party")
        raise ConflictError("the scheme of the road map is not in force: it is under review or was suspended")

    def _event(self, party: str, scheme: SchemeVersion) -> Event:
        """Return the party's event that the map is of.

        The earliest in effect: an aftershock that is declared meanwhile does not begin an empty map, and the gate would
        not tell for it what was told for the first. A later one takes over only where it reaches places of the scheme
        that the earlier does not. When all are over, the one that ended last.
        """
        now = self._clock.now()
        events = [event for event in self._gate.events.list() if event.municipality == party and event.start <= now]
        if not events:
            raise ConflictError("no disaster is declared, so there is no road map")
        if all(event.end <= now for event in events):
            return max(events, key=lambda event: (event.end, event.start))
        current, *later = sorted((event for event in events if now < event.end), key=lambda event: event.start)
        for event in later:
            if _reaches_beyond(scheme, event, current):
                current = event
        return current

    def _due(self, scheme: SchemeVersion, event: Event) -> list[Window]:
        if self._clock.now() >= event.end:
            return []  # the gate would refuse
        step = timedelta(seconds=_window_s(scheme))
        released = self._products.windows(_series(scheme, event))
        start = max((w.end for w in released), default=first_window(scheme, event.start, step))
        count = max(0, (self._final_until(scheme) - start) // step)
        return [Window(start + step * n, start + step * (n + 1)) for n in range(count)]

    def _final_until(self, scheme: SchemeVersion) -> datetime:
        """Return until when what the scheme counts is all there: now, or where it is made live, what is final."""
        now, made = self._clock.now(), self._gate.derivations.making(scheme.document.dataset)
        if made is None:
            return now
        return datetime.min.replace(tzinfo=UTC) if made.final_until is None else min(now, made.final_until)

    def _usual_days(self, party: str) -> tuple[str, Window] | None:
        """Return the series and the latest ordinary days that were released to a party under a scheme in force."""
        try:
            series = self._scheme(party, USUAL_BASIS).scheme
        except (ForbiddenError, ConflictError):  # what was passed is shown without it
            return None
        windows = self._products.windows(series)
        return (series, windows[-1]) if windows else None

    def _stage(self, scheme: SchemeVersion, event: Event, windows: tuple[Window, ...]) -> Stage:
        now, step = self._clock.now(), timedelta(seconds=_window_s(scheme))
        if now >= event.end:
            return "over"
        if now - (windows[-1].end if windows else event.start) >= LATE * step:
            return "late"
        return "live" if windows else "waiting"

    def _usual(self, days: tuple[str, Window] | None) -> pa.Table:
        """Return the usual pattern of the ordinary days of a release; nothing is known to be usual without one."""
        if days is None:
            return USUAL.empty_table()
        series, latest = days
        passages = self._products.read_window(series, latest)
        by_weekday = passages.filter(pc.field("window_start") >= latest.start + timedelta(days=1)).num_rows > 0
        first_day = latest.start.astimezone(JAPAN).date() if by_weekday else None
        return usual_pattern(passages, self._atlas.network, (latest.end - latest.start).days, first_day)

    def _estimate(
        self,
        series: str,
        usual_days: tuple[str, Window] | None,
        starts: datetime,
        at: datetime,
        together: Together | None,
    ) -> pa.Table:
        passages, usual = self._products.read(series, at), self._usual(usual_days)
        areas = None if together is None else areas_told(self._atlas, together)
        return estimate(self._segments, passages, usual, starts, at, areas=areas)


def _reaches_beyond(scheme: SchemeVersion, event: Event, other: Event) -> bool:
    """Return whether an event reaches places of a scheme that another does not."""
    stated = scheme.document.area
    reached = event.area if stated is None else stated.area().intersection(event.area)
    return reached is not None and not other.area.holds(reached)


def _series(scheme: SchemeVersion, event: Event) -> str:
    return f"{scheme.scheme}.{event.id}"


def first_window(scheme: SchemeVersion, event: datetime, step: timedelta) -> datetime:
    """Return when the first window begins: with the event, or where windows lie on a grid, with the first after it.

    What was passed between the event and that window waits, and is told with it or later.
    """
    if told_together(scheme) is None:
        return event
    return event + (datetime.fromtimestamp(0, UTC) - event) % step


def _window_s(scheme: SchemeVersion) -> int:
    """Return the length of the windows in which a scheme tells what was passed."""
    for step in scheme.document.obligations:
        if "tell-swept" in step:
            return TellSweptParameters.model_validate(step["tell-swept"]).window_s
        if "link-counts" in step:
            return LinkCountsParameters.model_validate(step["link-counts"]).window_s
    raise ConflictError("the scheme counts no passages")
