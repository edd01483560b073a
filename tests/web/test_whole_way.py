"""The whole way in a real browser: an idea becomes a scheme in force, a list is made under it, and all of it is proved.

One story, told on a phone in Japanese and on a desk in English. Everybody finds what they need from the home page on,
by the words that stand there; nothing is done for them behind the pages.

bank-minase      owns the deposits of eight customers, takes consents, is consulted
insurer-minase   applies, is consulted, and makes the lists
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.gate.own_town import MY_PAGE
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from umaya.gate import Party, Words
from umaya.gate.people import Channel, Evidence
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.sample.bank import BANK, PEOPLE, TOPIC, furnish_bank
from umaya.sample.customers import DEPOSITS, Customers
from umaya.types.clock import ManualClock
from umaya.types.site import Actor, Resident
from umaya.web.languages import Catalogue, load_catalogue

pytestmark = BROWSER_MARKS

NOW: Final = datetime(2026, 6, 1, 1, tzinfo=UTC)  # ten in the morning in Japan
AUDITOR: Final = Actor("auditor", "監 四季", "audit-azuma", frozenset({"auditor"}))
NAMES: Final = ("一郎", "二葉", "三郎", "四季", "五月", "六花", "七海", "八重")
EARLIER: Final = (1, 3, 5)
"""Customers who consented before the story begins; `ASKED` is asked at the counter in the story."""
ASKED: Final = 2
MOST: Final = 5
STORY: Final = (
    "scheme.approved",
    "consent.looked-up",
    "consent.given",
    "use.released",
    "person.informed",
    "consent.withdrawn",
    "use.released",
)
TITLE: Final = {"ja": "満期の近い方への年金保険のご案内", "en": "Annuities for holders of maturing deposits"}
PURPOSE: Final = {"ja": "同意した方に年金保険を案内する", "en": "Offer annuities to those who consented"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The bank and the insurer on the day before anybody had the idea."""
    directory, clock = tmp_path_factory.mktemp("whole-way") / "hub", ManualClock(NOW)
    init_hub(directory, Settings("minase.example/whole-way", demo=True), clock)
    hub = open_hub(directory, clock, {})
    people = np.arange(len(NAMES), dtype=np.uint32)
    columns = [people, NAMES, ["旭町"] * 8, [100_000 * n for n in range(1, 9)], [date(2026, 7, n) for n in range(1, 9)]]
    nobody = people[:0]
    furnish_bank(hub, Customers(pa.table(columns, DEPOSITS), nobody, nobody, nobody))
    hub.gate.catalogue.add_party(Party("audit-azuma", Words("東監査事務所", "Azuma Audit Office"), "auditor"))
    for actor in (AUDITOR, MY_PAGE):
        hub.gate.catalogue.add_actor(actor)
    yield hub
    hub.close()


@dataclass(frozen=True)
class Way:
    """One telling of the story: in which language, on which screen, and where downloads are kept."""

    visitor: Visitor
    hub: Hub
    language: str
    size: dict[str, int]
    words: Catalogue
    kept: Path

    @property
    def scheme(self) -> str:
        return f"annuities-{self.language}"

    @property
    def title(self) -> str:
        """The title that this telling gives its scheme; another telling has another, in the same hub."""
        return f"{TITLE[self.language]} ({self.language})"

    def say(self, key: str, **values: object) -> str:
        """Return the words of the pages' language."""
        return self.words.gettext(key) % values if values else self.words.gettext(key)

    def home_of(self, who: Actor | Resident) -> Page:
        """Sign in as somebody; return their home page."""
        return self.visitor.open("/", who, self.language, self.size)

    def desk_of(self, who: Actor, link: str) -> Page:
        """Go from somebody's home page to a desk by its card."""
        page = self.home_of(who)
        follow(page, self.say(f"nav.{link}"))
        return page

    def case_of(self, who: Actor, need: str) -> Page:
        """Open what waits for somebody on their home page."""
        page = self.home_of(who)
        follow(page, f"{self.say(f'waiting.review.{need}')} - {self.title}")
        return page


