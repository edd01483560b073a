"""`umaya monitor`: look at a day for what is unusual, list the cases of alarms, make a month's report."""

from __future__ import annotations

import json as js
from datetime import date, datetime
from typing import Annotated

import typer

from umaya.cli.common import As, HubFolder, opened_hub
from umaya.types.errors import InputError, Place

app = typer.Typer(no_args_is_help=True, help="Look for what is unusual, and report on a month.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(
    hub: HubFolder,
    day: Annotated[str, typer.Option(help="Day in Japan, YYYY-MM-DD; by default yesterday.")] = "",
    json: Json = False,
) -> None:
    """Run every detector on a day; run again, it raises nothing twice. What is overdue goes to the third line."""
    from rich.console import Console

    console = Console(stderr=True)
    with opened_hub(hub) as opened, console.status("monitoring") as status:
        wanted = _day(day) if day else None
        done = opened.gate.monitoring.detection.run(wanted, lambda step: status.update(f"monitoring: {step}"))
    told = {
        "day": done.day.isoformat(),
        "rules": done.rules,
        "findings": done.findings,
        "raised": done.raised,
        "escalated": done.escalated,
    }
    if json:
        print(js.dumps(told))
    else:
        print(
            f"{done.day}: {done.findings} findings, {done.raised} new alarms, {done.escalated} escalated ({done.rules})"
        )


@app.command("list")
def list_(hub: HubFolder, actor: As, json: Json = False) -> None:
    """List the cases of alarms that the actor may read, what is due first."""
    with opened_hub(hub) as opened:
        told = [
            {
                "id": case.id,
                "kind": case.kind.value,
                "party": case.party,
                "state": case.state.value,
                "owner": case.owner,
                "due": case.due.isoformat(),
                "result": None if case.result is None else case.result.value,
            }
            for case in opened.gate.monitoring.casework.cases(opened.gate.catalogue.actor(actor))
        ]
    if json:
        print(js.dumps(told))
        return
    for one in told:
        print(f"{one['id']} {one['kind']} {one['state']}, {one['owner'] or 'nobody'} until {one['due']}")


@app.command()
def report(
    hub: HubFolder, month: Annotated[str, typer.Argument(help="YYYY-MM, a month that is over.")], json: Json = False
) -> None:
    """Make the reports of every party for a month, once; print their digests, or all of them as JSON."""
    with opened_hub(hub) as opened:
        made = opened.gate.monitoring.reports.make(_day(f"{month}-01"))
    if json:
        print(js.dumps([one.content for one in made], ensure_ascii=False))
        return
    for one in made:
        print(f"{one.party} {one.digest} entry {one.entry}")


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, no moment
    except ValueError as error:
        raise InputError(Place("day"), "it is no day", "write YYYY-MM-DD, a month as YYYY-MM") from error
