"""Spelling: what is written in many ways becomes one row of symbols, and each symbol knows where it was written.

A symbol is the code point of the character that stands for its group (kana, width, case and kanji variants folded), or
`NUMBER` plus a value for a whole number in any digits (21, ２１, 二十一, 二一). Both the index and the text go through
here, so a fold need not be right as language, it must only be the same on both sides. Characters that select a glyph or
have no width belong to the symbol before them; spaces make no symbol but are remembered as a gap before the next one.

The groups of kanji and their sources stand in `variants/*.txt`; further ones are added there, one group a line.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from umaya.engines.address.index import Symbols, Texts
from umaya.engines.kernels import fused, inner, kernel

NUMBER = 1 << 30
"""First symbol that is a number."""
LARGEST = (1 << 29) - 1
"""No number of an address is larger: all that are, are read as this one."""

SKIP, GAP, VOICED, HALF_VOICED = 1, 2, 3, 4
DIGIT, KANJI_DIGIT, KANJI_UNIT = 0x110000, 0x110010, 0x110020
HYPHEN = ord("-")

_SIZE = 0x32000
_SELECTORS = 0xE0000
_HYPHENS = "-‐‑‒–—―−⁃﹘﹣－ーｰ─━˗➖⎯⏤⸺⸻"
_ALIKE = ("がガけケヶヵ箇个", "のノ之乃", "つツッ", "ろロ")
_KANJI_DIGITS = "〇一二三四五六七八九"
_FORMAL_DIGITS = {"零": 0, "壱": 1, "壹": 1, "弌": 1, "弐": 2, "貳": 2}
_KANJI_UNITS = "十百千万"


class Fold(NamedTuple):
    """The fold: for each code point its symbol, or what else it is; and its symbol with a voice mark (濁点, 半濁点)."""

    symbol: npt.NDArray[np.int32]
    voiced: npt.NDArray[np.int32]
    half_voiced: npt.NDArray[np.int32]


class Tokens(NamedTuple):
    """Room for the symbols of one text: symbol, its bytes from `begin` to `end`, whether a gap stands before it.

    `code` is the first character as it was written, `width` the number of characters of a number.
    """

    symbol: npt.NDArray[np.int32]
    begin: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    gap: npt.NDArray[np.bool_]
    code: npt.NDArray[np.int32]
    width: npt.NDArray[np.int32]


def groups() -> list[str]:
    """Return the groups of kanji that stand for one another."""
    folder = files("umaya.engines.address") / "variants"
    lines = (line for name in sorted(VARIANTS) for line in (folder / name).read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


VARIANTS = ("jis_levels.txt", "new_forms.txt", "place_names.txt")


@cache
def fold() -> Fold:
    """Return the fold, made once in a process."""
    symbol = np.arange(_SIZE, dtype=np.int32)
    for code in range(0x10000):
        symbol[code] = _plain(chr(code))
    _join(symbol, (*groups(), *_ALIKE))
    for character in _HYPHENS:
        symbol[ord(character)] = HYPHEN
    for value in range(10):
        symbol[[ord("0") + value, ord("０") + value]] = DIGIT + value
    numerals = {character: KANJI_DIGIT + value for value, character in enumerate(_KANJI_DIGITS)}
    numerals |= {character: KANJI_DIGIT + value for character, value in _FORMAL_DIGITS.items()}
    numerals |= {character: KANJI_UNIT + power for power, character in enumerate(_KANJI_UNITS, start=1)}
    groups_of = {character: int(symbol[ord(character)]) for character in numerals}
    for character, numeral in numerals.items():
        symbol[symbol == groups_of[character]] = numeral
    voiced = [_marked(symbol, mark) for mark in "\u3099\u309a"]
    for mark, kind in (("\u3099ﾞ゛", VOICED), ("\u309aﾟ゜", HALF_VOICED)):
        for character in mark:
            symbol[ord(character)] = kind
    arrays = (symbol, *voiced)
    for array in arrays:
        array.setflags(write=False)
    return Fold(*arrays)


def digest() -> str:
    """Return what names the fold: an index that was folded otherwise cannot be read with it."""
    return hashlib.sha256(b"".join(array.tobytes() for array in fold())).hexdigest()[:16]


def _plain(character: str) -> int:
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return GAP
    if category == "Cf" or (category == "Mn" and character not in "\u3099\u309a"):
        return SKIP
    if category == "Cs":
        return ord(character)
    wide = unicodedata.normalize("NFKC", character)
    if len(wide) == 1 and category != "No":
        character = wide
    lower = character.lower()
    code = ord(lower) if len(lower) == 1 else ord(character)
    return code - 0x60 if ord("ァ") <= code <= ord("ヶ") else code


def _join(symbol: npt.NDArray[np.int32], alike: tuple[str, ...]) -> None:
    """Give all members of groups that overlap the smallest symbol among them."""
    leader: dict[int, int] = {}

    def find(code: int) -> int:
        while leader.setdefault(code, code) != code:
            code = leader[code]
        return code

    for group in alike:
        found = [find(int(symbol[ord(character)])) for character in group]
        for other in found:
            leader[other] = min(found)
            leader[min(found)] = min(found)
    of_symbol = np.arange(_SIZE, dtype=np.int32)
    for code in leader:
        of_symbol[code] = find(code)
    inside = symbol < _SIZE
    symbol[inside] = of_symbol[symbol[inside]]


def _marked(symbol: npt.NDArray[np.int32], mark: str) -> npt.NDArray[np.int32]:
    """Return for each kana its symbol with a voice mark; 0 for what takes none."""
    marked = np.zeros(_SIZE, dtype=np.int32)
    for code in range(ord("ぁ"), ord("ヺ")):
        composed = unicodedata.normalize("NFC", chr(code) + mark)
        if len(composed) == 1:
            marked[code] = symbol[ord(composed)]
    for code in range(ord("ｦ"), ord("ﾝ") + 1):
        marked[code] = marked[ord(unicodedata.normalize("NFKC", chr(code)))]
    return marked


def room(length: int) -> Tokens:
    """Return room for the symbols of a text of so many bytes."""
    size = length + 8
    numbers = [np.zeros(size, np.int32) for _ in range(5)]
    return Tokens._make([*numbers[:3], np.zeros(size, np.bool_), *numbers[3:]])


@inner
def decode(data: Any, at: Any, stop: Any) -> Any:
    """Return the code point at a byte and the next byte; a byte that is not UTF-8 is U+FFFD by itself."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, at + 1
    length = 2 if 0xC2 <= first < 0xE0 else 3 if 0xE0 <= first < 0xF0 else 4 if 0xF0 <= first < 0xF5 else 1
    if length == 1 or at + length > stop:
        return np.int64(0xFFFD), at + 1
    code = first & (0x7F >> length)
    for k in range(1, length):
        byte = np.int64(data[at + k])
        if byte & 0xC0 != 0x80:
            return np.int64(0xFFFD), at + 1
        code = code << 6 | byte & 0x3F
    return code, at + length


