"""The page on which staff try an address, without scripts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Client

from tests.web.addresses import make_address_hub
from tests.web.clients import client_of
from tests.web.hubs import AUDITOR, make_hub
from umaya.hub import Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_address_hub(tmp_path_factory.mktemp("places") / "hub")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def client(hub: Hub) -> Client:
    return client_of(hub, AUDITOR, "ja")


def tried(client: Client, address: str) -> str:
    answer = client.post("/places/addresses", data={"address": address})
    assert answer.status_code == 200
    return answer.text


def parts(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'address-part__text">(.*?)</span><span class="address-part__name">(.*?)</span>', page)
    return [(html.unescape(text), name) for text, name in found]


def test_every_part_is_told_with_its_name(client: Client) -> None:
    """In words, not by colour alone; the ids, the level and the next step beside them."""
    page = tried(client, "文京区本郷三丁目12番10号はなハイツ")
    named = {name: text for text, name in parts(page)}
    assert (named["市区町村"], named["町・字"]) == ("文京区", "本郷三丁目")
    assert "はなハイツ" in named["建物"]
    for told in ("131059", "0007003", "住居番号（号）", "この住所は台帳にあります", "139.773000"):
        assert told in page


def test_somebody_named_behind_an_address_is_not_told_as_a_slip_of_the_pen(client: Client) -> None:
    """様方 is a part of its own."""
    page = tried(client, "文京区本郷三丁目12番10号　佐藤様方")
    assert ("佐藤様方", "様方") in parts(page)
    assert "読み取れなかった部分" not in page


def test_the_map_gets_the_place_and_its_neighbours(client: Client) -> None:
    """The other numbers of the same town within 250 m."""
    page = tried(client, "文京区本郷3-12-10")
    neighbours = json.loads(html.unescape(re.search(r'data-neighbours="(.*?)"', page)[1]))  # type: ignore[index]
    assert {name for _, _, name in neighbours} == {"12-1", "12-2", "12-10"}


def test_what_was_not_understood_is_told_as_such(client: Client) -> None:
    """And who is to look at it."""
    page = tried(client, "どこでもない場所")
    assert "日本の住所として読み取れません" in page
    assert "data-point" not in page


@pytest.mark.parametrize(
    ("address", "fault"),
    [("", "住所を入力"), (" \u3000", "住所を入力"), ("本" * 301, "300 文字まで")],
)
def test_a_fault_is_said_beside_the_field_which_keeps_what_was_typed(client: Client, address: str, fault: str) -> None:
    """With a summary that leads to the field."""
    answer = client.post("/places/addresses", data={"address": address})
    assert answer.status_code == 422
    assert answer.text.count(fault) == 2
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true" aria-describedby="address-fault address-help"' in answer.text
    assert f'value="{address}"' in answer.text


@pytest.mark.parametrize(
    "address",
    [
        '"><script>alert(1)</script>',
        "\x00\x01",
        "🏠本郷",
        "{{ 7 * 7 }}",
        "本郷\r\n文京区",
    ],
)
def test_strange_input_is_shown_as_what_it_is(client: Client, address: str) -> None:
    """Escaped, and without a fault of the page."""
    page = tried(client, address)
    assert "<script>alert" not in page


def test_a_hub_without_an_index_says_so_with_the_command(tmp_path: Path) -> None:
    """No form is shown that could not work."""
    hub = make_hub(tmp_path / "hub")
    try:
        client = client_of(hub, AUDITOR)
        for answer, status in (
            (client.get("/places/addresses"), 200),
            (client.post("/places/addresses", data={"address": "本郷"}), 409),
        ):
            assert answer.status_code == status
            assert "umaya places index" in answer.text
            assert '<form method="post" action="/places/addresses"' not in answer.text
    finally:
        hub.close()
