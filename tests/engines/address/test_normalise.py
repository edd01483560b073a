"""`normalise`: what an address says, however it is written, and that nothing of it is lost."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.engines.address.written import nation, parts, read
from umaya.engines.address import normalise
from umaya.engines.address.normalise import RESULT

ADDRESS = ("東京都", "文京区", "白山三丁目", "1", "2", "131059", "0001003", "001", "002", "number")
FIELDS = ("prefecture", "city", "town", "block", "number", "lg_code", "machiaza_id", "blk_id", "rsdt_id", "level")


@pytest.mark.parametrize(
    "text",
    [
        "東京都文京区白山三丁目1番2号",
        "東京都文京区白山３丁目１番２号",
        "文京区白山三丁目一番二号",
        "文京区白山3-1-2",
        "文京区白山３－１－２",
        "文京区白山3‐1‑2",
        "文京区白山3−1—2",
        "文京区白山3ー1ｰ2",
        "文京区白山三ー一ー二",
        "文京区白山3の1の2",
        "文京区白山3の1番2号",
        "文京区白山3丁1番2号",
        "文京区白山3丁目1番地2号",
        "文京区白山3⎯1⏤2",
        "文京区白山3丁目1ノ2",
        "文京区白山3丁目1-2",
        "東京都 文京区　白山 3-1-2",
        "文京区白山 3 - 1 - 2",
        "〒112-0001 東京都文京区白山3-1-2",
        "1120001文京区白山3-1-2",
        "東京文京区白山3-1-2",
        "(自宅)東京都文京区白山3-1-2",
        "文京区白山\U000e01003-1-2",
    ],
)
def test_one_address_is_written_in_many_ways(text: str) -> None:
    found = read(text)
    assert tuple(found[field] for field in FIELDS) == ADDRESS


@pytest.mark.parametrize(
    ("text", "town", "number", "prc_id"),
    [
        ("和歌山市大河内794番地乙", "大河内", "794-乙", "007949000200000"),
        ("和歌山市大河内794-ロ", "大河内", "794-ロ", "007949000100000"),
        ("和歌山市大河内794番地の乙", "大河内", "794-乙", "007949000200000"),
        ("和歌山市大字大河内12番地", "大河内", "12", "000120000000000"),
        ("和歌山市葵町103番地3", "葵町", "103-3", "001030000300000"),
        ("和歌山市葵町百三番三", "葵町", "103-3", "001030000300000"),
    ],
)
def test_lots_are_found_with_marks_and_in_areas_of_residence_indication(
    text: str, town: str, number: str, prc_id: str
) -> None:
    found = read(text)
    assert (found["town"], found["number"], found["prc_id"], found["level"]) == (town, number, prc_id, "parcel")
    assert "block" not in found


def test_residence_numbers_come_before_lots_where_the_town_has_them() -> None:
    assert read("和歌山市葵町1-2")["rsdt_id"] == "002"
    assert read("和歌山市葵町103-3")["level"] == "parcel"


@pytest.mark.parametrize(
    ("text", "city", "town"),
    [
        ("札幌市北3条西6-1", "札幌市中央区", "北三条西六丁目"),
        ("北海道札幌市中央区北三条西六丁目1番地", "札幌市中央区", "北三条西六丁目"),
        ("ニセコ町字富士見55番地", "虻田郡ニセコ町", "富士見"),
        ("茨城県竜ヶ崎市馴馬町5387", "龍ケ崎市", "馴馬町"),
        ("茨城県龍ケ﨑市馴馬町5387", "龍ケ崎市", "馴馬町"),
        ("和歌山市松ヶ丘1", "和歌山市", "松ケ丘"),
        ("和歌山市松が丘1", "和歌山市", "松ケ丘"),
        ("和歌山市松丘1", "和歌山市", "松ケ丘"),
        ("和歌山縣和歌山市松ヶ丘1", "和歌山市", "松ケ丘"),
        ("那智勝浦町勝浦関船山12-3", "東牟婁郡那智勝浦町", "大字勝浦字関船山"),
        ("東牟婁郡那智勝浦町大字勝浦字関船山12", "東牟婁郡那智勝浦町", "大字勝浦字関船山"),
        ("加賀市山代温泉二十12番地", "加賀市", "山代温泉二十"),
        ("京都市中京区河原町通二条上る一之船入町384", "京都市中京区", "一之船入町"),
        ("京都市下京区四条通河原町東入真町52", "京都市下京区", "真町"),
        ("東京都霞が関2-1-6", "千代田区", "霞が関二丁目"),
        ("霞ヶ関2-1-6", "千代田区", "霞が関二丁目"),
        ("府中市宮西町2-24", "府中市", "宮西町二丁目"),
        ("183-0027 本町1-1", "府中市", "本町一丁目"),
    ],
)
def test_towns_are_found_by_what_is_left_out_or_spelt_otherwise(text: str, city: str, town: str) -> None:
    found = read(text)
    assert (found["city"], found["town"]) == (city, town)


def test_a_former_municipality_is_read_as_that_of_today_with_the_day_it_ended() -> None:
    for text in ("岩手県稗貫郡大迫町亀ケ森1-2", "岩手県稗貫郡大迫町大迫町亀ケ森1-2", "大迫町亀ケ森1-2"):
        found = read(text)
        assert (found["city"], found["town"], found["number"]) == ("花巻市", "大迫町亀ケ森", "1-2")
        assert str(found["former_until"]) == "2006-01-01"


@pytest.mark.parametrize("text", ["府中市", "府中市本町1-1", "本町1-1", "京都市真町52"])
def test_what_two_places_could_be_is_not_guessed(text: str) -> None:
    found = read(text)
    assert "city" not in found
    assert found["level"] in {"none", "prefecture"}
    assert found["confidence"] < 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("文京区白山3-1-2-305", {"number": "2", "room": "305"}),
        ("文京区白山3-1-2 305号室", {"number": "2", "room": "305号室"}),
        ("文京区白山3-1-2グリーンハイツ305", {"number": "2", "building": "グリーンハイツ305", "room": "305"}),
        ("文京区白山3-1-2 グリーンハイツ 305", {"number": "2", "building": "グリーンハイツ 305", "room": "305"}),
        ("文京区白山3-1-2第二ビル", {"number": "2", "building": "第二ビル"}),
        ("文京区白山3-1-2 21世紀ビル3F", {"number": "2", "building": "21世紀ビル3F", "room": "3F"}),
        ("文京区白山3-1-21世紀ビル", {"block": "1", "building": "21世紀ビル"}),
        ("文京区白山3-1-2 イ-3", {"number": "2", "building": "イ-3"}),
        ("文京区白山3-1-2-A棟101", {"number": "2", "building": "A棟101", "room": "101"}),
        ("文京区白山三丁目1番2号三番館", {"number": "2", "building": "三番館"}),
        ("文京区白山3-1-2 山田様方", {"number": "2", "rest": "山田様方"}),
        ("文京区白山3丁目1番2号先", {"number": "2", "rest": "先"}),
        ("和歌山市大河内無番地", {"number": "無番地"}),
        ("和歌山市大河内番外地", {"number": "番外地"}),
        ("和歌山市大河内C-3", {"number": "C-3"}),
        ("加賀市山代温泉甲12", {"number": "甲12"}),
        ("和歌山市大河内字野附475", {"number": "475", "rest": "字野附"}),
        ("和歌山市大河内第5地割12-3", {"number": "12-3", "rest": "第5地割"}),
    ],
)
def test_what_follows_the_town_is_parted(text: str, expected: dict[str, str]) -> None:
    found = read(text)
    assert {name: found.get(name) for name in expected} == expected


def test_a_number_that_the_registry_has_not_is_read_but_has_no_id() -> None:
    found = read("文京区白山3-1-99")
    assert (found["block"], found["number"], found["blk_id"], found["level"]) == ("1", "99", "001", "block")
    assert "rsdt_id" not in found
    found = read("文京区白山3-999-1")
    assert (found["block"], found["number"], found["level"]) == ("999", "1", "town")


def test_a_chome_that_is_not_there_is_left_over() -> None:
    """白山 has three 丁目, all listed: a ninth is neither made up nor taken for a number."""
    found = read("文京区白山9丁目1-1")
    assert (found["town"], found["rest"]) == ("白山", "9丁目")


def test_the_coordinate_is_that_of_the_level() -> None:
    number, town = read("文京区白山3-1-2"), read("文京区白山3-999-1")
    assert (number["lon"], number["lat"]) == (pytest.approx(139.7502), 35.72)
    assert (town["lon"], town["lat"]) == (135.0, 34.0)
    assert "lon" not in read("千代田区霞が関2")


def test_spans_say_what_each_character_belongs_to() -> None:
    assert parts("〒112-0001 東京都文京区白山3丁目1番2号 ハイツ305") == [
        ("postcode", "〒112-0001"),
        ("separator", " "),
        ("prefecture", "東京都"),
        ("city", "文京区"),
        ("town", "白山3丁目"),
        ("block", "1番"),
        ("number", "2号"),
        ("separator", " "),
        ("building", "ハイツ"),
        ("room", "305"),
    ]


PIECES = st.sampled_from(
    [
        *("東京都", "文京区", "白山", "府中市", "京都府京都市中京区", "大字", "字", "通", "上る"),
        *("3", "三", "百万", "9" * 30, "丁目", "番地", "番", "号", "の", "-", "ー", "甲", "無番地"),
        *(" ", "ハイツ", "様方", "〒", "\U000e0100", "ﾞ", "\u3099"),
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join)))
@example("\x00")
@example("😀東京都\U0010ffff")
@example("白山" * 3000)
@example("1-" * 5000)
@example("京都府京都市中京区" + "上る" * 3000)
@example("\U000e0100\U000e0100東京都")
@example("〒")
@example("ﾞ市 ﾞ山")
def test_every_character_of_any_text_lies_in_one_span(text: str) -> None:
    found = parts(text)
    assert "".join(span for _, span in found) == text
    assert all(span for _, span in found)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_digits_of_a_number_are_those_of_its_spans(text: str) -> None:
    """What stands in block and number was written there: nothing of a building or a room moves into them."""
    found, spans = read(text), parts(text)
    for part in ("block", "number"):
        assert (part in found) == any(one == part for one, _ in spans)


@given(
    town=st.sampled_from([1, 3]),
    number=st.sampled_from([(1, 1), (1, 2), (1, 3), (21, 4)]),
    digits=st.sampled_from(["0123456789", "０１２３４５６７８９", "〇一二三四五六七八九"]),
    link=st.sampled_from(["-", "－", "−", "ー", "の", "ノ", "‐"]),
    after=st.sampled_from(["", "-305", " 305", "号室", "グリーンハイツ", " 2階", "メゾン白山201号室"]),
    before=st.sampled_from(["東京都文京区", "文京区", "東京都 文京区 "]),
)
def test_the_id_survives_every_spelling(
    town: int, number: tuple[int, int], digits: str, link: str, after: str, before: str
) -> None:
    def spelt(value: int) -> str:
        return "".join(digits[int(digit)] for digit in str(value))

    if after == "号室":
        after = "-101号室"
    found = read(f"{before}白山{link.join(map(spelt, (town, *number)))}{after}")
    assert found["machiaza_id"] == f"000100{town}"
    assert (found["blk_id"], found["rsdt_id"]) == (f"{number[0]:03}", f"{number[1]:03}")


def test_a_column_keeps_its_order_and_its_nulls() -> None:
    addresses = pa.chunked_array([["文京区白山3-1-2", None], ["", "和歌山市葵町1-2"]])
    found = normalise(addresses, nation())
    assert found.schema == RESULT
    assert found["city"].to_pylist() == ["文京区", None, None, "和歌山市"]
    assert normalise(pa.array([], pa.string()), nation()).num_rows == 0
    sliced = normalise(pa.array(["x", "文京区白山3-1-2", "和歌山市"]).slice(1), nation())
    assert sliced["city"].to_pylist() == ["文京区", "和歌山市"]
    assert normalise(addresses.cast(pa.large_string()), nation()).equals(found)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="addresses are text"):
        normalise(pa.array([1]), nation())
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"\xed\xa0\x80")]
    )
    with pytest.raises(ValueError, match="UTF-8"):
        normalise(broken, nation())
