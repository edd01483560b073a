"""The public notices: for everybody, as published, in both languages, as page, text and PDF."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from tests.gate.joint_use.group import PUBLISHER, SUBMITTER
from tests.web.browsing import CHROMIUM, DESK, PHONE
from tests.web.clients import client_of
from tests.web.hubs import make_hub
from tests.web.notices import ID, publish_notices
from umaya.gate.joint_use.notices import words_of
from umaya.hub import Hub
from umaya.ledger import load_vkey, verify_receipt
from umaya.types.errors import NotFoundError
from umaya.web.assets import Assets
from umaya.web.notice_pdf import notice_pdf
from umaya.web.pages.joint_use import FONTS

built = pytest.mark.skipif(not Assets().built, reason="the front end is not built: run `make frontend`")
DRAFT = "草案だけの目的"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("notices") / "hub")
    publish_notices(hub)
    yield hub
    hub.close()


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[Hub]:
    hub = make_hub(tmp_path / "hub")
    publish_notices(hub)
    yield hub
    hub.close()


def squeezed(words: str) -> str:
    """Return a text without any space: PDFs break lines anywhere."""
    return re.sub(r"\s", "", words)


def test_the_notices_are_one_click_from_the_first_page_that_anybody_sees(hub: Hub) -> None:
    client = client_of(hub)
    assert 'href="/joint-use"' in client.get("/sign-in").text
    page = client.get("/joint-use").text
    assert f'href="/joint-use/{ID}"' in page
    assert "In force" in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_shows_every_published_word_without_sign_in(hub: Hub, language: str) -> None:
    page = client_of(hub, language=language).get(f"/joint-use/{ID}").text
    words = hub.gate.joint_use.get(ID).versions[0].words[language]
    for heading, paragraphs in words.sections:
        for line in (heading, *paragraphs):
            assert line.replace("'", "&#39;") in page
    assert words.digest in page
    assert f'<html lang="{language}">' in page


def test_the_version_in_force_tells_of_the_one_to_come(hub: Hub) -> None:
    page = client_of(hub).get(f"/joint-use/{ID}").text
    assert "A new version holds from February 1, 2027" in page
    assert "Offers of services and surveys" in page, "what changed stands in the history"
    assert "This version is not in force today." not in page


def test_each_version_keeps_its_address_and_says_where_it_stands(hub: Hub) -> None:
    client = client_of(hub)
    assert "Offers of services</li>" in client.get(f"/joint-use/{ID}/1").text
    second = client.get(f"/joint-use/{ID}/2").text
    assert "Offers of services and surveys</li>" in second
    assert "This version is not in force today." in second


def test_what_changed_is_told_in_words(hub: Hub) -> None:
    page = client_of(hub).get(f"/joint-use/{ID}/2").text
    assert re.search(r"Removed:</strong> <del>Address: 2-2 Honmachi, Minase</del>", page)
    assert re.search(r"Added:</strong> <ins>Address: 5-1 Ekimae, Minase</ins>", page)


@pytest.mark.parametrize("form", ["", ".pdf", ".txt"])
@pytest.mark.parametrize("address", [f"{ID}/3", f"{ID}/9", f"{ID}/x", "nothing/1"])
def test_drafts_are_not_told_from_what_is_not_there(hub: Hub, address: str, form: str) -> None:
    answer = client_of(hub).get(f"/joint-use/{address}{form}")
    assert answer.status_code in {404, 422}
    assert DRAFT not in answer.text


def test_a_notice_that_is_a_draft_alone_is_not_listed(own_hub: Hub) -> None:
    document = json.loads(own_hub.gate.joint_use.get(ID).versions[0].document.canonical())
    own_hub.gate.joint_use.submit(
        SUBMITTER,
        json.dumps(document | {"notice": "secret-plan", "starts": "2027-01-01"}).replace('"2027-01-01"', "2027-01-01"),
        "x.yaml",
    )
    client = client_of(own_hub)
    assert "secret-plan" not in client.get("/joint-use").text + client.get("/api/v1/joint-use").text
    assert client.get("/joint-use/secret-plan").status_code == 404
    assert client.get("/api/v1/joint-use/secret-plan").status_code == 404


def test_what_is_published_for_a_later_day_waits_for_it(own_hub: Hub) -> None:
    own_hub.gate.joint_use.publish(PUBLISHER, ID, 3, date(2027, 1, 10))
    client = client_of(own_hub, language="ja")
    for path in (f"/joint-use/{ID}", f"/joint-use/{ID}/3", f"/api/v1/joint-use/{ID}/3/proof"):
        assert DRAFT not in client.get(path).text
    assert client.get(f"/joint-use/{ID}/3").status_code == 404
    assert client.get(f"/api/v1/joint-use/{ID}/3/proof").status_code == 404


def test_an_ended_notice_stays_readable(own_hub: Hub) -> None:
    own_hub.gate.joint_use.end(PUBLISHER, ID, date(2026, 12, 5))
    client = client_of(own_hub)
    assert "The last day of this joint use is December 5, 2026." in client.get(f"/joint-use/{ID}").text
    own_hub.clock.set(own_hub.clock.now().replace(day=7))  # type: ignore[attr-defined] # a manual clock
    page = client.get(f"/joint-use/{ID}")
    assert page.status_code == 200
    assert "Ended on December 5, 2026" in page.text
    assert client.get(f"/api/v1/joint-use/{ID}").json()["in_force"] is None


@pytest.mark.parametrize("language", ["ja", "en"])
def test_anybody_can_check_the_words_against_the_ledger(hub: Hub, language: str) -> None:
    """The digest of the text that is served stands in a recorded entry, and a receipt proves the entry."""
    client = client_of(hub)
    told = client.get(f"/joint-use/{ID}/1.txt?lang={language}").content
    proof = client.get(f"/api/v1/joint-use/{ID}/1/proof").json()
    verify_receipt(proof["receipt"], proof["entry"].encode(), load_vkey(hub.directory / "keys" / "ledger.vkey"))
    body = json.loads(proof["entry"])["body"]
    assert body[f"text_{language}"] == "sha256:" + hashlib.sha256(told).hexdigest()


@built
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pdf_holds_the_published_words_tagged_and_in_an_embedded_font(hub: Hub, language: str) -> None:
    answer = client_of(hub).get(f"/joint-use/{ID}.pdf?lang={language}")
    assert answer.headers["content-type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    told = squeezed("".join(page.extract_text() for page in reader.pages))
    words = hub.gate.joint_use.get(ID).versions[0].words[language]
    for heading, paragraphs in words.sections:
        for line in (heading, *paragraphs):
            assert squeezed(line) in told
    assert words.digest.removeprefix("sha256:") in told
    root = reader.trailer["/Root"].get_object()
    assert isinstance(root, DictionaryObject)
    assert str(root["/Lang"]).startswith(language)
    assert "/StructTreeRoot" in root, "tagged"
    assert reader.metadata is not None
    assert reader.metadata.title == words.sections[0][0]
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 11, 25), "the notice's day, not the machine's"
    resources = reader.pages[0]["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)
    assert all(re.fullmatch(r"/[A-Z]{6}[+]BIZUDPGothic-\w+", str(font["/BaseFont"])) for font in fonts_of(resources))


def fonts_of(resources: DictionaryObject) -> list[DictionaryObject]:
    """Return the fonts of a page."""
    fonts = resources["/Font"].get_object()
    assert isinstance(fonts, DictionaryObject)
    return [cast("DictionaryObject", font.get_object()) for font in fonts.values()]


@built
def test_the_pdf_has_the_same_bytes_each_time(hub: Hub) -> None:
    notice = hub.gate.joint_use.get(ID).versions[0]
    assert notice_pdf(notice, "ja", FONTS) == notice_pdf(notice, "ja", FONTS)
    assert notice_pdf(notice, "ja", FONTS) != notice_pdf(notice, "en", FONTS)


@built
def test_the_words_of_a_notice_are_no_markup(hub: Hub) -> None:
    """A title that looks like a program of the typesetter stands there as it is."""
    notice = hub.gate.joint_use.get(ID).versions[0]
    attack = '#read("/etc/passwd") $x$ *b* `c` <d>'
    title = notice.document.title.model_copy(update={"en": attack})
    document = notice.document.model_copy(update={"title": title})
    spoiled = replace(notice, document=document, words=words_of(document, date(2026, 11, 25)))
    pages = PdfReader(io.BytesIO(notice_pdf(spoiled, "en", FONTS))).pages
    assert squeezed(attack) in squeezed(pages[0].extract_text())


@built
def test_a_long_notice_goes_on_over_pages(hub: Hub) -> None:
    notice = hub.gate.joint_use.get(ID).versions[0]
    item = notice.document.items[0]
    items = [item.model_copy(update={"item": f"item-{n}"}) for n in range(90)]
    document = notice.document.model_copy(update={"items": items})
    long = replace(notice, document=document, words=words_of(document, date(2026, 11, 25)))
    pages = PdfReader(io.BytesIO(notice_pdf(long, "ja", FONTS))).pages
    assert len(pages) > 2
    assert f"{len(pages)} / {len(pages)}" in pages[-1].extract_text()


@built
def test_a_character_that_the_font_lacks_makes_no_false_pdf(hub: Hub) -> None:
    notice = hub.gate.joint_use.get(ID).versions[0]
    title = notice.document.title.model_copy(update={"ja": "共同利用 🐴"})
    document = notice.document.model_copy(update={"title": title})
    with pytest.raises(NotFoundError, match="lacks a character"):
        notice_pdf(replace(notice, words=words_of(document, date(2026, 11, 25))), "ja", FONTS)


def test_without_a_build_there_is_no_pdf_and_the_page_stands(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("umaya.web.pages.joint_use.FONTS", tmp_path / "none")
    client = client_of(hub)
    assert client.get(f"/joint-use/{ID}.pdf").status_code == 404
    assert client.get(f"/joint-use/{ID}").status_code == 200


@built
@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: the pages are not tried in a browser")
def test_the_page_in_a_browser_by_keyboard_on_desk_and_phone(address: str, browser: Browser) -> None:
    """Links take the focus in reading order, nothing sticks out sideways, no fault is logged."""
    for language, size in (("ja", DESK), ("en", PHONE)):
        page = browser.new_page(viewport={"width": size["width"], "height": size["height"]}, locale=language)
        faults = faults_of(page)
        page.goto(f"{address}/joint-use/{ID}/2")
        expect(page.locator("h1")).to_have_count(1)
        reached = links_by_tab(page)
        wanted = [f"/joint-use/{ID}/2.pdf?lang={language}", f"/joint-use/{ID}/1", "/joint-use"]
        places = [reached.index(link) for link in wanted[:2]]
        assert places == sorted(places)
        assert reached[-1] == wanted[-1], "the footer leads to the list"
        page.locator("summary").press("Enter")
        expect(page.locator("del").first).to_be_visible()
        assert page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
        assert faults == []
        page.close()


def faults_of(page: Page) -> list[str]:
    """Return the list that everything the page logs will be added to."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"{message.type} {message.text}"))
    return faults


def links_by_tab(page: Page) -> list[str]:
    """Return the links that the tab key reaches, in order."""
    reached: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement === document.body"):
            break
        reached.append(page.evaluate("() => document.activeElement.getAttribute('href') || ''"))
    return [link for link in reached if link]
