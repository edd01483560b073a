"""`umaya demo`: the sample town's hub, served while its earthquake plays, or played once without a server."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from umaya.types.errors import UmayaError

if TYPE_CHECKING:
    from socket import socket

    from umaya.sample.demo import Demo

app = typer.Typer()
_SMALLEST = 40
_ALL = 1_000_000


@app.command()
def demo(
    hub: Annotated[Path | None, typer.Option(help="Folder of the hub; by default one that is thrown away.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the town and its days.", min=0)] = 1,
    homes: Annotated[int, typer.Option(help="Size of the town, in homes.", min=_SMALLEST)] = 8000,
    once: Annotated[bool, typer.Option("--once", help="Play the day without a server and print the figures.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object, last.")] = False,
    speed: Annotated[float, typer.Option(help="Seconds of the day played in one second.", min=1)] = 60,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8765,
) -> None:
    """Make the sample town's hub and play the day of its earthquake."""
    from umaya.cli.listening import listen
    from umaya.sample.demo import Sample, open_demo

    console = Console(stderr=True)
    started = time.monotonic()
    with ExitStack() as stack:
        bound = None if once else stack.enter_context(listen(host, port))
        folder = hub or Path(stack.enter_context(TemporaryDirectory(prefix="umaya-demo-"))) / "hub"
        with console.status("the sample town") as status:
            opened = open_demo(folder, Sample(seed, homes), lambda step: status.update(f"the sample town: {step}"))
        stack.callback(opened.hub.close)
        if bound is None:
            _print(_play_once(opened, folder, console, started), as_json)
        else:
            _serve(opened, console, speed, bound, f"http://{host}:{port}")


def _play_once(opened: Demo, folder: Path, console: Console, started: float) -> dict[str, Any]:
    """Play the rest of the day as fast as it goes and return the figures."""
    from umaya.ledger import check_ledger, load_vkey
    from umaya.sample.days import JAPAN
    from umaya.sample.evaluate import map_figures, matching_figures
    from umaya.sample.play import OVER, STEP, play

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("ten minutes each", total=-(-(OVER - opened.clock.now()) // STEP))
        for step in play(opened.hub, opened.clock, opened.sample.day):
            progress.update(task, advance=1, description=f"{step.at.astimezone(JAPAN):%H:%M}")
    checked = check_ledger(folder / "ledger", load_vkey(folder / "keys" / "ledger.vkey"))
    return {
        **matching_figures(opened.hub.atlas, opened.sample.day),
        **map_figures(opened.hub, opened.sample.day),
        "releases": len(opened.hub.gate.uses.releases(limit=_ALL)),
        "ledger_entries": checked.size,
        "ledger_ok": checked.ok,
        "seconds": round(time.monotonic() - started, 1),
    }


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):>18}  {value}")


def _serve(opened: Demo, console: Console, speed: float, bound: socket, address: str) -> None:
    """Serve the hub while a thread plays the day."""
    from umaya.api import create_app
    from umaya.cli.listening import serve
    from umaya.gate.roles import PROGRAM
    from umaya.sample import bank
    from umaya.sample.setup import ACTORS

    console.print(
        f"\nThe sample hub of Minase is at [bold]{address}[/bold] (stop with Ctrl+C). Sign in as:", soft_wrap=True
    )
    for person in (*ACTORS, *bank.ACTORS):
        if PROGRAM not in person.roles:
            console.print(f"  {person.id:<16} {person.name}  ({', '.join(sorted(person.roles))})")
    console.print(f"The day of the earthquake plays {speed:g} times as fast as it was. It is all made up.\n")
    stop = threading.Event()
    player = threading.Thread(target=_play_along, args=(opened, console, speed, stop), daemon=True)
    player.start()
    try:
        serve(create_app(opened.hub), bound)
    finally:
        stop.set()
        player.join(timeout=30)


def _play_along(opened: Demo, console: Console, speed: float, stop: threading.Event) -> None:
    from umaya.sample.days import JAPAN
    from umaya.sample.play import STEP, play

    pause = STEP.total_seconds() / speed
    try:
        for step in play(opened.hub, opened.clock, opened.sample.day):
            moment = step.at.astimezone(JAPAN)
            console.print(
                f"{moment:%H:%M} in Japan: {step.points:,} positions arrived, {step.releases} window released"
            )
            if stop.wait(pause):
                return
    except UmayaError as error:
        console.print(f"The day stops here, because {error}. The hub stays up.")
        return
    console.print("The day is over. The hub stays up; remove its folder to make a new one.", soft_wrap=True)
