"""`umaya request`: requests of people about held data: list and show them, set a desk's terms, remove old answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umaya.cli.common import HubFolder, opened_gate, opened_hub, read_document

app = typer.Typer(no_args_is_help=True, help="Read requests about held data, and set a rights desk's terms.")

As = Annotated[str, typer.Option("--as", help="Id of an actor of the party's rights desk.")]


@app.command("list")
def list_requests(
    hub: HubFolder,
    actor: As,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
) -> None:
    """List the requests to the actor's party by due day."""
    from umaya.law import day_in_japan

    with opened_hub(hub) as opened:
        gate, now = opened.gate, opened.clock.now()
        who = gate.catalogue.actor(actor)
        for one in gate.rights.requests.list(who, closed=closed):
            number = gate.numbers.of(one.party, one.person)
            left = one.days_left(day_in_japan(now))
            clock = one.state.value if not one.open else f"{-left} days late" if left < 0 else f"{left} days left"
            print(f"{one.id} {one.kind} {number}: {one.state}, due {one.due_on}, {clock}")


@app.command()
def show(request: Annotated[str, typer.Argument(help="Id of the request.")], hub: HubFolder, actor: As) -> None:
    """Show what was done about a request; not what was written, which is the desk's page to show."""
    with opened_gate(hub) as gate:
        one = gate.rights.requests.open(gate.catalogue.actor(actor), request)
        print(f"{one.kind} by {one.requester}, {one.state}, due {one.due_on}, answer as {one.form}, fee {one.fee}")
        for act in one.acts:
            print(f"{act.at:%Y-%m-%d %H:%M}Z {act.act} {act.actor} entry {act.entry}")


@app.command()
def terms(file: Annotated[Path, typer.Argument(help="YAML of a party's terms.")], hub: HubFolder) -> None:
    """Set what a party's rights desk promises: target, fees, contact."""
    text = read_document(file)
    with opened_gate(hub) as gate:
        found = gate.rights.terms.register(text, file.name)
        print(f"{found.party}: answers within {found.target_days} days from {found.since} on")


@app.command()
def sweep(hub: HubFolder) -> None:
    """Remove answers whose time is over."""
    with opened_gate(hub) as gate:
        print(f"{gate.rights.handing.remove_old()} answers removed")
