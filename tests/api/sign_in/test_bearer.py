"""Programs ask the API with access tokens: what holds is believed, under `/api/` alone, and nothing else is."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.api.sign_in.provider import CITY, HUB, PEOPLE, SECRET, Provider, client_at, real_hub, sign_in_at
from tests.web.clients import TestClient, client_of
from tests.web.hubs import AUDITOR, OFFICER, make_hub
from umaya.client import Client, ProblemError
from umaya.gate.accounts import Identity
from umaya.hub import Hub
from umaya.types.site import Actor

ROBOT = Actor("robot", "連携プログラム", "city-minase", frozenset({"officer", "program"}))
OWN = "/api/v1/schemes"
"""What is for whoever is somebody."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real hub: `robot` is a program's account, `two` acts as the officer and as the post's auditor."""
    hub = real_hub(tmp_path_factory.mktemp("bearer") / "hub")
    hub.gate.catalogue.add_actor(ROBOT)
    hub.gate.accounts.bind(Identity(CITY, "robot"), actor="robot")
    for actor in (OFFICER, AUDITOR):
        hub.gate.accounts.bind(Identity(CITY, "two"), actor=actor.id)
    hub.gate.accounts.bind(Identity(PEOPLE, "resident"), person=7)
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def client(hub: Hub, provider: Provider) -> TestClient:
    return client_at(hub, provider)


