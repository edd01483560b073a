"""The roads of a run cut into areas on disk, so that a worker holds those of a few areas and never the whole network.

    <folder>/cells.npy              mesh cell of each edge of the whole
    <folder>/cut.json               how it was cut: the matcher's parameters, which tell how far it looks, and the mesh
    <folder>/543601/roads | numbers.npz      the roads in reach of an area, and their numbers in the whole

An area is matched by `umaya.engines.matching.sharded`, whose results are those of the whole network. Cutting reads the
whole once. The folder appears whole or not at all. Not responsible for which area a vehicle belongs to.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from umaya.engines.matching import MatchParams
from umaya.engines.matching.shards import AREA_COLUMNS, AREA_ROWS, CutShards, Shard, area_box
from umaya.places.roads import load, save
from umaya.stores import mesh
from umaya.types.roads import RoadNetwork

FORMAT: Final = 1
"""Raised whenever a shard comes to hold other roads of the same network with the same parameters."""


class FolderShards:
    """The shards that `write` left in a folder; see `umaya.engines.matching.shards.Shards`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, area: int) -> Shard | None:
        """Return the roads in reach of an area, None where there are none."""
        return self.read(_code(area))

    def read(self, code: str) -> Shard | None:
        """Return the roads in reach of the area of a mesh code, None where there are none."""
        folder = self._folder / code
        if not folder.is_dir():
            return None
        with np.load(folder / "numbers.npz") as numbers:
            return Shard(load(folder / "roads"), numbers["edge"], numbers["node"])

    def cells(self) -> NDArray[np.int64]:
        """Return the mesh cell of each edge of the whole; read from disk where it is asked for."""
        mapped: NDArray[np.int64] = np.load(self._folder / "cells.npy", mmap_mode="r")
        return mapped

    def lines(self, code: str, edges: NDArray[np.int64]) -> pa.ChunkedArray:
        """Return the geometry of edges of an area, given by their numbers in the whole."""
        shard = self.read(code)
        if shard is None:
            raise KeyError(code)
        return shard.network.edges["geometry"].take(pa.array(np.searchsorted(shard.edge, edges)))


def cells_of(network: RoadNetwork) -> NDArray[np.int64]:
    """Return the mesh cell of each edge: that of the middle between its ends, the same for both directions."""
    edges, nodes = network.edges, network.nodes
    ends = [edges[name].to_numpy() for name in ("source", "target")]
    lon, lat = (sum(nodes[name].to_numpy()[end] for end in ends) / 2 for name in ("lon", "lat"))
    return mesh.cells(lon, lat)


def is_cut(folder: Path) -> bool:
    """Return whether a folder holds areas that were cut as `write` would cut them now."""
    try:
        told: Any = json.loads((folder / "cut.json").read_bytes())
    except (OSError, ValueError):
        return False
    return bool(told == _how())


def write(network: RoadNetwork, folder: Path) -> None:
    """Cut a network into areas below a folder, which is replaced."""
    fresh = folder.with_name(f".{folder.name}.{uuid4().hex}")
    fresh.mkdir(mode=0o700, parents=True)
    try:
        np.save(fresh / "cells.npy", cells_of(network))
        whole = CutShards(network)
        for area in whole.areas():
            shard = whole.load(area)
            if shard is not None:
                place = fresh / _code(area)
                save(shard.network, place / "roads")
                np.savez(place / "numbers.npz", edge=shard.edge, node=shard.node)
        (fresh / "cut.json").write_text(json.dumps(_how(), indent=1, sort_keys=True))
        shutil.rmtree(folder, ignore_errors=True)
        fresh.replace(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _how() -> dict[str, Any]:
    matching = {name: value for name, value in asdict(MatchParams()).items() if name != "threads"}
    return {"format": FORMAT, "matching": matching, "mesh": [AREA_ROWS, AREA_COLUMNS]}


def _code(area: int) -> str:
    west, south, east, north = area_box(area)
    return mesh.code(int(mesh.cells((west + east) / 2.0, (south + north) / 2.0)))
