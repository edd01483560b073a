"""Addresses by their ids of the registry as people write them; no address is looked up by its text here."""

from __future__ import annotations

import numpy as np

from umaya.engines.address.index import NONE, AddressIndex, text
from umaya.places.addresses.book import AddressBook, NoAddressIndexError


def written(book: AddressBook, address: tuple[str, ...]) -> str:
    """Return an address as it is written, as far as the hub's index knows it; empty where it does not know the town.

    Args:
        book: the hub's index.
        address: ids of municipality, town, block, residence number, second number.
    """
    try:
        index = book.lookup().addresses
        city, town, block, residence, second = (int(each) if each else None for each in address)
    except (NoAddressIndexError, ValueError):
        return ""
    row = _town(index, city, town)
    if row is None:
        return ""
    of = int(index.towns.city[row])
    names = [
        text(index.prefectures.name, int(index.cities.prefecture[of])),
        text(index.cities.name, of),
        text(index.towns.name, row),
    ]
    return "".join(names) + _numbers(index, row, block, residence, second)


def _town(index: AddressIndex, city: int | None, town: int | None) -> int | None:
    """Return the row of a town."""
    rows = [] if town is None else np.flatnonzero(index.towns.machiaza == town).tolist()
    return next((row for row in rows if index.cities.code[index.towns.city[row]] == city), None)


def _numbers(index: AddressIndex, town: int, block: int | None, residence: int | None, second: int | None) -> str:
    """Return block and residence number as the registry writes them, 5-22; empty where it has them not."""
    first, last = np.searchsorted(index.blocks.town, [town, town + 1])
    at = next((row for row in range(first, last) if index.blocks.block[row] == block), None)
    if at is None:
        return ""
    label, wanted = text(index.blocks.label, at), (residence, NONE if second is None else second)
    first, last = np.searchsorted(index.points.block, [at, at + 1])
    for row in range(first, last):
        if (index.points.residence[row], index.points.residence2[row]) == wanted:
            return f"{label}-{text(index.points.label, row)}"
    return label
