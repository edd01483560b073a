"""`umaya probe`: match positions to roads without a hub.

Both output files appear together, whole, or neither does.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from umaya.cli import probe_live, probe_run
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.engines.matching import Matched, Matcher

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

    from umaya.engines.matching import Matcher, UnsortedError
    from umaya.places.roads import Profile, import_osm
    from umaya.stores.matched import NeedsCareError

    began = time.monotonic()
    chosen = Profile.load(profile)
    for path in (out, routes):
        _check_writable(path)
    if routes is not None and routes.resolve() == out.resolve():
        raise InputError(Place(str(routes)), "is also the file for matches", "name two different files")
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading roads", total=None)
        network = import_osm(roads, chosen, progress=lambda ways: bar.update(task, completed=ways))
        bar.update(task, description="preparing", completed=0)
        matcher = Matcher(network)

        def tell(does: str) -> Callable[[int], None]:
            bar.update(task, description=does, completed=0)
            return lambda rows: bar.update(task, completed=rows)

        try:
            figures = _write(_streamed(matcher, positions), out, routes, tell("matching"))
        except (NeedsCareError, UnsortedError):
            careful = _careful(matcher, positions, tell("reading positions"))
            figures = _write(careful, out, routes, tell("matching"))
    figures["seconds"] = round(time.monotonic() - began, 2)
    typer.echo(json.dumps(figures) if as_json else _sentence(figures))


def _streamed(matcher: Matcher, positions: Path) -> Iterator[Matched]:
    """Match a Parquet file that is surely in order as it is read; it need not fit into memory."""
    from umaya.engines.matching import match_stream
    from umaya.stores.matched import NeedsCareError, quick_positions

    if positions.suffix.lower() != ".parquet" or not positions.is_file():
        raise NeedsCareError("is no Parquet file")
    return match_stream(matcher, quick_positions(positions))


def _careful(matcher: Matcher, positions: Path, progress: Callable[[int], None]) -> Iterator[Matched]:
    """Read a file of any accepted kind and order whole, telling what is wrong with it; then match it."""
    from umaya.stores.positions import load_positions

    yield matcher.match(load_positions(positions, progress=progress))


def _write(
    results: Iterator[Matched], out: Path, routes: Path | None, progress: Callable[[int], None]
) -> dict[str, float]:
    """Write results as they come; both files get their names together, and only when all is written."""
    import pyarrow.compute as pc

    from umaya.stores.matched import MatchesFile, RoutesFile

    points = off = trips = 0
    metres = 0.0
    with _published([out] if routes is None else [out, routes]) as sinks, ExitStack() as stack:
        matches = stack.enter_context(closing(MatchesFile(sinks[0])))
        lines = stack.enter_context(closing(RoutesFile(sinks[1]))) if routes else None
        for matched in results:
            matches.write(matched.matches)
            if lines is not None:
                lines.write(matched.routes)
            points += matched.matches.num_rows
            off += matched.matches["edge_id"].null_count
            trips += matched.routes.num_rows
            metres += pc.sum(pc.subtract(matched.traversals["to_m"], matched.traversals["from_m"])).as_py() or 0.0
            progress(points)
    km = round(metres / 1000.0, 3)
    return {"points": points, "matched": points - off, "not_on_road": off, "trips": trips, "km": km}


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


@contextmanager
def _published(paths: list[Path]) -> Iterator[Sequence[IO[bytes]]]:
    """Open files under temporary names; when all went well make them durable, then give them their names."""
    fresh = {path: path.parent / f".{path.name}.{uuid.uuid4().hex}" for path in paths}
    with ExitStack() as stack:
        for name in fresh.values():
            stack.callback(name.unlink, missing_ok=True)
        sinks = [stack.enter_context(name.open("wb")) for name in fresh.values()]
        yield sinks
        for sink in sinks:
            sink.flush()
            os.fsync(sink.fileno())
        for path, name in fresh.items():
            name.replace(path)
        for folder in {path.parent for path in paths}:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
