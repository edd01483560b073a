"""The place of an address: prefecture, municipality and town are found in the trie, and the best reading is kept.

Every reading that the index allows is tried: with and without a prefecture, every municipality that the text may begin
with, today's or former, and the towns of it; without a municipality, a town that only one place has. A reading counts
by how finely its number is in the registry and by how much of the text it explains. Two readings that count the same
and lie in different municipalities are no reading: nothing is guessed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from umaya.engines.address import tables
from umaya.engines.address.index import CHOME, LISTED, NONE, WHOLE
from umaya.engines.address.numbers import LEVEL, look_up, read_pieces
from umaya.engines.address.parts import (
    BAN,
    CHO,
    DOWN,
    EAST,
    GO,
    IRU,
    ME,
    NORTH,
    OF_NUMBER,
    OF_TOWN,
    RI,
    RU,
    SOUTH,
    STREET_WORD,
    UP,
    WEST,
    WITHOUT,
    after_prefix,
    at,
    is_link,
    is_number,
)
from umaya.engines.address.spelling import HYPHEN, NUMBER
from umaya.engines.kernels import fused, inner

SCORE, AT_PREFECTURE, AT_CITY, AT_TOWN, CHOME_NUMBER, AT_FORMER = 0, 1, 2, 3, 4, 5
PREFECTURE_END, CITY_END, TOWN_BEGIN, TOWN_END, TWINS, STREET_BEGIN, TIED, MARKS = 6, 7, 8, 9, 10, 11, 12, 13
"""Fields of a reading: its rows (NONE where not found), and the tokens where its parts end; `TWINS`: other towns of the
municipality have the name too; `TIED`: another municipality reads as well."""

_TOWN_SCORE, _LEVEL_SCORE, _MOST_CHOME = 1 << 20, 1 << 21, 45
_CERTAIN = (OF_NUMBER - OF_TOWN) * _LEVEL_SCORE
"""From here on the number was found, and no shorter name can count more."""


@inner
def walk(trie: Any, node: Any, tokens: Any, place: Any, count: Any, ends: Any, nodes: Any) -> Any:
    """Follow the text from a node; write where names end and their nodes, the longest last; return how many."""
    met = 0
    while place < count and met < len(ends):
        node = tables.step(trie, node, tokens.symbol[place])
        if node < 0:
            break
        place += 1
        if trie.first[node + 1] > trie.first[node]:
            ends[met], nodes[met] = place, node
            met += 1
    return met


@fused
def _ends_whole(tokens: Any, count: Any, end: Any, implicit: Any) -> Any:
    """Whether a name that ends in a number may end here: it is not that of 3番 or 3号 nor, implicit, of 3ビル."""
    if not is_number(at(tokens, count, end - 1)):
        return True
    following = at(tokens, count, end)
    if following in (BAN, GO) or (following == CHO and at(tokens, count, end + 1) == ME):
        return False
    return (
        not implicit
        or end >= count
        or tokens.gap[end]
        or is_link(following)
        or is_number(following)
        or following == CHO
    )


@fused
def _chome(index: Any, town: Any, tokens: Any, count: Any, end: Any) -> Any:
    """Return the chome that is written after a town whose chome are not listed, and where it ends; 0 for none."""
    one = at(tokens, count, end)
    flags = index.town_flags[town]
    if not is_number(one) or flags & (LISTED | WHOLE) != 0 or index.town_parent[town] >= 0:
        return np.int64(0), end
    number, following = one - NUMBER, at(tokens, count, end + 1)
    if number < 1 or number > _MOST_CHOME:
        return np.int64(0), end
    if following == CHO:
        return number, end + (3 if at(tokens, count, end + 2) == ME else 2)
    if flags & CHOME == 0:
        return np.int64(0), end
    linked = is_link(following) and is_number(at(tokens, count, end + 2))
    if linked or end + 1 >= count or tokens.gap[end + 1]:
        return number, end + 1
    return np.int64(0), end


@inner
def _consider(index: Any, work: Any, count: Any, reading: Any, town: Any, end: Any, marks: Any) -> None:
    """Keep a town in `reading` when it counts more than the one there; `reading` has the place where towns begin."""
    chome, end = _chome(index, town, work.tokens, count, end)
    pieces = read_pieces(work, count, end)
    look_up(index, town if chome == 0 else NONE, pieces, work)
    level = work.found[LEVEL] if pieces > 0 and chome == 0 else OF_TOWN
    score = _TOWN_SCORE + (level - OF_TOWN) * _LEVEL_SCORE + 16 * end
    score -= (4 if marks & tables.LOOSE else 0) + (2 if marks & tables.IMPLICIT else 0) + (3 if chome > 0 else 0)
    if score > reading[SCORE]:
        reading[SCORE], reading[AT_TOWN], reading[TOWN_END], reading[TWINS] = score, town, end, 0
        reading[TIED] = 0
        reading[CHOME_NUMBER], reading[MARKS] = chome, marks
    elif score == reading[SCORE] and town != reading[AT_TOWN] and reading[AT_TOWN] >= 0:
        same = index.town_city[town] == index.town_city[reading[AT_TOWN]]
        reading[TWINS if same else TIED] = 1


@fused
def _koaza(index: Any, work: Any, count: Any, reading: Any, node: Any, end: Any) -> None:
    """Consider the koaza after a town; one of a single symbol needs 字 before it or a number after it."""
    below = tables.step(index.names, node, tables.KOAZA)
    if below < 0:
        return
    tokens = work.tokens
    place = after_prefix(tokens, count, end)
    for i in range(walk(index.names, below, tokens, place, count, work.deep_ends, work.deep_nodes)):
        last = work.deep_ends[i]
        following = at(tokens, count, last)
        short = last == place + 1 and place == end
        if not _ends_whole(tokens, count, last, False):
            continue
        if short and not (
            last >= count or is_number(following) or following in (HYPHEN, BAN, WITHOUT) or tokens.gap[last]
        ):
            continue
        one = work.deep_nodes[i]
        for entry in range(index.names.first[one], index.names.first[one + 1]):
            marks = np.int64(index.names.entries[entry])
            _consider(index, work, count, reading, marks & tables.ROW, last, marks)


@inner
def towns_at(index: Any, work: Any, count: Any, reading: Any, root: Any, place: Any) -> None:
    """Consider every town of a root that the text names at a place."""
    tokens = work.tokens
    for begin in (place, after_prefix(tokens, count, place)):
        met = walk(index.names, root, tokens, begin, count, work.ends, work.nodes)
        for i in range(met - 1, -1, -1):
            if reading[SCORE] >= _CERTAIN:
                break
            end, node = work.ends[i], work.nodes[i]
            for entry in range(index.names.first[node], index.names.first[node + 1]):
                marks = np.int64(index.names.entries[entry])
                if _ends_whole(tokens, count, end, marks & tables.IMPLICIT != 0):
                    implicit = marks & tables.IMPLICIT != 0
                    whole = end + 1 if implicit and at(tokens, count, end) == CHO else end
                    _consider(index, work, count, reading, marks & tables.ROW, whole, marks)
            _koaza(index, work, count, reading, node, end)
        if reading[AT_TOWN] >= 0 or begin != place:
            break


@inner
def after_streets(tokens: Any, count: Any, place: Any) -> Any:
    """Return the place after streets of Kyoto (河原町通二条上る, 四条通河原町東入), else the same place."""
    end = place
    for i in range(place + 1, count):
        one, following = at(tokens, count, i), at(tokens, count, i + 1)
        if (one in (UP, DOWN)) and following == RU:
            end = i + 2
        elif (one in (EAST, WEST, NORTH, SOUTH)) and following == IRU:
            end = i + (3 if at(tokens, count, i + 2) in (RU, RI) else 2)
    return end


@fused
def _streets(index: Any, work: Any, count: Any, reading: Any, root: Any, place: Any) -> None:
    """Consider the towns after the streets, or after a street without a direction."""
    tokens = work.tokens
    end = after_streets(tokens, count, place)
    if end > place:
        reading[STREET_BEGIN], reading[TOWN_BEGIN] = place, end
        reading[SCORE], reading[AT_TOWN] = 0, NONE
        towns_at(index, work, count, reading, root, end)
        reading[SCORE] -= 8 * (end - place)
        return
    if reading[AT_TOWN] >= 0:
        return
    for i in range(place + 1, min(count, place + 24)):
        if at(tokens, count, i) == STREET_WORD:
            towns_at(index, work, count, reading, root, i + 1)
            if reading[AT_TOWN] >= 0:
                reading[STREET_BEGIN], reading[TOWN_BEGIN] = place, i + 1


@fused
def _keep(work: Any) -> None:
    """Make the trial the best reading when it counts more; remember when it only counts the same elsewhere."""
    best, trial = work.best, work.trial
    if trial[SCORE] > best[SCORE]:
        for i in range(len(best)):
            best[i] = trial[i]
    elif trial[SCORE] == best[SCORE] and trial[AT_CITY] != best[AT_CITY]:
        best[TIED] = 1


@fused
def begin(reading: Any, prefecture: Any, city: Any, prefecture_end: Any, city_end: Any) -> None:
    """Make a reading that has a prefecture and a municipality and no town yet."""
    for i in range(len(reading)):
        reading[i] = 0
    reading[AT_PREFECTURE], reading[AT_CITY], reading[AT_TOWN] = prefecture, city, NONE
    reading[AT_FORMER], reading[STREET_BEGIN] = NONE, NONE
    reading[PREFECTURE_END], reading[CITY_END] = prefecture_end, city_end
    reading[TOWN_BEGIN], reading[TOWN_END] = city_end, city_end


@fused
def serves(index: Any, postcode: Any, city: Any, town: Any) -> Any:
    """Return 2 when a postcode serves a town, 1 when it serves its municipality, 0 when neither."""
    if postcode < 0:
        return 0
    codes = index.postcodes
    row, end = 0, len(codes.code)
    while row < end:
        middle = (row + end) // 2
        if codes.code[middle] < postcode:
            row = middle + 1
        else:
            end = middle
    served = 0
    while row < len(codes.code) and codes.code[row] == postcode:
        if codes.city[row] == city:
            above = index.town_parent[town] if town >= 0 else NONE
            served = 2 if town >= 0 and (codes.town[row] == town or codes.town[row] == above) else max(served, 1)
        row += 1
    return served


@fused
def _chome_bonus(tokens: Any, count: Any, reading: Any) -> Any:
    """Return what a chome without 丁目 added to a reading: that a town has chome speaks for no municipality."""
    if reading[MARKS] & tables.IMPLICIT != 0:
        return 16 - 2
    if reading[CHOME_NUMBER] > 0 and is_number(at(tokens, count, reading[TOWN_END] - 1)):
        return 16 - 3
    return 0


@fused
def _city(index: Any, work: Any, count: Any, entry: Any, prefecture_end: Any, end: Any, postcode: Any) -> None:
    """Try the reading with one municipality, today's or former, that ends at a place."""
    cities, prefectures = len(index.city_prefecture), index.prefectures
    root = tables.SHARED + prefectures + entry
    former = entry - cities if entry >= cities else NONE
    city = index.former_city[former] if former >= 0 else entry
    trial = work.trial
    begin(trial, index.city_prefecture[city], city, prefecture_end, end)
    trial[AT_FORMER] = former
    towns_at(index, work, count, trial, root, end)
    if index.city_prefecture[city] == index.kyoto:
        _streets(index, work, count, trial, root, end)
    if trial[AT_TOWN] >= 0:
        trial[AT_CITY] = index.town_city[trial[AT_TOWN]]
    trial[SCORE] += 16 * end if trial[AT_TOWN] < 0 else -_chome_bonus(work.tokens, count, trial)
    trial[SCORE] += 4 * serves(index, postcode, trial[AT_CITY], trial[AT_TOWN]) - (1 if former >= 0 else 0)
    _keep(work)


