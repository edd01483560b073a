"""`umaya receipt`: what a person's receipt of a use proves.

Runs the independent checker; needs no hub, and loads nothing of the writer. The subject key is read from a file, so
that it never stands in a list of processes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umaya.types.errors import InputError, Place

app = typer.Typer(no_args_is_help=True, help="Verify a person's receipt of a use.")


@app.callback()
def root() -> None:
    """Verify a person's receipt of a use."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The receipt.")],
    key: Annotated[Path, typer.Option(help="File of the ledger's verifier key, from a source you trust.")],
    subject_key: Annotated[
        Path | None, typer.Option(help="File of your own key, to prove that the receipt is about you.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove a receipt offline: exit 0 and say what it proves, or 2 and say why it proves nothing."""
    from umaya.ledger.check_receipt import NotProvedError, check_file, refusal_json

    try:
        proved = check_file(file, key, subject_key)
    except NotProvedError as error:
        print(refusal_json(error) if json else f"NOT proved: {error}")
        raise typer.Exit(2) from error
    except OSError as error:
        advice = "name the files as they are, and check their permissions"
        raise InputError(Place(str(error.filename)), "the file cannot be read", advice) from error
    except ValueError as error:
        advice = "give files that hold one key each, as the hub gave them"
        raise InputError(Place("--key or --subject-key"), f"a key is malformed: {error}", advice) from error
    print(proved.to_json() if json else proved.describe())
