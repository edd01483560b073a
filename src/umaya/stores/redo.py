"""Changes of several files of one folder that happen all or not at all, also when the process is killed between them.

    <root>/.change-<random>/...          files that lie ready, under the names they shall have
    <root>/.change-<random>/ready.json   there once the change holds: what is removed, what is put, in this order

Responsible for the redo log; not for who may write at a time (the caller holds a lock) nor for what the files mean.
Must hold: before `ready.json` the change never happened, and `recover` removes it; after it the change happened, and
`recover` finishes it. Doing the same step twice changes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from umaya.stores.durable import make_folder, publish, sync_folder

_PREFIX: Final = ".change-"
_READY: Final = "ready.json"


class Change:
    """Files to put and to remove below a folder; use it as a context, and commit.

    What is left uncommitted when the context ends is taken back.

    Args:
        root: the folder, which is there; the caller holds whatever keeps other writers out.

    Attributes:
        folder: where the files lie until they are committed; scratch files may lie there too.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._puts: list[str] = []
        self._removes: list[str] = []
        self.folder = root / f"{_PREFIX}{uuid4().hex}"
        self.folder.mkdir(mode=0o700)

    def put(self, name: str) -> Path:
        """Return where to write the file that shall be at `name` below the root; order of calls is order of putting.

        The file must be there, whole and durable, when the change is committed.
        """
        staged = self.folder / name
        staged.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._puts.append(name)
        return staged

    def remove(self, names: Iterable[str]) -> None:
        """Remove files below the root before any is put; one that is put as well is replaced."""
        self._removes += names

    def commit(self) -> None:
        """Let the change hold, and carry it out; all of it is durable on return."""
        kept = set(self._puts)
        plan = {"remove": [name for name in self._removes if name not in kept], "put": self._puts}
        for folder in {(self.folder / name).parent for name in self._puts}:
            sync_folder(folder)
        publish(self.folder / _READY, lambda sink: sink.write(json.dumps(plan).encode()))
        sync_folder(self._root)
        _carry_out(self._root, self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.folder.is_dir() and not (self.folder / _READY).exists():
            shutil.rmtree(self.folder)


def recover(root: Path) -> None:
    """Finish the changes that hold and remove those that never did; the caller keeps other writers out."""
    for folder in sorted(root.glob(f"{_PREFIX}*")):
        if (folder / _READY).exists():
            _carry_out(root, folder)
        else:
            shutil.rmtree(folder)


def _carry_out(root: Path, folder: Path) -> None:
    plan = json.loads((folder / _READY).read_bytes())
    touched = set()
    for name in plan["remove"]:
        (root / name).unlink(missing_ok=True)
        touched.add((root / name).parent)
    for name in plan["put"]:
        if (folder / name).exists():  # otherwise it was put before
            make_folder((root / name).parent, root)
            (folder / name).replace(root / name)
            touched.add((root / name).parent)
    for parent in touched:
        if parent.is_dir():
            sync_folder(parent)
    for parent in sorted(touched, reverse=True):
        _remove_empty(root, parent)
    shutil.rmtree(folder)


def _remove_empty(root: Path, folder: Path) -> None:
    """Remove a folder and those above it while they are empty."""
    while folder != root:
        if folder.is_dir():
            if os.listdir(folder):  # noqa: PTH208 # of names alone
                return
            folder.rmdir()
        folder = folder.parent
