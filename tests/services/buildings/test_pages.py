"""The carrier's page and the steward's overview: without scripts, what was typed kept, conflicts told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.buildings.world import CARRIER, OTHER, SECOND, SHARED, STEWARD, check_hub, resolved
from tests.web.clients import TestClient, client_of
from umaya.hub import Hub
from umaya.services.buildings.check import Candidate, Drawing
from umaya.services.buildings.picture import picture


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with check_hub(tmp_path / "hub") as made:
        made.checks.add(STEWARD, resolved(tmp_path / "out").checks(), lambda _lon, _lat: "central")
        yield made


def address_of(hub: Hub) -> str:
    """Return the page of the letterbox that may be in either of two houses."""
    after = ""
    while True:
        after = hub.checks.next(CARRIER, after=after) or ""
        if hub.checks.show(CARRIER, after).letterbox == SHARED["id"]:
            return f"/checks/{after}"


def posted(client: TestClient, path: str, **fields: str | list[str]) -> tuple[int, str, str]:
    answer = client.post(path, data=fields, follow_redirects=False)
    return answer.status_code, answer.text, answer.headers.get("location", "")


def test_one_row_at_a_time_until_none_is_left(hub: Hub) -> None:
    carrier = client_of(hub, CARRIER)
    assert "Begin (3 to check)" in carrier.get("/checks").text
    seen, page = set(), carrier.get("/checks/next")
    for _ in range(3):
        assert page.status_code == 200
        revision = re.findall(r'name="revision" value="(\d+)"', page.text)[0]
        seen.add(page.url.path)
        page = carrier.post(f"{page.url.path}/answer", data={"revision": revision, "verdict": "none", "note": ""})
    assert len(seen) == 3
    assert "All of these are done." in page.text


def test_candidates_are_a_picture_and_a_list_and_the_address_stays_with_the_party(hub: Hub) -> None:
    path = address_of(hub)
    page = client_of(hub, CARRIER).get(path).text
    assert page.count('class="check-map__candidate"') == 2
    assert re.search(r"Building 1.*80 m²", page)
    assert "0001001" in page
    assert SHARED["id"] not in page
    other = client_of(hub, OTHER).get(path)
    assert other.status_code == 404
    assert "0001001" not in other.text


def test_an_answer_that_does_not_go_comes_back_with_what_was_chosen(hub: Hub) -> None:
    path, carrier = address_of(hub), client_of(hub, CARRIER)
    status, page, _ = posted(carrier, f"{path}/answer", revision="1", verdict="one", chosen=["1", "2"])
    assert status == 422
    assert 'role="alert"' in page
    assert 'href="#chosen"' in page
    assert page.count(" checked") == 3
    status, page, _ = posted(carrier, f"{path}/answer", revision="1", chosen=["1"])
    assert status == 422
    assert "Choose an answer." in page


def test_who_answers_too_late_is_told_and_changes_nothing(hub: Hub) -> None:
    path = address_of(hub)
    assert posted(client_of(hub, CARRIER), f"{path}/answer", revision="1", verdict="one", chosen="1")[0] == 303
    late = client_of(hub, SECOND)
    status, _, where = posted(late, f"{path}/answer", revision="1", verdict="one", chosen="2")
    assert status == 303
    page = late.get(where).text
    assert "Somebody else answered this meanwhile" in page
    assert "This building: 1" in page


def test_a_merge_waits_for_the_steward_who_sees_it_in_the_overview(hub: Hub) -> None:
    path, carrier, steward = address_of(hub), client_of(hub, CARRIER), client_of(hub, STEWARD)
    posted(carrier, f"{path}/answer", revision="1", verdict="merged", chosen=["1", "2"])
    assert "This waits for another person." in carrier.get(path).text
    assert posted(carrier, f"{path}/second", revision="2", agree="true")[0] == 403
    assert path in steward.get("/checks/overview").text
    assert posted(steward, f"{path}/second", revision="2", agree="true")[2] == "/checks/overview"
    overview = steward.get("/checks/overview").text
    assert path not in overview
    assert "central" in overview


def test_what_is_drawn_is_escaped_and_nothing_is_drawn_of_nothing() -> None:
    ring = ((0, 0), (100, 0), (100, 80), (0, 80))
    one = Candidate(1, "a<b", None, "<script>", 80.0, None, None, 139.75, 35.71, (ring,))
    drawn = picture(Drawing((one,), ((ring,),), (0, 0)), "<title>", "&")
    assert "<script" not in drawn
    assert "&lt;title&gt;" in drawn
    assert picture(Drawing((), ((ring,),), None), "t", "d") == ""
