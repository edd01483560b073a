"""What commands that act for somebody in a hub have in common: their options, the hub opened, a document read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.gate import Gate
    from umaya.hub import Hub

HubFolder = Annotated[Path, typer.Option("--hub", help="The hub's folder.")]
As = Annotated[str, typer.Option("--as", help="Id of the actor who acts.")]
Note = Annotated[str, typer.Option(help="A remark for the history.")]


@contextmanager
def opened_hub(directory: Path) -> Iterator[Hub]:
    """Open a hub, yield it, close it."""
    from umaya.hub import open_hub

    hub = open_hub(directory)
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def opened_gate(directory: Path) -> Iterator[Gate]:
    """Open a hub, yield its gate, close it."""
    with opened_hub(directory) as hub:
        yield hub.gate


def read_document(file: Path) -> str:
    """Return the text of a document; raises InputError when it cannot be read as UTF-8 text."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(Place(str(file)), "there is no such file, or it may not be read", "check its path") from error
    except UnicodeDecodeError as error:
        raise InputError(Place(str(file)), "the file is not text in UTF-8", "save it as UTF-8") from error
