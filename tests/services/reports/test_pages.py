"""The carrier's page and the officer's list: without scripts, with what was typed kept, faults beside the field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.reports.pictures import jpeg, street, with_plate
from tests.services.reports.world import CARRIER, OTHER, PLACE, report_hub
from tests.web.clients import TestClient, client_of
from tests.web.hubs import OFFICER
from umaya.hub import Hub
from umaya.ledger.entries import Entry
from umaya.services.reports.photos import MOST_BYTES
from umaya.services.reports.service import A_MINUTE


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with report_hub(tmp_path_factory.mktemp("reports") / "hub") as made:
        yield made


@pytest.fixture(scope="module")
def carrier(hub: Hub) -> TestClient:
    return client_of(hub, CARRIER)


def sent(client: TestClient, photo: bytes, fields: dict[str, str]) -> tuple[int, str, str]:
    """Send the form as a browser without scripts does; return status, text, and where it leads."""
    files = {"photo": ("photo.jpg", photo, "image/jpeg")}
    answer = client.post("/report", data=fields, files=files, follow_redirects=False)
    return answer.status_code, answer.text, answer.headers.get("location", "")


def test_a_report_with_a_photo_goes_from_the_phone_to_the_officer(hub: Hub, carrier: TestClient) -> None:
    status, _, address = sent(carrier, jpeg(with_plate(street(), (300, 380), 120)), {"kind": "pothole", **PLACE})
    assert status == 303
    page = carrier.get(address).text
    assert "Pothole" in page
    assert "1 places masked" in page
    assert carrier.get(f"{address}/photo.jpg").content[:2] == b"\xff\xd8"
    officer = client_of(hub, OFFICER)
    before = hub.ledger.size
    assert "Pothole" in officer.get("/roads/reports").text
    assert ">Pothole</a>" in officer.get("/roads/list", params={"status": "all", "name": "Ote"}).text
    (feature,) = officer.get("/api/v1/roads/reports").json()["features"]
    assert feature["properties"]["kind"] == "pothole"
    assert officer.get(f"/roads/reports/{feature['id']}/photo.jpg").status_code == 200
    recorded = [Entry.from_bytes(hub.ledger.entry_bytes(n)).kind for n in range(before, hub.ledger.size)]
    assert recorded == [*["road.reports-shown"] * 3, "road.report-photo-shown"]  # page, column, API; photo
    assert carrier.post(f"{address}/say", data={"word": "clear"}, follow_redirects=False).status_code == 303
    assert "Reported as over" in carrier.get(address).text
    assert officer.get("/api/v1/roads/reports").json()["features"] == []
    assert officer.get(f"/roads/reports/{feature['id']}/photo.jpg").status_code == 404


def test_who_has_what_is_told_is_told_nothing_and_nothing_is_recorded(hub: Hub, carrier: TestClient) -> None:
    """An open map asks often: its look counts when there is something to see that it has not."""
    officer, address = client_of(hub, OFFICER), "/api/v1/roads/reports"
    status, _, made = sent(carrier, b"", {"kind": "slide", **PLACE})
    assert status == 303
    first = officer.get(address)
    assert first.headers["cache-control"] == "private, no-store"
    size = hub.ledger.size
    again = officer.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, hub.ledger.size) == (304, b"", size)
    carrier.post(f"{made}/say", data={"word": "confirm"})
    news = officer.get(address, headers={"If-None-Match": first.headers["etag"]})
    (feature,) = news.json()["features"]
    assert (feature["properties"]["confirmations"], feature["properties"]["name_en"]) == (1, "Ote-dori")
    assert Entry.from_bytes(hub.ledger.entry_bytes(hub.ledger.size - 1)).kind == "road.reports-shown"
    carrier.post(f"{made}/say", data={"word": "clear"})
    assert officer.get(address, headers={"If-None-Match": news.headers["etag"]}).json()["features"] == []


def test_without_a_position_the_road_is_chosen_by_its_name(carrier: TestClient) -> None:
    status, page, _ = sent(carrier, b"", {"kind": "ice", "road": "Ote"})
    assert status == 422
    assert "Choose the road from the list" in page
    segment = page.split('name="segment" value="')[1].split('"')[0]
    assert 'value="Ote"' in page
    assert "checked" in page.split('value="ice"')[1][:20]  # what was chosen is still chosen
    status, _, address = sent(carrier, b"", {"kind": "ice", "road": "Ote", "segment": segment})
    assert status == 303
    assert "Ice" in carrier.get(address).text


@pytest.mark.parametrize(
    ("fields", "photo", "field"),
    [
        (PLACE, b"", "kind"),
        ({"kind": "ice"}, b"", "place"),
        ({"kind": "ice", "lon": "0", "lat": "0"}, b"", "place"),
        ({"kind": "ice", **PLACE}, b"no picture", "photo"),
    ],
)
def test_a_fault_stands_beside_its_field_and_on_top(
    carrier: TestClient, fields: dict[str, str], photo: bytes, field: str
) -> None:
    status, page, _ = sent(carrier, photo, fields)
    assert status == 422
    assert f'<a href="#{field}">' in page.split('role="alert"')[1]
    assert f'id="{field}-error"' in page


def test_a_form_that_is_too_large_is_refused_before_it_is_read_whole(carrier: TestClient) -> None:
    assert sent(carrier, b"0" * (MOST_BYTES + 40_000), {"kind": "ice", **PLACE})[0] == 413


def test_another_partys_report_is_answered_as_none(hub: Hub, carrier: TestClient) -> None:
    _, _, address = sent(carrier, b"", {"kind": "snow", **PLACE})
    other = client_of(hub, OTHER)
    assert other.get(address).status_code == other.get(f"{address}/photo.jpg").status_code == 404
    assert other.post(f"{address}/say", data={"word": "clear"}).status_code == 404
    assert address not in other.get("/report").text


def test_the_phones_position_may_be_asked_for_on_this_page_alone(carrier: TestClient) -> None:
    assert "geolocation=(self)" in carrier.get("/report").headers["permissions-policy"]
    assert "geolocation=()" in carrier.get("/").headers["permissions-policy"]


def test_a_carrier_who_reports_too_often_is_told_when_to_try_again(tmp_path: Path) -> None:
    with report_hub(tmp_path / "hub") as made:
        client = client_of(made, CARRIER)
        statuses = {sent(client, b"", {"kind": "ice", **PLACE})[0] for _ in range(A_MINUTE)}
        answer = client.post("/report", data={"kind": "ice", **PLACE}, files={"photo": ("", b"", "image/jpeg")})
    assert statuses == {303}
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_road_that_the_scheme_hides_is_not_told_to_officers(tmp_path: Path) -> None:
    with report_hub(tmp_path / "hub", hidden=True) as made:
        assert sent(client_of(made, CARRIER), b"", {"kind": "ice", **PLACE})[0] == 303
        officer = client_of(made, OFFICER)
        assert officer.get("/api/v1/roads/reports").json()["features"] == []
        assert "No report" in officer.get("/roads/reports").text
        assert ">Ice</a>" not in officer.get("/roads/list", params={"status": "all", "name": "Ote"}).text
