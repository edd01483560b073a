"""Answers as the next resolve takes them: a table of answers, letterboxes with places, addresses of lasting ids.

A letterbox that was answered gets coordinates within its building: the engine knows that as the reason `coordinates`
and then needs no guess. Rows for which no building was chosen get none, so they stay doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from umaya.engines.buildings.schemas import ADDRESS, LETTERBOXES
from umaya.places.buildings.registry import Registry
from umaya.services.buildings.check import Check, Verdict
from umaya.stores.durable import publish
from umaya.types.errors import InputError, NotFoundError, Place

ANSWERS: Final = pa.schema(
    [
        pa.field("check", pa.string(), nullable=False),
        pa.field("letterbox_id", pa.string()),
        *(pa.field(name, pa.string(), nullable=False) for name in ADDRESS),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("footprint", pa.string()),
        pa.field("building_id", pa.string()),
        pa.field("merged", pa.string()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
        pa.field("note", pa.string()),
        pa.field("answered_on", pa.date32()),
    ]
)
"""What people said of doubtful rows; `footprint`, `building_id`, `lon`, `lat` are those of the (first) building chosen,
`merged` names the footprints that are one building, parted by blanks."""
SOURCE: Final = "checked-on-the-spot"
"""What says so, in the history of lasting ids."""
_JAPAN = ZoneInfo("Asia/Tokyo")


def answer_table(checks: Iterable[Check]) -> pa.Table:
    """Return answers, schema ANSWERS."""
    return pa.Table.from_pylist([_answer(check) for check in checks], ANSWERS)


def _answer(check: Check) -> dict[str, Any]:
    first = check.picked[0] if check.picked else None
    return {
        "check": check.id,
        "letterbox_id": check.letterbox,
        **dict(zip(ADDRESS, check.address, strict=True)),
        "verdict": check.verdict,
        "footprint": first and first.footprint,
        "building_id": first and first.building_id,
        "merged": " ".join(one.footprint for one in check.picked) if check.verdict is Verdict.MERGED else None,
        "lon": first and first.lon,
        "lat": first and first.lat,
        "note": check.note,
        "answered_on": check.answered_at and check.answered_at.astimezone(_JAPAN).date(),
    }


def with_places(letterboxes: pa.Table, checks: Iterable[Check]) -> tuple[pa.Table, int]:
    """Return letterboxes, schema LETTERBOXES, with places in the buildings that were answered, and how many got one.

    The answer of a letterbox counts before that of its address, and in the place of its own coordinates; that of an
    address counts for its letterboxes without coordinates.
    """
    of_box: dict[str, tuple[float, float]] = {}
    of_address: dict[tuple[str, ...], set[tuple[float, float]]] = {}
    for check in checks:
        if check.picked:
            place = (check.picked[0].lon, check.picked[0].lat)
            if check.letterbox is not None:
                of_box[check.letterbox] = place
            else:
                of_address.setdefault(check.address, set()).add(place)
    rows, placed = letterboxes.to_pylist(), 0
    for row in rows:
        found = of_box.get(row["letterbox_id"])
        said = of_address.get(tuple(row[name] for name in ADDRESS), set())
        if found is None and (row["lon"] is None or row["lat"] is None) and len(said) == 1:
            (found,) = said
        if found is not None:
            row["lon"], row["lat"] = found
            placed += 1
    return pa.Table.from_pylist(rows, LETTERBOXES), placed


def tell_registry(registry: Registry, checks: Iterable[Check], actor: str) -> tuple[int, int]:
    """Tell the lasting ids which buildings addresses have; return how many were told, and how many could not be.

    An address whose buildings have no lasting id, or ids that ended since, is left as it is.
    """
    told = left = 0
    for check in checks:
        if check.letterbox is not None or check.verdict not in {Verdict.ONE, Verdict.MERGED, Verdict.NONE}:
            continue
        ids = [one.building_id for one in check.picked]
        if None in ids:
            left += 1
            continue
        try:
            registry.answer(check.address[0], check.address, frozenset(filter(None, ids)), SOURCE, actor)
            told += 1
        except NotFoundError:
            left += 1
    return told, left


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table whole or not at all, CSV or Parquet as its name says.

    Raises:
        InputError: when the name ends otherwise, or the file cannot be written.
    """
    writers: dict[str, Callable[[pa.Table, IO[bytes]], None]] = {
        ".csv": pyarrow.csv.write_csv,
        ".parquet": pq.write_table,
    }
    if path.suffix not in writers:
        raise InputError(Place(str(path)), "is neither .csv nor .parquet", "name it so")
    try:
        publish(path, lambda sink: writers[path.suffix](table, sink))
    except OSError as error:
        raise InputError(Place(str(path)), "cannot be written", "check the folder and its permissions") from error
