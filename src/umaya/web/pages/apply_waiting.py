"""What of applying waits for somebody: their drafts."""

from __future__ import annotations

from collections.abc import Iterator

from umaya.gate.roles import APPLICANT
from umaya.hub import Hub
from umaya.services.drafts import Drafts
from umaya.types.site import Actor
from umaya.web.waiting import Desk, Waiting


def find(hub: Hub, actor: Actor) -> Iterator[Waiting]:
    """Yield the actor's drafts as one item, since the latest was saved."""
    if APPLICANT not in actor.roles:
        return
    drafts = Drafts(hub.database, hub.clock).list(actor)
    if drafts:
        yield Waiting("draft", "/apply", since=drafts[0].updated_at, count=len(drafts))


APPLY = Desk("apply", ("draft",), find)
