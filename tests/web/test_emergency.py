"""Break-glass pages: asked on one page, refused with what was typed, opened, taken, ended, reviewed, and seen."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from tests.gate.collected import tell
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.clients import client_of
from tests.web.hubs import APPLICANT, APPROVER, AUDITOR, NOW, VERIFIER
from umaya.hub import Hub
from umaya.types.schemas import POSITIONS
from umaya.types.site import Actor

RESPONDER = Actor("minase-responder", "救 五郎", "city-minase", frozenset({"responder"}))
PHONES = Actor("post-phones", "端末", "post-minase", frozenset({"operator", "program"}))
PLAN = """\
scheme: bikes-emergency
title: {ja: 緊急時計画, en: Emergency plan}
provider: post-minase
recipient: city-minase
dataset: bike-positions
fields: [vehicle_id, t, lon, lat]
purpose: {ja: 人の命を救う, en: Save lives}
basis: postal-exception-2
area: {bbox: [136.0, 36.0, 138.0, 37.0]}
period: {from: 2026-04-01, to: 2027-10-31}
obligations: []
emergency: {hours: 24, area_km2: 500, call: {ja: 当直, en: Duty desk}}
"""
FORM = {
    "plan": "bikes-emergency",
    "event": "minase-earthquake",
    "fields": ["vehicle_id", "t", "lon", "lat"],
    "where": "around",
    "point": "36.25, 136.85",
    "radius": "5",
    "hours": "6",
    **dict.fromkeys(("why", "danger", "why_raw", "why_fields", "harm"), "連絡のない配達員を探す"),
}


def furnish(hub: Hub) -> Hub:
    """Add the plan in force, the responder, and one position within the disaster."""
    for actor in (RESPONDER, PHONES):
        hub.gate.catalogue.add_actor(actor)
    hub.gate.schemes.submit(APPLICANT, PLAN, "plan.yaml")
    hub.gate.review.verify(VERIFIER, "bikes-emergency")
    hub.gate.review.approve(APPROVER, "bikes-emergency")
    rows = {"vehicle_id": ["b1"], "t": [NOW - timedelta(minutes=1)], "lon": [136.85], "lat": [36.25]}
    table = pa.table({name: pa.array(rows.get(name, [None]), POSITIONS.field(name).type) for name in POSITIONS.names})
    tell(hub.gate, hub.clock, "bike-positions")
    hub.gate.intake.take(PHONES, "bike-positions", table, "one.parquet", 1)
    return hub


def test_an_emergency_from_the_form_to_the_review(fresh_hub: Hub) -> None:
    """Opened and taken as GeoJSON and CSV, acknowledged, ended, reviewed by the second line; the next is open again."""
    asker, reviewer = client_of(furnish(fresh_hub), RESPONDER), client_of(fresh_hub, VERIFIER)
    opened = asker.post("/emergency", data=FORM, follow_redirects=False)
    assert opened.status_code == 303
    place = opened.headers["location"]
    geo = json.loads(asker.post(f"{place}/data", data={"kind": "geojson", "since": "all"}).content)
    assert [one["geometry"]["coordinates"] for one in geo["features"]] == [[136.85, 36.25]]
    assert "b1" in asker.post(f"{place}/data", data={"kind": "csv", "since": "1h"}).text
    stream = pa.ipc.open_stream(asker.post(f"{place}/data", data={"kind": "arrows"}).content).read_all()
    assert stream.num_rows == 1
    assert "3 rows so far" in asker.get(place).text
    assert "You were warned of this" in reviewer.get(place).text
    assert "Acknowledge that it was opened" in reviewer.get("/").text
    reviewer.post(f"{place}/seen")
    assert asker.post(f"{place}/end", data={"note": " "}).status_code == 422
    assert "It is over" in asker.post(f"{place}/end", data={"note": "見つかった"}).text
    assert "You cannot open another yet" in asker.get("/emergency").text
    bare = reviewer.post(f"{place}/review", data={"looked": "記録を見た"})
    assert (bare.status_code, "記録を見た" in bare.text) == (422, True)
    words = {"finding": "justified", "looked": "記録を見た", "measures": "なし"}
    assert "It was reviewed" in reviewer.post(f"{place}/review", data=words).text
    assert "Open now" in asker.get("/emergency").text
    assert "Justified" in client_of(fresh_hub, AUDITOR).get(place).text


def test_what_is_missing_is_said_beside_it_and_what_was_typed_comes_back(fresh_hub: Hub) -> None:
    asker = client_of(furnish(fresh_hub), RESPONDER)
    page = asker.post("/emergency", data={**FORM, "harm": "", "point": "somewhere"})
    assert page.status_code == 422
    assert 'href="#harm"' in page.text
    assert re.search(r'id="point"[^>]*aria-invalid="true"', page.text)
    assert "連絡のない配達員を探す" in page.text
    assert fresh_hub.gate.emergency.list(RESPONDER) == []


def test_a_refusal_is_told_with_who_can_be_called(fresh_hub: Hub) -> None:
    """The whole of a larger area than the plan's: refused, with the words typed and the people to call."""
    asker = client_of(furnish(fresh_hub), RESPONDER)
    page = asker.post("/emergency", data={**FORM, "point": "36.9, 137.9"})
    assert page.status_code == 403
    assert "It was not opened" in page.text
    assert VERIFIER.name in page.text
    assert "連絡のない配達員を探す" in page.text


def test_others_have_no_form_and_no_data(fresh_hub: Hub) -> None:
    furnish(fresh_hub)
    assert client_of(fresh_hub, APPLICANT).get("/emergency").status_code == 403
    assert client_of(fresh_hub, VERIFIER).post("/emergency", data=FORM).status_code == 403
    assert "Open now" not in client_of(fresh_hub, VERIFIER).get("/emergency").text
    assert client_of(fresh_hub, AUDITOR).get("/emergency/none").status_code == 404


class TestInABrowser:
    pytestmark = BROWSER_MARKS

    @pytest.mark.parametrize(("size", "language"), [(PHONE, "ja"), (DESK, "en")], ids=["phone", "desk"])
    def test_the_form_fits_and_opens(self, hub: Hub, visitor: Visitor, size: dict[str, int], language: str) -> None:
        """No sideways scrolling, targets of 44 pixels; on the phone it is filled and opened."""
        if size is PHONE:
            furnish(hub)
        page = visitor.open("/emergency", RESPONDER, language, size)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        for name in ("why", "danger", "why_raw", "why_fields", "harm"):
            if size is PHONE:
                page.fill(f"#{name}", "配達員を探す")
        if size is PHONE:
            box = page.locator(".button--big").bounding_box()
            assert box is not None
            assert box["height"] >= 44
            go(page.locator(".button--big"))
            expect(page.locator("h1")).to_have_text("緊急時の開示")
            expect(page.locator("main")).to_contain_text("自動で終わる時刻")
