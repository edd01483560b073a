"""The lake of tracks: whole vehicles by day and area, whole changes, faults with their place."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.kills import killed_at_every_step
from umaya.stores.probe_care import add, compact, due, sweep
from umaya.stores.probe_lake import GrowingFile, Partition, ProbeLake, day_of, identity, span_of, write_file
from umaya.stores.probe_reading import chunks
from umaya.types.errors import ConflictError, InputError
from umaya.types.schemas import POSITIONS

MORNING = datetime(2026, 11, 9, 8, 0, tzinfo=UTC) - timedelta(hours=9)
"""08:00 in Japan, which is the day before in UTC."""
DAY = "2026-11-09"


def rows(vehicle: str, count: int, start: datetime = MORNING, lon: float = 136.8) -> pa.Table:
    """Positions of one vehicle, one a second."""
    t = int(start.timestamp() * 1e6) + np.arange(count) * 1_000_000
    columns = {
        "vehicle_id": pa.array([vehicle] * count),
        "t": pa.array(t).cast(POSITIONS.field("t").type),
        "lon": pa.array(lon + np.arange(count) * 1e-5),
        "lat": pa.array(np.full(count, 36.2)),
    }
    return pa.table([columns.get(field.name, pa.nulls(count, field.type)) for field in POSITIONS], schema=POSITIONS)


def taken(lake: ProbeLake, folder: Path, *tables: pa.Table) -> None:
    """Take each table in as a file."""
    for number, table in enumerate(tables):
        pq.write_table(table, folder / f"source-{number}.parquet")
        with lake.held():
            add(lake, folder / f"source-{number}.parquet")


def content(lake: ProbeLake) -> pa.Table:
    """All positions of a lake, in order."""
    tables = [table for day in lake.days() for part in lake.partitions(day) for table in chunks(part)]
    return pa.concat_tables([POSITIONS.empty_table(), *tables]).sort_by(
        [("vehicle_id", "ascending"), ("t", "ascending")]
    )


def foreign(folder: Path, table: pa.Table) -> Partition:
    """A partition that some other program wrote."""
    path = folder / "positions" / f"day={DAY}" / "area=543626" / "other.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    return Partition(DAY, "543626", (path,))


def test_a_day_is_a_day_in_japan_so_that_no_morning_is_cut(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    taken(lake, tmp_path, rows("a", 7200))  # from 08:00 to 10:00: midnight in UTC lies between
    assert lake.days() == [DAY]
    assert day_of(MORNING) == date(2026, 11, 9)
    assert span_of(DAY)[0] == datetime(2026, 11, 8, 15, tzinfo=UTC)


def test_a_vehicle_that_crosses_into_another_area_stays_whole(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    east = rows("a", 100, lon=136.8749)  # crosses 136.875, the border of two areas
    later = rows("a", 100, MORNING + timedelta(hours=1), lon=136.99)  # comes later, from the other area
    taken(lake, tmp_path, east, later, rows("b", 10, lon=136.99))
    parts = lake.partitions(DAY)
    assert {part.area: pc.unique(table["vehicle_id"]).to_pylist() for part in parts for table in chunks(part)} == {
        "543626": ["a"],
        "543627": ["b"],
    }
    assert content(lake).num_rows == 210


def test_the_same_file_is_not_taken_in_twice(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    taken(lake, tmp_path, rows("a", 5))
    with lake.held(), pytest.raises(ConflictError, match="was taken in before"):
        add(lake, tmp_path / "source-0.parquet")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40)), min_size=1, max_size=6), st.integers(1, 60))
def test_chunks_are_whole_vehicles_in_order_however_the_rows_came(pieces: list[tuple[str, int]], size: int) -> None:
    """Files that each hold some minutes of some vehicle come out as each vehicle's day, once, by time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tables = [rows(vehicle, count, MORNING + timedelta(minutes=at)) for at, (vehicle, count) in enumerate(pieces)]
        files = [folder / write_file(folder, POSITIONS, [table]).name for table in tables]
        found = list(chunks(Partition(DAY, "543626", tuple(files)), size))
    order = [("vehicle_id", "ascending"), ("t", "ascending")]
    assert pa.concat_tables(found).equals(pa.concat_tables(tables).sort_by(order))
    seen = [set(table["vehicle_id"].to_pylist()) for table in found]
    assert sum(map(len, seen)) == len(set().union(*seen))


