"""Released passages on disk: one Parquet file for each scheme and window, so that a day can be read or deleted alone.

Not for personal data: what lies here has left the gate with its obligations met. A window that was released and
held nothing has a file with no rows, so the files themselves tell which windows are done.
A file is whole or absent: it is written under a temporary name, synced and renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from umaya.stores.durable import make_folder, publish
from umaya.types.schemas import PASSAGES

_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, order=True)
class Window:
    """A half-open span of time [start, end) in UTC."""

    start: datetime
    end: datetime

    def file_name(self) -> str:
        return f"{self.start.strftime(_STAMP)}-{self.end.strftime(_STAMP)}.parquet"

    @staticmethod
    def of_file(path: Path) -> Window:
        start, end = path.stem.split("-")
        return Window(*(datetime.strptime(part, _STAMP).replace(tzinfo=UTC) for part in (start, end)))


class Products:
    """The released windows of every scheme.

    Args:
        directory: made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _series(self, series: str) -> Path:
        return self._directory / series

    def write(self, series: str, window: Window, passages: pa.Table) -> None:
        """Store the passages of one window of a series, replacing an earlier file of the same window."""
        folder = self._series(series) / f"day={window.start:%Y-%m-%d}"
        make_folder(folder, self._directory)
        publish(folder / window.file_name(), lambda sink: pq.write_table(passages.cast(PASSAGES), sink))

    def windows(self, series: str) -> list[Window]:
        """Return the released windows of a series, earliest first."""
        return sorted(Window.of_file(path) for path in self._series(series).glob("day=*/*.parquet"))

    def read(self, series: str, until: datetime) -> pa.Table:
        """Return the passages (schema `PASSAGES`) of all windows of a series that ended by `until`."""
        tables = [self.read_window(series, window) for window in self.windows(series) if window.end <= until]
        return pa.concat_tables([PASSAGES.empty_table(), *tables])

    def read_window(self, series: str, window: Window) -> pa.Table:
        """Return the passages of one released window."""
        folder = self._series(series) / f"day={window.start:%Y-%m-%d}"
        return pq.read_table(folder / window.file_name(), partitioning=None).cast(PASSAGES)
