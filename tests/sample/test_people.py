"""Names, addresses and households of the sample town: Japanese, invented, consistent."""

from __future__ import annotations

import re

import numpy as np
import pyarrow.compute as pc

from umaya.sample import Town
from umaya.sample.names import GIVEN_NAMES, SURNAMES
from umaya.sample.people import addresses

KANJI = re.compile(r"[一-鿿々﨑]+")
KATAKANA = re.compile(r"[ァ-ヶー]+")


def test_name_lists_pair_kanji_with_katakana() -> None:
    for names in (SURNAMES, GIVEN_NAMES):
        assert all(KANJI.fullmatch(name) for name in names[::2])
        assert all(KATAKANA.fullmatch(name) for name in names[1::2])
        assert len(set(names[::2])) == len(names) // 2


def test_addresses_count_along_the_street() -> None:
    """Two houses on one street, one on another, one in a valley: 番 by street, 号 along it, 番地 in the valley."""
    house = np.array([[10.0, 10.0], [20.0, 10.0], [10.0, 20.0], [3000.0, 0.0]])
    found = addresses(0, house, way=np.array([1, 1, 2, 3]), valley=np.array([-1, -1, -1, 2])).to_pylist()

    assert found[0].startswith("水無瀬市")
    assert [re.sub(r".*丁目", "", a) for a in found[:3]] == ["1番1号", "1番2号", "2番1号"]
    assert found[3] == "水無瀬市大字滝ノ上1番地"


def test_every_home_has_a_household_with_a_japanese_name(town: Town) -> None:
    people, boxes = town.households, town.letterboxes
    names = pc.unique(people["head_name"]).to_pylist()
    counts = people.group_by("letterbox_id").aggregate([("household_id", "count")])
    homes = dict(zip(boxes["letterbox_id"].to_pylist(), boxes["homes"].to_pylist(), strict=True))

    assert all(len(n.split()) == 2 and all(KANJI.fullmatch(part) for part in n.split()) for n in names)
    assert all(KATAKANA.fullmatch(k.replace(" ", "")) for k in pc.unique(people["head_kana"]).to_pylist())
    assert dict(zip(counts["letterbox_id"].to_pylist(), counts["household_id_count"].to_pylist(), strict=True)) == homes
    assert len(set(people["household_id"].to_pylist())) == people.num_rows
    assert 1 <= pc.min(people["members"]).as_py() <= pc.max(people["members"]).as_py() <= 6
