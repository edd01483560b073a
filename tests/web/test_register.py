"""The register's pages: a draft is submitted by one, published by another in time, ended; who must do what is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.gate.joint_use.group import BANK_PUBLISHER, BOTH, NOTICE, PUBLISHER, SUBMITTER, changed, form_group
from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, OFFICER, make_hub
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.site import Actor

PAGE = "/register/minase-group"
STRANGER = Actor("shop-all", "店 一", "shop-minase", frozenset({"applicant", "approver"}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Hub]:
    """A hub with the group's people and datasets; nothing is submitted yet."""
    hub = make_hub(tmp_path / "hub")
    for key, kind in (("bank-minase", "bank"), ("shop-minase", "shop")):
        hub.gate.catalogue.add_party(Party(key, Words("会社", "Company"), kind))
    hub.gate.catalogue.add_actor(STRANGER)
    world: Any = SimpleNamespace(gate=hub.gate)
    form_group(world)
    yield hub
    hub.close()


def starting(hub: Hub, days: int, text: str = NOTICE) -> str:
    """Return the notice with its first day so many days from today."""
    day = day_in_japan(hub.clock.now()) + timedelta(days=days)
    return re.sub(r"starts: .*", f"starts: {day}", text)


def day(hub: Hub, days: int) -> str:
    """Return a day from today as a form sends it."""
    return str(day_in_japan(hub.clock.now()) + timedelta(days=days))


def forward(hub: Hub, days: int) -> None:
    """Let days pass."""
    hub.clock.set(hub.clock.now() + timedelta(days=days))  # type: ignore[attr-defined] # the test's own clock


def test_a_notice_goes_from_draft_to_its_end(desk: Hub) -> None:
    """Each page says what is next and by whom; nobody else is offered it; what is published is linked."""
    submitter, publisher = client_of(desk, SUBMITTER), client_of(desk, PUBLISHER)
    page = submitter.post("/register", data={"document": starting(desk, 20)}).text
    assert "Submitted. Somebody else" in page
    assert 'action="/register/minase-group/1/publish"' not in page
    waiting = publisher.get("/").text
    assert "Publish the draft - Joint use of customers" in waiting
    assert "Publish the draft" not in submitter.get("/").text
    page = publisher.get(PAGE).text
    assert "Your turn</span> Publish the draft" in page
    assert "/joint-use/minase-group" not in page, "a draft is nobody's business"
    page = publisher.post(f"{PAGE}/1/publish", data={"day": day(desk, 5), "note": "取締役会で決定"}).text
    assert "Published; it waits for its first day" in page
    forward(desk, 20)
    page = publisher.get(PAGE).text
    assert 'href="/joint-use/minase-group"' in page
    assert "Version 1 is in force" in page
    assert "Nothing is to be done now" in page
    page = publisher.post(f"{PAGE}/end", data={"day": day(desk, 3)}).text
    assert "The end is set." in page
    assert 'action="/register/minase-group/end"' not in page
    assert desk.gate.joint_use.get("minase-group").ended_on == day_in_japan(desk.clock.now()) + timedelta(days=3)


def test_what_is_offered_is_what_the_register_takes(desk: Hub) -> None:
    """Whoever submitted cannot publish, another party's approver neither; the forms say so and so does the register."""
    desk.gate.joint_use.submit(BOTH, starting(desk, 20), "notice.yaml")
    for actor, offered in ((PUBLISHER, True), (BOTH, False), (BANK_PUBLISHER, False), (SUBMITTER, False)):
        client = client_of(desk, actor)
        assert ('action="/register/minase-group/1/publish"' in client.get(PAGE).text) is offered, actor.id
        if not offered:
            assert client.post(f"{PAGE}/1/publish", data={"day": day(desk, 1)}).status_code == 403
    assert desk.gate.joint_use.get("minase-group").versions[0].published_on is None


@pytest.mark.parametrize(
    ("change", "last"),
    [("", 10), ("Management of risk", 9)],
    ids=["first-day", "a-changed-purpose-the-day-before"],
)
def test_a_change_is_published_by_its_day(desk: Hub, change: str, last: int) -> None:
    """A changed purpose before the first day, all else on it at the latest; afterwards it is submitted anew."""
    gate = desk.gate.joint_use
    gate.submit(SUBMITTER, starting(desk, 0), "notice.yaml")
    gate.publish(PUBLISHER, "minase-group", 1, day_in_japan(desk.clock.now()))
    text = (
        changed((change, "Careful management of risk"))
        if change
        else changed(("en: Offers of services", "en: Offers of services")).replace("1-1 Honmachi", "1-2 Honmachi")
    )
    gate.submit(SUBMITTER, starting(desk, 10, text), "notice.yaml")
    last_day = day_in_japan(desk.clock.now()) + timedelta(days=last)
    publisher = client_of(desk, PUBLISHER)
    assert f"until {last_day:%B} {last_day.day}, {last_day.year}" in publisher.get(PAGE).text
    forward(desk, last + 1)
    page = publisher.get(PAGE).text
    assert "It was not published in time" in page
    assert 'action="/register/minase-group/2/publish"' not in page
    assert "Submit it anew" in client_of(desk, SUBMITTER).get("/").text


