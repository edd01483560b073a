"""A resident's own pages."""

from uuid import uuid4

from tests.api.matrix import EVERYBODY, RESIDENTS, Thing, Things, line
from umaya.hub import Hub

LINES = [
    line("GET /my", EVERYBODY),
    line("GET /my/check", EVERYBODY),
    line("POST /my/check", EVERYBODY, gives=422),
    line("GET /my/check/check_receipt.py", EVERYBODY),
    line("GET /my/check/ledger.vkey", EVERYBODY),
    line("GET /my/consents", RESIDENTS),
    line("GET /my/consents/{topic}", RESIDENTS),
    line("POST /my/consents/{topic}/withdraw", RESIDENTS, gives={404, 409}),
    line("GET /my/requests", RESIDENTS),
    line("GET /my/requests/new/{kind}", RESIDENTS, gives=200),
    line("POST /my/requests/new/{kind}", RESIDENTS, form={"what": "all"}, gives=422),
    line("GET /my/requests/{id}", RESIDENTS),
    line("POST /my/requests/{id}/answer", RESIDENTS),
    line("POST /my/requests/{id}/withdraw", RESIDENTS),
    line("GET /my/schemes", RESIDENTS),
    line("GET /my/schemes/{scheme}/absences", RESIDENTS),
    line("GET /my/schemes/{scheme}/absences/{use}/bundle", RESIDENTS),
    line("POST /my/schemes/{scheme}/absences/{use}/check", RESIDENTS),
    line("GET /my/uses", RESIDENTS),
    line("GET /my/uses/{use}", RESIDENTS),
    line("GET /my/uses/{use}/bundle", RESIDENTS),
    line("POST /my/uses/{use}/check", RESIDENTS),
    line("GET /my/uses/{use}/receipt", RESIDENTS),
]


def things(hub: Hub) -> Things:
    """Return what is nobody's here."""
    del hub
    return {
        "topic": Thing("nobodys-topic", "no-such-topic"),
        "kind": Thing("disclosure"),
        "id": Thing(str(uuid4()), str(uuid4())),
    }
