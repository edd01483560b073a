"""The order of a run: day after day, each matched area by area, then counted area by area, then let hold as a whole.

Responsible for what is done and what is skipped, and for the manifests; not for how an area is computed (`work`), nor
for where (a `Pool`).

Must hold: a day holds with its manifest or not at all, whatever is killed when; a bad day costs that day alone; what
lies in one folder was made by one recipe on one road network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from umaya.engines.matching import MatchParams
from umaya.places.roads.store import FILES, save
from umaya.services.probe_runs import shards, work
from umaya.stores.durable import publish
from umaya.stores.probe_lake import ProbeLake, identity
from umaya.stores.redo import Change
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.roads import RoadNetwork

FORMAT: Final = 1
MADE: Final = ("matches", "routes", "passages")
_DAY_S: Final = 86_400

Task = dict[str, Any]


class Pool(Protocol):
    """Where tasks are computed."""

    def map(self, function: Callable[[Task], Task], tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield the result of each task, in order."""


class ThreadPool:
    """Threads of this process; they share one prepared network, and the engine frees the interpreter's lock.

    Args:
        workers: number of threads, 1 or more; so many areas are in memory at a time, in part.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def map(self, function: Callable[[Task], Task], tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield the result of each task, in order."""
        pool = ThreadPoolExecutor(self._workers)
        try:
            yield from pool.map(function, tasks)
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class Recipe:
    """How passages are counted; see `umaya.engines.disclosure.link_counts`.

    Attributes:
        window_s: seconds, dividing a day.
        min_vehicles: least number of vehicles of a count that is told.
        min_turn_backs: the same for those that turned back.

    Raises:
        InputError: when a number is out of range.
    """

    window_s: int = 3600
    min_vehicles: int = 1
    min_turn_backs: int = 1

    def __post_init__(self) -> None:
        if self.window_s < 1 or _DAY_S % self.window_s:
            raise InputError(Place("--window-s"), "does not divide a day", "choose e.g. 900 or 3600 seconds")
        if self.min_vehicles < 1 or self.min_turn_backs < 1:
            raise InputError(Place("--min-vehicles"), "is less than 1", "choose 1 or more")


@dataclass
class Report:
    """What a run did.

    Attributes:
        days: that were run.
        skipped: that were there, whole and of the same positions.
        faults: of each day that could not be run, in words; nothing was written of it.
        points, matched, trips, km: of the days that were run.
        bytes: written, by table.
        read: bytes of positions.
    """

    days: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    points: int = 0
    matched: int = 0
    trips: int = 0
    km: float = 0.0
    bytes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MADE, 0))
    read: int = 0


Tell = Callable[[str, int, int], None]
"""Told day, areas done and areas in all of the present step."""


def run(
    lake: ProbeLake,
    out: ProbeLake,
    roads: RoadNetwork,
    days: Sequence[str],
    pool: Pool,
    recipe: Recipe,
    *,
    resume: bool = False,
    by_areas: bool = False,
    tell: Tell = lambda *_: None,
) -> Report:
    """Run days of a lake into a folder, which may be the lake itself.

    Args:
        lake: of positions.
        out: where matches, routes, passages, the network (`roads/`), `recipe.json` and the manifests go.
        roads: the network.
        days: that the lake has, in order.
        pool: where to compute.
        recipe: how passages are counted.
        resume: go on in a folder that holds results: skip days that are there, whole and of the same positions.
        by_areas: cut the network into areas first (`areas/`); workers then hold those that their vehicles are in, not
            the whole. The results are the same.
        tell: for a progress bar.

    Raises:
        ConflictError: when another command writes either, when results are there and `resume` is False, or when they
            were made by another recipe or on other roads.
    """
    report = Report()
    with ExitStack() as held:
        for one in {place.root.resolve(): place for place in (lake, out)}.values():
            held.enter_context(one.held())
        if not resume and any((out.root / "manifests").glob("*.json")):
            raise ConflictError(
                f"`{out.root}` holds days that were run; add --resume to go on, or choose another folder"
            )
        _settle(out, roads, recipe)
        common = {"roads": str(out.root / "roads"), "shards": _cut(out, roads) if by_areas else None, **asdict(recipe)}
        for day in days:
            _run_day(lake, out, day, pool, common, report, tell)
    return report


def _settle(out: ProbeLake, roads: RoadNetwork, recipe: Recipe) -> None:
    """Keep recipe and network beside the results, or check that they are the same."""
    made = {
        "format": FORMAT,
        "roads": _digest(roads),
        "recipe": asdict(recipe),
        "matching": {name: value for name, value in asdict(MatchParams()).items() if name != "threads"},
    }
    path = out.root / "recipe.json"
    try:
        before = json.loads(path.read_bytes())
    except FileNotFoundError:
        save(roads, out.root / "roads")
        content = json.dumps(made, indent=1, sort_keys=True).encode()
        publish(path, lambda sink: sink.write(content))
        return
    except ValueError as error:
        raise InputError(Place(str(path)), "is not the recipe of a run", "choose another folder") from error
    if before != made:
        other = "on other roads" if before.get("roads") != made["roads"] else "with other windows, minima or parameters"
        raise ConflictError(f"`{out.root}` holds what was made {other}; choose another folder")


