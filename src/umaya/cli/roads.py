"""`umaya roads`: road networks from OpenStreetMap extracts, what became of them, and the road map for other systems."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from umaya.cli.common import As, HubFolder, opened_hub
from umaya.types.errors import ConflictError, InputError, Place

if TYPE_CHECKING:
    from umaya.hub import Hub
    from umaya.services.roads.tiles_offline import Parts
    from umaya.types.roads import RoadNetwork

At = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"], help="Moment of the map, with its zone; else the latest."
    ),
]
Profile_ = Annotated[str, typer.Option("--profile", help="Name of a shipped profile, or a .toml file.")]

REPORT_WORDS = ("reports.kind", "reports.made-at", "reports.holds-until", "reports.confirmations", "reports.damage")

app = typer.Typer(no_args_is_help=True, help="Import road networks, and take the road map out.")


@app.callback()
def roads() -> None:
    """Import road networks, and take the road map out."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap extract: .osm.pbf, .osm or .osm.gz")],
    out: Annotated[Path, typer.Option(help="Folder to write the network to; an older network there is replaced.")],
    profile: Profile_ = "postal-bike",
) -> None:
    """Import the roads of an OpenStreetMap extract as GeoParquet."""
    import pyarrow.compute as pc
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from umaya.places.roads import Profile, import_osm
    from umaya.places.roads.store import save

    chosen = Profile.load(profile)
    began = time.monotonic()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,} ways"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading roads", total=None)
        network = import_osm(file, chosen, progress=lambda ways: bar.update(task, completed=ways))
        bar.update(task, description="writing roads")
        save(network, out)
    edges = network.edges
    ways = len(pc.unique(edges["way_id"]))
    km = pc.sum(edges.filter(pc.equal(edges["edge_id"], edges["segment_id"]))["length_m"]).as_py() / 1000
    seconds = time.monotonic() - began
    accesses = network.accesses.num_rows
    typer.echo(f"{ways:,} ways, {edges.num_rows:,} edges, {km:,.1f} km, {accesses:,} accesses, {seconds:.1f} seconds")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to make: .geojson, .parquet, .kml, .csv or .pmtiles")],
    hub: HubFolder,
    actor: As,
    at: At = None,
) -> None:
    """Write the state of the roads for other systems, as an officer of the municipality may see it."""
    from umaya.services.roads.drawn import Drawn
    from umaya.services.roads.exports import FORMATS
    from umaya.services.roads.tiles_archive import write_archive
    from umaya.stores.durable import publish

    ending = file.suffix.removeprefix(".")
    if ending not in {*FORMATS, "pmtiles"}:
        advice = f"its name must end in one of .{', .'.join(FORMATS)}, .pmtiles"
        raise InputError(Place(str(file)), "the format is not known by the file's name", advice)
    with opened_hub(hub) as opened:
        state = opened.roads.state(opened.gate.catalogue.actor(actor), at)
        drawn = Drawn(opened.roads)
        if ending == "pmtiles":
            parts = (state, drawn.tiles, drawn.snapshots, drawn.references, drawn.background)
            reports = _reports(opened, actor, at)
            publish(file, lambda sink: write_archive(sink, *parts, reports=reports))
        else:
            write, _ = FORMATS[ending]
            content = write(drawn.export(state))
            publish(file, partial(_write, content))
    typer.echo(f"{file}: the roads as of {state.at:%Y-%m-%dT%H:%M:%SZ}")


@app.command()
def offline(
    folder: Annotated[Path, typer.Argument(help="The folder to make; it must not be there yet.")],
    hub: HubFolder,
    actor: As,
    at: At = None,
) -> None:
    """Make a folder with the road map to take along: opened by a double click, without server or network."""
    from umaya.services.roads.drawn import Drawn
    from umaya.services.roads.tiles_offline import files
    from umaya.stores.durable import make_folder, publish

    if folder.exists():
        raise ConflictError(f"`{folder}` is there already")
    with opened_hub(hub) as opened:
        state = opened.roads.state(opened.gate.catalogue.actor(actor), at)
        source = "sample town, made up" if opened.settings.demo else "© OpenStreetMap contributors"
        made = files(Drawn(opened.roads), state, page_parts(), source, _reports(opened, actor, at))
    make_folder(folder, folder.parent)
    for name, content in made.items():
        publish(folder / name, partial(_write, content))
    size = sum(map(len, made.values())) / 1e6
    typer.echo(f"{folder}: the roads as of {state.at:%Y-%m-%dT%H:%M:%SZ}, {size:,.1f} MB; open map.html")


@app.command()
def references(
    old: Annotated[Path, typer.Argument(help="The older network: a folder of `umaya roads import`, or an extract.")],
    new: Annotated[Path, typer.Argument(help="The newer one.")],
    out: Annotated[Path, typer.Option(help="The table to make: .parquet or .csv")],
    profile: Profile_ = "postal-bike",
) -> None:
    """Write what became of each road segment when the map was updated: same, moved, split, merged, recut or gone."""
    import pyarrow.csv
    import pyarrow.parquet as pq

    from umaya.places.roads.changes import RELATIONS, compare
    from umaya.stores.durable import publish

    if out.suffix not in {".parquet", ".csv"}:
        raise InputError(Place(str(out)), "the format is not known by the file's name", "end it in .parquet or .csv")
    table = compare(_network(old, profile), _network(new, profile))
    write = pq.write_table if out.suffix == ".parquet" else pyarrow.csv.write_csv
    publish(out, lambda sink: write(table, sink))
    counts = {row["values"]: row["counts"] for row in table["relation"].value_counts().to_pylist()}
    typer.echo(", ".join(f"{counts.get(name, 0):,} {name}" for name in RELATIONS))


def _reports(hub: Hub, actor: str, at: datetime | None) -> dict[str, Any] | None:
    """Return what the actor is told of reports, as GeoJSON; None for an earlier moment: they tell of now alone."""
    from umaya.api.road_reports import taken_along

    return None if at is not None else taken_along(hub.roads, hub.reports, hub.gate.catalogue.actor(actor))


def _network(source: Path, profile: str) -> RoadNetwork:
    """Return a network from a folder or an extract."""
    from umaya.places.roads import Profile, import_osm, load

    return load(source) if source.is_dir() else import_osm(source, Profile.load(profile))


def _write(content: bytes, sink: IO[bytes]) -> None:
    sink.write(content)


def page_parts() -> Parts:
    """Return what the page to take along is made of."""
    from umaya.services.roads.tiles_offline import Parts
    from umaya.web.assets import Assets
    from umaya.web.languages import SUPPORTED, load_catalogue

    assets = Assets()
    if not assets.built:
        raise ConflictError("the front end is not built: run `make frontend`")
    script, style, worker = (assets.text(name) for name in ("offline.js", "offline.css", "maplibre-worker.js"))
    words = {language: load_catalogue(language).starting_with("roads.", *REPORT_WORDS) for language in SUPPORTED}
    return Parts(script, style, worker, words)