@inner
def _cities(index: Any, work: Any, count: Any, root: Any, prefecture_end: Any, place: Any, postcode: Any) -> None:
    """Try every municipality that the text names at a place."""
    names = index.names
    ends, nodes = work.found_ends, work.found_nodes
    for i in range(walk(names, root, work.tokens, place, count, ends, nodes)):
        for entry in range(names.first[nodes[i]], names.first[nodes[i] + 1]):
            _city(index, work, count, np.int64(names.entries[entry]), prefecture_end, ends[i], postcode)


@inner
def _city_left_out(index: Any, work: Any, count: Any, prefecture: Any, place: Any, postcode: Any) -> None:
    """Try towns whose municipality is not written: one place must have the name, or the postcode must name it."""
    names = index.names
    ends, nodes = work.found_ends, work.found_nodes
    start = after_prefix(work.tokens, count, place)
    for i in range(walk(names, tables.ANY_TOWN, work.tokens, start, count, ends, nodes)):
        city, several = np.int64(NONE), 0
        for entry in range(names.first[nodes[i]], names.first[nodes[i] + 1]):
            town = names.entries[entry]
            one = np.int64(index.town_city[town])
            if prefecture >= 0 and index.city_prefecture[one] != prefecture:
                continue
            if postcode >= 0 and serves(index, postcode, one, town) == 0:
                continue
            if city >= 0 and city != one:
                several += 1
            city = one
        if city < 0 or several > 0:
            continue
        begin(work.trial, index.city_prefecture[city], city, place, place)
        towns_at(index, work, count, work.trial, tables.SHARED + index.prefectures + city, place)
        if work.trial[AT_TOWN] >= 0 and (prefecture >= 0 or postcode >= 0 or work.trial[TOWN_END] < count):
            work.trial[CITY_END] = NONE
            work.trial[SCORE] -= 8
            _keep(work)


@inner
def find_place(index: Any, work: Any, count: Any, place: Any, postcode: Any) -> None:
    """Write the best reading of the text from a place on to `work.best`."""
    names = index.names
    begin(work.best, NONE, NONE, place, place)
    full = False
    met = walk(names, tables.PREFECTURES, work.tokens, place, count, work.head_ends, work.head_nodes)
    for i in range(met):
        entry = np.int64(names.entries[names.first[work.head_nodes[i]]])
        end, prefecture = np.int64(work.head_ends[i]), entry & tables.ROW
        implicit = entry & tables.IMPLICIT != 0
        _cities(index, work, count, tables.SHARED + prefecture, end, end, postcode)
        if not implicit:
            full = True
            if work.best[AT_CITY] < 0:
                _city_left_out(index, work, count, prefecture, end, postcode)
            if work.best[AT_CITY] < 0 and work.best[AT_PREFECTURE] < 0:
                begin(work.best, prefecture, NONE, end, end)
                work.best[SCORE] = 16 * end
    if not full:
        _cities(index, work, count, tables.ANY_CITY, place, place, postcode)
        if work.best[AT_CITY] < 0:
            _city_left_out(index, work, count, NONE, place, postcode)
