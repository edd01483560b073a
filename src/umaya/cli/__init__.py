"""The `umaya` command: one file for each group, loaded only when its group is called.

Turns the errors of `umaya.types.errors` into one line on standard error and exit code 2. Printing to the
terminal is allowed here and nowhere else.
"""

from __future__ import annotations

import importlib
import sys

import click
import typer

from umaya.types.errors import UmayaError

GROUPS = {
    "demo": "make the sample town's hub and play its day",
    "init": "make a new hub",
    "ledger": "check and read a hub's ledger",
    "probe": "match positions to roads",
    "roads": "import road networks",
    "scheme": "submit, verify and approve schemes",
    "serve": "serve a hub",
}
"""Command groups: `umaya.cli.<name>` holds a Typer application `app`."""


class LazyGroup(click.Group):
    """Imports a command group when it is asked for, so that no command pays for another's libraries."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        return typer.main.get_command(importlib.import_module(f"umaya.cli.{cmd_name}").app)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(GROUPS.items()))


@click.group(cls=LazyGroup, help="Umaya: one gate for the personal data that a hub holds.")
@click.version_option(package_name="umaya")
def root() -> None:
    """Hold the groups; does nothing itself."""


def main() -> None:
    """Run the command line and exit: 0 done, 1 a fault of ours, 2 something to mend by the person who called."""
    try:
        root()
    except UmayaError as error:
        sys.stderr.write(f"umaya: {error}\n")
        sys.exit(2)
