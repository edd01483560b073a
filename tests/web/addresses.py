"""A hub with the address index of a nation of six municipalities."""

from __future__ import annotations

from pathlib import Path

from tests.engines.address.small_nation import nation, readings
from tests.web.hubs import make_hub
from umaya.hub import ADDRESSES, Hub
from umaya.places.addresses import save_index
from umaya.places.addresses.lookup import save_lookup


def make_index(directory: Path) -> None:
    """Make the index in a folder."""
    index = nation()
    save_index(index, directory, {})
    save_lookup(directory, index, readings(index))


def make_address_hub(folder: Path) -> Hub:
    """Return an open hub with the index in its own place."""
    hub = make_hub(folder)
    make_index(hub.directory / ADDRESSES)
    return hub
