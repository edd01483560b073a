"""Digests of tables: SHA-256 over the Arrow IPC stream, as whoever receives the table would write it."""

from __future__ import annotations

import hashlib
import io

import pyarrow as pa


class _Hash(io.RawIOBase):
    """A sink that keeps nothing but the hash of what it was given."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type] # Arrow hands in buffers
        self.sha256.update(view)
        return view.nbytes


def table_digest(table: pa.Table) -> str:
    """Return `sha256:` and hex, of the table as one uncompressed record batch stream."""
    sink = _Hash()
    with pa.PythonFile(sink, "w") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return f"sha256:{sink.sha256.hexdigest()}"


class StreamDigest:
    """The digest of batches as they pass.

    Args:
        schema: of the batches.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._sink = _Hash()
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._sink, "w"), schema)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch."""
        self._writer.write_batch(batch)

    def value(self) -> str:
        """Return `sha256:` and hex, of the batches so far as one finished stream; none can be added afterwards."""
        self._writer.close()
        return f"sha256:{self._sink.sha256.hexdigest()}"
