"""What is to be done next with a request, and by whom. Guidance only: the gate decides who may act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final

from umaya.gate.rights import Request, RequestState
from umaya.gate.roles import RIGHTS_DESK
from umaya.hub import Hub
from umaya.law.rights import ANSWERED_BY_FILE, RequestKind
from umaya.types.site import Actor
from umaya.web.waiting import Desk, Waiting

_JAPAN: Final = timezone(timedelta(hours=9))
STEPS: Final = ("identify", "take", "confirm", "second", "answer", "correct", "stop", "propose-erasure", "hand-out")
"""Every step that can be next; `second` waits for somebody else than the reader."""


def next_step(actor: Actor, request: Request) -> str | None:
    """Return the code of the next step, or None where nothing is left to do."""
    if request.state is RequestState.RECEIVED:
        return "identify"
    if request.state is RequestState.IDENTIFIED:
        return "take"
    if request.state is RequestState.IN_WORK:
        if request.proposal is not None:
            return "second" if request.proposed_by == actor.id else "confirm"
        return _own_step(request.kind)
    return "hand-out" if request.file_until is not None else None


def offers(actor: Actor, request: Request) -> list[str]:
    """Return the acts that the gate would take from a clerk of the desk now, the next one first."""
    step = next_step(actor, request)
    found = [] if step in {None, "second"} else [str(step)]
    if step == "confirm":
        return [*found, "decline"]
    if step == "second":
        return ["decline"]
    if request.state is RequestState.IN_WORK:
        found.append("refuse")
    if request.open:
        found += [] if request.extended_from is not None else ["extend"]
        found.append("withdraw")
    return found


def _own_step(kind: RequestKind) -> str:
    if kind in ANSWERED_BY_FILE:
        return "answer"
    if kind is RequestKind.CORRECTION:
        return "correct"
    return "propose-erasure" if kind is RequestKind.ERASURE else "stop"


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield the open requests of the actor's desk whose next step is theirs."""
    if RIGHTS_DESK not in actor.roles:
        return
    for request in hub.gate.rights.requests.waiting(actor):
        step = next_step(actor, request)
        if step is not None and step != "second":
            due = datetime.combine(request.due_on + timedelta(days=1), time(), _JAPAN).astimezone(UTC)
            yield Waiting(step, f"/rights/{request.id}", None, request.received_at, due)


RIGHTS: Final = Desk("rights", tuple(step for step in STEPS if step != "second"), find)
