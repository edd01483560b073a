"""Compares what the hub shows with the truth of the simulation. The truth never enters a hub.

Figures:
- right_edge_share: positions matched to the segment that they truly were on, of those that were on a public road.
- found_blocked: closed segments that the map calls probably blocked; false_blocked: others that it does.
- suppressed_edges: segments that dead-end suppression hides at the scheme's threshold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.disclosure import move_to_road
from umaya.hub import Hub
from umaya.places.atlas import Atlas
from umaya.sample.days import Day
from umaya.sample.setup import PEOPLE
from umaya.types.roads import RoadNetwork

Ints = npt.NDArray[np.int64]

MAX_HOMES = 3
"""Threshold of the sample's schemes."""


def segments_of(network: RoadNetwork, from_node: pa.ChunkedArray, to_node: pa.ChunkedArray) -> Ints:
    """Return the segment between two OpenStreetMap nodes for each row, -1 where there is none."""
    ids = network.nodes.column("node_id").to_numpy()
    edges = network.edges
    ends = [ids[edges.column(name).to_numpy()] for name in ("source", "target")]
    keys = pa.array(_pair(*ends))
    wanted = pa.array(_pair(from_node.to_numpy(), to_node.to_numpy()))
    row = pc.fill_null(pc.index_in(wanted, keys), -1).to_numpy(zero_copy_only=False)
    found: Ints = np.where(row >= 0, edges.column("segment_id").to_numpy()[row], -1)
    return found


def _pair(a: Ints, b: Ints) -> Ints:
    """Return one number for an undirected pair of node ids below 2^31."""
    return np.minimum(a, b) * np.int64(2**31) + np.maximum(a, b)


def matching_figures(atlas: Atlas, day: Day) -> dict[str, Any]:
    """Match a day again, outside the hub, on the data that the simulation made, and compare with the truth."""
    matches = atlas.matcher.match(move_to_road(day.positions, atlas.accesses)).matches
    edge = matches.column("edge_id")
    matched = edge.is_valid().to_numpy()
    segment_of = atlas.network.edges.column("segment_id").to_numpy()
    found = np.where(matched, segment_of[edge.fill_null(0).to_numpy()], -1)
    truth = day.truth_points
    on_road = ~truth.column("on_private").to_numpy()
    true = segments_of(atlas.network, truth.column("from_node"), truth.column("to_node"))
    return {
        "points_in": int(day.positions.num_rows),
        "points_matched": int(matched.sum()),
        "right_edge_share": round(float((found == true)[on_road].mean()), 4),
    }


def map_figures(hub: Hub, day: Day) -> dict[str, Any]:
    """Return what the city's officer sees at the end, against the closures that there truly were."""
    state = hub.roads.state(PEOPLE["city-officer"]).segments
    blocked = set(state.filter(pc.field("status") == "probably-blocked").column("segment_id").to_pylist())
    closures = day.closures
    closed = set(segments_of(hub.atlas.network, closures.column("from_node"), closures.column("to_node")).tolist())
    return {
        "passed_edges": int(pc.sum(state.column("passed_since")).as_py() or 0),
        "suppressed_edges": len(hub.atlas.suppressed(MAX_HOMES)),
        "closures": len(closed),
        "found_blocked": len(blocked & closed),
        "false_blocked": len(blocked - closed),
    }
