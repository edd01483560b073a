"""The `umaya` command: one file for each group, loaded only when its group is called.

Turns the errors of `umaya.types.errors` into one line on standard error and exit code 2. Printing to the
terminal is allowed here and nowhere else.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from umaya.types.errors import UmayaError

GROUPS = {
    "account": "say who may sign in as whom",
    "body": "appoint officers, and say which parties are consulted",
    "consent": "take, withdraw and look up consents",
    "demo": "make the sample town's hub and play its day",
    "emergency": "open raw data in a declared disaster, end it, review it",
    "init": "make a new hub",
    "joint-use": "submit, publish and end joint-use notices",
    "ledger": "check, read and search a hub's ledger",
    "measure": "set, lift and list protective measures",
    "monitor": "look for what is unusual, report on a month",
    "offices": "take the list of offices in, count people",
    "places": "understand addresses, and put letterboxes into buildings",
    "probe": "match positions to roads",
    "provision": "list, export and erase records of provision",
    "receipt": "verify a person's receipt of a use",
    "request": "list and show requests about held data, and set a desk's terms",
    "roads": "import road networks",
    "scheme": "submit, review, watch and end schemes",
    "serve": "serve a hub",
    "use": "use personal data through the gate",
    "vault": "take rows in, say how long they are kept, delete what is due",
    "webhook": "tell parties' systems what the ledger recorded",
}
"""Command groups: `umaya.cli.<name>` holds a Typer application `app`; a hyphen of the name is an underscore there."""


class LazyGroup(TyperGroup):
    """Imports a command group when it is asked for, so that no command pays for another's libraries."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # Typer hides its context's base
        """Return the group names in alphabetical order."""
        del ctx
        return sorted(GROUPS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override] # as above
        """Import and return one group, or None where there is no such group."""
        del ctx
        if cmd_name not in GROUPS:
            return None
        command = typer.main.get_command(importlib.import_module(f"umaya.cli.{cmd_name.replace('-', '_')}").app)
        command.name = cmd_name
        command.short_help = GROUPS[cmd_name]
        return command


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, help="Umaya: one gate for the personal data that a hub holds.")


@app.callback()
def root() -> None:
    """Umaya: one gate for the personal data that a hub holds."""


def main() -> None:
    """Run the command line and exit: 0 done, 1 a fault of ours, 2 something to mend by the person who called."""
    if sys.stdout is None:
        _stop("standard output is closed; give it a place, e.g. `> file`")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except UmayaError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        _stop("a disk is full: not everything was written; make room and look at what was done before you go on")


def _stop(told: str) -> NoReturn:
    sys.stderr.write(f"umaya: {told}\n")
    sys.exit(2)