def test_a_day_that_is_none_or_too_late_comes_back_beside_its_field(desk: Hub) -> None:
    desk.gate.joint_use.submit(SUBMITTER, starting(desk, 3), "notice.yaml")
    client = client_of(desk, PUBLISHER)
    for typed, told in (
        ("soon", "Write the day as 2027-03-31."),
        (day(desk, -1), "Choose today or a later day."),
        (day(desk, 4), "It would be too late on that day"),
    ):
        answer = client.post(f"{PAGE}/1/publish", data={"day": typed, "note": "メモ"})
        assert answer.status_code == 422
        assert told in answer.text
        assert 'href="#publish-day"' in answer.text
        assert f'value="{typed}" aria-invalid="true"' in answer.text
        assert "メモ</textarea>" in answer.text
    assert client.post(f"{PAGE}/1/publish", data={"day": day(desk, 1), "note": "x" * 4001}).status_code == 422
    assert client.post(f"{PAGE}/9/publish", data={"day": day(desk, 1)}).status_code == 404


def test_a_document_that_is_refused_comes_back_with_its_line(desk: Hub) -> None:
    """Here one of the six agreed points is missing, and a class that is never jointly used is named."""
    client = client_of(desk, SUBMITTER)
    for text, row in (
        (starting(desk, 20).replace("  breach: {ja: 是正と停止, en: Correction and suspension}\n", ""), "agreed"),
        (starting(desk, 20).replace("class: ordinary", "class: postal"), "items[0]"),
    ):
        answer = client.post("/register", data={"document": text})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert row in answer.text
        assert "Line " in answer.text
        assert "お客さまの個人データの共同利用について" in answer.text, "what was typed is still there"
    assert desk.gate.joint_use.list() == []


def test_a_next_version_starts_from_the_newest_and_a_first_one_from_a_form_of_words(desk: Hub) -> None:
    client = client_of(desk, SUBMITTER)
    fresh = client.get("/register/new").text
    assert "publisher: post-minase" in fresh
    assert client.post("/register", data={"document": ""}).status_code == 422
    client.post("/register", data={"document": starting(desk, 20)})
    text = client.get(f"{PAGE}/new").text
    document = text[text.index('aria-describedby="document-help">') :].split(">", 1)[1].split("</textarea>")[0]
    assert "notice: minase-group" in document
    answer = client.post("/register", data={"document": unescape(document)})
    assert answer.status_code == 409, "it says the same as the draft, so the text is a whole document"


def test_the_page_tells_of_the_six_points_and_the_schemes_that_rest_on_it(desk: Hub) -> None:
    desk.gate.joint_use.submit(SUBMITTER, starting(desk, 0), "notice.yaml")
    desk.gate.joint_use.publish(PUBLISHER, "minase-group", 1, day_in_japan(desk.clock.now()))
    scheme = (
        "scheme: shared\ntitle: {ja: 共同, en: Shared}\nprovider: post-minase\nrecipient: bank-minase\n"
        "dataset: post-customers\nfields: [name]\npurpose: {ja: 案内, en: Offers}\nbasis: joint-use\n"
        "notice: minase-group\nperiod: {from: 2026-04-01, to: 2027-03-31}\n"
    )
    desk.gate.schemes.submit(SUBMITTER, scheme, "shared.yaml")
    page = client_of(desk, BANK_PUBLISHER).get(PAGE).text
    assert page.count('<span class="badge badge--success">Done</span>') == 6
    assert 'href="/schemes/shared"' in page
    assert "22 open" in page, "sixteen answers and the six points of the scheme's own agreement"


def test_a_notice_of_other_parties_is_not_told_from_none(desk: Hub) -> None:
    desk.gate.joint_use.submit(SUBMITTER, starting(desk, 20), "notice.yaml")
    client = client_of(desk, STRANGER)
    assert "minase-group" not in client.get("/register").text
    for notice in ("minase-group", "no-such-notice"):
        assert client.get(f"/register/{notice}").status_code == 404
        assert client.get(f"/register/{notice}/new").status_code == 404
        assert client.post(f"/register/{notice}/1/publish", data={"day": day(desk, 1)}).status_code == 404
        assert client.post(f"/register/{notice}/end", data={"day": day(desk, 1)}).status_code == 404
    assert "minase-group" in client_of(desk, AUDITOR).get("/register").text
    assert client_of(desk, OFFICER).get("/register").status_code == 403
