"""Position files: what is taken, what is refused, and that no fault is named by its value."""

from __future__ import annotations

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.stores.positions import Fault, load_positions, read_positions
from umaya.types.errors import InputError
from umaya.types.schemas import POSITIONS

HEADER = "vehicle_id,t,lon,lat"
GOOD = "v1,2026-04-01T09:00:00+09:00,136.81,36.21"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "positions.csv"


def write(file: Path, *rows: str, header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def refused(file: Path) -> InputError:
    with pytest.raises(InputError) as error:
        load_positions(file)
    assert error.value.place.file == str(file)
    return error.value


def test_a_csv_file_is_read_sorted_by_vehicle_and_time(csv: Path) -> None:
    write(csv, "b,10,136.1,36.1", "a,2026-04-01T00:00:00Z,136.2,36.2", "b,11.5,136.3,36.3")
    table = load_positions(csv)
    assert table.schema.equals(POSITIONS)
    assert table["vehicle_id"].to_pylist() == ["a", "b", "b"]
    assert table["t"].to_pylist()[1:] == [datetime(1970, 1, 1, 0, 0, s, us, UTC) for s, us in ((10, 0), (11, 500_000))]
    assert table["lon"].to_pylist() == [136.2, 136.1, 136.3]
    assert table["speed_mps"].null_count == 3


def test_optional_columns_may_be_empty(csv: Path) -> None:
    write(csv, GOOD + ",3.5,,", "v2,5,136,36,NaN,0,359.9", header=HEADER + ",accuracy_m,speed_mps,heading_deg")
    table = load_positions(csv)
    assert table["accuracy_m"].to_pylist() == [3.5, None]
    assert table["speed_mps"].to_pylist() == [None, 0]
    assert table["heading_deg"].to_pylist()[0] is None


def test_columns_in_any_order_with_a_byte_order_mark_and_packed(tmp_path: Path) -> None:
    file = tmp_path / "positions.csv.gz"
    file.write_bytes(gzip.compress("\ufefflat,lon,vehicle_id,t\r\n36,136,v1,5\r\n".encode()))
    assert load_positions(file).select(["vehicle_id", "lon", "lat"]).to_pylist() == [
        {"vehicle_id": "v1", "lon": 136.0, "lat": 36.0}
    ]


@pytest.mark.parametrize(
    ("row", "field", "fault"),
    [
        ("v1,5,136", None, Fault.MALFORMED),
        ("v1,5,136,36,7", None, Fault.MALFORMED),
        (",5,136,36", "vehicle_id", Fault.MISSING),
        ("  ,5,136,36", "vehicle_id", Fault.MISSING),
        ("v1,,136,36", "t", Fault.MISSING),
        ("v1,5,,36", "lon", Fault.MISSING),
        ("v1,5,136,NaN", "lat", Fault.MISSING),
        ("v1,5,east,36", "lon", Fault.NOT_A_NUMBER),
        ("v1,5,136,inf", "lat", Fault.NOT_A_NUMBER),
        ("v1,noon,136,36", "t", Fault.NOT_A_TIME),
        ("v1,2026-04-01T09:00:00,136,36", "t", Fault.NO_TIME_ZONE),
        ("v1,1775044800000,136,36", "t", Fault.NOT_A_TIME),
        ("v1,5,181,36", "lon", Fault.OUT_OF_RANGE),
        ("v1,5,136,-91", "lat", Fault.SWAPPED),
        ("v1,5,36,136", "lat", Fault.SWAPPED),
        ("v1,5,136,360", "lat", Fault.OUT_OF_RANGE),
    ],
)
def test_a_bad_row_is_refused_by_row_and_field(csv: Path, row: str, field: str | None, fault: Fault) -> None:
    """Between two good rows; skipped, both good rows are kept."""
    write(csv, GOOD, row, "v9,6,136,36")
    error = refused(csv)
    assert (error.place.row, error.place.field) == (2, field)
    for value in row.split(","):
        assert len(value.strip()) < 3 or value not in str(error).replace(str(csv), "")
    skipped = read_positions(csv, on_bad="skip")
    assert skipped.faults == {fault: 1}
    assert skipped.table["vehicle_id"].to_pylist() == ["v1", "v9"]


@pytest.mark.parametrize(
    ("field", "value"), [("accuracy_m", "-1"), ("speed_mps", "fast"), ("heading_deg", "360"), ("heading_deg", "-1")]
)
def test_optional_values_out_of_range(csv: Path, field: str, value: str) -> None:
    error = refused(write(csv, GOOD + "," + value, header=f"{HEADER},{field}"))
    assert (error.place.row, error.place.field) == (1, field)


def test_times_ascend_within_a_vehicle(csv: Path) -> None:
    """Vehicles may alternate; a step back is refused, or put in its place."""
    write(csv, "a,1,136,36", "b,1,136,36", "a,3,136,36", "b,9,136,36", "a,2,136,36", "b,10,136,36")
    error = refused(csv)
    assert (error.place.row, error.place.field) == (5, "t")
    assert "earlier" in error.problem
    skipped = read_positions(csv, on_bad="skip")
    assert skipped.faults == {Fault.UNSORTED: 1}
    assert [t.second for t in skipped.table["t"].to_pylist()] == [1, 2, 3, 1, 9, 10]


def test_a_vehicle_is_at_one_place_at_a_time(csv: Path) -> None:
    """Two vehicles may share a time; of two equal rows the first is kept."""
    write(csv, "a,1,136.0,36", "b,1,136,36", "a,1,136.5,36")
    error = refused(csv)
    assert (error.place.row, error.place.field) == (3, "t")
    skipped = read_positions(csv, on_bad="skip")
    assert skipped.faults == {Fault.DUPLICATE: 1}
    assert skipped.table["lon"].to_pylist() == [136.0, 136.0]


def test_up_to_twenty_faults_are_named_and_the_rest_counted(csv: Path) -> None:
    error = refused(write(csv, *[GOOD, "v1,x,136,36"] * 30, "v1,5,136"))
    assert error.place.row == 2
    assert str(error).count("row ") == 20
    assert "11 more" in str(error)


def test_rows_are_counted_past_malformed_ones(csv: Path) -> None:
    """The row number is the one that a person finds in the file, header not counted."""
    error = refused(write(csv, "v1,1", "v1,1,136,36", "v1", "v1,2,136,91"))
    assert "row 3 has another" in str(error)
    assert "row 4 field `lat`" in str(error)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("vehicle_id,t,lon", "lat"),
        ("vehicle_id,t,lon,lat,colour", "colour"),
        ("vehicle_id,t,lon,lat,lat", "lat"),
        ("Vehicle_id,t,lon,lat", "vehicle_id"),
    ],
)
def test_wrong_columns_are_named(csv: Path, header: str, field: str) -> None:
    assert refused(write(csv, ",".join(["1"] * len(header.split(","))), header=header)).place.field == field


