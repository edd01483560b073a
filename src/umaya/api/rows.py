"""Rows that leave through the API: an Arrow IPC stream whose use is closed with the response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from umaya.gate import Stream
from umaya.web.row_files import FORMATS, RowsResponse, written

ARROW: Final = FORMATS["arrow"][0]


class Rows(RowsResponse):
    """Rows as an Arrow IPC stream.

    Args:
        rows: the opened use.
        headers: of the response.
    """

    def __init__(self, rows: Stream, headers: Mapping[str, str]) -> None:
        super().__init__(rows, written(rows, "arrow"), ARROW, headers)
