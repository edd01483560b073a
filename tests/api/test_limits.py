"""Limits: a bucket for each asker, told as a problem with the time to wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from tests.web.clients import TestClient, client_of, sign_in
from tests.web.hubs import APPLICANT, OFFICER, make_hub
from umaya.api import create_app
from umaya.api.limits import Buckets, address_of
from umaya.hub import Hub
from umaya.types.errors import TooManyError


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A demo hub that takes little."""
    hub = make_hub(tmp_path / "hub")
    settings = replace(hub.settings, sign_ins_per_minute=6, look_ups_per_minute=2, api_calls_per_minute=4)
    yield replace(hub, settings=settings)
    hub.close()


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 100))
def test_in_no_minute_twice_the_limit_passes(pauses: list[float], per_minute: int) -> None:
    """A full bucket, and what flows in meanwhile: never more, whatever the asker's rhythm."""
    moment = 0.0
    buckets = Buckets(per_minute, lambda: moment)
    passed = []
    for pause in pauses:
        moment += pause
        try:
            buckets.take("asker")
        except TooManyError:
            continue
        passed.append(moment)
    for first in passed:
        assert sum(first <= at < first + 60 for at in passed) <= 2 * per_minute


def test_one_more_is_taken_after_the_told_time_and_others_are_not_held_up() -> None:
    moment = 0.0
    buckets = Buckets(2, lambda: moment)
    for _ in range(2):
        buckets.take("one")
    with pytest.raises(TooManyError) as told:
        buckets.take("one")
    assert told.value.retry_after_s == 30
    buckets.take("other")
    moment = 30.0
    buckets.take("one")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("a.socket", "a.socket"),
    ],
)
def test_an_asker_is_told_by_address_or_ipv6_network(host: str, counted: str) -> None:
    assert address_of(Request({"type": "http", "client": (host, 1)})) == counted


def test_sign_ins_of_one_address_are_limited(hub: Hub) -> None:
    client = client_of(hub, app=create_app(hub))
    answers = [client.get("/sign-in/staff", follow_redirects=False) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 6 + [429]
    assert answers[-1].headers["retry-after"] == "10"
    assert "Too many requests" in answers[-1].text
    assert client.get("/sign-in").status_code == 200


def test_calls_of_the_api_are_limited_by_actor_whatever_the_session(hub: Hub) -> None:
    client = client_of(hub, OFFICER, app=create_app(hub))
    path = "/api/v1/roads/state"
    statuses = [client.get(path).status_code for _ in range(5)]
    assert statuses == [200] * 4 + [429]
    other = TestClient(client.app, headers={"Accept": "text/html"})
    sign_in(other, hub, OFFICER)
    answer = other.get(path)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1


def test_an_invented_cookie_gets_no_bucket_of_its_own(hub: Hub) -> None:
    client = client_of(hub, app=create_app(hub))
    for number in range(4):
        client.cookies.set("umaya_session", f"invented-{number}")
        assert client.get("/api/v1/schemes").status_code == 401
    client.cookies.set("umaya_session", "invented-more")
    assert client.get("/api/v1/schemes").status_code == 429


def test_look_ups_of_people_are_limited(hub: Hub) -> None:
    client = client_of(hub, APPLICANT, app=create_app(hub))
    body = {"person": 1, "topic": "no-such-topic"}
    statuses = [client.post("/api/v1/consents/state", json=body).status_code for _ in range(3)]
    assert statuses[:2] == [404, 404]
    assert statuses[2] == 429
