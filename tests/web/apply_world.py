"""Bank and insurer at a demonstration hub, as applicants meet them: deposits of eight customers, a topic, no scheme."""

from __future__ import annotations

from pathlib import Path

from tests.gate.lists import ACTORS, NOW, Lists
from umaya.gate import roles as r
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

ASKER = ACTORS["asker"]
COLLEAGUE = Actor("colleague", "同僚", ASKER.party, frozenset({r.APPLICANT}))
SELLER = ACTORS["seller"]


def make_apply_hub(directory: Path) -> Hub:
    """Return an open hub in `directory`, which must not exist yet."""
    clock = ManualClock(NOW)
    init_hub(directory, Settings("minase.example/apply", demo=True), clock)
    hub = open_hub(directory, clock, {})
    Lists.of_gate(hub.gate, clock).furnish()
    hub.gate.catalogue.add_actor(COLLEAGUE)
    return hub
