"""Private ways and the public road that each hangs from.

Every stretch of a private way belongs to the joint with the public road that is nearest along private ways, so a
way with two joints, or one that hangs from another private way, is told apart stretch by stretch. Private ways
that touch no public road hang from the nearest one in reach, or are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from umaya.places.roads.geodesy import Plane, step_lengths
from umaya.places.roads.graph import Ints, Lines, Streets, Ways, linestrings
from umaya.types.schemas import ACCESSES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Joints:
    """Places on public roads: the edge, the metres along it, and longitude, latitude as (n, 2)."""

    edge_id: Ints
    offset_m: Floats
    degrees: Floats


def hang(ways: Ways, lines: Lines, streets: Streets, reach_m: float) -> pa.Table:
    """Return the private `lines` as accesses, schema ACCESSES.

    Args:
        ways: tags of all ways.
        lines: the private lines.
        streets: the public roads.
        reach_m: how far from a public road a group of private ways may lie that touches none.
    """
    if len(lines.ref) == 0:
        return ACCESSES.empty_table()
    ids, first, node = np.unique(lines.ref, return_index=True, return_inverse=True)
    degrees = lines.degrees()
    graph = _graph(lines, node, degrees, len(ids))
    vertex = _public_vertex(streets, ids)
    distance, joint = _nearest_joint(graph, np.flatnonzero(vertex >= 0))
    touching = _touching(streets, np.maximum(vertex, 0))
    joints = _Joints(touching.edge_id.copy(), touching.offset_m.copy(), touching.degrees.copy())
    _hang_loose(graph, joint, degrees[first], streets, reach_m, joints)
    return _table(ways, lines, degrees, joints, _step_joints(lines, node, distance, joint))


def _graph(lines: Lines, node: Ints, degrees: Floats, count: int) -> csr_array:
    """Return the private ways as a symmetric matrix of metres, the shortest where two run in parallel."""
    step = np.flatnonzero(lines.continues())
    length = step_lengths(degrees[:, 0], degrees[:, 1])[step]
    low, high = np.minimum(node[step], node[step + 1]), np.maximum(node[step], node[step + 1])
    order = np.lexsort((length, high, low))
    low, high, length = low[order], high[order], length[order]
    shortest = np.ones(len(low), dtype=bool)
    shortest[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    low, high, length = low[shortest], high[shortest], length[shortest]
    rows, columns = np.concatenate([low, high]), np.concatenate([high, low])
    return csr_array((np.concatenate([length, length]), (rows, columns)), shape=(count, count))


def _public_vertex(streets: Streets, ids: Ints) -> Ints:
    """Return for each node the vertex of the public road at its place, or -1."""
    public, vertex = np.unique(streets.lines.ref, return_index=True)
    position = np.searchsorted(public, ids).clip(max=len(public) - 1)
    return np.where(public[position] == ids, vertex[position], -1)


def _nearest_joint(graph: csr_array, joints: Ints) -> tuple[Floats, Ints]:
    """Return for each node the metres along private ways to its nearest joint, and that joint's node, or -1."""
    if len(joints) == 0:
        return np.full(graph.shape[0], np.inf), np.full(graph.shape[0], -1)
    distance, _, source = dijkstra(graph, directed=False, indices=joints, min_only=True, return_predecessors=True)
    return distance, np.where(source >= 0, source, -1).astype(np.int64)


def _touching(streets: Streets, vertex: Ints) -> _Joints:
    """Return the places of public vertices on the street that holds them (at a junction, one of several)."""
    street = np.searchsorted(streets.start, vertex, side="right") - 1
    return _on_street(
        streets, street, streets.along[vertex] - streets.along[streets.start[street]], streets.degrees[vertex]
    )


def _on_street(streets: Streets, street: Ints, along_m: Floats, degrees: Floats) -> _Joints:
    """Turn metres along a street into the offset on its first edge."""
    backward = streets.direction[street] < 0
    offset = np.where(backward, streets.length_m[street] - along_m, along_m)
    return _Joints(streets.first_edge[street], offset, degrees)


def _hang_loose(
    graph: csr_array, joint: Ints, places: Floats, streets: Streets, reach_m: float, joints: _Joints
) -> None:
    """Find joints for groups of private ways that touch no public road; fills `joint` and `joints` in place."""
    loose = np.flatnonzero(joint < 0)
    if len(loose) == 0 or reach_m <= 0:
        return
    plane = Plane(*places[loose].mean(axis=0))
    roads = shapely.transform(streets.geometries(), plane.to_metres)
    points = shapely.points(plane.to_metres(places[loose]))
    found, metres = shapely.STRtree(roads).query_nearest(
        points, max_distance=reach_m, return_distance=True, all_matches=False
    )
    point, street = found
    _, group = connected_components(graph, directed=False)
    order = np.lexsort((point, metres))
    nearest, pick = np.unique(group[loose[point[order]]], return_index=True)
    point, street = point[order][pick], street[order][pick]
    fraction = shapely.line_locate_point(roads[street], points[point], normalized=True)
    on_road = shapely.get_coordinates(shapely.line_interpolate_point(roads[street], fraction, normalized=True))
    place = _on_street(streets, street, fraction * streets.length_m[street], plane.to_degrees(on_road))
    holder = loose[point]  # the node of the group that is nearest to the road stands for its joint
    joints.edge_id[holder], joints.offset_m[holder], joints.degrees[holder] = (
        place.edge_id,
        place.offset_m,
        place.degrees,
    )
    position = np.searchsorted(nearest, group[loose]).clip(max=max(len(nearest) - 1, 0))
    reached = nearest[position] == group[loose] if len(nearest) else np.zeros(len(loose), dtype=bool)
    joint[loose[reached]] = holder[position[reached]]


def _step_joints(lines: Lines, node: Ints, distance: Floats, joint: Ints) -> Ints:
    """Return for each pair of neighbouring vertices the joint of the step between them, -1 for no step or none."""
    left, right = node[:-1], node[1:]
    nearer = np.where(distance[left] <= distance[right], left, right)
    return np.where(lines.continues(), joint[nearer], -1)


def _table(ways: Ways, lines: Lines, degrees: Floats, joints: _Joints, step_joint: Ints) -> pa.Table:
    """Return one row for each unbroken run of steps with the same joint."""
    steps = np.flatnonzero(step_joint >= 0)
    if len(steps) == 0:
        return ACCESSES.empty_table()
    fresh = np.ones(len(steps), dtype=bool)
    fresh[1:] = (np.diff(steps) != 1) | (np.diff(step_joint[steps]) != 0)
    start = steps[fresh]
    count = np.diff(np.append(np.flatnonzero(fresh), len(steps))) + 1  # one vertex more than steps
    way, joint = lines.way[start], step_joint[start]
    columns = {
        "way_id": pa.array(ways.way_id, pa.int64()).take(pa.array(way)),
        "kind": pa.array(ways.kind, pa.string()).take(pa.array(way)),
        "edge_id": joints.edge_id[joint],
        "offset_m": joints.offset_m[joint],
        "lon": joints.degrees[joint, 0],
        "lat": joints.degrees[joint, 1],
        "geometry": shapely.to_wkb(linestrings(degrees, start, count)),
    }
    return pa.table(columns, schema=ACCESSES)
