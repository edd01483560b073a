"""The rights desk's pages: from the counter to the answer in the person's hand, and two people for an erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.lists import BANK, INSURER
from tests.gate.rights.desk_world import DESK, ELSEWHERE, GUARD, SECOND, World, name_of
from tests.web.clients import TestClient, client_of
from umaya.gate.rights import Form, Requester
from umaya.law.rights import RequestKind
from umaya.web.assets import Assets

K = RequestKind


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(Path(tmp_path_factory.mktemp("rights")) / "hub")
    yield world
    world.hub.close()


@pytest.fixture(scope="module")
def desk(world: World) -> TestClient:
    return client_of(world.hub, DESK)


@pytest.fixture(scope="module")
def second(world: World) -> TestClient:
    return client_of(world.hub, SECOND)


def post(client: TestClient, path: str, **form: str) -> tuple[int, str]:
    answer = client.post(path, data=form, follow_redirects=True)
    return answer.status_code, answer.text


def test_from_the_counter_to_the_answer_in_hand(world: World, desk: TestClient) -> None:
    number = world.gate.numbers.of(BANK, 5)
    status, page = post(desk, "/rights/new", number=number, kind="disclosure", form="json", language="ja")
    assert (status, "Check who asks" in page) == (200, True)
    request = world.gate.rights.of(5)[0].id
    assert number in desk.get("/rights").text
    assert "Take the request" in post(desk, f"/rights/{request}/identify", identity="licence", evidence="3-1")[1]
    post(desk, f"/rights/{request}/take")
    status, page = post(desk, f"/rights/{request}/answer", words="")
    assert (status, "Hand it out" in page) == (200, True)
    handed = desk.post(f"/rights/{request}/hand-out")
    assert name_of(5) in handed.text
    assert "attachment" in handed.headers["content-disposition"]
    assert "APPI art. 33(1)" in desk.get(f"/rights/{request}/letter").text
    assert post(desk, f"/rights/{request}/remove")[0] == 200
    assert desk.post(f"/rights/{request}/hand-out").status_code == 409


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"number": "12345", "kind": "disclosure"}, "number"),
        ({"kind": "erasure", "words": "x"}, "ground"),
        ({"kind": "correction"}, "words"),
        ({"kind": "disclosure", "requester": "mandated-agent"}, "agent"),
        ({"kind": ""}, "kind"),
    ],
)
def test_a_form_comes_back_with_what_was_typed_and_the_fault_beside_its_field(
    world: World, desk: TestClient, form: dict[str, str], fault: str
) -> None:
    typed = {"number": world.gate.numbers.of(BANK, 5)} | form
    status, page = post(desk, "/rights/new", **typed)
    assert status == 422
    assert typed["number"] in page
    assert f'href="#{fault}"' in page
    assert re.search(rf'id="{fault}"[^>]*aria-invalid="true" aria-describedby="{fault}-error"', page)


def test_an_act_that_lacks_something_comes_back_too(world: World, desk: TestClient) -> None:
    request = world.in_work(K.ERASURE, person=6)
    status, page = post(desk, f"/rights/{request}/refuse", refusal="great-expense", words="費用が大きすぎます")
    assert status == 422
    assert "費用が大きすぎます" in page
    assert 'href="#refuse-alternative"' in page


def test_an_erasure_needs_a_second_person_and_the_letter_says_what_is_kept(
    world: World, desk: TestClient, second: TestClient
) -> None:
    request = world.in_work(K.ERASURE, person=7)
    assert post(desk, f"/rights/{request}/propose-erasure")[0] == 200
    assert "Waits for a second person" in desk.get(f"/rights/{request}").text
    assert post(desk, f"/rights/{request}/confirm")[0] == 403
    assert post(second, f"/rights/{request}/confirm")[0] == 200
    assert world.found(name_of(7)) == []
    assert "receipts still verify" in second.get(f"/rights/{request}/letter").text


def test_viewing_shows_the_answer_and_pdf_is_one(world: World, desk: TestClient) -> None:
    viewing = world.in_work(person=4, form=Form.VIEWING)
    post(desk, f"/rights/{viewing}/answer")
    assert name_of(4) in desk.post(f"/rights/{viewing}/hand-out").text
    if Assets().built:
        paper = world.in_work(person=4, form=Form.PAPER)
        post(desk, f"/rights/{paper}/answer")
        assert desk.post(f"/rights/{paper}/hand-out").content.startswith(b"%PDF")


def test_others_see_nothing_of_a_desk(world: World) -> None:
    request = world.ask(person=2).id
    elsewhere = client_of(world.hub, ELSEWHERE)
    assert elsewhere.get(f"/rights/{request}").status_code == 404
    assert elsewhere.post(f"/rights/{request}/take").status_code == 404
    assert world.gate.numbers.of(INSURER, 2) not in elsewhere.get("/rights").text
    assert client_of(world.hub, world.gate.catalogue.actor("teller")).get("/rights").status_code == 403


def test_a_protector_sees_what_agents_ask_about_the_protected_and_agrees(world: World) -> None:
    world.gate.measures.set(GUARD, 1, "避難中")
    request = world.ask(person=1, requester=Requester.MANDATED_AGENT, agent="代理 人")
    guard = client_of(world.hub, GUARD)
    assert "代理 人" in guard.get("/rights").text
    assert guard.get(f"/rights/{request.id}").status_code == 403
    assert "You agreed" in post(guard, f"/rights/{request.id}/clear", reason="本人の希望")[1]
