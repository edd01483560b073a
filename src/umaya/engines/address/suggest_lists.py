"""The lists that suggestions are searched in: sorted keys of municipalities and towns, by spelling and by sound.

Responsible for what a key is (`plain`, and `sounds.sound` for readings), for making the lists from an index and the
readings of its rows, and for the two questions that a sorted list answers: what is this, and what begins with this.
Flat arrays, so that they may be mapped from disk. A key is never shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from umaya.engines.address.index import NONE, AddressIndex, Bytes, Ints, Longs, strings
from umaya.engines.address.sounds import sound
from umaya.engines.address.spelling import DIGIT, HALF_VOICED, KANJI_DIGIT, KANJI_UNIT, SKIP, fold

STEP = 1 << 32
"""What one further byte of a key adds to its score; weights are smaller."""

_KANJI = "〇一二三四五六七八九"
_COUNTED = re.compile(f"([{_KANJI}十百]+)(?=丁|条|番|線|号|地割|区)")
_LAST_NUMBER = re.compile(f"([{_KANJI}十百]+)$")
_PARTS = re.compile("(?<=[0-9])(丁目?|番地?の?|号|の|tyome)")
_CITY = re.compile("(?:(?P<county>.+?郡)(?=.+[町村]$)|(?P<seat>.+?市)(?=.+区$))?(?P<rest>.+)")
_ENDINGS = {
    "都": ("to",),
    "府": ("hu",),
    "県": ("kenn",),
    "市": ("si",),
    "区": ("ku",),
    "町": ("tyo", "mati"),
    "村": ("mura", "sonn"),
}


class Keys(NamedTuple):
    """Keys in ascending order, end to end in UTF-8; `row` is what each stands for.

    `score` is the smaller the better a suggestion is: `STEP` for each byte of the key, less the weight of the row.
    """

    data: Bytes
    offsets: Longs
    row: Ints
    score: Longs


class Lists(NamedTuple):
    """What suggestions are searched in.

    A row of the first two is that of a municipality, or of a prefecture after the last municipality; a row of the
    others is that of a town.
    """

    city_names: Keys
    city_sounds: Keys
    town_names: Keys
    town_sounds: Keys


class Readings(NamedTuple):
    """Readings in kana for the rows of an index; empty where none is known. A town's is without its 丁目.

    A municipality's are those of its county, its city and its ward.
    """

    prefectures: Sequence[str]
    cities: Sequence[Sequence[str]]
    towns: Sequence[str]


@lru_cache(maxsize=4096)
def plain(written: str) -> str:
    """Return how a name is compared: kanji variants folded, 丁目・番地・号 as hyphens, 大字・字 and blanks gone."""
    symbols = fold().symbol
    found: list[str] = []
    for character in unicodedata.normalize("NFKC", written).replace("大字", "").replace("字", ""):
        symbol = int(symbols[ord(character)]) if ord(character) < len(symbols) else SKIP
        if DIGIT <= symbol < KANJI_DIGIT:
            found.append(str(symbol - DIGIT))
        elif KANJI_DIGIT <= symbol < KANJI_UNIT:
            found.append(_KANJI[symbol - KANJI_DIGIT])
        elif symbol > KANJI_UNIT:
            found.append(" 十百千万"[symbol - KANJI_UNIT])
        elif character == "々":
            found.append(found[-1] if found else "")
        elif symbol > HALF_VOICED:
            found.append(chr(symbol))
    return hyphened(_COUNTED.sub(lambda run: str(_value(run[0])), "".join(found)))


def hyphened(key: str) -> str:
    """Return a key in which 3丁目, 3番地 and 3の are 3-."""
    return re.sub("-+", "-", _PARTS.sub("-", key))


def number_last(key: str) -> str:
    """Return a key whose kanji number at the end is in digits: what is typed before its 丁目 is."""
    return _LAST_NUMBER.sub(lambda run: str(_value(run[0])), key)


def _value(kanji: str) -> int:
    """Return the number that kanji write, with units or digit by digit."""
    total, digits = 0, 0
    for character in kanji:
        if character in "十百":
            total, digits = total + max(digits, 1) * (10 if character == "十" else 100), 0
        else:
            digits = digits * 10 + _KANJI.index(character)
    return total + digits


def keys_of(entries: Iterator[tuple[str, int, int]]) -> Keys:
    """Return the keys of (key, row, weight); weights are capped, and what stands twice is one."""
    weights = {(key.encode(), row): weight for key, row, weight in entries if key}
    order = sorted(weights)
    offsets = np.zeros(len(order) + 1, np.int64)
    np.cumsum([len(key) for key, _ in order], out=offsets[1:])
    capped = np.array([min(weights[entry], STEP - 1) for entry in order], np.int64)
    data = np.frombuffer(b"".join(key for key, _ in order), np.uint8)
    return Keys(data, offsets, np.array([row for _, row in order], np.int32), np.diff(offsets) * STEP - capped)


def beginning_with(keys: Keys, key: str) -> slice:
    """Return the positions of the keys that begin with `key`."""
    sought = key.encode()
    return slice(_bisect(keys, sought), _bisect(keys, sought + b"\xff"))


def standing_for(keys: Keys, key: str) -> Ints:
    """Return the rows that `key` as a whole stands for."""
    sought = key.encode()
    return keys.row[_bisect(keys, sought) : _bisect(keys, sought + b"\x00")]


def _bisect(keys: Keys, sought: bytes) -> int:
    low, high = 0, len(keys.row)
    while low < high:
        middle = (low + high) // 2
        if keys.data[keys.offsets[middle] : keys.offsets[middle + 1]].tobytes() < sought:
            low = middle + 1
        else:
            high = middle
    return low


def lists(index: AddressIndex, readings: Readings) -> Lists:
    """Return the lists of an index: seconds for the nation, done once when the index is made."""
    weights = _weights(index)
    names = strings(index.towns.name)
    parents = index.towns.parent.tolist()
    return Lists(
        keys_of(_cities(index)),
        keys_of(_city_sounds(index, readings)),
        keys_of((plain(name), row, weights[row]) for row, name in enumerate(names)),
        keys_of(
            (_town_sound(reading, names[row], parents[row] != NONE), row, weights[row])
            for row, reading in enumerate(readings.towns)
        ),
    )


def _weights(index: AddressIndex) -> list[int]:
    """Return the address points and parcels of every town, those of its 丁目 and 小字 counted in."""
    count = len(index.towns.city)
    found = np.bincount(index.points.town, minlength=count) + np.bincount(index.parcels.town, minlength=count)
    parents = index.towns.parent
    inside = parents != NONE
    total: list[int] = (
        (found + np.bincount(parents[inside], weights=found[inside], minlength=count)).astype(int).tolist()
    )
    return total


def _town_sound(reading: str, name: str, inside: bool) -> str:
    if not reading:
        return ""
    chome = re.search("[0-9]+-$", plain(name)) if inside else None
    return sound(reading) + (chome[0] if chome else "")


def _cities(index: AddressIndex) -> Iterator[tuple[str, int, int]]:
    prefectures = strings(index.prefectures.name)
    for row, (name, prefecture) in enumerate(zip(strings(index.cities.name), index.cities.prefecture, strict=True)):
        before = prefectures[prefecture]
        for form in _forms(name):
            yield plain(form), row, STEP
            yield plain(before + form), row, STEP
    count = len(index.cities.code)
    yield from ((plain(name), count + row, STEP) for row, name in enumerate(prefectures))


def _forms(name: str) -> set[str]:
    """Return a municipality's name, without its county, and a ward's without its city."""
    match = _CITY.fullmatch(name)
    return {name, match["rest"]} if match else {name}


def _city_sounds(index: AddressIndex, readings: Readings) -> Iterator[tuple[str, int, int]]:
    """Yield readings with and without 県, 市, 区, 町, 村 at the end, behind their prefecture's and alone."""
    names, prefectures = strings(index.cities.name), strings(index.prefectures.name)
    count = len(names)
    fronts = [_shortened(sound(reading), prefectures[row]) for row, reading in enumerate(readings.prefectures)]
    for row, (county, city, ward) in enumerate(readings.cities):
        if city:
            whole, short = sound(county + city + ward), sound(ward or city)
            own = _shortened(whole, names[row]) | _shortened(short, names[row])
            for form in own | {front + form for front in fronts[index.cities.prefecture[row]] for form in own}:
                yield form, row, STEP
    yield from ((form, count + row, STEP) for row, forms in enumerate(fronts) for form in forms)


def _shortened(key: str, name: str) -> set[str]:
    short = {key.removesuffix(ending) for ending in _ENDINGS.get(name[-1:], ()) if key.endswith(ending)}
    return {form for form in {key, *short} if form}
