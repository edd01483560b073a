"""What reverse and suggest need beside the index, at rest: the folder `lookup` inside the index's own.

Made with the index and from it alone (and the readings of its sources), so that it is replaced with it; it names the
index by the digest of its manifest and is not read beside another. One `.npy` file for each array, mapped into memory.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import numpy.typing as npt

from umaya.engines.address.index import AddressIndex, leaves
from umaya.engines.address.normalise import Normaliser
from umaya.engines.address.reverse import Nearest, Trees, reverse, trees
from umaya.engines.address.suggest import Suggestion, suggest
from umaya.engines.address.suggest_lists import Lists, Readings, lists
from umaya.places.addresses.store import MANIFEST, open_index
from umaya.types.errors import InputError, IntegrityError, Place

FOLDER = "lookup"
VERSION = 1
"""Of the layout, of keys and of trees; another version is not read but made anew, with its index."""
_REBUILD = "make the index anew with `umaya places index`"


@dataclass(frozen=True)
class Lookup:
    """An open index with what reverse and suggest need; threads may share it."""

    addresses: AddressIndex
    trees: Trees
    lists: Lists

    @cached_property
    def normalise(self) -> Normaliser:
        """What reads addresses."""
        return Normaliser(self.addresses)

    def near(self, lon: float, lat: float) -> tuple[Nearest, ...]:
        """Return what is near a place, in degrees; see `reverse`."""
        return reverse(self.addresses, self.trees, lon, lat)

    def completions(self, typed: str, limit: int = 10) -> tuple[Suggestion, ...]:
        """Return how what was typed may go on; see `suggest`."""
        return suggest(self.addresses, self.lists, typed, limit)


class _Arrays(NamedTuple):
    trees: Trees
    lists: Lists


def save_lookup(directory: str | Path, index: AddressIndex, readings: Readings) -> None:
    """Add to the index in `directory` what reverse and suggest need, whole or not at all."""
    directory = Path(directory)
    fresh = directory / f".{FOLDER}.{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        for name, array in leaves(_Arrays(trees(index), lists(index, readings))):
            np.save(fresh / f"{name}.npy", array, allow_pickle=False)
        about = {"version": VERSION, "index": _digest(directory)}
        (fresh / MANIFEST).write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(directory / FOLDER, ignore_errors=True)
        fresh.replace(directory / FOLDER)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def open_lookup(directory: str | Path) -> Lookup:
    """Map an index and what stands beside it; nothing is read before it is needed.

    Raises:
        InputError: when there is no index, it is of another version, or what belongs to it is not of it.
        IntegrityError: when a file is missing or not what was written in form.
    """
    directory = Path(directory)
    index = open_index(directory)
    folder = directory / FOLDER
    try:
        about = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        fits = about == {"version": VERSION, "index": _digest(directory)}
    except (OSError, ValueError) as error:
        raise InputError(Place(str(folder)), "the lists of reverse and suggest are missing", _REBUILD) from error
    if not fits:
        raise InputError(Place(str(folder)), "the lists of reverse and suggest are of another index", _REBUILD)
    try:
        arrays: _Arrays = _assembled(_Arrays, folder, "")
    except (OSError, ValueError, EOFError) as error:
        raise IntegrityError(f"`{folder}` is not whole; {_REBUILD}") from error
    return Lookup(index, *arrays)


def _digest(directory: Path) -> str:
    return hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()


def _assembled(kind: Any, folder: Path, name: str) -> Any:
    parts = {
        field: _assembled(of, folder, f"{name}{field}.")
        if isinstance(of, type) and issubclass(of, tuple)
        else _mapped(folder / f"{name}{field}.npy")
        for field, of in get_type_hints(kind).items()
    }
    return kind(**parts)


def _mapped(path: Path) -> npt.NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
