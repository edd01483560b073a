"""`umaya offices`: the list of offices, and counts of people for questions about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umaya.cli.common import As, HubFolder, opened_hub

app = typer.Typer(no_args_is_help=True, help="Take the list of offices in, and count people for questions about them.")


@app.callback()
def offices() -> None:
    """Take the list of offices in, and count people for questions about them."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header, one office a row.")],
    hub: HubFolder,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Put a list of offices in the place of the one before, whole or not at all."""
    from umaya.places.offices import read_offices

    found = read_offices(file)
    with opened_hub(hub) as opened:
        register = opened.offices.register
        changes = register.changes(found)
        if not preview:
            register.put(found)
    verb = "would be" if preview else "are"
    added, changed, gone = (len(some) for some in (changes.added, changes.changed, changes.gone))
    print(f"{len(found):,} offices {verb} listed: {added:,} new, {changed:,} changed, {gone:,} no longer listed")


@app.command()
def count(hub: HubFolder, actor: As) -> None:
    """Count the people of each cell through the gate, and keep the counts for questions."""
    from umaya.gate import Refusal
    from umaya.types.errors import ConflictError

    with opened_hub(hub) as opened:
        outcome = opened.offices.count_people(opened.gate.catalogue.actor(actor))
    if isinstance(outcome, Refusal):
        raise ConflictError(f"the gate refused: {outcome.reason}")
    print(f"{outcome.data.num_rows:,} cells; recorded as use {outcome.use}")
