"""Rows that leave through the API: an Arrow IPC stream whose use is closed with the response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
from anyio import CancelScope
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from umaya.gate import Stream

ARROW: Final = "application/vnd.apache.arrow.stream"


class Rows(StreamingResponse):
    """Rows as an Arrow IPC stream; the use is closed with the response, even where the client left before it began."""

    def __init__(self, rows: Stream, headers: Mapping[str, str]) -> None:
        super().__init__(_ipc(rows), media_type=ARROW, headers=headers)
        self._rows = rows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._rows.close)


def _ipc(stream: Stream) -> Iterator[bytes]:
    """Yield an Arrow IPC stream; whoever stops reading leaves the use interrupted."""
    sink = _Chunks()
    with stream, pa.ipc.new_stream(pa.PythonFile(sink, "w"), stream.schema) as writer:
        for batch in stream:
            writer.write_batch(batch)
            yield sink.taken()
    yield sink.taken()


class _Chunks:
    """A sink that gives up what was written since the last time."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """Return what was written and forget it."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

    def flush(self) -> None:
        """Nothing waits to be written."""

    def close(self) -> None:
        """Keep what was written until it is taken."""
        self.closed = True

    def writable(self) -> bool:
        return True
