"""Durable files: whole under their name or not there, safe from a power cut, and readable by their owner alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

TEMPORARY = ".tmp"


def publish(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file under a temporary name of the writer's own, sync it, rename it, sync its folder."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}{TEMPORARY}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as sink:
            write(sink)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(path: Path, root: Path) -> None:
    """Make a folder and those above it down from `root`; all are durable on return."""
    if path.is_dir():
        return
    if path != root:
        make_folder(path.parent, root)
    path.mkdir(mode=0o700, parents=path == root, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, shared: bool, wait: bool = True) -> Iterator[None]:
    """Hold a lock file, which ends with its process; raise BlockingIOError when it is taken and `wait` is False."""
    how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
