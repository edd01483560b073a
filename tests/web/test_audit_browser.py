"""In a real browser: an officer makes a list, an auditor finds it, follows it, verifies, exports and proves it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Page, expect

from tests.gate.lists import ACTORS, SCHEME, Lists
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.hubs import AUDITOR, make_hub
from umaya.hub import Hub
from umaya.types.clock import ManualClock

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The demo hub with the bank's list: three customers have consented."""
    hub = make_hub(tmp_path_factory.mktemp("desks") / "hub")
    lists = Lists.of_gate(hub.gate, cast("ManualClock", hub.clock))
    lists.furnish()
    lists.approve()
    lists.consent(1, 2, 3)
    yield hub
    hub.close()


def no_overflow(page: Page) -> None:
    """The page is not wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def make_list(page: Page, tmp_path: Path) -> list[str]:
    """Make a list of everybody who consented; return its lines."""
    go(page.get_by_role("link", name="Make a use"))
    page.get_by_label("Reason for this use").fill("満期の案内の準備")
    no_overflow(page)
    go(page.get_by_role("button", name="What would be decided now"))
    expect(page.locator("#decision")).to_contain_text("Nothing was released, and nothing was recorded.")
    expect(page.get_by_label("Reason for this use")).to_have_value("満期の案内の準備")
    page.get_by_label("Format of the file").select_option("csv")
    with page.expect_download() as download:
        page.get_by_role("button", name="Record and release").click()
    file = tmp_path / "list.csv"
    download.value.save_as(file)
    expect(page.locator("#progress")).to_contain_text("rows were given")
    return file.read_text("utf-8").splitlines()


def test_a_list_is_made_followed_and_proved(visitor: Visitor, hub: Hub, tmp_path: Path) -> None:
    page = visitor.open("/uses", ACTORS["seller"], "en", DESK)
    assert len(make_list(page, tmp_path)) == 4
    go(page.locator("#progress").get_by_role("link", name="See the use"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("A use")

    page = visitor.open("/audit", AUDITOR, "en", DESK)
    page.get_by_label("Scheme").select_option(SCHEME)
    page.get_by_label("Kind").select_option("use.released")
    go(page.get_by_role("button", name="Search"))
    go(page.get_by_role("link", name="Follow the use").first)
    steps = page.locator("ol.steps li")
    expect(steps.first).to_contain_text("entry")
    expect(steps.last).to_contain_text("Receipt")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export evidence of this use").click()
    archive, folder = tmp_path / "evidence.zip", tmp_path / "evidence"
    download.value.save_as(archive)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    done = subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" ok ") == 9

    page.goto(visitor.address + "/ledger")
    page.get_by_role("button", name="Verify").first.click()
    expect(page.locator("#verify-result")).to_contain_text("The ledger is whole")


@pytest.mark.parametrize(("language", "size"), [("ja", PHONE), ("ja", DESK), ("en", PHONE)])
def test_the_pages_fit_the_screen(visitor: Visitor, hub: Hub, language: str, size: dict[str, int]) -> None:
    hub.ledger.entry(0)
    page = visitor.open("/uses", ACTORS["seller"], language, size)
    no_overflow(page)
    page.goto(f"{visitor.address}/uses/new?scheme={SCHEME}")
    no_overflow(page)
    page = visitor.open("/audit", AUDITOR, language, size)
    no_overflow(page)
    for path in ("/audit/search?kind=scheme.approved", "/audit/entries/5", "/ledger"):
        page.goto(visitor.address + path)
        no_overflow(page)
