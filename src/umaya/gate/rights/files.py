"""Answers that lie ready to be fetched: files of the rights desk below the vault's folder, for its owner alone.

Must hold: a file is whole under its name or not there; after its time, or when it was handed over, its bytes are gone.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from umaya.stores.durable import make_folder, publish, sync_folder
from umaya.types.errors import NotFoundError

FOLDER: Final = "_answers"
"""No dataset can have this name."""
_MAKING_S: Final = 3600


class AnswerFiles:
    """Keeps and removes.

    Args:
        vault_directory: of the gate.
    """

    def __init__(self, vault_directory: Path) -> None:
        self._root = vault_directory
        self._folder = vault_directory / FOLDER

    def keep(self, name: str, content: bytes) -> None:
        """Write a file, durably."""
        make_folder(self._folder, self._root)
        publish(self._folder / name, lambda sink: sink.write(content))

    def read(self, name: str) -> bytes:
        """Return a file's content; raises NotFoundError when it is not there any longer."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError("the answer is not there any longer: answer anew") from error

    def remove(self, name: str) -> None:
        """Remove a file, durably; one that is gone already is gone."""
        path = self._folder / name
        if path.exists():
            path.unlink(missing_ok=True)
            sync_folder(self._folder)

    def remove_but(self, names: Collection[str]) -> int:
        """Remove every file but these, also what a crash left; return how many went. New ones may be in the making."""
        if not self._folder.is_dir():
            return 0
        before = time.time() - _MAKING_S
        doomed = [one for one in self._folder.iterdir() if one.name not in names and one.stat().st_mtime < before]
        for path in doomed:
            path.unlink(missing_ok=True)
        if doomed:
            sync_folder(self._folder)
        return len(doomed)
