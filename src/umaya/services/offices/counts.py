"""The released counts of people in cells: one Parquet file for each version of a scheme, the last one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from umaya.gate import SchemeVersion
from umaya.stores import fine_mesh
from umaya.stores.durable import make_folder, publish
from umaya.types.schemas import CELLS

COUNTED_AT: Final = b"umaya:counted-at"


@dataclass(frozen=True)
class Counted:
    """A release of counts.

    Attributes:
        at: when it was kept, at once after its release.
        cells: schema `CELLS`.
    """

    at: datetime
    cells: pa.Table

    @property
    def bounds(self) -> npt.NDArray[np.float64]:
        """(n, 4) west, south, east, north of each cell, degrees."""
        codes = self.cells.column("cell").to_pylist()
        return np.array([fine_mesh.bounds(code) for code in codes], np.float64).reshape(-1, 4)


class Counts:
    """The counts that were released to a hub's services.

    Args:
        directory: made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, scheme: SchemeVersion, cells: pa.Table, at: datetime) -> None:
        """Keep a release in the place of the one before."""
        table = cells.cast(CELLS).replace_schema_metadata({COUNTED_AT: at.astimezone(UTC).isoformat().encode()})
        make_folder(self._directory, self._directory)
        publish(self._file(scheme), lambda sink: pq.write_table(table, sink))

    def read(self, scheme: SchemeVersion) -> Counted | None:
        """Return the last release of a version; None where there is none yet."""
        file = self._file(scheme)
        if not file.exists():
            return None
        table = pq.read_table(file, partitioning=None)
        at = datetime.fromisoformat((table.schema.metadata or {})[COUNTED_AT].decode())
        return Counted(at, table.cast(CELLS))

    def _file(self, scheme: SchemeVersion) -> Path:
        return self._directory / f"{scheme.scheme}.{scheme.version}.parquet"
