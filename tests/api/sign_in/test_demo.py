"""The demonstration's identity provider: a real one for made-up people, which no real hub can have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.sign_in.provider import real_hub
from tests.api.test_matrix import routes_of
from tests.docs.pages import REFERENCE, rows, section
from tests.web.clients import TestClient, client_of, sign_in
from tests.web.hubs import OFFICER, PEOPLE, make_hub
from umaya.api import create_app
from umaya.api.sign_in.demo import DemoIdentity
from umaya.gate.accounts import Identity
from umaya.hub import Hub
from umaya.sample.residents import residents
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor, Resident

CHOOSE = "/demo-identity/staff/authorize"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A demonstration, with a program among its actors."""
    hub = make_hub(tmp_path_factory.mktemp("demo") / "hub")
    hub.gate.catalogue.add_actor(Actor("robot", "機械", "city-minase", frozenset({"officer", "program"})))
    hub.gate.catalogue.add_actor(Actor("city-guard", "保護 五月", "city-minase", frozenset({"protector"})))
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def browser(hub: Hub) -> TestClient:
    """One application for all tests."""
    return client_of(hub)


@pytest.fixture
def client(browser: TestClient) -> TestClient:
    """Somebody's browser, just opened."""
    browser.cookies.clear()
    return browser


def asked(client: TestClient) -> str:
    """Return where the hub sends a browser that signs in."""
    return str(client.get("/sign-in/staff", follow_redirects=False).headers["location"])


def test_no_real_hub_can_have_it(tmp_path: Path) -> None:
    """Neither by a call, nor at any address; whoever is asked, its issuers assert nobody there."""
    hub = real_hub(tmp_path / "hub")
    with pytest.raises(ForbiddenError):
        DemoIdentity(hub, residents)
    app = create_app(hub)
    assert not [path for _, path in routes_of(app.routes) if path.startswith("/demo")]
    client = TestClient(app, base_url="https://hub.example")
    for path in (CHOOSE, "/demo-identity/staff/keys", "/demo-identity/residents/.well-known/openid-configuration"):
        assert client.get(path).status_code == 404
    assert client.post("/demo-identity/staff/token").status_code in {404, 405}
    hub.close()


def test_a_session_of_a_demonstration_is_nobodys_once_it_is_none(hub: Hub, client: TestClient) -> None:
    from dataclasses import replace

    sign_in(client, hub, OFFICER)
    serious = client_of(replace(hub, settings=replace(hub.settings, demo=False)))
    serious.cookies = client.cookies
    assert serious.get("/api/v1/roads/state").status_code == 401


def test_its_routes_are_documented_apart(hub: Hub) -> None:
    documented = {(row[0], row[1]) for row in rows(section(REFERENCE / "routes.md", "Demonstration"))}
    served = {(method, path) for method, path in routes_of(create_app(hub).routes) if path.startswith("/demo-identity")}
    assert documented == served


def test_everybody_of_every_party_may_be_chosen_but_programs(client: TestClient) -> None:
    page = client.get("/sign-in/staff").text
    for person in (*PEOPLE, Actor("city-guard", "保護 五月", "city-minase")):
        assert person.name in page
    assert "機械" not in page
    assert "There is no password" in page


def test_nobody_signs_in_as_a_program(client: TestClient) -> None:
    told = client.post(asked(client), data={"subject": "robot"}, follow_redirects=False)
    assert client.get(told.headers["location"], follow_redirects=False).status_code == 403


def test_a_stranger_has_no_account(client: TestClient) -> None:
    told = client.post(asked(client), data={"subject": "stranger"}, follow_redirects=False)
    page = client.get(told.headers["location"], follow_redirects=False)
    assert page.status_code == 403
    assert "cannot be used here yet" in page.text


def test_a_resident_is_called_by_a_number_that_is_not_the_hubs(hub: Hub, client: TestClient) -> None:
    sign_in(client, hub, Resident(123456))
    (account,) = [found for found in hub.gate.accounts.list() if found.person == 123456]
    assert "123456" not in account.identity.subject
    assert hub.gate.accounts.person(Identity(account.identity.issuer, account.identity.subject)) == 123456
    assert client.get("/my/consents").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/"},
        {"client_id": "another"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"nonce": ""},
    ],
)
def test_only_the_hubs_own_question_is_answered(client: TestClient, change: dict[str, str]) -> None:
    address = urlsplit(asked(client))
    query: dict[str, Any] = {key: values[0] for key, values in parse_qs(address.query).items()} | change
    assert client.get(address.path, params=query).status_code == 422
    answer = client.post(address.path, params=query, data={"subject": OFFICER.id}, follow_redirects=False)
    assert answer.status_code == 422


def test_a_code_is_worth_nothing_without_secret_verifier_and_address(hub: Hub, client: TestClient) -> None:
    told = client.post(asked(client), data={"subject": OFFICER.id}, follow_redirects=False)
    code = parse_qs(urlsplit(told.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": "x" * 43}
    answer = client.post("/demo-identity/staff/token", data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
    back = client.get(told.headers["location"], follow_redirects=False)
    assert back.status_code == 400, "the code was spent"


def test_it_leads_nowhere_else_after_the_end(client: TestClient) -> None:
    end = "/demo-identity/staff/end"
    assert client.get(end, params={"post_logout_redirect_uri": "https://evil.example/"}).status_code == 422
    back = client.get(end, params={"post_logout_redirect_uri": "http://testserver/sign-in"}, follow_redirects=False)
    assert back.headers["location"] == "http://testserver/sign-in"
