"""Move-to-road: what happened on private land is put on the road it hangs from, before matching.

Responsible for positions on *mapped* private ways (driveways, yards, private roads). A position in a yard without a
mapped way is left as it is: the matcher snaps it to the road within its own radius, or calls it off the road, so no
published point lies on private land either way. Not responsible for dead ends (`dead_ends`): the joint may lie on one.

A moved position stands on the joint, the point where the private way meets the public road, for the whole visit. What
remains is a stop at the joint, which complete traversals (`counts`) do not show. Whoever rides through a private way
from one public road to another jumps from joint to joint half-way.

Distances are taken in an equirectangular projection about the network's centre: true to about 1 part in 1,000 within
100 km north and south of it, and in any case used only to compare two distances at the same place.

Source: ルートマッチング (route matching) of Japan Post's probe data trial: tracks on private land and in alleys are
moved onto the road.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from umaya.types.roads import RoadNetwork
from umaya.types.schemas import POSITIONS

Floats = npt.NDArray[np.float64]

_METRES_PER_DEGREE = math.pi / 180 * 6_371_008.8
"""One degree of latitude on the sphere of the earth's mean radius."""


class AccessIndex:
    """The private ways and public roads of a network, prepared for many calls of `move_to_road`.

    Args:
        network: a road network; with no accesses the index is empty and every call returns at once.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._empty = network.accesses.num_rows == 0
        if self._empty:
            return
        nodes = network.nodes
        lon, lat = nodes.column("lon").to_numpy(), nodes.column("lat").to_numpy()
        self._origin = (float(lon.min() + lon.max()) / 2, float(lat.min() + lat.max()) / 2)
        joints = network.accesses
        self._joint_lon, self._joint_lat = joints.column("lon").to_numpy(), joints.column("lat").to_numpy()
        self._joint_x, self._joint_y = self._metres(self._joint_lon, self._joint_lat)
        segments = pc.equal(network.edges.column("edge_id"), network.edges.column("segment_id"))
        self._private = shapely.STRtree(self._lines(joints.column("geometry")))
        self._public = shapely.STRtree(self._lines(network.edges.column("geometry").filter(segments)))

    def joints(
        self, lon: Floats, lat: Floats, tolerance_m: float, margin_m: float
    ) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        """Return the rows of the points that lie on a private way, and lon and lat of the joint of each."""
        none = np.empty(0, np.int64)
        finite = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if self._empty or not len(finite):
            return none, np.empty(0), np.empty(0)
        x, y = self._metres(lon[finite], lat[finite])
        near, away = self._nearest(self._private, shapely.points(x, y), tolerance_m)
        point, way = near
        # Where several private stretches are equally near, the one whose joint is nearest counts.
        to_joint = np.hypot(self._joint_x[way] - x[point], self._joint_y[way] - y[point])
        order = np.lexsort((to_joint, point))
        first = order[np.unique(point[order], return_index=True)[1]]
        point, way, away = point[first], way[first], away[first]
        road, road_away = self._nearest(self._public, shapely.points(x[point], y[point]), tolerance_m + margin_m)
        to_road = np.full(len(point), np.inf)
        to_road[road[0]] = road_away
        private = away + margin_m < to_road
        way = way[private]
        return finite[point[private]], self._joint_lon[way], self._joint_lat[way]

    def _metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        lon_0, lat_0 = self._origin
        scale = _METRES_PER_DEGREE * math.cos(math.radians(lat_0))
        return (lon - lon_0) * scale, (lat - lat_0) * _METRES_PER_DEGREE

    def _lines(self, wkb: pa.ChunkedArray) -> npt.NDArray[np.object_]:
        def project(lon_lat: Floats) -> Floats:
            return np.column_stack(self._metres(lon_lat[:, 0], lon_lat[:, 1]))

        lines: npt.NDArray[np.object_] = shapely.transform(
            shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)), project
        )
        return lines

    @staticmethod
    def _nearest(
        tree: shapely.STRtree, points: npt.NDArray[np.object_], within_m: float
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        pairs, distance = tree.query_nearest(points, max_distance=within_m, return_distance=True)
        return pairs, distance


def move_to_road(
    positions: pa.Table,
    roads: AccessIndex | RoadNetwork,
    *,
    tolerance_m: float = 15.0,
    margin_m: float = 3.0,
) -> pa.Table:
    """Put every position on a private way onto the joint where that way hangs from the public road.

    A position is on a private way when it lies within `tolerance_m` of it and nearer to it than to any public road by
    more than `margin_m`. In doubt it stays: within a few metres of the road the matcher snaps it there anyway, while
    a rider on the road whom noise pushes towards a driveway must not jump.

    Args:
        positions: schema `POSITIONS`.
        roads: an `AccessIndex`, or a network from which one is prepared for this call only (slow for a large one).
        tolerance_m: farthest distance in metres from a private way, more than 0; about three times the positions'
            standard deviation.
        margin_m: how much nearer in metres than the road, 0 or more.

    Returns:
        The same rows in the same order; where moved, `lon` and `lat` are those of the joint and `accuracy_m`,
        `speed_mps`, `heading_deg` are null, because they described another place.

    Raises:
        ValueError: when a parameter is out of range or the positions have another schema.
    """
    if not positions.schema.equals(POSITIONS):
        raise ValueError("positions do not have the schema of umaya.types.schemas")
    if not (0 < tolerance_m < math.inf and 0 <= margin_m < math.inf):
        raise ValueError("expected tolerance_m above 0 and margin_m of 0 or more")
    index = roads if isinstance(roads, AccessIndex) else AccessIndex(roads)
    lon, lat = positions.column("lon").to_numpy(), positions.column("lat").to_numpy()
    rows, joint_lon, joint_lat = index.joints(lon, lat, tolerance_m, margin_m)
    if not len(rows):
        return positions
    moved = np.zeros(positions.num_rows, np.bool_)
    moved[rows] = True
    columns: dict[str, pa.Array | pa.ChunkedArray] = {name: positions.column(name) for name in POSITIONS.names}
    for name, old, new in (("lon", lon, joint_lon), ("lat", lat, joint_lat)):
        values = old.copy()
        values[rows] = new
        columns[name] = pa.array(values)
    for name in ("accuracy_m", "speed_mps", "heading_deg"):
        columns[name] = pc.if_else(pa.array(moved), pa.scalar(None, pa.float32()), positions.column(name))
    return pa.table(columns, schema=POSITIONS)
