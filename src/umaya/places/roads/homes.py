"""How many homes each road segment serves, from the places of letterboxes.

A letterbox counts on the segment whose road is nearest; where a private way passes nearer, on the segment that
the private way hangs from. Decides nothing about disclosure: see `umaya.engines.disclosure`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from umaya.places.roads.geodesy import Plane
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import HOMES

MAX_DISTANCE_M = 100.0
"""A letterbox farther from every road than this is served by none that the network knows."""


def homes_per_segment(points: pa.Table, network: RoadNetwork, max_distance_m: float = MAX_DISTANCE_M) -> pa.Table:
    """Count homes on road segments.

    Args:
        points: letterboxes: `lon`, `lat` in degrees WGS 84 and `homes`, the number of homes each serves (1 where
            the column is absent).
        network: the roads.
        max_distance_m: letterboxes farther from every way than this are left out.

    Returns:
        Schema HOMES, ascending by segment, without segments that serve no home.
    """
    if points.num_rows == 0 or network.edges.num_rows == 0:
        return HOMES.empty_table()
    places = np.column_stack([points.column(name).to_numpy().astype(np.float64) for name in ("lon", "lat")])
    homes = points.column("homes").to_numpy() if "homes" in points.column_names else np.ones(len(places))
    lines, segments = _ways(network)
    plane = Plane(*places.mean(axis=0))
    tree = shapely.STRtree(shapely.transform(lines, plane.to_metres))
    letterbox, way = tree.query_nearest(
        shapely.points(plane.to_metres(places)), max_distance=max_distance_m, all_matches=False
    )
    segment, row = np.unique(segments[way], return_inverse=True)
    served = np.bincount(row, weights=homes[letterbox], minlength=len(segment)).astype(np.int64)
    return pa.table({"segment_id": segment[served > 0], "homes": served[served > 0].astype(np.int32)}, schema=HOMES)


def _ways(network: RoadNetwork) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return every segment's line and every private way, with the segment id each stands for."""
    segment_id = network.edges.column("segment_id").to_numpy()
    once = network.edges.column("edge_id").to_numpy() == segment_id
    roads = network.edges.column("geometry").to_numpy(zero_copy_only=False)[once]
    private = network.accesses.column("geometry").to_numpy(zero_copy_only=False)
    hung = segment_id[network.accesses.column("edge_id").to_numpy()]
    lines: NDArray[np.object_] = shapely.from_wkb(np.concatenate([roads, private]))
    return lines, np.concatenate([segment_id[once], hung])
