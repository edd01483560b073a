"""Generations: how files of the lake are replaced by others at one moment, for readers in every process.

    <dataset>/epoch                                 the newest generation that holds, in digits; none is 0
    <dataset>/day=.../area=.../<write>.parquet      of generation 0, as it was written
    <dataset>/day=.../area=.../<write>.3.parquet    what it became in generation 3; without rows where nothing is left
    <dataset>/index/<write>.3-<random>              the index of the write as of generation 3
    <dataset>/readers.3                             shared by those who read while 3 was the newest

Must hold: of each file the newest generation that holds is read and no other, so that renaming `epoch` changes all of
them at once; what was replaced is removed after those who may read it have finished, or have had their time.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from umaya.stores.durable import publish

_EPOCH: Final = "epoch"
_READERS: Final = "readers"
_ASK_AGAIN_S: Final = 0.02
_FORM: Final = re.compile(r"([^.]+)\.(?:(\d+)(?:\.parquet|-))?")
Name = TypeVar("Name", str, Path)


def epoch(folder: Path) -> int:
    """Return the newest generation of a dataset that holds."""
    try:
        return int((folder / _EPOCH).read_bytes())
    except FileNotFoundError:
        return 0


def set_epoch(folder: Path, generation: int) -> None:
    """Let a generation hold, durably."""
    publish(folder / _EPOCH, lambda sink: sink.write(str(generation).encode()))


def parts(name: str) -> tuple[str, int]:
    """Return write and generation of the name of a file of rows or of an index."""
    found = _FORM.match(name)
    return (name, 0) if found is None else (found[1], int(found[2] or 0))


def newest(names: Iterable[Name], at: int) -> dict[str, Name]:
    """Return of each write the file of the newest generation up to `at`."""
    found: dict[str, tuple[int, Name]] = {}
    for name in names:
        write, generation = parts(name.name if isinstance(name, Path) else name)
        if generation <= at and (write not in found or generation >= found[write][0]):
            found[write] = (generation, name)
    return {write: name for write, (_, name) in found.items()}


class Reader:
    """Keeps the files of the generation that holds from being removed, until it is released or its process ends.

    Args:
        folder: of a dataset that is there.

    Attributes:
        epoch: the generation that holds for this reader.
    """

    def __init__(self, folder: Path) -> None:
        while True:
            self.epoch = epoch(folder)
            self._descriptor = os.open(_readers(folder, self.epoch), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
            if epoch(folder) == self.epoch:
                return
            os.close(self._descriptor)  # replaced meanwhile: whoever removes the old files may not have seen the lock

    def release(self) -> None:
        """Let the files go."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def without_readers(folder: Path, generation: int, patience_s: float) -> Iterator[None]:
    """Wait until nobody reads by a generation that holds no longer, at most so many seconds; then forget its readers.

    Whoever reads longer finds its files gone and gets an error, never fewer rows.
    """
    path = _readers(folder, generation)
    until = time.monotonic() + patience_s
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    break
                time.sleep(_ASK_AGAIN_S)
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _readers(folder: Path, generation: int) -> Path:
    return folder / f"{_READERS}.{generation}"
