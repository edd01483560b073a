"""The bytes of a snapshot: everything that a live matcher knows, but the roads.

One row of large binaries in an Arrow IPC stream, one column an array; the schema's metadata carries version, dtypes,
parameters, counts and the digest of the network. Version 4. A reader takes its own version alone: a snapshot lives for
minutes beside a log of batches, and with another version the log is replayed from an older time. Not
compressed: writing must not stop the intake.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import numpy as np
import pyarrow as pa

from umaya.engines.geometry import Roads

VERSION = 4
"""Raised whenever the dtypes of live.state or the meaning of a field change."""


def network_digest(net: Roads) -> str:
    """Return a digest of the roads that tells whether edge numbers and places mean the same."""
    sha = hashlib.sha256()
    for array in (net.source, net.target, net.reverse, net.length, net.lon, net.lat, net.way):
        sha.update(np.ascontiguousarray(array).view(np.uint8).data)
    return sha.hexdigest()


def pack(arrays: dict[str, np.ndarray[Any, Any]], facts: dict[str, Any]) -> bytes:
    """Return the bytes of named arrays and of facts that JSON can say."""
    shapes = {name: [len(array), _text(array.dtype)] for name, array in arrays.items()}
    about = json.dumps({"version": VERSION, "arrays": shapes, "facts": facts})
    schema = pa.schema([(name, pa.large_binary()) for name in arrays], metadata={"umaya_live": about})
    columns = [
        pa.Array.from_buffers(
            pa.large_binary(),
            1,
            [None, pa.py_buffer(np.array([0, array.nbytes], np.int64)), pa.py_buffer(np.ascontiguousarray(array))],
        )
        for array in arrays.values()
    ]
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(columns, schema=schema))
    return sink.getvalue()


def unpack(snapshot: bytes, dtypes: dict[str, np.dtype[Any]]) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]]:
    """Return arrays (their own copies) and facts.

    Raises:
        ValueError: when the bytes are no snapshot, or one of another version.
    """
    try:
        with pa.ipc.open_stream(snapshot) as reader:
            about = json.loads((reader.schema.metadata or {})[b"umaya_live"])
            batch = reader.read_next_batch()
    except (pa.ArrowInvalid, OSError, KeyError, StopIteration, ValueError) as error:  # pyarrow: cut off is an OSError
        raise ValueError("these bytes are no snapshot of a live matcher") from error
    shapes = {name: _text(dtype) for name, dtype in dtypes.items()}
    if about["version"] != VERSION or {name: dtype for name, (_, dtype) in about["arrays"].items()} != shapes:
        raise ValueError("the snapshot was taken by another version")
    arrays = {
        name: np.frombuffer(batch[name][0].as_buffer(), dtype, about["arrays"][name][0]).copy()
        for name, dtype in dtypes.items()
    }
    return arrays, about["facts"]


def _text(dtype: np.dtype[Any]) -> str:
    return str(dtype.descr if dtype.names else dtype.str)
