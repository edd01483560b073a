"""The matcher as others use it: Arrow tables in, Arrow tables out.

Responsible for checking the input's shape, for sharing vehicles out among threads, and for the output tables; the model
itself is in the kernels beside this module. Row i of `matches` is position i. The result does not depend on the
number of threads, nor on the other vehicles in the table.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from umaya.engines.geometry import Roads, roads
from umaya.engines.matching.batch import Pieces, Points, match_many, outlines
from umaya.engines.matching.observations import Track
from umaya.engines.matching.params import MatchParams, Settings, settings
from umaya.engines.matching.routes import END_M
from umaya.engines.matching.routing import PathTable, path_table
from umaya.engines.spatial import Grid, grid
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import MATCHES, POSITIONS, ROUTES, TIME, TRAVERSALS

BATCH = 50_000
"""Positions that one call of the kernel takes, about; a vehicle is never split."""
MANY = 2
"""Batches from which on they are shared out among threads."""


class UnsortedError(ValueError):
    """Positions are not sorted by vehicle_id, then t."""


@dataclass(frozen=True)
class Matched:
    """What the matcher found.

    Attributes:
        matches: schema MATCHES, one row for each position, in the order of the input.
        routes: schema ROUTES, one row for each trip on which the vehicle moved.
        traversals: schema TRAVERSALS, the parts of the routes.
    """

    matches: pa.Table
    routes: pa.Table
    traversals: pa.Table


class Prepared(NamedTuple):
    """What a matcher keeps of a network, for kernels of others; only to be read.

    Attributes:
        net: the roads.
        grid: where they lie.
        table: shortest paths between their junctions.
        settings: parameters of the model.
    """

    net: Roads
    grid: Grid
    table: PathTable
    settings: Settings


class Matcher:
    """A network prepared for matching; prepare once, match often, from any thread.

    Args:
        network: the roads.
        params: parameters of the model.
    """

    def __init__(self, network: RoadNetwork, params: MatchParams | None = None) -> None:
        self.params = params or MatchParams()
        self._settings = settings(self.params)
        self._net = roads(network)
        self._grid = grid(self._net)
        self._table = path_table(self._net, network.nodes.num_rows, self.params.max_route_m, self.params.threads)

    @property
    def prepared(self) -> Prepared:
        """What was prepared, as kernels take it."""
        return Prepared(self._net, self._grid, self._table, self._settings)

    def with_params(self, params: MatchParams) -> Matcher:
        """Return a matcher of the same network, which is not prepared again; `max_route_m` stays as it was."""
        other = copy.copy(self)
        other.params = replace(params, max_route_m=self.params.max_route_m)
        other._settings = settings(other.params)
        return other

    def match(self, positions: pa.Table, progress: Callable[[int], None] | None = None) -> Matched:
        """Match positions to the roads.

        Args:
            positions: schema POSITIONS, sorted by vehicle_id, then t; vehicle ids may be dictionary-encoded, and
                then are in the results.
            progress: called with the number of positions matched since the last call.

        Raises:
            ValueError: when the table has another schema, is not sorted (UnsortedError), or holds nulls or coordinates
                that are not finite where there must be values.
        """
        bounds, names = vehicle_bounds(positions)
        track, base = _track(positions)
        batches = _batches(bounds)

        def run(batch: tuple[int, int]) -> tuple[Points, Pieces]:
            first, stop = batch
            rows = slice(bounds[first], bounds[stop])
            part = Track(*(column[rows] for column in track))
            edges = bounds[first : stop + 1] - bounds[first]
            return match_many(edges, part, self._net, self._grid, self._table, self._settings)  # type: ignore[no-any-return] # numba

        results = []
        with ThreadPoolExecutor(max_workers=self.params.threads) as pool:
            for batch, result in zip(batches, (map if len(batches) < MANY else pool.map)(run, batches), strict=True):
                results.append(result)
                if progress is not None:
                    progress(int(bounds[batch[1]] - bounds[batch[0]]))
        points = Points(*(_joined([r[0][i] for r in results], t) for i, t in enumerate(_POINT_TYPES)))
        shifted = [r[1]._replace(vehicle=r[1].vehicle + b[0]) for r, b in zip(results, batches, strict=True)]
        pieces = Pieces(*(_joined([p[i] for p in shifted], t) for i, t in enumerate(_PIECE_TYPES)))
        return Matched(
            _matches(positions, points),
            _routes(names, pieces, self._net, base),
            _traversals(names, pieces, self._net, base),
        )


def match(
    positions: pa.Table,
    network: RoadNetwork,
    params: MatchParams | None = None,
    progress: Callable[[int], None] | None = None,
) -> Matched:
    """Prepare a network and match positions to it; see `Matcher` for the contract."""
    return Matcher(network, params).match(positions, progress)


_POINT_TYPES = (np.int64, np.int64, np.bool_, np.float32, np.float32, np.float64, np.float64)
_PIECE_TYPES = (np.int32, np.int32, np.int32, np.float64, np.float64, np.float64, np.float64)


def _joined(parts: list[Any], dtype: Any) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0, dtype)


def vehicle_bounds(positions: pa.Table) -> tuple[NDArray[np.int64], pa.Array]:
    """Check the table; return the first row of each vehicle and the number of rows, and the id of each vehicle.

    Raises:
        ValueError: as `Matcher.match`.
    """
    ids = positions.column(max(positions.schema.get_field_index("vehicle_id"), 0))
    coded = pa.types.is_dictionary(ids.type)
    if not positions.schema.equals(typed(POSITIONS, ids.type) if coded else POSITIONS):
        raise ValueError("positions do not have the schema of umaya.types.schemas")
    for name in ("vehicle_id", "t", "lon", "lat"):
        if positions[name].null_count:
            raise ValueError(f"positions have nulls in {name}")
    rows = positions.num_rows
    if not rows:
        return np.zeros(1, np.int64), pa.array([], pa.string())
    if not (np.isfinite(positions["lon"].to_numpy()).all() and np.isfinite(positions["lat"].to_numpy()).all()):
        raise ValueError("positions have coordinates that are not finite")
    encoded = (ids.unify_dictionaries() if coded else ids).combine_chunks()
    encoded = encoded if coded else encoded.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    code = encoded.indices.to_numpy()
    change = np.flatnonzero(code[1:] != code[:-1]) + 1
    bounds = np.concatenate([[0], change, [rows]]).astype(np.int64)
    names = encoded.dictionary.take(pa.array(code[bounds[:-1]]))
    t = positions["t"].cast(pa.int64()).to_numpy()
    late = t[1:] < t[:-1]
    late[change - 1] = False
    if late.any() or (len(names) > 1 and not pc.all(pc.less(names[:-1], names[1:])).as_py()):
        raise UnsortedError("positions must be sorted by vehicle_id, then t")
    return bounds, names.cast(pa.string())


def typed(schema: pa.Schema, ids: pa.DataType) -> pa.Schema:
    """Return a schema whose vehicle ids have another type."""
    at = schema.get_field_index("vehicle_id")
    return schema.set(at, schema.field(at).with_type(ids))


def _track(positions: pa.Table) -> tuple[Track, int]:
    """Lay positions out in arrays; times are seconds since the returned moment (microseconds)."""
    t = positions["t"].cast(pa.int64()).to_numpy()
    base = int(t.min()) if len(t) else 0
    columns = [np.array(positions["lon"].to_numpy()), np.array(positions["lat"].to_numpy()), (t - base) / 1e6]
    unknown = np.full(len(t), np.nan)
    for name in ("accuracy_m", "speed_mps", "heading_deg"):
        if positions[name].null_count == len(t):
            columns.append(unknown)
        else:
            columns.append(np.array(positions[name].cast(pa.float64()).fill_null(np.nan).to_numpy()))
    return Track(*columns), base


def _batches(bounds: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Group whole vehicles into batches of about BATCH positions."""
    batches, first = [], 0
    count = len(bounds) - 1
    while first < count:
        stop = max(first + 1, int(np.searchsorted(bounds, bounds[first] + BATCH, side="right")) - 1)
        batches.append((first, stop))
        first = stop
    return batches


