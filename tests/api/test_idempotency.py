"""An act that is asked for twice with one key happens once, and nothing about people is kept for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.gate.lists import ACTORS, NOW, SCHEME, Lists
from tests.web.clients import TestClient, client_of
from umaya.api.idempotency import Keys
from umaya.api.idempotency.keys import KEPT
from umaya.api.idempotency.models import KeyRow
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, InputError

USE = {"scheme": SCHEME, "reason": "案内の準備"}
SUSPEND = f"/api/v1/schemes/{SCHEME}/suspend"
KEY = {"Idempotency-Key": "6f1c0a52-1"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """The bank, the insurer and eight customers, of whom two consented."""
    clock = ManualClock(NOW)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield opened
    opened.close()


@pytest.fixture
def keys(database_url: str) -> Iterator[tuple[Keys, ManualClock]]:
    database = Database.open(database_url)
    database.migrate(ServiceBase)
    clock = ManualClock(NOW)
    yield Keys(database, clock, bytes(32)), clock
    database.close()


def post(client: TestClient, path: str, body: dict[str, Any], headers: dict[str, str] = KEY) -> Any:
    return client.post(path, json=body, headers=headers)


def kept(hub: Hub) -> list[KeyRow]:
    with hub.database.reading() as session:
        return list(session.scalars(select(KeyRow)))


def test_a_repetition_is_answered_as_the_first_time_and_happens_once(hub: Hub) -> None:
    verifier = client_of(hub, ACTORS["second-line"])
    first = post(verifier, SUSPEND, {"reason": "確認のため"})
    size = hub.ledger.size
    again = post(verifier, SUSPEND, {"reason": "確認のため"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert hub.ledger.size == size


def test_without_a_key_the_act_is_asked_for_anew(hub: Hub) -> None:
    verifier = client_of(hub, ACTORS["second-line"])
    assert post(verifier, SUSPEND, {"reason": "確認のため"}, {}).status_code == 200
    assert post(verifier, SUSPEND, {"reason": "確認のため"}, {}).status_code == 409


def test_a_key_is_good_for_one_request_and_one_actor(hub: Hub) -> None:
    verifier = client_of(hub, ACTORS["second-line"])
    post(verifier, SUSPEND, {"reason": "確認のため"})
    other = post(verifier, SUSPEND, {"reason": "別の理由"})
    assert (other.status_code, other.json()["place"]["field"]) == (422, "Idempotency-Key")
    assert post(client_of(hub, ACTORS["seller"]), "/api/v1/uses/decide", USE).status_code == 200


def test_what_failed_may_be_tried_again_with_its_key(hub: Hub) -> None:
    verifier = client_of(hub, ACTORS["second-line"])
    wrong = f"/api/v1/schemes/{SCHEME}/resume"
    assert [post(verifier, wrong, {"reason": "再開"}).status_code for _ in range(2)] == [409, 409]
    assert kept(hub) == []


def test_rows_leave_once_for_a_key_and_are_not_kept(hub: Hub) -> None:
    """The repetition names the use, so that whoever asked can look at its record."""
    seller = client_of(hub, ACTORS["seller"])
    first = post(seller, "/api/v1/uses", USE)
    again = post(seller, "/api/v1/uses", USE)
    assert (first.status_code, again.status_code) == (200, 409)
    assert first.headers["umaya-use"] in again.json()["detail"]
    assert len(hub.gate.uses.list()) == 1
    assert [row.body for row in kept(hub)] == [None]


def test_what_is_said_of_a_person_is_not_kept(hub: Hub) -> None:
    seller = client_of(hub, ACTORS["seller"])
    assert post(seller, "/api/v1/explain", USE | {"person": 3}).status_code == 200
    assert [row.body for row in kept(hub)] == [None]
    assert post(seller, "/api/v1/explain", USE | {"person": 3}).status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 65, "鍵", "a b"])
def test_a_wrong_key_is_told(hub: Hub, key: str) -> None:
    seller = client_of(hub, ACTORS["seller"])
    answer = seller.post("/api/v1/uses/decide", json=USE, headers=[(b"idempotency-key", key.encode())])
    assert (answer.status_code, answer.json()["code"]) == (422, "input")


def test_a_key_without_a_session_is_asked_to_sign_in(hub: Hub) -> None:
    assert post(client_of(hub), SUSPEND, {"reason": "確認のため"}).status_code == 401


def test_the_first_request_under_way_keeps_the_second_out(keys: tuple[Keys, ManualClock]) -> None:
    known, _ = keys
    assert known.begin("seller", "k", b"content") is None
    with pytest.raises(ConflictError, match="under way"):
        known.begin("seller", "k", b"content")
    with pytest.raises(InputError, match="another request"):
        known.begin("seller", "k", b"other content")
    known.settle("seller", "k", 200, "{}")
    settled = known.begin("seller", "k", b"content")
    assert settled is not None
    assert (settled.status, settled.body) == (200, "{}")


def test_a_key_is_forgotten_after_a_day(keys: tuple[Keys, ManualClock]) -> None:
    known, clock = keys
    known.begin("seller", "k", b"content")
    known.settle("seller", "k", 200, "{}")
    clock.advance(KEPT * 2)
    assert known.begin("seller", "k", b"other content") is None
