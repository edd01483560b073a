"""Checks of buildings: the carrier's row, the second word, the steward's overview."""

from __future__ import annotations

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

LINES = [
    line("GET /checks", {"carrier"}),
    line("GET /checks/next", {"carrier"}, gives=303),
    line("GET /checks/overview", {"steward"}),
    line("GET /checks/{check}", {"carrier", "steward"}),
    line("POST /checks/{check}/answer", {"carrier"}, form={"revision": "1", "verdict": "none"}),
    line("POST /checks/{check}/second", {"carrier", "steward"}, form={"revision": "1", "agree": "true"}),
]


def things(hub: Hub) -> Things:
    """Return checks that are not there."""
    del hub
    return {"check": Thing(str(uuid4()), str(uuid4()))}
