"""`umaya probe add|run|compact|sweep`: a lake of tracks, by day and area.

A run keeps every good day; where a day is bad it says so, and the exit code is 2.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.types.errors import InputError, Place, UmayaError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.progress import Progress

    from umaya.services.probe_runs import Pool, Report
    from umaya.stores.probe_lake import ProbeLake
    from umaya.types.roads import RoadNetwork

Lake = Annotated[Path, typer.Argument(help="Folder of the lake.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")]
Day = Annotated[str | None, typer.Option(help="A day in Japan, YYYY-MM-DD.")]


class Engine(StrEnum):
    """Where a run computes."""

    LOCAL = "local"
    SPARK = "spark"


def register(app: typer.Typer) -> None:
    """Add the commands to `umaya probe`."""
    app.command("add")(add)
    app.command("run")(run)
    app.command("compact")(compact)
    app.command("sweep")(sweep)


def add(
    file: Annotated[Path, typer.Argument(help="Positions: .parquet, .csv or .csv.gz")],
    lake: Annotated[Path, typer.Option(help="Folder of the lake; made when it is not there.")],
) -> None:
    """Take a file of positions into a lake: all of it or nothing."""
    from umaya.stores.probe_care import add as take
    from umaya.stores.probe_lake import ProbeLake

    place = ProbeLake(lake)
    with _bar() as bar, place.held():
        task = bar.add_task("reading positions", total=None)
        taken = take(place, file, progress=lambda rows: bar.update(task, completed=rows))
    typer.echo(f"{taken.rows:,} points of {len(taken.days)} days taken in")


def run(
    lake: Lake,
    roads: Annotated[Path, typer.Option(help="OpenStreetMap extract, or a folder from `umaya roads import`.")],
    out: Annotated[Path, typer.Option(help="Folder for matches, routes and passages; may be the lake itself.")],
    engine: Annotated[Engine, typer.Option(help="Threads of this process, or Spark.")] = Engine.LOCAL,
    first: Annotated[str | None, typer.Option("--from", help="First day in Japan, YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on in a folder that holds results; whole days are skipped.")] = False,
    profile: Annotated[str, typer.Option(help="Road profile, for an extract.")] = "postal-bike",
    window_s: Annotated[int, typer.Option(help="Seconds of a window of passages; divides a day.")] = 3600,
    min_vehicles: Annotated[int, typer.Option(help="Least number of vehicles of a count.")] = 1,
    min_turn_backs: Annotated[int, typer.Option(help="Least number of vehicles that turned back.")] = 1,
    by_areas: Annotated[
        bool, typer.Option(help="Hold the roads of a few areas at a time, not all: for a nation.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Threads of the local engine; 0 for one a core.")] = 0,
    master: Annotated[str, typer.Option(help="Where Spark runs; empty when spark-submit says so.")] = "local[*]",
    memory: Annotated[str, typer.Option(help="Heap of Spark's driver and executors, beside Python.")] = "1g",
    as_json: AsJson = False,
) -> None:
    """Match every day of a lake and count its passages."""
    from umaya.services.probe_runs import Recipe
    from umaya.services.probe_runs import run as run_days
    from umaya.stores.probe_lake import ProbeLake

    began = time.monotonic()
    place, recipe = ProbeLake(lake), Recipe(window_s, min_vehicles, min_turn_backs)
    days = _days(place, first, last)
    with _pool(engine, workers, master, memory) as pool, _bar() as bar:
        task = bar.add_task("reading roads", total=None)
        network = _network(roads, profile)
        ready = time.monotonic()
        whole = bar.add_task("days", total=len(days))

        def tell(day: str, done: int, count: int) -> None:
            bar.update(task, description=day, completed=done, total=count)
            bar.update(whole, completed=days.index(day))

        out_lake = ProbeLake(out)
        report = run_days(place, out_lake, network, days, pool, recipe, resume=resume, by_areas=by_areas, tell=tell)
    seconds = {"start_s": round(ready - began, 2), "seconds": round(time.monotonic() - began, 2)}
    figures = asdict(report) | {"km": round(report.km, 3)} | seconds
    typer.echo(json.dumps(figures) if as_json else _sentence(report, seconds["seconds"]))
    faults = [fault for day in report.faults.values() for fault in day]
    for fault in faults[1:]:
        typer.echo(f"umaya: {fault}", err=True)
    if faults:
        raise UmayaError(faults[0])


def compact(lake: Lake, as_json: AsJson = False) -> None:
    """Make one file of each partition of positions that has several; the rows stay the same."""
    from umaya.stores.probe_care import compact as merge
    from umaya.stores.probe_lake import ProbeLake

    place = ProbeLake(_there(lake))
    figures = {"partitions": 0, "files": 0, "bytes_before": 0, "bytes_after": 0}
    with place.held(), _bar() as bar:
        task = bar.add_task("compacting", total=None)
        for done in merge(place):
            bar.update(task, advance=1, description=done.partition.day)
            figures["partitions"] += 1
            figures["files"] += done.files
            figures["bytes_before"] += done.before
            figures["bytes_after"] += done.after
    told = "{files:,} files became {partitions:,}, {bytes_before:,} bytes before, {bytes_after:,} after"
    typer.echo(json.dumps(figures) if as_json else told.format(**figures))


def sweep(
    lake: Lake,
    keep_days: Annotated[int, typer.Option(help="How many days are kept, today among them.")],
    table: Annotated[list[str] | None, typer.Option(help="Tables; those about single vehicles by default.")] = None,
    today: Day = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be removed, and remove nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove days that are past their time from positions, matches and routes, or the tables that are named."""
    from umaya.stores.probe_care import due
    from umaya.stores.probe_care import sweep as remove
    from umaya.stores.probe_lake import SINGLE, ProbeLake, day_of

    place = ProbeLake(_there(lake))
    as_of = date.fromisoformat(_checked(today, "--today")) if today else day_of(datetime.now(UTC))
    with place.held():
        found = due(place, tuple(table or SINGLE), keep_days, as_of)
        for what in found:
            if not dry_run:
                remove(place, what)
            if not as_json:
                typer.echo(f"{what.table} {what.day}: {what.files:,} files, {what.size:,} bytes")
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "swept": [asdict(what) for what in found]}))
    else:
        typer.echo(f"{len(found)} days {'would be removed' if dry_run else 'removed'}")


