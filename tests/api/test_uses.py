"""The JSON API of uses: what is decided, released as Arrow, refused, explained and alarmed, for whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.types import Message

from tests.gate.lists import ACTORS, NOW, SCHEME, Lists
from tests.web.clients import TestClient, client_of
from umaya.api import create_app
from umaya.gate.uses import UseState
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock

USE = {"scheme": SCHEME, "reason": "案内の準備"}
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with the bank, the insurer and their eight customers, of whom two consented."""
    clock = ManualClock(NOW)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield opened
    opened.close()


def seller(hub: Hub) -> TestClient:
    return client_of(hub, ACTORS["seller"])


def released(client: TestClient, **body: Any) -> pa.Table:
    answer = client.post("/api/v1/uses", json=USE | body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, ARROW), answer.text
    return pa.ipc.open_stream(answer.content).read_all()


def test_a_decision_counts_and_records_nothing(hub: Hub) -> None:
    client = seller(hub)
    before = hub.ledger.size
    told = client.post("/api/v1/uses/decide", json=USE).json()
    assert told["permitted"]
    assert told["people"] == {"asked": 8, "permitted": 2, "refused": {"consent-missing": 6}}
    assert hub.ledger.size == before


def test_rows_leave_as_arrow_with_their_entry(hub: Hub) -> None:
    client = seller(hub)
    answer = client.post("/api/v1/uses", json=USE)
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column("balance").to_pylist() == [20, 70]
    record = client.get(f"/api/v1/uses/{answer.headers['umaya-use']}").json()
    assert (record["state"], record["rows"], record["asked"], record["permitted"]) == ("released", 2, 8, 2)
    assert record["entry"] == int(answer.headers["umaya-entry"])
    receipt = client.get(f"/api/v1/uses/{answer.headers['umaya-use']}/receipt")
    assert receipt.text.startswith("c2sp.org/tlog-proof@v1")


@pytest.mark.parametrize("sent", [0, 1], ids=["before the headers", "before the rows"])
def test_a_client_that_goes_away_leaves_the_use_interrupted(hub: Hub, sent: int) -> None:
    """No use stays open because nobody read it."""
    client = seller(hub)
    left = sent

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(USE).encode()}

    async def send(message: Message) -> None:
        nonlocal left
        if not left:
            raise OSError
        left -= 1

    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/uses",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"cookie", cookies.encode()), (b"host", b"hub")],
    }
    asyncio.run(create_app(hub)(scope, receive, send))
    (use,) = hub.gate.uses.list()
    assert use.state is UseState.INTERRUPTED
    assert hub.ledger.entry(hub.ledger.size - 1).kind == "use.interrupted"


def test_a_search_and_named_people_narrow_the_list(hub: Hub) -> None:
    client = seller(hub)
    rich = [{"field": "balance", "op": "ge", "value": 30}]
    assert released(client, matching=rich).column("balance").to_pylist() == [70]
    assert released(client, people=[1], fields=["town"]).to_pydict() == {"town": ["ア"]}


def test_a_refusal_is_a_problem_with_its_reason(hub: Hub) -> None:
    answer = seller(hub).post("/api/v1/uses", json=USE | {"people": [3]})
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["reason"]) == ("refused", "consent-missing")
    alarms = client_of(hub, ACTORS["second-line"]).get("/api/v1/alarms").json()
    assert [(alarm["kind"], alarm["seen_by"]) for alarm in alarms] == [("without-consent", None)]


def test_an_alarm_is_seen_once(hub: Hub) -> None:
    seller(hub).post("/api/v1/uses", json=USE | {"people": [3]})
    client = client_of(hub, ACTORS["second-line"])
    (alarm,) = client.get("/api/v1/alarms").json()
    assert client.post(f"/api/v1/alarms/{alarm['id']}/see").status_code == 204
    assert client.post(f"/api/v1/alarms/{alarm['id']}/see").status_code == 409
    assert client.get("/api/v1/alarms?seen=false").json() == []


def test_an_explanation_speaks_of_one_person(hub: Hub) -> None:
    told = seller(hub).post("/api/v1/explain", json=USE | {"person": 3}).json()
    assert (told["permitted"], told["reason"]) == (False, "consent-missing")
    assert [line["met"] for line in told["lines"]] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        {"people": [-1]},
        {"people": [2**32]},
        {"people": []},
        {"matching": [{"field": "balance", "op": "like", "value": 1}]},
        {"window": ["2026-06-01T00:00:00", "2026-06-01T01:00:00"]},
        {"unknown": 1},
        {"reason": " "},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_body_that_is_no_use_changes_nothing(hub: Hub, body: dict[str, Any]) -> None:
    client = seller(hub)
    before = hub.ledger.size
    answer = client.post("/api/v1/uses", json=USE | body)
    assert (answer.status_code, answer.json()["code"]) == (422, "input")
    assert hub.ledger.size == before


def test_a_value_that_does_not_suit_its_field_is_told_without_repeating_it(hub: Hub) -> None:
    wrong = [{"field": "balance", "op": "ge", "value": "三百万円"}]
    answer = seller(hub).post("/api/v1/uses", json=USE | {"matching": wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "input")
    assert "三百万円" not in answer.text


def test_a_use_is_not_there_for_a_stranger(hub: Hub) -> None:
    use = seller(hub).post("/api/v1/uses", json=USE).headers["umaya-use"]
    stranger = client_of(hub, ACTORS["stranger"])
    assert stranger.get(f"/api/v1/uses/{use}").status_code == 404
    assert stranger.get(f"/api/v1/uses/{use}/receipt").status_code == 404


def test_nobody_signed_in_gets_nothing(hub: Hub) -> None:
    client = client_of(hub)
    assert client.post("/api/v1/uses", json=USE).status_code == 401
    assert client.get("/api/v1/alarms").status_code == 401


def test_uses_over_the_api_are_the_gates_own(hub: Hub) -> None:
    seller(hub).post("/api/v1/uses", json=USE)
    (use,) = hub.gate.uses.list()
    assert (use.state, use.actor, use.permitted) == (UseState.RELEASED, "seller", 2)
