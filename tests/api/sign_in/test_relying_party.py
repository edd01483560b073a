"""What the relying party believes of an identity provider: an honest answer, and nothing else."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from joserfc.jwk import ECKey

from tests.api.sign_in.provider import CITY, HUB, PEOPLE, SECRET, Provider, client_at, real_hub, sign_in_at
from tests.web.clients import TestClient
from tests.web.hubs import OFFICER
from umaya.gate.accounts import Identity
from umaya.hub import Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A real hub; the officer has an account."""
    hub = real_hub(tmp_path_factory.mktemp("party") / "hub")
    hub.gate.accounts.bind(Identity(CITY, Provider.subject), actor=OFFICER.id)
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def served(hub: Hub) -> tuple[Provider, TestClient]:
    """One application for all tests that need no other."""
    provider = Provider()
    return provider, client_at(hub, provider)


@pytest.fixture
def provider(served: tuple[Provider, TestClient]) -> Provider:
    """An honest provider, until a test tells it to lie."""
    served[0].be_honest()
    return served[0]


@pytest.fixture
def client(served: tuple[Provider, TestClient]) -> TestClient:
    """Somebody's browser, just opened."""
    served[1].cookies.clear()
    return served[1]


def signed_in(client: TestClient) -> bool:
    """Return whether the browser has a session."""
    return client.get("/").status_code == 200


