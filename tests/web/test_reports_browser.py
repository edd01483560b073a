"""The carrier's page on a phone: the own position where it is allowed, no script where there is none; large targets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.services.reports.pictures import jpeg, street
from tests.services.reports.world import CARRIER, report_hub
from tests.web import town
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.hubs import OFFICER
from umaya.hub import Hub

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with report_hub(tmp_path_factory.mktemp("reports") / "hub") as made:
        yield made


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_carrier_reports_with_the_phones_position_and_an_officer_sees_it(
    visitor: Visitor, language: str, tmp_path: Path
) -> None:
    page = visitor.open("/report", CARRIER, language, PHONE)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": town.SOUTH, "longitude": town.WEST + 0.0002})
    page.locator("[data-locate]").click()
    expect(page.locator("[data-located]")).not_to_be_empty()
    expect(page.locator("[name=lon]")).not_to_have_value("")
    page.locator("label:has([value=pothole])").click()
    for target in page.locator(".report__kinds label, .report button:visible").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.screenshot(path=tmp_path / "form.png", full_page=True)
    go(page.locator(".report__send"))
    expect(page.locator(".report__say")).to_be_visible()
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    listed = visitor.open("/roads/reports", OFFICER, language, DESK)
    expect(listed.locator("tbody tr").first).to_be_visible()
    listed.screenshot(path=tmp_path / "list.png", full_page=True)


def test_without_scripts_a_road_is_chosen_by_its_name(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/report", CARRIER, "en", PHONE, scripts=False)
    page.locator("[value=ice]").check()
    page.locator("#road").fill("Ote")
    go(page.locator(".report__send"))
    expect(page.get_by_role("alert")).to_contain_text("Choose the road from the list")
    page.screenshot(path=tmp_path / "choose.png", full_page=True)
    page.locator("[name=segment]").first.check()
    go(page.locator(".report__send"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ice")
    visitor.faults = [fault for fault in visitor.faults if "422" not in fault]  # the browser tells of the first answer


def filled(visitor: Visitor) -> Page:
    """Open the form and fill it, but for the photo."""
    page = visitor.open("/report", CARRIER, "ja", PHONE)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": town.SOUTH, "longitude": town.WEST + 0.0002})
    page.locator("[data-locate]").click()
    expect(page.locator("[name=lon]")).not_to_have_value("")
    page.locator("label:has([value=pothole])").click()
    return page


def choose(page: Page) -> None:
    page.locator("#photo").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": jpeg(street())})


def test_what_is_painted_over_by_finger_is_not_kept(visitor: Visitor, tmp_path: Path) -> None:
    """A tap and a stroke are black in what the hub got; the last one was taken back, and is not."""
    page = filled(visitor)
    choose(page)
    canvas = page.locator("[data-paint] canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None

    def at(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.click(*at(0.1, 0.1))
    page.mouse.move(*at(0.3, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.6, 0.2), steps=4)
    page.mouse.up()
    page.mouse.click(*at(0.9, 0.1))
    page.locator("[data-undo]").click()
    page.screenshot(path=tmp_path / "paint.png", full_page=True)
    go(page.locator(".report__send"))
    expect(page.locator(".report__say")).to_be_visible()
    kept = page.context.request.get(f"{page.url}/photo.jpg").body()
    got = np.asarray(Image.open(io.BytesIO(kept)).convert("L"))
    assert got.shape == (600, 800)
    assert max(got[60, 80], got[120, 360]) < 30
    assert min(got[60, 720], got[400, 600]) > 60


def test_only_the_canvas_is_sent_however_early_and_however_often(visitor: Visitor) -> None:
    """Sent before the photo is open, and again with another photo by who came back to the page."""
    page = filled(visitor)

    def stay(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/report", stay)
    page.evaluate(
        """() => {
        window.sent = [];
        const open = createImageBitmap;
        window.createImageBitmap = async (...all) => (await new Promise((done) => setTimeout(done, 300)), open(...all));
        const form = document.querySelector("[data-report]");
        form.addEventListener("formdata", ({ formData }) => sent.push(formData.get("photo").name));
        }"""
    )
    for _ in range(2):
        choose(page)
        with page.expect_request(lambda asked: asked.method == "POST"):
            page.locator(".report__send").click()
    assert set(page.evaluate("sent")) == {"photo.jpg"}