def _pool(engine: Engine, workers: int, master: str, memory: str) -> AbstractContextManager[Pool]:
    from contextlib import closing, nullcontext

    from umaya.services.probe_runs import ThreadPool

    if engine is Engine.LOCAL:
        if workers < 0:
            raise InputError(Place("--workers"), "is less than 0", "choose 0 for one a core")
        return nullcontext(ThreadPool(workers or os.cpu_count() or 1))
    from umaya.stores.spark import SparkPool

    return closing(SparkPool(master, memory))


def _network(roads: Path, profile: str) -> RoadNetwork:
    from umaya.places.roads import Profile, import_osm, load

    return load(roads) if roads.is_dir() else import_osm(roads, Profile.load(profile))


def _days(lake: ProbeLake, first: str | None, last: str | None) -> list[str]:
    """Return the days of the lake from the first to the last that were asked for."""
    low, high = _checked(first, "--from"), _checked(last, "--to")
    _there(lake.root)
    days = [day for day in lake.days() if (not low or day >= low) and (not high or day <= high)]
    if not days:
        raise InputError(Place(str(lake.root)), "has no positions of these days", "take some in: umaya probe add")
    return days


def _checked(day: str | None, option: str) -> str:
    """Return a day as it was given, or nothing."""
    if not day:
        return ""
    try:
        return str(date.fromisoformat(day))
    except ValueError as error:
        raise InputError(Place(option), "is not a day", "write YYYY-MM-DD") from error


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(Place(str(folder)), "is not a folder", "take positions in: umaya probe add")
    return folder


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)


def _sentence(report: Report, seconds: float) -> str:
    told = f"{len(report.days)} days run, {len(report.skipped)} skipped, {len(report.faults)} bad"
    return (
        f"{told}; {report.points:,} points, {report.matched:,} matched, {report.trips:,} trips, {seconds:.1f} seconds"
    )
