"""The JSON API of addresses: what it tells, what it refuses, and that nothing of what was asked stays."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.web.addresses import make_address_hub, make_index
from tests.web.clients import client_of
from tests.web.hubs import AUDITOR
from umaya.client.calls import Client
from umaya.client.errors import ProblemError
from umaya.hub import ADDRESSES, Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_address_hub(tmp_path_factory.mktemp("places") / "hub")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def http(hub: Hub) -> httpx2.Client:
    return client_of(hub, AUDITOR)


@pytest.fixture(scope="module")
def client(http: httpx2.Client) -> Client:
    return Client("http://testserver", http=http)


def test_addresses_are_read_in_their_order(client: Client) -> None:
    """With ids and coordinate where the registry has the number; every character is in exactly one part."""
    written = ["文京区本郷３－１２－１０　はなハイツ101", "", "どこでもない"]
    found, empty, nowhere = client.normalise_addresses(written)
    assert (found.prefecture, found.city, found.town, found.level) == ("東京都", "文京区", "本郷三丁目", "number")
    assert (found.lg_code, found.machiaza_id, found.blk_id, found.rsdt_id) == ("131059", "0007003", "012", "010")
    assert [found.lon, found.lat] == pytest.approx([139.773, 35.708])
    assert "はなハイツ" in found.building
    for one, text in zip((found, empty, nowhere), written, strict=True):
        assert "".join(part.text for part in one.parts) == text
    assert (empty.level, nowhere.level, nowhere.lon) == ("none", "none", None)


def test_what_is_near_a_place_is_told_with_its_distance(client: Client) -> None:
    """A residence number and its town; nothing in the sea."""
    number, town = client.nearest_addresses(139.7722, 35.70801)
    assert (number.text, number.level) == ("東京都文京区本郷三丁目12-2", "number")
    assert number.distance_m == pytest.approx(1.1)
    assert (town.text, town.lg_code, town.machiaza_id) == ("東京都文京区本郷三丁目", "131059", "0007003")
    assert client.nearest_addresses(150, 20) == []


def test_a_beginning_is_gone_on_with(client: Client) -> None:
    """At most so many as were asked for; a place without a coordinate has none."""
    assert [one.text for one in client.suggest_addresses("bunkyo hongo", 2)] == [
        "東京都文京区本郷",
        "東京都文京区本郷三丁目",
    ]
    (hokuto,) = client.suggest_addresses("北斗市本郷")
    assert (hokuto.level, hokuto.lon, hokuto.lat) == ("town", None, None)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("normalise", {"addresses": []}),
        ("normalise", {"addresses": ["本郷"] * 1001}),
        ("normalise", {"addresses": ["本" * 301]}),
        ("normalise", {"addresses": "本郷"}),
        ("normalise", {"addresses": ["本郷"], "keep": True}),
        ("reverse", {"lon": 181, "lat": 35}),
        ("reverse", {"lon": "NaN", "lat": 35}),
        ("reverse", {"lat": 35}),
        ("suggest", {"text": "本" * 301}),
        ("suggest", {"text": "本郷", "limit": 0}),
        ("suggest", {"text": "本郷", "limit": 51}),
    ],
)
def test_what_is_no_question_is_refused_without_repeating_it(
    http: httpx2.Client, path: str, body: dict[str, object]
) -> None:
    """With 422, and never with what was written."""
    answer = http.post(f"/api/v1/places/{path}", json=body)
    assert answer.status_code == 422
    assert "本" not in answer.text


def test_an_address_stands_in_no_url(http: httpx2.Client) -> None:
    """There is no way to ask with GET, which logs and browsers would keep."""
    for path in ("normalise", "reverse", "suggest"):
        assert http.get(f"/api/v1/places/{path}").status_code == 405


def test_what_was_asked_is_neither_logged_nor_kept(
    hub: Hub, http: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """In no log line and no file of the hub, not even under an idempotency key."""
    caplog.set_level(logging.DEBUG)
    asked = "文京区本郷三丁目98-76特徴的荘"
    entries = hub.ledger.size
    for path, body in (("normalise", {"addresses": [asked]}), ("suggest", {"text": asked})):
        answer = http.post(f"/api/v1/places/{path}", json=body, headers={"Idempotency-Key": f"key-{path}"})
        assert answer.status_code == 200
    http.post("/places/addresses", data={"address": asked})
    assert "特徴的荘" not in caplog.text
    assert hub.ledger.size == entries
    files = [path for path in hub.directory.rglob("*") if path.is_file()]
    assert [path for path in files if "特徴的荘".encode() in path.read_bytes()] == []


def test_a_hub_without_an_index_says_how_to_make_one(tmp_path: Path) -> None:
    """As a conflict, with the command; a new one is used at once, and one that is not whole is not."""
    hub = make_address_hub(tmp_path / "hub")
    try:
        directory = hub.directory / ADDRESSES
        client = Client("http://testserver", http=client_of(hub, AUDITOR))
        assert client.suggest_addresses("本郷")
        shutil.rmtree(directory)
        for call in (lambda: client.suggest_addresses("本郷"), lambda: client.normalise_addresses(["本郷"])):
            with pytest.raises(ProblemError) as error:
                call()
            assert error.value.status == 409
            assert "umaya places index" in str(error.value)
        make_index(directory)
        assert client.suggest_addresses("本郷")
        (directory / "lookup" / "trees.towns.row.npy").unlink()
        (directory / "manifest.json").touch()
        with pytest.raises(ProblemError):
            client.suggest_addresses("本郷")
    finally:
        hub.close()
