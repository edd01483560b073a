"""The composition of a hub: settings in, an open hub out. The only place that reads the environment.

A hub is one directory:

    hub.toml          settings, readable by the owner only
    keys/             ledger.key, ledger.vkey, session: keys, readable by the owner only (the .vkey is public)
    ledger/           the log of every use, checkable without anything else here
    vault/            personal data at rest
    places/           roads, homes for each road, background of the map
    products/         what was released
    hub.db            the transactional database, unless a PostgreSQL URL is set

`init_hub` makes one whole or not at all; `open_hub` opens one. A hub may be open in several processes.
"""

from __future__ import annotations

import os
import shutil
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from umaya.gate import Gate
from umaya.gate.catalogue import HUB
from umaya.ledger import Ledger, create_keys, load_signer
from umaya.places.atlas import Atlas
from umaya.places.obligations import factories
from umaya.services.roads.service import RoadMapService
from umaya.stores.database import Database
from umaya.types.clock import Clock, SystemClock
from umaya.types.errors import ConflictError, InputError, Place

FILE = "hub.toml"
DATABASE_VARIABLE = "UMAYA_DATABASE_URL"
LANGUAGES = ("ja", "en")


@dataclass(frozen=True)
class Settings:
    """What a hub is told when it is made; documented in docs/reference/settings.md.

    Attributes:
        origin: name of the ledger, a URL without scheme, e.g. `minase.example/umaya`.
        database: SQLAlchemy URL; empty for the hub's own SQLite file.
        language: of pages when the reader's is unknown: `ja` or `en`.
        demo: whether anybody may sign in as anybody; for made-up data only.
    """

    origin: str
    database: str = ""
    language: str = "ja"
    demo: bool = False

    def write(self, path: Path) -> None:
        """Write the settings, readable by the owner only: a database URL may hold a password."""
        lines = [
            f"origin = {_quoted(self.origin)}",
            f"database = {_quoted(self.database)}",
            f"language = {_quoted(self.language)}",
            f"demo = {str(self.demo).lower()}",
        ]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")

    @staticmethod
    def read(path: Path, environment: Mapping[str, str]) -> Settings:
        """Read the settings; `UMAYA_DATABASE_URL` of the environment goes before the file.

        Raises:
            InputError: when the file is absent, no TOML, or holds an unknown key or a wrong value.
        """
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise InputError(Place(str(path.parent)), "the folder is no hub", "make one with `umaya init`") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(Place(str(path)), "the file is not TOML", "restore it or mend its syntax") from error
        for name, value in values.items():
            kind = _KINDS.get(name)
            if kind is None or not isinstance(value, kind):
                advice = "choose among " + ", ".join(f"`{known}` ({k.__name__})" for known, k in _KINDS.items())
                raise InputError(Place(str(path), field=name), "the setting is unknown or of the wrong kind", advice)
        if values.get("language", "ja") not in LANGUAGES:
            raise InputError(Place(str(path), field="language"), "the language is unknown", "choose `ja` or `en`")
        if not values.get("origin"):
            raise InputError(Place(str(path), field="origin"), "the setting is missing", "add the ledger's name")
        settings = Settings(**values)
        database = environment.get(DATABASE_VARIABLE, settings.database)
        return Settings(settings.origin, database, settings.language, settings.demo)


_KINDS: dict[str, type] = {"origin": str, "database": str, "language": str, "demo": bool}


@dataclass(frozen=True)
class Hub:
    """An open hub. Close it when done.

    Attributes:
        directory: where it lies.
        settings: as read.
        clock: what it takes the time from.
        database: the transactional store.
        ledger: the log of every use.
        gate: the one door.
        atlas: the places.
        roads: the service of passable roads.
    """

    directory: Path
    settings: Settings
    clock: Clock
    database: Database
    ledger: Ledger
    gate: Gate
    atlas: Atlas
    roads: RoadMapService

    def close(self) -> None:
        """Give up the database's connections."""
        self.database.close()


def init_hub(directory: Path, settings: Settings, clock: Clock | None = None) -> None:
    """Make a hub: directory, database, keys with owner-only permissions, a ledger that says when.

    Everything is made beside the directory and moved into its place last.

    Raises:
        InputError: when the directory is not empty or cannot be made, the origin is no name for a ledger, or the
            database cannot be used.
        ConflictError: when the database holds another hub.
    """
    place = Place(str(directory))
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(place, "the folder is not empty", "name one that is empty or not there yet")
    if directory.resolve() == Path.cwd():
        raise InputError(place, "the hub would take the place of the folder you are in", "name one within or beside it")
    fresh = directory.parent / f".{directory.name}.{uuid.uuid4().hex}"
    try:
        fresh.mkdir(mode=0o700, parents=True)
        settings.write(fresh / FILE)
        keys = fresh / "keys"
        keys.mkdir(mode=0o700)
        signer = create_keys(keys, settings.origin)
        Ledger.create(fresh / "ledger", signer, clock or SystemClock()).append("hub.created", HUB, {})
        _make_database(_url(fresh, settings))
        fresh.replace(directory)
    except ValueError as error:
        raise InputError(Place(str(directory), field="origin"), str(error), "choose such a name") from error
    except OSError as error:
        raise InputError(place, "the folder cannot be made here", "check the path and its permissions") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def open_hub(directory: Path, clock: Clock | None = None, environment: Mapping[str, str] = os.environ) -> Hub:
    """Open a hub.

    Args:
        directory: that `init_hub` made.
        clock: the machine's when None; a demonstration brings its own.
        environment: where settings may be overridden.

    Raises:
        InputError: when the directory is no hub, or a setting or a key is wrong.
        IntegrityError: when the ledger was damaged.
    """
    settings = Settings.read(directory / FILE, environment)
    clock = clock or SystemClock()
    database = Database.open(_url(directory, settings))
    with _usable_database():
        database.migrate()
    ledger = Ledger.open(directory / "ledger", load_signer(directory / "keys" / "ledger.key"), clock)
    atlas = Atlas(directory / "places")
    gate = Gate(database, ledger, directory / "vault", factories(atlas), clock)
    roads = RoadMapService(gate, atlas, directory / "products" / "roads", clock)
    return Hub(directory, settings, clock, database, ledger, gate, atlas, roads)


def _url(directory: Path, settings: Settings) -> str:
    return settings.database or f"sqlite:///{directory / 'hub.db'}"


def _make_database(url: str) -> None:
    database = Database.open(url)
    try:
        with _usable_database():
            if inspect(database.engine).has_table("alembic_version"):
                raise ConflictError("the database holds a hub already")
            database.migrate()
    finally:
        database.close()


@contextmanager
def _usable_database() -> Iterator[None]:
    """Say in our words that the database cannot be used; its own may repeat the URL."""
    try:
        yield
    except DBAPIError as error:
        advice = "check that it runs, who may use it, and its URL; restore it from its copy where it is damaged"
        raise InputError(Place("settings", field="database"), "the database cannot be used", advice) from error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
