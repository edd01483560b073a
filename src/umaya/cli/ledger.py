"""`umaya ledger`: check and read a hub's ledger.

`verify` runs the independent checker and loads nothing of the writer. `show` and `receipt` need the verifier key
only, never the signing key.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.ledger.check import CheckResult
    from umaya.ledger.reader import LedgerReader

app = typer.Typer(no_args_is_help=True, help="Check and read a hub's ledger.")

Hub = Annotated[Path, typer.Option("--hub", help="The hub's directory.", metavar="DIR")]

_MANY = 20_000
"""Entries from which on a progress bar is worth its lines."""


@app.command()
def verify(
    hub: Hub,
    key: Annotated[
        str | None, typer.Option(help="Verifier key or a file of it, from a source you trust (default: the hub's own).")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="A checkpoint that you kept, to find a rolled back log.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove the ledger byte by byte: exit 0 when it is whole, 2 with the first fault named."""
    result = _check(hub, key, against)
    print(result.to_json() if json else result.describe())
    if not result.ok:
        raise typer.Exit(2)


@app.command()
def show(
    hub: Hub,
    start: Annotated[int, typer.Option("--from", min=0, help="Index of the first entry.")] = 0,
    count: Annotated[int | None, typer.Option(min=0, help="How many entries at most.")] = None,
) -> None:
    """Print entries as recorded, one JSON object a line."""
    stop = None if count is None else start + count
    for entry in _reader(hub).entries(start, stop):
        sys.stdout.buffer.write(entry.to_bytes() + b"\n")
    sys.stdout.flush()


@app.command()
def receipt(hub: Hub, index: Annotated[int, typer.Argument(min=0, help="Index of the entry.")]) -> None:
    """Print the proof that an entry is in the ledger (C2SP tlog-proof)."""
    print(_reader(hub).receipt(index), end="")


def _reader(hub: Path) -> LedgerReader:
    from umaya.ledger.keys import VKEY_FILE, load_vkey
    from umaya.ledger.reader import LedgerReader

    return LedgerReader(hub / "ledger", load_vkey(hub / "keys" / VKEY_FILE))


def _check(hub: Path, key: str | None, against: Path | None) -> CheckResult:
    from rich.console import Console
    from rich.progress import Progress

    from umaya.ledger.check import check_hub

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("checking")

    def progress(done: int, total: int) -> None:
        if total >= _MANY:
            bar.start()  # as often as one likes
            bar.update(task, completed=done, total=total)

    try:
        return check_hub(hub, key, against, progress)
    except FileNotFoundError as error:
        advice = "name the hub's directory, and the files of key and checkpoint as they are"
        raise InputError(Place(str(error.filename)), "the file is not there", advice) from error
    except OSError as error:
        raise InputError(Place(str(error.filename)), "the file cannot be read", "check its permissions") from error
    except ValueError as error:
        advice = "give it as `name+hash+base64`, or the file that holds it"
        raise InputError(Place("--key"), f"this is no verifier key: {error}", advice) from error
    finally:
        if bar.live.is_started:
            bar.stop()
