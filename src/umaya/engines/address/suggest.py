"""Suggest: how the address that somebody has begun to type may go on.

Responsible for the search in the sorted lists of `suggest_lists` and for the numbers behind a town: blocks, residence
numbers, parcels. It does not say what a whole address means; that is `normalise`.

What always holds: every suggestion fits all that was typed, in spelling or in sound; those that need the fewest further
characters come first, among equals the town with more address points; the same question has the same answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from umaya.engines.address.index import NONE, RESIDENCE, AddressIndex, Floats, Texts, text
from umaya.engines.address.sounds import is_reading, sound
from umaya.engines.address.suggest_lists import (
    STEP,
    Keys,
    Lists,
    beginning_with,
    hyphened,
    number_last,
    plain,
    standing_for,
)

Level = Literal["prefecture", "city", "town", "block", "parcel", "number"]

LONGEST = 80
"""Characters of a question that are looked at; no name of a town and its numbers is longer."""
_LONGEST_CITY = 32
_MISSES = 3
"""So many beginnings that no municipality has, and a longer one has none either; a single m or n may become an ん."""
_AHEAD = 4 * STEP
"""How far municipalities stand before towns: by a little more than one character."""
_POSTCODE = re.compile(r"〒?([0-9]{3})-?([0-9]{0,4})")
_TAIL = re.compile(r"(?<=[^0-9])[0-9][0-9a-z-]*$")


class Suggestion(NamedTuple):
    """A way to go on.

    Attributes:
        text: the whole address so far.
        level: what it names.
        town: row of the town, or NONE.
        lon, lat: degrees, NaN where not known.
    """

    text: str
    level: Level
    town: int
    lon: float
    lat: float


class _Found(NamedTuple):
    score: int
    order: int
    suggestion: Suggestion


class _Scope(NamedTuple):
    """Municipalities that the search is confined to; None is the whole nation."""

    cities: npt.NDArray[np.bool_] | None


def suggest(index: AddressIndex, lists: Lists, typed: str, limit: int = 10) -> tuple[Suggestion, ...]:
    """Return at most `limit` ways to go on, the best first; none for a question that fits nothing.

    Args:
        index: the index that `lists` was made of.
        lists: its lists.
        typed: the beginning of an address, in kanji, kana or romaji, or of a postcode; may be mixed.
        limit: how many, 1 to 50.
    """
    typed = typed.strip()[:LONGEST]
    code = _POSTCODE.fullmatch(unicodedata.normalize("NFKC", typed).replace("ー", "-"))
    search = _Search(index, lists, limit)
    found = search.of_postcode("".join(code.groups())) if code else search.of_names(typed)
    best: dict[str, _Found] = {}
    for one in sorted(found, key=lambda one: (one.score, one.order, one.suggestion.text)):
        best.setdefault(one.suggestion.text, one)
    return tuple(one.suggestion for one in islice(best.values(), limit))


class _Search:
    """One question."""

    def __init__(self, index: AddressIndex, lists: Lists, limit: int) -> None:
        self._index = index
        self._lists = lists
        self._limit = limit

    def of_postcode(self, digits: str) -> Iterator[_Found]:
        """Yield the towns whose postcode begins with the digits."""
        codes, width = self._index.postcodes, 10 ** (7 - len(digits))
        low, high = np.searchsorted(codes.code, [int(digits) * width, (int(digits) + 1) * width])
        for at in range(low, min(high, low + self._limit)):
            town, city = int(codes.town[at]), int(codes.city[at])
            yield _Found(0, at, self._city(city) if town == NONE else self._town(town))

    def of_names(self, typed: str) -> Iterator[_Found]:
        """Yield what begins with what was typed, behind each municipality that it may begin with."""
        if not typed:
            return
        yield from self._cities(self._lists.city_names, plain(typed))
        if is_reading(typed):
            for key in _sounds(typed):
                yield from self._cities(self._lists.city_sounds, key)
        yield from self._towns(typed, _Scope(None))
        for end, rows in self._heads(typed):
            yield from self._towns(typed[end:], self._scope(rows))

    def _heads(self, typed: str) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
        """Yield where the name of a municipality or prefecture may end, and the rows that it stands for."""
        open_lists = {0: (self._lists.city_names, plain), 1: (self._lists.city_sounds, sound)}
        missed = dict.fromkeys(open_lists, 0)
        for end in range(1, min(len(typed), _LONGEST_CITY) + 1):
            for which, (keys, form) in tuple(open_lists.items()):
                key = form(typed[:end])
                found = beginning_with(keys, key)
                missed[which] = missed[which] + 1 if found.start == found.stop else 0
                if missed[which] == _MISSES or (which == 1 and not is_reading(typed[:end])):
                    del open_lists[which]
                rows = standing_for(keys, key)
                if len(rows) and not typed[end : end + 1].isspace():
                    yield end, rows

    def _scope(self, rows: npt.NDArray[np.int32]) -> _Scope:
        cities = self._index.cities
        count = len(cities.code)
        allowed = np.isin(cities.prefecture, rows[rows >= count] - count)
        allowed[rows[rows < count]] = True
        return _Scope(allowed)

    def _cities(self, keys: Keys, key: str) -> Iterator[_Found]:
        count = len(self._index.cities.code)
        for score, row in self._best(keys, key, _Scope(None)) if key else ():
            yield _Found(score - _AHEAD, row, self._city(row) if row < count else self._prefecture(row - count))

    def _towns(self, rest: str, scope: _Scope) -> Iterator[_Found]:
        """Yield towns that begin with the rest, and numbers of those that the rest begins with."""
        questions = [(self._lists.town_names, key) for key in dict.fromkeys((plain(rest), number_last(plain(rest))))]
        if is_reading(rest):
            questions += [(self._lists.town_sounds, hyphened(key)) for key in _sounds(rest)]
        found = [one for keys, key in questions for one in self._going_on(keys, key, scope)]
        yield from found or [one for keys, key in questions for one in self._unlisted(keys, key, scope)]

    def _going_on(self, keys: Keys, key: str, scope: _Scope) -> Iterator[_Found]:
        if not key and scope.cities is None:
            return
        for score, row in self._best(keys, key, scope):
            yield _Found(score, row, self._town(row))
        for town, tail in self._with_tail(keys, key, scope):
            yield from self._numbers(town, tail)

    def _with_tail(self, keys: Keys, key: str, scope: _Scope) -> Iterator[tuple[int, str]]:
        """Yield the towns whose name the key begins with, and what of a number follows."""
        tail = _TAIL.search(key)
        if tail is None:
            return
        for end in sorted({tail.start(), *(at + 1 for at in range(tail.start(), len(key)) if key[at] == "-")}):
            rows = standing_for(keys, key[:end])
            yield from ((row, key[end:]) for row in rows[self._within(rows, scope)][: self._limit].tolist())

    def _unlisted(self, keys: Keys, key: str, scope: _Scope) -> Iterator[_Found]:
        """Yield towns with what was typed behind them: numbers that the index does not list."""
        for town, tail in self._with_tail(keys, key, scope):
            found = self._town(town)
            yield _Found(STEP, town, found._replace(text=found.text + tail))

    def _within(self, rows: npt.NDArray[np.int32], scope: _Scope) -> npt.NDArray[np.bool_]:
        if scope.cities is None:
            return np.ones(len(rows), np.bool_)
        within: npt.NDArray[np.bool_] = scope.cities[self._index.towns.city[rows]]
        return within

    def _best(self, keys: Keys, key: str, scope: _Scope) -> Iterator[tuple[int, int]]:
        """Yield score and row of the best keys that begin with `key`; the score is of what is still to be typed."""
        at = beginning_with(keys, key)
        rows, scores = keys.row[at], keys.score[at]
        if scope.cities is not None:
            within = self._within(rows, scope)
            rows, scores = rows[within], scores[within]
        if len(rows) > self._limit:
            best = np.argpartition(scores, self._limit)[: self._limit]
            rows, scores = rows[best], scores[best]
        typed = len(key.encode()) * STEP
        return ((score - typed, row) for score, row in zip(scores.tolist(), rows.tolist(), strict=True))

    def _numbers(self, town: int, tail: str) -> Iterator[_Found]:
        """Yield the blocks, residence numbers or parcels of a town that go on with `tail`: 12, 12-, 12-5."""
        index = self._index
        before = self._town(town).text
        first, parted, rest = tail.partition("-")
        if index.towns.flags[town] & RESIDENCE:
            blocks, points = index.blocks, index.points
            of_town = _rows_of(blocks.town, town)
            for block in self._labelled(blocks.label, of_town, first, whole=bool(parted)):
                label = text(blocks.label, block)
                if not parted:
                    where = Suggestion(f"{before}{label}", "block", town, *_place(blocks.lon, blocks.lat, block))
                    yield _Found(-2 * STEP, block, where)
                    continue
                of_block = _rows_of(points.town, town)
                of_block = of_block[points.block[of_block] == block]
                for point in self._labelled(points.label, of_block, rest.rstrip("-"), whole=rest.endswith("-")):
                    written = f"{before}{label}-{text(points.label, point)}"
                    where = Suggestion(written, "number", town, *_place(points.lon, points.lat, point))
                    yield _Found(-2 * STEP, point, where)
            return
        parcels = index.parcels
        for parcel in self._labelled(parcels.label, _rows_of(parcels.town, town), tail, whole=False):
            written = f"{before}{text(parcels.label, parcel)}"
            where = Suggestion(written, "parcel", town, *_place(parcels.lon, parcels.lat, parcel))
            yield _Found(-2 * STEP, parcel, where)

    def _labelled(self, texts: Texts, rows: npt.NDArray[np.int64], beginning: str, *, whole: bool) -> list[int]:
        """Return rows, in their order, whose label is `beginning` or goes on from it; the label itself first."""
        sought = np.frombuffer(beginning.encode(), np.uint8)
        start = texts.offsets[rows]
        length = texts.offsets[rows + 1] - start
        fits = length == len(sought) if whole else length >= len(sought)
        rows, start, length = rows[fits], start[fits], length[fits]
        if len(sought):
            fits = (texts.data[start[:, None] + np.arange(len(sought))] == sought).all(axis=1)
            rows, length = rows[fits], length[fits]
        shortest: list[int] = rows[np.argsort(length, kind="stable")][: self._limit].tolist()
        return shortest

    def _prefecture(self, row: int) -> Suggestion:
        return Suggestion(text(self._index.prefectures.name, row), "prefecture", NONE, np.nan, np.nan)

    def _city(self, row: int) -> Suggestion:
        cities = self._index.cities
        before = text(self._index.prefectures.name, int(cities.prefecture[row]))
        return Suggestion(f"{before}{text(cities.name, row)}", "city", NONE, *_place(cities.lon, cities.lat, row))

    def _town(self, row: int) -> Suggestion:
        towns = self._index.towns
        before = self._city(int(towns.city[row])).text
        return Suggestion(f"{before}{text(towns.name, row)}", "town", row, *_place(towns.lon, towns.lat, row))


def _sounds(typed: str) -> list[str]:
    """Return the sounds of what was typed; an m at the end may be an ん that is going to be followed by b or p."""
    return [sound(typed), *([sound(f"{typed[:-1]}n'")] if typed[-1:] in "mM" else ())]


def _rows_of(towns: npt.NDArray[np.int32], town: int) -> npt.NDArray[np.int64]:
    first, last = np.searchsorted(towns, [town, town + 1])
    return np.arange(first, last)


def _place(lon: Floats, lat: Floats, row: int) -> tuple[float, float]:
    return float(lon[row]), float(lat[row])
