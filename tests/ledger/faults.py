"""A disk that fails: stands in for `os` in `umaya.ledger.disk`, counts its operations, and fails at one of them.

Three ways to fail: an error that the program sees (`ENOSPC`), a crash before the operation, and a crash that leaves
a write torn in the middle. After a crash nothing works any more, as for a process that is gone; locks are let go.
`LosingOs` crashes with the whole machine: what was not flushed may be lost, torn, or zeros.
"""

from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Way = Literal["error", "crash", "torn"]

OPERATIONS = frozenset(
    {"fsync", "ftruncate", "listdir", "lseek", "mkdir", "open", "pread", "replace", "rmdir", "stat", "unlink", "write"}
)


class Crash(BaseException):
    """The process ends here. Not an Exception, so that no handler takes it for an error it can mend."""


class FaultyOs:
    """`os` that fails at operation number `at`, counted from 1.

    Attributes:
        count: operations so far.
        log: their names with their first argument.
    """

    def __init__(self, at: int = 0, way: Way = "error") -> None:
        self.at = at
        self.way = way
        self.count = 0
        self.log: list[tuple[str, tuple[Any, ...], Any]] = []
        self._turn = threading.Lock()  # files are flushed by several threads

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counted(name, real) if name in OPERATIONS else real

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            with self._turn:
                self.count += 1
                if self.at and self.count > self.at and self.way != "error":
                    raise Crash
                if self.count == self.at:
                    self._fail(name, real, arguments)
                self.before(name, arguments)
                result = real(*arguments)
                self.log.append((name, arguments, result))
                self.after(name, arguments, result)
                return result

        return operation

    def before(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Called before each operation that is carried out."""

    def after(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        """Called after it."""

    def _fail(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if name == "write" and self.way != "crash":
            real(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if self.way == "error":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise Crash


class LosingOs(FaultyOs):
    """`os` of a machine whose power fails at operation number `at`.

    Files and names that are there when it is made are on the disk. Of what follows, each name and each content that
    was not flushed is there or not, as chance will have it; a content may be torn too, or hold zeros.
    """

    def __init__(self, folder: Path, at: int) -> None:
        super().__init__(at, "torn")
        self._folder = folder
        self._opened: dict[int, Path] = {}
        self._number = 0
        self._files: dict[Path, int] = {}
        self._gone: dict[int, bytes] = {}
        self._kept: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int | None]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._kept[self._new(path)] = path.read_bytes()
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                self._names[path] = self._entries(path)

    def before(self, name: str, arguments: tuple[Any, ...]) -> None:
        victim = {"unlink": 0, "replace": 1}.get(name)
        if victim is not None and (path := Path(arguments[victim])) in self._files:
            self._gone[self._files.pop(path)] = path.read_bytes()

    def after(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        if name == "open":
            self._opened[result] = path = Path(arguments[0])
            if path not in self._files and path.is_file():
                self._new(path)
        elif name == "replace":
            self._files[Path(arguments[1])] = self._files.pop(Path(arguments[0]))
        elif name == "fsync":
            path = self._opened[arguments[0]]
            if path.is_dir():
                self._names[path] = self._entries(path)
            else:
                self._kept[self._files[path]] = path.read_bytes()

    def restart(self, into: Path, chance: random.Random) -> None:
        """Write what the disk holds after the power cut into a new folder."""
        self._restore(self._folder, into, chance)

    def _new(self, path: Path) -> int:
        self._number += 1
        self._files[path] = self._number
        return self._number

    def _entries(self, folder: Path) -> dict[str, int | None]:
        return {path.name: None if path.is_dir() else self._files[path] for path in folder.iterdir()}

    def _restore(self, folder: Path, into: Path, chance: random.Random) -> None:
        into.mkdir()
        kept, now = self._names.get(folder, {}), self._entries(folder) if folder.exists() else {}
        for name in sorted(kept.keys() | now.keys()):
            found = kept if chance.random() < 0.5 else now
            if name not in found:
                continue
            number = found[name]
            if number is None:
                self._restore(folder / name, into / name, chance)
            else:
                (into / name).write_bytes(self._content(number, chance))

    def _content(self, number: int, chance: random.Random) -> bytes:
        kept = self._kept.get(number, b"")
        now = next((path.read_bytes() for path, other in self._files.items() if other == number), None)
        now = self._gone[number] if now is None else now
        start = len(kept) if now.startswith(kept) else 0
        cut = chance.randint(start, max(start, len(now)))
        return chance.choice([kept, now, now[:cut], now[:cut] + bytes(len(now) - cut)])
