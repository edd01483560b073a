"""How a dataset lies in the lake: its columns, and which of them say when, where and about whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from umaya.stores.lake import Placement


@dataclass(frozen=True)
class Layout:
    """A dataset's shape.

    Attributes:
        schema: every column.
        placement: the columns that say when and where a row belongs.
        order: the columns that rows are sorted by when they are read as a whole table.
        subject: the column that says whom a row is about (uint32, not null); None for rows about nobody known.
    """

    schema: pa.Schema
    placement: Placement
    order: tuple[str, ...]
    subject: str | None = None

    def sealed(self) -> dict[str, Any]:
        """Return what a grant's seal covers: limits of time, place and people mean what the layout says they mean."""
        place = self.placement
        return {
            "schema": hashlib.sha256(self.schema.serialize().to_pybytes()).hexdigest(),
            "placement": [place.time, place.lon, place.lat],
            "order": list(self.order),
            "subject": self.subject,
        }
