"""`umaya roads`: road networks from OpenStreetMap extracts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Import road networks.")


@app.callback()
def roads() -> None:
    """Import road networks."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap extract: .osm.pbf, .osm or .osm.gz")],
    out: Annotated[Path, typer.Option(help="Folder to write the network to; an older network there is replaced.")],
    profile: Annotated[str, typer.Option(help="Name of a shipped profile, or a .toml file.")] = "postal-bike",
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
