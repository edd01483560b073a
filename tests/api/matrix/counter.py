"""The counter of clerks."""

from tests.api.matrix import Thing, Things, line
from umaya.hub import Hub

CUSTOMER = {"number": "00000-00000", "topic": "no-such-topic"}

LINES = [
    line("GET /counter", {"clerk"}),
    line("POST /counter/state", {"clerk"}, form=CUSTOMER, gives=422),
    line("POST /counter/take", {"clerk"}, form=CUSTOMER, gives=422),
    line("POST /counter/give", {"clerk"}, form=CUSTOMER, gives=422),
    line("POST /counter/withdraw", {"clerk"}, form=CUSTOMER, gives=422),
    line("POST /counter/withdrawn", {"clerk"}, form=CUSTOMER, gives=422),
    line("GET /counter/receipts/{entry}", {"clerk"}),
    line("GET /counter/today", {"clerk"}),
    line("POST /counter/today/correct", {"clerk"}, form={"entry": "1"}, gives=422),
    line("POST /counter/today/corrected", {"clerk"}, form={"entry": "1"}, gives={404, 422}),
    line("GET /counter/evidence", {"clerk", "auditor"}),
    line("POST /counter/evidence", {"clerk", "auditor"}, form={"entry": "1"}, gives=422),
]


def things(hub: Hub) -> Things:
    """Return an entry of the ledger that is no word of the party, and one that nobody wrote."""
    del hub
    return {"entry": Thing("1", "99999999")}