def test_a_file_without_a_header_is_not_quoted(csv: Path) -> None:
    """Its first row is data."""
    csv.write_text("bike-of-sato,5,136.123456,36.2\n")
    assert "sato" not in str(refused(csv))
    assert "header" in str(refused(csv))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n\n"),
        ("a.csv", HEADER.encode()),
        ("a.csv", HEADER.encode() + b"\n"),
        ("a.csv", HEADER.encode() + b"\nv\xff\xfe,5,136,36\n"),
        ("a.csv", b"\x00" * 100),
        ("a.csv.gz", b"not packed"),
        ("a.csv.gz", gzip.compress((HEADER + "\n" + GOOD).encode(), mtime=0)[:-10]),
        ("a.parquet", b""),
        ("a.parquet", b"PAR1 and nothing else"),
        ("a.txt", b"hello"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    refused(file)


def test_a_folder_and_nothing_at_all(tmp_path: Path) -> None:
    refused(tmp_path)
    refused(tmp_path / "missing.parquet")


def parquet(file: Path, **columns: pa.Array) -> Path:
    good = {
        "vehicle_id": pa.array(["v1"]),
        "t": pa.array([datetime(2026, 4, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        "lon": pa.array([136.81]),
        "lat": pa.array([36.21]),
    }
    pq.write_table(pa.table({**good, **columns}), file)
    return file


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"vehicle_id": pa.array(["v1"]).dictionary_encode()},
        {"vehicle_id": pa.array(["v1"], pa.large_string())},
        {"t": pa.array([1775001600])},
        {"t": pa.array([1775001600.0])},
        {"t": pa.array(["2026-04-01T00:00:00Z"])},
        {"t": pa.array([datetime(2026, 4, 1, tzinfo=UTC)], pa.timestamp("ns", tz="Asia/Tokyo"))},
        {"lon": pa.array(["136.81"])},
    ],
)
def test_parquet_columns_of_several_types(tmp_path: Path, columns: dict[str, pa.Array]) -> None:
    table = load_positions(parquet(tmp_path / "p.parquet", **columns))
    assert table.select(["vehicle_id", "t", "lon", "lat"]).to_pylist() == [
        {"vehicle_id": "v1", "t": datetime(2026, 4, 1, tzinfo=UTC), "lon": 136.81, "lat": 36.21}
    ]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"t": pa.array([datetime(2026, 4, 1, tzinfo=UTC)], pa.timestamp("us"))}, "t"),
        ({"t": pa.array([True])}, "t"),
        ({"lon": pa.array([[136.81]])}, "lon"),
        ({"vehicle_id": pa.array([1.5])}, "vehicle_id"),
        ({"colour": pa.array(["red"])}, "colour"),
        ({"lat": pa.array([None], pa.float64())}, "lat"),
        ({"lat": pa.array([float("nan")])}, "lat"),
    ],
)
def test_parquet_columns_that_do_not_do(tmp_path: Path, columns: dict[str, pa.Array], field: str) -> None:
    assert refused(parquet(tmp_path / "p.parquet", **columns)).place.field == field


