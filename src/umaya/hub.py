"""The composition of a hub: settings in, an open hub out. The only place that reads the environment.

A hub is one directory:

    hub.toml          settings, readable by the owner only
    keys/             ledger.key, ledger.vkey, people.key, session: readable by the owner only (the .vkey is public)
    ledger/           the log of every use, checkable without anything else here
    vault/            personal data at rest, and gate.db, the gate's own database
    places/           roads, homes for each road, background of the map, the address index
    products/         what was released
    outbox/           warnings for people, one file each, until the site's mailer takes them
    hub.db            the database of services

On PostgreSQL two roles of one database take the place of both files. `init_hub` makes a hub whole or not at all;
`open_hub` opens one, and only when services cannot reach the gate's tables. A hub may be open in several processes.
"""

from __future__ import annotations

import os
import shutil
import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from umaya.gate import Gate, standard_factories
from umaya.gate.catalogue import HUB
from umaya.gate.emergency.notify import Spool
from umaya.ledger import GroupCommit, Ledger, create_keys, load_signer
from umaya.places.addresses.book import AddressBook
from umaya.places.atlas import Atlas
from umaya.places.buildings import obligation as of_buildings
from umaya.places.live import derivers
from umaya.places.obligations import factories
from umaya.places.offices import OfficeRegister
from umaya.services.buildings import BuildingChecks
from umaya.services.offices import OfficeAccess
from umaya.services.probes.service import TICK_S, ProbeService
from umaya.services.reports.damage import DamageDetector, surest
from umaya.services.reports.photos import cascades
from umaya.services.reports.service import RoadReports
from umaya.services.roads.service import RoadMapService
from umaya.services.webhooks.service import WebhookService
from umaya.stores.database import Database, ServiceBase
from umaya.stores.roles import made_roles
from umaya.stores.secret import derived_key, kept_secret
from umaya.stores.wall import check_wall
from umaya.types.clock import Clock, SystemClock
from umaya.types.errors import ConflictError, InputError, Place
from umaya.types.identity_provider import IdentityProvider, check_public_url, provider_of

FILE = "hub.toml"
PEOPLE_KEY = "people.key"
DATABASE_VARIABLE = "UMAYA_DATABASE_URL"
GATE_DATABASE_VARIABLE = "UMAYA_GATE_DATABASE_URL"
LANGUAGES = ("ja", "en")
ADDRESSES = "places/addresses"
"""Where the address index lies in a hub's folder, where no setting says otherwise."""


@dataclass(frozen=True)
class Settings:
    """What a hub is told when it is made; documented in docs/reference/settings.md.

    Attributes:
        origin: name of the ledger, a URL without scheme, e.g. `minase.example/umaya`.
        database: SQLAlchemy URL of what services use; empty for the hub's own SQLite file.
        gate_database: SQLAlchemy URL of the gate's own database; empty for its SQLite file.
        language: of pages when the reader's is unknown: `ja` or `en`.
        demo: whether anybody may sign in as anybody; for made-up data only.
        public_url: where people reach the hub, e.g. `https://hub.example`; needed with an identity provider.
        trusted_proxies: addresses of proxies whose word about the asker's address and scheme is believed.
        session_idle_minutes, session_hours: a session ends after so long without a request, and at the latest.
        sign_ins_per_minute: from one address.
        look_ups_per_minute: of people, by one actor or resident.
        api_calls_per_minute: of the JSON API, by one actor, resident or address.
        intake_megabytes: how large a file of rows may be, at a page or in a call; held in memory.
        damage_model: path of an ONNX model that looks for damage in photos of roads; none by default.
        address_index: folder of the address index; `places/addresses` in the hub's own where it is empty.
        identity_provider: who says who people are.
    """

    origin: str
    database: str = ""
    gate_database: str = ""
    language: str = "ja"
    demo: bool = False
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    session_idle_minutes: int = 30
    session_hours: int = 12
    sign_ins_per_minute: int = 60
    look_ups_per_minute: int = 60
    api_calls_per_minute: int = 600
    intake_megabytes: int = 64
    damage_model: str = ""
    address_index: str = ""
    identity_provider: tuple[IdentityProvider, ...] = ()

    def write(self, path: Path) -> None:
        """Write the first five settings, readable by the owner only: a database URL may hold a password."""
        lines = [
            f"origin = {_quoted(self.origin)}",
            f"database = {_quoted(self.database)}",
            f"gate_database = {_quoted(self.gate_database)}",
            f"language = {_quoted(self.language)}",
            f"demo = {str(self.demo).lower()}",
        ]
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")

    @staticmethod
    def read(path: Path, environment: Mapping[str, str]) -> Settings:
        """Read the settings; database URLs of the environment go before those of the file.

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
        settings = Settings(**{**values, **_of_sign_in(values, path, environment)})
        return replace(
            settings,
            database=environment.get(DATABASE_VARIABLE, settings.database),
            gate_database=environment.get(GATE_DATABASE_VARIABLE, settings.gate_database),
        )


_NUMBERS = (
    "session_idle_minutes",
    "session_hours",
    "sign_ins_per_minute",
    "look_ups_per_minute",
    "api_calls_per_minute",
    "intake_megabytes",
)
_KINDS: dict[str, type] = {
    "origin": str,
    "database": str,
    "gate_database": str,
    "language": str,
    "demo": bool,
    "public_url": str,
    "trusted_proxies": list,
    **dict.fromkeys(_NUMBERS, int),
    "address_index": str,
    "identity_provider": list,
}


def _of_sign_in(values: Mapping[str, Any], path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of sign-in that are given, checked, with every client secret in its place."""
    for name in _NUMBERS:
        if name in values and (isinstance(values[name], bool) or values[name] < 1):
            raise InputError(Place(str(path), field=name), "the number is too small", "give a whole number from 1")
    if values.get("public_url"):
        check_public_url(values["public_url"], Place(str(path), field="public_url"))
        if urlsplit(values["public_url"]).path not in {"", "/"}:
            raise InputError(Place(str(path), field="public_url"), "the URL has a path", "write https://HOST")
    proxies = values.get("trusted_proxies", [])
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError as error:
            advice = "list IP addresses or networks in quotes"
            raise InputError(Place(str(path), field="trusted_proxies"), "one is no address", advice) from error
    tables = values.get("identity_provider", [])
    providers = [_provider(table, row, path, environment) for row, table in enumerate(tables, 1)]
    if providers and not values.get("public_url"):
        advice = "add where people reach the hub: providers send them back there"
        raise InputError(Place(str(path), field="public_url"), "the setting is missing", advice)
    for key in ("id", "issuer"):
        if len({getattr(provider, key) for provider in providers}) != len(providers):
            raise InputError(Place(str(path), field="identity_provider"), f"two have one {key}", "tell them apart")
    return {"trusted_proxies": tuple(proxies), "identity_provider": tuple(providers)}


