"""What of the review waits for somebody: the schemes whose next step is theirs."""

from __future__ import annotations

from collections.abc import Iterator

from umaya.gate.pending import Need, Pending
from umaya.hub import Hub
from umaya.types.site import Actor
from umaya.web.scheme_steps import mine_of
from umaya.web.waiting import Desk, Waiting


def place_of(pending: Pending) -> str:
    """Return the page on which it is done: a new version is begun as a draft."""
    if pending.need is Need.CORRECT:
        return f"/apply/new?scheme={pending.scheme}"
    return f"/review/{pending.scheme}/{pending.version}"


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield the schemes whose next step is the actor's."""
    for one in mine_of(hub.gate, actor, hub.gate.agenda.of_party(actor.party)):
        yield Waiting(one.need.value, place_of(one), one.title, one.since, one.due)


REVIEW = Desk("review", tuple(need.value for need in Need), find)
