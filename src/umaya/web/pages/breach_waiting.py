"""What of leaks waits for somebody: cases to search and assess, reports that are owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from umaya.gate import Words
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.pages.breach import DESK
from umaya.web.waiting import Desk, Waiting


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield what waits for the actor."""
    if actor.roles.isdisjoint(DESK):
        return
    for case in hub.gate.breach.list(actor):
        if case.party != actor.party or case.closed is not None:
            continue
        title, href = Words(case.title, case.title), f"/breach/{case.id}"
        if case.search is None:
            yield Waiting("search", href, title, case.opened.at)
        elif case.assessment is None:
            yield Waiting("assess", href, title, case.opened.at)
        for stage, day in case.owed():
            yield Waiting(stage.value, href, title, case.known_at, datetime.combine(day, time(23, 59), JAPAN))


BREACH = Desk("breach", ("search", "assess", "preliminary", "final"), find)
