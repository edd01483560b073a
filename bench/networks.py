"""Networks of any size for the benchmarks: a real one laid side by side, and generated countries.

`tile` copies a network into a field of tiles, `tile_positions` moves tracks with their tiles, `tile_extract` does the
same to an OpenStreetMap file, for matchers that import one. `block` generates one mesh (5 minutes of latitude by 7.5
of longitude, about 10 km: the second mesh of JIS X 0410) of a country by its seed alone, so that a country needs
not be held at once: a town of jittered streets, denser or looser, with streets that are missing, one-way or bent,
and a road over each border to the next town. `drive` lets vehicles deliver on a network and report once a second.
Not responsible for measuring anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numba
import numpy as np
import osmium
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, place_on_edge
from umaya.places.roads.geodesy import degree_lengths, step_lengths
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, EDGES, NODES, POSITIONS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS_PER_DEGREE, COLUMNS_PER_DEGREE = 12, 8
"""Meshes a degree of latitude and of longitude."""
NODES_PER_BLOCK, WAYS_PER_NODE = 100_000, 4
"""Ids that one generated mesh may use."""
START_US = 1_790_000_000_000_000
"""First moment of generated tracks, microseconds."""


@dataclass(frozen=True)
class Field:
    """Tiles side by side: how many, and how far apart in degrees."""

    columns: int
    rows: int
    east: float
    north: float

    @property
    def count(self) -> int:
        """Number of tiles."""
        return self.columns * self.rows

    def shift(self, tile: int) -> tuple[float, float]:
        """Return the degrees by which a tile lies east and north of the first."""
        return tile % self.columns * self.east, tile // self.columns * self.north


def field(network: RoadNetwork, edges: int, gap_m: float = 1_000.0) -> Field:
    """Lay out the fewest tiles that give `edges` directed edges, `gap_m` metres of nothing between them."""
    bounds = shapely.total_bounds(shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False)))
    east, north = degree_lengths(float(bounds[1] + bounds[3]) / 2.0)
    count = -(-edges // network.edges.num_rows)
    columns = int(np.ceil(np.sqrt(count)))
    return Field(
        columns,
        -(-count // columns),
        float(bounds[2] - bounds[0] + gap_m / float(east)),
        float(bounds[3] - bounds[1] + gap_m / float(north)),
    )


def tile(network: RoadNetwork, layout: Field) -> RoadNetwork:
    """Copy the roads into every tile; ids go on counting, lengths are measured anew."""
    lines = shapely.from_wkb(network.edges["geometry"].to_numpy(zero_copy_only=False))
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    count, nodes = network.edges.num_rows, network.nodes.num_rows
    node_ids = network.nodes["node_id"].to_numpy()
    ways = int(network.edges["way_id"].to_numpy().max()) + 1
    tables, corners = [], []
    for number in range(layout.count):
        moved = coordinates + layout.shift(number)
        columns = {name: network.edges[name] for name in EDGES.names}
        for name, step in (("edge_id", count), ("reverse", count), ("segment_id", count), ("way_id", ways)):
            columns[name] = pa.compute.add(columns[name], number * step)
        for name in ("source", "target"):
            columns[name] = pa.compute.add(columns[name], pa.scalar(number * nodes, pa.int32()))
        columns["length_m"] = pa.array(_lengths(moved, owner))
        columns["geometry"] = pa.array(shapely.to_wkb(shapely.linestrings(moved, indices=owner)), pa.binary())
        tables.append(pa.table(columns, schema=EDGES))
        east, north = layout.shift(number)
        corners.append(
            pa.table(
                {
                    "node_id": node_ids + number * (int(node_ids.max()) + 1),
                    "lon": network.nodes["lon"].to_numpy() + east,
                    "lat": network.nodes["lat"].to_numpy() + north,
                },
                schema=NODES,
            )
        )
    edges = pa.concat_tables(tables).combine_chunks()
    return RoadNetwork(edges, pa.concat_tables(corners).combine_chunks(), ACCESSES.empty_table())


def _lengths(coordinates: Floats, owner: Ints) -> Floats:
    steps = step_lengths(coordinates[:, 0], coordinates[:, 1])
    inside = owner[1:] == owner[:-1]
    return np.bincount(owner[1:][inside], weights=steps[inside]).astype(np.float64)


def tile_positions(positions: pa.Table, layout: Field, vehicles: int, seed: int) -> pa.Table:
    """Give every tile `vehicles` of the tracks, moved with it; neighbours in the table lie in tiles drawn at random."""
    ids = positions["vehicle_id"].to_numpy(zero_copy_only=False)
    names, first = np.unique(ids, return_index=True)
    bounds = np.append(np.sort(first), len(ids))
    rng = np.random.default_rng(seed)
    total = layout.count * vehicles
    parts = []
    for number, slot in enumerate(rng.permutation(total)):
        at, east_north = int(slot % len(names)), layout.shift(int(slot // vehicles))
        part = positions.slice(bounds[at], bounds[at + 1] - bounds[at])
        for name, degrees in zip(("lon", "lat"), east_north, strict=True):
            index = part.column_names.index(name)
            part = part.set_column(index, POSITIONS.field(name), pa.compute.add(part[name], degrees))
        name = pa.array([f"v{number:06d}"] * part.num_rows, pa.string())
        parts.append(part.set_column(0, POSITIONS.field("vehicle_id"), name))
    return pa.concat_tables(parts)


def tile_extract(extract: Path, layout: Field, target: Path) -> None:
    """Copy an OpenStreetMap file into every tile, all nodes first, then all ways."""
    nodes: list[tuple[int, float, float]] = []
    ways: list[tuple[list[int], dict[str, str]]] = []
    for item in osmium.FileProcessor(str(extract)):
        if item.is_node():
            nodes.append((item.id, item.lon, item.lat))
        elif item.is_way():
            ways.append(([n.ref for n in item.nodes], {t.k: t.v for t in item.tags}))
    number = {node: i + 1 for i, (node, _, _) in enumerate(nodes)}
    with osmium.SimpleWriter(str(target)) as writer:
        for t in range(layout.count):
            east, north = layout.shift(t)
            for i, (_, lon, lat) in enumerate(nodes):
                place = (lon + east, lat + north)
                writer.add_node(osmium.osm.mutable.Node(id=t * len(nodes) + i + 1, location=place))
        for t in range(layout.count):
            for i, (refs, tags) in enumerate(ways):
                moved = [t * len(nodes) + number[ref] for ref in refs]
                writer.add_way(osmium.osm.mutable.Way(id=t * len(ways) + i + 1, nodes=moved, tags=tags))


# --- generated countries ---------------------------------------------------------------------------------------------


def mesh_corner(row: int, column: int) -> tuple[float, float]:
    """Return longitude and latitude of a mesh's south-western corner."""
    return column / COLUMNS_PER_DEGREE, row / ROWS_PER_DEGREE


