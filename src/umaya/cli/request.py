"""`umaya request`: requests of people about held data: list and show them, set a desk's terms, remove old answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.gate import Gate

app = typer.Typer(no_args_is_help=True, help="Read requests about held data, and set a rights desk's terms.")

HubFolder = Annotated[Path, typer.Option("--hub", help="The hub's folder.")]
As = Annotated[str, typer.Option("--as", help="Id of an actor of the party's rights desk.")]


@app.command("list")
def list_requests(
    hub: HubFolder,
    actor: As,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
) -> None:
    """List the requests to the actor's party by due day."""
    from umaya.law import day_in_japan

    with _gate(hub) as (gate, now):
        who = gate.catalogue.actor(actor)
        for one in gate.rights.requests.list(who, closed=closed):
            number = gate.numbers.of(one.party, one.person)
            left = one.days_left(day_in_japan(now))
            clock = one.state.value if not one.open else f"{-left} days late" if left < 0 else f"{left} days left"
            print(f"{one.id} {one.kind} {number}: {one.state}, due {one.due_on}, {clock}")


@app.command()
def show(request: Annotated[str, typer.Argument(help="Id of the request.")], hub: HubFolder, actor: As) -> None:
    """Show what was done about a request; not what was written, which is the desk's page to show."""
    with _gate(hub) as (gate, _):
        one = gate.rights.requests.get(gate.catalogue.actor(actor), request)
        print(f"{one.kind} by {one.requester}, {one.state}, due {one.due_on}, answer as {one.form}, fee {one.fee}")
        for act in one.acts:
            print(f"{act.at:%Y-%m-%d %H:%M}Z {act.act} {act.actor} entry {act.entry}")


@app.command()
def terms(file: Annotated[Path, typer.Argument(help="YAML of a party's terms.")], hub: HubFolder) -> None:
    """Set what a party's rights desk promises: target, fees, contact."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Place(str(file)), "the file cannot be read", "check its path") from error
    with _gate(hub) as (gate, _):
        found = gate.rights.terms.register(text, file.name)
        print(f"{found.party}: answers within {found.target_days} days from {found.since} on")


@app.command()
def sweep(hub: HubFolder) -> None:
    """Remove answers whose time is over."""
    with _gate(hub) as (gate, _):
        print(f"{gate.rights.handing.remove_old()} answers removed")


@contextmanager
def _gate(directory: Path) -> Iterator[tuple[Gate, datetime]]:
    from umaya.hub import open_hub

    hub = open_hub(directory)
    try:
        yield hub.gate, hub.clock.now()
    finally:
        hub.close()
