"""The lake: what is written is read, whole or not at all; a day or an area can be read or deleted alone."""

from __future__ import annotations

import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.stores.lake import Lake, Placement
from umaya.types.errors import ConflictError
from umaya.types.schemas import POSITIONS, TIME

PLACED = Placement("t", "lon", "lat")
SCHEMA = pa.schema([("id", pa.int64()), ("t", TIME), ("lon", pa.float64()), ("lat", pa.float64())])
DAY = timedelta(days=1)
START = datetime(2026, 4, 1, tzinfo=UTC)
WEST, EAST = (136.05, 36.05), (136.30, 36.05)  # two cells: 543600 and 543602


def rows(*given: tuple[int, datetime, tuple[float, float]]) -> pa.Table:
    ids, times, places = zip(*given, strict=True)
    return pa.table([ids, times, [p[0] for p in places], [p[1] for p in places]], schema=SCHEMA)


FOUR = rows((1, START, WEST), (2, START, EAST), (3, START + DAY, WEST), (4, START + DAY, EAST))


def ids(lake: Lake, **limits: object) -> list[int]:
    found = lake.scan("d", SCHEMA, PLACED, columns=["id"], **limits).read_all()  # type: ignore[arg-type] # as named
    return sorted(found.column("id").to_pylist())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.write("d", FOUR, PLACED, "w")
    return lake


def test_each_day_and_area_is_a_file_of_its_own(lake: Lake, tmp_path: Path) -> None:
    found = sorted(str(path.relative_to(tmp_path / "lake" / "d")) for path in tmp_path.rglob("*.parquet"))
    assert found == [
        "day=2026-04-01/area=543600/w.parquet",
        "day=2026-04-01/area=543602/w.parquet",
        "day=2026-04-02/area=543600/w.parquet",
        "day=2026-04-02/area=543602/w.parquet",
    ]


def test_what_is_written_is_read_with_the_columns_asked_for(lake: Lake) -> None:
    table = lake.scan("d", SCHEMA, PLACED, columns=["lat", "id"]).read_all()
    assert table.column_names == ["lat", "id"]
    assert ids(lake) == [1, 2, 3, 4]


def test_a_span_is_half_open_and_a_box_has_its_border(lake: Lake) -> None:
    assert ids(lake, span=(START, START + DAY)) == [1, 2]
    assert ids(lake, span=(START + timedelta(microseconds=1), START + DAY)) == []
    assert ids(lake, box=(136.05, 36.05, 136.05, 36.05)) == [1, 3]
    assert ids(lake, span=(START + DAY, START + 2 * DAY), box=(136.3, 36.0, 137, 37)) == [4]


def test_other_days_and_areas_are_not_even_opened(lake: Lake, tmp_path: Path) -> None:
    """Their files are spoilt, and nobody notices."""
    for path in tmp_path.rglob("*.parquet"):
        if "day=2026-04-01" not in str(path) or "543600" not in str(path):
            path.write_bytes(b"spoilt")
    assert ids(lake, span=(START, START + DAY), box=(136.0, 36.0, 136.1, 36.1)) == [1]


def test_a_day_or_an_area_is_deleted_alone(lake: Lake) -> None:
    assert lake.delete("d", day="2026-04-01", area="543600") == 1
    assert ids(lake) == [2, 3, 4]
    assert lake.delete("d", area="543602") == 2
    assert ids(lake) == [3]
    assert lake.delete("d", day="2026-04-02") == 1
    assert ids(lake) == []
    with pytest.raises(ValueError, match="day or an area"):
        lake.delete("d")


def test_the_same_write_is_taken_once_until_it_is_deleted(lake: Lake) -> None:
    with pytest.raises(ConflictError):
        lake.write("d", FOUR, PLACED, "w")
    assert ids(lake) == [1, 2, 3, 4]
    lake.delete("d", day="2026-04-01")
    lake.delete("d", day="2026-04-02")
    lake.write("d", FOUR, PLACED, "w")
    assert ids(lake) == [1, 2, 3, 4]


def test_an_uncommitted_write_is_invisible_and_taken_back(lake: Lake, tmp_path: Path) -> None:
    with lake.stage("d", FOUR, PLACED, "other"):
        assert ids(lake) == [1, 2, 3, 4]
        assert len(list(tmp_path.rglob("other.parquet"))) == 4
    assert list(tmp_path.rglob("other.parquet")) == []


def test_a_crashed_write_is_ignored_and_swept(lake: Lake, tmp_path: Path) -> None:
    """Files without a marker and temporary files are what a crash leaves."""
    folder = tmp_path / "lake" / "d" / "day=2026-04-01" / "area=543600"
    (folder / "crashed.parquet").write_bytes((folder / "w.parquet").read_bytes())
    (folder / "half.tmp").write_bytes(b"PAR1")
    assert ids(lake) == [1, 2, 3, 4]
    assert lake.sweep("d") == 2
    assert sorted(path.name for path in folder.iterdir()) == ["w.parquet"]
    assert ids(lake) == [1, 2, 3, 4]


