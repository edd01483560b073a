"""Schemes, their review and their catalogue."""

from tests.api.matrix import SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

NOTE = {"version": 1, "note": "checked"}
ALL = {"auditor"}
REASON = {"reason": "it ends"}

LINES = [
    line("GET /schemes", SIGNED_IN),
    line("GET /schemes/{scheme}", SIGNED_IN, overseers=ALL),
    line("POST /schemes/{scheme}/{version}/{step}", {"verifier"}, form={"note": "checked"}, overseers=ALL),
    line("GET /review", {"verifier", "approver", "privacy-officer", "steward", "auditor", "officer"}),
    line("GET /review/{scheme}/{version}", SIGNED_IN, overseers=ALL),
    line("GET /api/v1/schemes", SIGNED_IN),
    line("POST /api/v1/schemes", {"applicant"}, json={"document": "scheme: x"}, gives=422, denied=(403, 422)),
    line("GET /api/v1/schemes/{scheme}", SIGNED_IN, overseers=ALL),
    line("GET /api/v1/schemes/{scheme}/diff", SIGNED_IN, overseers=ALL),
    line("GET /api/v1/schemes/{scheme}/history", SIGNED_IN, overseers=ALL),
    line("GET /api/v1/schemes/{scheme}/policy", SIGNED_IN, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/privacy-check", {"privacy-officer"}, json=NOTE, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/verify", {"verifier"}, json=NOTE, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/consent", {"approver"}, json=NOTE, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/approve", {"approver"}, json=NOTE, overseers=ALL),
    line(
        "POST /api/v1/schemes/{scheme}/return",
        {"verifier", "approver"},
        json={**REASON, "version": 1},
        overseers=ALL,
    ),
    line(
        "POST /api/v1/schemes/{scheme}/impose",
        {"verifier", "approver"},
        json={**REASON, "conditions": []},
        overseers=ALL,
    ),
    line("POST /api/v1/schemes/{scheme}/report", {"officer"}, json={"text": "it was used"}, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/suspend", {"steward", "verifier", "approver"}, json=REASON, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/resume", {"approver"}, json=REASON, overseers=ALL),
    line("POST /api/v1/schemes/{scheme}/end", {"steward", "approver"}, json=REASON, overseers=ALL),
]


def things(hub: Hub) -> Things:
    """Return the scheme of the post office and the city."""
    del hub
    return {
        "scheme": Thing("minase-passable-roads", "no-such-scheme"),
        "version": Thing("1"),
        "step": Thing("verify"),
    }
