"""Against the supplied registry of Bunkyo-ku and Wakayama and the nation's postcodes: ids, hard cases, no loss."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

from umaya.engines.address import AddressIndex, normalise, strings
from umaya.engines.address.build import texts_of, without_prefix
from umaya.engines.address.spelling import folded
from umaya.places.addresses.compiling import compile_index

DATA = Path(__file__).parents[4] / "shared" / "data" / "addresses"
IDS = ("lg_code", "machiaza_id", "blk_id", "rsdt_id")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason=f"no data at {DATA}")]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> AddressIndex:
    lists = [DATA / "towns_ishikawa_nara.csv.gz"]
    return compile_index(DATA, tmp_path_factory.mktemp("addresses") / "index", lists=lists)


def rows(name: str) -> pa.Table:
    text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys((*IDS, "address", "num", "rest"), pa.string()))
    return pyarrow.csv.read_csv(DATA / name, convert_options=text)


def test_the_supplied_spellings_have_their_ids_and_lose_no_character(index: AddressIndex) -> None:
    table = rows("variants.csv.gz")
    found = normalise(table["address"], index)
    right = [all(a[name] == b[name] for name in IDS) for a, b in zip(table.to_pylist(), found.to_pylist(), strict=True)]
    assert sum(right) / len(right) >= 0.9995
    for address, spans in zip(table["address"].to_pylist(), found["spans"].to_pylist(), strict=True):
        assert "".join(address[one["start"] : one["end"]] for one in spans) == address


def test_hard_spellings_name_their_town(index: AddressIndex) -> None:
    """Names are compared without 大字 and 字 and with variants of kanji folded; strictly fewer are equal."""
    table = rows("hard_cases.csv")
    found = normalise(table["address"], index)

    def names(of: pa.Table, fields: tuple[str, ...]) -> list[bytes]:
        parts = [[without_prefix(one or "") for one in of[field].to_pylist()] for field in fields]
        return [folded(texts_of(["|".join(row)])).data.tobytes() for row in zip(*parts, strict=True)]

    fields = ("prefecture", "city", "town")
    right = [a == b for a, b in zip(names(table, fields), names(found, fields), strict=True)]
    assert sum(right) / len(right) >= 0.98


def test_every_residence_number_is_found_under_its_own_name(index: AddressIndex) -> None:
    """Each number of the registry, written out in its official form, comes back with its own id and position."""
    points, blocks, towns, cities = index.points, index.blocks, index.towns, index.cities
    town_names, city_names = strings(towns.name), strings(cities.name)
    labels, block_labels = strings(points.label), strings(blocks.label)
    written = [
        f"{city_names[towns.city[town]]}{town_names[town]}{block_labels[block]}番{label}号"
        for town, block, label in zip(points.town.tolist(), points.block.tolist(), labels, strict=True)
    ]
    found = normalise(pa.array(written), index)
    assert pc.all(pc.equal(found["level"], "number")).as_py()
    assert pc.all(pc.equal(found["lon"], pa.array(points.lon))).as_py()