def times(seconds: NDArray[np.float64], base: int) -> pa.Array:
    """Return moments as Arrow has them, from seconds since `base` (microseconds since 1970)."""
    return pa.array(np.round(seconds * 1e6).astype(np.int64) + base, pa.int64()).cast(TIME)


def _matches(positions: pa.Table, points: Points) -> pa.Table:
    on = points.edge >= 0
    valid = None if on.all() else pa.py_buffer(np.packbits(on, bitorder="little"))
    bits: list[Any] = [*points]
    bits[Points._fields.index("forward")] = np.packbits(points.forward, bitorder="little")
    columns = [positions["vehicle_id"], positions["t"]]
    for field, values in zip(list(MATCHES)[2:], bits, strict=True):
        columns.append(pa.Array.from_buffers(field.type, len(on), [valid, pa.py_buffer(values)]))
    return pa.table(columns, schema=typed(MATCHES, positions["vehicle_id"].type))


def _first_of_trips(pieces: Pieces) -> NDArray[np.int64]:
    """Return the first piece of every trip, and the number of pieces."""
    new = (pieces.vehicle[1:] != pieces.vehicle[:-1]) | (pieces.trip[1:] != pieces.trip[:-1])
    count = len(pieces.edge)
    return np.concatenate([[0], np.flatnonzero(new) + 1, [count]]) if count else np.zeros(1, np.int64)


