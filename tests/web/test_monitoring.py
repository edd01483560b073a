"""Monitoring pages: one case through the three lines, the settings, the month's report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gate.lists import ACTORS, BANK, NOW, TOPIC, Lists
from tests.web.clients import client_of
from umaya.gate.people.look_ups import Way
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

AUDITOR = Actor("audit", "監査", "shop-minase", frozenset({"auditor"}))
SECOND, STEWARD, TELLER = ACTORS["second-line"], ACTORS["steward"], ACTORS["teller"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub of the small bank in which the teller looked up a relative."""
    folder, clock = tmp_path_factory.mktemp("monitoring") / "hub", ManualClock(NOW)
    init_hub(folder, Settings("minase.example/umaya", demo=True), clock)
    hub = open_hub(folder, clock, {})
    Lists.of_gate(hub.gate, clock).furnish()
    hub.gate.catalogue.add_actor(AUDITOR)
    teller, number = client_of(hub, TELLER), hub.gate.numbers.of(BANK, 6)
    assert (
        teller.post("/monitoring/settings/restrict", data={"number": number, "relation": "family"}).status_code == 200
    )
    hub.gate.consents.look_up(TELLER, 6, TOPIC, Way.PAGE)
    yield hub
    hub.close()


def test_a_case_goes_through_the_three_lines(hub: Hub) -> None:
    """Each page says whose turn it is; the person is told as a number only when asked for."""
    first, second, third = (client_of(hub, actor) for actor in (STEWARD, SECOND, AUDITOR))
    (case,) = hub.gate.monitoring.casework.cases(SECOND)
    place, number = f"/monitoring/{case.id}", hub.gate.numbers.of(BANK, 6)
    desk = first.get("/monitoring").text
    assert place in desk
    assert "State what happened" in desk
    page = second.get(place).text
    assert number not in page
    assert "One person (the number is not shown)" in page
    assert number in second.post(f"{place}/person").text
    assert "Family" in page
    wrong = first.post(f"{place}/state", data={"words": " "})
    assert wrong.status_code == 422
    assert 'aria-describedby="state-fault"' in wrong.text
    first.post(f"{place}/state", data={"words": "母の依頼で確かめた"})
    second.post(f"{place}/begin")
    wrong = second.post(f"{place}/close", data={"result": "corrected", "words": ""})
    assert wrong.status_code == 422
    closed = second.post(f"{place}/close", data={"result": "corrected", "words": "指導した"}).text
    assert "Corrected" in closed
    assert f"/breach?alarm={case.id}" in closed
    sampled = third.get("/monitoring").text
    assert "Look at the sample" in sampled
    assert "Opened again" in third.post(f"{place}/reopen", data={"words": "もう一度"}).text
    assert client_of(hub, TELLER).get(place).status_code == 403
    assert third.post(f"{place}/person").status_code == 403


def test_settings_say_what_is_wrong_beside_the_field(hub: Hub) -> None:
    clerk, steward = client_of(hub, TELLER), client_of(hub, STEWARD)
    wrong = clerk.post("/monitoring/settings/restrict", data={"number": "AAAAA-AAAAA", "relation": "self"})
    assert wrong.status_code == 422
    assert 'value="AAAAA-AAAAA"' in wrong.text
    campaign = {"title": "感謝デー", "starts": "2026-06-10", "ends": "2026-06-09"}
    assert 'id="ends-fault"' in steward.post("/monitoring/settings/campaign", data=campaign).text
    assert "感謝デー" in steward.post("/monitoring/settings/campaign", data=campaign | {"ends": "2026-06-10"}).text
    place = {"who": "teller", "office": "Main", "opens": "09:00", "closes": "17:00"}
    assert 'id="place-fault"' in steward.post("/monitoring/settings/workplace", data=place).text
    assert steward.post("/monitoring/settings/workplace", data=place | {"office": "main"}).status_code == 200
    assert clerk.post("/monitoring/settings/campaign", data=campaign).status_code == 403
    assert "感謝デー" not in clerk.get("/monitoring/settings").text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_report_is_a_page_a_pdf_and_json(hub: Hub, language: str) -> None:
    second, auditor = client_of(hub, SECOND), client_of(hub, AUDITOR)
    page = second.get(f"/monitoring/reports/2026-06?lang={language}")
    assert {"ja": "種類別の警報", "en": "Alarms by kind"}[language] in page.text
    told = second.get("/monitoring/reports/2026-06.json").json()
    assert [one["report"]["party"] for one in told] == [BANK]
    assert told[0]["report"]["this"]["alarms"]["kinds"] == {"restricted": 1}
    assert len(auditor.get("/monitoring/reports/2026-06.json").json()) == 3
    pdf = second.get("/monitoring/reports/2026-06.pdf")
    assert pdf.content.startswith(b"%PDF-")
    for gone in ("2026-05", "2026-13", "202-1"):
        assert second.get(f"/monitoring/reports/{gone}").status_code in {404, 422}
    assert client_of(hub, TELLER).get("/monitoring/reports").status_code == 403


def test_what_waits_is_told_on_the_home_page(hub: Hub) -> None:
    """After the third line opened it again it is its owner's turn: the first line has spoken."""
    (case,) = hub.gate.monitoring.casework.cases(SECOND)
    assert f"/monitoring/{case.id}" in client_of(hub, SECOND).get("/").text
    assert f"/monitoring/{case.id}" not in client_of(hub, STEWARD).get("/").text