@dataclass(frozen=True)
class Block:
    """One generated mesh before it is numbered into a network: nodes, and two-way or one-way roads between them."""

    node: Ints
    place: Floats
    way: Ints
    source: Ints
    target: Ints
    bend: Floats
    oneway: NDArray[np.bool_]


def block(row: int, column: int, streets: int, spacing_m: float, seed: int) -> Block:
    """Generate the roads of one mesh.

    Args:
        row: of the mesh, counted from the equator.
        column: counted from Greenwich.
        streets: streets in either direction; 0 leaves only the roads that pass through.
        spacing_m: metres between streets.
        seed: of the country.

    Returns:
        Nodes with global ids; the joint on the eastern and northern border bears the id that the neighbour gives it.
    """
    rng = np.random.default_rng([seed, row, column])
    lon0, lat0 = mesh_corner(row, column)
    width, height = 1 / COLUMNS_PER_DEGREE, 1 / ROWS_PER_DEGREE
    east, north = (float(v) for v in degree_lengths(lat0 + height / 2))
    side = max(streets, 2)
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    middle = np.array([lon0 + width / 2, lat0 + height / 2])
    offset = (np.column_stack([i.ravel(), j.ravel()]) - (side - 1) / 2) * spacing_m
    turn = rng.uniform(-0.5, 0.5)
    offset = offset @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    offset += rng.normal(0.0, 0.12 * spacing_m, offset.shape)
    lattice = middle + offset / [east, north]
    number = i * side + j
    pairs = np.concatenate(
        [
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) > 0.15]
    joints = np.array(
        [
            (lon0, lat0 + height / 2),
            (lon0 + width / 2, lat0),
            (lon0 + width, lat0 + height / 2),
            (lon0 + width / 2, lat0 + height),
        ]
    )
    base = _block_id(row, column)
    ids = np.concatenate(
        [
            base + 2 + np.arange(side * side),
            [base, base + 1, _block_id(row, column + 1), _block_id(row + 1, column) + 1],
        ]
    )
    place = np.concatenate([lattice, joints])
    near = [int(np.argmin(np.hypot(*((lattice - joint) * [east, north]).T))) for joint in joints]
    links = np.column_stack([near, side * side + np.arange(4)])
    ends = np.concatenate([pairs, links])
    bend = np.concatenate([rng.normal(0.0, 0.06, len(pairs)), np.zeros(4)])
    oneway = np.concatenate([rng.random(len(pairs)) < 0.06, np.zeros(4, np.bool_)])
    way = base * WAYS_PER_NODE + np.arange(len(ends))
    return Block(ids, place, way, ids[ends[:, 0]], ids[ends[:, 1]], bend, oneway)


