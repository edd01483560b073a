"""A disk that fails: stands in for `os` in `umaya.ledger.disk`, counts its operations, and fails at one of them.

Three ways to fail: an error that the program sees (`ENOSPC`), a crash before the operation, and a crash that leaves
a write torn in the middle. After a crash nothing works any more, as for a process that is gone; locks are let go.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Literal

Way = Literal["error", "crash", "torn"]

OPERATIONS = frozenset(
    {"fsync", "ftruncate", "listdir", "lseek", "mkdir", "open", "pread", "replace", "rmdir", "unlink", "write"}
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

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counted(name, real) if name in OPERATIONS else real

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any) -> Any:
            self.count += 1
            if self.at and self.count > self.at and self.way != "error":
                raise Crash
            if self.count == self.at:
                self._fail(name, real, arguments)
            result = real(*arguments)
            self.log.append((name, arguments, result))
            return result

        return operation

    def _fail(self, name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if name == "write" and self.way != "crash":
            real(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if self.way == "error":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise Crash
