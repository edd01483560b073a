"""A nation in which addresses are written, for the tests of `normalise`, and one way to read one address in it.

Bunkyo-ku: 白山 with three 丁目 of residence indication, numbers 1-1 to 1-3 and 21-4 in the first and third. Wakayama:
lots in 大河内 and 葵町, which has residence numbers as well. Nachikatsuura: a 大字 with a koaza. 府中市 stands in two
prefectures, 本町 in both.
Kyoto has 真町 in two wards. Of Sapporo, Niseko, Chiyoda and Ryugasaki only towns are known, as postcodes tell them.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa

from umaya.engines.address import normalise
from umaya.engines.address.build import CITIES, FORMERS, PARCELS, POINTS, POSTCODES, TOWNS, Sources, build
from umaya.engines.address.index import NONE, AddressIndex

BUNKYO, CHIYODA, WAKAYAMA = 131059, 131016, 302015
CITY_ROWS = [
    (BUNKYO, "東京都", "", "文京区", ""),
    (CHIYODA, "東京都", "", "千代田区", ""),
    (132063, "東京都", "", "府中市", ""),
    (342084, "広島県", "", "府中市", ""),
    (WAKAYAMA, "和歌山県", "", "和歌山市", ""),
    (304212, "和歌山県", "東牟婁郡", "那智勝浦町", ""),
    (11002, "北海道", "", "札幌市", ""),
    (11011, "北海道", "", "札幌市", "中央区"),
    (13951, "北海道", "虻田郡", "ニセコ町", ""),
    (261009, "京都府", "", "京都市", ""),
    (261041, "京都府", "", "京都市", "中京区"),
    (261068, "京都府", "", "京都市", "下京区"),
    (82082, "茨城県", "", "龍ケ崎市", ""),
    (32051, "岩手県", "", "花巻市", ""),
    (172065, "石川県", "", "加賀市", ""),
]
_LISTED = [
    *((BUNKYO, 1000 + n, "白山", f"{'一二三'[n - 1]}丁目", "", True) for n in (1, 2, 3)),
    (WAKAYAMA, 44000, "大河内", "", "", False),
    (WAKAYAMA, 1000, "葵町", "", "", True),
    (WAKAYAMA, 2000, "松ケ丘", "", "", False),
    (304212, 10000, "大字勝浦", "", "", False),
    (304212, 10147, "大字勝浦", "", "字関船山", False),
]
_POSTAL = [  # lg_code, town, has chome, postcode
    (CHIYODA, "霞が関", True, 1000013),
    (132063, "本町", True, 1830027),
    (342084, "本町", False, 7260000),
    (132063, "宮西町", True, 1830022),
    (11011, "北三条西", True, 600003),
    (13951, "富士見", False, 481500),
    (261041, "真町", False, 6040000),
    (261068, "真町", False, 6000000),
    (261041, "一之船入町", False, 6040924),
    (82082, "馴馬町", False, 3010000),
    (32051, "大迫町亀ケ森", False, 283204),
    (172065, "山代温泉", False, 9220242),
]
_POINTS = [
    (1001, 1, 1),
    (1001, 1, 2),
    (1001, 1, 3),
    (1001, 21, 4),
    (1003, 1, 1),
    (1003, 1, 2),
    (1003, 1, 3),
    (1003, 21, 4),
]
_PARCELS = [(44000, "794-ﾛ", 7949000100000), (44000, "794-乙", 7949000200000), (44000, "12", 120000000000),
            (1000, "103-3", 1030000300000)]  # fmt: skip


def table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


@cache
def nation() -> AddressIndex:
    """Return the nation's index."""
    towns: list[tuple[Any, ...]] = [
        (code, one, oaza, chome, koaza, by, False, NONE, 135.0, 34.0) for code, one, oaza, chome, koaza, by in _LISTED
    ]
    towns += [(code, NONE, name, "", "", False, chome, post, None, None) for code, name, chome, post in _POSTAL]
    towns += [(172065, NONE, "山代温泉", "", "二十", False, False, NONE, 136.3, 36.2)]
    points = [
        (BUNKYO, town, block, home, NONE, f"{block}", f"{home}", 139.75 + home / 1e4, 35.72)
        for town, block, home in _POINTS
    ]
    points += [(WAKAYAMA, 1000, 1, 2, NONE, "1", "2", 135.16, 34.21)]
    parcels = [(WAKAYAMA, town, number, label, 135.16, 34.21) for town, label, number in _PARCELS]
    postcodes = [(post, code, name) for code, name, _, post in _POSTAL]
    formers = [(32051, "岩手県", "稗貫郡", "大迫町", date(2006, 1, 1))]
    return build(
        Sources(
            table(CITY_ROWS, CITIES), table(towns, TOWNS), table(points, POINTS), table(parcels, PARCELS),
            table(postcodes, POSTCODES), table(formers, FORMERS),
        )
    )  # fmt: skip


def read(text: str) -> dict[str, Any]:
    """Return what is not null of one address that was normalised."""
    row: dict[str, Any] = normalise(pa.array([text]), nation()).to_pylist()[0]
    return {name: value for name, value in row.items() if value is not None}


def parts(text: str) -> list[tuple[str, str]]:
    """Return the spans of an address as (part, text)."""
    return [(one["part"], text[one["start"] : one["end"]]) for one in read(text)["spans"]]
