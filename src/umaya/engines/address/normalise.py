"""`normalise`: a column of addresses in, a table of their parts out. One call is one batch; batches may run in threads.

Levels, by how finely an address was found in the index: none, prefecture, city, town, block, parcel, number. A
coordinate is always that of the level: an address that was found to the town alone has the town's. Numbers that the
registry has not are still read, and stand in `block` and `number` without an id.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.address import output, parts
from umaya.engines.address.build import kanji_number
from umaya.engines.address.index import NONE, AddressIndex, Texts
from umaya.engines.address.parts import LEVELS, PARTS, lookup_of, work_room
from umaya.engines.address.reading import Found, Spans, read_all
from umaya.engines.address.spelling import fold

SPANS = pa.list_(
    pa.struct([("part", pa.dictionary(pa.int8(), pa.string())), ("start", pa.int32()), ("end", pa.int32())])
)
RESULT = pa.schema(
    [
        ("prefecture", pa.string()), ("city", pa.string()), ("town", pa.string()), ("block", pa.string()),
        ("number", pa.string()), ("building", pa.string()), ("room", pa.string()), ("rest", pa.string()),
        ("postcode", pa.string()), ("former_until", pa.date32()), ("lg_code", pa.string()),
        ("machiaza_id", pa.string()),
        ("blk_id", pa.string()), ("rsdt_id", pa.string()), ("rsdt2_id", pa.string()), ("prc_id", pa.string()),
        ("lon", pa.float64()), ("lat", pa.float64()), ("level", pa.string()), ("confidence", pa.float32()),
        ("spans", SPANS),
    ]
)  # fmt: skip
"""Columns of the result. `building` holds the room too, `room` the room alone; `rest` also streets of Kyoto and 様方;
`former_until`: the day on which the municipality that was written ceased to be; `spans` counts in characters."""

_WRITTEN = {
    "block": ((parts.BLOCK,), True),
    "number": ((parts.NUMBERS,), True),
    "building": ((parts.BUILDING, parts.ROOM), False),
    "room": ((parts.ROOM,), False),
    "rest": ((parts.STREET, parts.CARE_OF, parts.REST), False),
}


class Normaliser:
    """What is prepared once from an index to normalise many batches; it may be shared by threads."""

    def __init__(self, index: AddressIndex) -> None:
        self.index = index
        self.lookup = lookup_of(index)

    def __call__(self, addresses: pa.Array | pa.ChunkedArray, columns: Collection[str] = RESULT.names) -> pa.Table:
        """Return one row for each address, in their order.

        Args:
            addresses: text; a null is an empty text.
            columns: the columns of RESULT that are wanted.

        Raises:
            TypeError: when `addresses` is not text.
            ValueError: when an address is not UTF-8.
            KeyError: when RESULT has not a column that is asked for.
        """
        wanted = [RESULT.field(name) for name in columns]
        pieces = addresses.chunks if isinstance(addresses, pa.ChunkedArray) else [addresses]
        schema = pa.schema(wanted)
        return pa.concat_tables(
            [schema.empty_table(), *(_Batch(self, piece).table(schema) for piece in pieces if len(piece))]
        )

    @cached_property
    def prefectures(self) -> pa.Array:
        """Names of prefectures."""
        return _names(self.index.prefectures.name)

    @cached_property
    def cities(self) -> pa.Array:
        """Names of municipalities."""
        return _names(self.index.cities.name)

    @cached_property
    def towns(self) -> pa.Array:
        """Names of towns."""
        return _names(self.index.towns.name)

    @cached_property
    def chome(self) -> pa.Array:
        """Names of chome by number."""
        return pa.array(["", *(f"{kanji_number(number)}丁目" for number in range(1, 100))])


def normalise(addresses: pa.Array | pa.ChunkedArray, index: AddressIndex) -> pa.Table:
    """Return the parts of each address, in their order: a table of RESULT; see `Normaliser` for many batches."""
    return Normaliser(index)(addresses)


class _Batch:
    """One batch that was read, and its columns."""

    def __init__(self, by: Normaliser, addresses: pa.Array) -> None:
        if not (pa.types.is_string(addresses.type) or pa.types.is_large_string(addresses.type)):
            raise TypeError(f"addresses are text, not {addresses.type}")
        self.by, self.index = by, by.index
        self.data, self.offsets = _bytes(addresses)
        rows = len(self.offsets) - 1
        self.work = work_room(int(np.diff(self.offsets).max(initial=0)))
        kinds = [*[np.int32] * 8, np.bool_, np.int32, np.uint8, np.float32]
        self.found = Found._make(np.empty(rows, kind) for kind in kinds)
        most = 2 * len(self.data) + rows + 1
        self.spans = Spans(
            np.empty(rows + 1, np.int64), np.empty(most, np.uint8), np.empty(most, np.int32), np.empty(most, np.int32)
        )
        self.used = read_all(by.lookup, self.data, self.offsets, fold(), self.work, self.found, self.spans)

    def table(self, schema: pa.Schema) -> pa.Table:
        return pa.table([self.column(field.name).cast(field.type) for field in schema], schema=schema)

    def column(self, name: str) -> pa.Array:
        if name in _WRITTEN:
            wanted, number = _WRITTEN[name]
            return output.column(
                self.data, self.offsets, self.spans, wanted, number=number, fold=fold(), work=self.work
            )
        made: pa.Array = getattr(self, f"_{name}")()
        return made

    def _prefecture(self) -> pa.Array:
        return self.by.prefectures.take(_nullable(self.found.prefecture))

    def _city(self) -> pa.Array:
        return self.by.cities.take(_nullable(self.found.city))

    def _town(self) -> pa.Array:
        towns = self.by.towns.take(_nullable(self.found.town))
        if not self.found.chome.any():
            return towns
        return pc.binary_join_element_wise(towns, self.by.chome.take(pa.array(self.found.chome)), "")

    def _postcode(self) -> pa.Array:
        return _padded(self.found.postcode, 7)

    def _former_until(self) -> pa.Array:
        return _nullable(_taken(self.index.formers.ended, self.found.former)).cast(pa.date32())

    def _lg_code(self) -> pa.Array:
        return _padded(_taken(self.index.cities.code, self.found.city), 6)

    def _machiaza_id(self) -> pa.Array:
        sure = ~self.found.twins & (self.found.chome == 0)
        return _padded(np.where(sure, _taken(self.index.towns.machiaza, self.found.town), NONE), 7)

    @cached_property
    def _blocks(self) -> npt.NDArray[np.int32]:
        return np.where(self.found.point >= 0, _taken(self.index.points.block, self.found.point), self.found.block)

    def _blk_id(self) -> pa.Array:
        return _padded(_taken(self.index.blocks.block, self._blocks), 3)

    def _rsdt_id(self) -> pa.Array:
        return _padded(_taken(self.index.points.residence, self.found.point), 3)

    def _rsdt2_id(self) -> pa.Array:
        return _padded(_taken(self.index.points.residence2, self.found.point), 5)

    def _prc_id(self) -> pa.Array:
        return _padded(_taken(self.index.parcels.parcel, self.found.parcel), 15)

    def _lon(self) -> pa.Array:
        return self._coordinate("lon")

    def _lat(self) -> pa.Array:
        return self._coordinate("lat")

    def _coordinate(self, name: str) -> pa.Array:
        """Return the coordinate of each row at its level."""
        found, out = self.found, np.full(len(self.found.level), np.nan)
        sure_town = np.where(~found.twins & (found.chome == 0), found.town, NONE)
        for level, table, rows in (
            (parts.OF_CITY, self.index.cities, found.city),
            (parts.OF_TOWN, self.index.towns, sure_town),
            (parts.OF_BLOCK, self.index.blocks, found.block),
            (parts.OF_PARCEL, self.index.parcels, found.parcel),
            (parts.OF_NUMBER, self.index.points, found.point),
        ):
            here = np.flatnonzero((found.level == level) & (rows >= 0))
            out[here] = getattr(table, name)[rows[here]]
        return pa.array(out, from_pandas=True)

    def _level(self) -> pa.Array:
        return pa.array(LEVELS).take(pa.array(self.found.level))

    def _confidence(self) -> pa.Array:
        return pa.array(self.found.confidence)

    def _spans(self) -> pa.Array:
        used, spans = self.used, self.spans
        begins = (self.data & 0xC0 != 0x80).astype(np.int64)  # of characters
        characters = np.zeros(len(self.data) + 1, np.int64)
        np.cumsum(begins, out=characters[1:])
        base = np.repeat(self.offsets[:-1].astype(np.int64), np.diff(spans.first))
        first = characters[base]
        part = pa.DictionaryArray.from_arrays(pa.array(spans.part[:used].astype(np.int8)), pa.array(PARTS))
        ends = [
            pa.array((characters[base + side[:used]] - first).astype(np.int32)) for side in (spans.begin, spans.end)
        ]
        rows = pa.StructArray.from_arrays([part, *ends], fields=list(SPANS.value_type))
        return pa.ListArray.from_arrays(pa.array(spans.first.astype(np.int32)), rows)


def _bytes(addresses: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """Return the bytes of a column of text and where each row begins; nulls are empty."""
    try:
        addresses.validate(full=True)
    except pa.ArrowInvalid as error:
        raise ValueError("an address is not text in UTF-8") from error
    if addresses.null_count:
        addresses = pc.fill_null(addresses, "")
    kind = np.int64 if pa.types.is_large_string(addresses.type) else np.int32
    _, ends, data = addresses.buffers()
    offsets = np.frombuffer(ends, kind)[addresses.offset : addresses.offset + len(addresses) + 1]
    text = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.zeros(0, np.uint8)
    return text, (offsets - offsets[0]).astype(np.int32)


def _names(texts: Texts) -> pa.Array:
    buffers = [None, pa.py_buffer(texts.offsets), pa.py_buffer(texts.data)]
    return pa.Array.from_buffers(pa.large_string(), len(texts.offsets) - 1, buffers).cast(pa.string())


def _nullable(values: npt.NDArray[Any]) -> pa.Array:
    return pa.array(values, mask=values == NONE)


def _taken(values: npt.NDArray[Any], rows: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    """Return values of rows, NONE where there is no row."""
    if not len(values):
        return np.full(len(rows), NONE, values.dtype)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], NONE)


def _padded(values: npt.NDArray[Any], width: int) -> pa.Array:
    return pc.utf8_lpad(_nullable(values).cast(pa.string()), width, "0")