def _provider(table: object, row: int, path: Path, environment: Mapping[str, str]) -> IdentityProvider:
    place = Place(str(path), row, "identity_provider")
    if not isinstance(table, dict):
        raise InputError(place, "the setting is no table", "head each with [[identity_provider]]")
    variable, file = table.get("client_secret_env"), table.get("client_secret_file")
    secret = ""
    if variable is not None and file is not None:
        raise InputError(place, "the client secret is in two places", "name a variable or a file")
    if variable is not None:
        secret = environment.get(str(variable), "")
        if not secret:
            raise InputError(place, "the variable of the client secret is not set", "set it, or take the key out")
    if file is not None:
        try:
            secret = (path.parent / str(file)).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(place, "the file of the client secret cannot be read", "check its path") from error
    return provider_of(table, place, secret)


@dataclass(frozen=True)
class Hub:
    """An open hub. Close it when done.

    Attributes:
        directory: where it lies.
        settings: as read.
        clock: what it takes the time from.
        database: what services keep their own in; the gate's tables are not to be reached from it.
        ledger: the log of every use.
        gate: the one door.
        atlas: the places.
        roads: the service of passable roads.
        webhooks: tells parties' systems what was recorded.
        probes: takes positions in as they arrive.
        reports: takes in what carriers say of roads.
        offices: tells how far people have to offices.
        checks: asks carriers about doubtful buildings.
        addresses: the address index, where one was made.
        request_key: 32 bytes that keyed digests of requests are made with.
    """

    directory: Path
    settings: Settings
    clock: Clock
    database: Database
    ledger: Ledger
    gate: Gate
    atlas: Atlas
    roads: RoadMapService
    webhooks: WebhookService
    probes: ProbeService
    reports: RoadReports
    offices: OfficeAccess
    checks: BuildingChecks
    addresses: AddressBook
    request_key: bytes = field(repr=False)
    _stack: ExitStack = field(repr=False)

    def close(self) -> None:
        """Record what was handed in, settle the ledger's journal, and give up the connections of both databases."""
        self._stack.close()


