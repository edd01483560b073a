"""The monitoring desk."""

from tests.api.matrix import Thing, Things, line
from umaya.gate.monitoring.reports import READERS
from umaya.gate.monitoring.settings import DECLARERS, GUARDS
from umaya.hub import Hub

DESK = {"steward", "verifier", "auditor"}
PLANNERS = {"steward", "verifier"}

LINES = [
    line("GET /monitoring", DESK),
    line("GET /monitoring/reports", set(READERS)),
    line("GET /monitoring/reports/{month}", set(READERS)),
    line("GET /monitoring/reports/{month}.json", set(READERS)),
    line("GET /monitoring/reports/{month}.pdf", set(READERS)),
    line("GET /monitoring/settings", {*DECLARERS, "auditor"}),
    line("POST /monitoring/settings/campaign", PLANNERS, form={"title": "x"}, gives={422}),
    line("POST /monitoring/settings/cancel", PLANNERS, form={"campaign": "x"}, gives={404}),
    line("POST /monitoring/settings/lift", set(GUARDS), form={"restriction": "x"}, gives={404}),
    line("POST /monitoring/settings/restrict", set(DECLARERS), form={"number": "x", "relation": "self"}, gives={422}),
    line("POST /monitoring/settings/workplace", {"steward"}, form={"who": "x"}, gives={422}),
    line("GET /monitoring/{alarm}", DESK),
    line("POST /monitoring/{alarm}/assign", DESK, form={"owner": "x"}),
    line("POST /monitoring/{alarm}/begin", DESK),
    line("POST /monitoring/{alarm}/close", DESK, form={"words": "x", "result": "harmless"}),
    line("POST /monitoring/{alarm}/confirm", DESK, form={"words": "x"}),
    line("POST /monitoring/{alarm}/person", DESK),
    line("POST /monitoring/{alarm}/reopen", DESK, form={"words": "x"}),
    line("POST /monitoring/{alarm}/state", DESK, form={"words": "x"}),
]


def things(hub: Hub) -> Things:
    """Return months of which there is no report."""
    del hub
    return {"month": Thing("2001-01", "2001-02")}
