"""The town's emergency plan for bike positions, and the city's responder who may use it when a disaster is declared."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import Final

from umaya.hub import Hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

PLAN: Final = "minase-bikes-emergency"
ACTORS: Final = (
    Actor("city-responder", "河合 大樹（消防指令・緊急時の請求者）", "city-minase", frozenset({"responder"})),
)


def set_up_emergency(hub: Hub, clock: ManualClock, people: dict[str, Actor]) -> None:
    """Register the responder, and close both locks of the plan on one day.

    Args:
        hub: with the post office, its datasets and its reviewers.
        clock: of the hub.
        people: by id: `post-planner`, `post-legal`, `post-director`.
    """
    for person in ACTORS:
        hub.gate.catalogue.add_actor(person)
    text = (resources.files("umaya.sample") / "schemes" / f"{PLAN}.yaml").read_text("utf-8")
    hub.gate.schemes.submit(people["post-planner"], text, f"{PLAN}.yaml")
    clock.advance(timedelta(hours=1))
    hub.gate.review.verify(people["post-legal"], PLAN, note="必要性と秘密の保護を比べて検討した")
    clock.advance(timedelta(hours=1))
    hub.gate.review.approve(people["post-director"], PLAN, note="災害に備えて承認する")
