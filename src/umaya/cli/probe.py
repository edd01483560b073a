"""`umaya probe`: match positions to roads without a hub.

Both output files appear together, whole, or neither does.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli import probe_live, probe_run
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    import pyarrow as pa

    from umaya.engines.matching import Matched

app = typer.Typer(no_args_is_help=True, help="Match positions to roads.")
app.command("listen")(probe_live.listen)
probe_run.register(app)


@app.callback()
def probe() -> None:
    """Match positions to roads."""


@app.command("match")
def match_(
    roads: Annotated[Path, typer.Option(help="OpenStreetMap extract: .osm.pbf, .osm or .osm.gz")],
    positions: Annotated[Path, typer.Option(help="Positions: .parquet, .csv or .csv.gz")],
    out: Annotated[Path, typer.Option(help="Parquet file for one row a position: its place on the road, or nulls.")],
    routes: Annotated[Path | None, typer.Option(help="GeoParquet file for what was driven, a line a trip.")] = None,
    profile: Annotated[str, typer.Option(help="Name of a shipped road profile, or a .toml file.")] = "postal-bike",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    """Match positions to the roads of an OpenStreetMap extract."""
    from rich.console import Console
    from rich.progress import Progress

    from umaya.engines.matching import Matcher
    from umaya.places.roads import Profile, import_osm
    from umaya.stores.positions import load_positions

    began = time.monotonic()
    chosen = Profile.load(profile)
    for path in (out, routes):
        _check_writable(path)
    if routes is not None and routes.resolve() == out.resolve():
        raise InputError(Place(str(routes)), "is also the file for matches", "name two different files")
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading positions", total=None)
        points = load_positions(positions, progress=lambda rows: bar.update(task, completed=rows))
        bar.update(task, description="reading roads", completed=0)
        network = import_osm(roads, chosen, progress=lambda ways: bar.update(task, completed=ways))
        bar.update(task, description="preparing", completed=0)
        matcher = Matcher(network)
        bar.update(task, description="matching", total=points.num_rows, completed=0)
        matched = matcher.match(points, progress=lambda rows: bar.advance(task, rows))
        bar.update(task, description="writing", total=None)
        _publish({out: matched.matches} | ({routes: _described(matched.routes)} if routes else {}))
    figures = _figures(matched, time.monotonic() - began)
    typer.echo(json.dumps(figures) if as_json else _sentence(figures))


def _figures(matched: Matched, seconds: float) -> dict[str, float]:
    import pyarrow.compute as pc

    points, off = matched.matches.num_rows, matched.matches["edge_id"].null_count
    metres = pc.sum(pc.subtract(matched.traversals["to_m"], matched.traversals["from_m"])).as_py() or 0.0
    return {
        "points": points,
        "matched": points - off,
        "not_on_road": off,
        "trips": matched.routes.num_rows,
        "km": round(metres / 1000.0, 3),
        "seconds": round(seconds, 2),
    }


def _sentence(figures: dict[str, float]) -> str:
    return (
        f"{figures['points']:,} points, {figures['matched']:,} matched, {figures['not_on_road']:,} not on a road, "
        f"{figures['trips']:,} trips, {figures['km']:,.1f} km, {figures['seconds']:.1f} seconds"
    )


def _check_writable(path: Path | None) -> None:
    """Refuse a place that cannot take a file before an hour of work, not after."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(Place(str(path)), "is a folder", "name a file")
    if not path.parent.is_dir():
        raise InputError(Place(str(path)), "lies in a folder that does not exist", "make the folder first")
    if not os.access(path.parent, os.W_OK):
        raise InputError(Place(str(path)), "lies in a folder that cannot be written to", "choose another folder")


def _described(routes: pa.Table) -> pa.Table:
    """Add the GeoParquet 1.1 description of the line column (https://geoparquet.org/releases/v1.1.0/)."""
    column = {"encoding": "WKB", "geometry_types": ["LineString"]}  # no crs means OGC:CRS84, longitude first
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return routes.replace_schema_metadata({"geo": json.dumps(geo)})


def _publish(files: dict[Path, pa.Table]) -> None:
    """Write all tables under temporary names, make them durable, then give them their names."""
    import pyarrow.parquet as pq

    fresh = {path: path.parent / f".{path.name}.{uuid.uuid4().hex}" for path in files}
    try:
        for path, table in files.items():
            with fresh[path].open("wb") as sink:
                pq.write_table(table, sink, compression="zstd")
                sink.flush()
                os.fsync(sink.fileno())
        for path in files:
            fresh[path].replace(path)
        for folder in {path.parent for path in files}:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)
