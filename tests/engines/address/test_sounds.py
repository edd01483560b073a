"""Kana and every romaji become one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.engines.address.sounds import is_reading, sound


@pytest.mark.parametrize(
    "spellings",
    [
        "ほんごう ホンゴウ ﾎﾝｺﾞｳ hongo hongou Hongō honngou HONGO",
        "しんじゅく shinjuku sinzyuku shinnjuku Sinjuku",
        "しんばし shimbashi shinbashi sinnbasi",
        "ぐんま gumma gunma",
        "さっぽろ sapporo サッポロ saporo",
        "ちゅうおうく chuoku chuouku tyuouku Chūōku",
        "おおつか otsuka ootsuka Ōtsuka",
        "けんいち ken'ichi kenn'ichi ken’ichi",
        "こんにち konnichi",
        "はっちょうぼり hatchobori hacchoubori",
        "まちづくり machizukuri matidukuri",
        "ふぁみりー famiri",
    ],
)
def test_all_ways_to_write_a_reading_sound_the_same(spellings: str) -> None:
    """Hepburn with and without macrons, Kunrei, what input methods take, both kana and half-width."""
    assert len({sound(spelling) for spelling in spellings.split()}) == 1


@pytest.mark.parametrize("word", ["shinjuku", "chuo", "tsukiji", "jimbocho", "fukuoka", "sapporo", "kyoto", "machida"])
def test_what_is_typed_so_far_sounds_like_the_beginning(word: str) -> None:
    """Letter by letter; only an m that is going to be an ん is left out here (`suggest` asks for both)."""
    beginnings = [word[:end] for end in range(1, len(word)) if not (word[end - 1] == "m" and word[end] in "bp")]
    assert [one for one in beginnings if not sound(word).startswith(sound(one))] == []


@given(st.text(alphabet=st.characters(min_codepoint=0x3041, max_codepoint=0x3093), max_size=12))
def test_hiragana_and_katakana_are_one(text: str) -> None:
    """Whatever the kana."""
    assert sound(text) == sound("".join(chr(ord(kana) + 0x60) for kana in text))


def test_kanji_are_no_reading() -> None:
    """Digits and hyphens may stand in one."""
    assert is_reading("ほんごう3-2")
    assert is_reading("Hongō 3-2")
    assert not is_reading("本郷")
    assert not is_reading("本ごう")
