"""`umaya vault`: rows into the vault, with a preview and every fault as a file; retention and its sweep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.cli.common import As, HubFolder, opened_gate, opened_hub, read_document

if TYPE_CHECKING:
    import pyarrow as pa

app = typer.Typer(no_args_is_help=True, help="Take rows in, say how long they are kept, delete what is due.")

DatasetId = Annotated[str, typer.Argument(metavar="DATASET", help="Id of the dataset.")]
_HEADING = b'"row","field","problem","advice"'
"""How a file of faults begins; only such a file is written over."""


@app.command()
def take(
    dataset: DatasetId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rows: .parquet, .arrow or .csv.")],
    hub: HubFolder,
    actor: As,
    notice: Annotated[
        int | None, typer.Option(help="Version of the collection notice; none for data about nobody.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would be taken, and take nothing.")] = False,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Leave rows with faults out; without it all or none.")
    ] = False,
    faults: Annotated[Path | None, typer.Option(help="Write every fault of every row to this CSV file.")] = None,
) -> None:
    """Take the rows of a file into the vault."""
    from rich.console import Console

    from umaya.gate.intake import read
    from umaya.types.errors import InputError, Place

    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(Place(str(file)), "the file cannot be read", "check its path and who may read it") from error
    with opened_gate(hub) as gate:
        who = gate.catalogue.actor(actor)
        with Console(stderr=True).status("reading and checking every row") as status:
            found = read(content, file.name, gate.catalogue.dataset(dataset))
            seen = gate.intake.preview(who, dataset, found.table, file.name, notice, found.faults)
            if faults is not None:
                _write(seen.faults, faults)
            told = f"{seen.good:,} of {seen.total:,} rows are good, {seen.faults.num_rows:,} faults"
            if preview:
                print(told + (", and these very rows were taken in before" if seen.repeated else ""))
                _show(seen.faults)
                return
            status.update("taking in")
            taken = gate.intake.take(who, dataset, found.table, file.name, notice, found.faults, keep_good=keep_good)
        print(f"{taken.rows:,} rows were taken in as {taken.digest}, entry {taken.entry}; {taken.left_out:,} left out")


@app.command()
def notice(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The collection notice (YAML).")],
    hub: HubFolder,
    actor: As,
) -> None:
    """Register for which purpose a dataset is collected, and what people are told."""
    from umaya.gate.collection.document import parse_notice

    told = parse_notice(read_document(file), str(file))
    with opened_gate(hub) as gate:
        added = gate.collections.register(
            gate.catalogue.actor(actor), told.dataset, told.manner, told.purpose, told.wording, told.starts
        )
    print(f"{added.dataset} notice {added.version} holds from {added.starts}: {added.digest}, entry {added.entry}")


@app.command()
def keep(
    dataset: DatasetId,
    days: Annotated[int, typer.Argument(metavar="DAYS", help="How many days rows are kept.")],
    reason: Annotated[str, typer.Option(help="Why so many, e.g. the law that asks for it.")],
    hub: HubFolder,
    actor: As,
) -> None:
    """Say how long the rows of a dataset are kept."""
    with opened_gate(hub) as gate:
        rule = gate.retention.set_rule(gate.catalogue.actor(actor), dataset, days, reason)
    print(f"rows of {rule.dataset} are kept for {rule.days:,} days, entry {rule.entry}")


@app.command()
def sweep(
    hub: HubFolder,
    pretend: Annotated[bool, typer.Option("--pretend", help="Count what is due, and delete nothing.")] = False,
) -> None:
    """Delete the rows, and the reports of roads with their photos, whose time is over; run it once a day."""
    from rich.console import Console

    with opened_hub(hub) as opened, Console(stderr=True).status("sweeping") as status:
        reports = opened.reports.sweep(pretend=pretend)
        done = opened.gate.retention.sweep(tell=lambda name: status.update(f"sweeping {name}"), pretend=pretend)
    verb = "are due" if pretend else "were deleted"
    if reports.photos or reports.rows:
        print(f"reports of roads: {reports.rows:,} reports and {reports.photos:,} photos of others {verb}")
    for one in done:
        if one.due.rule is None:
            print(f"{one.due.dataset}: nobody said how long rows are kept; use `umaya vault keep`", file=sys.stderr)
        else:
            entry = "" if one.entry is None else f", entry {one.entry}"
            print(f"{one.due.dataset}: {one.rows:,} rows from before {one.due.before} {verb}{entry}")


def _show(faults: pa.Table, most: int = 20) -> None:
    for one in faults.slice(0, most).to_pylist():
        print(f"row {one['row']}: field `{one['field']}`: {one['problem']}; {one['advice']}")
    if faults.num_rows > most:
        print(f"and {faults.num_rows - most:,} more: `--faults FILE` writes all of them")


def _write(faults: pa.Table, file: Path) -> None:
    import pyarrow.csv

    from umaya.types.errors import InputError, Place

    try:
        if file.exists() and not file.read_bytes().startswith(_HEADING):
            raise InputError(Place(str(file)), "the file is there already and holds no faults", "name a new .csv")
        pyarrow.csv.write_csv(faults, file)
    except OSError as error:
        raise InputError(
            Place(str(file)), "the file cannot be written", "check its path and who may write it"
        ) from error
