"""What one worker does: match an area of a day, count an area of a day. The same on a thread and on an executor.

A task and its result are plain JSON; rows go from file to file. A fault in the data is a result, not an error, so that
no engine tries it again. Results depend on the rows alone: not on the engine, the number of workers or their order.

Must hold: an area is matched in memory that grows with it by the names of its vehicles only (`probe_reading.chunks`);
the network is prepared once in a process, or, cut into areas, no more of it than a worker's vehicles need.
Counting holds the traversals of an area of edges, of one day.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from threading import Lock, local
from typing import Any, Final
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from umaya.engines.disclosure import link_counts
from umaya.engines.matching import Matcher, MatchParams
from umaya.engines.matching.sharded import ShardedMatcher
from umaya.places.roads import load
from umaya.services.probe_runs.shards import FolderShards, cells_of
from umaya.stores import mesh
from umaya.stores.probe_lake import GrowingFile, Partition, Written, span_of, write_file
from umaya.stores.probe_reading import chunks
from umaya.types.errors import InputError
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import MATCHES, PASSAGES, ROUTES, TRAVERSALS

Task = dict[str, Any]
_GEO: Final = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["LineString"]}},  # no crs means OGC:CRS84
}
_GEOPARQUET: Final = {b"geo": json.dumps(_GEO, sort_keys=True).encode()}
ROUTE_LINES: Final = ROUTES.with_metadata(_GEOPARQUET)
PASSAGE_LINES: Final = PASSAGES.append(pa.field("geometry", pa.binary(), nullable=False)).with_metadata(_GEOPARQUET)
"""PASSAGES with the line of the edge."""

_PREPARING: Final = Lock()
"""Held while the network is prepared: threads that come at the same time wait for the one that does it."""


@lru_cache(maxsize=1)
def network(roads: str) -> RoadNetwork:
    """Read the network of a run; once in a process."""
    return load(roads)


@lru_cache(maxsize=1)
def matcher(roads: str) -> Matcher:
    """Prepare the network of a run; once in a process. Its threads are the workers."""
    return Matcher(network(roads), MatchParams(threads=1))


@lru_cache(maxsize=1)
def areas(roads: str) -> NDArray[np.int64]:
    """Return the mesh cell of each edge of a run; once in a process."""
    return cells_of(network(roads))


_OWN: Final = local()
"""What a worker keeps for itself: a matcher by areas lets go of one area when it takes another."""


def _by_areas(shards: str) -> ShardedMatcher:
    """Return the matcher of this worker for a network that is cut into areas."""
    if getattr(_OWN, "shards", None) != shards:
        _OWN.shards, _OWN.matcher = shards, ShardedMatcher(FolderShards(Path(shards)), MatchParams(threads=1))
    found: ShardedMatcher = _OWN.matcher
    return found


def match_area(task: Task) -> Task:
    """Match the positions of an area of a day.

    Args:
        task: `day`, `area`, `files` (paths), `roads` (folder of the network), `shards` (folder of its areas, or None:
            the whole is prepared), `into` (folder to write to).

    Returns:
        `matches` and `routes` (what was written), `areas` (of edges with traversals), `vehicles`, `points`,
        `matched`, `trips`, `km`; or `fault` in words.
    """
    shards = task.get("shards")
    finder: Matcher | ShardedMatcher
    with _PREPARING:
        cells = FolderShards(Path(shards)).cells() if shards else areas(task["roads"])
        finder = _by_areas(shards) if shards else matcher(task["roads"])
    part = Partition(task["day"], task["area"], tuple(Path(file) for file in task["files"]))
    try:
        return _match(part, finder, cells, Path(task["into"]))
    except InputError as error:
        return {"fault": str(error)}


def _match(part: Partition, finder: Matcher | ShardedMatcher, cells: NDArray[np.int64], into: Path) -> Task:
    figures = {"points": 0, "matched": 0, "trips": 0, "km": 0.0}
    seen: list[str] = []
    with (
        _Shards(into / "traversals", f"{part.area}-{uuid4().hex}", cells) as shards,
        GrowingFile(into / "matches" / part.area, MATCHES) as matches,
        GrowingFile(into / "routes" / part.area, ROUTE_LINES) as routes,
    ):
        for positions in chunks(part):
            found = finder.match(positions)
            seen.extend(positions["vehicle_id"].unique().to_pylist())
            matches.write(found.matches)
            routes.write(found.routes)
            shards.add(found.traversals)
            metres = pc.sum(pc.subtract(found.traversals["to_m"], found.traversals["from_m"])).as_py() or 0.0
            figures["points"] += positions.num_rows
            figures["matched"] += positions.num_rows - found.matches["edge_id"].null_count
            figures["trips"] += found.routes.num_rows
            figures["km"] += metres / 1000.0
    tables = {"matches": _told(matches.written), "routes": _told(routes.written)}
    return {**tables, "areas": shards.names, "vehicles": seen, **figures, "shards": shards.name}


class _Shards:
    """Traversals of one area of vehicles, a file for each area of edges, each its own stream of Arrow."""

    def __init__(self, folder: Path, name: str, cells: NDArray[np.int64]) -> None:
        self.name = f"{name}.arrow"
        self.names: list[str] = []
        self._folder = folder
        self._cells = cells
        self._writers: dict[int, Any] = {}
        self._stack = ExitStack()

    def add(self, traversals: pa.Table) -> None:
        """Write each row into the file of the area of its edge."""
        if not traversals.num_rows:
            return
        cells = self._cells[traversals["edge_id"].to_numpy()]
        for cell in np.unique(cells).tolist():
            if cell not in self._writers:
                area = mesh.code(cell)
                (self._folder / area).mkdir(mode=0o700, parents=True, exist_ok=True)
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                writer = pa.ipc.new_file(self._folder / area / self.name, TRAVERSALS, options=options)
                self._writers[cell] = self._stack.enter_context(writer)
                self.names.append(area)
            self._writers[cell].write_table(traversals.filter(pa.array(cells == cell)))

    def __enter__(self) -> _Shards:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def count_area(task: Task) -> Task:
    """Count the passages of an area of a day from the traversals of all areas of vehicles.

    Args:
        task: `day`, `area`, `files` (paths of traversals), `roads`, `shards`, `into`, `window_s`, `min_vehicles`,
            `min_turn_backs`.

    Returns:
        `passages` (what was written).
    """
    tables = [_arrow_file(Path(file)) for file in task["files"]]
    start, end = span_of(task["day"])
    counted = link_counts(
        pa.concat_tables(tables),
        start,
        end,
        task["window_s"],
        task["min_vehicles"],
        task["min_turn_backs"],
        fold_days=False,
    )
    shards = task.get("shards")
    if shards:
        geometry = FolderShards(Path(shards)).lines(task["area"], counted["edge_id"].to_numpy())
    else:
        geometry = network(task["roads"]).edges["geometry"].take(counted["edge_id"])
    lines = counted.append_column(PASSAGE_LINES.field("geometry"), geometry)
    return {"passages": _told(write_file(Path(task["into"]) / "passages" / task["area"], PASSAGE_LINES, [lines]))}


def _arrow_file(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _told(written: Written) -> Task:
    return {"name": written.name, "rows": written.rows, "bytes": written.size, "sha256": written.sha256}