def main(page: Page) -> Locator:
    """Return the page without its header and footer; nothing in it may stick out sideways."""
    found = page.get_by_role("main")
    assert found.evaluate("main => main.ownerDocument.documentElement.scrollWidth <= innerWidth"), page.url
    return found


def follow(page: Page, name: str) -> None:
    go(main(page).get_by_role("link", name=name).first)


def press(page: Page, name: str, within: Locator | None = None) -> None:
    go((within or main(page)).get_by_role("button", name=name).first)


def planner_turns_an_idea_into_a_scheme(way: Way) -> None:
    """From an empty form to a submitted scheme: the gate has nothing against it, and says whose turn it is."""
    say = way.say
    page = way.desk_of(PEOPLE["insurer-planner"], "apply")
    follow(page, say("apply.new"))
    press(page, say("apply.begin"))
    for field, words in (("title", TITLE), ("purpose", PURPOSE)):
        both = page.get_by_role("group", name=say(f"apply.field.{field}"), exact=True)
        both.get_by_label(say("apply.in-japanese")).fill(f"{words['ja']} ({way.language})")
        both.get_by_label(say("apply.in-english")).fill(f"{words['en']} ({way.language})")
    page.get_by_label(say("apply.field.scheme")).fill(way.scheme)
    press(page, say("apply.next"))
    page.get_by_label(say("apply.field.dataset")).select_option(label=say_words(way, "預金", "Deposits"))
    press(page, say("apply.show-fields"))
    for field in ("name", "balance", "matures"):
        page.get_by_role("checkbox", name=re.compile(rf"^{field}\b")).check()
    press(page, say("apply.next"))
    page.get_by_label(say("apply.field.recipient")).select_option(label=say_words(way, "水無瀬生命", "Minase Life"))
    page.get_by_label(say("apply.first-day")).fill("2026-06-01")
    page.get_by_label(say("apply.last-day")).fill("2027-03-31")
    press(page, say("apply.next"))
    page.get_by_role("radio", name=say_words(way, "クロスセルの同意", "Consent to cross-selling")).check()
    press(page, say("apply.show-needs"))
    page.get_by_label(say("apply.field.topic")).select_option(TOPIC)
    page.get_by_label(say("apply.field.business")).fill("insurance")
    press(page, say("apply.next"))
    press(page, say("apply.next"))
    answer_the_privacy_check(way, page)
    press(page, say("apply.next"))
    expect(main(page)).to_contain_text(say("apply.review-yes"))
    press(page, say("apply.submit"))
    expect(page.get_by_role("heading", level=1)).to_have_text(way.title)
    whose_turn_it_is(way, page, "privacy-check", "privacy-officer")


def say_words(way: Way, ja: str, en: str) -> str:
    """Return what the bank, not Umaya, calls something."""
    return ja if way.language == "ja" else en


def answer_the_privacy_check(way: Way, page: Page) -> None:
    for n in range(1, 17):
        problem = page.get_by_role("group", name=re.compile(rf"^{n}\. "))
        problem.get_by_label(way.say("apply.risk"), exact=True).select_option("low")
        measure = problem.get_by_role("group", name=way.say("apply.measure"), exact=True)
        measure.get_by_label(way.say("apply.in-japanese")).fill("同意した方だけ")
        measure.get_by_label(way.say("apply.in-english")).fill("Only who consented")


def whose_turn_it_is(way: Way, page: Page, need: str, role: str) -> None:
    """The page says what is to be done next and by whom."""
    box = (
        main(page)
        .get_by_role("region", name=way.say("next-step.title"))
        .filter(has_text=way.say(f"waiting.review.{need}"))
    )
    expect(box.first).to_contain_text(way.say(f"role.{role}"))


def privacy_officer_signs(way: Way) -> None:
    page = way.case_of(PEOPLE["bank-privacy"], "privacy-check")
    press(page, way.say("schemes.do.privacy-check"))
    expect(page.get_by_role("status")).to_be_visible()
    whose_turn_it_is(way, page, "verify", "verifier")