def _cut(out: ProbeLake, roads: RoadNetwork) -> str:
    """Return the folder of the areas of the network, cut when they are not there or were cut in another way."""
    folder = out.root / "areas"
    if not shards.is_cut(folder):
        shards.write(roads, folder)
    return str(folder)


def _digest(roads: RoadNetwork) -> str:
    """Return the SHA-256 of the rows of a network."""
    digest = hashlib.sha256()
    for name in FILES:
        sink = pa.BufferOutputStream()
        table: pa.Table = getattr(roads, name).replace_schema_metadata(None).combine_chunks()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        digest.update(sink.getvalue())
    return digest.hexdigest()


def _run_day(lake: ProbeLake, out: ProbeLake, day: str, pool: Pool, common: Task, report: Report, tell: Tell) -> None:
    """Run a day and let it hold, or say in the report why not."""
    parts = lake.partitions(day)
    try:
        inputs = {part.area: identity(part.files) for part in parts}
    except InputError as error:
        report.faults[day] = [str(error)]
        return
    before = out.manifest(day)
    if before is not None and before["inputs"] == inputs and out.whole(before):
        report.skipped.append(day)
        return
    with out.change() as change:
        tasks = [
            {"day": day, "area": part.area, "files": [str(file) for file in part.files], "into": str(change.folder)}
            for part in parts
        ]
        results = list(_watched(pool.map(work.match_area, [task | common for task in tasks]), day, len(tasks), tell))
        faults = [result["fault"] for result in results if "fault" in result] or _in_two_areas(tasks, results)
        if faults:
            report.faults[day] = faults
            return
        parted = _shards(results, change.folder)
        counting = [task | {"day": day, "into": str(change.folder)} | common for task in parted]
        counted = list(_watched(pool.map(work.count_area, counting), day, len(counting), tell))
        tables = {
            name: _placed(change, name, day, zip(areas, made, strict=True))
            for name, areas, made in (
                ("matches", inputs, results),
                ("routes", inputs, results),
                ("passages", [task["area"] for task in parted], counted),
            )
        }
        figures = _figures(results)
        manifest = {"format": FORMAT, "day": day, "inputs": inputs, "tables": tables, **figures}
        content = json.dumps(manifest, indent=1, sort_keys=True).encode()
        publish(change.put(f"manifests/{day}.json"), lambda sink: sink.write(content))
        change.remove(name for table in MADE for name in out.names(day, table))
        change.commit()
    _add(report, day, figures, tables, sum(file.stat().st_size for part in parts for file in part.files))


def _watched(results: Iterator[Task], day: str, count: int, tell: Tell) -> Iterator[Task]:
    tell(day, 0, count)
    for done, result in enumerate(results, 1):
        yield result
        tell(day, done, count)


def _in_two_areas(tasks: Sequence[Task], results: Sequence[Task]) -> list[str]:
    """Return what is wrong where two areas have a vehicle: its day would be two."""
    seen: set[str] = set()
    faults = []
    for task, result in zip(tasks, results, strict=True):
        if not seen.isdisjoint(result["vehicles"]):
            problem = "holds a vehicle that another area of the same day holds"
            place = Place(task["files"][0], field="vehicle_id")
            faults.append(str(InputError(place, problem, "put the day of a vehicle into one area")))
        seen.update(result["vehicles"])
    return faults


def _shards(results: Iterable[Task], folder: Path) -> list[Task]:
    """Return a task for each area of edges: the traversals that all areas of vehicles have on them."""
    files: dict[str, list[str]] = {}
    for result in results:
        for area in result["areas"]:
            files.setdefault(area, []).append(str(folder / "traversals" / area / result["shards"]))
    return [{"area": area, "files": files[area]} for area in sorted(files)]


def _placed(change: Change, table: str, day: str, made: Iterable[tuple[str, Task]]) -> Task:
    """Put the files of a table in their place; return what the manifest says of them."""
    files = []
    for area, result in made:
        written = result[table]
        name = f"{table}/day={day}/area={area}/{written['name']}"
        (change.folder / table / area / written["name"]).replace(change.put(name))
        files.append({"path": name, **{key: written[key] for key in ("rows", "bytes", "sha256")}})
    return {"rows": sum(file["rows"] for file in files), "files": files}


def _figures(results: Sequence[Task]) -> Task:
    sums: Task = {key: sum(result[key] for result in results) for key in ("points", "matched", "trips", "km")}
    return {**sums, "km": round(sums["km"], 3)}


def _add(report: Report, day: str, figures: Mapping[str, Any], tables: Mapping[str, Task], read: int) -> None:
    report.days.append(day)
    report.points += figures["points"]
    report.matched += figures["matched"]
    report.trips += figures["trips"]
    report.km += figures["km"]
    report.read += read
    for name, table in tables.items():
        report.bytes[name] += sum(file["bytes"] for file in table["files"])
