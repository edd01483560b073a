"""Letterboxes to buildings and rooms: by address alone where that is enough, else by further data, else doubtful.

An address is enough when it marks one building and no other building without a number is in its reach. Otherwise
the row must carry what tells buildings apart: the building's name, the letterbox's coordinates, or a real-estate id
that is known to be of a building. What is told twice must agree. Nothing of occupants is known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import shapely

from umaya.engines.buildings.candidates import Plane
from umaya.engines.buildings.resolve import Resolved
from umaya.engines.buildings.schemas import ADDRESS, DOUBTFUL, HOUSED

AT_M = 3.0
"""Coordinates this near to an outline, and to no other of the candidates, stand for it."""
ASTRAY_M = 30.0
"""Coordinates farther than this from every building of the address contradict it."""
CERTAIN = 0.99
"""Confidence in data that names a building by itself."""
_ROOM = re.compile(r"(号室|号|室)$")
_HYPHEN = re.compile(r"[‐-―−ｰ－]")
_BLANK = re.compile(r"[\s・･,.'\"-]+")

Address = tuple[str, ...]


@dataclass
class _Choice:
    """The buildings of an address: those marked, and all that it may be, with the confidence of the marked ones."""

    marked: dict[str, float] = field(default_factory=dict)
    candidates: list[str] = field(default_factory=list)
    known: bool = False


@dataclass(frozen=True)
class Housed:
    """Letterboxes, each once.

    Attributes:
        housed: schema HOUSED.
        doubtful: schema DOUBTFUL.
    """

    housed: pa.Table
    doubtful: pa.Table


def house(
    letterboxes: pa.Table, resolved: Resolved, footprints: pa.Table, real_estate: dict[str, str] | None = None
) -> Housed:
    """Put letterboxes into buildings.

    Args:
        letterboxes: schema LETTERBOXES.
        resolved: their addresses' points.
        footprints: schema FOOTPRINTS.
        real_estate: footprints by real-estate id, where such a register is at hand.

    Returns:
        Reasons of housed rows: `only-building`, `name`, `coordinates`, `same-name` (another letterbox with this address
        and building name has coordinates), `real-estate-id`. Reasons of doubtful rows: `address-unknown`,
        `address-doubtful`, `several-buildings`, `evidence-disagrees`, `place-elsewhere` (far from all its buildings).
    """
    choices = _choices(resolved)
    rows = letterboxes.to_pylist()
    addresses = [tuple(row[name] for name in ADDRESS) for row in rows]
    names = {ref: building_name(name) for ref, name in _pairs(footprints, "footprint", "name") if name}
    placed, astray = _by_place(rows, addresses, choices, footprints)
    taught = _taught(rows, addresses, placed)
    housed, doubtful = [], []
    for i, (row, address) in enumerate(zip(rows, addresses, strict=True)):
        choice = choices.get(address) or _Choice()
        told = {
            "real-estate-id": _one((real_estate or {}).get(row["real_estate_id"] or ""), choice),
            "coordinates": placed.get(i),
            "name": _named(row["building"], choice, names),
            "same-name": taught.get((address, building_name(row["building"]))),
        }
        found = {reason: ref for reason, ref in told.items() if ref is not None}
        common = {**dict(zip(ADDRESS, address, strict=True)), "letterbox_id": row["letterbox_id"]}
        reason, ref, confidence = ("place-elsewhere", None, 0.0) if i in astray else _decide(choice, found)
        if ref is not None:
            more = {"room": room(row["room"]), "footprint": ref, "confidence": confidence}
            housed.append({**common, **more, "reason": reason})
        else:
            chances = [choice.marked.get(each, 0.0) for each in choice.candidates]
            more = {"candidates": choice.candidates, "confidences": chances, "confidence": max(chances, default=0.0)}
            doubtful.append({**common, "lon": row["lon"], "lat": row["lat"], "reason": reason, **more})
    return Housed(pa.Table.from_pylist(housed, HOUSED), pa.Table.from_pylist(doubtful, DOUBTFUL))


def building_name(text: str | None) -> str:
    """Return a building's name as names are compared: full width and half width, case, blanks and dots are one."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", text or "")).casefold()


def room(text: str | None) -> str:
    """Return a room's number as rooms are compared: `１０１号室` and `101` are one."""
    plain = "".join(unicodedata.normalize("NFKC", text or "").split()).upper().removeprefix("#")
    return _ROOM.sub("", _HYPHEN.sub("-", plain))


