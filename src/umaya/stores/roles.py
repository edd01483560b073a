"""The two PostgreSQL roles of a hub: made once, by somebody who may make roles.

Must hold: a role is made with a random password that the server never sees in clear (SCRAM-SHA-256, RFC 5802); the
gate's schema is owned by the gate's role and granted to nobody; all of it is made, or nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from umaya.stores.database import Database
from umaya.types.errors import ConflictError, InputError, Place

_PLACE: Final = Place("settings", field="database")
_ADVICE: Final = "have an administrator run the printed SQL, then give both URLs"
_LONGEST_NAME: Final = 63  # bytes; PostgreSQL cuts longer ones
_MADE: Final = (
    "CREATE ROLE {service} LOGIN PASSWORD {service_password}",
    "CREATE ROLE {gate} LOGIN PASSWORD {gate_password}",
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {service}, {gate}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT {service}, {gate} TO CURRENT_USER",
    "CREATE SCHEMA service AUTHORIZATION {service}",
    "CREATE SCHEMA gate AUTHORIZATION {gate}",
    "ALTER ROLE {service} IN DATABASE {database} SET search_path = service",
    "ALTER ROLE {gate} IN DATABASE {database} SET search_path = gate",
    "REVOKE {service}, {gate} FROM CURRENT_USER",
)
_UNMADE: Final = (
    "GRANT {service}, {gate} TO CURRENT_USER",
    "DROP OWNED BY {service}, {gate} CASCADE",
    "DROP ROLE {service}, {gate}",
)


class NoRolesError(InputError):
    """The URL may not make roles.

    Args:
        script: SQL that an administrator of the database runs instead.
    """

    def __init__(self, script: str) -> None:
        self.script = script
        super().__init__(_PLACE, "the URL may not make the two roles that keep services out", _ADVICE)


@dataclass(frozen=True)
class Roles:
    """URLs of the two roles.

    Attributes:
        service: what services use.
        gate: the gate's own.
    """

    service: str
    gate: str


@contextmanager
def made_roles(administrator: Database) -> Iterator[Roles]:
    """Make both roles and their schemas in a database that holds no hub; where the body fails, they go again.

    Raises:
        NoRolesError: when the administrator's role may not.
        ConflictError: when the database holds a hub, or the server has roles of these names.
        InputError: when the database's name is too long to name roles after.
    """
    url = administrator.engine.url
    passwords = {"service": secrets.token_urlsafe(32), "gate": secrets.token_urlsafe(32)}
    with administrator.writing() as session:
        connection = session.connection()
        names = _names(connection)
        if not _may_make(connection):
            raise NoRolesError(_script(connection, names))
        _check_free(connection, names)
        verifiers = {f"{part}_password": _verifier(connection, names[part], passwords[part]) for part in passwords}
        _run(connection, _MADE, names, verifiers)
    made = {part: url.set(username=names[part], password=passwords[part]) for part in passwords}
    try:
        yield Roles(_plain(made["service"]), _plain(made["gate"]))
    except BaseException:
        with administrator.writing() as session:
            _run(session.connection(), _UNMADE, names, {})
        raise


def _names(connection: Connection) -> dict[str, str]:
    database = str(connection.scalar(text("SELECT current_database()")))
    names = {"database": database, "service": f"{database}_service", "gate": f"{database}_gate"}
    if len(names["service"].encode()) > _LONGEST_NAME:
        raise InputError(_PLACE, "the database's name is too long to name roles after", "give it a shorter one")
    return names


def _may_make(connection: Connection) -> bool:
    asked = """SELECT (rolsuper OR rolcreaterole) AND has_database_privilege(current_database(), 'CREATE')
               FROM pg_roles WHERE rolname = current_user"""
    return bool(connection.scalar(text(asked)))


def _check_free(connection: Connection, names: dict[str, str]) -> None:
    schemas = "SELECT 1 FROM pg_namespace WHERE nspname IN ('gate', 'service')"
    tables = "SELECT 1 FROM pg_class WHERE relname = 'alembic_version' AND relkind = 'r'"
    if connection.scalar(text(f"{schemas} UNION {tables}")) is not None:
        raise ConflictError("the database holds a hub already")
    known = "SELECT 1 FROM pg_roles WHERE rolname IN (:service, :gate)"
    if connection.scalar(text(known), {"service": names["service"], "gate": names["gate"]}) is not None:
        raise ConflictError(f"the server has a role `{names['service']}` or `{names['gate']}` already")


def _verifier(connection: Connection, role: str, password: str) -> str:
    driver: Any = connection.connection.driver_connection
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    return f"'{verifier}'"  # base64, `$`, `:` and `=` alone


def _run(connection: Connection, statements: tuple[str, ...], names: dict[str, str], verifiers: dict[str, str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement.format(**_quoted(connection, names), **verifiers))


def _script(connection: Connection, names: dict[str, str]) -> str:
    passwords = {"service_password": "'CHOOSE ONE'", "gate_password": "'CHOOSE ANOTHER'"}
    return "".join(statement.format(**_quoted(connection, names), **passwords) + ";\n" for statement in _MADE)


def _quoted(connection: Connection, names: dict[str, str]) -> dict[str, str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    return {part: quote(name) for part, name in names.items()}


def _plain(url: URL) -> str:
    return url.render_as_string(hide_password=False)
