"""A simulated town of rounds on a grid of streets, to see the estimate against the truth.

Riders walk every street of their quarter once a day at about the same time. After the event they ride on until a
closed street stops them: at its mouth or half-way, as it comes; then they turn back and go round.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import networkx as nx
import pyarrow as pa

from tests.engines.graphs import two_way_network
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import TRAVERSALS

FIRST_DAY = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)
"""09:00 in Japan."""


class Town:
    """A grid of `side` x `side` junctions, `quarters` x `quarters` of them ridden by one vehicle each.

    Args:
        seed: of everything.
        working: share of the riders who go on after an event.
    """

    def __init__(self, seed: int, side: int = 13, quarters: int = 3, working: float = 0.85) -> None:
        self.random = random.Random(seed)
        self.graph: nx.Graph[int] = nx.Graph()
        for x in range(side):
            for y in range(side):
                for a, b in ((x + 1, y), (x, y + 1)):
                    if a < side and b < side and self.random.random() > 0.08:
                        self.graph.add_edge(x * side + y, a * side + b)
        self.graph = nx.Graph(self.graph.subgraph(max(nx.connected_components(self.graph), key=len)))
        self.ends = [(min(pair), max(pair)) for pair in self.graph.edges]
        self.network: RoadNetwork = two_way_network(side * side, self.ends, [100.0] * len(self.ends))
        self.edge_of = {}
        for i, (a, b) in enumerate(self.ends):
            self.edge_of[a, b], self.edge_of[b, a] = 2 * i, 2 * i + 1
        width = side / quarters
        self.rounds = []
        for q in range(quarters * quarters):
            own = [
                pair for pair in self.ends if int(pair[0] // side / width) * quarters + int(pair[0] % side / width) == q
            ]
            self.rounds.append(self._walk(own))
        self.off = {v for v in range(len(self.rounds)) if self.random.random() > working}
        self.closed: set[tuple[int, int]] = set()

    def close(self, number: int) -> None:
        """Close streets."""
        self.closed = set(self.random.sample(self.ends, number))

    def segments(self, streets: set[tuple[int, int]]) -> set[int]:
        return {self.edge_of[a, b] for a, b in streets}

    def days(self, number: int) -> pa.Table:
        """Traversals of ordinary days."""
        rows: list[dict[str, object]] = []
        for day in range(number):
            for vehicle in range(len(self.rounds)):
                self._ride(rows, vehicle, FIRST_DAY + timedelta(days=day), None)
        return pa.Table.from_pylist(rows, schema=TRAVERSALS)

    def day_of_the_event(self, event: datetime) -> pa.Table:
        rows: list[dict[str, object]] = []
        for vehicle in range(len(self.rounds)):
            self._ride(rows, vehicle, event.replace(hour=0, minute=0), event)
        return pa.Table.from_pylist(rows, schema=TRAVERSALS)

    def _walk(self, streets: list[tuple[int, int]]) -> list[int]:
        """Every street once, by whatever way leads to the next."""
        path = [streets[0][0]]
        for a, b in streets:
            if not any({a, b} == {p, q} for p, q in pairwise(path)):
                path += [*nx.shortest_path(self.graph, path[-1], a)[1:], b]
        return path

    def _ride(self, rows: list[dict[str, object]], vehicle: int, morning: datetime, event: datetime | None) -> None:
        moment = morning + timedelta(minutes=self.random.gauss(0, 10))
        pace = self.random.gauss(1.0, 0.1)
        known: set[tuple[int, int]] = set()
        path = list(self.rounds[vehicle])
        here, seq = path.pop(0), 0

        def drive(a: int, b: int, complete: bool, turned_back: bool) -> None:
            nonlocal moment, seq
            left = moment + timedelta(seconds=pace * self.random.uniform(30, 100) * (1 if complete else 0.5))
            edge = self.edge_of[a, b]
            rows.append({
                "vehicle_id": f"v{vehicle}", "trip": 0, "seq": seq, "edge_id": edge, "way_id": edge // 2,
                "forward": edge % 2 == 0, "entered": moment, "left": left, "from_m": 0.0,
                "to_m": 100.0 if complete else 50.0, "complete": complete, "turned_back": turned_back,
            })  # fmt: skip
            moment, seq = left, seq + 1

        while path:
            after = event is not None and moment >= event
            if after and vehicle in self.off:
                return
            there = path.pop(0)
            if there == here:
                continue
            street = (min(here, there), max(here, there))
            if after and (street in self.closed or not self.graph.has_edge(*street)):
                if street in self.closed and street not in known:
                    known.add(street)
                    if self.random.random() < 0.5:
                        drive(here, there, complete=False, turned_back=True)
                        drive(there, here, complete=False, turned_back=False)
                    elif seq and rows[-1]["complete"]:
                        rows[-1]["turned_back"] = True
                passable = nx.restricted_view(self.graph, [], list(known))
                if nx.has_path(passable, here, there):
                    path[:0] = nx.shortest_path(passable, here, there)[1:]
                continue
            if not self.graph.has_edge(*street):
                path[:0] = [*nx.shortest_path(self.graph, here, there)[1:]]
                continue
            drive(here, there, complete=True, turned_back=bool(path) and path[0] == here)
            here = there
