"""Figures, differences of schemes, webhooks."""

from uuid import uuid4

from tests.api.matrix import SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

LINES = [
    line("GET /figures", {"steward", "verifier", "approver", "auditor", "privacy-officer"}),
    line("GET /schemes/{scheme}/diff", SIGNED_IN, overseers={"auditor"}),
    line("GET /api/v1/webhooks", {"steward"}),
    line(
        "POST /api/v1/webhooks",
        {"steward"},
        json={"url": "no URL", "kinds": ["use.released"]},
        gives=422,
        denied=(403, 422),
    ),
    line("DELETE /api/v1/webhooks/{webhook}", {"steward"}),
]


def things(hub: Hub) -> Things:
    """Return webhooks that are not there."""
    del hub
    return {"webhook": Thing(str(uuid4()), str(uuid4()))}
