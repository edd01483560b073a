"""The small world with an emergency plan for bike positions, a responder, and everybody who must be warned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.gate.world import ACTORS, HOUR, NOW, World
from umaya.gate import Area
from umaya.gate.emergency.asking import EmergencyRequest
from umaya.gate.emergency.notify import MemoryNotifier
from umaya.gate.emergency.openings import Balancing, Finding
from umaya.types.site import Actor

AREA = Area.of_box((136.80, 36.20, 136.90, 36.28))
PLAN = "minase-bikes-raw"
DOCUMENT = """\
scheme: minase-bikes-raw
title: {ja: 二輪車の位置の緊急時計画, en: Emergency plan for bike positions}
provider: post-minase
recipient: city-minase
dataset: bike-positions
fields: [vehicle_id, t, lon, lat]
purpose: {ja: 人の命を救う, en: Save lives}
basis: postal-exception-2
area: {bbox: [136.0, 36.0, 138.0, 37.0]}
period: {from: 2026-04-01, to: 2027-03-31}
obligations: []
emergency: {hours: 24, area_km2: 500, call: {ja: 当直 000-0000, en: Duty desk 000-0000}}
"""
RESPONDER = Actor("responder", "救助", "city-minase", frozenset({"responder"}))
SECOND = Actor("responder-2", "救助", "city-minase", frozenset({"responder", "officer"}))
PRIVACY = Actor("post-privacy", "個人情報", "post-minase", frozenset({"privacy-officer"}))
AUDITOR = Actor("audit", "監査", "bank-minase", frozenset({"auditor"}))
BALANCING = Balancing("人が埋まっている", "道路網では位置が足りない", "位置と時刻だけ", "一日で消す")
REVIEWER = ACTORS["second-line"]


def furnish(world: World) -> MemoryNotifier:
    """Register the people, close the plan's locks, declare the event; return what the notifier is told from now on."""
    for actor in (RESPONDER, SECOND, PRIVACY, AUDITOR):
        world.gate.catalogue.add_actor(actor)
    world.approve(DOCUMENT)
    world.declare()
    notifier = MemoryNotifier()
    world.gate.emergency._notifier = notifier
    return notifier


def asked(**changes: Any) -> EmergencyRequest:
    """Return the request that the plan is made for, with changes."""
    given: dict[str, Any] = {
        "actor": RESPONDER,
        "event": "quake",
        "dataset": "bike-positions",
        "fields": ("vehicle_id", "t", "lon", "lat"),
        "recipient": "city-minase",
        "area": AREA,
        "ends": NOW + 6 * HOUR,
        "why": "最後に走った所を探す",
        "balancing": BALANCING,
    }
    return EmergencyRequest(**given | changes)


def reviewed(world: World, emergency: str, finding: Finding = Finding.JUSTIFIED) -> None:
    """End an opening and write its review."""
    world.clock.advance(timedelta(minutes=1))
    world.gate.emergency.end(REVIEWER, emergency, "終わり")
    world.gate.emergency.review(REVIEWER, emergency, finding, "記録を見た", "なし")
