"""Files that stream past the matcher: quick where all is in order, careful where it is not."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from umaya.stores.matched import ROWS, MatchesFile, NeedsCareError, RoutesFile, quick_positions
from umaya.types.schemas import MATCHES, POSITIONS, ROUTES, TIME

START = 1_775_433_600_000_000


def columns(rows: int = 6) -> dict[str, Any]:
    return {
        "vehicle_id": pa.array(["a"] * (rows // 2) + ["b"] * (rows - rows // 2)),
        "t": pa.array(START + 1_000_000 * np.arange(rows)).cast(TIME),
        "lon": pa.array(np.linspace(139.0, 139.1, rows)),
        "lat": pa.array(np.linspace(35.0, 35.1, rows)),
    }


def read(table: pa.Table, folder: Path, **options: Any) -> pa.Table:
    pq.write_table(table, folder / "positions.parquet", **options)
    return pa.Table.from_batches(quick_positions(folder / "positions.parquet"))


def test_positions_in_order_are_read_with_ids_by_dictionary(tmp_path: Path) -> None:
    full = columns() | {name: pa.array([1.0] * 6, pa.float32()) for name in POSITIONS.names[4:]}
    table = pa.table(full)
    assert read(table, tmp_path).cast(POSITIONS).equals(table.cast(POSITIONS))


def test_columns_that_are_absent_or_empty_are_null(tmp_path: Path) -> None:
    absent = read(pa.table(columns()), tmp_path)
    empty = read(pa.table(columns() | {name: pa.nulls(6, pa.float32()) for name in POSITIONS.names[4:]}), tmp_path)
    assert absent.equals(empty)
    assert absent["heading_deg"].null_count == 6


def test_batches_of_several_row_groups_go_on_with_one_vehicle(tmp_path: Path) -> None:
    table = pa.table(columns(2 * ROWS + 7))
    assert read(table, tmp_path, row_group_size=ROWS - 3).select(["vehicle_id", "t"]).num_rows == table.num_rows


@pytest.mark.parametrize("back_s", [0, 1])
@pytest.mark.parametrize("row", [ROWS - 1, ROWS, ROWS + 1])
def test_a_time_that_does_not_ascend_needs_care_also_from_batch_to_batch(tmp_path: Path, row: int, back_s: int) -> None:
    t = START + 1_000_000 * np.arange(ROWS + 7)
    t[row] = t[row - 1] - back_s * 1_000_000
    table = columns(ROWS + 7) | {"vehicle_id": pa.array(["a"] * (ROWS + 7)), "t": pa.array(t).cast(TIME)}
    with pytest.raises(NeedsCareError, match="a time twice"):
        read(pa.table(table), tmp_path)


def test_another_vehicle_may_begin_earlier_in_the_next_batch(tmp_path: Path) -> None:
    t = START + 1_000_000 * (np.arange(2 * ROWS) % ROWS)
    assert read(pa.table(columns(2 * ROWS) | {"t": pa.array(t).cast(TIME)}), tmp_path).num_rows == 2 * ROWS


FAULTS: dict[str, dict[str, Any]] = {
    "a null": {"lat": pa.array([35.0, None, 35.0, 35.0, 35.0, 35.0])},
    "not finite": {"lon": pa.array([139.0, float("nan"), 139.0, 139.0, 139.0, 139.0])},
    "out of range": {"lat": pa.array([91.0] * 6)},
    "heading of a full circle": {"heading_deg": pa.array([360.0] * 6, pa.float32())},
    "a time twice": {"t": pa.array([START] * 6).cast(TIME)},
    "times backwards": {"t": pa.array(START - np.arange(6)).cast(TIME)},
    "blank vehicle": {"vehicle_id": pa.array([" "] * 6)},
    "numbers as text": {"lon": pa.array(["139.0"] * 6)},
    "no time zone": {"t": pa.array(START + np.arange(6)).cast(pa.timestamp("us"))},
    "unknown column": {"name": pa.array(["x"] * 6)},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_not_surely_in_order_needs_care(tmp_path: Path, fault: str) -> None:
    with pytest.raises(NeedsCareError):
        read(pa.table(columns() | FAULTS[fault]), tmp_path)


def test_a_file_that_is_no_parquet_or_lacks_a_column_needs_care(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(NeedsCareError):
        list(quick_positions(tmp_path / "x.parquet"))
    with pytest.raises(NeedsCareError):
        read(pa.table(columns()).drop_columns("t"), tmp_path)


@pytest.mark.parametrize("coded", [True, False])
def test_readers_of_matches_see_their_schema(coded: bool) -> None:
    values = {f.name: pa.array([None, 1]).cast(f.type) for f in list(MATCHES)[4:]}
    table = pa.table(
        {"vehicle_id": ["a", "b"], "t": pa.array([START, START]).cast(TIME), "edge_id": [None, 3], "way_id": [None, 4]}
        | values,
        schema=MATCHES,
    )
    written = table
    if coded:
        written = table.set_column(0, "vehicle_id", table["vehicle_id"].dictionary_encode())
    sink = io.BytesIO()
    file = MatchesFile(sink)
    file.write(written)
    file.write(written.slice(1))
    file.close()
    back = pq.read_table(sink)
    assert back.schema.equals(MATCHES)
    assert back.equals(pa.concat_tables([table, table.slice(1)]))


def test_routes_are_geoparquet() -> None:
    line = shapely.to_wkb(shapely.linestrings([[139.0, 35.0], [139.1, 35.1]]))
    row = {"vehicle_id": ["a"], "trip": [0], "start": [START], "end": [START], "edges": [[1, 2]], "geometry": [line]}
    arrays = [
        pa.array(row[f.name], pa.int64()).cast(TIME) if f.type == TIME else pa.array(row[f.name], f.type)
        for f in ROUTES
    ]
    table = pa.table(arrays, schema=ROUTES)
    sink = io.BytesIO()
    file = RoutesFile(sink)
    file.write(table)
    file.close()
    back = pq.read_table(sink)
    assert back.schema.equals(ROUTES)
    assert back.equals(table)
    assert json.loads(back.schema.metadata[b"geo"])["columns"]["geometry"]["encoding"] == "WKB"
