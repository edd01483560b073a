"""The client does every operation of the API, reads every answer as it is sent, and tells problems as they are."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gate.lists import ACTORS, NOW, SCHEME, Lists
from tests.web.clients import client_of
from umaya.api import create_app
from umaya.client import Client, ProblemError
from umaya.client.models import UseRecord
from umaya.client.transport import OPERATIONS
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock

METHODS = {"get", "post", "put", "delete", "patch"}
OF_THE_REQUEST = {"cursor", "limit", "Idempotency-Key"}
"""What the client sees to itself."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The bank, the insurer and eight customers, of whom two consented."""
    folder: Path = tmp_path_factory.mktemp("client") / "hub"
    clock = ManualClock(NOW)
    init_hub(folder, Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(folder, clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def described(hub: Hub) -> dict[str, Any]:
    return create_app(hub).openapi()


def connected(hub: Hub, who: str) -> Client:
    return Client("http://testserver", http=client_of(hub, ACTORS[who]))


def test_every_operation_has_its_method(described: dict[str, Any]) -> None:
    served = {(method.upper(), path) for path, item in described["paths"].items() for method in item.keys() & METHODS}
    assert served == OPERATIONS.keys()


def test_every_parameter_can_be_given(described: dict[str, Any]) -> None:
    """Those of path, query and body; `**narrowed` stands for the parameters of a use."""
    use = set(inspect.signature(Client.use).parameters)
    for (method, path), name in OPERATIONS.items():
        operation = described["paths"][path][method.lower()]
        wanted = {one["name"] for one in operation.get("parameters", [])} - OF_THE_REQUEST
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        schema = described["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
        given = set(inspect.signature(getattr(Client, name)).parameters)
        given |= use if "narrowed" in given else set()
        assert wanted | set(schema.get("properties", {})) <= given, name


def test_every_answer_says_what_it_is(described: dict[str, Any]) -> None:
    """No operation answers with an object of unknown members, but linked data and GeoJSON: they have standards."""
    loose = [
        path
        for path, item in described["paths"].items()
        for method in item.keys() & METHODS
        for status, answer in item[method]["responses"].items()
        if status.startswith("2")
        for kind, content in answer.get("content", {}).items()
        if kind == "application/json" and content.get("schema", {}).get("additionalProperties") is True
    ]
    assert [path for path in loose if not re.search(r"/(catalogue|vocabulary|policy|roads|offices/map)\b", path)] == []


def test_rows_arrive_as_an_arrow_table_with_their_use(hub: Hub) -> None:
    client = connected(hub, "seller")
    use, rows = client.use(SCHEME, "案内の準備", matching=[{"field": "balance", "op": "ge", "value": 30}])
    assert rows.column("balance").to_pylist() == [70]
    assert client.use_record(use).rows == 1
    assert client.receipt(use).startswith("c2sp.org/tlog-proof@v1")
    assert [one.use for one in client.uses(SCHEME)] == [use]


def test_pages_are_followed_to_their_end(hub: Hub) -> None:
    client = connected(hub, "seller")
    for _ in range(3):
        client.use(SCHEME, "案内の準備")
    listed = [one.entry for one in client._pages(UseRecord, "/api/v1/uses", scheme=SCHEME, limit=2)]
    assert listed == sorted(listed, reverse=True)
    assert len(listed) == len(hub.gate.uses.list())


def test_a_refusal_is_raised_with_its_reason_and_advice(hub: Hub) -> None:
    with pytest.raises(ProblemError) as error:
        connected(hub, "seller").use(SCHEME, "案内の準備", people=[3])
    assert (error.value.status, error.value.code, error.value.reason) == (403, "refused", "consent-missing")
    assert error.value.advice


def test_what_is_read_is_typed(hub: Hub) -> None:
    client = connected(hub, "seller")
    (scheme,) = client.schemes()
    assert (scheme.scheme, scheme.in_force) == (SCHEME, 1)
    assert client.scheme(SCHEME).versions[0].digest.startswith("sha256:")
    assert next(act.act for act in client.history(SCHEME)) == "submit"
    told = client.decide(SCHEME, "案内の準備")
    assert told.people is not None
    assert told.people.permitted == 2
    assert client.explain(SCHEME, "案内の準備", 3).lines[-1].met is False


def test_a_cursor_of_another_list_is_refused(hub: Hub) -> None:
    answer = client_of(hub, ACTORS["seller"]).get("/api/v1/uses", params={"scheme": SCHEME, "cursor": "ImFiYyI"})
    assert (answer.status_code, answer.json()["place"]["field"]) == (422, "cursor")
