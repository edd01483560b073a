"""`umaya emergency`: open raw data in a declared disaster, take it, end it, review it, list what was opened."""

from __future__ import annotations

import json as js
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from umaya.cli.common import As, HubFolder, opened_hub
from umaya.types.errors import ForbiddenError, InputError, Place

app = typer.Typer(no_args_is_help=True, help="Open raw data in a declared disaster, and have it reviewed.")

Id = Annotated[str, typer.Argument(metavar="EMERGENCY", help="Id of the opening.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_MAX_HOURS = 24 * 365
"""More no plan allows; the plan's own limit is the gate's to hold."""


@app.command("open")
def open_(
    dataset: Annotated[str, typer.Argument(help="Id of the dataset.")],
    hub: HubFolder,
    actor: As,
    event: Annotated[str, typer.Option(help="Id of the declared disaster.")],
    fields: Annotated[str, typer.Option(help="Fields, joined by commas.")],
    hours: Annotated[float, typer.Option(help="After so many hours it ends by itself.")],
    why: Annotated[str, typer.Option(help="The reason.")],
    danger: Annotated[str, typer.Option(help="Whose life or body is in danger, and how.")],
    why_raw: Annotated[str, typer.Option(help="Why processed data do not do.")],
    why_fields: Annotated[str, typer.Option(help="Why these fields.")],
    harm: Annotated[str, typer.Option(help="What harm may come to the people in it, and how it is prevented.")],
    box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="West, south, east, north in degrees; without it, the event's whole area."),
    ] = None,
) -> None:
    """Open at once, without prior approval; everybody who must know is warned. A refusal is recorded too."""
    from umaya.gate import Area
    from umaya.gate.emergency.asking import EmergencyRequest
    from umaya.gate.emergency.desk import EmergencyRefusal
    from umaya.gate.emergency.openings import Balancing
    from umaya.web.languages import load_catalogue

    try:
        area = None if box is None else Area.of_box(box)
    except ValueError as error:
        raise InputError(Place("--box"), str(error), "give west, south, east, north") from error
    if not 0 < hours <= _MAX_HOURS:
        raise InputError(
            Place("--hours"), "the number of hours is out of range", f"give more than 0, {_MAX_HOURS} at most"
        )
    with opened_hub(hub) as opened:
        requester = opened.gate.catalogue.actor(actor)
        names = tuple(name.strip() for name in fields.split(",") if name.strip())
        ends = opened.clock.now() + timedelta(hours=hours)
        balancing = Balancing(danger, why_raw, why_fields, harm)
        outcome = opened.gate.emergency.open(
            EmergencyRequest(requester, event, dataset, names, requester.party, area, ends, why, balancing)
        )
        if isinstance(outcome, EmergencyRefusal):
            call = "; ".join(f"{one.name} ({one.role})" for one in outcome.call)
            words = load_catalogue("en").gettext(f"reason.{outcome.reason}.next")
            raise ForbiddenError(f"it is not opened: {outcome.reason}: {words}" + (f" Call {call}" if call else ""))
        print(f"{outcome.id} is open until {outcome.ends:%Y-%m-%dT%H:%M:%SZ}")


@app.command()
def take(
    emergency: Id,
    hub: HubFolder,
    actor: As,
    out: Annotated[Path, typer.Option(help="The file to make: .arrows (Arrow stream), .parquet or .csv.")],
) -> None:
    """Take the data of an open emergency into a file, from the beginning of the disaster on; each time is a use."""
    from umaya.cli.tables import writer
    from umaya.gate import Refusal

    make = writer(out)
    with opened_hub(hub) as opened:
        gate = opened.gate
        stream = gate.stream(gate.emergency.use(gate.catalogue.actor(actor), emergency))
        if isinstance(stream, Refusal):
            raise ForbiddenError(f"the use {stream.use} is refused: {stream.reason}")
        with stream:
            make(stream.schema, stream)
        print(f"{stream.rows} rows in use {stream.use}: {out}")


@app.command()
def end(emergency: Id, hub: HubFolder, actor: As, note: Annotated[str, typer.Option(help="Why it ends.")]) -> None:
    """End an opening now: its requester, or who watches over the provider's data."""
    with opened_hub(hub) as opened:
        opened.gate.emergency.end(opened.gate.catalogue.actor(actor), emergency, note)
    print(f"{emergency} is over")


@app.command()
def review(
    emergency: Id,
    hub: HubFolder,
    actor: As,
    finding: Annotated[str, typer.Option(help="`justified` or `not-justified`.")],
    seen: Annotated[str, typer.Option(help="What was looked at and seen.")],
    measures: Annotated[str, typer.Option(help="What is done about it.")],
) -> None:
    """Write the review of an opening that is over; its requester may then open another."""
    from umaya.gate.emergency.openings import Finding

    if finding not in set(Finding):
        raise InputError(Place("--finding"), "the finding is unknown", "choose `justified` or `not-justified`")
    with opened_hub(hub) as opened:
        opened.gate.emergency.review(opened.gate.catalogue.actor(actor), emergency, Finding(finding), seen, measures)
    print(f"{emergency} is reviewed")


@app.command("list")
def list_(hub: HubFolder, actor: As, json: Json = False) -> None:
    """List the openings that the actor may see, latest first."""
    with opened_hub(hub) as opened:
        now = opened.clock.now()
        told = [
            {
                "id": record.emergency.id,
                "state": record.emergency.state(now).value,
                "requester": record.emergency.requester,
                "dataset": record.emergency.dataset,
                "event": record.emergency.event,
                "ends": record.emergency.ends.isoformat(),
                "rows": record.rows,
                "warned": len(record.warned),
                "acknowledged": sum(one.seen_at is not None for one in record.warned),
            }
            for record in opened.gate.emergency.list(opened.gate.catalogue.actor(actor))
        ]
    if json:
        print(js.dumps(told))
        return
    for one in told:
        print(f"{one['id']} {one['state']}: {one['dataset']} until {one['ends']}, {one['rows']} rows")