def _decide(choice: _Choice, found: dict[str, str]) -> tuple[str, str | None, float]:
    """Return a reason, and the building with its confidence where there is one."""
    if len(set(found.values())) > 1:
        return "evidence-disagrees", None, 0.0
    if found:
        reason, ref = next(iter(found.items()))
        return reason, ref, CERTAIN
    if not choice.known:
        return "address-unknown", None, 0.0
    if not choice.marked:
        return "address-doubtful", None, 0.0
    if len(choice.candidates) > 1:
        return "several-buildings", None, 0.0
    ((ref, confidence),) = choice.marked.items()
    return "only-building", ref, confidence


def _choices(resolved: Resolved) -> dict[Address, _Choice]:
    choices: dict[Address, _Choice] = defaultdict(_Choice)
    for row in resolved.links.to_pylist():
        choice = choices[tuple(row[name] for name in ADDRESS)]
        choice.marked[row["footprint"]] = max(row["confidence"], choice.marked.get(row["footprint"], 0.0))
        _add(choice, [row["footprint"], *row["others"]])
    for row in resolved.doubtful.to_pylist():
        _add(choices[tuple(row[name] for name in ADDRESS)], row["candidates"])
    return choices


def _add(choice: _Choice, refs: list[str]) -> None:
    choice.known = True
    choice.candidates.extend(ref for ref in refs if ref not in choice.candidates)


def _pairs(table: pa.Table, key: str, value: str) -> list[tuple[str, str | None]]:
    return list(zip(table.column(key).to_pylist(), table.column(value).to_pylist(), strict=True))


def _one(ref: str | None, choice: _Choice) -> str | None:
    """A register's word counts where the address may be that building, or nothing is known of the address."""
    return ref if ref is not None and (ref in choice.candidates or not choice.known) else None


def _named(text: str | None, choice: _Choice, names: dict[str, str]) -> str | None:
    name = building_name(text)
    hits = [ref for ref in choice.candidates if name and names.get(ref) == name]
    return hits[0] if len(hits) == 1 else None


def _by_place(
    rows: list[dict[str, object]], addresses: list[Address], choices: dict[Address, _Choice], footprints: pa.Table
) -> tuple[dict[int, str], set[int]]:
    """Return the candidate at which a letterbox's coordinates lie, where it is one alone; and the rows far from all."""
    placed = [i for i, row in enumerate(rows) if row["lon"] is not None and row["lat"] is not None]
    if not placed:
        return {}, set()
    degrees = np.array([[rows[i]["lon"], rows[i]["lat"]] for i in placed], np.float64)
    plane = Plane.around(degrees[:, 0], degrees[:, 1])
    shapes = shapely.transform(
        shapely.from_wkb(footprints.column("geometry").to_numpy(zero_copy_only=False)), plane.metres
    )
    row_of = {ref: i for i, ref in enumerate(footprints.column("footprint").to_pylist())}
    found: dict[int, str] = {}
    astray: set[int] = set()
    for i, point in zip(placed, shapely.points(plane.metres(degrees)), strict=True):
        refs = choices[addresses[i]].candidates if addresses[i] in choices else []
        metres = sorted((float(shapely.distance(point, shapes[row_of[ref]])), ref) for ref in refs)
        if metres and _stands_out(metres[0][0], metres[1][0] if len(metres) > 1 else np.inf):
            found[i] = metres[0][1]
        elif metres and metres[0][0] > ASTRAY_M:
            astray.add(i)
    return found, astray


def _stands_out(first: float, second: float) -> bool:
    """Whether a letterbox is at the nearest building, and clearly not at the second."""
    return second > 0 if first == 0 else first <= AT_M and second > max(AT_M, 2 * first)


def _taught(
    rows: list[dict[str, object]], addresses: list[Address], placed: dict[int, str]
) -> dict[tuple[Address, str], str]:
    """Return the building of an address and a name, where every letterbox with coordinates says the same."""
    said: dict[tuple[Address, str], set[str]] = defaultdict(set)
    for i, ref in placed.items():
        name = building_name(str(rows[i]["building"] or ""))
        if name:
            said[addresses[i], name].add(ref)
    return {key: next(iter(refs)) for key, refs in said.items() if len(refs) == 1}
