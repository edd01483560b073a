"""Joint-use notices: published for everybody, submitted and ended by the officers of their party."""

from tests.api.matrix import EVERYBODY, Thing, Things, line
from umaya.hub import Hub

REGISTER = {"applicant", "approver", "verifier", "privacy-officer", "steward", "auditor"}

LINES = [
    line("GET /joint-use", EVERYBODY),
    line("GET /joint-use/{notice}", EVERYBODY),
    line("GET /joint-use/{notice}.pdf", EVERYBODY),
    line("GET /joint-use/{notice}/{version}", EVERYBODY),
    line("GET /joint-use/{notice}/{version}.pdf", EVERYBODY),
    line("GET /joint-use/{notice}/{version}.txt", EVERYBODY),
    line("GET /api/v1/joint-use", EVERYBODY),
    line("GET /api/v1/joint-use/{notice}", EVERYBODY),
    line("GET /api/v1/joint-use/{notice}/{version}", EVERYBODY),
    line("GET /api/v1/joint-use/{notice}/{version}/proof", EVERYBODY),
    line("POST /api/v1/joint-use", {"applicant"}, json={"document": "notice: x"}, gives=422, denied=(403, 422)),
    line("POST /api/v1/joint-use/{notice}/{version}/publish", {"approver"}, json={"day": "2026-12-20"}),
    line("POST /api/v1/joint-use/{notice}/end", {"approver"}, json={"last_day": "2027-03-31"}),
    line("GET /register", REGISTER),
    line("POST /register", {"applicant"}, form={"document": "notice: x"}, gives=422),
    line("GET /register/new", {"applicant"}),
    line("GET /register/{notice}", REGISTER),
    line("GET /register/{notice}/new", {"applicant"}),
    line("POST /register/{notice}/{version}/publish", {"approver"}, form={"day": "2026-12-20"}),
    line("POST /register/{notice}/end", {"approver"}, form={"day": "2027-03-31"}),
]


def things(hub: Hub) -> Things:
    """Return notices that are not there: another party's are everybody's to read."""
    del hub
    return {"notice": Thing("nobodys-notice", "no-such-notice")}
