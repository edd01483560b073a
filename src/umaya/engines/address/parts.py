"""The parts of an address, the words that mark them, and the room in which one text is read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from umaya.engines.address.index import NONE, AddressIndex, Bytes, Hashes, Ints, Longs, Postcodes, Trie
from umaya.engines.address.spelling import HYPHEN, NUMBER, Tokens, fold, room
from umaya.engines.kernels import fused

SEPARATOR, POSTCODE, PREFECTURE, CITY, TOWN, STREET, BLOCK, NUMBERS, BUILDING, ROOM, CARE_OF, REST = range(12)
PARTS = ("separator", "postcode", "prefecture", "city", "town", "street", "block", "number", "building", "room",
         "care_of", "rest")  # fmt: skip
"""What a character of the input belongs to, by number: exactly one of these."""

NOWHERE, OF_PREFECTURE, OF_CITY, OF_TOWN, OF_BLOCK, OF_PARCEL, OF_NUMBER = range(7)
LEVELS = ("none", "prefecture", "city", "town", "block", "parcel", "number")
"""How finely an address was found in the index."""


def symbol(character: str) -> int:
    """Return the symbol of one character."""
    return int(fold().symbol[ord(character)])


NO = symbol("の")
LARGE, AZA, SMALL = symbol("大"), symbol("字"), symbol("小")
CHO, ME = symbol("丁"), symbol("目")
BAN, CHI, GO, OUTSIDE, WITHOUT = symbol("番"), symbol("地"), symbol("号"), symbol("外"), symbol("無")
SHITSU, KAI, F = symbol("室"), symbol("階"), symbol("f")
SAMA, KATA = symbol("様"), symbol("方")
SAKI, NEAR = symbol("先"), symbol("付")
UP, DOWN, RU, IRU, RI = symbol("上"), symbol("下"), symbol("る"), symbol("入"), symbol("り")
EAST, WEST, NORTH, SOUTH, STREET_WORD = symbol("東"), symbol("西"), symbol("北"), symbol("南"), symbol("通")
POST_SIGN = symbol("〒")
STEMS = tuple(sorted(symbol(character) for character in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰午未申酉戌亥"))
AFTER_WORDS = tuple(symbol(character) for character in "階室棟館世丁fＦ")
WARI = symbol("割")
COMMAS = tuple(symbol(character) for character in "、,，.")

MOST_PIECES = 8
_KYOTO = 26


class Lookup(NamedTuple):
    """What of the index the kernels read; few arrays, because every one is an argument of every function."""

    names: Trie
    numbers: Hashes
    town_city: Ints
    town_flags: Ints
    town_parent: Ints
    city_prefecture: Ints
    former_city: Ints
    postcodes: Postcodes
    prefectures: int
    kyoto: int


def lookup_of(index: AddressIndex) -> Lookup:
    """Return what the kernels read of an index."""
    kyoto = np.flatnonzero(index.prefectures.code == _KYOTO)
    return Lookup(
        index.names, index.numbers, index.towns.city, index.towns.flags, index.towns.parent, index.cities.prefecture,
        index.formers.city, index.postcodes, len(index.prefectures.code), int(kyoto[0]) if len(kyoto) else NONE,
    )  # fmt: skip


class Work(NamedTuple):
    """Room for one text: its tokens, the part of each, ends met in the trie, the pieces of its number, its place.

    A piece is a value, the tokens from `piece_begin` to `piece_end` (its 番, 番地 or 号 included) and that word.
    """

    tokens: Tokens
    label: Bytes
    ends: Longs
    nodes: Longs
    deep_ends: Longs
    deep_nodes: Longs
    found_ends: Longs
    found_nodes: Longs
    head_ends: Longs
    head_nodes: Longs
    piece: Longs
    piece_begin: Longs
    piece_end: Longs
    word: Longs
    found: Longs
    best: Longs
    trial: Longs


def work_room(length: int) -> Work:
    """Return room for texts of up to so many bytes."""
    ends = [np.zeros(64, np.int64) for _ in range(8)]
    pieces = [np.zeros(MOST_PIECES + 1, np.int64) for _ in range(3)]
    fields = [np.zeros(16, np.int64) for _ in range(3)]
    value = np.zeros(MOST_PIECES + 1, np.int64)
    return Work._make([room(length), np.zeros(length + 8, np.uint8), *ends, value, *pieces, *fields])


@fused
def at(tokens: Any, count: Any, place: Any) -> Any:
    """Return the symbol at a place, 0 before the beginning and after the end."""
    return np.int64(tokens.symbol[place]) if 0 <= place < count else np.int64(0)


@fused
def is_number(one: Any) -> Any:
    """Whether a symbol is a number."""
    return one >= NUMBER


@fused
def is_in_word(tokens: Any, count: Any, place: Any, hyphened: Any) -> Any:
    """Whether a number begins a word, as in 3階, 21世紀, 2番館; and one in kanji, but after a hyphen, as in 千足."""
    if place + 1 < count and not tokens.gap[place + 1]:
        one, following = at(tokens, count, place + 1), at(tokens, count, place + 2)
        if one in AFTER_WORDS or ((one in (GO, BAN)) and following in AFTER_WORDS):
            return True
    code = np.int64(tokens.code[place])
    if hyphened or not (0x3000 <= code < 0xFF00) or place + 1 >= count or tokens.gap[place + 1]:
        return False
    one = np.int64(tokens.symbol[place + 1])
    if one == BAN:
        following = at(tokens, count, place + 2)
        return following not in (CHI, OUTSIDE, HYPHEN) and not is_number(following) and place + 2 < count
    return not (is_number(one) or is_link(one) or one == GO or one in COMMAS)


@fused
def is_mark(one: Any) -> Any:
    """Whether a symbol can stand for a number: a letter, a kana but の, or one of 甲乙丙 and the twelve branches."""
    return (ord("a") <= one <= ord("z")) or (0x3041 <= one <= 0x3093 and one != NO) or one in STEMS


@fused
def is_link(one: Any) -> Any:
    """Whether a symbol parts two pieces of a number."""
    return one in (HYPHEN, NO)


@fused
def after_prefix(tokens: Any, count: Any, place: Any) -> Any:
    """Return the place after 大字, 小字 or 字, or the same place."""
    one = at(tokens, count, place)
    if one == AZA:
        return place + 1
    if (one in (LARGE, SMALL)) and at(tokens, count, place + 1) == AZA:
        return place + 2
    return place
