"""`umaya places index` and `umaya places normalise`: the address index, and addresses of a file normalised."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from umaya.types.errors import InputError, Place


def index(
    registry: Annotated[Path, typer.Option(help="Folder of the Address Base Registry's CSV files, plain or gzipped.")],
    out: Annotated[Path, typer.Option(help="Folder to write the index to; an older index there is replaced.")],
    towns: Annotated[
        list[Path] | None, typer.Option(help="List of towns (pref, city, town, koaza, lat, lng); may be given again.")
    ] = None,
    former: Annotated[
        Path | None, typer.Option(help="Former municipalities besides those that are shipped, as CSV.")
    ] = None,
) -> None:
    """Make the address index of the Address Base Registry, lists of towns and the nation's postcodes."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from umaya.places.addresses.compiling import compile_index

    began = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        made = compile_index(
            registry,
            out,
            lists=towns or (),
            former=former,
            progress=lambda step: bar.update(task, description=step),
        )
    counts = (len(made.cities.code), len(made.towns.city), len(made.points.town), len(made.parcels.town))
    told = "{:,} municipalities, {:,} towns, {:,} residence numbers, {:,} lots".format(*counts)
    print(f"{told} in {time.monotonic() - began:.0f} s; written to {out}")


def normalise(
    in_: Annotated[Path, typer.Option("--in", help="CSV, Parquet or text (one a line) with a column `address`.")],
    out: Annotated[Path, typer.Option(help="File to write: .parquet, .csv or .arrows; it must not be there.")],
    index: Annotated[Path, typer.Option(help="The address index, made by `umaya places index`.")] = Path(
        "address-index"
    ),
    encoding: Annotated[str, typer.Option(help="Encoding of CSV and text: utf-8 or cp932 (Shift_JIS).")] = "utf-8",
    threads: Annotated[int, typer.Option(min=1, max=64, help="Batches that are normalised at once.")] = 2,
) -> None:
    """Add the parts of its address to every row of a file."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from umaya.cli.tables import writer
    from umaya.engines.address.normalise import Normaliser
    from umaya.places.addresses import open_index
    from umaya.places.addresses.files import ENCODINGS, AddressFile

    if encoding not in ENCODINGS:
        raise InputError(Place("--encoding"), "this is no encoding that is read", f"choose {' or '.join(ENCODINGS)}")
    write = writer(out)
    file = AddressFile(in_, encoding)
    normaliser = Normaliser(open_index(index))
    began, done = time.monotonic(), 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("addresses", total=file.rows)

        def told(rows: int) -> None:
            nonlocal done
            done += rows
            bar.update(task, completed=done)

        write(file.result_schema(), file.normalised(normaliser, threads, told))
    print(f"{done:,} addresses in {time.monotonic() - began:.1f} s; written to {out}")
