"""What guards every response and every change: headers, cross-site requests, sign-in, the session cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from tests.api.sign_in.provider import Provider, client_at, real_hub
from tests.web.clients import client_of, sign_in
from tests.web.hubs import AUDITOR, OFFICER, VERIFIER, make_hub
from umaya.api.security import CONTENT_SECURITY_POLICY, asked_by_another_site, local_path
from umaya.hub import Hub
from umaya.services.roads import routes


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub."""
    hub = make_hub(tmp_path_factory.mktemp("security") / "hub")
    yield hub
    hub.close()


def test_the_content_security_policy_lets_nothing_in_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path", ["/sign-in", "/", "/nothing", "/api/v1/roads/state", "/api/v1/openapi.json", "/static/x"]
)
def test_every_answer_carries_the_security_headers(hub: Hub, path: str) -> None:
    headers = client_of(hub).get(path, follow_redirects=False).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/sign-in", "/", "/roads", "/roads/list", "/schemes", "/releases"])
def test_no_page_has_inline_script_or_style(hub: Hub, path: str) -> None:
    """A data block is no script: its type is JSON."""
    page = client_of(hub, OFFICER).get(path).text
    for attributes in re.findall(r"<script([^>]*)>", page):
        assert "src=" in attributes or 'type="application/json"' in attributes
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page), "nothing is fetched from elsewhere"


def headers_of(**values: str) -> Headers:
    """Return request headers to host `umaya.test`."""
    return Headers({"host": "umaya.test", **{key.replace("_", "-"): value for key, value in values.items()}})


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("POST", {"sec_fetch_site": "same-origin"}, False),
        ("POST", {"sec_fetch_site": "none"}, False),
        ("POST", {"sec_fetch_site": "same-site"}, True),
        ("POST", {"sec_fetch_site": "cross-site"}, True),
        ("POST", {"sec_fetch_site": "cross-site", "origin": "https://umaya.test"}, True),
        ("POST", {"origin": "https://umaya.test"}, False),
        ("POST", {"origin": "https://evil.test"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {}, False),
        ("DELETE", {"origin": "https://evil.test"}, True),
        ("GET", {"sec_fetch_site": "cross-site"}, False),
    ],
)
def test_changes_are_taken_from_this_site_only(method: str, headers: dict[str, str], refused: bool) -> None:
    assert asked_by_another_site(method, headers_of(**headers)) is refused


@pytest.mark.parametrize(
    "path", ["/", "/roads", "/roads/list", "/schemes", "/schemes/minase-drill", "/ledger", "/releases"]
)
def test_pages_lead_to_sign_in_and_back(hub: Hub, path: str) -> None:
    client = client_of(hub)
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2F")
    assert client.get(f"/api/v1{path}").status_code in {401, 404}


def test_the_api_answers_401_without_a_session(hub: Hub) -> None:
    answer = client_of(hub).get("/api/v1/roads/state")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")


@pytest.mark.parametrize(
    ("wanted", "given_back"),
    [
        ("/roads?at=1", "/roads?at=1"),
        ("//evil.test", "/"),
        ("https://evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("/\tx", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_nowhere_else(wanted: str, given_back: str) -> None:
    assert local_path(wanted) == given_back


@given(st.text())
def test_a_local_path_is_always_local(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


@pytest.mark.parametrize(
    ("actor", "path", "status"),
    [
        (OFFICER, "/ledger", 403),
        (VERIFIER, "/ledger", 403),
        (OFFICER, "/ledger/checkpoint", 403),
        (AUDITOR, "/ledger/checkpoint", 200),
        (AUDITOR, "/ledger", 200),
        (AUDITOR, "/roads", 403),
        (VERIFIER, "/roads", 403),
        (OFFICER, "/roads", 200),
        (OFFICER, "/releases", 200),
        (VERIFIER, "/releases", 403),
    ],
)
def test_each_role_sees_its_pages_only(hub: Hub, actor: Any, path: str, status: int) -> None:
    assert client_of(hub, actor).get(path).status_code == status


@pytest.mark.parametrize("path", ["/", "/api/v1/roads/state", "/api/v1/roads/passages.csv", "/api/v1/roads/stream?x"])
def test_no_answer_about_the_hub_is_kept_by_a_browser(hub: Hub, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "STREAM_S", 0.0)
    assert client_of(hub, OFFICER).get(path).headers["cache-control"] == "no-store"


def test_another_site_cannot_choose_for_which_party_somebody_acts(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    answer = client.post("/acting-for", data={"actor": OFFICER.id}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    answer = client.post("/sign-out", headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("host", "status"), [("hub.example", 200), ("hub.example:8443", 200), ("evil.test", 400)])
def test_a_hub_with_an_address_answers_under_no_other_name(tmp_path: Path, host: str, status: int) -> None:
    """Who puts another name into `Host` gets no page, so no link or cookie is made for that name."""
    real = real_hub(tmp_path / "hub")
    client = client_at(real, Provider())
    answer = client.get("/sign-in", headers={"Host": host})
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    begun = client.get("/sign-in/city", headers={"X-Forwarded-Host": "evil.test"})
    assert "evil.test" not in begun.headers["location"]
    real.close()


@pytest.mark.parametrize(("trusted", "secure"), [((), False), (("testclient",), True)])
def test_only_a_trusted_proxy_is_believed_that_a_request_came_by_https(
    hub: Hub, trusted: tuple[str, ...], secure: bool
) -> None:
    """Then the cookies are for https alone, and browsers are told to use nothing else."""
    believing = replace(hub, settings=replace(hub.settings, trusted_proxies=trusted))
    client = client_of(believing)
    answer = client.get("/sign-in/staff", headers={"X-Forwarded-Proto": "https"}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-umaya_sign_in=" if secure else "umaya_sign_in=")
    assert ("Secure" in cookie) is secure
    assert ("strict-transport-security" in answer.headers) is secure


@pytest.mark.parametrize("wanted", ["//evil.test", "https://evil.test/", "/\\evil.test"])
def test_no_sign_in_leads_to_another_site(hub: Hub, wanted: str) -> None:
    assert sign_in(client_of(hub), hub, OFFICER, wanted).headers["location"] == "/"
