"""`umaya serve DIR`: serve a hub's pages and API."""

from __future__ import annotations

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
    import uvicorn

    from umaya.api import create_app
    from umaya.hub import open_hub

    hub = open_hub(directory)
    try:
        uvicorn.run(create_app(hub), host=host, port=port, log_level="warning")
    finally:
        hub.close()
