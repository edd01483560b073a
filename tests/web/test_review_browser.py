"""The review desk, the register and the figures in a real browser: both languages, both sizes, keyboard, no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.gate.joint_use.group import NOTICE, PUBLISHER, SUBMITTER, form_group
from tests.gate.review_world import CUSTOMERS, ID, answered
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.hubs import APPLICANT, AUDITOR, NOW, OFFICER, VERIFIER
from tests.web.reviews import PROTECTION, review_hub
from umaya.gate import Use, Words
from umaya.gate.people import Side, Topic
from umaya.hub import Hub
from umaya.law import ConsentTier, day_in_japan
from umaya.types.classes import SecrecyClass
from umaya.types.site import Actor

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with a scheme that waits for the second line, a draft of a notice, and some refused uses."""
    hub = review_hub(tmp_path_factory.mktemp("browser") / "hub")
    high = answered(surveillance="risk: high, measure: {ja: 集計のみ, en: Counts only}, residual: low")
    hub.gate.schemes.submit(APPLICANT, CUSTOMERS + high, "customers.yaml")
    hub.gate.review.sign_privacy(PROTECTION, ID)
    world: Any = SimpleNamespace(gate=hub.gate)
    form_group(world)
    starts = day_in_japan(hub.clock.now()) + timedelta(days=20)
    hub.gate.joint_use.submit(SUBMITTER, NOTICE.replace("2026-04-10", str(starts)), "notice.yaml")
    window = (NOW - timedelta(minutes=20), NOW - timedelta(minutes=10))
    for _ in range(3):
        hub.gate.open(Use(OFFICER, "minase-passable-roads", "look", window, event=None))
    hub.gate.open(Use(OFFICER, "minase-drill", "look", window, event=None))
    _topic(hub, tmp_path_factory.mktemp("campaign") / "people.parquet")
    yield hub
    hub.close()


def _topic(hub: Hub, file: Path) -> None:
    """Let a hundred people consent to a topic in a campaign."""
    clerk = Actor("window", "窓口", "post-minase", frozenset({"clerk"}))
    hub.gate.catalogue.add_actor(clerk)
    ends = Side("post-minase", "parcels"), Side("bank-minase", "banking")
    words = Words("荷物の情報のご案内への利用", "Parcels' data for offers")
    kinds = (SecrecyClass.ORDINARY,)
    hub.gate.topics.add(PROTECTION, Topic("parcels-to-bank", words, ConsentTier.STATED_PERIOD, *ends, kinds, words))
    hub.gate.topics.add_text(PROTECTION, "parcels-to-bank", words, words, valid_days=365)
    pq.write_table(pa.table({"person": pa.array(range(100), pa.uint32())}), file)
    hub.gate.consents.campaign(clerk, "parcels-to-bank", 1, file)


def check_page(page: Page, language: str) -> None:
    """Nothing sticks out sideways, one heading of the first order, ids once, every control named and large enough."""
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    assert page.locator("h1").count() == 1
    faults = page.evaluate(
        """() => {
          const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
          const repeated = ids.filter((id, i) => ids.indexOf(id) !== i);
          const lost = [...document.querySelectorAll("[aria-labelledby], [aria-describedby]")].flatMap((e) =>
            `${e.getAttribute("aria-labelledby") || ""} ${e.getAttribute("aria-describedby") || ""}`.trim().split(/ +/)
            .filter((id) => !document.getElementById(id)));
          const nameless = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea")]
            .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML);
          const small = [...document.querySelectorAll("button, .button, summary, input[type=date], input[type=text]")]
            .filter((e) => e.offsetParent && e.offsetHeight < 44).map((e) => e.outerHTML.slice(0, 99));
          return [...repeated, ...lost, ...nameless, ...small];
        }"""
    )
    assert faults == []
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map((e) => +e.tagName[1])")
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


PATHS: list[tuple[str, Actor]] = [
    ("/", VERIFIER),
    ("/review", VERIFIER),
    (f"/review/{ID}/2", VERIFIER),
    (f"/schemes/{ID}", VERIFIER),
    ("/register", PUBLISHER),
    ("/register/minase-group", PUBLISHER),
    ("/register/new", SUBMITTER),
    ("/figures", AUDITOR),
]


@pytest.mark.parametrize(("language", "size"), [("ja", DESK), ("en", PHONE)], ids=["ja-desk", "en-phone"])
def test_every_page_is_whole(visitor: Visitor, language: str, size: dict[str, int]) -> None:
    for path, actor in PATHS:
        page = visitor.open(path, actor, language, size)
        check_page(page, language)
        page.context.close()


def test_a_version_is_judged_by_keyboard_and_without_scripts(visitor: Visitor) -> None:
    """A condition out of range comes back beside its field, is mended, and stands with the version."""
    page = visitor.open(f"/review/{ID}/2", VERIFIER, "en", PHONE, scripts=False)
    page.get_by_role("link", name="Go to the decision").press("Enter")
    form = page.locator("form[action$='/verify']")
    form.locator("summary").press("Enter")
    form.get_by_label("Most people in one use").fill("none")
    go(form.locator("button"), "Enter")
    limit = page.locator("#verify-max-people-per-use")
    expect(page.get_by_role("alert")).to_contain_text("1 things to mend")
    expect(limit).to_have_attribute("aria-invalid", "true")
    expect(limit).to_have_value("none")
    limit.fill("500")
    go(page.locator("form[action$='/verify'] button"), "Enter")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("main")).to_contain_text("500 people")
    visitor.faults[:] = [fault for fault in visitor.faults if "422" not in fault]  # the browser logs every such answer
