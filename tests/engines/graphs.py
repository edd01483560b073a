"""Road networks from bare lists of edges, for properties over random graphs (drawn worlds are in tests/worlds.py)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.types.roads import RoadNetwork
from umaya.types.schemas import ACCESSES, EDGES, HOMES, NODES


def two_way_network(node_count: int, ends: npt.ArrayLike, length_m: npt.ArrayLike) -> RoadNetwork:
    """Build a network of two-way roads: segment 2i joins the two nodes `ends[i]`; geometry is left empty."""
    a, b = np.asarray(ends, np.int32).reshape(-1, 2).T
    length = np.asarray(length_m, np.float64)
    ids = np.arange(2 * len(a))
    edges = {
        "edge_id": ids,
        "way_id": ids // 2,
        "forward": ids % 2 == 0,
        "source": np.column_stack((a, b)).ravel(),
        "target": np.column_stack((b, a)).ravel(),
        "reverse": ids ^ 1,
        "segment_id": ids & ~1,
        "length_m": np.repeat(length, 2),
        "highway": pa.array(["residential"] * len(ids), pa.string()),
        "name": pa.nulls(len(ids), pa.string()),
        "name_en": pa.nulls(len(ids), pa.string()),
        "bridge": np.zeros(len(ids), bool),
        "tunnel": np.zeros(len(ids), bool),
        "layer": np.zeros(len(ids), np.int8),
        "geometry": pa.array([b""] * len(ids), pa.binary()),
    }
    nodes = {"node_id": np.arange(node_count), "lon": np.zeros(node_count), "lat": np.zeros(node_count)}
    return RoadNetwork(pa.table(edges, schema=EDGES), pa.table(nodes, schema=NODES), ACCESSES.empty_table())


def homes_table(homes: dict[int, int]) -> pa.Table:
    """Build a `HOMES` table from segment id to number of homes."""
    return pa.table({"segment_id": list(homes), "homes": list(homes.values())}, schema=HOMES)