def test_the_browser_is_sent_with_state_nonce_and_challenge(client: TestClient) -> None:
    """Nothing but who it is, is asked for; no two sign-ins share anything."""
    first, second = (client.get("/sign-in/city").headers["location"] for _ in range(2))
    address, query = urlsplit(first), parse_qs(urlsplit(first).query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{CITY}/authorize"
    assert query["scope"] == ["openid"]
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{HUB}/sign-in/city/callback"]
    other = parse_qs(urlsplit(second).query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(query[name][0]) >= 43
        assert query[name] != other[name]


def test_an_honest_answer_signs_in(client: TestClient, provider: Provider) -> None:
    answer = sign_in_at(client, provider, next_path="/roads")
    assert (answer.status_code, answer.headers["location"]) == (303, "/roads")
    assert signed_in(client)
    user, _, secret = base64.b64decode(provider.tokens[0].headers["authorization"].split()[1]).decode().partition(":")
    assert (unquote(user), unquote(secret.replace("+", " "))) == ("umaya", SECRET)


LIES = {
    "issuer": {"iss": PEOPLE},
    "no issuer": {"iss": None},
    "audience": {"aud": "another"},
    "no audience": {"aud": None},
    "audience beside": {"aud": ["umaya", "another"]},
    "authorized party": {"azp": "another"},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "from tomorrow": {"iat": int(time.time()) + 86400},
    "not before": {"nbf": int(time.time()) + 86400},
    "nonce": {"nonce": "replayed"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject no text": {"sub": 7},
    "hash of another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("wrong", LIES.values(), ids=LIES)
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(
    client: TestClient, provider: Provider, wrong: dict[str, object]
) -> None:
    provider.wrong = wrong
    assert sign_in_at(client, provider).status_code == 400
    assert not signed_in(client)


@pytest.mark.parametrize("how", ["unsigned", "shared", "confused"])
def test_a_token_without_the_providers_own_signature_is_not_believed(
    client: TestClient, provider: Provider, how: str
) -> None:
    provider.token = getattr(provider, how)
    assert sign_in_at(client, provider).status_code == 400
    assert not signed_in(client)


def test_a_token_by_another_key_is_not_believed(client: TestClient, provider: Provider) -> None:
    """Not under its own name, nor under the provider's."""
    for named in (None, provider.key.kid):
        other = Provider(key=ECKey.generate_key("P-256", {"kid": named} if named else None, auto_kid=named is None))
        provider.token = other.signed
        assert sign_in_at(client, provider).status_code == 400
        assert not signed_in(client)


def test_a_key_that_the_provider_made_since_is_found(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("umaya.api.sign_in.relying_party._KEYS_AGAIN_S", 0.0)
    provider = Provider()
    client = client_at(hub, provider)
    sign_in_at(client, provider)
    client.post("/sign-out")
    provider.key = ECKey.generate_key("P-256", auto_kid=True)
    assert sign_in_at(client, provider).status_code == 303


ANSWERS: dict[str, dict[str, str | None]] = {
    "state of another": {"state": "x" * 43},
    "no state": {"state": None},
    "state no ASCII": {"state": "名"},
    "another issuer": {"iss": PEOPLE},
    "no issuer": {"iss": None},
    "no code": {"code": None},
    "broken off": {"error": "access_denied", "error_description": "<b>no</b>"},
}


@pytest.mark.parametrize("changes", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_to_another_question_is_not_taken(
    client: TestClient, provider: Provider, changes: dict[str, str | None]
) -> None:
    begun = client.get("/sign-in/city")
    answer = client.get(provider.way_back(begun.headers["location"], **changes))
    assert answer.status_code == 400
    assert "<b>no" not in answer.text
    assert not provider.tokens, "no code leaves for the provider"
    assert not signed_in(client)


def test_a_thing_that_is_said_twice_is_not_taken(client: TestClient, provider: Provider) -> None:
    begun = client.get("/sign-in/city")
    back = provider.way_back(begun.headers["location"])
    assert client.get(f"{back}&state=x").status_code == 400


def test_a_provider_without_the_issuer_parameter_may_leave_it_out_but_not_lie(hub: Hub) -> None:
    provider = Provider(metadata={"authorization_response_iss_parameter_supported": False})
    client = client_at(hub, provider)
    for issuer, status in ((None, 303), (PEOPLE, 400)):
        begun = client.get("/sign-in/city")
        assert client.get(provider.way_back(begun.headers["location"], iss=issuer)).status_code == status


def test_an_answer_is_taken_once_by_the_browser_that_asked(hub: Hub, provider: Provider, client: TestClient) -> None:
    """Who plants an answer in another browser signs nobody in (login CSRF), nor does it work again."""
    back = provider.way_back(client.get("/sign-in/city").headers["location"])
    assert client_at(hub, provider).get(back).status_code == 400
    (kept,) = client.cookies.jar
    assert client.get(back).status_code == 303
    client.cookies.jar.set_cookie(kept)
    assert client.get(back).status_code == 400


def test_an_answer_of_one_provider_is_not_taken_for_anothers(client: TestClient, provider: Provider) -> None:
    back = provider.way_back(client.get("/sign-in/people").headers["location"])
    assert client.get(back.replace("/people/", "/city/")).status_code == 400


DESCRIPTIONS = {
    "another issuer": {"issuer": PEOPLE},
    "no token endpoint": {"token_endpoint": None},
    "keys by plain HTTP": {"jwks_uri": "http://login.city.example/keys"},
    "authorization by script": {"authorization_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("metadata", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    hub: Hub, provider: Provider, metadata: dict[str, object]
) -> None:
    """With the network in between, an endpoint must be protected on its way."""
    from umaya.api.sign_in.relying_party import ProviderUnavailableError, RelyingParty

    party = RelyingParty(hub.settings.identity_provider[0], f"{HUB}/back", f"{CITY}/x")
    with pytest.raises(ProviderUnavailableError):
        party._check_metadata({**provider.description(CITY), **metadata})


def test_a_provider_that_does_not_answer_is_a_problem_of_its_own(hub: Hub) -> None:
    answer = client_at(hub, Provider(down=True)).get("/sign-in/city")
    assert answer.status_code == 503
    assert "identity provider does not answer" in answer.text


def test_signing_out_leads_to_the_providers_own_end(client: TestClient, provider: Provider) -> None:
    sign_in_at(client, provider)
    page = client.post("/sign-out")
    assert page.status_code == 200
    assert f'href="{CITY}/end?id_token_hint=' in page.text
    assert "post_logout_redirect_uri=https%3A%2F%2Fhub.example%2Fsign-in" in page.text
    assert not signed_in(client)


def test_signing_out_works_where_the_provider_ends_nothing(hub: Hub) -> None:
    provider = Provider(metadata={"end_session_endpoint": None})
    client = client_at(hub, provider)
    sign_in_at(client, provider)
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert not signed_in(client)
