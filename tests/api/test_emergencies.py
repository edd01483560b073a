"""Break-glass by the API: as a dispatch system would, by the same desk as the pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, NOW, OFFICER, VERIFIER, make_hub
from tests.web.test_emergency import RESPONDER, furnish
from umaya.client import Client, ProblemError
from umaya.hub import Hub
from umaya.types.site import Actor

ASKED: dict[str, Any] = {
    "event": "minase-earthquake",
    "dataset": "bike-positions",
    "recipient": "city-minase",
    "fields": ["vehicle_id", "t", "lon", "lat"],
    "ends": NOW + timedelta(hours=2),
    "why": "連絡のない配達員を探す",
    "balancing": dict.fromkeys(("danger", "why_raw", "why_fields", "harm"), "救助のため"),
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    hub = furnish(make_hub(tmp_path / "hub"))
    yield hub
    hub.close()


def connected(hub: Hub, who: Actor) -> Client:
    return Client("http://testserver", http=client_of(hub, who))


def test_an_emergency_from_the_question_to_its_review(hub: Hub) -> None:
    """Opened at once, taken, seen, ended, reviewed by another; only then is the requester free again."""
    responder, verifier = connected(hub, RESPONDER), connected(hub, VERIFIER)
    opened = responder.ask_emergency(**ASKED)
    assert opened.state == "open"
    assert {one.role for one in opened.warned} >= {"verifier", "declarer"}
    use, rows = responder.emergency_data(opened.emergency)
    assert rows.column("vehicle_id").to_pylist() == ["b1"]
    verifier.acknowledge_emergency(opened.emergency)
    ended = responder.end_emergency(opened.emergency, "見つかった")
    assert (ended.state, ended.uses, ended.rows) == ("to-review", [use], 1)
    with pytest.raises(ProblemError) as locked:
        responder.ask_emergency(**ASKED)
    assert (locked.value.status, locked.value.reason) == (403, "emergency-locked")
    reviewed = verifier.review_emergency(opened.emergency, "justified", "記録を見た", "なし")
    assert (reviewed.state, reviewed.finding) == ("reviewed", "justified")
    assert responder.ask_emergency(**ASKED).state == "open"
    assert [one.state for one in connected(hub, AUDITOR).emergencies()] == ["open", "reviewed"]


def test_an_opening_is_not_there_for_whom_it_does_not_concern(hub: Hub) -> None:
    opened = connected(hub, RESPONDER).ask_emergency(**ASKED)
    stranger = Actor("post-clerk", "窓口", "post-minase", frozenset({"clerk"}))
    hub.gate.catalogue.add_actor(stranger)
    client = connected(hub, stranger)
    assert list(client.emergencies()) == []
    for ask in (
        lambda: client.emergency(opened.emergency),
        lambda: client.emergency_data(opened.emergency),
        lambda: client.end_emergency(opened.emergency, "終わり"),
        lambda: client.review_emergency(opened.emergency, "justified", "見た", "なし"),
    ):
        with pytest.raises(ProblemError) as error:
            ask()
        assert error.value.status == 404


def test_who_may_not_ask_is_refused_and_that_is_recorded(hub: Hub) -> None:
    officer = connected(hub, OFFICER)
    before = hub.ledger.size
    with pytest.raises(ProblemError) as error:
        officer.ask_emergency(**ASKED)
    assert error.value.code == "refused"
    assert hub.ledger.entry(before).kind == "emergency.refused"


@pytest.mark.parametrize("wrong", [{"area": {"type": "Point"}}, {"ends": NOW.replace(tzinfo=None)}, {"why": " "}])
def test_a_wrong_question_opens_nothing(hub: Hub, wrong: dict[str, Any]) -> None:
    responder = connected(hub, RESPONDER)
    before = hub.ledger.size
    with pytest.raises(ProblemError) as error:
        responder.ask_emergency(**(ASKED | wrong))
    assert error.value.status == 422
    assert hub.ledger.size == before
