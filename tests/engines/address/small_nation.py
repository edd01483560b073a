"""A nation of six municipalities, for reverse and suggest.

Bunkyo-ku has 本郷 with three 丁目 (two blocks of residence numbers in the third), and 白山. Wakayama has parcels in
秋月 and in 湊, which has residence indication. 本郷 stands in Hokuto too. A ward of Sapporo has 北三条西, whose 丁目
nobody lists.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from umaya.engines.address.build import CITIES, FORMERS, PARCELS, POINTS, POSTCODES, TOWNS, Sources, build
from umaya.engines.address.index import NONE, AddressIndex, strings
from umaya.engines.address.suggest_lists import Readings

BUNKYO, WAKAYAMA, HOKUTO, NISEKO, SAPPORO, CHUO = 131059, 302015, 12360, 13951, 11002, 11011
CITY_ROWS = [
    (BUNKYO, "東京都", "", "文京区", ""),
    (WAKAYAMA, "和歌山県", "", "和歌山市", ""),
    (HOKUTO, "北海道", "", "北斗市", ""),
    (NISEKO, "北海道", "虻田郡", "ニセコ町", ""),
    (SAPPORO, "北海道", "", "札幌市", ""),
    (CHUO, "北海道", "", "札幌市", "中央区"),
]
CITY_READINGS = {
    "文京区": ("", "ブンキョウク", ""),
    "和歌山市": ("", "ワカヤマシ", ""),
    "北斗市": ("", "ホクトシ", ""),
    "虻田郡ニセコ町": ("アブタグン", "ニセコチョウ", ""),
    "札幌市": ("", "サッポロシ", ""),
    "札幌市中央区": ("", "サッポロシ", "チュウオウク"),
}
READINGS = {
    "東京都": "トウキョウト",
    "和歌山県": "ワカヤマケン",
    "北海道": "ホッカイドウ",
    "白山": "ハクサン",
    "秋月": "アキヅキ",
    "湊": "ミナト",
    "北三条西": "キタ３ジョウニシ",
    "字富士見": "フジミ",
} | dict.fromkeys(("本郷", "本郷一丁目", "本郷二丁目", "本郷三丁目"), "ホンゴウ")


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def _town(code: int, machiaza: int, oaza: str, chome: str = "", *, residence: bool = False, lon: float | None = None,
          lat: float | None = None, listed: bool = True, postcode: int = NONE) -> tuple[Any, ...]:  # fmt: skip
    return (code, machiaza if listed else NONE, oaza, chome, "", residence, not listed, postcode, lon, lat)


def sources() -> Sources:
    """Return the tables that the nation is made from."""
    towns = [
        *(
            _town(BUNKYO, 7000 + n, "本郷", f"{kanji}丁目", residence=True)
            for n, kanji in ((1, "一"), (2, "二"), (3, "三"))
        ),
        _town(BUNKYO, 1000, "白山", residence=True, lon=139.751, lat=35.717),
        _town(WAKAYAMA, 2000, "秋月", lon=135.2037, lat=34.2304),
        _town(WAKAYAMA, 369000, "湊", residence=True, lon=135.15, lat=34.23),
        _town(HOKUTO, 0, "本郷", listed=False, postcode=410300),
        _town(NISEKO, 5000, "字富士見", lon=140.68, lat=42.80),
        _town(CHUO, 0, "北三条西", listed=False, postcode=600003),
    ]
    points = [
        (BUNKYO, 7003, block, number, NONE, str(block), str(number), 139.76 + block / 1000 + number / 10000, 35.708)
        for block in (1, 12)
        for number in (1, 2, 10)
    ]
    parcels = [
        (WAKAYAMA, 2000, 570000200000, "57-2", 135.2000, 34.2340),
        (WAKAYAMA, 2000, 570001000000, "57-10", 135.2010, 34.2340),
        (WAKAYAMA, 2000, 600000000000, "60", None, None),
        (WAKAYAMA, 369000, 10000100000, "1-1", 135.1500, 34.2300),
    ]
    return Sources(
        _table(CITY_ROWS, CITIES),
        _table(towns, TOWNS),
        _table(points, POINTS),
        _table(parcels, PARCELS),
        _table([(1120001, BUNKYO, "白山"), (1130033, BUNKYO, "本郷"), (1120000, BUNKYO, "")], POSTCODES),
        FORMERS.empty_table(),
    )


def nation() -> AddressIndex:
    """Return the index of the nation."""
    return build(sources())


def readings(index: AddressIndex) -> Readings:
    """Return the readings of its rows."""
    prefectures, towns = (
        [READINGS.get(name, "") for name in strings(table)] for table in (index.prefectures.name, index.towns.name)
    )
    return Readings(prefectures, [CITY_READINGS[name] for name in strings(index.cities.name)], towns)
