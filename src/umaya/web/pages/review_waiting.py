"""What of the review waits for somebody: the schemes whose next step is theirs."""

from __future__ import annotations

from collections.abc import Iterator

from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.scheme_steps import is_turn
from umaya.web.waiting import Desk, Waiting

_CODES = {"submitted": "verify", "verified": "approve"}


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield the schemes whose next step is the actor's."""
    for scheme in hub.gate.schemes.list():
        if is_turn(actor, scheme):
            yield Waiting(_CODES[scheme.state], f"/schemes/{scheme.id}", scheme.title)


REVIEW = Desk("review", tuple(_CODES.values()), find)
