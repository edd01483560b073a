"""The JSON API of notices: reading is for everybody, acts for whoever is signed in and may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.joint_use.group import BANK_PUBLISHER, PUBLISHER, SUBMITTER
from tests.web.clients import client_of
from tests.web.hubs import make_hub
from tests.web.notices import ID, SECOND, publish_notices
from umaya.hub import Hub

PATH = "/api/v1/joint-use"
NEXT = SECOND.replace("2027-02-01", "2027-03-01")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("api") / "hub")
    publish_notices(hub)
    yield hub
    hub.close()


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Hub]:
    hub = make_hub(tmp_path / "hub")
    publish_notices(hub)
    yield hub
    hub.close()


def test_everybody_reads_what_is_published(hub: Hub) -> None:
    client = client_of(hub)
    (listed,) = client.get(PATH).json()["items"]
    assert listed == client.get(f"{PATH}/{ID}").json()
    assert (listed["notice"], listed["in_force"], listed["ended_on"]) == (ID, 1, None)
    assert [(one["version"], one["starts"]) for one in listed["versions"]] == [(1, "2026-12-01"), (2, "2027-02-01")]
    one = client.get(f"{PATH}/{ID}/2").json()
    record = hub.gate.joint_use.get(ID).versions[1]
    assert one["words"]["en"]["digest"] == record.words["en"].digest
    assert one["words"]["en"]["sections"][0] == ["Joint use of customers' personal data", []]


@pytest.mark.parametrize("path", [f"{ID}/3", f"{ID}/3/proof", f"{ID}/7", "nothing", "nothing/1"])
def test_drafts_are_not_told_from_what_is_not_there(hub: Hub, path: str) -> None:
    assert client_of(hub).get(f"{PATH}/{path}").json()["code"] == "not-found"


def test_a_notice_is_submitted_published_and_ended(own_hub: Hub) -> None:
    applicant, approver = client_of(own_hub, SUBMITTER), client_of(own_hub, PUBLISHER)
    answer = applicant.post(PATH, json={"document": NEXT})
    assert (answer.status_code, answer.json()["state"], answer.json()["version"]) == (201, "submitted", 4)
    told = approver.post(f"{PATH}/{ID}/4/publish", json={"day": "2026-12-06", "note": "役員会"}).json()
    assert (told["published"], told["state"]) == ("2026-12-06", "published")
    ended = approver.post(f"{PATH}/{ID}/end", json={"last_day": "2027-12-31"}).json()
    assert ended["ended_on"] == "2027-12-31"


def test_acts_are_for_whoever_may(own_hub: Hub) -> None:
    publish = f"{PATH}/{ID}/3/publish"
    assert client_of(own_hub).post(PATH, json={"document": NEXT}).status_code == 401
    assert client_of(own_hub, PUBLISHER).post(PATH, json={"document": NEXT}).status_code == 403
    for actor in (SUBMITTER, BANK_PUBLISHER):
        assert client_of(own_hub, actor).post(publish, json={"day": "2026-12-06"}).status_code == 403
    assert (
        client_of(own_hub, PUBLISHER).post(publish, json={"day": "2026-12-04"}).json()["place"]["field"] == "published"
    )


def test_a_wrong_document_names_its_place(own_hub: Hub) -> None:
    wrong = NEXT.replace('    address: {ja: 水無瀬市駅前5-1, en: "5-1 Ekimae, Minase"}\n', "")
    problem = client_of(own_hub, SUBMITTER).post(PATH, json={"document": wrong, "file": "mine.yaml"}).json()
    assert problem["code"] == "input"
    assert problem["place"] == {"file": "mine.yaml", "row": 31, "field": "responsible[1].address"}
