"""Breach pages: from suspicion to the final report, the list of people, and the page of protectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.gate.breach.leak import ASKER, AUDITOR, GUARD, OFFICER, TELL, approve_notice
from tests.gate.lists import ACTORS, BANK, NOW, Lists
from tests.web.clients import TestClient, client_of
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub of the small bank after two lists left; person 1 is under a protective measure since."""
    folder, clock = tmp_path_factory.mktemp("breach") / "hub", ManualClock(NOW)
    init_hub(folder, Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(folder, clock, {})
    world = Lists.of_gate(hub.gate, clock)
    world.furnish()
    for actor in (OFFICER, AUDITOR, ASKER):
        hub.gate.catalogue.add_actor(actor)
    world.approve()
    world.consent(0, 1, 2)
    clock.advance(timedelta(minutes=5))
    for people in ([0, 1], [1, 2]):
        hub.gate.open(world.use(people=people))
    approve_notice(world)
    hub.gate.measures.set(GUARD, 1, "申出")
    clock.advance(timedelta(minutes=5))
    yield hub
    hub.close()


def opened(desk: TestClient) -> str:
    """Open a case known at ten in the morning, and search the hour."""
    given = {"title": "名簿の紛失", "what": "鞄ごと", "known_at": "2026-06-01T10:00", "certain": "suspected"}
    place = str(desk.post("/breach", data=given, follow_redirects=False).headers["location"])
    desk.post(f"{place}/search", data={"start": "2026-06-01T09:00", "end": "2026-06-01T12:00"})
    return place


def test_a_case_from_suspicion_to_its_end(hub: Hub) -> None:
    """Each step is said to be next; counts, triggers, clocks and the bank's supervisor stand on the page."""
    desk = client_of(hub, OFFICER)
    place = opened(desk)
    page = desk.get(place).text
    assert "2 releases, 4 rows, 3 people" in page
    assert "Decide whether one of the four triggers is met" in page
    assert re.search(r'value="financial-loss" checked', page)
    assert "13-6-5-2" in page
    page = desk.post(f"{place}/assess", data={"trigger": ["financial-loss"], "words": "残高"}).text
    assert "Write the draft, report to the Personal Information Protection Commission" in page
    draft = desk.get(f"{place}/draft").text
    assert "balance: non-public financial information" in draft
    assert "3 people (4 rows)" in draft
    desk.post(f"{place}/draft", data={"outline": "概要です", "people": "3人"})
    assert desk.get(f"{place}/draft/1.pdf").content.startswith(b"%PDF")
    text = client_of(hub, AUDITOR, "ja").get(f"{place}/draft/1.txt").text
    assert "■ 概要\n概要です" in text
    for stage in ("preliminary", "final"):
        assert f"Send the {stage} report" in desk.get("/").text
        sent = {"stage": stage, "version": "1", "day": "2026-06-01", "reference": f"受付 {stage}"}
        assert f"受付 {stage}" in desk.post(f"{place}/report", data=sent).text
    assert "Told so far: 2 people" in desk.post(f"{place}/notified", data={"people": "2", "means": "書面"}).text
    assert "It is closed." in desk.post(f"{place}/close", data={"note": "終わり"}).text


def test_people_are_listed_and_the_protected_reach_their_protector_alone(hub: Hub) -> None:
    """Two of three stand in the list; the third stands on the protector's page, and nowhere else."""
    desk, guard = client_of(hub, OFFICER), client_of(hub, GUARD)
    place = opened(desk)
    numbers = [hub.gate.numbers.of(BANK, person) for person in range(3)]
    listed = desk.post(f"{place}/people", data={"scheme": TELL, "kind": "numbers"}).text
    assert numbers[0] in listed
    assert numbers[2] in listed
    assert numbers[1] not in listed
    assert numbers[1] not in desk.get(place).text
    assert numbers[1] in guard.get("/breach/protected").text
    assert desk.get("/breach/protected").status_code == 403
    assert "They were told." in guard.post(f"{place}/told-safely").text
    contacts = desk.post(f"{place}/people", data={"scheme": TELL, "kind": "contacts"}).text
    assert contacts.splitlines()[0] == '\ufeff"town"'


def test_what_is_wrong_is_said_beside_it_and_what_was_typed_comes_back(hub: Hub) -> None:
    desk = client_of(hub, OFFICER)
    page = desk.post("/breach", data={"title": "", "what": "鞄ごと", "known_at": "2026-06-01T10:00"})
    assert (page.status_code, 'href="#title"' in page.text, "鞄ごと" in page.text) == (422, True, True)
    place = opened(desk)
    for act, data in (
        ("search", {"start": "x", "end": "2026-06-01T12:00"}),
        ("assess", {"words": " "}),
        ("notified", {"people": "many", "means": "書面"}),
        ("people", {"scheme": "insurance-offer"}),
    ):
        assert desk.post(f"{place}/{act}", data=data).status_code == 422


def test_strangers_see_nothing_and_auditors_only_read(hub: Hub) -> None:
    place = opened(client_of(hub, OFFICER))
    reader = client_of(hub, AUDITOR)
    assert "Record the decision" not in reader.get(place).text
    assert reader.post(f"{place}/assess", data={"words": "x"}).status_code == 403
    assert client_of(hub, ACTORS["seller"]).get(place).status_code == 403
    assert client_of(hub, ACTORS["second-line"]).get(place).status_code == 200


def test_the_words_of_the_pages_are_in_both_languages(hub: Hub) -> None:
    place = opened(client_of(hub, OFFICER))
    assert "四つの要件" in client_of(hub, OFFICER, "ja").get(place).text
    assert "The four triggers" in client_of(hub, OFFICER, "en").get(place).text
