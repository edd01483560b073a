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
    database: Annotated[str, typer.Option(help="PostgreSQL URL; empty for SQLite in the folder.")] = "",
    language: Annotated[str, typer.Option(help="Language of pages for readers whose own is unknown.")] = "ja",
) -> None:
    """Make a new hub: folder, database, keys, a ledger."""
    from umaya.hub import Settings, init_hub

    init_hub(directory, Settings(origin, database, language))
    print(f"made a hub in {directory}; keep a copy of {directory / 'keys' / 'ledger.vkey'} elsewhere")
