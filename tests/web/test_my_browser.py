"""A resident's pages in a real browser: on a phone in Japanese, on a desk in English, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.my_hub import ALSO, ON_THE_LIST, my_hub
from umaya.hub import Hub
from umaya.types.site import Resident

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with my_hub(tmp_path_factory.mktemp("my") / "hub") as (hub, _):
        yield hub


def fits(page: Page) -> bool:
    """Return whether nothing stands beyond the right edge, and whatever is tapped is large enough for a finger."""
    return bool(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth
            && [...document.querySelectorAll("main .button, .my-nav a, main summary")]
                 .filter((it) => it.checkVisibility()).every((it) => it.getBoundingClientRect().height >= 43.5)"""
        )
    )


@pytest.mark.parametrize(
    ("who", "language", "size", "scripts", "words"),
    [
        (ON_THE_LIST, "ja", PHONE, True, ("含まれています", "同意をやめました", "断っています")),
        (ALSO, "en", DESK, False, ("you are among", "Your consent is withdrawn", "You said no")),
    ],
)
def test_a_resident_sees_the_use_checks_it_and_withdraws_by_keyboard(
    visitor: Visitor,
    who: Resident,
    language: str,
    size: dict[str, int],
    scripts: bool,
    words: tuple[str, str, str],
    tmp_path: Path,
) -> None:
    page = visitor.open("/", who, language, size, scripts=scripts)
    assert page.url.endswith("/my")
    for path in ("/my/schemes", "/my/requests", "/my/check", "/my"):
        page.goto(visitor.address + path)
        if scripts:
            assert fits(page), path
    go(page.locator("article a").first)
    go(page.locator("form[action$='/check'] button"), "Enter")
    expect(page.get_by_role("status")).to_contain_text(words[0])
    with page.expect_download() as download:
        page.locator("a[href$='/receipt']").click()
    download.value.save_as(tmp_path / "receipt.json")
    page.goto(visitor.address + "/my/check")
    page.set_input_files("#receipt", tmp_path / "receipt.json")
    go(page.locator("main form button"))
    expect(page.locator(".my-steps__met")).to_have_count(5)
    page.goto(visitor.address + "/my/consents")
    go(page.locator("form[action$='/withdraw'] button"), "Enter")
    expect(page.get_by_role("status")).to_contain_text(words[1])
    expect(page.locator("main")).to_contain_text(words[2])
