"""A tiny registry in files as they are published: two municipalities, three towns, two residence numbers and a lot."""

from __future__ import annotations

import gzip
from pathlib import Path

FILES = {
    "mt_city_all.csv": "lg_code,pref,county,county_kana,city,city_kana,ward,ward_kana,efct_date,ablt_date\n"
    "131059,東京都,,,文京区,ブンキョウク,,,1947-04-17,\n"
    "302015,和歌山県,,,和歌山市,ワカヤマシ,,,1947-04-17,\n"
    "302023,和歌山県,,,消えた市,,,,1947-04-17,2005-04-01\n",
    "mt_town_pref13.csv": "lg_code,machiaza_id,oaza_cho,oaza_cho_kana,chome,koaza,koaza_kana,"
    "rsdt_addr_flg,post_code,ablt_date\n"
    "131059,0001003,白山,ハクサン,３丁目,,,1,1120001,\n"
    "302015,0044000,大河内,オオコウチ,,,,0,,\n",
    "mt_town_pos_pref13.csv": "lg_code,machiaza_id,rep_lon,rep_lat\n131059,0001003,139.75,35.72\n",
    "mt_rsdtdsp_rsdt_pref13.csv": "lg_code,machiaza_id,blk_id,rsdt_id,rsdt2_id,oaza_cho,chome,koaza,"
    "blk_num,rsdt_num,rsdt_num2,rsdt_addr_flg,ablt_date\n"
    "131059,0001003,001,002,,白山,３丁目,,1,2,,1,\n"
    "131059,0001001,001,001,,白山,１丁目,,1,1,,1,\n",
    "mt_rsdtdsp_rsdt_pos_pref13.csv": "lg_code,machiaza_id,blk_id,rsdt_id,rsdt2_id,rep_lon,rep_lat\n"
    "131059,0001003,001,002,,139.7511,35.7211\n",
    "mt_parcel_city302015.csv": "lg_code,machiaza_id,prc_id,oaza_cho,chome,koaza,prc_num1,prc_num2,prc_num3,"
    "rsdt_addr_flg,ablt_date\n"
    "302015,0044000,007949000100000,大河内,,,794,ﾛ,,0,\n",
}
"""Text of each file by its name; lots have no positions here, and 白山一丁目 stands among the numbers only."""


def put(folder: Path, **changed: str) -> Path:
    """Write the registry, half of it gzipped; `changed` replaces the text of files, `.` of the name written as `_`."""
    folder.mkdir()
    for i, (name, text) in enumerate(FILES.items()):
        content = changed.get(name.replace(".", "_"), text).encode()
        if i % 2:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder
