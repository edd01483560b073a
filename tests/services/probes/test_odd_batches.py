"""Batches that nobody could write by accident: each is refused with its reason, and takes nothing else down."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.services.probes.hubs import QUAKE, arrow, as_json
from tests.services.probes.test_http import LONE, points
from umaya.gate.intake import Batch
from umaya.sample import setup
from umaya.services.probes.batches import ARROW, JSON, read_batch
from umaya.services.probes.nats_source import counted_by
from umaya.types.errors import InputError

DATASET = next(one for one in setup.DATASETS if one.id == "bike-positions")


def read(content: bytes) -> Batch:
    return read_batch(content, JSON, DATASET, None, None)


@pytest.mark.parametrize(
    ("key", "field"),
    [
        *(({"sequence": number}, "sequence") for number in (10**25, "9" * 30, -1)),
        *(({"source": name}, "source") for name in (LONE, "a\0", "x" * 1000)),
    ],
)
def test_a_key_that_is_not_kept_is_refused_when_it_is_read(key: dict[str, Any], field: str) -> None:
    rows = json.loads(as_json(points("odd")))["positions"]
    with pytest.raises(InputError) as refused:
        read(json.dumps({"source": "odd", "sequence": 1, "positions": rows, **key}).encode())
    assert refused.value.place.field == field
    assert str(refused.value).encode()


def compressed(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(rows)
    return sink.getvalue()


def test_a_dictionary_that_unpacks_to_too_much_is_refused_and_a_plain_one_is_read() -> None:
    few = points("odd", 300)
    names = few.column("vehicle_id").combine_chunks().dictionary_encode()
    good = few.set_column(0, "vehicle_id", names)
    assert read_batch(arrow(good), ARROW, DATASET, "odd", 1).rows.num_rows == 300
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(2000, np.int8)), pa.array(["x" * 50_000]))
    rows = points("odd", 2000).set_column(0, "vehicle_id", long)
    content = compressed(rows)
    assert len(content) < 100_000
    with pytest.raises(InputError, match="unpacks to more"):
        read_batch(content, ARROW, DATASET, "odd", 1)


def test_columns_without_any_bytes_do_not_hide_how_many_rows_there_are() -> None:
    rows = pa.table({"vehicle_id": pa.nulls(10**8), "accuracy_m": pa.nulls(10**8)})
    with pytest.raises(InputError, match="unpacks to more"):
        read_batch(arrow(rows), ARROW, DATASET, "odd", 1)


def test_a_stream_that_was_made_anew_begins_a_count_of_its_own() -> None:
    """A source's key holds whose number it is: the sender's own, or that of one stream of one creation."""
    made, again = QUAKE, QUAKE.replace(second=1)
    assert counted_by("kanto", "positions", made) != counted_by("kanto", "positions", again)
    assert counted_by("kanto", "positions", made) == counted_by("kanto", "positions", made)
    assert counted_by("kanto", "positions", made).startswith("kanto")
