"""The address index at rest: a folder with one `.npy` file for each array and a manifest, mapped into memory.

The folder appears whole or not at all. `manifest.json` names the version of the layout, the digest of the spelling
rules, the digest of every array and what the index was made from; an index that was made by other rules is refused
with words, never read wrongly. Evolution rule: a change of layout or rules raises `index.VERSION`; indexes are
rebuilt, not migrated.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from umaya.engines.address import spelling
from umaya.engines.address.index import VERSION, AddressIndex, assembled, leaves
from umaya.types.errors import ConflictError, InputError, IntegrityError, Place

MANIFEST = "manifest.json"
_REBUILD = "make it anew with `umaya places index`"


def save_index(index: AddressIndex, directory: str | Path, sources: dict[str, Any]) -> None:
    """Write an index into `directory`, which must not exist or hold an older index, replaced as a whole.

    Args:
        index: what `umaya.engines.address.build` returned.
        directory: the folder; its parents are made.
        sources: what the index was made from, for the manifest: names, digests, counts, licences.

    Raises:
        ConflictError: when the folder holds anything else.
    """
    directory = Path(directory)
    check_target(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    fresh.mkdir()
    try:
        arrays = leaves(index)
        for name, array in arrays:
            np.save(fresh / f"{name}.npy", array, allow_pickle=False)
        manifest = {
            "version": VERSION,
            "spelling": spelling.digest(),
            "arrays": {name: hashlib.sha256(np.ascontiguousarray(array).data).hexdigest() for name, array in arrays},
            "sources": sources,
        }
        (fresh / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        old = directory.parent / f"{fresh.name}.old"
        if directory.exists():
            directory.replace(old)
        fresh.replace(directory)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_target(directory: Path) -> None:
    """Raise ConflictError when an index may not be written to `directory`."""
    if directory.exists() and (
        not directory.is_dir() or (any(directory.iterdir()) and not (directory / MANIFEST).is_file())
    ):
        raise ConflictError(f"`{directory}` holds something other than an address index")


def manifest_of(directory: str | Path) -> dict[str, Any]:
    """Return the manifest of an index.

    Raises:
        InputError: when there is none, or it is of another version or other spelling rules.
    """
    path = Path(directory) / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, rules = manifest["version"], manifest["spelling"]
    except OSError as error:
        raise InputError(Place(str(directory)), "there is no address index", _REBUILD) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(Place(str(path)), "the manifest cannot be read", _REBUILD) from error
    if version != VERSION:
        raise InputError(
            Place(str(path), field="version"), f"the index is of version {version}, not {VERSION}", _REBUILD
        )
    if rules != spelling.digest():
        raise InputError(Place(str(path), field="spelling"), "the index was made by other spelling rules", _REBUILD)
    return manifest


def open_index(directory: str | Path) -> AddressIndex:
    """Map an index into memory: nothing is read before it is needed, and all processes share the pages.

    Raises:
        InputError: when there is none, or it is of another version or other spelling rules.
        IntegrityError: when a file is missing or not what was written in form; `check_index` compares the content.
    """
    directory = Path(directory)
    manifest = manifest_of(directory)
    try:
        arrays = {
            name: np.asarray(np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False))
            for name in manifest["arrays"]
        }
        index: AddressIndex = assembled(arrays)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise IntegrityError(f"`{directory}` is not whole; {_REBUILD}") from error
    return index


def check_index(directory: str | Path) -> None:
    """Compare every array with its digest in the manifest; raises IntegrityError where one differs."""
    directory = Path(directory)
    index = open_index(directory)
    digests = manifest_of(directory)["arrays"]
    for name, array in leaves(index):
        if hashlib.sha256(np.ascontiguousarray(array).data).hexdigest() != digests[name]:
            raise IntegrityError(f"`{name}` of `{directory}` is not what was written; {_REBUILD}")
