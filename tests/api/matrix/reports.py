"""Reports of roads: the carrier's page, the officer's list."""

from __future__ import annotations

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

LINES = [
    line("GET /report", {"carrier"}),
    line("POST /report", {"carrier"}, gives=400, denied=(400, 403)),
    line("GET /report/{report}", {"carrier"}),
    line("GET /report/{report}/photo.jpg", {"carrier"}),
    line("POST /report/{report}/say", {"carrier"}, form={"word": "clear"}),
    line("GET /roads/reports", {"officer"}),
    line("GET /roads/reports/{report}/photo.jpg", {"officer"}),
    line("GET /api/v1/roads/reports", {"officer"}),
]


def things(hub: Hub) -> Things:
    """Return reports that are not there."""
    del hub
    return {"report": Thing(str(uuid4()), str(uuid4()))}
