"""Emergency access to raw data."""

from uuid import uuid4

from tests.api.matrix import SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

DESK = {"responder", "verifier", "privacy-officer", "steward", "auditor", "declarer"}

ASKED = {
    "event": "no-such-event",
    "dataset": "no-such-dataset",
    "recipient": "city-minase",
    "fields": ["t"],
    "ends": "2999-01-01T00:00:00Z",
    "why": "to see",
    "balancing": dict.fromkeys(("danger", "why_raw", "why_fields", "harm"), "to see"),
}
REVIEW = {"finding": "justified", "seen": "all", "measures": "none"}

LINES = [
    line("GET /api/v1/emergencies", SIGNED_IN, gives=200),
    line("POST /api/v1/emergencies", SIGNED_IN, json=ASKED, gives=403),
    line("GET /api/v1/emergencies/{emergency}", SIGNED_IN),
    line("POST /api/v1/emergencies/{emergency}/data", SIGNED_IN, json={}),
    line("POST /api/v1/emergencies/{emergency}/acknowledge", SIGNED_IN),
    line("POST /api/v1/emergencies/{emergency}/end", SIGNED_IN, json={"note": "over"}),
    line("POST /api/v1/emergencies/{emergency}/review", SIGNED_IN, json=REVIEW),
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
