"""A hub for the tests of pages and API: real stores, ledger and gate, with the small town's roads played by hand.

Five people: an officer who is also declarer of the city; the post's applicant, verifier, approver; its steward, who is
the auditor too. One scheme in force, one waiting for the second line, one declared earthquake.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from tests.web import town
from umaya.gate import Area, Dataset, Event, Gate, Party, SchemeVersion, Words
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.services.roads.products import Window
from umaya.services.roads.service import MapState, RoadMapService
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, ForbiddenError
from umaya.types.schemas import POSITIONS
from umaya.types.site import Actor

OFFICER = Actor("minase-officer", "水無 花子", "city-minase", frozenset({"officer", "declarer"}))
APPLICANT = Actor("post-applicant", "申 一郎", "post-minase", frozenset({"applicant"}))
VERIFIER = Actor("post-verifier", "法 二葉", "post-minase", frozenset({"verifier"}))
APPROVER = Actor("post-approver", "承 三郎", "post-minase", frozenset({"approver"}))
AUDITOR = Actor("post-auditor", "監 四季", "post-minase", frozenset({"auditor", "steward"}))
PEOPLE = (OFFICER, APPLICANT, VERIFIER, APPROVER, AUDITOR)
AREA = [136.80, 36.20, 136.90, 36.28]
NOW = town.FIRST + town.STEP * town.WINDOWS

SCHEME = """
scheme: {id}
title: {{ja: {ja}, en: {en}}}
provider: post-minase
recipient: city-minase
dataset: bike-positions
fields: [vehicle_id, t, lon, lat]
purpose: {{ja: 緊急車両の経路を決める, en: Route emergency vehicles}}
basis: postal-exception-2
area: {{bbox: [136.80, 36.20, 136.90, 36.28]}}
period: {{from: 2026-04-01, to: 2027-03-31}}
obligations:
  - move-to-road: {{}}
  - suppress-dead-ends: {{max_homes: 3}}
  - link-counts: {{window_s: 600, min_vehicles: 1, min_turn_backs: 2, fold_days: false}}
"""


@dataclass
class PlayedRoads:
    """The small town after its earthquake, as the service of passable roads would tell it.

    Attributes:
        gate: where the event is declared.
        window: the newest window that is out.
    """

    gate: Gate
    window: int = town.WINDOWS - 1

    def __post_init__(self) -> None:
        self.atlas = SimpleNamespace(network=town.road_network(), background=town.background_table())

    def check_may_see(self, actor: Actor) -> None:
        if "officer" not in actor.roles:
            raise ForbiddenError("the road map is for officers of the municipality that a scheme names")

    def live_scheme(self, actor: Actor) -> SchemeVersion:
        self.check_may_see(actor)
        return self.gate.schemes.get("minase-passable-roads").versions[-1]

    def _event(self) -> Event:
        events = self.gate.events.list()
        if not events:
            raise ConflictError("no disaster is declared, so there is no road map")
        return events[0]

    def state(self, actor: Actor, at: datetime | None = None) -> MapState:
        self.check_may_see(actor)
        wanted = self.window if at is None else int((at - town.FIRST) / town.STEP)
        window = max(0, min(self.window, wanted))
        ends = [town.FIRST + town.STEP * n for n in range(self.window + 1)]
        windows = tuple(Window(end - town.STEP, end) for end in ends)
        return MapState(town.FIRST + town.STEP * window, self._event(), windows, town.segments(window))

    def latest(self, actor: Actor) -> datetime | None:
        return town.FIRST + town.STEP * self.window


def make_hub(directory: Path, *, demo: bool = True, disaster: bool = True) -> Hub:
    """Return an open hub in `directory`, which must not exist yet."""
    clock = ManualClock(town.QUAKE - timedelta(days=30))
    init_hub(directory, Settings("minase.example/umaya", demo=demo), clock)
    hub = open_hub(directory, clock, {})
    _fill(hub.gate)
    clock.set(NOW)
    if disaster:
        name = Words("水無瀬地震（2026年11月21日）", "Minase earthquake (21 November 2026)")
        end = town.QUAKE + timedelta(days=7)
        hub.gate.events.declare(OFFICER, "minase-earthquake", name, "city-minase", Area.of_box(AREA), town.QUAKE, end)
    return replace(hub, roads=cast("RoadMapService", PlayedRoads(hub.gate)))


def _fill(gate: Gate) -> None:
    gate.catalogue.add_party(Party("city-minase", Words("水無瀬市", "Minase City"), "municipality"))
    gate.catalogue.add_party(Party("post-minase", Words("みなせ郵便局", "Minase Post Office"), "post"))
    for actor in PEOPLE:
        gate.catalogue.add_actor(actor)
    classes = dict.fromkeys(POSITIONS.names, SecrecyClass.LOCATION)
    title = Words("配達車両の位置", "Positions of delivery bikes")
    positions = Dataset(
        "bike-positions", "post-minase", title, POSITIONS, classes, "t", "lon", "lat", ("vehicle_id", "t")
    )
    gate.catalogue.add_dataset(positions)
    for key, ja, en in (
        ("minase-passable-roads", "災害時の通れた道マップ", "Passable roads after a disaster"),
        ("minase-drill", "訓練用の通れた道マップ", "Passable roads in a drill"),
    ):
        gate.schemes.submit(APPLICANT, SCHEME.format(id=key, ja=ja, en=en), f"{key}.yaml")
    gate.review.verify(VERIFIER, "minase-passable-roads")
    gate.review.approve(APPROVER, "minase-passable-roads", note="6時間後に見直すこと")
