"""The officer's desk, the page of one use, the auditor's desk, the checks of the ledger."""

from uuid import uuid4

from tests.api.matrix import SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

NO_SCHEME = {"scheme": "no-such-scheme"}

LINES = [
    line("GET /uses", {"officer"}),
    line("GET /uses/new", {"officer"}, query="?scheme=no-such-scheme", gives=404),
    line("POST /uses/decide", {"officer"}, form=NO_SCHEME, gives=404),
    line("POST /uses/release", {"officer"}, form=NO_SCHEME, gives=404),
    line("GET /uses/progress", {"officer"}, query="?scheme=no-such-scheme&after=0"),
    line("GET /uses/last", {"officer"}, query="?scheme=no-such-scheme", gives={303, 404}),
    line("GET /uses/{use}", SIGNED_IN, overseers={"auditor"}),
    line("GET /uses/{use}/entries/{index}", SIGNED_IN, overseers={"auditor"}),
    line("GET /uses/{use}/receipt", SIGNED_IN, overseers={"auditor"}, gives=404),
    line("GET /uses/{use}/report.txt", SIGNED_IN, overseers={"auditor"}),
    line("POST /uses/{use}/report", {"officer"}, form={"text": "done"}),
    line("GET /audit", {"auditor"}),
    line("GET /audit/search", {"auditor"}),
    line("GET /audit/entries/{index}", {"auditor"}, gives=200),
    line("GET /audit/entries/{index}/{part}", {"auditor"}, gives=200),
    line("POST /audit/export", {"auditor"}, form={"of": "use", "use": "no-such-use"}, gives=404),
    line("GET /ledger/verify/{job}", {"auditor"}),
    line("POST /ledger/receipt", {"auditor"}),
    line("POST /ledger/consistency", {"auditor"}),
]


def things(hub: Hub) -> Things:
    """Return an entry that every ledger has, and a check that nobody of the askers started."""
    del hub
    return {"index": Thing("0"), "part": Thing("entry.json"), "job": Thing(str(uuid4()), str(uuid4()))}