def token(provider: Provider, header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> str:
    """Return an access token as RFC 9068 has it, with changes; what is None is left out."""
    now = int(time.time())
    honest = {
        "iss": CITY,
        "sub": "robot",
        "aud": HUB,
        "client_id": "robot",
        "iat": now,
        "exp": now + 300,
        "jti": "a1",
        **changes,
    }
    claims = {name: value for name, value in honest.items() if value is not None}
    head = {"alg": "ES256", "kid": provider.key.kid, "typ": "at+jwt"} | (header or {})
    signed = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(signed, claims, key or provider.key, algorithms=["ES256", "HS256"])


def asked(client: TestClient, given: str, path: str = OWN, **headers: str) -> httpx2.Response:
    return client.get(path, headers={"Authorization": f"Bearer {given}", **headers})


def test_a_program_asks_as_the_actor_of_its_account(client: TestClient, provider: Provider) -> None:
    answer = asked(client, token(provider))
    assert answer.status_code == 200
    assert {one["recipient"] for one in answer.json()["items"]} == {"city-minase"}


@pytest.mark.parametrize("audience", [HUB, "https://minase.example/umaya", ["https://other.example", HUB]])
def test_a_token_is_for_the_hub_by_its_url_or_its_ledgers_name(
    client: TestClient, provider: Provider, audience: object
) -> None:
    assert asked(client, token(provider, aud=audience)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": "umaya"},
        {"aud": []},
        {"aud": None},
        {"iss": "https://other.example"},
        {"iss": PEOPLE, "sub": "resident"},
        {"iss": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": "later"},
        {"exp": True},
        {"iat": int(time.time()) + 3600},
        {"iat": None},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
        {"sub": 7},
        {"client_id": None},
        {"jti": None},
        {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
    ],
)
def test_a_token_that_says_anything_else_is_refused(
    client: TestClient, provider: Provider, changes: dict[str, Any]
) -> None:
    refused(asked(client, token(provider, **changes)))


def refused(answer: httpx2.Response) -> None:
    """RFC 6750, section 3.1; the problem repeats nothing of the token."""
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_an_id_token_is_no_access_token(client: TestClient, provider: Provider) -> None:
    """Nor is one without a type, or of another (RFC 8725, section 3.11)."""
    for kind in ("JWT", None, "logout+jwt"):
        refused(asked(client, token(provider, {"typ": kind})))


def test_the_type_may_be_written_in_full(client: TestClient, provider: Provider) -> None:
    assert asked(client, token(provider, {"typ": "application/at+JWT"})).status_code == 200


def test_a_signature_by_another_or_by_none_is_refused(client: TestClient, provider: Provider) -> None:
    other = ECKey.generate_key("P-256", auto_kid=True)
    refused(asked(client, token(provider, key=other)))
    refused(asked(client, token(provider, {"kid": other.kid}, key=other)))
    shared = token(provider, {"alg": "HS256", "kid": None}, OctKey.import_key(SECRET))
    refused(asked(client, shared))
    claims = {"iss": CITY, "sub": "robot", "aud": HUB}
    refused(asked(client, provider.unsigned(claims)))
    refused(asked(client, provider.confused(claims)))


@pytest.mark.parametrize("given", ["", "x", "a.b.c", "a.b.c.d.e", "x" * 9000, "..", "a.W10.c"])
def test_what_is_no_token_is_refused(client: TestClient, given: str) -> None:
    refused(asked(client, given))


def test_who_has_no_account_is_nobody_here(client: TestClient, provider: Provider) -> None:
    assert asked(client, token(provider, sub="stranger")).status_code == 403


def test_a_holder_of_several_names_one(client: TestClient, provider: Provider) -> None:
    two = token(provider, sub="two")
    unnamed = asked(client, two)
    assert (unnamed.status_code, unnamed.json()["place"]["field"]) == (422, "Umaya-Actor")
    named = asked(client, two, "/api/v1/uses?scheme=none", **{"Umaya-Actor": OFFICER.id})
    assert named.status_code == 404
    assert asked(client, two, **{"Umaya-Actor": "robot"}).status_code == 403


def test_what_was_unbound_holds_no_more(hub: Hub, client: TestClient, provider: Provider) -> None:
    hub.gate.accounts.bind(Identity(CITY, "leaver"), actor=ROBOT.id)
    leaver = token(provider, sub="leaver")
    assert asked(client, leaver).status_code == 200
    hub.gate.accounts.unbind(Identity(CITY, "leaver"))
    assert asked(client, leaver).status_code == 403


def test_a_cookie_and_a_token_do_not_mix(hub: Hub) -> None:
    provider = Provider(subject="two")
    browser = client_at(hub, provider)
    sign_in_at(browser, provider)
    both = asked(browser, token(provider))
    assert both.status_code == 400
    assert both.headers["WWW-Authenticate"] == 'Bearer error="invalid_request"'


def test_a_token_opens_no_page(client: TestClient, provider: Provider) -> None:
    assert asked(client, token(provider), "/schemes").status_code == 303


def test_a_token_of_an_other_sites_page_changes_nothing(client: TestClient, provider: Provider) -> None:
    headers = {"Authorization": f"Bearer {token(provider)}", "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/api/v1/uses/decide", json={"scheme": "a", "reason": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


def test_a_provider_that_is_down_is_told_as_such(hub: Hub) -> None:
    provider = Provider(down=True)
    answer = asked(client_at(hub, provider), token(provider))
    assert (answer.status_code, answer.json()["code"]) == (503, "provider-unavailable")


def test_who_brings_nothing_is_told_how_to_ask(client: TestClient) -> None:
    answer = client.get(OWN)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_the_client_asks_with_a_token(hub: Hub, provider: Provider) -> None:
    http = client_at(hub, provider)
    assert [one.recipient for one in Client(HUB, token(provider), http=http).schemes()]
    with pytest.raises(ProblemError) as error:
        list(Client(HUB, token(provider, sub="two"), http=http).schemes())
    assert error.value.status == 422
    assert list(Client(HUB, token(provider, sub="two"), http=http, actor=AUDITOR.id).schemes())


def test_calls_are_counted_for_the_actor(tmp_path: Path) -> None:
    """A fresh token, or another address, is no fresh bucket."""
    hub = real_hub(tmp_path / "hub")
    hub.gate.catalogue.add_actor(ROBOT)
    hub.gate.accounts.bind(Identity(CITY, "robot"), actor="robot")
    provider = Provider()
    client = client_at(replace(hub, settings=replace(hub.settings, api_calls_per_minute=3)), provider)
    statuses = [asked(client, token(provider, jti=f"a{at}")).status_code for at in range(4)]
    hub.close()
    assert statuses == [200, 200, 200, 429]


def test_the_description_names_both_ways(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert described["paths"][OWN]["get"]["security"] == [{"token": []}, {"session": []}]


def test_a_program_of_the_demonstration_gets_a_token(fresh_demo: Hub) -> None:
    """By client credentials; people do not get one so, and a wrong secret gets nothing."""
    client = client_of(fresh_demo)
    given = {"grant_type": "client_credentials"}

    def tried(who: str) -> httpx2.Response:
        basic = b64encode(who.encode()).decode()
        return client.post("/demo-identity/staff/token", data=given, headers={"Authorization": f"Basic {basic}"})

    answer = tried("robot:demo")
    assert answer.status_code == 200
    assert asked(client, answer.json()["access_token"]).status_code == 200
    for wrong in ("robot:wrong", "robot", f"{OFFICER.id}:demo", "nobody:demo", ""):
        assert tried(wrong).status_code == 400


@pytest.fixture
def fresh_demo(tmp_path: Path) -> Iterator[Hub]:
    """A demonstration, with a program among its actors."""
    hub = make_hub(tmp_path / "demo")
    hub.gate.catalogue.add_actor(ROBOT)
    yield hub
    hub.close()
