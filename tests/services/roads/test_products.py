"""Released windows on disk: whole or absent, read up to a moment, a day in a folder of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from umaya.services.roads.products import Products, Window
from umaya.types.schemas import PASSAGES

NINE = datetime(2026, 11, 18, 9, tzinfo=UTC)


def window(minutes: int) -> Window:
    start = NINE + timedelta(minutes=minutes)
    return Window(start, start + timedelta(minutes=10))


def passages(edge: int, at: Window) -> pa.Table:
    row = {"edge_id": edge, "way_id": 1, "forward": True, "window_start": at.start, "window_s": 600, "passes": 1}
    return pa.Table.from_pylist([row | {"vehicles": 1}], schema=PASSAGES)


def test_windows_come_back_in_order_whatever_the_order_of_writing(tmp_path: Path) -> None:
    products = Products(tmp_path)
    for minutes in (20, 0, 10):
        products.write("map", window(minutes), passages(minutes, window(minutes)))
    assert products.windows("map") == [window(0), window(10), window(20)]
    assert products.read("map", NINE + timedelta(hours=1))["edge_id"].to_pylist() == [0, 10, 20]


def test_a_window_that_has_not_ended_is_not_read(tmp_path: Path) -> None:
    products = Products(tmp_path)
    products.write("map", window(0), passages(1, window(0)))
    products.write("map", window(10), passages(2, window(10)))
    assert products.read("map", window(0).end)["edge_id"].to_pylist() == [1]


def test_an_empty_window_counts_as_released(tmp_path: Path) -> None:
    products = Products(tmp_path)
    products.write("map", window(0), PASSAGES.empty_table())
    assert products.windows("map") == [window(0)]
    assert products.read("map", window(0).end).num_rows == 0


def test_a_series_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert Products(tmp_path).windows("map") == []
    assert Products(tmp_path).read("map", NINE).schema.equals(PASSAGES)


def test_a_day_can_be_deleted_alone(tmp_path: Path) -> None:
    """Each day has a folder of its own, so retention is the removal of a folder."""
    products = Products(tmp_path)
    tomorrow = Window(NINE + timedelta(days=1), NINE + timedelta(days=1, minutes=10))
    products.write("map", window(0), passages(1, window(0)))
    products.write("map", tomorrow, passages(2, tomorrow))
    for file in (tmp_path / "map" / "day=2026-11-18").iterdir():
        file.unlink()
    assert products.windows("map") == [tomorrow]


def test_a_write_that_fails_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    products = Products(tmp_path)
    products.write("map", window(0), passages(1, window(0)))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("umaya.services.roads.products.pq.write_table", full)
    with pytest.raises(OSError, match="no space"):
        products.write("map", window(0), passages(2, window(0)))
    assert products.read("map", window(0).end)["edge_id"].to_pylist() == [1]
