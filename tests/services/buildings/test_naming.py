"""An address by its ids is written as people write it, as far as the hub's index knows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.addresses import make_index
from umaya.places.addresses.book import AddressBook
from umaya.services.buildings.naming import written


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> AddressBook:
    folder = tmp_path_factory.mktemp("index") / "addresses"
    make_index(folder)
    return AddressBook(folder)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (("131059", "0007003", "012", "010", ""), "東京都文京区本郷三丁目12-10"),
        (("131059", "0007003", "012", "999", ""), "東京都文京区本郷三丁目12"),
        (("131059", "0007003", "099", "003", ""), "東京都文京区本郷三丁目"),
        (("131059", "0007003", "012", "003", "101"), "東京都文京区本郷三丁目12"),
        (("131059", "0009999", "012", "003", ""), ""),
        (("302015", "0007003", "012", "003", ""), ""),
        (("131059", "", "", "", ""), ""),
        (("131059", "town", "", "", ""), ""),
    ],
)
def test_an_address_is_written_as_far_as_it_is_known(book: AddressBook, address: tuple[str, ...], told: str) -> None:
    assert written(book, address) == told


def test_without_an_index_nothing_is_written(tmp_path: Path) -> None:
    assert written(AddressBook(tmp_path), ("131059", "0007003", "012", "003", "")) == ""
