"""Files of addresses: read as they come, the same rows out, or refused with file, row and field."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.address.written import nation
from umaya.engines.address import Normaliser
from umaya.places.addresses.files import COLUMNS, AddressFile
from umaya.types.errors import InputError


def normalised(path: Path, encoding: str = "utf-8") -> pa.Table:
    file = AddressFile(path, encoding)
    return pa.Table.from_batches(file.normalised(Normaliser(nation())), file.result_schema())


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".txt"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_rows_come_out_in_order_with_their_own_columns(tmp_path: Path, ending: str, start: str) -> None:
    path = tmp_path / f"in{ending}"
    addresses = ["文京区白山3-1-2", "", "和歌山市葵町1-2", "どこか"]
    if ending == ".parquet":
        pq.write_table(pa.table({"id": [1, 2, 3, 4], "address": addresses}), path)
    elif ending == ".csv":
        path.write_text(start + "id,address\n" + "".join(f"{i},{one}\n" for i, one in enumerate(addresses, 1)), "utf-8")
    else:
        path.write_text(start + "\n".join(addresses) + "\n", "utf-8")
    found = normalised(path)
    assert found.column_names == [*(["id"] if ending != ".txt" else []), "address", *COLUMNS]
    assert found["address"].to_pylist() == addresses
    assert found["city"].to_pylist() == ["文京区", None, "和歌山市", None]


def test_many_batches_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    numbers = [1 + i % 3 for i in range(100_000)]
    pq.write_table(pa.table({"address": [f"文京区白山3-1-{number}" for number in numbers]}), path)
    assert normalised(path)["number"].to_pylist() == [str(number) for number in numbers]


def test_nulls_dictionaries_and_long_cells_are_read(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    column = pa.array(["文京区白山3-1-2", None, "文京区" + "白" * 100_000]).dictionary_encode()
    pq.write_table(pa.table({"address": column}), path)
    assert normalised(path)["city"].to_pylist() == ["文京区", None, "文京区"]
    (tmp_path / "in.csv").write_text('address\n"文京区\n白山3-1-2"\n' + "文京区" + "白" * 700_000 + "\n", "utf-8")
    assert normalised(tmp_path / "in.csv")["town"].to_pylist() == ["白山三丁目", None]


def test_shift_jis_is_read_when_it_is_said_and_named_when_not(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("address\n文京区白山③-1-2\n", "cp932")
    with pytest.raises(InputError, match=r"in\.csv: line 2 is not text in utf-8.* --encoding cp932"):
        AddressFile(path)
    assert normalised(path, "cp932")["city"].to_pylist() == ["文京区"]
    (tmp_path / "in.txt").write_text("文京区白山3-1-2\n", "cp932")
    with pytest.raises(InputError, match=r"in\.txt: line 1 is not"):
        AddressFile(tmp_path / "in.txt")
    assert normalised(tmp_path / "in.txt", "cp932")["rsdt_id"].to_pylist() == ["002"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("in.csv", b"", "the file is empty"),
        ("in.csv", b"name\nx\n", "field `address`: the column is missing"),
        ("in.csv", b"address,address\nx,y\n", "stands there twice"),
        ("in.csv", b"address,city\nx,y\n", "field `city`: this column would be added"),
        ("in.csv", b"id,address\n1,x\n2\n", "row 2: the row has not as many fields"),
        ("in.parquet", b"PAR1", "the file is not what its ending says"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        normalised(tmp_path / name)


def test_a_column_of_numbers_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"address": [1]}), tmp_path / "in.parquet")
    with pytest.raises(InputError, match="the column is int64, not text"):
        AddressFile(tmp_path / "in.parquet")
    with pytest.raises(InputError, match="no such file"):
        AddressFile(tmp_path / "nowhere.csv")


def test_a_header_alone_gives_no_rows(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("address\n", "utf-8")
    assert normalised(tmp_path / "in.csv").num_rows == 0
    (tmp_path / "in.txt").write_text("", "utf-8")
    assert normalised(tmp_path / "in.txt").num_rows == 0
