"""`umaya scheme`: submit, verify, approve, return, suspend and list the schemes of a hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.gate import Gate

app = typer.Typer(no_args_is_help=True, help="Submit, verify and approve schemes.")

HubFolder = Annotated[Path, typer.Option("--hub", help="The hub's folder.")]
As = Annotated[str, typer.Option("--as", help="Id of the actor who acts.")]
Scheme = Annotated[str, typer.Argument(help="Id of the scheme.")]
Version = Annotated[int | None, typer.Option(help="The version meant; without it, the one whose turn it is.")]
Note = Annotated[str, typer.Option(help="A remark for the history.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="The scheme document (YAML).")], hub: HubFolder, actor: As
) -> None:
    """Submit a document as the first or next version of its scheme."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Place(str(file)), "the file cannot be read as UTF-8 text", "check its path and form"
        ) from error
    with _gate(hub) as gate:
        version = gate.schemes.submit(gate.catalogue.actor(actor), text, str(file))
        print(f"{version.scheme} version {version.version} is {version.state}: {version.digest}")


@app.command()
def verify(scheme: Scheme, hub: HubFolder, actor: As, version: Version = None, note: Note = "") -> None:
    """Close lock one: the second line checked the version against the law."""
    with _gate(hub) as gate:
        gate.review.verify(gate.catalogue.actor(actor), scheme, version, note)
        _tell(gate, scheme)


@app.command()
def approve(scheme: Scheme, hub: HubFolder, actor: As, version: Version = None, note: Note = "") -> None:
    """Close lock two: the version is in force within its period."""
    with _gate(hub) as gate:
        gate.review.approve(gate.catalogue.actor(actor), scheme, version, note)
        _tell(gate, scheme)


@app.command("return")
def send_back(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason, version: Version = None) -> None:
    """Send a version under review back to its applicant."""
    with _gate(hub) as gate:
        gate.review.send_back(gate.catalogue.actor(actor), scheme, reason, version)
        _tell(gate, scheme)


@app.command()
def suspend(scheme: Scheme, hub: HubFolder, actor: As, reason: Reason) -> None:
    """Stop the version in force at once."""
    with _gate(hub) as gate:
        gate.review.suspend(gate.catalogue.actor(actor), scheme, reason)
        _tell(gate, scheme)


@app.command("list")
def list_schemes(hub: HubFolder) -> None:
    """List every scheme with the state of its newest version."""
    with _gate(hub) as gate:
        for scheme in gate.schemes.list():
            _tell(gate, scheme.id)


@contextmanager
def _gate(directory: Path) -> Iterator[Gate]:
    from umaya.hub import open_hub

    hub = open_hub(directory)
    try:
        yield hub.gate
    finally:
        hub.close()


def _tell(gate: Gate, scheme: str) -> None:
    summary = gate.schemes.get(scheme).summary
    force = "none in force" if summary.in_force is None else f"version {summary.in_force} in force"
    period = f"{summary.starts} to {summary.ends}"
    print(f"{summary.id} version {summary.version} is {summary.state}, {force}, {period}, {summary.basis}")
