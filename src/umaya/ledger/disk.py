"""Durable files and the lock of the writer: every operation on disk that the writer does stands here.

Knows nothing of trees or entries. Must always hold: when a function returns, what it wrote survives a power cut
(file and folder flushed), unless its caller asked for less; a file that appears under its name is whole.
Operations are called as `os.NAME`, so that a test can make each of them fail.
"""

# ruff: noqa: PTH102, PTH105, PTH106, PTH108, PTH116, PTH208 # one seam, `os`, for every operation: that is where tests inject faults

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from umaya.types.errors import UmayaError

TEMPORARY = ".tmp"

_FLUSHES_AT_ONCE = 8
_ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


class LedgerUnavailableError(UmayaError):
    """The ledger's folder cannot be read or written: no use may happen until it can.

    After an append that raised this, its entries are either not in the log at all, or they are in it whole: when
    the fault came late, the next writer completes what was durably begun. A use whose append raised must not
    happen; an entry without its use is harmless.
    """


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn every fault of the disk into `LedgerUnavailableError`, which names the kind of fault and no path."""
    try:
        yield
    except OSError as error:
        cause = errno.errorcode.get(error.errno or 0, "unknown")
        raise LedgerUnavailableError(f"the ledger cannot be read or written: {cause}") from error


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file against every other writer, thread or process; a lock ends with its process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_files(root: Path, files: Mapping[str, bytes], *, durable: bool = True, after_crash: bool = False) -> None:
    """Write files, each atomically, making their folders.

    Args:
        root: an existing folder.
        files: content by path below `root`.
        durable: flush them; if not, `flush` is still owed.
        after_crash: flush every folder on the way down too, because it may have been made but never flushed.
    """
    touched: dict[Path, None] = {}
    for name, data in files.items():
        path = f"{root}/{name}"
        try:
            descriptor = os.open(path + TEMPORARY, _ANEW, 0o644)
        except FileNotFoundError:
            touched.update(dict.fromkeys(_make_folders(Path(path).parent)))
            descriptor = os.open(path + TEMPORARY, _ANEW, 0o644)
        _fill(descriptor, data, durable=durable)
        os.replace(path + TEMPORARY, path)
        if durable:
            folders = list(_way_down(root, Path(path)))
            touched.update(dict.fromkeys(folders if after_crash else folders[:1]))
    if durable:
        for folder in touched:
            _flush(folder)


def flush(root: Path, names: Sequence[str]) -> None:
    """Make durable what was written to files below `root`, and the folders they lie in; passes over what is gone."""
    folders = dict.fromkeys(folder for name in names for folder in _way_down(root, root / name))
    with ThreadPoolExecutor(_FLUSHES_AT_ONCE) as pool:  # a file system commits together what is flushed at one time
        for done in [pool.submit(_flush, path) for path in [*(root / name for name in names), *folders]]:
            with contextlib.suppress(FileNotFoundError):
                done.result()


def length_of(path: Path) -> int:
    """Return how many bytes a file has, 0 when it is not there."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def write_at(path: Path, offset: int, data: bytes, *, durable: bool = True) -> None:
    """Cut an existing file at `offset` and append `data`; durable on return, unless `flush` is to do it."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.ftruncate(descriptor, offset)
        os.lseek(descriptor, offset, os.SEEK_SET)
    except OSError:
        os.close(descriptor)
        raise
    _fill(descriptor, data, durable=durable)


def read_tail(path: Path, length: int) -> tuple[int, bytes]:
    """Return where the last `length` bytes of a file begin, and these bytes (the whole file when it is shorter)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        start = max(os.fstat(descriptor).st_size - length, 0)
        return start, os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)


def remove_folders(root: Path, names: Sequence[str]) -> None:
    """Remove folders of files below `root` where they are there; durable on return."""
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            for file in os.listdir(root / name):
                os.unlink(root / name / file)
            os.rmdir(root / name)
    for folder in dict.fromkeys((root / name).parent for name in names):
        _flush(folder)


def _make_folders(folder: Path) -> list[Path]:
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        os.mkdir(path)
    return [path.parent for path in missing]


def _way_down(root: Path, path: Path) -> Iterator[Path]:
    """Yield the folders from `root` to a file below it, the lowest first."""
    for folder in path.parents:
        yield folder
        if folder == root:
            return


def _fill(descriptor: int, data: bytes, *, durable: bool) -> None:
    """Write all data and close the file."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
