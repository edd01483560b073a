"""`umaya places`: addresses and buildings, without a hub."""

from __future__ import annotations

import typer

from umaya.cli.places_addresses import index, normalise
from umaya.cli.places_buildings import buildings
from umaya.cli.places_checks import app as checks

app = typer.Typer(no_args_is_help=True, help="Understand addresses, and put letterboxes into buildings.")


@app.callback()
def places() -> None:
    """Understand addresses, and put letterboxes into buildings."""


app.command()(buildings)
app.command()(index)
app.command()(normalise)
app.add_typer(checks, name="checks")