def second_line_verifies_with_a_condition(way: Way) -> None:
    """At most five people in one use: the condition stands with the scheme from now on."""
    page = way.case_of(PEOPLE["bank-legal"], "verify")
    form = page.get_by_role("form", name=way.say("schemes.do.verify"), exact=True)
    form.get_by_text(way.say("review.with-conditions")).click()
    form.get_by_label(way.say("condition.max-people-per-use")).fill(str(MOST))
    press(page, way.say("schemes.do.verify"), form)
    expect(main(page)).to_contain_text(way.say("condition.max-people-per-use"))
    whose_turn_it_is(way, page, "consent", "approver")


def consulted_bodies_consent(way: Way) -> None:
    for who in ("insurer-director", "bank-consent"):
        page = way.case_of(PEOPLE[who], "consent")
        press(page, way.say("schemes.do.consent"))
        expect(page.get_by_role("status")).to_be_visible()
    whose_turn_it_is(way, page, "approve", "approver")


def approver_approves(way: Way) -> None:
    page = way.case_of(PEOPLE["bank-director"], "approve")
    press(page, way.say("schemes.do.approve"), page.get_by_role("form", name=way.say("schemes.do.approve")))
    expect(main(page)).to_contain_text(way.say("schemes.state.approved"))
    expect(main(page)).to_contain_text(way.say("schemes.next.approved"))


def clerk_takes_and_looks_up_a_consent(way: Way) -> None:
    """No consent is on record; the clerk explains, the person writes their name; then it is in force."""
    say = way.say
    number = way.hub.gate.numbers.of(BANK, ASKED)
    page = way.desk_of(PEOPLE["bank-teller"], "counter")
    page.get_by_role("textbox", name=say("counter.number")).fill(number)
    press(page, say("counter.look-up"))
    expect(page.get_by_role("status")).not_to_contain_text(say("counter.state.active"))
    press(page, say("counter.take"))
    for explained in ("validity", "withdrawal"):
        page.get_by_label(say(f"counter.explained-{explained}")).check()
    page.get_by_label(say("counter.typed")).fill("水無 三郎")
    press(page, say("counter.confirm"))
    expect(page.get_by_role("status")).to_contain_text(say("counter.taken"))
    follow(page, say("counter.next-person"))
    page.get_by_role("textbox", name=say("counter.number")).fill(number)
    press(page, say("counter.look-up"))
    expect(page.get_by_role("status")).to_contain_text(say("counter.state.active"))


def officer_makes_a_list(way: Way, people: set[int]) -> None:
    """The counts are told before anything is recorded; the list has exactly those who consent now."""
    say = way.say
    page = way.desk_of(PEOPLE["insurer-seller"], "uses")
    expect(page.get_by_role("link", name=say("nav.roads"))).to_have_count(0)  # a map that is not for insurers
    follow(page, f"{say('uses.make')} {way.title}")
    page.get_by_label(say("uses.reason")).fill(say_words(way, "ご案内の準備", "Preparing the offers"))
    press(page, say("uses.decide"))
    expect(main(page)).to_contain_text(say("uses.now.nothing"))
    expect(main(page)).to_contain_text(say("uses.people", n=len(people)))
    page.get_by_label(say("uses.format"), exact=True).select_option("csv")
    with page.expect_download() as download:
        main(page).get_by_role("button", name=say("uses.release")).click()
    file = way.kept / "list.csv"
    download.value.save_as(file)
    expect(main(page)).to_contain_text(say("uses.rows-given", n=len(people)))
    with file.open(encoding="utf-8-sig", newline="") as rows:
        assert {row["name"] for row in csv.DictReader(rows)} == {NAMES[person] for person in people}


def resident_checks_the_receipt_and_withdraws(way: Way) -> None:
    """Who used it, why and on which basis; one press proves the receipt, one press ends the consent."""
    say = way.say
    page = way.home_of(Resident(ASKED))
    use = main(page).get_by_role("article").first
    expect(use).to_contain_text(PURPOSE[way.language])
    go(use.get_by_role("link"))
    press(page, say("my.receipt.check"))
    proof = page.get_by_role("status")
    expect(proof).to_contain_text(say("my.check.present"))
    expect(proof.get_by_role("listitem").filter(has_text=say("my.check.is.met"))).to_have_count(6)
    go(page.get_by_role("link", name=say("my.nav.consents")).first)
    press(page, say("my.withdraw.do"))
    expect(page.get_by_role("status")).to_contain_text(say("my.withdraw.done"))
    expect(page.get_by_role("status")).to_contain_text(way.title)


