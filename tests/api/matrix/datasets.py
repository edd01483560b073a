"""Datasets: lists, rows in, collection notices, retention. That a dataset exists is in the catalogue, for everybody."""

from uuid import uuid4

from tests.api.matrix import SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

READERS = {"steward", "operator", "privacy-officer", "auditor"}

LINES = [
    line("POST /api/v1/datasets/{dataset}/rows", SIGNED_IN, gives=403),
    line("GET /api/v1/datasets/{dataset}/intakes", {"auditor"}, gives=200),
    line("POST /api/v1/probes/positions", SIGNED_IN, gives=403),
    line("GET /api/v1/probes/positions", {"auditor"}, gives=200),
    line("GET /datasets", READERS),
    line("GET /datasets/{dataset}", READERS, gives=200),
    line("POST /datasets/{dataset}/notices", {"privacy-officer"}, form={"purpose_ja": "x"}, gives=422),
    line("POST /datasets/{dataset}/notices/{told}/end", {"privacy-officer"}, gives=403),
    line("POST /datasets/{dataset}/retention", {"steward"}, form={"days": "30", "reason": "x"}, gives=403),
    line("GET /datasets/{dataset}/import", {"operator"}, gives=403),
    line("POST /datasets/{dataset}/import", {"operator"}, gives=403),
    line("GET /datasets/{dataset}/import/{upload}", {"operator"}, gives=403),
    line("GET /datasets/{dataset}/import/{upload}/faults.csv", {"operator"}, gives=403),
    line("POST /datasets/{dataset}/import/{upload}/take", {"operator"}, gives=403),
    line("POST /datasets/{dataset}/import/{upload}/drop", {"operator"}, gives=403),
]


def things(hub: Hub) -> Things:
    """Return made-up uploads: nobody handed one in; versions are numbers, which tell nothing."""
    del hub
    return {"upload": Thing(str(uuid4()), str(uuid4())), "told": Thing("1")}
