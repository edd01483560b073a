"""Simulated towns for `disclosure.py`: what riders did, who got something, and what is public about it.

A town has its roads and homes, five ordinary days that the attackers know as the usual pattern (from the truth, more
than any release would tell them), five more that are released as statistics, and the day of an earthquake that is
released window by window. Deliveries are the stops of the simulation's truth at a letterbox.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.disclosure import move_to_road
from umaya.places.atlas import Atlas
from umaya.places.roads import homes_per_segment, import_osm
from umaya.places.roads.background import BACKGROUND
from umaya.sample.days import JAPAN, Day, ordinary_day
from umaya.sample.map.network import Streets
from umaya.sample.quake import QUAKE_TIME, quake_day
from umaya.sample.town import Town, make_town

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KNOWN = tuple(date(2026, 11, day) for day in (2, 3, 4, 5, 6))
RELEASED = tuple(date(2026, 11, day) for day in (9, 10, 11, 12, 13))
QUAKE = datetime.combine(date(2026, 11, 18), QUAKE_TIME, JAPAN)
END = QUAKE + timedelta(hours=6, minutes=30)
STOP_S = 5
"""Standing so long at a letterbox is a delivery; the shortest of the simulation takes 8 seconds."""


@dataclass(frozen=True)
class Driven:
    """A day as matched to roads, and its truth.

    Attributes:
        traversals: schema `TRAVERSALS`, from the real matcher.
        box, second, rider: letterbox, Unix second and number of the vehicle of each delivery.
        vehicles: names by number.
    """

    traversals: pa.Table
    box: Ints
    second: Ints
    rider: Ints
    vehicles: list[str]


@dataclass(frozen=True)
class Scene:
    """A town and its days.

    Attributes:
        atlas: roads, homes and matcher, as the obligations know them.
        segment: of each row of segments below, its id; `of_edge` the row of each edge.
        source, target, length: of each row.
        box_row: row that each letterbox lies on; `box_xy` its place, `box_homes` its homes, `box_drive` whether a
            private way leads to it.
        usual: passes of each row in each hour of the known days (rows x 24), from the truth.
        seen: for each vehicle name, the known days' passes of each row in each hour (rows x 24).
        days: the released ordinary days; `quake` the day of the earthquake.
    """

    atlas: Atlas
    segment: Ints
    of_edge: Ints
    source: Ints
    target: Ints
    length: Floats
    box_row: Ints
    box_xy: Floats
    box_homes: Ints
    box_drive: Bools
    usual: Floats
    seen: dict[str, Floats]
    days: list[Driven]
    quake: Driven


def make_scene(seed: int, homes: int, folder: Path) -> Scene:
    """Simulate a town from a seed; `folder` is empty and stays as long as the scene is used."""
    town = make_town(seed, homes)
    with tempfile.TemporaryDirectory() as other:
        file = Path(other) / "town.osm.pbf"
        town.write_osm(file)
        network = import_osm(file)
    atlas = Atlas(folder)
    atlas.put(network, BACKGROUND.empty_table())
    atlas.put_homes(homes_per_segment(town.letterboxes, network))
    edge_segment = network.edges.column("segment_id").to_numpy()
    segment = np.unique(edge_segment)
    streets = town.streets
    row_of = _rows_of_streets(streets, network.nodes.column("node_id").to_numpy(), network.edges, segment)
    box_street, box_offset = streets.on_ways(*(town.letterboxes[name].to_numpy() for name in ("way_id", "offset_m")))
    scale = np.array([np.cos(np.radians(36.2)), 1.0]) * 111_195
    usual = np.zeros((len(segment), 24))
    seen: dict[str, Floats] = {}
    for day in KNOWN:
        for name, passes in _passes_in_truth(ordinary_day(town, day, seed), streets, row_of, len(segment)).items():
            usual += passes
            seen[name] = seen[name] + passes if name in seen else passes
    boxes = (box_street, box_offset, town.letterboxes["driveway_id"].is_valid().to_numpy())
    return Scene(
        atlas=atlas,
        segment=segment,
        of_edge=np.searchsorted(segment, edge_segment),
        source=network.edges.column("source").to_numpy()[segment].astype(np.int64),
        target=network.edges.column("target").to_numpy()[segment].astype(np.int64),
        length=network.edges.column("length_m").to_numpy()[segment],
        box_row=row_of[box_street],
        box_xy=np.column_stack([town.letterboxes[name].to_numpy() for name in ("lon", "lat")]) * scale,
        box_homes=town.letterboxes["homes"].to_numpy().astype(np.int64),
        box_drive=boxes[2],
        usual=usual,
        seen=seen,
        days=[_driven(ordinary_day(town, day, seed), town, boxes, atlas) for day in RELEASED],
        quake=_driven(quake_day(town, QUAKE.date(), seed=seed), town, boxes, atlas),
    )


def _rows_of_streets(streets: Streets, node_ids: Ints, edges: pa.Table, segment: Ints) -> Ints:
    """Row of the network's segments for each street of the simulation, by the pair of its junctions."""
    ends = [node_ids[edges.column(name).to_numpy()[segment]] for name in ("source", "target")]
    key = np.minimum(*ends) * 2**31 + np.maximum(*ends)
    order = np.argsort(key)
    theirs = [nodes[: streets.public] for nodes in (streets.start_node, streets.end_node)]
    wanted = np.minimum(*theirs) * 2**31 + np.maximum(*theirs)
    at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    return np.where(key[order][at] == wanted, order[at], 0)


