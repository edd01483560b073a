"""`umaya places index` and `normalise`: an index and a file, or exit code 2 and nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.cli.calls import umaya
from tests.places.addresses.registry import FILES, put
from umaya.places.addresses.files import COLUMNS


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("addresses")
    done = umaya("places", "index", "--registry", put(folder / "registry"), "--out", folder / "index")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 municipalities, ")
    assert "2 residence numbers, 1 lots in " in done.stdout
    return folder / "index"


def test_the_nations_postcodes_give_towns_that_the_registry_has_not(index: Path, tmp_path: Path) -> None:
    """Only Japan Post's data has 葵町 of Wakayama here, and the postcode alone finds its municipality."""
    (tmp_path / "in.txt").write_text("〒640-8273 葵町5\n東京都文京区白山3-1-2 ハイツ101\n", "utf-8")
    done = umaya(
        "places", "normalise", "--in", tmp_path / "in.txt", "--out", tmp_path / "out.parquet", "--index", index
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 addresses in ")
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["address", *COLUMNS]
    first, second = table.to_pylist()
    assert (first["city"], first["town"], first["number"]) == ("和歌山市", "葵町", "5")
    assert (second["rsdt_id"], second["building"], second["level"]) == ("002", "ハイツ101", "number")


def test_csv_comes_out_as_csv(index: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,address\n007,文京区白山3-1-2\n", "cp932")
    out = tmp_path / "out.csv"
    done = umaya(
        "places", "normalise", "--in", tmp_path / "in.csv", "--out", out, "--index", index, "--encoding", "cp932"
    )
    assert done.returncode == 0, done.stderr
    text = pyarrow.csv.ConvertOptions(column_types={"id": pyarrow.string(), "rsdt_id": pyarrow.string()})
    row = pyarrow.csv.read_csv(out, convert_options=text).to_pylist()[0]
    assert (row["id"], row["town"], row["rsdt_id"]) == ("007", "白山三丁目", "002")


def test_what_is_wrong_is_told_and_nothing_is_left(index: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("name\nx\n", "utf-8")
    (tmp_path / "torn.csv").write_text("id,address\n" + "1,x\n" * 3 + "2\n", "utf-8")
    bad = put(tmp_path / "bad", mt_city_all_csv=FILES["mt_city_all.csv"].replace("lg_code", "code"))
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "out.parquet"
    for arguments, told in (
        (("normalise", "--in", tmp_path / "in.csv", "--out", out, "--index", index), "field `address`"),
        (("normalise", "--in", tmp_path / "torn.csv", "--out", out, "--index", index), "torn.csv: row 4"),
        (
            ("normalise", "--in", tmp_path / "in.csv", "--out", out, "--index", index, "--encoding", "ebcdic"),
            "--encoding",
        ),
        (("normalise", "--in", tmp_path / "nowhere", "--out", out, "--index", index), "no such file"),
        (("index", "--registry", bad, "--out", tmp_path / "index"), "mt_city_all.csv: field `lg_code`"),
    ):
        done = umaya("places", *arguments)
        assert done.returncode == 2
        assert told in done.stderr
        assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before