@fused
def _value(total: Any, section: Any, value: Any, symbol: Any) -> Any:
    """Return the three sums of a number in kanji or digits after one more of its characters."""
    if symbol < KANJI_UNIT:
        value = value * 10 + (symbol & 15)
    elif symbol == KANJI_UNIT + 4:
        total, section, value = total + max(section + value, np.int64(1)) * 10000, np.int64(0), np.int64(0)
    else:
        section, value = section + max(value, np.int64(1)) * 10 ** (symbol - KANJI_UNIT), np.int64(0)
    large = np.int64(LARGEST)
    return min(total, large), min(section, large), min(value, large)


@fused
def _attach(out: Any, last: Any, symbol: Any, end: Any, fold: Any, is_number: Any) -> None:
    """Let a character without a width belong to the symbol before it; a voice mark changes that symbol."""
    out.end[last] = end
    code = np.int64(out.code[last])
    if symbol != SKIP and not is_number and code < _SIZE:
        marked = fold.voiced[code] if symbol == VOICED else fold.half_voiced[code]
        if marked != 0:
            out.symbol[last] = marked


@inner
def tokenise(data: Any, start: Any, stop: Any, fold: Any, out: Any) -> Any:
    """Write the symbols of the text `data[start:stop]` to `out`, offsets counted from `start`; return how many.

    Digits side by side are one number when they are of one kind: 二12 is two numbers.
    """
    count = kind = 0  # kind of the number that is being read: 0 none, DIGIT or KANJI_DIGIT
    total, section, value = np.int64(0), np.int64(0), np.int64(0)
    gap = False
    at = start
    while at < stop:
        code, after = decode(data, at, stop)
        symbol = np.int64(SKIP) if code >= _SELECTORS else code if code >= _SIZE else np.int64(fold.symbol[code])
        at, begin = after, at
        if symbol == GAP:
            gap, kind = True, 0
            continue
        if symbol < GAP or symbol in (VOICED, HALF_VOICED):
            attached = count > 0 and not gap
            if attached:
                _attach(out, count - 1, symbol, after - start, fold, kind != 0)
            if attached or symbol == SKIP:
                continue
            symbol = code
        now = (DIGIT if symbol < KANJI_DIGIT else KANJI_DIGIT) if DIGIT <= symbol <= KANJI_UNIT + 4 else 0
        if now == 0 or now != kind or gap:
            out.begin[count], out.gap[count], out.code[count] = begin - start, gap, code
            out.symbol[count], out.width[count] = symbol, 0
            count += 1
            total, section, value = np.int64(0), np.int64(0), np.int64(0)
        if now != 0:
            total, section, value = _value(total, section, value, symbol)
            out.symbol[count - 1] = NUMBER + min(total + section + value, np.int64(LARGEST))
            out.width[count - 1] += 1
        out.end[count - 1] = after - start
        kind, gap = now, False
    return count


@kernel
def _fold_all(data: Any, offsets: Any, fold: Any, tokens: Any, out: Any, ends: Any) -> Any:
    used = 0
    for row in range(len(offsets) - 1):
        count = tokenise(data, offsets[row], offsets[row + 1], fold, tokens)
        out[used : used + count] = tokens.symbol[:count]
        used += count
        ends[row + 1] = used
    return used


def folded(texts: Texts) -> Symbols:
    """Return the symbols of every string of `texts`."""
    longest = int(np.diff(texts.offsets).max(initial=0))
    out = np.zeros(len(texts.data), np.int32)
    ends = np.zeros(len(texts.offsets), np.int64)
    used = _fold_all(texts.data, texts.offsets, fold(), room(longest), out, ends)
    return Symbols(out[:used].copy(), ends)
