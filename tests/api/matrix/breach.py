"""The breach desk."""

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

DESK = {"privacy-officer", "verifier"}
READERS = {*DESK, "auditor"}

LINES = [
    line("GET /breach", READERS),
    line("POST /breach", DESK, form={"title": ""}, gives={422}),
    line("GET /breach/protected", {"protector"}),
    line("GET /breach/{case}", READERS),
    line("GET /breach/{case}/draft", DESK),
    line("POST /breach/{case}/draft", DESK, form={"words": "x"}),
    line("GET /breach/{case}/draft/{version}.pdf", READERS, overseers={"auditor"}),
    line("GET /breach/{case}/draft/{version}.txt", READERS, overseers={"auditor"}),
    line("POST /breach/{case}/assess", DESK, form={"words": "x"}),
    line("POST /breach/{case}/close", DESK, form={"note": "x"}),
    line("POST /breach/{case}/notified", DESK, form={"people": "1", "means": "letter"}),
    line("POST /breach/{case}/people", DESK, form={"kind": "numbers"}),
    line("POST /breach/{case}/report", DESK, form={"stage": "preliminary", "day": "2026-11-20"}),
    line("POST /breach/{case}/search", DESK, form={"start": "2026-11-01T00:00", "end": "2026-11-02T00:00"}),
    line("POST /breach/{case}/told-safely", {"protector"}),
]


def things(hub: Hub) -> Things:
    """Return cases that are not there."""
    del hub
    return {"case": Thing(str(uuid4()), str(uuid4()))}
