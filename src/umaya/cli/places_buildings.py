"""`umaya places buildings`: address points and letterboxes put into the buildings of footprint files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from umaya.places.buildings.outlines import Faulty
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    import pyarrow as pa

    from umaya.engines.buildings.letterboxes import Housed
    from umaya.engines.buildings.resolve import Resolved
    from umaya.places.buildings.outlines import Fault
    from umaya.types.roads import RoadNetwork

JAPAN = ZoneInfo("Asia/Tokyo")
MOST_FAULTS = 20
"""So many faults are told one by one."""


def buildings(
    footprints: Annotated[list[Path], typer.Option(help="Footprints: .geojson, .geojsonl or .gml, plain or .gz.")],
    points: Annotated[Path, typer.Option(help="Address points: .csv, .csv.gz or .parquet.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; older files there are replaced.")],
    letterboxes: Annotated[Path | None, typer.Option(help="Letterboxes: .csv, .csv.gz or .parquet.")] = None,
    roads: Annotated[
        Path | None, typer.Option(help="Network of `umaya roads import`, to count homes on roads.")
    ] = None,
    ids: Annotated[Path | None, typer.Option(help="File of lasting building ids; made when it is not there.")] = None,
    release: Annotated[str | None, typer.Option(help="Name of these footprints' release; with --ids.")] = None,
    before: Annotated[list[Path] | None, typer.Option(help="Footprints of the release before; with --ids.")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day from which they hold; today.")] = None,
    faulty: Annotated[Faulty, typer.Option(help="What becomes of features with faults.")] = Faulty.REFUSE,
) -> None:
    """Put address points and letterboxes into buildings, or say why a row is doubtful."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from umaya.engines.buildings.letterboxes import house
    from umaya.engines.buildings.resolve import resolve
    from umaya.engines.buildings.schemas import LETTERBOXES
    from umaya.places.buildings.reading import read_footprints
    from umaya.places.buildings.tables import read_letterboxes, read_points

    if (ids is None) != (release is None):
        raise InputError(Place("--release"), "goes with --ids", "give both or none")
    if out.exists() and not out.is_dir():
        raise InputError(Place(str(out)), "is a file", "name a folder to write to")
    began = time.monotonic()
    network = _network(roads) if roads else None
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading footprints", total=None)

        def tell(count: int) -> None:
            bar.update(task, description=f"reading footprints: {count:,}")

        outlines, faults = read_footprints(footprints, faulty, tell)
        bar.update(task, description="reading points")
        places = read_points(points)
        boxes = read_letterboxes(letterboxes) if letterboxes else LETTERBOXES.empty_table()
        bar.update(task, description="resolving")
        resolved = resolve(places, outlines)
        housed = house(boxes, resolved, outlines)
        resolved_s = time.monotonic() - began
        bar.update(task, description="writing")
        named: dict[str, str] = {}
        changes = ""
        if ids and release:
            releases = read_footprints(before or [], faulty)[0], outlines
            area = _area(places)
            named, changes = _take_release(ids, area, releases, resolved.links, release, (on or _now()).date())
        _write(out, outlines, resolved, housed, named)
        lost = _write_homes(out, housed, places, network) if network else 0
    _tell(faults, resolved, housed, outlines.num_rows)
    if changes:
        typer.echo(f"ids: {changes}")
    if lost:
        typer.echo(f"{lost:,} homes have no place and are on no road", err=True)
    typer.echo(f"resolved after {resolved_s:.1f} seconds, written after {time.monotonic() - began:.1f}")


def _network(folder: Path) -> RoadNetwork:
    from umaya.places.roads import load

    return load(folder)


def _now() -> datetime:
    return datetime.now(JAPAN)


def _write(out: Path, outlines: pa.Table, resolved: Resolved, housed: Housed, ids: dict[str, str]) -> None:
    import pyarrow as pa

    from umaya.places.buildings.files import building_table, write_maps, write_tables

    table = building_table(outlines, resolved.links, housed.housed, ids)
    doubtful = pa.concat_tables([resolved.doubtful, housed.doubtful])
    tables = {"buildings": table, "links": resolved.links, "doubtful": doubtful, "letterboxes": housed.housed}
    write_tables(out, tables)
    write_maps(out, table, doubtful)


def _write_homes(out: Path, housed: Housed, places: pa.Table, network: RoadNetwork) -> int:
    """Write the homes of each road; return the homes without any place."""
    from umaya.places.buildings.files import write_tables
    from umaya.places.buildings.homes import homes_per_edge

    homes, lost = homes_per_edge(housed, places, network)
    write_tables(out, {"homes": homes})
    return lost


def _area(places: pa.Table) -> str:
    areas = set(places["lg_code"].to_pylist())
    if len(areas) != 1:
        raise InputError(Place("--points"), "are not of one municipality", "ids are given by municipality")
    return str(areas.pop())


def _take_release(
    file: Path, area: str, releases: tuple[pa.Table, pa.Table], links: pa.Table, release: str, day: date
) -> tuple[dict[str, str], str]:
    """Take a release into the file of ids, unless it is there; return ids by footprint, and what became of ids.

    A footprint with several ids, while a merge is open, is left out.
    """
    from umaya.places.buildings.registry import Registry
    from umaya.stores.database import Database, ServiceBase
    from umaya.types.clock import SystemClock

    with closing(Database.open(f"sqlite:///{file}")) as database:
        database.migrate(ServiceBase)
        registry = Registry(database, SystemClock())
        known = registry.register(area)
        taken = known.releases[-1:] == [release] and set(known.footprints) == set(releases[1]["footprint"].to_pylist())
        events = [] if taken else registry.take_release(area, *releases, release, day)
        registry.readdress(area, links, day, release)
        known = registry.register(area)
    counts = Counter(event.why if event.kind == "ended" else event.kind for event in events if event.kind != "released")
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    named = {name: each[0] for name, each in known.footprints.items() if len(each) == 1}
    return named, told or "the release was taken in before"


def _tell(faults: Sequence[Fault], resolved: Resolved, housed: Housed, count: int) -> None:
    for fault in faults[:MOST_FAULTS]:
        typer.echo(str(fault), err=True)
    if len(faults) > MOST_FAULTS:
        typer.echo(f"and {len(faults) - MOST_FAULTS:,} more faults", err=True)
    typer.echo(f"{count:,} buildings")
    typer.echo(f"addresses: {_reasons(resolved.links)}; doubtful: {_reasons(resolved.doubtful)}")
    if housed.housed.num_rows + housed.doubtful.num_rows:
        typer.echo(f"letterboxes: {_reasons(housed.housed)}; doubtful: {_reasons(housed.doubtful)}")


def _reasons(table: pa.Table) -> str:
    counts = Counter(table["reason"].to_pylist())
    told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
    return f"{table.num_rows:,}" + (f" ({told})" if told else "")
