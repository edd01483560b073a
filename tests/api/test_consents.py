"""The JSON API of consents: what the gate says, in JSON; nobody's number in an address or an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gate.people.town import ACTORS, EVIDENCE, WITHDRAWAL, WORDING, topic
from tests.web.clients import TestClient, client_of
from umaya.gate import Party, Words
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock, SystemClock

PATH = "/api/v1/consents"
NOW = SystemClock().now().replace(hour=3, microsecond=0)
ONE = {"person": 7, "topic": "savings-to-cover"}
GIVEN = {
    **ONE,
    "text": 1,
    "channel": "counter",
    "evidence": {"digest": EVIDENCE.digest, "reference": EVIDENCE.reference},
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    clock = ManualClock(NOW)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(tmp_path / "hub", clock, environment={})
    for party, kind in (("bank-minase", "bank"), ("cover-minase", "insurer"), ("post-minase", "post")):
        hub.gate.catalogue.add_party(Party(party, Words("名", "Name"), kind))
    for actor in ACTORS.values():
        hub.gate.catalogue.add_actor(actor)
    hub.gate.topics.add(ACTORS["bank-privacy"], topic())
    hub.gate.topics.add_text(ACTORS["bank-privacy"], "savings-to-cover", WORDING, WITHDRAWAL, valid_days=30)
    yield hub
    hub.close()


def post(client: TestClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = client.post(f"{PATH}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def client(hub: Hub, name: str) -> TestClient:
    return client_of(hub, ACTORS[name])


def test_give_state_withdraw_state(hub: Hub) -> None:
    clerk, other = client(hub, "bank-clerk"), client(hub, "cover-clerk")
    given = post(clerk, "/give", GIVEN, 201)
    assert given.keys() == {"topic", "text", "good_through", "entry"}
    word = {
        "kind": "given",
        "text": 1,
        "good_through": given["good_through"],
        "taken_at": NOW.isoformat().replace("+00:00", "Z"),
        "channel": "counter",
    }
    found = {"topic": "savings-to-cover", "state": "active", "word": word, "history": []}
    assert post(other, "/state", ONE) == found
    assert post(other, "/withdraw", {**ONE, "channel": "phone"}) == {"topic": "savings-to-cover", "withdrawn": True}
    after = post(clerk, "/state", {**ONE, "history": True})
    assert after["state"] == "withdrawn"
    assert [said["kind"] for said in after["history"]] == ["withdrawn", "given"]


def test_a_protected_person_is_answered_as_nobody(hub: Hub) -> None:
    clerk = client(hub, "bank-clerk")
    post(clerk, "/give", GIVEN, 201)
    hub.gate.measures.set(ACTORS["protector"], 7, "理由")
    nobody = post(clerk, "/state", {**ONE, "person": 8, "history": True})
    assert nobody == {"topic": "savings-to-cover", "state": "none", "word": None, "history": []}
    assert post(clerk, "/state", {**ONE, "history": True}) == nobody
    assert post(client(hub, "protector"), "/state", ONE)["state"] == "active"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/give", {**GIVEN, "taken_at": (NOW + timedelta(days=1)).isoformat()}, 422, "input"),
        ("/give", {**GIVEN, "taken_at": "2026-04-01T12:00"}, 422, "input"),
        ("/give", {**GIVEN, "evidence": {"digest": "none", "reference": "x"}}, 422, "input"),
        ("/give", {**GIVEN, "channel": "telex"}, 422, "input"),
        ("/give", {**GIVEN, "person": 2**32}, 422, "input"),
        ("/give", {**GIVEN, "name": "水無 花子"}, 422, "input"),
        ("/give", {**GIVEN, "text": 2}, 404, "not-found"),
        ("/withdraw", {**ONE, "channel": "phone", "topic": "no-such"}, 404, "not-found"),
        ("/state", {**ONE, "person": -1}, 422, "input"),
    ],
)
def test_what_is_wrong_is_a_problem(hub: Hub, path: str, body: dict[str, Any], status: int, code: str) -> None:
    answer = post(client(hub, "bank-clerk"), path, body, status)
    assert answer["code"] == code
    assert "花子" not in str(answer)
    assert hub.gate.projection.latest().reached == 0


@pytest.mark.parametrize("path", ["/give", "/withdraw", "/state"])
def test_strangers_and_nobody_are_refused(hub: Hub, path: str) -> None:
    body = {"/give": GIVEN, "/withdraw": {**ONE, "channel": "phone"}, "/state": ONE}[path]
    assert post(client(hub, "post-clerk"), path, body, 403)["code"] == "forbidden"
    assert post(client_of(hub), path, body, 401)["code"] == "sign-in"
