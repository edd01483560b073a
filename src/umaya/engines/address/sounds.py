"""Sounds: a reading in kana, or in any romaji, becomes one form in which readings are compared.

`sound("ほんごう")`, `sound("ホンゴウ")`, `sound("Hongō")` and `sound("hongou")` are the same, and what somebody has
typed so far becomes the beginning of what the whole word becomes (but for an m that is going to be an ん). Hepburn,
Kunrei and what input methods accept are all read; long vowels and doubled consonants are not told apart. Digits and
hyphens stay.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "g": "がぎぐげご",
    "s": "さしすせそ",
    "z": "ざじずぜぞ",
    "t": "たちつてと",
    "d": "だ  でど",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "m": "まみむめも",
    "y": "や ゆ よ",
    "r": "らりるれろ",
    "w": "わ",
}
_KANA = {
    kana: row + vowel
    for row, kanas in _ROWS.items()
    for kana, vowel in zip(kanas, "aiueo", strict=False)
    if kana != " "
}
_KANA |= {"ぢ": "zi", "づ": "zu", "を": "o", "ん": "nn", "ゔ": "bu", "ゐ": "i", "ゑ": "e", "っ": "", "ー": ""}
_SMALL = dict(zip("ゃゅょぁぃぅぇぉゎ", ("ya", "yu", "yo", "a", "i", "u", "e", "o", "wa"), strict=True))
_LATIN = (
    (r"tch", "ch"),
    (r"([kgsztdhbpyrwfjcv])\1+", r"\1"),  # doubled consonants, but n and m
    (r"mm+", "Nm"),  # N is ん
    (r"m(?=[bp])", "N"),
    (r"n+'|nn+(?![aiueoyn'])|n(?=[^aiueoyn'])", "N"),
    (r"nn+(?=[aiueoy])", "Nn"),
    (r"sh(?=i|$)|s(?=hi)", "s"),
    (r"sh", "sy"),
    (r"ch(?=i|$)|c$", "t"),
    (r"ch", "ty"),
    (r"c", "k"),
    (r"ts(?=u|$)", "t"),
    (r"j(?=i|y|$)", "z"),
    (r"j", "zy"),
    (r"d(?=[iu])", "z"),
    (r"f", "h"),
    (r"v", "b"),
    (r"l", "r"),
    (r"wo", "o"),
    (r"N", "nn"),
)
_LONG = re.compile(r"o[ou]+|u{2,}")


def _of_kana(text: str) -> str:
    found = ""
    for kana in text:
        small = _SMALL.get(kana)
        if small is None:
            found += _KANA.get(kana, kana)
        else:  # きゃ is ki and a small ya: kya; ふぁ is hu and a small a: ha
            found = (found[:-1] if found[-1:] in "iue" else found) + small
    return found


def _of_latin(text: str) -> str:
    for pattern, form in _LATIN:
        text = re.sub(pattern, form, text)
    return text


@lru_cache(maxsize=4096)
def sound(text: str) -> str:
    """Return the form of a reading; characters that are neither kana nor letters stay as they are."""
    text = re.sub("[a-z']+", lambda run: _of_latin(run[0]), _hiragana(text))
    return _LONG.sub(lambda run: run[0][0], _of_kana(text)).replace(" ", "")


def is_reading(text: str) -> bool:
    """Return whether a text can be a reading: kana, letters, digits and hyphens alone."""
    return all(c in _KANA or c in _SMALL or c in "-' " or (c.isascii() and c.isalnum()) for c in _hiragana(text))


@lru_cache(maxsize=4096)
def _hiragana(text: str) -> str:
    """Return a text with katakana as hiragana, letters small and without the marks of long vowels."""
    text = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    text = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヴ" else c for c in text)
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if c not in "\u0302\u0304")
    return unicodedata.normalize("NFC", bare)
