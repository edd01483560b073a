"""`umaya scheme`: the schemes of a hub, from their documents through their review to their end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import As, HubFolder, Note, opened_hub, read_document

if TYPE_CHECKING:
    from umaya.gate.conditions import Condition
    from umaya.hub import Hub

app = typer.Typer(no_args_is_help=True, help="Submit, review, watch and end schemes.")

Scheme = Annotated[str, typer.Argument(help="Id of the scheme.")]
Version = Annotated[int | None, typer.Option(help="The version meant; without it, the one whose turn it is.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]
Conditions = Annotated[
    list[str] | None,
    typer.Option("--condition", help="A condition imposed, as `max-uses-per-day: {uses: 10}`; repeat it."),
]


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="The scheme document (YAML).")], hub: HubFolder, actor: As
) -> None:
    """Submit a document as the first or next version of its scheme; say what keeps its locks open."""
    text = read_document(file)
    with opened_hub(hub) as opened:
        gate = opened.gate
        version = gate.schemes.submit(gate.catalogue.actor(actor), text, str(file))
        print(f"{version.scheme} version {version.version} is {version.state}: {version.digest}")
        for point in gate.schemes.open_points(version.scheme):
            print(f"open: {point.code} {point.item}")


@app.command()
def privacy(scheme: Scheme, hub: HubFolder, actor: As, version: Version = None, note: Note = "") -> None:
    """Sign off the privacy check: the provider's privacy officer, before lock one."""
    with opened_hub(hub) as opened:
        opened.gate.review.sign_privacy(opened.gate.catalogue.actor(actor), scheme, version, note)
        _tell(opened, scheme)


@app.command()
def verify(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    version: Version = None,
    note: Note = "",
    condition: Conditions = None,
) -> None:
    """Close lock one: the second line checked the version against the law."""
    conditions = _conditions(condition)
    with opened_hub(hub) as opened:
        opened.gate.review.verify(opened.gate.catalogue.actor(actor), scheme, version, note, conditions)
        _tell(opened, scheme)


@app.command()
def consent(scheme: Scheme, hub: HubFolder, actor: As, version: Version = None, note: Note = "") -> None:
    """Give the consent of a party that is consulted, before lock two."""
    with opened_hub(hub) as opened:
        opened.gate.review.consent(opened.gate.catalogue.actor(actor), scheme, version, note)
        _tell(opened, scheme)


@app.command()
def approve(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    version: Version = None,
    note: Note = "",
    condition: Conditions = None,
) -> None:
    """Close lock two: the version is in force within its period."""
    conditions = _conditions(condition)
    with opened_hub(hub) as opened:
        opened.gate.review.approve(opened.gate.catalogue.actor(actor), scheme, version, note, conditions)
        _tell(opened, scheme)


@app.command("return")
def send_back(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason, version: Version = None) -> None:
    """Send a version under review back to its applicant."""
    with opened_hub(hub) as opened:
        opened.gate.review.send_back(opened.gate.catalogue.actor(actor), scheme, reason, version)
        _tell(opened, scheme)


@app.command()
def impose(
    scheme: Scheme,
    hub: HubFolder,
    actor: As,
    reason: Reason,
    condition: Annotated[list[str], typer.Option("--condition", help="As for `verify`; repeat it.")],
    version: Version = None,
) -> None:
    """Impose conditions on a version under review, in force or suspended."""
    conditions = _conditions(condition)
    with opened_hub(hub) as opened:
        opened.gate.review.impose(opened.gate.catalogue.actor(actor), scheme, conditions, reason, version)
        _tell(opened, scheme)


@app.command()
def report(
    scheme: Scheme, hub: HubFolder, actor: As, text: Annotated[str, typer.Option(help="What was done.")]
) -> None:
    """File a report on the use of a scheme: an officer of the recipient."""
    with opened_hub(hub) as opened:
        opened.gate.review.report(opened.gate.catalogue.actor(actor), scheme, text)
        _tell(opened, scheme)


