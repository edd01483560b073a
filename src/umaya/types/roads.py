"""The road network as engines see it: three Arrow tables that belong together.

Built by `umaya.places.roads` from OpenStreetMap. Public roads only are edges; private ways are `accesses`
that hang from an edge, so that no junction of a driveway ever splits a road and betrays a visit.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from umaya.types.schemas import ACCESSES, EDGES, NODES


@dataclass(frozen=True)
class RoadNetwork:
    """A directed road graph.

    Attributes:
        edges: schema `EDGES`, sorted by `edge_id`, which equals the row number.
        nodes: schema `NODES`.
        accesses: schema `ACCESSES`, possibly empty.

    Raises:
        ValueError: when a table has another schema or edge ids are not the row numbers.
    """

    edges: pa.Table
    nodes: pa.Table
    accesses: pa.Table

    def __post_init__(self) -> None:
        for name, table, schema in (
            ("edges", self.edges, EDGES),
            ("nodes", self.nodes, NODES),
            ("accesses", self.accesses, ACCESSES),
        ):
            if not table.schema.equals(schema):
                raise ValueError(f"{name} do not have the schema of umaya.types.schemas")
        ids = self.edges.column("edge_id").to_numpy()
        if len(ids) and (ids[0] != 0 or ids[-1] != len(ids) - 1 or (ids[1:] <= ids[:-1]).any()):
            raise ValueError("edge_id must equal the row number")
