"""Emergency access to raw data."""

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

DESK = {"responder", "verifier", "privacy-officer", "steward", "auditor", "declarer"}

LINES = [
    line("GET /emergency", DESK),
    line("POST /emergency", {"responder"}, form={"plan": "no-such-plan"}, gives=404),
    line("GET /emergency/{emergency}", DESK),
    line("POST /emergency/{emergency}/data", {"responder"}, form={"kind": "csv"}),
    line("POST /emergency/{emergency}/end", DESK),
    line("POST /emergency/{emergency}/review", DESK, form={"note": "needed"}),
    line("POST /emergency/{emergency}/seen", DESK),
]


def things(hub: Hub) -> Things:
    """Return openings that are not there."""
    del hub
    return {"emergency": Thing(str(uuid4()), str(uuid4()))}
