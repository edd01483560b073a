"""The page of offices and its API: for whom it is, what it says, and in a browser the map."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.offices.hubs import OFFICER, make_valley
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor
from tests.web.clients import client_of
from umaya.hub import Hub
from umaya.sample import setup


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The valley: forty people at A, thirty at C, four at D; nobody was counted yet."""
    made = make_valley(tmp_path_factory.mktemp("offices") / "hub", A=40, C=30, D=4)
    yield made.hub
    made.hub.close()


def test_from_counting_to_an_answer(hub: Hub) -> None:
    client = client_of(hub, OFFICER)
    assert "First count the people" in client.get("/offices").text
    assert client.get("/api/v1/offices/access").status_code == 409
    counted = client.post("/offices/count", headers={"Origin": "http://testserver"})
    assert "People were counted again" in counted.text
    asked = client.get("/offices", params={"change": "middle"})
    assert "about 30" in asked.text
    told = client.get("/api/v1/offices/access", params={"change": "middle"}).json()
    assert (told["concerned"], told["people"], told["cells"]) == (30, 70, 2)
    assert {one["office_id"]: one["after"] for one in told["catchments"]} == {"east": 30, "middle": 0, "west": 40}
    drawn = client.get("/api/v1/offices/map", params={"change": "middle"}).json()["features"]
    states = {
        one["properties"]["office_id"]: one["properties"]["state"] for one in drawn if "state" in one["properties"]
    }
    assert states == {"east": "open", "middle": "closes", "west": "open"}
    cells = [one["properties"] for one in drawn if one["properties"]["layer"] == "cell"]
    assert sorted((one["people"], one["concerned"]) for one in cells) == [(30, True), (40, False)]


@pytest.mark.parametrize("wrong", [{"change": "north"}, {"service": "flying"}, {"pace": "fly"}, {"limit": "0"}])
def test_what_cannot_be_asked_is_said_on_the_page(hub: Hub, wrong: dict[str, str]) -> None:
    answer = client_of(hub, OFFICER).get("/offices", params=wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert client_of(hub, OFFICER).get("/api/v1/offices/access", params=wrong).status_code == 422


def test_the_list_for_programs(hub: Hub) -> None:
    offices = client_of(hub, OFFICER).get("/api/v1/offices").json()
    assert [one["office_id"] for one in offices] == ["east", "middle", "west"]
    assert offices[2]["services"] == ["kiosk", "mail"]


def test_others_have_no_link_and_no_page(hub: Hub) -> None:
    client = client_of(hub, setup.PEOPLE["post-carrier"])
    assert 'href="/offices"' not in client.get("/").text
    assert client.get("/offices").status_code == 403
    assert 'href="/offices"' in client_of(hub, OFFICER).get("/").text


@pytest.mark.parametrize(("language", "size"), [("ja", PHONE), ("en", DESK)], ids=["ja-phone", "en-desk"])
class TestInABrowser:
    """The map is drawn, nothing sticks out sideways, and the keyboard alone asks a question."""

    pytestmark = BROWSER_MARKS

    def test_the_map_is_drawn(self, hub: Hub, visitor: Visitor, language: str, size: dict[str, int]) -> None:
        if hub.offices.may_count(OFFICER):
            hub.offices.count_people(OFFICER)
        page = visitor.open("/offices", OFFICER, language, size)
        page.get_by_role("checkbox").first.focus()
        page.keyboard.press("Space")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("[data-drawn]")
        assert "change=east" in page.url
        assert page.locator("body").evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        assert visitor.faults == []