@pytest.mark.parametrize("first_holds", [True, False])
def test_of_two_who_make_the_same_write_the_second_waits(lake: Lake, tmp_path: Path, first_holds: bool) -> None:
    """Otherwise a second that is refused would take back the files of the first, whose marker then says they hold."""
    second: list[str] = []

    def write_too() -> None:
        try:
            Lake(tmp_path / "lake").write("d", FOUR, PLACED, "other")
        except ConflictError:
            second.append("refused")
        else:
            second.append("written")

    with lake.stage("d", FOUR, PLACED, "other") as pending:
        thread = threading.Thread(target=write_too)
        thread.start()
        thread.join(0.1)
        assert second == []
        if first_holds:
            pending.commit()
    thread.join()
    assert second == ["refused" if first_holds else "written"]
    assert ids(lake) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert list((tmp_path / "lake" / "d" / "writes").glob("*.tmp")) == []


def test_sweeping_waits_for_no_writer_and_harms_none(lake: Lake) -> None:
    with lake.stage("d", FOUR, PLACED, "other") as pending:
        assert lake.sweep("d") == 0
        pending.commit()
    assert ids(lake) == [1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("step", range(12))
def test_a_fault_of_the_disk_at_any_step_leaves_nothing_or_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    lake = Lake(tmp_path / "lake")
    calls = 0
    real = os.fsync

    def failing(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > step:
            raise OSError("no space left")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="no space"):
        lake.write("d", FOUR, PLACED, "w")
    monkeypatch.undo()
    assert ids(lake) == []
    lake.write("d", FOUR, PLACED, "w")
    assert ids(lake) == [1, 2, 3, 4]


def test_only_the_owner_can_read(lake: Lake, tmp_path: Path) -> None:
    for path in (tmp_path / "lake").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_rows_without_time_or_place_lie_under_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.write("boxes", FOUR, Placement(None, "lon", "lat"), "w")
    lake.write("words", FOUR, Placement(), "w")
    assert {path.parent.parent.name for path in tmp_path.rglob("boxes/**/*.parquet")} == {"day=none"}
    assert [str(path.relative_to(tmp_path / "lake")) for path in tmp_path.rglob("words/**/*.parquet")] == [
        "words/day=none/area=none/w.parquet"
    ]
    assert lake.delete("words", day="none", area="none") == 1


def test_a_dataset_never_written_to_reads_as_empty(tmp_path: Path) -> None:
    table = Lake(tmp_path / "lake").scan("d", POSITIONS, PLACED, columns=["vehicle_id"]).read_all()
    assert table.num_rows == 0
    assert table.schema.names == ["vehicle_id"]


def test_files_from_before_a_column_read_it_as_null(lake: Lake) -> None:
    wider = SCHEMA.append(pa.field("note", pa.string()))
    assert lake.scan("d", wider, PLACED, columns=["note"]).read_all().column("note").null_count == 4


@pytest.mark.parametrize("name", ["../d", "d/e", "", "D", ".", "a.b"])
def test_names_cannot_leave_the_lake(lake: Lake, name: str) -> None:
    with pytest.raises(ValueError, match="name in the lake"):
        lake.scan(name, SCHEMA, PLACED, columns=["id"])
    with pytest.raises(ValueError, match="name in the lake"):
        lake.write("d", FOUR, PLACED, name)


MOMENTS = st.datetimes(datetime(2026, 3, 30), datetime(2026, 4, 3)).map(lambda t: t.replace(tzinfo=UTC))  # noqa: DTZ001 # Hypothesis wants naive bounds
PLACES = st.tuples(st.floats(135.9, 136.4), st.floats(35.9, 36.2))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(MOMENTS, PLACES), max_size=20), MOMENTS, MOMENTS, PLACES, PLACES)
def test_a_scan_is_a_filter(
    tmp_path_factory: pytest.TempPathFactory,
    points: list[tuple[datetime, tuple[float, float]]],
    a: datetime,
    b: datetime,
    p: tuple[float, float],
    q: tuple[float, float],
) -> None:
    """Whatever is pruned or pushed down, the rows are those that a plain filter keeps."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    if points:
        lake.write("d", rows(*((at, moment, place) for at, (moment, place) in enumerate(points))), PLACED, "w")
    start, end = min(a, b), max(a, b) + timedelta(seconds=1)
    (west, east), (south, north) = np.sort([p[0], q[0]]), np.sort([p[1], q[1]])
    expected = [
        at for at, (t, (x, y)) in enumerate(points) if start <= t < end and west <= x <= east and south <= y <= north
    ]
    assert ids(lake, span=(start, end), box=(west, south, east, north)) == expected
