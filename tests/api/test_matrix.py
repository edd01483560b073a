"""Every route with every role and another party's things: see `tests.api.matrix` for the table and how to add to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.matrix import BYSTANDER, EVERYBODY, RESIDENTS, SIGNED_IN, Line, Things, all_lines, all_things
from tests.web.clients import TestClient, client_of, sign_in
from tests.web.hubs import make_hub
from umaya.api import create_app
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.services.roads import routes as road_routes
from umaya.types.site import Actor, Resident

LINES = all_lines()
ROLES = sorted(SIGNED_IN)
STRANGER = Resident(4_000_000)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub, with a party that has no part in anything, and an actor of it for each role."""
    hub = make_hub(tmp_path_factory.mktemp("matrix") / "hub")
    hub.gate.catalogue.add_party(Party(BYSTANDER, Words("無関係", "Bystander"), "post"))
    for role in ROLES:
        hub.gate.catalogue.add_actor(Actor(f"only-{role}", role, BYSTANDER, frozenset({role})))
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def things(hub: Hub) -> Things:
    """What paths may name."""
    return all_things(hub)


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road_routes, "STREAM_S", 0.0)


@pytest.fixture(scope="module")
def unlimited(hub: Hub) -> Hub:
    """The hub without limits on requests: the matrix asks more than a person does."""
    from dataclasses import replace

    many = 1_000_000
    settings = replace(hub.settings, sign_ins_per_minute=many, look_ups_per_minute=many, api_calls_per_minute=many)
    return replace(hub, settings=settings)


@pytest.fixture(scope="module")
def client(unlimited: Hub) -> TestClient:
    """A client of one application, which whoever is tried signs in to."""
    return client_of(unlimited)


def routes_of(routes: Any) -> Iterator[tuple[str, str]]:
    """Yield method and path of routes, those of included routers too; mounted files have no method."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from routes_of(included.routes)
        for method in getattr(route, "methods", None) or ():
            if method != "HEAD":
                yield method, route.path


def asked(client: TestClient, line: Line, things: Things, *, made_up: bool = False) -> tuple[int, str]:
    """Return status and body of the answer to a line; what names the thing itself is taken out of the body."""
    answer = client.request(
        line.method, line.address(things, made_up=made_up), data=line.form, json=line.json, follow_redirects=False
    )
    body = answer.text
    for name in line.names:
        for word in things[name]:
            body = body.replace(word, "THING") if word else body
    return answer.status_code, body


def test_every_route_has_its_line(hub: Hub) -> None:
    """A new route is not served before it says whom it is for."""
    served = set(routes_of(create_app(hub).routes))
    written = Counter((line.method, line.path) for line in LINES)
    missing = sorted(served - written.keys())
    assert not missing, f"without a line: {missing}"
    gone = sorted(written.keys() - served)
    assert not gone, f"not served: {gone}"
    assert [route for route, times in written.items() if times > 1] == []


def test_nobody_gets_anything_but_what_is_public(client: TestClient, things: Things) -> None:
    """Pages lead to the sign-in, everything else answers 401."""
    client.cookies.clear()
    wrong: dict[str, Any] = {}
    for line in LINES:
        status, _ = asked(client, line, things)
        led = {303} if line.method == "GET" and not line.path.startswith("/api/") else {401}
        if status not in (line.gives if line.who == EVERYBODY else led):
            wrong[f"{line.method} {line.path}"] = status
    assert not wrong, _told(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_is_its_own_and_nothing_of_another_party(
    client: TestClient, unlimited: Hub, things: Things, role: str
) -> None:
    sign_in(client, unlimited, Actor(f"only-{role}", role, BYSTANDER, frozenset({role})))
    wrong: dict[str, Any] = {}
    for line in LINES:
        if line.path == "/sign-out":
            continue
        status, body = asked(client, line, things)
        if status not in expected(line, role):
            wrong[f"{line.method} {line.path}"] = (status, sorted(expected(line, role)))
        elif line.hides(things, role) and asked(client, line, things, made_up=True) != (status, body):
            wrong[f"{line.method} {line.path}"] = "told from one that is not there"
    assert not wrong, _told(wrong)


def _told(wrong: dict[str, Any]) -> str:
    return "\n".join(f"{route}: {found}" for route, found in wrong.items())


def expected(line: Line, role: str) -> frozenset[int]:
    """Return the statuses that an actor with one role may get."""
    if role in line.overseers:
        return frozenset({200, 404}) if line.method == "GET" else line.denied | {409}
    if line.who == EVERYBODY or role in line.who:
        return line.gives
    if line.who == RESIDENTS:
        return frozenset({303, 401})
    return line.denied


def test_a_resident_gets_what_is_their_own_and_nothing_of_another(
    client: TestClient, unlimited: Hub, things: Things
) -> None:
    sign_in(client, unlimited, STRANGER)
    wrong: dict[str, Any] = {}
    for line in LINES:
        if line.path == "/sign-out":
            continue
        status, body = asked(client, line, things)
        fits = line.gives if line.who in (EVERYBODY, RESIDENTS) else frozenset({303, 401})
        if status not in fits:
            wrong[f"{line.method} {line.path}"] = (status, sorted(fits))
        elif line.hides(things, "resident") and asked(client, line, things, made_up=True) != (status, body):
            wrong[f"{line.method} {line.path}"] = "told from one that is not there"
    assert not wrong, _told(wrong)