def _block_id(row: int, column: int) -> int:
    return (row * 10_000 + column) * NODES_PER_BLOCK + 1


def near_box(blocks: list[Block], box: tuple[float, float, float, float], look_m: float, reach_m: float) -> list[Block]:
    """Keep of every mesh the roads within `look_m` of a box, and those at nodes within `reach_m` of their ends."""
    east, north = (float(v) for v in degree_lengths((box[1] + box[3]) / 2))
    node, first = np.unique(np.concatenate([b.node for b in blocks]), return_index=True)
    place = np.concatenate([b.place for b in blocks])[first]
    ends = [np.searchsorted(node, np.column_stack([b.source, b.target])) for b in blocks]
    source, target = np.concatenate(ends).T
    low, high = np.minimum(place[source], place[target]), np.maximum(place[source], place[target])
    length = np.hypot(*((place[source] - place[target]) * [east, north]).T)
    # a bend lies off the straight line by at most 0.3 of its length
    margin = (look_m + 0.3 * length)[:, None] / [east, north]
    near = ((low - margin <= box[2:]) & (high + margin >= box[:2])).all(axis=1)
    best = np.full(len(node), np.inf)
    best[source[near]] = best[target[near]] = 0.0
    while True:
        before = best.copy()
        np.minimum.at(best, target, best[source] + length)
        np.minimum.at(best, source, best[target] + length)
        best[best > reach_m] = np.inf
        if np.array_equal(best, before):
            break
    keep = np.isfinite(best[source]) | np.isfinite(best[target])
    kept = np.split(keep, np.cumsum([len(b.way) for b in blocks])[:-1])
    return [_some(b, k) for b, k in zip(blocks, kept, strict=True) if k.any()]


def _some(b: Block, keep: NDArray[np.bool_]) -> Block:
    source, target = b.source[keep], b.target[keep]
    used = np.isin(b.node, np.concatenate([source, target]))
    return Block(b.node[used], b.place[used], b.way[keep], source, target, b.bend[keep], b.oneway[keep])


