"""A neighbourhood with doubtful rows, resolved by the engine, and a hub whose carriers are asked about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tests.engines.buildings.blocks import Box, boxes_of, drawn, numbered
from tests.web.hubs import make_hub
from umaya.engines.buildings.letterboxes import house
from umaya.engines.buildings.resolve import resolve
from umaya.gate import Party, Words
from umaya.hub import Hub
from umaya.places.buildings.files import building_table, write_tables
from umaya.services.buildings.reading import NewCheck, read_checks
from umaya.types.site import Actor

CARRIER = Actor("post-carrier", "配 一", "post-minase", frozenset({"carrier"}))
SECOND = Actor("post-carrier-2", "配 二", "post-minase", frozenset({"carrier"}))
OTHER = Actor("other-carrier", "他 一", "other-post", frozenset({"carrier"}))
STEWARD = Actor("post-steward", "管 一", "post-minase", frozenset({"steward"}))

HOUSES: dict[str, Box] = {"a": (0, 0, 8, 10), "b": (9, 0, 17, 10), "c": (40, 0, 48, 10)}
POINTS = numbered({"1-1": (8.5, -1), "1-2": (44, 1), "1-9": (400, 400)})
"""One between two houses, one in a house of its own, one where no house stands."""
IDS = {"a": "7K2M-Q9RT-0W4H", "b": None, "c": None}
SHARED = {"id": "box-1", "at": "1-1"}


@dataclass(frozen=True)
class Resolve:
    """Files of a resolve and what they were made of."""

    doubtful: Path
    buildings: Path
    footprints: pa.Table
    letterboxes: pa.Table

    def checks(self) -> list[NewCheck]:
        return read_checks(self.doubtful, self.buildings)


def resolved(folder: Path, letterboxes: pa.Table | None = None, houses: dict[str, Box] | None = None) -> Resolve:
    """Resolve the neighbourhood, and write what `umaya places buildings` would."""
    outlines = drawn(houses or HOUSES)
    boxes = boxes_of(dict(SHARED)) if letterboxes is None else letterboxes
    found = resolve(POINTS, outlines)
    housed = house(boxes, found, outlines)
    ids = {ref: name for ref, name in IDS.items() if name}
    table = building_table(outlines, found.links, housed.housed, ids)
    doubtful = pa.concat_tables([found.doubtful, housed.doubtful])
    write_tables(folder, {"doubtful": doubtful, "buildings": table})
    return Resolve(folder / "doubtful.parquet", folder / "buildings.parquet", outlines, boxes)


@contextmanager
def check_hub(folder: Path) -> Iterator[Hub]:
    """Yield a hub, open, with two carriers and a steward of the post, and a carrier of another."""
    hub = make_hub(folder)
    hub.gate.catalogue.add_party(Party("other-post", Words("別の局", "Other"), "post"))
    for actor in (CARRIER, SECOND, OTHER, STEWARD):
        hub.gate.catalogue.add_actor(actor)
    yield hub
    hub.close()
