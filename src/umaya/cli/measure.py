"""`umaya measure`: protective measures (支援措置) set, lifted and listed, by protectors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import HubFolder, opened_gate

if TYPE_CHECKING:
    from umaya.gate.people import Measure

app = typer.Typer(no_args_is_help=True, help="Set, lift and list protective measures.")

As = Annotated[str, typer.Option("--as", help="Id of the protector who acts.")]
Reason = Annotated[str, typer.Option(help="Why; kept for protectors.")]


@app.command("set")
def set_measure(
    person: Annotated[int, typer.Argument(metavar="PERSON", help="Number of the person.")],
    hub: HubFolder,
    actor: As,
    reason: Reason,
    review: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day by which to look at it again.")
    ] = None,
) -> None:
    """Protect a person from now on, until the measure is lifted."""
    with opened_gate(hub) as gate:
        day = None if review is None else review.date()
        _tell(gate.measures.set(gate.catalogue.actor(actor), person, reason, day))


@app.command()
def lift(
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="Id of the measure.")],
    hub: HubFolder,
    actor: As,
    reason: Reason,
) -> None:
    """End a measure; others for the same person stay in force."""
    with opened_gate(hub) as gate:
        _tell(gate.measures.lift(gate.catalogue.actor(actor), measure, reason))


@app.command("list")
def list_measures(
    hub: HubFolder,
    actor: As,
    lifted: Annotated[bool, typer.Option("--lifted", help="Lifted ones too.")] = False,
) -> None:
    """List the measures that the protector's party has set."""
    with opened_gate(hub) as gate:
        for measure in gate.measures.list(gate.catalogue.actor(actor), lifted=lifted):
            _tell(measure)


def _tell(measure: Measure) -> None:
    ended = "in force" if measure.lifted_at is None else f"lifted {measure.lifted_at:%Y-%m-%dT%H:%M:%SZ}"
    review = "" if measure.review_day is None else f", to be looked at by {measure.review_day}"
    print(f"{measure.id} person {measure.person}, set {measure.set_at:%Y-%m-%dT%H:%M:%SZ}, {ended}{review}")
