"""`umaya scheme`: submit, verify, approve, suspend and list the schemes of a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umaya.types.errors import InputError, Place

app = typer.Typer(no_args_is_help=True, help="Submit, verify and approve schemes.")

Hub = Annotated[Path, typer.Option("--hub", help="The hub's directory.")]
As = Annotated[str, typer.Option("--as", help="Id of the actor who acts.")]
Scheme = Annotated[str, typer.Argument(help="Id of the scheme.")]
Version = Annotated[int | None, typer.Option(help="The version meant; without it, the one whose turn it is.")]
Note = Annotated[str, typer.Option(help="A remark for the history.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


@app.command()
def submit(file: Annotated[Path, typer.Argument(help="The scheme document (YAML).")], hub: Hub, actor: As) -> None:
    """Submit a scheme document as the first or next version of its scheme."""
    from umaya.hub import open_hub

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            Place(str(file)), "the file cannot be read as UTF-8 text", "check its path and form"
        ) from error
    gate = open_hub(hub).gate
    version = gate.schemes.submit(gate.catalogue.actor(actor), text, str(file))
    typer.echo(f"{version.scheme} version {version.version}: {version.state}, {version.digest}")


@app.command()
def verify(scheme: Scheme, hub: Hub, actor: As, version: Version = None, note: Note = "") -> None:
    """Close lock one: the second line checked the version against the law."""
    from umaya.hub import open_hub

    gate = open_hub(hub).gate
    gate.review.verify(gate.catalogue.actor(actor), scheme, version, note)
    typer.echo(f"{scheme}: verified")


@app.command()
def approve(scheme: Scheme, hub: Hub, actor: As, version: Version = None, note: Note = "") -> None:
    """Close lock two: the version is in force within its period."""
    from umaya.hub import open_hub

    gate = open_hub(hub).gate
    gate.review.approve(gate.catalogue.actor(actor), scheme, version, note)
    typer.echo(f"{scheme}: approved")


@app.command("return")
def send_back(scheme: Scheme, hub: Hub, actor: As, reason: Reason, version: Version = None) -> None:
    """Send a version under review back with a reason."""
    from umaya.hub import open_hub

    gate = open_hub(hub).gate
    gate.review.send_back(gate.catalogue.actor(actor), scheme, reason, version)
    typer.echo(f"{scheme}: returned")


@app.command()
def suspend(scheme: Scheme, hub: Hub, actor: As, reason: Reason) -> None:
    """Stop the version in force at once."""
    from umaya.hub import open_hub

    gate = open_hub(hub).gate
    gate.review.suspend(gate.catalogue.actor(actor), scheme, reason)
    typer.echo(f"{scheme}: suspended")


@app.command("list")
def list_schemes(hub: Hub) -> None:
    """List every scheme with the state of its newest version."""
    from umaya.hub import open_hub

    for scheme in open_hub(hub).gate.schemes.list():
        force = "not in force" if scheme.in_force is None else f"version {scheme.in_force} in force"
        typer.echo(f"{scheme.id}  version {scheme.version} {scheme.state}, {force}, {scheme.starts} to {scheme.ends}")
