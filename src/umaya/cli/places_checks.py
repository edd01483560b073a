"""`umaya places checks`: doubtful buildings onto the work list of the post offices, and their answers back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import As, HubFolder, opened_hub
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.hub import Hub
    from umaya.places.offices import Office
    from umaya.services.buildings import Check

app = typer.Typer(no_args_is_help=True, help="Ask those who deliver about doubtful buildings.")


@app.callback()
def checks() -> None:
    """Ask those who deliver about doubtful buildings."""


@app.command()
def add(
    doubtful: Annotated[Path, typer.Option(help="doubtful.parquet of `umaya places buildings`.")],
    buildings: Annotated[Path, typer.Option(help="buildings.parquet of the same run.")],
    hub: HubFolder,
    actor: As,
    office: Annotated[str, typer.Option(help="Id of the office that serves all of them; by default the nearest.")] = "",
) -> None:
    """Put doubtful rows on the work list of the steward's party."""
    from umaya.services.buildings.reading import read_checks

    rows = read_checks(doubtful, buildings)
    with opened_hub(hub) as opened:
        office_of = _office_of(opened.offices.register.on(opened.offices.today()), office)
        added = opened.checks.add(opened.gate.catalogue.actor(actor), rows, office_of)
    typer.echo(f"{added.new:,} new, {added.again:,} asked anew, {added.known:,} left as they were")


@app.command()
def answers(
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.")],
    hub: HubFolder,
    actor: As,
    letterboxes: Annotated[
        Path | None, typer.Option(help="Write these letterboxes instead, with places in the buildings answered.")
    ] = None,
    ids: Annotated[
        Path | None, typer.Option(help="File of lasting building ids, which is told which addresses buildings have.")
    ] = None,
) -> None:
    """Write what was answered, as the next resolve takes it."""
    from umaya.places.buildings.tables import read_letterboxes
    from umaya.services.buildings.answers import answer_table, with_places, write_table

    boxes = read_letterboxes(letterboxes) if letterboxes else None
    if ids is not None and not ids.is_file():
        raise InputError(Place(str(ids)), "there is no such file", "name that of `umaya places buildings --ids`")
    with opened_hub(hub) as opened:
        said = opened.checks.answered(opened.gate.catalogue.actor(actor))
        told = _tell_ids(opened, ids, said, actor) if ids else ""
    if boxes is None:
        write_table(out, answer_table(said))
        typer.echo(f"{len(said):,} answers")
    else:
        table, placed = with_places(boxes, said)
        write_table(out, table)
        typer.echo(f"{placed:,} of {table.num_rows:,} letterboxes have places from {len(said):,} answers")
    if told:
        typer.echo(told)


def _office_of(offices: list[Office], chosen: str) -> Callable[[float, float], str]:
    """Return what tells the office of a place: the one that was named, or the nearest as the crow flies."""
    from umaya.engines.geometry import metres_per_degree

    if chosen:
        if all(one.office_id != chosen for one in offices):
            raise InputError(Place("--office"), "is no office of the list", "choose one of `umaya offices import`")
        return lambda _lon, _lat: chosen

    def nearest(lon: float, lat: float) -> str:
        east, north = metres_per_degree(lat)
        away = {one.office_id: ((one.lon - lon) * east) ** 2 + ((one.lat - lat) * north) ** 2 for one in offices}
        return min(away, key=away.__getitem__, default="")

    return nearest


def _tell_ids(hub: Hub, ids: Path, said: list[Check], actor: str) -> str:
    from umaya.places.buildings.registry import Registry
    from umaya.services.buildings.answers import tell_registry
    from umaya.stores.database import Database, ServiceBase

    with closing(Database.open(f"sqlite:///{ids}")) as database:
        database.migrate(ServiceBase)
        told, left = tell_registry(Registry(database, hub.clock), said, actor)
    return f"ids: {told:,} addresses told, {left:,} without lasting ids"
