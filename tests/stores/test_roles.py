"""The two roles of a hub on PostgreSQL: made whole by whoever may, their passwords unknown to the server."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from umaya.stores.database import Database
from umaya.stores.roles import NoRolesError, Roles, made_roles
from umaya.stores.wall import check_wall
from umaya.types.errors import ConflictError, InputError

pytestmark = pytest.mark.postgres


@pytest.fixture
def administrator(postgres_url: str) -> Iterator[Database]:
    administrator = Database.open(postgres_url)
    yield administrator
    administrator.close()


def make(administrator: Database) -> Roles:
    with made_roles(administrator) as roles:
        return roles


def run(database: Database, *statements: str) -> None:
    with database.writing() as session:
        for statement in statements:
            session.connection().exec_driver_sql(statement)


def rows(database: Database, question: str) -> list[tuple[object, ...]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(question))]


def check(roles: Roles) -> None:
    """Check the wall between two URLs, and that each role can make a table where it belongs."""
    service, gate = Database.open(roles.service), Database.open(roles.gate)
    try:
        check_wall(service, gate)
        for database, schema in ((service, "service"), (gate, "gate")):
            run(database, "CREATE TABLE own (n INTEGER)")
            assert rows(database, "SELECT schemaname FROM pg_tables WHERE tableowner = current_user") == [(schema,)]
        check_wall(service, gate)
    finally:
        service.close()
        gate.close()


def test_both_roles_are_made_with_a_wall_between_them(administrator: Database) -> None:
    roles = make(administrator)
    check(roles)
    name = administrator.engine.url.database
    assert [make_url(url).username for url in (roles.service, roles.gate)] == [f"{name}_service", f"{name}_gate"]
    special = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
    made = f"SELECT {special}, rolcanlogin FROM pg_roles WHERE rolname IN ('{name}_gate', '{name}_service')"
    assert rows(administrator, made) == [(False, True)] * 2


def test_the_server_keeps_a_verifier_that_fits_the_password(administrator: Database) -> None:
    """SCRAM-SHA-256 (RFC 5802): StoredKey is the hash of the key that PBKDF2 makes from the password."""
    made = make(administrator)
    for url in (made.service, made.gate):
        role, password = make_url(url).username, make_url(url).password
        assert password is not None
        assert len(password) >= 43, "32 random bytes"
        [(stored,)] = rows(administrator, f"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'")
        kind, salted, keys = str(stored).split("$")
        rounds, salt = salted.split(":")
        assert kind == "SCRAM-SHA-256"
        mixed = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
        client_key = hmac.digest(mixed, b"Client Key", "sha256")
        assert base64.b64decode(keys.split(":")[0]) == hashlib.sha256(client_key).digest()


def test_where_the_hub_fails_nothing_is_left(administrator: Database) -> None:
    def fail() -> None:
        with made_roles(administrator) as roles:
            gate = Database.open(roles.gate)
            gate.migrate()
            gate.close()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    name = administrator.engine.url.database
    assert rows(administrator, f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{name}%'") == []
    assert rows(administrator, "SELECT nspname FROM pg_namespace WHERE nspname IN ('gate', 'service')") == []
    check(make(administrator))


def test_a_database_that_holds_a_hub_is_refused(administrator: Database) -> None:
    make(administrator)
    with pytest.raises(ConflictError, match="holds a hub already"):
        make(administrator)


def test_roles_that_are_there_already_are_not_taken_over(administrator: Database) -> None:
    run(administrator, f"CREATE ROLE {administrator.engine.url.database}_gate")
    with pytest.raises(ConflictError, match="has a role"):
        make(administrator)


@pytest.fixture
def creator(administrator: Database) -> Iterator[Database]:
    """Owner of the database who may make roles but is no superuser."""
    database = administrator.engine.url.database
    name = f"{database}_creator"
    run(administrator, f"CREATE ROLE {name} LOGIN CREATEROLE", f"ALTER DATABASE {database} OWNER TO {name}")
    url = administrator.engine.url.set(username=name, password=None)
    creator = Database.open(url.render_as_string(hide_password=False))
    yield creator
    creator.close()
    owner = administrator.engine.url.username
    run(administrator, f"REASSIGN OWNED BY {name} TO {owner}", f"DROP OWNED BY {name}")
    for role in rows(administrator, f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{database}%'"):
        run(administrator, f"DROP OWNED BY {role[0]}", f"DROP ROLE {role[0]}")


def test_an_owner_who_may_make_roles_is_enough(creator: Database) -> None:
    def fail() -> None:
        with made_roles(creator):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    roles = make(creator)
    check(roles)
    gate = make_url(roles.gate).username
    assert rows(creator, f"SELECT pg_has_role('{gate}', 'USAGE')") == [(False,)], "and keeps no way in by habit"


def test_who_may_not_make_roles_is_told_what_an_administrator_runs(creator: Database, administrator: Database) -> None:
    run(administrator, f"ALTER ROLE {creator.engine.url.username} NOCREATEROLE")
    with pytest.raises(NoRolesError) as caught:
        make(creator)
    script = caught.value.script.replace("CHOOSE ONE", "first").replace("CHOOSE ANOTHER", "second")
    run(administrator, script)
    url, name = administrator.engine.url, administrator.engine.url.database
    made = {part: url.set(username=f"{name}_{part}") for part in ("service", "gate")}
    check(Roles(*(made[part].render_as_string(hide_password=False) for part in ("service", "gate"))))


def test_a_name_that_leaves_no_room_is_refused(administrator: Database) -> None:
    """PostgreSQL would cut `..._service` short without a word."""
    long = "d" * 60
    with administrator.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {long}"))
        other = Database.open(administrator.engine.url.set(database=long).render_as_string(hide_password=False))
        try:
            with pytest.raises(InputError, match="too long"):
                make(other)
        finally:
            other.close()
            connection.execute(text(f"DROP DATABASE {long} WITH (FORCE)"))