def init_hub(directory: Path, settings: Settings, clock: Clock | None = None) -> None:
    """Make a hub: directory, databases, keys with owner-only permissions, a ledger that says when.

    Everything is made beside the directory and moved into its place last. A PostgreSQL URL as `database` without one
    as `gate_database` is an administrator's: two roles are made with it, and the hub keeps their URLs in its place.

    Raises:
        NoRolesError: when the administrator's URL may not make roles.
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
        keys = fresh / "keys"
        keys.mkdir(mode=0o700)
        kept_secret(keys / PEOPLE_KEY)
        signer = create_keys(keys, settings.origin)
        Ledger.create(fresh / "ledger", signer, clock or SystemClock()).append("hub.created", HUB, {})
        with _made_databases(fresh, settings) as complete:
            complete.write(fresh / FILE)
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
        InputError: when the directory is no hub, a setting or a key is wrong, or the services' database could reach
            the gate's tables.
        IntegrityError: when the ledger was damaged.
    """
    settings = Settings.read(directory / FILE, environment)
    clock = clock or SystemClock()
    with ExitStack() as stack:
        service, gate_database = _open_databases(directory, settings, stack)
        keys = directory / "keys"
        ledger = Ledger.open(directory / "ledger", load_signer(keys / "ledger.key"), clock)
        stack.callback(ledger.close)
        shared = stack.enter_context(GroupCommit(ledger))
        atlas = Atlas(directory / "places")
        secret = kept_secret(keys / PEOPLE_KEY)
        people, pseudonyms, requests = (derived_key(secret, of) for of in ("people", "pseudonyms", "requests"))
        obligations = {**standard_factories(pseudonyms), **factories(atlas), **of_buildings.factories()}
        outbox = Spool(directory / "outbox")
        gate = Gate(
            gate_database,
            shared,
            directory / "vault",
            obligations,
            clock,
            people_secret=people,
            notifier=outbox,
            derivers=derivers(atlas),
        )
        roads = RoadMapService(gate, atlas, directory / "products" / "roads", clock)
        webhooks = WebhookService(gate, service, ledger, clock, loopback=settings.demo)
        # the clock of a demonstration runs ahead of the second that a tick has
        probes = ProbeService(gate, tick_s=0.0 if settings.demo else TICK_S)
        stack.callback(probes.close)
        reports = RoadReports(service, shared, atlas, clock, os.urandom, cascades(), _damage(settings.damage_model))
        addresses = AddressBook(directory / (settings.address_index or ADDRESSES))
        offices = OfficeAccess(
            gate, atlas, OfficeRegister(directory / "places"), directory / "products" / "offices", clock
        )
        checks = BuildingChecks(service, shared, clock, os.urandom)
        kept = stack.pop_all()
        services = (roads, webhooks, probes, reports, offices, checks)
        return Hub(directory, settings, clock, service, ledger, gate, atlas, *services, addresses, requests, kept)


def _damage(model: str) -> Callable[[bytes], str | None]:
    """Return what looks for damage in a photo: nothing, where no model was set."""
    return surest(DamageDetector(Path(model))) if model else lambda _: None


def _gate_url(directory: Path, settings: Settings) -> str:
    return settings.gate_database or f"sqlite:///{directory / 'vault' / 'gate.db'}"


def _open_databases(directory: Path, settings: Settings, stack: ExitStack) -> tuple[Database, Database]:
    """Return the services' database and the gate's, brought up to date, with the wall between them; closed by `stack`.

    Nothing but `_made_databases` makes the gate's file: an empty one in the place of one that was lost would forget
    every protective measure.
    """
    gate_url = _gate_url(directory, settings)
    file = make_url(gate_url).database if gate_url.startswith("sqlite") else None
    if file is not None and not Path(file).exists():
        raise InputError(
            Place(file), "the gate's database is missing", "restore it from its copy, or set `gate_database`"
        )
    service = _opened(settings.database or f"sqlite:///{directory / 'hub.db'}", "database", stack)
    gate = _opened(gate_url, "gate_database", stack)
    with _usable_database("gate_database"):
        check_wall(service, gate)
        gate.migrate()
        check_wall(service, gate)  # of what was made just now, too
    with _usable_database("database"):
        service.migrate(ServiceBase)
    return service, gate


def _opened(url: str, setting: str, stack: ExitStack) -> Database:
    database = Database.open(url)
    stack.callback(database.close)
    with _usable_database(setting), database.reading() as session:
        session.execute(text("SELECT 1"))
    return database


@contextmanager
def _made_databases(directory: Path, settings: Settings) -> Iterator[Settings]:
    """Make both databases of a new hub, yield the settings that lead to them; roles go again where the body fails."""
    with ExitStack() as stack:
        if settings.database.startswith("postgresql") and not settings.gate_database:
            administrator = _opened(settings.database, "database", stack)
            with _usable_database("database"):
                roles = stack.enter_context(made_roles(administrator))
            settings = replace(settings, database=roles.service, gate_database=roles.gate)
        (directory / "vault").mkdir(mode=0o700)
        with ExitStack() as opened:
            gate = _opened(_gate_url(directory, settings), "gate_database", opened)
            if inspect(gate.engine).has_table("alembic_version"):
                raise ConflictError("the database holds a hub already")
            _open_databases(directory, settings, opened)
        yield settings


@contextmanager
def _usable_database(setting: str) -> Iterator[None]:
    """Say in our words that the database cannot be used; its own may repeat the URL."""
    try:
        yield
    except DBAPIError as error:
        advice = "check that it runs, who may use it, and its URL; restore it from its copy where it is damaged"
        raise InputError(Place("settings", field=setting), "the database cannot be used", advice) from error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
