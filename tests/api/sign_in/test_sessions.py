"""Sessions: whom they are for is asked anew each time, their ids change, and they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.api.sign_in.provider import CITY, PEOPLE, Provider, client_at, real_hub, sign_in_at
from tests.web.clients import TestClient
from tests.web.hubs import APPLICANT, OFFICER
from umaya.api.sign_in.models import SessionRow
from umaya.api.sign_in.sessions import Attempts, Sessions
from umaya.gate.accounts import Identity
from umaya.hub import Hub
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ANN, BOTH, BEN = "ann", "both", "ben"
COOKIE = "__Host-umaya_session"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real hub: Ann is an officer, one acts for two parties, Ben is a resident."""
    hub = real_hub(tmp_path_factory.mktemp("sessions") / "hub")
    for subject, actor in ((ANN, OFFICER), (BOTH, OFFICER), (BOTH, APPLICANT)):
        hub.gate.accounts.bind(Identity(CITY, subject), actor=actor.id)
    hub.gate.accounts.bind(Identity(PEOPLE, BEN), person=7)
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    """What sessions are timed by."""
    return ManualClock(NOW)


@pytest.fixture(scope="module")
def provider() -> Provider:
    """An honest provider, whose `subject` a test chooses."""
    return Provider()


@pytest.fixture(scope="module")
def browser(hub: Hub, provider: Provider, clock: ManualClock) -> TestClient:
    """One application for all tests."""
    return client_at(hub, provider, clock)


@pytest.fixture
def client(browser: TestClient) -> TestClient:
    """Somebody's browser, just opened."""
    browser.cookies.clear()
    return browser


def as_somebody(client: TestClient, provider: Provider, subject: str, name: str = "city") -> None:
    """Sign in as this subject."""
    provider.subject = subject
    sign_in_at(client, provider, name)


def test_the_cookie_says_nothing_and_only_its_digest_is_kept(hub: Hub, client: TestClient, provider: Provider) -> None:
    provider.subject = ANN
    cookie = sign_in_at(client, provider).headers.get_list("set-cookie")
    (session,) = [line for line in cookie if line.startswith(f"{COOKIE}=") and "Max-Age=0" not in line]
    for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert attribute in session
    assert "Domain" not in session
    secret = client.cookies[COOKIE]
    with hub.database.reading() as reading:
        keys = {row.key for row in reading.query(SessionRow)}
    assert sha256(secret.encode()).hexdigest() in keys
    assert secret not in keys


def test_signing_in_takes_no_session_over(client: TestClient, provider: Provider) -> None:
    """A cookie that somebody planted before is worth nothing afterwards (session fixation)."""
    client.cookies.set(COOKIE, "planted", domain="hub.example")
    as_somebody(client, provider, ANN)
    first = client.cookies[COOKIE]
    assert first != "planted"
    as_somebody(client, provider, ANN)
    assert client.cookies[COOKIE] != first
    for old in ("planted", first):
        client.cookies.clear()
        client.cookies.set(COOKIE, old, domain="hub.example")
        assert client.get("/").status_code == 303


def test_signing_out_ends_the_session_on_the_server(client: TestClient, provider: Provider) -> None:
    as_somebody(client, provider, ANN)
    secret = client.cookies[COOKIE]
    client.post("/sign-out")
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, secret, domain="hub.example")
    assert client.get("/").status_code == 303


def test_an_idle_session_ends_and_a_used_one_goes_on_until_its_limit(
    client: TestClient, provider: Provider, clock: ManualClock
) -> None:
    as_somebody(client, provider, ANN)
    clock.advance(timedelta(minutes=30))
    assert client.get("/").status_code == 303
    as_somebody(client, provider, ANN)
    for _ in range(50):
        clock.advance(timedelta(minutes=14, seconds=50))
        assert client.get("/problems/input").status_code == 200
        answer = client.get("/").status_code
        if answer != 200:
            break
    assert answer == 303, "twelve hours are the limit, however busy somebody is"
    assert client.get("/").status_code == 303


def test_one_who_acts_for_two_parties_chooses_first(client: TestClient, provider: Provider) -> None:
    as_somebody(client, provider, BOTH)
    asked = client.get("/roads")
    assert (asked.status_code, asked.headers["location"]) == (303, "/acting-for?next=%2Froads")
    assert client.get("/api/v1/roads/state").status_code == 401
    page = client.get("/acting-for?next=/roads").text
    for words in ("Minase City", "Minase Post Office", OFFICER.name, APPLICANT.name):
        assert words in page


