"""What of alarms waits for somebody: statements, reviews, judgements, cases of nobody, samples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.pages.monitoring import ROLES, is_mine, turn
from umaya.web.waiting import Desk, Waiting

CODES = ("assign", "state", "begin", "close", "sample", "escalated")


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield what waits for the actor."""
    if actor.roles.isdisjoint(ROLES):
        return
    work = hub.gate.monitoring.casework
    third = "auditor" in actor.roles
    for case in work.cases(actor):
        step, href = turn(case), f"/monitoring/{case.id}"
        due = datetime.combine(case.due, time(23, 59), JAPAN)
        if step != "sample" and is_mine(case, actor):
            yield Waiting(step, href, None, case.at, due)
        elif third and case.escalated_at is not None:
            yield Waiting("escalated", href, None, case.escalated_at, due)
    sample = [case for case in work.sample(actor) if not case.sampled] if third else []
    if sample:
        yield Waiting("sample", "/monitoring#sample", None, sample[0].closed_at, None, len(sample))


MONITORING = Desk("monitoring", CODES, find)