def _routes(ids: pa.Array, pieces: Pieces, net: Roads, base: int) -> pa.Table:
    first = _first_of_trips(pieces)
    if len(first) == 1:
        return ROUTES.empty_table()
    at, data = outlines(pieces, first, net)
    geometry = pa.Array.from_buffers(pa.binary(), len(at) - 1, [None, pa.py_buffer(at), pa.py_buffer(data)])
    return pa.table(
        [
            ids.take(pa.array(pieces.vehicle[first[:-1]])),
            pa.array(pieces.trip[first[:-1]]),
            times(pieces.entered[first[:-1]], base),
            times(pieces.left[first[1:] - 1], base),
            pa.ListArray.from_arrays(pa.array(first.astype(np.int32)), pa.array(pieces.edge.astype(np.int64))),
            geometry,
        ],
        schema=ROUTES,
    )


def _traversals(ids: pa.Array, pieces: Pieces, net: Roads, base: int) -> pa.Table:
    first = _first_of_trips(pieces)
    count = len(pieces.edge)
    sequence = np.arange(count) - np.repeat(first[:-1], np.diff(first))
    turned = np.zeros(count, np.bool_)
    turned[:-1] = (net.reverse[pieces.edge[:-1]] == pieces.edge[1:]) & (sequence[1:] > 0)
    whole = (pieces.begin <= END_M) & (pieces.end >= net.length[pieces.edge] - END_M)
    return pa.table(
        [
            ids.take(pa.array(pieces.vehicle)),
            pa.array(pieces.trip),
            pa.array(sequence.astype(np.int32)),
            pa.array(pieces.edge.astype(np.int64)),
            pa.array(net.way[pieces.edge]),
            pa.array(net.forward[pieces.edge]),
            times(pieces.entered, base),
            times(pieces.left, base),
            pa.array(pieces.begin.astype(np.float32)),
            pa.array(pieces.end.astype(np.float32)),
            pa.array(whole),
            pa.array(turned),
        ],
        schema=TRAVERSALS,
    )
