"""`umaya provision`: a party's records of third-party provision: list, export, erase after their last day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from umaya.cli.common import HubFolder, opened_gate
from umaya.types.errors import InputError, Place

app = typer.Typer(no_args_is_help=True, help="Read and erase a party's records of provision.")

As = Annotated[str, typer.Option("--as", help="Id of a steward of the party.")]


@app.command("list")
def list_records(
    hub: HubFolder,
    actor: As,
    expired: Annotated[bool, typer.Option("--expired", help="Only those that need not be kept any longer.")] = False,
) -> None:
    """List the records of the steward's party."""
    with opened_gate(hub) as gate:
        who = gate.catalogue.actor(actor)
        for record in gate.provisions.expired(who) if expired else gate.provisions.list(who):
            until = "erased" if record.erased else f"kept through {record.keep_through}"
            sides = f"{record.role} {record.party}, other side {record.other_party}"
            print(f"{record.id} {record.scheme}: {sides}, {record.first_on} to {record.last_on}, {until}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="`.parquet` or `.csv`, not there yet.")], hub: HubFolder, actor: As
) -> None:
    """Write the records of the steward's party to a file."""
    if file.suffix not in {".parquet", ".csv"} or file.exists():
        raise InputError(
            Place(str(file)), "the file is there already, or of another kind", "name a new .parquet or .csv"
        )
    with opened_gate(hub) as gate:
        import pyarrow.csv as pc
        import pyarrow.parquet as pq

        table = gate.provisions.table(gate.catalogue.actor(actor))
        try:
            (pq.write_table if file.suffix == ".parquet" else pc.write_csv)(table, file)
        except OSError as error:
            raise InputError(Place(str(file)), "the file cannot be written", "check its path") from error
        print(f"{table.num_rows} records in {file}")


@app.command()
def erase(record: Annotated[str, typer.Argument(help="Id of the record.")], hub: HubFolder, actor: As) -> None:
    """Erase what a record says, once it need not be kept."""
    with opened_gate(hub) as gate:
        gate.provisions.erase(gate.catalogue.actor(actor), record)
        print(f"{record} is erased")
