"""How what somebody typed may go on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.address.small_nation import nation, readings
from umaya.engines.address.suggest import suggest
from umaya.engines.address.suggest_lists import beginning_with, keys_of, lists, plain, standing_for

INDEX = nation()
LISTS = lists(INDEX, readings(INDEX))


def told(typed: str, limit: int = 10) -> list[str]:
    return [one.text for one in suggest(INDEX, LISTS, typed, limit)]


@pytest.mark.parametrize(
    "typed",
    [
        "文京区本郷三",
        "文京区本郷3",
        "東京都文京区本郷３丁",
        "文京區本鄕三丁目",
        "ぶんきょうくほんごう3",
        "文京区ほんごう3",
        "bunkyo hongo 3",
        "Bunkyōku Hongō 3",
        "文京区 本郷 三丁目",
    ],
)
def test_a_beginning_in_any_spelling_or_sound_leads_to_the_town(typed: str) -> None:
    """Kanji and old kanji, kana, romaji, full-width digits, blanks, mixed."""
    assert told(typed)[0].startswith("東京都文京区本郷三丁目")


def test_towns_with_address_points_come_first_among_equals() -> None:
    """本郷 stands in Hokuto too, where nothing is known of its numbers."""
    assert told("本郷")[:2] == ["東京都文京区本郷", "北海道北斗市本郷"]


def test_a_municipality_comes_before_its_towns_with_and_without_its_county() -> None:
    """ニセコ町 of 虻田郡, by name, county and reading."""
    for typed in ("ニセコ", "虻田郡ニセ", "niseko", "ホッカイドウニセコ"):
        assert told(typed)[0] == "北海道虻田郡ニセコ町"


def test_a_county_or_the_city_of_a_ward_may_be_left_out() -> None:
    """Both are what people leave out."""
    assert told("ニセコ町富士")[0] == "北海道虻田郡ニセコ町字富士見"
    assert told("中央区北三条")[0] == "北海道札幌市中央区北三条西"


def test_a_small_word_before_a_town_need_not_be_typed_and_may_be() -> None:
    """字富士見."""
    assert told("ニセコ町字富士") == told("ニセコ町富士")


def test_numbers_go_on_block_by_block_and_number_by_number() -> None:
    """本郷三丁目 has the blocks 1 and 12, each with 1, 2 and 10."""
    assert told("本郷3-1") == ["東京都文京区本郷三丁目1", "東京都文京区本郷三丁目12"]
    assert told("本郷三丁目12番") == [f"東京都文京区本郷三丁目12-{number}" for number in (1, 2, 10)]
    assert told("本郷三丁目12番1") == ["東京都文京区本郷三丁目12-1", "東京都文京区本郷三丁目12-10"]
    assert told("本郷三丁目12番10号") == ["東京都文京区本郷三丁目12-10"]


def test_parcels_go_on_where_there_is_no_residence_indication() -> None:
    """秋月57-2 and 57-10."""
    assert told("和歌山市秋月57") == ["和歌山県和歌山市秋月57-2", "和歌山県和歌山市秋月57-10"]
    assert told("秋月57番地1") == ["和歌山県和歌山市秋月57-10"]


def test_numbers_that_nobody_lists_stay_behind_their_town() -> None:
    """Nothing that was typed is lost when the suggestion is taken."""
    assert told("中央区北3条西6-1") == ["北海道札幌市中央区北三条西6-1"]


def test_a_postcode_leads_to_its_towns() -> None:
    """With and without its sign and hyphen, from three digits on."""
    assert told("113") == told("〒113-0033") == told("１１３００３３") == ["東京都文京区本郷"]
    assert told("112") == ["東京都文京区", "東京都文京区白山"]


@pytest.mark.parametrize("typed", ["", " ", "存在しない町", "qqq", "99999999", "-", "字", "\u200b", "🏠", "本郷" * 60])
def test_what_fits_nothing_gets_nothing(typed: str) -> None:
    """An empty question too."""
    assert told(typed) == []


@settings(deadline=None)
@given(
    st.text(max_size=30) | st.from_regex(r"(文京区|本郷|bunkyo|ほん|３丁目|[0-9\-番号ー ]){0,6}", fullmatch=True),
    st.integers(1, 12),
)
def test_any_text_is_answered_within_the_limit_and_the_same_twice(typed: str, limit: int) -> None:
    """No text is an error."""
    answers = told(typed, limit)
    assert len(answers) == len(set(answers)) <= limit
    assert answers == told(typed, limit)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=4), st.integers(0, 5), st.integers(0, 9)), max_size=20), st.text(max_size=3))
def test_sorted_keys_answer_as_a_list_would(entries: list[tuple[str, int, int]], sought: str) -> None:
    """What begins with a text, and what is the text."""
    keys = keys_of(iter(entries))
    kept = {(key, row) for key, row, _ in entries if key}
    assert sorted(keys.row[beginning_with(keys, sought)].tolist()) == sorted(r for k, r in kept if k.startswith(sought))
    assert sorted(standing_for(keys, sought).tolist()) == sorted(row for key, row in kept if key == sought)


def test_variants_of_a_name_have_one_key() -> None:
    """Old kanji, IVS, half-width kana, 大字 and 字, kanji numbers before 丁目."""
    assert plain("大字濱ﾉ宮") == plain("浜の宮")
    assert plain("葛\U000e0100城") == plain("葛城")
    assert plain("本郷十二丁目３番地の４号") == plain("本郷12-3-4-")
    assert plain("佐々木") == plain("佐佐木")
