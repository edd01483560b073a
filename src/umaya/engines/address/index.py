"""The compiled index: flat arrays of prefectures, municipalities, towns, blocks, address points and parcels.

Responsible for the layout alone: `build` fills it, `umaya.places.addresses.open_index` maps it from disk, the kernels
and the reverse and suggest engines read it. Every row number is a position in its own table; a row number of another
table is named after that table (`towns.city` is a row of `cities`). All arrays are read only and may be mapped
from one file by many processes.

What always holds:
- rows are ordered: cities by lg_code, towns by city and name, blocks, points and parcels by town and number;
- `NONE` (-1) stands for a number that is not known, NaN for a coordinate that is not known;
- coordinates are WGS 84 degrees (JGD2011 of the sources differs by less than their own precision).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

VERSION = 2
"""Of the layout and of the spelling rules: an index of another version is not read."""

NONE = -1

RESIDENCE, CHOME, LISTED, WHOLE = 1, 2, 4, 8
"""Flags of a town: numbered by residence indication (住居表示); has chome (丁目) that are not listed one by one;
stands in the Address Base Registry; has chome that are all listed."""


class Texts(NamedTuple):
    """Strings end to end in UTF-8: string i is `data[offsets[i]:offsets[i + 1]]`."""

    data: Bytes
    offsets: Longs


class Symbols(NamedTuple):
    """Folded names end to end (see `spelling`): name i is `data[offsets[i]:offsets[i + 1]]`."""

    data: Ints
    offsets: Longs


class Prefectures(NamedTuple):
    """Prefectures: `code` after JIS X 0401, 1 to 47."""

    code: Ints
    name: Texts


class Cities(NamedTuple):
    """Municipalities, and wards of designated cities: `name` is the whole (虻田郡ニセコ町, 札幌市中央区)."""

    prefecture: Ints
    code: Ints  # lg_code, six digits with the check digit
    lon: Floats
    lat: Floats
    name: Texts


class Towns(NamedTuple):
    """Towns (大字・町), their chome (丁目) and koaza (小字); `name` is the whole, as its source spells it."""

    city: Ints
    machiaza: Ints  # machiaza_id, seven digits; NONE where the registry has not the town
    parent: Ints  # the row of the oaza of a chome or koaza, NONE for an oaza or where it has no row
    flags: Ints
    postcode: Ints  # NONE where not known
    lon: Floats
    lat: Floats
    name: Texts
    folded: Symbols


class Blocks(NamedTuple):
    """Blocks of residence indication (街区): centre of their address points."""

    town: Ints
    block: Ints  # blk_id
    lon: Floats
    lat: Floats
    label: Texts  # 街区符号 as the registry writes it


class Points(NamedTuple):
    """Residence numbers (住居番号)."""

    town: Ints
    block: Ints  # a row of `blocks`
    residence: Ints  # rsdt_id
    residence2: Ints  # rsdt2_id or NONE
    lon: Floats
    lat: Floats
    label: Texts  # 住居番号 as the registry writes it, 22 or 22-101


class Parcels(NamedTuple):
    """Lots of the land register (地番)."""

    town: Ints
    parcel: Longs  # prc_id, fifteen digits
    lon: Floats
    lat: Floats
    label: Texts  # 103-3


class Trie(NamedTuple):
    """A trie in a hash table with linear probing; slot i is `slots[2 * i]`, the key of (node, symbol), and the node
    that it leads to. `first[n]:first[n + 1]` are the entries of node n.
    """

    slots: npt.NDArray[np.uint64]
    first: Ints
    entries: Ints


class Hashes(NamedTuple):
    """An open hash table from 64 bit digests to rows; slot i is `slots[2 * i]`, the digest, and the row."""

    slots: npt.NDArray[np.uint64]


class Postcodes(NamedTuple):
    """Postcodes in ascending order, a row for each town that a code serves; `town` NONE: what the others leave."""

    code: Ints
    town: Ints
    city: Ints


class Formers(NamedTuple):
    """Municipalities that are no more: the municipality of today, and the day of the change in days since 1970."""

    city: Ints
    ended: Ints
    name: Texts


class AddressIndex(NamedTuple):
    """All of it. `names` and `numbers` are read by the kernels of `normalise` only."""

    prefectures: Prefectures
    cities: Cities
    towns: Towns
    blocks: Blocks
    points: Points
    parcels: Parcels
    postcodes: Postcodes
    formers: Formers
    names: Trie
    numbers: Hashes


def strings(texts: Texts) -> list[str]:
    """Return all strings of `texts`: for small tables and tests."""
    data, ends = texts.data.tobytes(), texts.offsets.tolist()
    return [data[a:b].decode() for a, b in pairwise(ends)]


def text(texts: Texts, row: int) -> str:
    """Return one string of `texts`."""
    return bytes(texts.data[texts.offsets[row] : texts.offsets[row + 1]]).decode()


def leaves(index: Any, name: str = "") -> list[tuple[str, npt.NDArray[Any]]]:
    """Return every array of an index, or of a part of it, under its dotted name."""
    if not isinstance(index, tuple):
        return [(name, index)]
    parts: Any = index
    return [leaf for field in parts._fields for leaf in leaves(getattr(parts, field), f"{name}.{field}".lstrip("."))]


def assembled(arrays: dict[str, npt.NDArray[Any]], kind: Any = AddressIndex, name: str = "") -> Any:
    """Return the index whose arrays `leaves` listed; raises KeyError when one is missing."""
    return kind(
        *(
            assembled(arrays, part, f"{name}{field}.") if hasattr(part, "_fields") else arrays[f"{name}{field}"]
            for field, part in get_type_hints(kind).items()
        )
    )