def _with(table: pa.Table, column: str, row: int, value: float | str | None) -> pa.Table:
    values = table[column].to_pylist()
    values[row] = value
    at = table.schema.get_field_index(column)
    return table.set_column(at, pa.field(column, table.schema.field(column).type), pa.array(values, table[column].type))


FAULTS: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "null": (lambda t: _with(t, "vehicle_id", 6, None), "row 7: field `vehicle_id`: is missing"),
    "far": (lambda t: _with(t, "lat", 3, 136.8), "row 4: field `lat`: is out of range"),
    "nan": (lambda t: _with(t, "lon", 2, float("nan")), "row 3: field `lon`: is not a finite number"),
    "heading": (lambda t: _with(t, "heading_deg", 1, 360.0), "row 2: field `heading_deg`: is out of range"),
    "order": (lambda t: t.take([1, 0, 2]), "row 2: field `t`: is earlier than the row before it"),
    "twice": (lambda t: t.take([0, 1, 1]), "row 3: field `t`: is the same as in another row"),
    "vehicles": (lambda t: pa.concat_tables([rows("b", 2), t]), "row 3: field `vehicle_id`: is not in order"),
    "day": (
        lambda t: rows("a", 10, MORNING + timedelta(hours=15, minutes=59, seconds=55)),
        "row 6: field `t`: lies outside",
    ),
    "column": (lambda t: t.append_column("rider", t["vehicle_id"]), "field `rider`: is not a column of positions"),
    "lacking": (lambda t: t.drop_columns(["lat"]), "field `lat`: is missing"),
    "type": (lambda t: t.set_column(2, "lon", t["lon"].cast(pa.float32())), "field `lon`: is of another type"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_partition_is_refused_with_file_row_and_field(tmp_path: Path, fault: str) -> None:
    spoil, told = FAULTS[fault]
    part = foreign(tmp_path, spoil(rows("a", 10)))
    with pytest.raises(InputError, match=r"other\.parquet: ") as refused:
        list(chunks(part))
    assert told in str(refused.value)


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    part = foreign(tmp_path, rows("a", 10))
    part.files[0].write_bytes(part.files[0].read_bytes()[:-20])
    with pytest.raises(InputError, match=r"other\.parquet: is not a whole Parquet file"):
        list(chunks(part))
    with pytest.raises(InputError, match=r"other\.parquet: is not a whole Parquet file"):
        identity(part.files)


def test_a_time_that_two_files_have_of_a_vehicle_is_named_in_the_later_one(tmp_path: Path) -> None:
    files = tuple(tmp_path / write_file(tmp_path, POSITIONS, [table]).name for table in (rows("a", 10), rows("a", 5)))
    with pytest.raises(InputError, match=r"row [1-9]\d*: field `t`: is the same as in another row of the same vehicle"):
        list(chunks(Partition(DAY, "543626", files)))


def test_compaction_makes_one_file_of_the_same_rows_and_the_same_identity(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    taken(lake, tmp_path, *(rows("ab"[n % 2], 30, MORNING + timedelta(minutes=n)) for n in range(6)))
    before, (part,) = content(lake), lake.partitions(DAY)
    known = identity(part.files)
    with lake.held():
        (done,) = compact(lake)
        assert list(compact(lake)) == []
    (after,) = lake.partitions(DAY)
    assert (done.files, len(after.files)) == (6, 1)
    assert content(lake).equals(before)
    assert identity(after.files) == known


def test_another_inner_row_is_another_identity_though_the_footer_is_the_same(tmp_path: Path) -> None:
    first = _with(rows("a", 10), "lon", 4, 136.80002)
    files = tmp_path / "first.parquet", tmp_path / "second.parquet"
    for file, table in zip(files, (first, _with(first, "lon", 4, 136.80001)), strict=True):
        pq.write_table(table, file, compression="none", use_dictionary=False)
    one, other = (file.read_bytes() for file in files)
    footer = int.from_bytes(one[-8:-4], "little") + 8
    assert one[-footer:] == other[-footer:]
    assert identity(files[:1]) != identity(files[1:])


def test_compaction_that_is_killed_at_any_step_loses_and_doubles_no_row(tmp_path: Path) -> None:
    tables = [rows("ab"[n % 2], 30, MORNING + timedelta(minutes=n)) for n in range(4)]
    whole = pa.concat_tables(tables).sort_by([("vehicle_id", "ascending"), ("t", "ascending")])
    taken(ProbeLake(tmp_path / "fresh"), tmp_path, *tables)

    def lake(step: int) -> ProbeLake:
        return ProbeLake(tmp_path / f"lake-{step}")

    def act(step: int) -> None:
        with lake(step).held():
            list(compact(lake(step)))

    for step in range(30):
        shutil.copytree(tmp_path / "fresh", lake(step).root)
    kills = list(killed_at_every_step(act))
    assert len(kills) > 8
    for step in kills:
        with lake(step).held():
            assert content(lake(step)).equals(whole), step
            list(compact(lake(step)))
        assert content(lake(step)).equals(whole)
        assert not list(lake(step).root.glob(".change-*"))


def test_taking_in_that_is_killed_at_any_step_takes_all_or_nothing(tmp_path: Path) -> None:
    both = pa.concat_tables([rows("a", 20), rows("b", 20, MORNING + timedelta(days=1), lon=137.2)])
    pq.write_table(both, tmp_path / "both.parquet")

    def act(step: int) -> None:
        lake = ProbeLake(tmp_path / f"lake-{step}")
        with lake.held():
            add(lake, tmp_path / "both.parquet")

    for step in killed_at_every_step(act):
        lake = ProbeLake(tmp_path / f"lake-{step}")
        with lake.held():
            assert content(lake).num_rows in {0, 40}, step


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    code = (
        "import sys; from pathlib import Path; from umaya.stores.probe_lake import ProbeLake\n"
        "with ProbeLake(Path(sys.argv[1])).held(): pass"
    )
    with lake.held():
        other = subprocess.run(
            [sys.executable, "-c", code, str(lake.root)], capture_output=True, text=True, check=False
        )
    assert "is being written by another command" in other.stderr
    with lake.held():
        pass


def test_the_sweep_takes_what_is_past_its_time_and_tells_the_manifest(tmp_path: Path) -> None:
    lake = ProbeLake(tmp_path / "lake")
    taken(lake, tmp_path, *(rows("a", 5, MORNING + timedelta(days=n)) for n in range(3)))
    today = date(2026, 11, 11)
    with lake.held():
        found = due(lake, ("positions", "matches"), 2, today)
        assert [(one.table, one.day, one.files) for one in found] == [("positions", "2026-11-09", 1)]
        assert lake.days() == ["2026-11-09", "2026-11-10", "2026-11-11"]  # looking removes nothing
        sweep(lake, found[0])
    assert lake.days() == ["2026-11-10", "2026-11-11"]
    with pytest.raises(InputError, match="is no table of a lake"):
        due(lake, ("wages",), 2, today)
    with pytest.raises(InputError, match="is less than 1"):
        due(lake, ("positions",), 0, today)


def test_a_file_that_grows_holds_every_table_and_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    parts = rows("a", 5), rows("b", 5)
    with GrowingFile(tmp_path / "one", POSITIONS) as first, GrowingFile(tmp_path / "two", POSITIONS) as second:
        for table in parts:
            first.write(table)
            second.write(table)
    assert first.written == second.written == write_file(tmp_path / "three", POSITIONS, parts)
    assert pq.read_table(tmp_path / "one" / first.written.name).equals(pa.concat_tables(parts))
    with pytest.raises(ValueError, match="schema"):
        write_file(tmp_path / "four", POSITIONS, [parts[0], parts[1].select([0])])
    assert list((tmp_path / "four").iterdir()) == []