def join(blocks: list[Block]) -> RoadNetwork:
    """Number the roads of meshes into one network; edges follow the meshes' order, both directions side by side."""
    node, first = np.unique(np.concatenate([b.node for b in blocks]), return_index=True)
    place = np.concatenate([b.place for b in blocks])[first]
    source = np.searchsorted(node, np.concatenate([b.source for b in blocks]))
    target = np.searchsorted(node, np.concatenate([b.target for b in blocks]))
    bend, oneway = np.concatenate([b.bend for b in blocks]), np.concatenate([b.oneway for b in blocks])
    a, b = place[source], place[target]
    side = (b - a)[:, ::-1] * [-1.0, 1.0] * bend[:, None]
    shape = np.stack([a, a + (b - a) / 3 + side, a + (b - a) * 2 / 3 + side, b], axis=1)
    count = len(source)
    row = np.repeat(np.arange(count), np.where(oneway, 1, 2))
    back = np.zeros(len(row), np.bool_)
    back[1:] = row[1:] == row[:-1]
    edge = np.arange(len(row))
    twin = np.where(oneway[row], -1, np.where(back, edge - 1, edge + 1))
    shape = np.where(back[:, None, None], shape[row][:, ::-1], shape[row])
    lines = shapely.to_wkb(shapely.linestrings(shape.reshape(-1, 2), indices=np.repeat(edge, 4)))
    length = _lengths(shape.reshape(-1, 2), np.repeat(edge, 4))
    false = pa.array(np.zeros(len(row), np.bool_))
    way = np.concatenate([b.way for b in blocks])
    edges = pa.table(
        {
            "edge_id": edge,
            "way_id": way[row],
            "forward": ~back,
            "source": np.where(back, target[row], source[row]).astype(np.int32),
            "target": np.where(back, source[row], target[row]).astype(np.int32),
            "reverse": pa.array(twin, mask=twin < 0),
            "segment_id": np.where(back, edge - 1, edge),
            "length_m": length,
            "highway": pa.array(["residential"]).take(pa.array(np.zeros(len(row), np.int64))),
            "name": pa.nulls(len(row), pa.string()),
            "name_en": pa.nulls(len(row), pa.string()),
            "bridge": false,
            "tunnel": false,
            "layer": pa.array(np.zeros(len(row), np.int8)),
            "geometry": pa.array(lines, pa.binary()),
        },
        schema=EDGES,
    )
    nodes = pa.table({"node_id": node, "lon": place[:, 0], "lat": place[:, 1]}, schema=NODES)
    return RoadNetwork(edges, nodes, ACCESSES.empty_table())


@dataclass(frozen=True)
class Country:
    """A square of meshes, each with its town.

    Attributes:
        row: of the southernmost meshes.
        column: of the westernmost.
        streets: int64[side, side], streets of each town.
        spacing_m: float64[side, side], metres between its streets.
        seed: of everything.
    """

    row: int
    column: int
    streets: Ints
    spacing_m: Floats
    seed: int

    @property
    def side(self) -> int:
        """Meshes along one side."""
        return len(self.streets)

    def place_of(self, area_row: int, area_column: int) -> int | None:
        """Return the number of a mesh by its row and column on the globe, None where it is abroad."""
        r, c = area_row - self.row, area_column - self.column
        return r * self.side + c if 0 <= r < self.side and 0 <= c < self.side else None

    def block(self, number: int) -> Block:
        """Generate one mesh."""
        r, c = divmod(number, self.side)
        return block(self.row + r, self.column + c, int(self.streets[r, c]), float(self.spacing_m[r, c]), self.seed)


def country(edges: int, seed: int, side: int | None = None) -> Country:
    """Plan a country of about `edges` directed edges: few big dense towns, many small loose ones (log-normal sizes)."""
    side = side or max(2, round(np.sqrt(edges / 5_200)))
    rng = np.random.default_rng(seed)
    weight = rng.lognormal(0.0, 1.0, (side, side))
    # a lattice of s by s streets has 2 s (s - 1) roads, of which 85% are there, 94% of them in both directions
    streets = np.sqrt(weight / weight.sum() * edges / (2 * 0.85 * 1.94))
    streets = np.clip(np.round(streets), 3, 160).astype(np.int64)
    spacing = np.clip(8_000.0 / streets, 45.0, rng.uniform(70.0, 180.0, (side, side)))
    return Country(34 * ROWS_PER_DEGREE, 133 * COLUMNS_PER_DEGREE, streets, spacing, seed)


