"""Home, sign-in, problem pages, the ledger: what every hub has."""

from tests.api.matrix import EVERYBODY, SIGNED_IN, Thing, Things, line
from umaya.hub import Hub

LINES = [
    line("GET /", SIGNED_IN),
    line("GET /acting-for", SIGNED_IN),
    line("POST /acting-for", SIGNED_IN, form={"actor": "post-director"}, gives=403),
    line("GET /sign-in", EVERYBODY),
    line("GET /sign-in/{provider}", EVERYBODY, gives=303),
    line("GET /sign-in/{provider}/callback", EVERYBODY, gives=400),
    line("POST /sign-out", EVERYBODY),
    line("GET /problems/{code}", EVERYBODY, gives=200),
    line("GET /ledger", {"auditor"}),
    line("POST /ledger/verify", {"auditor"}),
    line("GET /ledger/checkpoint", {"auditor"}),
    line("GET /api/v1/openapi.json", EVERYBODY),
    line("GET /demo-identity/{audience}/.well-known/openid-configuration", EVERYBODY, gives=200),
    line("GET /demo-identity/{audience}/authorize", EVERYBODY, gives=422),
    line("POST /demo-identity/{audience}/authorize", EVERYBODY, form={"subject": "post-director"}, gives=422),
    line("GET /demo-identity/{audience}/end", EVERYBODY, gives=422),
    line("GET /demo-identity/{audience}/keys", EVERYBODY, gives=200),
    line("POST /demo-identity/{audience}/token", EVERYBODY, form={"grant_type": "authorization_code"}, gives=400),
]


def things(hub: Hub) -> Things:
    """Return what is everybody's."""
    del hub
    return {"audience": Thing("staff"), "provider": Thing("staff"), "code": Thing("input")}
