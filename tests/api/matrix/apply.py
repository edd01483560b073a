"""The applicant's guided form: drafts are for their owner alone."""

from uuid import uuid4

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

APPLICANT = {"applicant"}
STEP = {"step": "what"}

LINES = [
    line("GET /apply", APPLICANT),
    line("GET /apply/new", APPLICANT),
    line("POST /apply/new", APPLICANT, form={"from": "nothing"}, gives={303, 422}),
    line("GET /apply/{draft}/review", APPLICANT),
    line("GET /apply/{draft}/scheme.yaml", APPLICANT),
    line("GET /apply/{draft}/{step}", APPLICANT, fixed=STEP),
    line("POST /apply/{draft}/{step}", APPLICANT, form={"title.ja": "x"}, fixed=STEP),
    line("POST /apply/{draft}/{step}/check", APPLICANT, form={"title.ja": "x"}, fixed=STEP),
    line("POST /apply/{draft}/submit", APPLICANT),
    line("POST /apply/{draft}/discard", APPLICANT),
]


def things(hub: Hub) -> Things:
    """Return drafts that are not there."""
    del hub
    return {"draft": Thing(str(uuid4()), str(uuid4()))}