# --- driving ---------------------------------------------------------------------------------------------------------


def drive(
    net: Roads, starts: Ints, seconds: int, noise_m: float, seed: int, prefix: str = "v"
) -> tuple[pa.Table, NDArray[np.int32]]:
    """Let one vehicle start on each edge of `starts`, deliver by whim, and report once a second.

    Returns:
        Positions (schema POSITIONS, sorted) and the true edge of each.
    """
    order = np.argsort(net.source, kind="stable").astype(np.int32)
    first = np.zeros(int(max(net.source.max(), net.target.max())) + 2, np.int64)
    np.cumsum(np.bincount(net.source, minlength=len(first) - 1), out=first[1:])
    rng = np.random.default_rng(seed)
    n = len(starts) * seconds
    draws = rng.random((n, 2))
    edge, lon, lat = _drive(net, order, first, starts, seconds, draws)
    noise = rng.normal(0.0, noise_m, (n, 2))
    east, north = degree_lengths(lat)
    t = START_US + np.tile(np.arange(seconds) * 1_000_000, len(starts))
    names = pa.array([f"{prefix}{v:06d}" for v in range(len(starts))])
    table = {
        "vehicle_id": names.take(pa.array(np.repeat(np.arange(len(starts)), seconds))),
        "t": pa.array(t).cast(POSITIONS.field("t").type),
        "lon": lon + noise[:, 0] / east,
        "lat": lat + noise[:, 1] / north,
        **{name: pa.nulls(n, pa.float32()) for name in ("accuracy_m", "speed_mps", "heading_deg")},
    }
    return pa.table(table, schema=POSITIONS), edge


@numba.njit(cache=True)  # type: ignore[untyped-decorator] # numba has no types
def _drive(
    net: Roads, order: NDArray[np.int32], first: Ints, starts: Ints, seconds: int, draws: Floats
) -> tuple[NDArray[np.int32], Floats, Floats]:
    n = len(starts) * seconds
    out_edge, out_lon, out_lat = np.empty(n, np.int32), np.empty(n), np.empty(n)
    for v in range(len(starts)):
        edge, offset, wait, next_stop = starts[v], 0.0, 0, 60.0
        for s in range(seconds):
            row = v * seconds + s
            if wait > 0:
                wait -= 1
            else:
                step = 4.0 + 6.0 * draws[row, 0]
                offset += step
                next_stop -= step
                if next_stop < 0:
                    wait, next_stop = int(5 + 40 * draws[row, 1]), 40.0 + 160.0 * draws[row, 0]
                while offset > net.length[edge]:
                    node = net.target[edge]
                    ways = first[node + 1] - first[node]
                    if not ways:
                        offset = net.length[edge]
                        break
                    pick = int(draws[row, 1] * ways)
                    following = order[first[node] + pick]
                    if following == net.reverse[edge] and ways > 1:
                        following = order[first[node] + (pick + 1) % ways]
                    offset -= net.length[edge]
                    edge = following
            out_edge[row] = edge
            out_lon[row], out_lat[row] = place_on_edge(edge, offset, net)
    return out_edge, out_lon, out_lat


# --- on disk ---------------------------------------------------------------------------------------------------------


def save(network: RoadNetwork, folder: Path) -> None:
    """Write a network as two files."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(network.nodes, folder / "nodes.parquet")
    pq.write_table(network.edges, folder / "edges.parquet")


def read(folder: Path) -> RoadNetwork:
    """Read what `save` wrote."""
    edges = pq.read_table(folder / "edges.parquet", schema=EDGES).cast(EDGES)
    return RoadNetwork(edges, pq.read_table(folder / "nodes.parquet", schema=NODES).cast(NODES), ACCESSES.empty_table())
