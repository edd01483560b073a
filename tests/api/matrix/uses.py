"""Uses, releases, consents, alarms, the road map."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.api.matrix import EVERYBODY, SIGNED_IN, Thing, Things, line
from tests.web.hubs import OFFICER
from umaya.gate import Refusal, Use
from umaya.hub import Hub

USE = {"scheme": "no-such-scheme", "reason": "to see"}
PERSON = {"person": 1, "topic": "no-such-topic"}
GIVEN = {
    **PERSON,
    "text": 1,
    "channel": "counter",
    "evidence": {"digest": "sha256:" + "0" * 64, "reference": "form-1"},
    "taken_at": datetime(2026, 4, 1, tzinfo=UTC).isoformat(),
}
MAP = {"officer"}

LINES = [
    line("GET /releases", {"officer", "steward", "auditor"}),
    line("GET /releases/{use}/receipt", {"officer", "steward", "auditor"}),
    line("GET /api/v1/uses", SIGNED_IN, query="?scheme=no-such-scheme", gives=404),
    line("POST /api/v1/uses", SIGNED_IN, json=USE, gives=403),
    line("POST /api/v1/uses/decide", SIGNED_IN, json=USE, gives=200),
    line("GET /api/v1/uses/{use}", SIGNED_IN, overseers={"auditor"}),
    line("GET /api/v1/uses/{use}/receipt", SIGNED_IN, overseers={"auditor"}, gives=404),
    line("POST /api/v1/explain", SIGNED_IN, json={**USE, "person": 1}),
    line("GET /api/v1/alarms", {"verifier"}),
    line("POST /api/v1/alarms/{alarm}/see", {"verifier"}),
    line("POST /api/v1/consents/give", {"clerk"}, json=GIVEN, gives=404),
    line("POST /api/v1/consents/withdraw", {"clerk"}, json={**PERSON, "channel": "counter"}, gives=404),
    line("POST /api/v1/consents/state", {"clerk"}, json=PERSON, gives=404),
    line("GET /roads", MAP),
    line("GET /roads/list", MAP),
    line("GET /api/v1/roads/background", MAP),
    line("GET /api/v1/roads/changes", MAP, gives=200),
    line("GET /api/v1/roads/network", MAP),
    line("GET /api/v1/roads/passages.{form}", MAP, gives=200),
    line("GET /api/v1/roads/segments/{segment}", MAP, gives=200),
    line("GET /api/v1/roads/state", MAP),
    line("GET /api/v1/roads/stream", MAP),
    line("GET /api/v1/roads/tiles.json", MAP),
    line("GET /api/v1/roads/tiles/{z}/{x}/{y}.mvt", MAP, gives=204),
    line("GET /api/v1/catalogue", SIGNED_IN),
    line("GET /api/v1/catalogue/{dataset}", SIGNED_IN, gives=200),
    line("GET /api/v1/vocabulary", EVERYBODY),
]


def things(hub: Hub) -> Things:
    """Return a use of the city that was refused, and made-up alarms: nobody raised one."""
    refused = hub.gate.open(Use(OFFICER, "minase-drill", "to see", None))
    assert isinstance(refused, Refusal)
    return {
        "use": Thing(refused.use, str(uuid4())),
        "alarm": Thing(str(uuid4()), str(uuid4())),
        "dataset": Thing("bike-positions"),
        "form": Thing("csv"),
        "segment": Thing("0"),
        "z": Thing("14"),
        "x": Thing("0"),
        "y": Thing("0"),
    }
