"""A prefecture for `bench/tiles.py`: generated roads with classes and names, and states that change 100,000 of them.

The mesh and its towns are those of `networks.country`; the shares of the classes are those of nerima.osm. The service
below answers like the road map's own, from states that are made beforehand, so that what is measured is the map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from tests.web import town
from tests.web.hubs import PlayedRoads

import networks
from umaya.engines.passability import PASSABILITY
from umaya.places.roads.background import BACKGROUND
from umaya.services.roads.products import Window
from umaya.services.roads.service import MapState
from umaya.services.roads.tiles import segments_of
from umaya.types.roads import RoadNetwork
from umaya.types.site import Actor

SHARES = {"secondary": 0.03, "tertiary": 0.09, "unclassified": 0.58, "residential": 0.3}
NAMES = [f"{kind}{number}号線" for kind in ("市道", "町道", "県道") for number in range(200)]


def prefecture(edges: int, seed: int) -> RoadNetwork:
    """Generate roads of about so many directed edges."""
    plan = networks.country(edges, seed)
    network = networks.join([plan.block(number) for number in range(plan.side**2)])
    chance = np.random.default_rng(seed)
    table = network.edges
    segment = table["segment_id"].to_numpy()
    kind = chance.choice(len(SHARES), table.num_rows, p=list(SHARES.values()))[segment]
    name = np.where(chance.random(table.num_rows) < 0.3, chance.integers(0, len(NAMES), table.num_rows), -1)[segment]
    columns = {
        "highway": pa.array(list(SHARES)).take(pa.array(kind)),
        "name": pa.array(NAMES).take(pa.array(name, mask=name < 0)),
    }
    for key, column in columns.items():
        at = table.column_names.index(key)
        table = table.set_column(at, table.schema.field(at), column)
    return RoadNetwork(table, network.nodes, network.accesses)


def states(network: RoadNetwork, changed: int, seed: int) -> list[pa.Table]:
    """Return two states, schema PASSABILITY, that differ in the status of exactly `changed` segments."""
    chance = np.random.default_rng(seed)
    ids = segments_of(network)["segment_id"].to_numpy()
    known = np.sort(chance.choice(len(ids), changed, replace=False))
    first = chance.choice(4, changed, p=[0.3, 0.3, 0.39, 0.01])
    second = (first + 1 + chance.integers(0, 2, changed)) % 3  # another one, and not blocked
    return [_state(ids, known, codes) for codes in (first, second)]


def _state(ids: np.ndarray[Any, Any], known: np.ndarray[Any, Any], codes: np.ndarray[Any, Any]) -> pa.Table:
    ages = np.full(len(ids), "none", object)
    ages[known] = np.array(["24h", "3h", "1h", "1h"])[codes]
    blocked = np.zeros(len(ids), bool)
    blocked[known] = codes == 3
    seen = ages != "none"
    columns = {
        "segment_id": ids,
        "passed_since": seen,
        "passes": seen.astype(np.int32),
        "last_passed": pa.array([town.FIRST] * len(ids), pa.timestamp("us", tz="UTC")),
        "age_class": pa.array(ages, pa.string()),
        "turn_backs": np.zeros(len(ids), np.int32),
        "expected": np.ones(len(ids)),
        "p_blocked": np.where(blocked, 0.9, 0.1),
        "status": pa.array(np.where(blocked, "probably-blocked", np.where(seen, "passed", "no-evidence")), pa.string()),
    }
    filled = {**{f.name: pa.nulls(len(ids), f.type) for f in PASSABILITY if f.name not in columns}, **columns}
    return pa.table({name: filled[name] for name in PASSABILITY.names}).cast(PASSABILITY)


@dataclass
class Prefecture(PlayedRoads):
    """The road map's service over a prefecture; `window` counts releases, and the state is that of its parity."""

    network: RoadNetwork | None = None
    tables: list[pa.Table] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.atlas = SimpleNamespace(network=self.network, background=BACKGROUND.empty_table())
        self.window = 0

    def state(self, actor: Actor, at: Any = None) -> MapState:
        self.check_may_see(actor)
        del at
        end = town.FIRST + town.STEP * self.window
        windows = (Window(end - timedelta(minutes=10), end),)
        return MapState(end, self._event(), windows, self.tables[self.window % len(self.tables)])
