"""Datasets in a real browser: an operator hands a file in on a phone, an auditor follows it on a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.gate.lists import NOW
from tests.web.browsing import BROWSER_MARKS, DESK, PHONE, Visitor, go
from tests.web.test_datasets import HEAD, KEEPER, WATCHER, furnished
from umaya.hub import Hub
from umaya.types.clock import ManualClock

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The bank with an approved scheme, and people who take data in."""
    yield from furnished(tmp_path_factory.mktemp("browser"), ManualClock(NOW))


def test_good_rows_of_a_file_are_taken_and_followed_to_the_ledger(visitor: Visitor, tmp_path: Path) -> None:
    """In Japanese without scripts on a phone, then in English; nothing is wider than the screen."""
    file = tmp_path / "新規口座.csv"
    file.write_text(HEAD + "1000,5,,\nx,6,,\n,7,,\n", "utf-8")
    page = visitor.open("/datasets/deposits/import", KEEPER, "ja", PHONE, scripts=False)
    page.get_by_label("ファイル", exact=True).set_input_files(file)
    go(page.get_by_role("button", name="調べる"))
    expect(page.get_by_role("rowheader", name="2 行目")).to_be_visible()
    go(page.get_by_role("button", name="正しい 1 行だけを取り込む"))
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\s*取り込みました"))
    page = visitor.open("/datasets/deposits", WATCHER, "en", DESK)
    row = page.get_by_role("row", name="新規口座.csv")
    go(row.get_by_role("link", name="ledger entry"))
    expect(page).to_have_url(re.compile("/audit/entries/"))
    for size in (PHONE, DESK):
        page = visitor.open("/datasets/deposits", WATCHER, "ja", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
