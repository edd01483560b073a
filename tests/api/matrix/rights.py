"""The rights desk."""

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

DESK = {"rights-desk"}
WORDS = {"words": "x", "reason": "x"}

LINES = [
    line("GET /rights", {*DESK, "protector"}),
    line("GET /rights/new", DESK),
    line("POST /rights/new", DESK, form={"number": ""}, gives=422),
    line("GET /rights/{asked}", DESK),
    line("GET /rights/{asked}/letter", DESK),
    line("POST /rights/{asked}/clear", {"protector"}, form=WORDS),
    *(
        line(f"POST /rights/{{asked}}/{act}", DESK, form=WORDS)
        for act in (
            "answer",
            "confirm",
            "correct",
            "decline",
            "extend",
            "hand-out",
            "identify",
            "lift",
            "propose-erasure",
            "refuse",
            "remove",
            "stop",
            "take",
            "withdraw",
        )
    ),
]


def things(hub: Hub) -> Things:
    """Return requests that are not there."""
    del hub
    return {"asked": Thing(str(uuid4()), str(uuid4()))}
