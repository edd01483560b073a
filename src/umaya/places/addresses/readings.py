"""Readings in kana for the rows of an address index, from the registry's files and the postcode data.

The registry's own reading goes before the postcode data's. A town that neither knows has none, and is then found by its
spelling only; a 小字 that is written in kana is read as it stands.
"""

from __future__ import annotations

import re
from pathlib import Path

from umaya.engines.address.index import NONE, AddressIndex, strings
from umaya.engines.address.sounds import is_reading
from umaya.engines.address.suggest_lists import Readings, plain
from umaya.places.addresses import postcodes
from umaya.places.addresses.tables import read_csv

_CHOME = re.compile("[0-9]+-$")
Towns = dict[tuple[int, int], str]
Named = dict[tuple[int, str], str]


def readings(index: AddressIndex, registry: Path) -> Readings:
    """Return the readings of an index's rows.

    Args:
        index: the index.
        registry: the folder of the registry's CSV files that it was made from.

    Raises:
        InputError: when a file of the registry or the postcode data cannot be read.
    """
    prefectures = _kana(registry, "mt_pref_all", ("pref",), ("pref_kana",))
    cities = _kana(registry, "mt_city_all", ("lg_code",), ("county_kana", "city_kana", "ward_kana"))
    towns = _kana(registry, r"mt_town_(?!pos_)\w+", ("lg_code", "machiaza_id"), ("oaza_cho_kana", "koaza_kana"))
    return Readings(
        ["".join(prefectures.get((name,), ())) for name in strings(index.prefectures.name)],
        [cities.get((f"{code:06d}",), ("", "", "")) for code in index.cities.code.tolist()],
        _of_towns(
            index,
            {(int(code), int(machiaza)): "".join(parts) for (code, machiaza), parts in towns.items()},
            _of_postcodes(),
        ),
    )


def _kana(
    registry: Path, pattern: str, ids: tuple[str, ...], fields: tuple[str, ...]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of each row of the registry's files of a name, by its ids."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in sorted(registry.iterdir()):
        if re.fullmatch(rf"{pattern}\.csv(\.gz)?", path.name):
            table = read_csv(path, (*ids, *fields))
            keys, texts = ([table[name].to_pylist() for name in names] for names in (ids, fields))
            found |= dict(zip(zip(*keys, strict=True), zip(*texts, strict=True), strict=True))
    return found


def _of_postcodes() -> Named:
    """Return the readings of the postcode data by five-digit municipality code and compared name."""
    found: Named = {}
    for row in postcodes.rows():
        if row["neighborhood"] and row["neighborhood_kana"]:
            found.setdefault((int(row["jisx0402"]), plain(row["neighborhood"])), row["neighborhood_kana"])
    return found


def _of_towns(index: AddressIndex, towns: Towns, named: Named) -> list[str]:
    codes, names = index.cities.code.tolist(), strings(index.towns.name)
    found = []
    rows = zip(index.towns.city.tolist(), index.towns.machiaza.tolist(), names, strict=True)
    for city, machiaza, name in rows:
        own = towns.get((codes[city], machiaza)) or named.get((codes[city] // 10, _CHOME.sub("", plain(name))))
        found.append(own or "")
    for row, parent in enumerate(index.towns.parent.tolist()):
        if not found[row] and parent != NONE and found[parent]:
            found[row] = _below(found[parent], names[row].removeprefix(names[parent]))
    return found


def _below(parent: str, rest: str) -> str:
    """Return the reading of a 丁目, which is its parent's, or of a 小字 in kana; nothing for another 小字."""
    rest = rest.removeprefix("字")
    return parent if _CHOME.search(plain(rest)) else parent + rest if is_reading(rest) else ""