@app.command()
def suspend(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason) -> None:
    """Stop the version in force at once."""
    with opened_hub(hub) as opened:
        opened.gate.review.suspend(opened.gate.catalogue.actor(actor), scheme, reason)
        _tell(opened, scheme)


@app.command()
def resume(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason) -> None:
    """Put a suspended version in force again."""
    with opened_hub(hub) as opened:
        opened.gate.review.resume(opened.gate.catalogue.actor(actor), scheme, reason)
        _tell(opened, scheme)


@app.command()
def end(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason) -> None:
    """End a scheme for good."""
    with opened_hub(hub) as opened:
        opened.gate.review.end(opened.gate.catalogue.actor(actor), scheme, reason)
        _tell(opened, scheme)


@app.command()
def check(hub: HubFolder) -> None:
    """Suspend every scheme with a condition that failed by the passing of time; run it every day."""
    with opened_hub(hub) as opened:
        for stopped in opened.gate.review.check():
            print(f"{stopped.scheme} version {stopped.version} is suspended: {stopped.condition} fails")


@app.command()
def diff(scheme: Scheme, hub: HubFolder, version: Version = None) -> None:
    """Show what a version (the newest) changes in the one that it would replace."""
    from umaya.gate.changes import compare

    with opened_hub(hub) as opened:
        found = compare(opened.gate.schemes.get(scheme), version)
        before = "nothing" if found.before is None else f"version {found.before}"
        print(f"{scheme} version {found.after} beside {before}")
        for change in found.changes:
            print(change)
        for condition in found.without:
            print(f"- condition {condition}")


@app.command()
def history(scheme: Scheme, hub: HubFolder) -> None:
    """Show who did what on which version, with the ledger index of each act."""
    with opened_hub(hub) as opened:
        for act in opened.gate.schemes.get(scheme).acts:
            note = f": {act.note}" if act.note else ""
            print(f"{act.at:%Y-%m-%dT%H:%MZ} entry {act.entry} version {act.version} {act.act} by {act.actor}{note}")


@app.command()
def replay(scheme: Scheme, hub: HubFolder) -> None:
    """Tell the same from the ledger alone, with every use's version, and hold the database against it."""
    from umaya.gate.replay import check_against
    from umaya.gate.replay import replay as told_by

    with opened_hub(hub) as opened:
        told = told_by(opened.ledger.naming(scheme), scheme)
        check_against(told, opened.gate.schemes.get(scheme))
    for act in told.acts:
        force = "none" if act.in_force is None else f"version {act.in_force}"
        print(
            f"{act.at:%Y-%m-%dT%H:%MZ} entry {act.entry} version {act.version} {act.act} by {act.actor}: "
            f"{act.state}, {force} in force"
        )
    for version in told.versions:
        span = f", entries {version.first_use} to {version.last_use}" if version.uses else ""
        print(f"version {version.version} is {version.state}: {version.digest}, {version.uses} uses{span}")
    for entry in told.without_effect:
        print(f"entry {entry} is without effect: the act was done again")


@app.command("list")
def list_schemes(hub: HubFolder) -> None:
    """List every scheme with the state of its newest version."""
    with opened_hub(hub) as opened:
        for scheme in opened.gate.schemes.list():
            _tell(opened, scheme.id)


def _conditions(texts: Sequence[str] | None) -> list[Condition]:
    from umaya.gate.conditions import parse

    return [parse(text) for text in texts or []]


def _tell(hub: Hub, scheme: str) -> None:
    summary = hub.gate.schemes.get(scheme).summary
    force = "none in force" if summary.in_force is None else f"version {summary.in_force} in force"
    period = f"{summary.starts} to {summary.ends}"
    print(f"{summary.id} version {summary.version} is {summary.state}, {force}, {period}, {summary.basis}")
