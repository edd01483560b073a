"""Durable files and the lock of the writer: every operation on disk that the writer does stands here.

Knows nothing of trees or entries. Must always hold: when a function returns, what it wrote survives a power cut
(file and folder flushed); a file that appears under its name is whole.
Operations are called as `os.NAME`, so that a test can make each of them fail.
"""

# ruff: noqa: PTH102, PTH105, PTH106, PTH108, PTH208 # one seam, `os`, for every operation: that is where tests inject faults

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from umaya.types.errors import UmayaError

TEMPORARY = ".tmp"


class LedgerUnavailableError(UmayaError):
    """The ledger's folder cannot be read or written: no use may happen until it can.

    After an append that raised this, its entries are either not in the log at all, or they are in it whole: when
    the fault came late, the next writer completes what was durably begun. A use whose append raised must not
    happen; an entry without its use is harmless.
    """


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn every fault of the disk into `LedgerUnavailableError`, which names the kind of fault and no path."""
    try:
        yield
    except OSError as error:
        cause = errno.errorcode.get(error.errno or 0, "unknown")
        raise LedgerUnavailableError(f"the ledger cannot be read or written: {cause}") from error


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file against every other writer, thread or process; a lock ends with its process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_files(root: Path, files: Mapping[str, bytes], *, after_crash: bool = False) -> None:
    """Write files, each atomically, making their folders; all are durable on return.

    Args:
        root: an existing folder.
        files: content by path below `root`.
        after_crash: flush every folder on the way down too, because it may have been made but never flushed.
    """
    touched: dict[Path, None] = {}
    for name, data in files.items():
        path = root / name
        for folder in _make_folders(path.parent):
            touched[folder] = None
        temporary = path.with_name(path.name + TEMPORARY)
        _write(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, data)
        os.replace(temporary, path)
        touched[path.parent] = None
        if after_crash:
            touched.update(dict.fromkeys(folder for folder in path.parents if folder.is_relative_to(root)))
    for folder in touched:
        _flush_folder(folder)


def write_in_place(path: Path, data: bytes) -> None:
    """Write a file whose reader can tell a torn one; durable on return."""
    _write(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, data)
    _flush_folder(path.parent)


def write_at(path: Path, offset: int, data: bytes) -> None:
    """Cut an existing file at `offset` and append `data`; durable on return."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, offset)
        os.lseek(descriptor, offset, os.SEEK_SET)
        _write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_tail(path: Path, length: int) -> tuple[int, bytes]:
    """Return where the last `length` bytes of a file begin, and these bytes (the whole file when it is shorter)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        start = max(os.fstat(descriptor).st_size - length, 0)
        return start, os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file if it is there. Not flushed: a file that comes back is known for what it is."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def remove_folder(path: Path) -> None:
    """Remove a folder of files if it is there."""
    try:
        names = os.listdir(path)
    except FileNotFoundError:
        return
    for name in names:
        os.unlink(path / name)
    os.rmdir(path)


def _make_folders(folder: Path) -> list[Path]:
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        os.mkdir(path)
    return [path.parent for path in missing]


def _write(path: Path, flags: int, data: bytes) -> None:
    descriptor = os.open(path, flags, 0o644)
    try:
        _write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