def test_a_change_of_party_is_a_new_session_with_the_roles_of_that_party(
    client: TestClient, provider: Provider
) -> None:
    as_somebody(client, provider, BOTH)
    undecided = client.cookies[COOKIE]
    chosen = client.post("/acting-for", data={"actor": OFFICER.id, "next": "/roads"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/roads")
    officer = client.cookies[COOKIE]
    assert client.get("/roads").status_code == 200
    client.post("/acting-for", data={"actor": APPLICANT.id})
    assert client.get("/roads").status_code == 403
    for old in (undecided, officer):
        client.cookies.clear()
        client.cookies.set(COOKIE, old, domain="hub.example")
        assert client.get("/").status_code == 303


def test_nobody_acts_as_whom_the_account_does_not(client: TestClient, provider: Provider) -> None:
    as_somebody(client, provider, ANN)
    assert client.post("/acting-for", data={"actor": APPLICANT.id}).status_code == 403
    assert OFFICER.name in client.get("/").text
    assert client.post("/acting-for", data={"actor": OFFICER.id, "next": "//evil"}).headers["location"] == "/"


def test_an_account_that_is_unbound_is_signed_out_at_once(hub: Hub, client: TestClient, provider: Provider) -> None:
    identity = Identity(CITY, "leaves")
    hub.gate.accounts.bind(identity, actor=OFFICER.id)
    as_somebody(client, provider, "leaves")
    assert client.get("/").status_code == 200
    hub.gate.accounts.unbind(identity)
    assert client.get("/").status_code == 303


def test_a_resident_is_nobodys_actor_and_staff_are_no_residents(client: TestClient, provider: Provider) -> None:
    as_somebody(client, provider, BEN, "people")
    assert client.get("/schemes").status_code == 303
    assert client.get("/my/consents").status_code == 200
    as_somebody(client, provider, ANN)
    assert client.get("/my/consents").status_code == 303


def test_an_identity_without_an_account_learns_whom_to_ask_and_nothing_else(
    client: TestClient, provider: Provider
) -> None:
    """Whatever is bound: the words are the same, but for what the provider itself calls them."""
    pages = []
    for subject in ("stranger", BEN):  # Ben is a resident at the other provider
        provider.subject = subject
        answer = sign_in_at(client, provider)
        assert answer.status_code == 403
        pages.append(answer.text.replace(subject, "SUBJECT").partition("<main")[2])
        assert COOKIE not in client.cookies
    assert pages[0] == pages[1]
    assert "administrator of your organisation" in pages[0]
    provider.subject = ANN
    assert "Ask counter 3" in sign_in_at(client, provider, "people").text


def test_a_session_of_a_provider_that_is_no_longer_in_the_settings_is_nobodys(
    hub: Hub, client: TestClient, provider: Provider, clock: ManualClock
) -> None:
    from dataclasses import replace

    as_somebody(client, provider, ANN)
    fewer = replace(hub, settings=replace(hub.settings, identity_provider=hub.settings.identity_provider[1:]))
    other = client_at(fewer, provider, clock)
    other.cookies.set(COOKIE, client.cookies[COOKIE], domain="hub.example")
    assert other.get("/").status_code == 303


def test_sessions_and_attempts_on_both_databases(database_url: str) -> None:
    """Found by their secret alone, for as long as they last; a sign-in under way is taken once."""
    database, clock = Database.open(database_url), ManualClock(NOW)
    database.migrate(ServiceBase)
    sessions, attempts = (
        Sessions(database, clock, timedelta(minutes=30), timedelta(hours=12), bytes(32)),
        Attempts(database, clock),
    )
    identity = Identity(CITY, ANN)
    secret = sessions.begin(identity, None, "token")
    fresh = sessions.act_as(secret, "officer")
    assert fresh is not None
    assert sessions.find(secret) is None
    assert sessions.act_as(secret, "officer") is None
    found = sessions.find(fresh)
    assert found is not None
    assert (found.identity, found.actor, found.id_token) == (identity, "officer", "token")
    cookie, attempt = attempts.begin("city", "/roads")
    assert attempts.take(cookie) == attempt
    assert attempts.take(cookie) is None
    late, _ = attempts.begin("city", "/")
    clock.advance(timedelta(minutes=10))
    assert attempts.take(late) is None
    assert sessions.end(fresh) is not None
    assert sessions.end(fresh) is None
    forgotten = sessions.begin(identity, None, "token")
    clock.advance(timedelta(minutes=31))
    sessions.begin(identity, None, "token")
    with database.reading() as reading:
        keys = [row.key for row in reading.query(SessionRow)]
    assert sha256(forgotten.encode()).hexdigest() not in keys
    database.close()


def test_a_hub_without_a_provider_offers_none(tmp_path: Path) -> None:
    from tests.web.clients import client_of
    from tests.web.hubs import make_hub

    hub = make_hub(tmp_path / "hub", demo=False)
    page = client_of(hub).get("/sign-in").text
    assert "not configured" in page
    assert OFFICER.name not in page
    hub.close()