def _street(truth: pa.Table, streets: Streets) -> tuple[Ints, Bools]:
    """Street of each row of the truth, and whether it was ridden along its way."""
    start, end = (nodes[: streets.public] for nodes in (streets.start_node, streets.end_node))
    key = np.concatenate([start * 2**31 + end, end * 2**31 + start])
    order = np.argsort(key, kind="stable")
    wanted = truth["from_node"].to_numpy() * 2**31 + truth["to_node"].to_numpy()
    at = order[np.searchsorted(key[order], wanted)]
    return at % streets.public, at < streets.public


def _passes_in_truth(day: Day, streets: Streets, row_of: Ints, rows: int) -> dict[str, Floats]:
    """Whether each vehicle was on each road in each hour of a day."""
    truth = day.truth_points
    street, _ = _street(truth, streets)
    names = pc.dictionary_encode(truth["vehicle_id"]).combine_chunks()
    vehicle = names.indices.to_numpy().astype(np.int64)
    hour = (truth["t"].cast(pa.int64()).to_numpy() // 1_000_000 + 9 * 3600) % 86_400 // 3600
    there = np.zeros((len(names.dictionary), rows, 24))
    there[vehicle, row_of[street], hour] = 1
    return dict(zip(names.dictionary.to_pylist(), there, strict=True))


def _driven(day: Day, town: Town, boxes: tuple[Ints, Floats, Bools], atlas: Atlas) -> Driven:
    traversals = atlas.matcher.match(move_to_road(day.positions, atlas.accesses)).traversals
    truth, streets = day.truth_points, town.streets
    names = pc.dictionary_encode(truth["vehicle_id"]).combine_chunks()
    vehicle = names.indices.to_numpy().astype(np.int64)
    second = truth["t"].cast(pa.int64()).to_numpy() // 1_000_000
    lon, lat = truth["lon"].to_numpy(), truth["lat"].to_numpy()
    still = (np.diff(vehicle) == 0) & (np.diff(lon) == 0) & (np.diff(lat) == 0) & (np.diff(second) < 60)
    first = np.flatnonzero(np.concatenate([[True], ~still]))
    last = np.append(first[1:] - 1, len(vehicle) - 1)
    at = first[second[last] - second[first] >= STOP_S]
    street, onward = (values[at] for values in _street(truth, streets))
    offset = truth["offset_m"].to_numpy()[at]
    offset = np.where(onward, offset, streets.length[street] - offset)
    private = truth["on_private"].to_numpy(zero_copy_only=False)[at]
    box = _nearest_box(street, offset, private, boxes)
    found = box >= 0
    return Driven(traversals, box[found], second[at][found], vehicle[at][found], names.dictionary.to_pylist())


def _nearest_box(street: Ints, offset: Floats, private: Bools, boxes: tuple[Ints, Floats, Bools]) -> Ints:
    """Letterbox within a metre of each stop, on the same street and of the same kind; -1 where there is none."""
    keys = [(side * 10_000_000 + of * 10_000 + along) for of, along, side in (boxes, (street, offset, private))]
    order = np.argsort(keys[0])
    at = np.searchsorted(keys[0][order], keys[1])
    best = np.full(len(street), -1)
    gap = np.full(len(street), 1.0)
    for near in (np.maximum(at - 1, 0), np.minimum(at, len(order) - 1)):
        away = np.abs(keys[0][order][near] - keys[1])
        closer = away < gap
        best[closer], gap[closer] = order[near][closer], away[closer]
    return best
