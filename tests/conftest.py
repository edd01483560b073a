"""What all tests share: a fresh PostgreSQL database, both stores by parameter, real data where it is at hand.

And how they run: what they write stands in memory where there is room, long files come first, and properties draw the
same examples each time.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from tests.databases import Migrate, by_heart
from tests.postgres import cluster
from umaya.stores.database import Database

PROJECT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")  # pytest makes a folder in it that only its owner may enter
ROOM = 4 << 30

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("steady")


def pytest_configure() -> None:
    """Keep what tests write in memory where there is room: thousands of databases wait long for a disk to be sure."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first: no worker shall begin one when there is nothing left for the other."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def migrate() -> Iterator[Migrate]:
    """Let empty databases be told by heart what the migrations say; yield the real way."""
    real = Database.migrate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "migrate", by_heart(real))
        yield real


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[URL]:
    """One PostgreSQL cluster for each process of the run, in a folder with a short name, as its socket needs."""
    with TemporaryDirectory(prefix="umaya-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server's own user must reach what lies in it
        with cluster(Path(folder) / "cluster") as url:
            yield url


@pytest.fixture
def postgres_url(postgres_cluster: URL) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database, dropped after the test with the roles of a hub in it."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(postgres_cluster, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres_cluster.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE IF EXISTS {name}_service, {name}_gate"))
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data (roads, tracks, addresses); the test skips where it is not at hand."""
    folder = Path(os.environ.get("UMAYA_SHARED_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the real data is not at hand: set UMAYA_SHARED_DATA to its folder")
    return folder
