"""The supplied tracks with their truth, and the three measures that every matcher is judged by.

Right-edge share: points whose snapped place lies within 1 m of the geometry of the true edge, over all points;
a point that a matcher leaves out counts as wrong.
Added and missed length: for each vehicle the metres driven on each directed edge are summed, by the matcher and in
truth, first and last edge in part; added is what the matcher has more, missed what it has less, summed over the edges.
Mismatch is added plus missed over the true length (the route mismatch fraction of Newson and Krumm, 2009, section 4.2).
The undirected form counts both directions of a road together and so forgives a wrong direction; the edge-set form
takes whole segments, each once for a vehicle, however often and how far it was driven: the mildest to a matcher.
Ways drawn twice over the same vertices count as one.
Not responsible for running matchers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from umaya.places.roads import import_osm
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import POSITIONS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SETS = (
    "nerima-move_s5",
    "nerima-deliver_s5",
    "nerima-deliver_s10",
    "nerima-deliver_s5ar",
    "liechtenstein-move_s5",
    "liechtenstein-deliver_s5",
    "liechtenstein-deliver_s10",
)


def _keys(lines: NDArray[np.object_], ways: list[int]) -> list[tuple[int, bytes]]:
    return [(way, np.round(shapely.get_coordinates(line), 7).tobytes()) for line, way in zip(lines, ways, strict=True)]


def truth_edges(folder: Path, net: str, network: RoadNetwork) -> Ints:
    """Return for each edge of the truth the edge of `network` of the same way over the same vertices.

    Raises:
        KeyError: when the network lacks one.
    """
    table = pq.read_table(folder / f"{net}-edges.parquet")
    ours = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
    number = {key: i for i, key in enumerate(_keys(ours, network.edges["way_id"].to_pylist()))}
    theirs = shapely.from_wkt(table["wkt"].to_numpy(zero_copy_only=False))
    return np.array([number[key] for key in _keys(theirs, table["way_id"].to_pylist())], dtype=np.int64)


def same_shape(lines: NDArray[np.object_]) -> Ints:
    """Return for each line the number of the first line over the same vertices in the same order: ways drawn twice."""
    number: dict[bytes, int] = {}
    keys = [np.round(shapely.get_coordinates(line), 7).tobytes() for line in lines]
    return np.array([number.setdefault(key, i) for i, key in enumerate(keys)], dtype=np.int64)


@dataclass(frozen=True)
class Truth:
    """What one set of tracks is, and what really happened.

    Attributes:
        network: the roads, imported from the extract.
        positions: schema POSITIONS, sorted.
        edge: true edge of each position.
        driven: {vehicle: metres on each directed edge}, sparse as (edge ids, metres).
    """

    name: str
    network: RoadNetwork
    positions: pa.Table
    lon: Floats
    lat: Floats
    edge: Ints
    vehicle: NDArray[np.int32]
    vehicles: list[str]
    driven: dict[int, tuple[Ints, Floats]]
    length_m: float


def load(folder: Path, name: str, most: int | None = None) -> Truth:
    """Read one set, at most the first `most` vehicles of it."""
    net = name.split("-", maxsplit=1)[0]
    network = import_osm(folder / f"{net}-net.osm.pbf")
    ours = truth_edges(folder, net, network)
    points = pq.read_table(folder / name / "truth_points.parquet")
    table = pq.read_table(folder / name / "positions.parquet")
    routes = pq.read_table(folder / name / "truth_routes.parquet")
    vehicles = sorted(routes["vehicle_id"].to_pylist())[:most]
    keep = pc.is_in(table["vehicle_id"], pa.array(vehicles, table["vehicle_id"].type))
    table, points = table.filter(keep), points.filter(keep)
    positions = pa.table(
        {
            f.name: table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(len(table), f.type)
            for f in POSITIONS
        },
        schema=POSITIONS,
    )
    vehicle = pc.index_in(table["vehicle_id"], pa.array(vehicles, table["vehicle_id"].type)).to_numpy().astype(np.int32)
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    edge = ours[points["edge"].to_numpy()]
    length = network.edges["length_m"].to_numpy()
    lines = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
    driven = {}
    order = {v: i for i, v in enumerate(routes["vehicle_id"].to_pylist())}
    for i, v in enumerate(vehicles):
        edges = ours[np.array(routes["edges"][order[v]].as_py(), dtype=np.int64)]
        metres = length[edges].copy()
        rows = np.flatnonzero(vehicle == i)
        metres[0] -= length[edges[0]] * shapely.line_locate_point(
            lines[edges[0]], shapely.Point(lon[rows[0]], lat[rows[0]]), normalized=True
        )
        metres[-1] -= length[edges[-1]] * (
            1
            - shapely.line_locate_point(lines[edges[-1]], shapely.Point(lon[rows[-1]], lat[rows[-1]]), normalized=True)
        )
        driven[i] = (edges, metres)
    total = float(sum(m.sum() for _, m in driven.values()))
    return Truth(name, network, positions, lon, lat, edge, vehicle, vehicles, driven, total)


@dataclass(frozen=True)
class Answer:
    """What a matcher says: a place for each position (NaN where none), and the metres driven.

    Attributes:
        lon: degrees, one for each position.
        lat: degrees.
        driven: for each vehicle (edge ids, metres), one entry for each stretch.
        seconds: time of the matching itself by the clock, preparation not counted.
        cpu: the same by the processors' clocks; NaN where it was not measured.
    """

    lon: Floats
    lat: Floats
    driven: dict[int, tuple[Ints, Floats]]
    seconds: float
    cpu: float = float("nan")


def _sums(driven: tuple[Ints, Floats], key: Ints, count: int) -> Floats:
    return np.bincount(key[driven[0]], weights=driven[1], minlength=count).astype(np.float64)


def _edge_sets(truth: Truth, answer: Answer, segment: Ints) -> float:
    """Mismatch of the sets of whole segments touched, each counted once for a vehicle."""
    length = truth.network.edges["length_m"].to_numpy()
    wrong = total = 0.0
    for vehicle, (edges, _) in truth.driven.items():
        ids, metres = answer.driven.get(vehicle, (np.empty(0, np.int64), np.empty(0)))
        got, true = np.unique(segment[ids[metres > 0.5]]), np.unique(segment[edges])
        wrong += float(length[np.setxor1d(got, true)].sum())
        total += float(length[true].sum())
    return wrong / total


def judge(truth: Truth, answer: Answer) -> dict[str, float]:
    """Return every measure of an answer, and kpts_s, thousands of positions a second."""
    lines = shapely.from_wkb(truth.network.edges["geometry"].to_numpy(zero_copy_only=False))
    lat0 = float(np.mean(truth.lat))
    scale = np.array([111_320.0 * np.cos(np.radians(lat0)), 110_950.0])
    metric = shapely.transform(lines, lambda c: c * scale)
    has = ~np.isnan(answer.lon)
    snapped = shapely.points(np.column_stack([answer.lon, answer.lat])[has] * scale)
    right = float((shapely.distance(snapped, metric[truth.edge[has]]) <= 1.0).sum()) / len(has)
    count = len(lines)
    directed = same_shape(lines)
    segment = np.minimum(directed, directed[truth.network.edges["reverse"].fill_null(0).to_numpy()])
    segment = np.where(truth.network.edges["reverse"].is_null(), directed, segment)
    measures = {}
    for label, key in (("", directed), ("undirected_", segment)):
        added = missed = 0.0
        for vehicle, true in truth.driven.items():
            got = _sums(answer.driven.get(vehicle, (np.empty(0, np.int64), np.empty(0))), key, count)
            difference = got - _sums(true, key, count)
            added += difference[difference > 0].sum()
            missed -= difference[difference < 0].sum()
        measures[f"{label}added"] = float(added / truth.length_m)
        measures[f"{label}missed"] = float(missed / truth.length_m)
        measures[f"{label}mismatch"] = float((added + missed) / truth.length_m)
    measures["edge_set_mismatch"] = _edge_sets(truth, answer, segment)
    speed = {"kpts_s": len(has) / max(answer.seconds, 1e-9) / 1000.0, "kpts_core": len(has) / answer.cpu / 1000.0}
    return {"right_edge": right, **measures, **speed}