def test_a_cut_parquet_file(tmp_path: Path) -> None:
    file = parquet(tmp_path / "p.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    assert "not a whole" in refused(file).problem


def test_a_million_bad_rows_fill_neither_memory_nor_the_message(csv: Path) -> None:
    """Half of them malformed, half out of range; counted all, kept none."""
    chunk = "v1,5,136\nv1,5,136,91\n" * 10_000
    with csv.open("w") as file:
        file.write(HEADER + "\n")
        for _ in range(50):
            file.write(chunk)
    seen: list[int] = []
    arrow = pa.default_memory_pool()
    before, most = arrow.bytes_allocated(), 0

    def watch(rows: int) -> None:
        nonlocal most
        seen.append(rows)
        most = max(most, arrow.bytes_allocated() - before)

    tracemalloc.start()
    with pytest.raises(InputError) as error:
        read_positions(csv, progress=watch)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen[-1] == 500_000
    assert "999980 more" in str(error.value)
    assert len(str(error.value)) < 3000
    assert peak < 30e6
    assert most < 60e6
    with pytest.raises(InputError, match="no good rows"):
        read_positions(csv, on_bad="skip")


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.floats(-180, 180), st.floats(-90, 90)), min_size=1
    )
)
def test_skipping_keeps_the_first_row_of_each_vehicle_and_time(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, float, float]]
) -> None:
    """In order, whatever the order of the file; CSV and Parquet read alike."""
    folder = tmp_path_factory.mktemp("any")
    write(folder / "p.csv", *(f"{vehicle},{t},{lon!r},{lat!r}" for vehicle, t, lon, lat in rows))
    names = ("vehicle_id", "t", "lon", "lat")
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), folder / "p.parquet")
    first: dict[tuple[str, int], tuple[float, float]] = {}
    for vehicle, t, lon, lat in rows:
        first.setdefault((vehicle, t), (lon, lat))
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(vehicle, zero + timedelta(seconds=t), *place) for (vehicle, t), place in sorted(first.items())]
    for file in ("p.csv", "p.parquet"):
        table = read_positions(folder / file, on_bad="skip").table
        assert [tuple(row[name] for name in names) for row in table.to_pylist()] == expected


def test_real_tracks_read_alike_from_csv_and_parquet(tmp_path: Path, shared_data: Path) -> None:
    file = shared_data / "tracks" / "nerima-move_s5" / "positions.parquet"
    table = load_positions(file)
    assert table.num_rows == 108_000
    pa.csv.write_csv(table.select(["vehicle_id", "t", "lon", "lat"]), tmp_path / "p.csv")
    assert load_positions(tmp_path / "p.csv").equals(table)