def auditor_follows_the_first_list(way: Way) -> None:
    """Search by scheme and kind, follow the use through every act of its review, and prove it from its archive."""
    say = way.say
    page = way.desk_of(AUDITOR, "audit")
    page.get_by_label(say("audit.scheme"), exact=True).select_option(label=way.title)
    page.get_by_label(say("audit.kind"), exact=True).select_option(label=say("kind.use.released"))
    press(page, say("audit.search"))
    go(main(page).get_by_role("link", name=say("audit.follow")).last)
    for who in ("insurer-planner", "bank-privacy", "bank-legal", "insurer-director", "bank-consent", "bank-director"):
        expect(main(page).get_by_role("listitem").filter(has_text=PEOPLE[who].name)).to_have_count(1)
    export(way, page, say("audit.export-use"), "use")
    prove(way.kept / "use")


def auditor_proves_all_of_it(way: Way) -> None:
    """Everything that was recorded, in one archive: each step of the story is in it, and a changed byte is found."""
    page = way.desk_of(AUDITOR, "audit")
    press(page, way.say("audit.search"))
    export(way, page, way.say("audit.export-search").split("%")[0], "all")
    folder = way.kept / "all"
    prove(folder)
    entries = [json.loads(file.read_bytes()) for file in sorted((folder / "entries").iterdir())]
    own = [entry["kind"] for entry in entries if entry["body"].get("scheme") == way.scheme]
    review = ["submitted", "privacy-checked", "verified", "consulted", "consulted", "approved"]
    assert sorted(kind for kind in own if kind.startswith("scheme.")) == sorted(f"scheme.{act}" for act in review)
    assert own.count("use.released") == 2
    told = iter([entry["kind"] for entry in entries])
    assert all(kind in told for kind in STORY)  # one after the other, as it happened
    spoiled = next((folder / "entries").iterdir())
    spoiled.write_bytes(spoiled.read_bytes().replace(b"2026", b"2025", 1))
    assert verified(folder).returncode != 0


def export(way: Way, page: Page, button: str, name: str) -> None:
    with page.expect_download() as download:
        main(page).get_by_role("button", name=button).click()
    download.value.save_as(way.kept / f"{name}.zip")
    with zipfile.ZipFile(way.kept / f"{name}.zip") as packed:
        packed.extractall(way.kept / name)


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the archive's own checker: Python alone, no package of this environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=folder, capture_output=True, text=True, check=False
    )


def prove(folder: Path) -> None:
    done = verified(folder)
    assert done.returncode == 0, done.stdout
    assert "PROVED" in done.stdout


@pytest.mark.parametrize(("language", "size"), [("ja", PHONE), ("en", DESK)], ids=["ja-phone", "en-desk"])
def test_from_idea_to_proof(hub: Hub, visitor: Visitor, language: str, size: dict[str, int], tmp_path: Path) -> None:
    for person in EARLIER:
        proof = Evidence(f"sha256:{person:064x}", f"form-{person}")
        hub.gate.consents.give(PEOPLE["bank-teller"], person, TOPIC, 1, Channel.COUNTER, proof)
    way = Way(visitor, hub, language, size, load_catalogue(language), tmp_path)
    planner_turns_an_idea_into_a_scheme(way)
    privacy_officer_signs(way)
    second_line_verifies_with_a_condition(way)
    consulted_bodies_consent(way)
    approver_approves(way)
    clerk_takes_and_looks_up_a_consent(way)
    officer_makes_a_list(way, {*EARLIER, ASKED})
    resident_checks_the_receipt_and_withdraws(way)
    officer_makes_a_list(way, set(EARLIER))
    auditor_follows_the_first_list(way)
    auditor_proves_all_of_it(way)
