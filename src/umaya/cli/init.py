"""`umaya init DIR`: make a new hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Folder to make; it must be empty or not there yet.")],
    origin: Annotated[str, typer.Option(help="Name of the ledger: a URL without scheme.")] = "localhost/umaya",
    database: Annotated[str, typer.Option(help="PostgreSQL URL that may make roles; empty for SQLite.")] = "",
    gate_database: Annotated[str, typer.Option(help="The gate's own URL, where roles are made already.")] = "",
    language: Annotated[str, typer.Option(help="Language of pages for readers whose own is unknown.")] = "ja",
) -> None:
    """Make a new hub: folder, database, keys, a ledger."""
    from umaya.hub import Settings, init_hub
    from umaya.stores.roles import NoRolesError

    try:
        init_hub(directory, Settings(origin, database, gate_database, language))
    except NoRolesError as error:
        print(error.script, end="")
        raise
    print(f"made a hub in {directory}; keep a copy of {directory / 'keys' / 'ledger.vkey'} elsewhere")
