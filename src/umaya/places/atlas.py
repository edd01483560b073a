"""A hub's atlas: the road network with what is prepared from it, the homes of each segment, the map's background.

Loads once and keeps what is costly to prepare (matcher, access index), shared by every obligation and page of a
process. Homes change while the hub runs, so they are read anew when their file changed. Holds no personal data:
homes are counts for each road segment.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from umaya.engines.disclosure import AccessIndex, neighbourhoods, suppressed_segments
from umaya.engines.matching import Matcher
from umaya.places.roads import load, save
from umaya.stores.durable import make_folder, publish
from umaya.types.errors import ConflictError
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import HOMES

ROADS, HOMES_FILE, BACKGROUND_FILE = "roads", "homes.parquet", "background.parquet"


class Atlas:
    """The places of one hub.

    Args:
        directory: holds `roads/`, `homes.parquet`, `background.parquet`; made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = Lock()
        self._suppressed: dict[tuple[int, int], npt.NDArray[np.int64]] = {}
        self._neighbourhoods: dict[int, npt.NDArray[np.int64]] = {}

    @property
    def known(self) -> bool:
        """Whether a road network was put in."""
        return (self._directory / ROADS).is_dir()

    def put(self, network: RoadNetwork, background: pa.Table) -> None:
        """Store the network and the background of the map; a hub's network is set once.

        Raises:
            ConflictError: when the hub has a network: its edge ids stand in releases.
        """
        if self.known:
            raise ConflictError("this hub has a road network")
        self._write(BACKGROUND_FILE, background)
        save(network, self._directory / ROADS)

    @cached_property
    def network(self) -> RoadNetwork:
        """The road network.

        Raises:
            InputError: when none was put in.
        """
        return load(self._directory / ROADS)

    @cached_property
    def matcher(self) -> Matcher:
        """The matcher, prepared for the network."""
        return Matcher(self.network)

    @cached_property
    def accesses(self) -> AccessIndex:
        """The index of private ways."""
        return AccessIndex(self.network)

    @cached_property
    def background(self) -> pa.Table:
        """Water and buildings (kind, name, geometry)."""
        return pq.read_table(self._directory / BACKGROUND_FILE)

    def put_homes(self, homes: pa.Table) -> None:
        """Store the homes of each segment, schema `HOMES`, replacing what was known."""
        self._write(HOMES_FILE, homes.cast(HOMES))

    def suppressed(self, max_homes: int) -> npt.NDArray[np.int64]:
        """Return the segments that dead-end suppression hides at a threshold of homes, by the homes known now.

        Raises:
            ConflictError: when no homes are known yet: then nothing may be shown.
        """
        file = self._directory / HOMES_FILE
        if not file.exists():
            raise ConflictError("the homes of each road are not known yet, so dead ends cannot be told")
        with self._lock:
            key = (max_homes, file.stat().st_mtime_ns)
            if key not in self._suppressed:
                homes = pq.read_table(file).cast(HOMES)
                self._suppressed = {old: known for old, known in self._suppressed.items() if old[1] == key[1]}
                self._suppressed[key] = suppressed_segments(self.network, homes, max_homes)
            return self._suppressed[key]

    def neighbourhoods(self, roads: int) -> npt.NDArray[np.int64]:
        """Return the neighbourhood of each edge, of at most so many roads each; they never change."""
        with self._lock:
            if roads not in self._neighbourhoods:
                self._neighbourhoods[roads] = neighbourhoods(self.network, roads)
            return self._neighbourhoods[roads]

    def _write(self, name: str, table: pa.Table) -> None:
        make_folder(self._directory, self._directory)
        publish(self._directory / name, lambda sink: pq.write_table(table, sink))
