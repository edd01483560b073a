"""`umaya use`: decide, release to a file, explain, make people's receipts; list alarms for the second line."""

from __future__ import annotations

import json as js
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umaya.cli.common import As, HubFolder, opened_gate
from umaya.types.errors import ForbiddenError, InputError, Place

if TYPE_CHECKING:
    from umaya.gate import Decision, Predicate, Use
    from umaya.types.site import Actor

app = typer.Typer(no_args_is_help=True, help="Use personal data through the gate.")

Scheme = Annotated[str, typer.Argument(help="Id of the scheme.")]
UseId = Annotated[str, typer.Argument(metavar="USE", help="Id of the use.")]
_TIMES = ["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"]
Reason = Annotated[str, typer.Option(help="Why; kept with the use.")]
From = Annotated[datetime | None, typer.Option("--from", formats=_TIMES, help="Start of the window, with its zone.")]
To = Annotated[datetime | None, typer.Option("--to", formats=_TIMES, help="End of the window, with its zone.")]
Event = Annotated[str | None, typer.Option(help="The declared event that the basis rests on.")]
Fields = Annotated[str | None, typer.Option("--fields", help="Fields, joined by commas; without it, all.")]
People = Annotated[list[int] | None, typer.Option("--person", help="Number of a person; repeat it. Else everybody.")]
Matching = Annotated[
    list[str] | None, typer.Option("--where", help="What rows must meet, as `balance ge 1000000`; repeat it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def decide(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    reason: Reason,
    start: From = None,
    end: To = None,
    event: Event = None,
    fields: Fields = None,
    person: People = None,
    where: Matching = None,
    json: Json = False,
) -> None:
    """Say what would be decided now; nothing leaves, and what is asked about people by number is recorded."""
    with opened_gate(hub) as gate:
        asked = _use(gate.catalogue.actor(actor), scheme, reason, start, end, event, fields, person, where)
        _tell(gate.foresee(asked), json)


@app.command()
def release(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    reason: Reason,
    out: Annotated[Path, typer.Option(help="The file to make: .arrows (Arrow stream), .parquet or .csv.")],
    start: From = None,
    end: To = None,
    event: Event = None,
    fields: Fields = None,
    person: People = None,
    where: Matching = None,
    json: Json = False,
) -> None:
    """Record a use and release its rows into a file; a refusal is recorded too, and makes no file."""
    from umaya.cli.tables import writer
    from umaya.gate import Refusal

    with opened_gate(hub) as gate:
        asked = _use(gate.catalogue.actor(actor), scheme, reason, start, end, event, fields, person, where)
        make = writer(out)
        stream = gate.stream(asked)
        if isinstance(stream, Refusal):
            _tell(stream.decision, json)
            raise ForbiddenError(f"the use {stream.use} is refused: {stream.reason}")
        with stream:
            make(stream.schema, stream)
        _tell(stream.decision, json, use=stream.use, rows=stream.rows)


@app.command()
def explain(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    person: Annotated[int, typer.Option(help="Number of the person.")],
    reason: Reason,
    language: Annotated[str, typer.Option(help="`ja` or `en`.")] = "ja",
    start: From = None,
    end: To = None,
    event: Event = None,
    json: Json = False,
) -> None:
    """Say why one person's data may or may not be used now, with the source of each rule."""
    if language not in {"ja", "en"}:
        raise InputError(Place("--language"), "the language is unknown", "choose `ja` or `en`")
    with opened_gate(hub) as gate:
        asked = _use(gate.catalogue.actor(actor), scheme, reason, start, end, event, None, None, None)
        told = gate.explain(asked, person, "ja" if language == "ja" else "en")
    if json:
        print(js.dumps({"permitted": told.permitted, "reason": told.reason, "lines": [vars(it) for it in told.lines]}))
        return
    for line in told.lines:
        print(f"{'○' if line.met else '×'} {line.text} ({line.source})")


@app.command()
def receipt(
    use: UseId,
    hub: HubFolder,
    person: Annotated[int, typer.Option(help="Number of the person.")],
    out: Annotated[Path, typer.Option(help="The receipt file to make.")],
    key_out: Annotated[
        Path | None, typer.Option("--key-out", help="File to make with the person's own key, for that person alone.")
    ] = None,
) -> None:
    """Make the receipt that proves to one person whether a use reached them; `umaya receipt verify` checks it."""
    with opened_gate(hub) as gate:
        made = gate.person_receipt(use, person)
        if key_out is not None:
            _keep_private(key_out, gate.person_key(person).hex() + "\n")
        out.write_bytes(made)
    print(f"receipt of use {use}: {out}")


@app.command()
def alarms(hub: HubFolder, actor: As, json: Json = False) -> None:
    """List what the second line must look at, latest first."""
    with opened_gate(hub) as gate:
        found = gate.alarms.list(gate.catalogue.actor(actor))
    if json:
        print(js.dumps([vars(alarm) for alarm in found], default=str))
        return
    for alarm in found:
        seen = f"seen by {alarm.seen_by}" if alarm.seen_by else "not seen yet"
        what = f"{alarm.kind} in {alarm.scheme} by {alarm.actor}, entry {alarm.about}"
        print(f"{alarm.id} {alarm.at:%Y-%m-%d %H:%M} {what}, {seen}")


@app.command("see-alarm")
def see_alarm(alarm: Annotated[str, typer.Argument(help="Id of the alarm.")], hub: HubFolder, actor: As) -> None:
    """Note that the second line has looked into an alarm."""
    with opened_gate(hub) as gate:
        gate.alarms.see(gate.catalogue.actor(actor), alarm)
    print(f"{alarm} is seen")


def _keep_private(file: Path, text: str) -> None:
    """Write a new file that its owner alone may read."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(Place(str(file)), "the file is there already", "choose another name") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as sink:
        sink.write(text)


def _use(
    actor: Actor,
    scheme: str,
    reason: str,
    start: datetime | None,
    end: datetime | None,
    event: str | None,
    fields: str | None,
    people: list[int] | None,
    where: list[str] | None,
) -> Use:
    from umaya.gate import Use

    if (start is None) != (end is None):
        raise InputError(Place("--from, --to"), "a window has two ends", "give both or neither")
    window = None if start is None or end is None else (start, end)
    names = None if fields is None else tuple(name.strip() for name in fields.split(","))
    return Use(actor, scheme, reason, window, event, names, people or None, tuple(_predicate(it) for it in where or ()))


def _predicate(text: str) -> Predicate:
    """Read `FIELD OP VALUE`; a value that is JSON is taken as such, anything else as text."""
    from umaya.gate import Predicate

    parts = text.split(maxsplit=2)
    if len(parts) != 3:
        raise InputError(Place("--where"), "a condition has three parts", "write it as `balance ge 1000000`")
    try:
        value: Any = js.loads(parts[2])
    except ValueError:
        value = parts[2]
    return Predicate(parts[0], parts[1], tuple(value) if isinstance(value, list) else value)


def _tell(decision: Decision, json: bool, **more: object) -> None:
    people = decision.people
    told: dict[str, Any] = {"permitted": decision.permitted, "reason": decision.reason.value, **more}
    if people is not None:
        told |= {"asked": people.asked, "permitted_people": len(people.permitted)}
        told["refused"] = {reason.value: count for reason, count in people.refused.items()}
    if json:
        print(js.dumps(told))
        return
    print(f"{'permitted' if decision.permitted else 'refused'}: {decision.reason}")
    for name, value in more.items():
        print(f"{name}: {value}")
    if people is not None:
        print(f"people: {people.asked:,} asked for, {len(people.permitted):,} permitted")
        for reason, count in people.refused.items():
            print(f"  {count:,} refused: {reason}")
