"""What of break-glass waits for somebody: a warning to acknowledge, a review to write, an opening of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from umaya.gate.emergency.desk import may_review
from umaya.gate.emergency.openings import EmergencyState
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.pages.emergency import ROLES
from umaya.web.waiting import Desk, Waiting


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield what waits for the actor."""
    if actor.roles.isdisjoint(ROLES):
        return
    now = hub.clock.now()
    for record in hub.gate.emergency.list(actor):
        one, href = record.emergency, f"/emergency/{record.emergency.id}"
        state = one.state(now)
        if any(warned.actor == actor.id and warned.seen_at is None for warned in record.warned):
            yield Waiting("acknowledge", href, since=one.opened_at, due=one.ends)
        if state is EmergencyState.TO_REVIEW and may_review(actor, one):
            yield Waiting("review", href, since=one.ends, due=datetime.combine(one.review_due, time(23, 59), JAPAN))
        if state is EmergencyState.OPEN and actor.id == one.requester:
            yield Waiting("end", href, since=one.opened_at, due=one.ends)


EMERGENCY = Desk("emergency", ("acknowledge", "review", "end"), find)
