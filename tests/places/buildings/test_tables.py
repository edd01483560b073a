"""Address points and letterboxes from files: the columns needed, whole or refused, nothing of occupants."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from umaya.engines.buildings.schemas import LETTERBOXES, POINTS
from umaya.places.buildings.tables import read_letterboxes, read_points
from umaya.types.errors import InputError

POINT = "lg_code,machiaza_id,blk_id,rsdt_id,rsdt2_id,lon,lat\n"
BOX = "letterbox_id,lg_code,machiaza_id,blk_id,rsdt_id,building,room,lon,lat,occupant\n"


def write(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_ids_stay_texts_and_keep_their_zeros(tmp_path: Path) -> None:
    text = POINT + "131059,0001001,001,001,,139.75,35.71\n"
    table = read_points(write(tmp_path, text))
    assert table.schema == POINTS
    assert table.to_pylist()[0]["blk_id"] == "001"
    assert table.equals(read_points(write(tmp_path, text, "t.csv.gz")))
    pq.write_table(table, tmp_path / "t.parquet")
    assert table.equals(read_points(tmp_path / "t.parquet"))


def test_position_files_of_the_registry_are_read_as_they_are(tmp_path: Path) -> None:
    head = "lg_code,machiaza_id,blk_id,rsdt_id,rsdt2_id,rep_lon,rep_lat,rep_srid\n"
    table = read_points(write(tmp_path, head + "131059,0001001,001,001,,139.75,35.71,EPSG:6668\n"))
    assert table["lon"].to_pylist() == [139.75]


def test_occupants_never_leave_the_file(tmp_path: Path) -> None:
    table = read_letterboxes(write(tmp_path, BOX + "x,131059,0001001,001,001,コーポ,101,,,山田\n"))
    assert table.schema == LETTERBOXES
    assert "山田" not in str(table.to_pylist())
    row = table.to_pylist()[0]
    assert (row["lon"], row["room"], row["real_estate_id"], row["rsdt2_id"]) == (None, "101", None, "")


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("lg_code\n1\n", "field `machiaza_id`", "missing"),
        (POINT + "131059,1,1,1,,here,35.7\n", "row 1: field `lon`", "not a number"),
        (POINT + "131059,1,1,1,,139.7,35.7\n131059,1,1,1,,,35.7\n", "row 2: field `lon`", "missing or outside"),
        (POINT + "131059,1,1,1,,35.7,139.7\n", "row 1: field `lon`", "outside Japan"),
        (POINT + "131059,1,1,1,,139.7,nan\n", "row 1: field `lat`", "outside Japan"),
        (POINT + "131059,1\n", "t.csv", "cannot be read"),
        ("", "t.csv", "cannot be read"),
        (POINT.replace("lat", "lon"), "t.csv", "cannot be read"),
    ],
)
def test_a_fault_names_row_and_field(tmp_path: Path, text: str, place: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as fault:
        read_points(write(tmp_path, text))
    assert place in str(fault.value)
    assert "here" not in str(fault.value)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("x,1,1,1,1,,,,,\nx,1,1,1,1,,,,,\n", "row 2: field `letterbox_id`: another row"),
        (",1,1,1,1,,,,,\n", "field `letterbox_id`: a row has none"),
        ("x,1,1,1,1,,,35.7,139.7,\n", "row 1: field `lon`"),
    ],
)
def test_a_letterbox_that_cannot_be_told_apart_is_refused(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_letterboxes(write(tmp_path, BOX + rows))


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    (tmp_path / "sjis.csv").write_bytes((POINT.strip() + ",備考\n").encode("cp932"))
    for name in ("t.parquet", "none.csv", "sjis.csv"):
        with pytest.raises(InputError, match="cannot be read"):
            read_points(tmp_path / name)


def test_parquet_with_numbers_for_ids_is_refused(tmp_path: Path) -> None:
    """131059 as a number is harmless, 001 as a number is 1: another address."""
    row = {"lg_code": "131059", "machiaza_id": "0001001", "blk_id": 1, "rsdt_id": "001", "lon": 139.7, "lat": 35.7}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="holds numbers"):
        read_points(tmp_path / "t.parquet")
    pq.write_table(pa.Table.from_pylist([row | {"blk_id": "001", "lon": date(2026, 1, 1)}]), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="does not hold numbers"):
        read_points(tmp_path / "t.parquet")


def test_a_table_without_rows_is_one(tmp_path: Path) -> None:
    assert read_points(write(tmp_path, POINT)).num_rows == 0
    assert isinstance(read_letterboxes(write(tmp_path, BOX)), pa.Table)
