"""What of the register of joint-use notices waits for somebody: drafts to publish, and drafts that came too late."""

from __future__ import annotations

from collections.abc import Iterator

from umaya.gate.roles import APPLICANT, APPROVER
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.site import Actor
from umaya.web.pages.register import concerns, next_of
from umaya.web.waiting import Desk, Waiting


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield the notices whose next step is the actor's."""
    if actor.roles.isdisjoint({APPLICANT, APPROVER}):
        return
    today = day_in_japan(hub.clock.now())
    for record in hub.gate.joint_use.list():
        step = next_of(hub.gate, actor, record, today) if concerns(actor, record) else None
        if step is not None and step.mine:
            title = record.versions[-1].document.title
            yield Waiting(step.code, f"/register/{record.id}", title, step.since, step.due)


REGISTER = Desk("register", ("publish", "too-late"), find)
