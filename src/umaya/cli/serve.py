"""`umaya serve DIR`: serve a hub's pages and API."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def serve(
    directory: Annotated[Path, typer.Argument(help="The hub.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8765,
) -> None:
    """Serve a hub."""
    from umaya.api import create_app
    from umaya.cli import listening
    from umaya.hub import open_hub

    with listening.listen(host, port) as bound:
        hub = open_hub(directory)
        stop = threading.Event()
        courier = threading.Thread(target=hub.webhooks.keep_delivering, args=(stop,), daemon=True)
        courier.start()
        try:
            listening.serve(create_app(hub), bound)
        finally:
            stop.set()
            courier.join(timeout=30)
            hub.close()
