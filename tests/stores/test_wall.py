"""The wall: what a service's connection is refused, and which openings keep a hub from being opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from umaya.stores.database import Database
from umaya.stores.roles import made_roles
from umaya.stores.wall import check_wall
from umaya.types.errors import InputError


@dataclass(frozen=True)
class Walled:
    """Three connections of one PostgreSQL database: who made it, its services, its gate."""

    administrator: Database
    service: Database
    gate: Database

    def granted(self, statement: str) -> None:
        """Let the administrator break the wall; SERVICE and GATE stand for the roles, DATABASE for the database."""
        for name, role in (("SERVICE", self.service), ("GATE", self.gate)):
            statement = statement.replace(name, str(role.engine.url.username))
        with self.administrator.writing() as session:
            session.execute(text(statement.replace("DATABASE_NAME", str(self.gate.engine.url.database))))


@pytest.fixture
def walled(postgres_url: str) -> Iterator[Walled]:
    administrator = Database.open(postgres_url)
    with made_roles(administrator) as roles:
        service, gate = Database.open(roles.service), Database.open(roles.gate)
    gate.migrate()
    with gate.writing() as session:
        session.execute(text("INSERT INTO parties VALUES ('post', '水無郵便局', 'Minase Post', 'post', 0)"))
    with service.writing() as session:
        session.execute(text("CREATE TABLE notes (body TEXT NOT NULL)"))
        session.execute(text("INSERT INTO notes VALUES ('road closed'), ('road open')"))
    yield Walled(administrator, service, gate)
    for database in (administrator, service, gate):
        database.close()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A service's file and the gate's, as a hub on SQLite has them."""
    (tmp_path / "vault").mkdir(mode=0o700)
    service, gate = (Database.open(f"sqlite:///{tmp_path / name}") for name in ("hub.db", "vault/gate.db"))
    gate.migrate()
    with service.writing() as session:
        session.execute(text("CREATE TABLE notes (body TEXT NOT NULL)"))
        session.execute(text("INSERT INTO notes VALUES ('road closed'), ('road open')"))
    yield service, gate
    service.close()
    gate.close()


# What the services' connection is refused ----------------------------------------------------------------------------


@pytest.mark.postgres
def test_a_service_can_do_nothing_with_any_table_of_the_gate(walled: Walled) -> None:
    check_wall(walled.service, walled.gate)
    tables = inspect(walled.gate.engine).get_table_names()
    assert {"people_events", "uses", "alembic_version"} <= set(tables)
    acts = (
        "SELECT 1 FROM {}",
        "INSERT INTO {} DEFAULT VALUES",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "LOCK TABLE {}",
        "COPY {} TO STDOUT",
        "COPY (SELECT * FROM {}) TO STDOUT",
        "SELECT table_to_xml('{}', true, false, '')",
        "CREATE VIEW seen AS SELECT * FROM {}",
        "CREATE TABLE child () INHERITS ({})",
        "CREATE TABLE alike (LIKE {})",
    )
    for table in tables:
        for act in acts:
            assert refused(walled.service, act.format(f"gate.{table}")), (table, act)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "way",
    [
        "SET ROLE {gate}",
        "SET SESSION AUTHORIZATION {gate}",
        "GRANT {gate} TO {service}",
        "ALTER ROLE {service} SUPERUSER",
        "ALTER ROLE {gate} PASSWORD 'known'",
        "ALTER SCHEMA gate OWNER TO {service}",
        "GRANT USAGE ON SCHEMA gate TO {service}",
        "ALTER TABLE gate.parties OWNER TO {service}",
        "CREATE TABLE gate.mine (n INTEGER)",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (n INTEGER)",
        "CREATE TABLE mine (party VARCHAR(64) REFERENCES gate.parties)",
        "CREATE FUNCTION mine() RETURNS BIGINT LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM gate.parties; END",
        "SELECT query_to_xml('SELECT * FROM gate.parties', true, false, '')",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/hostname')",
        "COPY notes TO '/tmp/notes'",
        "COPY notes FROM PROGRAM 'id'",
        "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
        "ALTER DATABASE {database} SET search_path = service",
    ],
)
def test_every_way_round_is_refused(walled: Walled, way: str) -> None:
    roles = {"service": walled.service.engine.url.username, "gate": walled.gate.engine.url.username}
    assert refused(walled.service, way.format(**roles, database=walled.gate.engine.url.database))


@pytest.mark.postgres
def test_statistics_show_a_service_no_value_of_the_gate(walled: Walled) -> None:
    """The planner's statistics hold the most common values of each column."""
    with walled.gate.writing() as session:
        session.execute(text("ANALYZE parties"))
    asked = text("SELECT count(*) FROM pg_stats WHERE schemaname = 'gate'")
    with walled.gate.reading() as session:
        assert session.scalar(asked) > 0
    with walled.service.reading() as session:
        assert session.scalar(asked) == 0


@pytest.mark.postgres
def test_a_search_path_changes_nothing(walled: Walled) -> None:
    with walled.service.reading() as session:
        session.execute(text("SET search_path = gate, service"))
        with pytest.raises(ProgrammingError, match="does not exist"):
            session.execute(text("SELECT * FROM parties"))


def refused(database: Database, statement: str) -> bool:
    """Return whether PostgreSQL refuses a statement for want of a privilege, and for no other reason."""
    with database.reading() as session:
        try:
            session.connection().exec_driver_sql(statement)
        except DBAPIError as error:
            said = str(error.orig)
            allowed = ("permission denied", "must be owner", "must be superuser", "must have admin option")
            assert any(words in said for words in allowed), said
            return True
    return False


def search(session: Session, words: str) -> list[str]:
    """A service's careless query: what a person typed becomes part of the SQL."""
    return list(session.scalars(text(f"SELECT body FROM notes WHERE body LIKE '%{words}%'")))


UNION = "nothing' UNION SELECT {} --"


@pytest.mark.postgres
def test_an_injection_through_a_service_reads_nothing_of_the_gate(walled: Walled) -> None:
    """The hole is real: it shows all of the service's own; the gate's stays shut, in one statement or several."""
    with walled.service.reading() as session:
        assert search(session, "clos") == ["road closed"]
        assert len(search(session, UNION.format("body FROM notes"))) == 2
    for told in ("name_ja FROM gate.parties", "text FROM gate.people_events", "stated_reason FROM gate.uses"):
        with walled.service.reading() as session, pytest.raises(ProgrammingError, match="permission denied"):
            search(session, UNION.format(told))
    stacked = f"'; SET ROLE {walled.gate.engine.url.username}; SELECT name_ja FROM gate.parties --"
    with walled.service.reading() as session, pytest.raises(ProgrammingError, match="permission denied"):
        search(session, stacked)


def test_an_injection_on_sqlite_finds_no_table_of_the_gate(files: tuple[Database, Database]) -> None:
    service, gate = files
    check_wall(service, gate)
    with service.reading() as session:
        assert len(search(session, UNION.format("body FROM notes"))) == 2
        with pytest.raises(OperationalError, match="no such table"):
            search(session, UNION.format("name_ja FROM parties"))
        with pytest.raises(ProgrammingError, match="one statement at a time"):
            search(session, f"'; ATTACH '{gate.engine.url.database}' AS gate --")


def test_no_statement_attaches_another_file(files: tuple[Database, Database]) -> None:
    service, gate = files
    with service.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with pytest.raises(driver.OperationalError, match="too many attached databases"):
            driver.execute(f"ATTACH '{gate.engine.url.database}' AS gate")


# Which openings keep a hub from being opened -------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("opening", "told"),
    [
        ("ALTER ROLE SERVICE SUPERUSER", "rules over other roles"),
        ("ALTER ROLE SERVICE CREATEROLE", "rules over other roles"),
        ("ALTER ROLE SERVICE REPLICATION", "rules over other roles"),
        ("ALTER ROLE SERVICE BYPASSRLS", "rules over other roles"),
        ("GRANT GATE TO SERVICE", "may become the gate's role"),
        ("ALTER ROLE SERVICE NOINHERIT; GRANT GATE TO SERVICE", "may become the gate's role"),
        ("GRANT pg_read_all_data TO SERVICE", "passes by privileges"),
        ("ALTER ROLE SERVICE NOINHERIT; GRANT pg_execute_server_program TO SERVICE", "passes by privileges"),
        ("ALTER DATABASE DATABASE_NAME OWNER TO SERVICE", "owns the database"),
        ("GRANT USAGE ON SCHEMA gate TO SERVICE", "may enter the gate's schema"),
        ("GRANT CREATE ON SCHEMA gate TO PUBLIC", "may enter the gate's schema"),
        ("GRANT SELECT ON gate.parties TO SERVICE", "may use a table of the gate"),
        ("GRANT DELETE ON gate.uses TO PUBLIC", "may use a table of the gate"),
        ("GRANT SELECT (id) ON gate.actors TO SERVICE", "may use a table of the gate"),
        ("ALTER TABLE gate.parties OWNER TO SERVICE", "may use a table of the gate"),
        ("CREATE VIEW service.v AS TABLE gate.parties; GRANT SELECT ON service.v TO SERVICE", "may read a view"),
        (
            "CREATE VIEW public.v AS TABLE gate.parties; CREATE MATERIALIZED VIEW service.w AS TABLE public.v; "
            "GRANT SELECT ON service.w TO SERVICE",
            "may read a view",
        ),
        (
            "CREATE FUNCTION public.f() RETURNS BIGINT SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'",
            "may call a function that runs with the rights",
        ),
    ],
)
def test_an_opening_in_the_wall_is_told(walled: Walled, opening: str, told: str) -> None:
    check_wall(walled.service, walled.gate)
    walled.granted(opening)
    with pytest.raises(InputError, match=told):
        check_wall(walled.service, walled.gate)


@pytest.mark.postgres
def test_a_service_may_not_be_the_gate_or_whoever_made_both(walled: Walled) -> None:
    for service in (walled.gate, walled.administrator):
        with pytest.raises(InputError, match="the services' role"):
            check_wall(service, walled.gate)


@pytest.mark.postgres
def test_a_service_may_not_act_as_another_role_than_it_signed_in_as(walled: Walled) -> None:
    """`RESET ROLE` would be all that an injection needs."""
    role = f"-crole={walled.service.engine.url.username}"
    url = walled.administrator.engine.url.update_query_dict({"options": role})
    disguised = Database.open(url.render_as_string(hide_password=False))
    with pytest.raises(InputError, match="acts as another role"):
        check_wall(disguised, walled.gate)
    disguised.close()


@pytest.mark.postgres
def test_a_gate_without_a_schema_of_its_own_is_refused(walled: Walled) -> None:
    """Its tables would lie where others may make theirs."""
    walled.granted("ALTER ROLE GATE IN DATABASE DATABASE_NAME SET search_path = public")
    walled.gate.engine.dispose()
    with pytest.raises(InputError, match="no schema of its own"):
        check_wall(walled.service, walled.gate)


@pytest.mark.postgres
def test_databases_of_two_kinds_are_refused(walled: Walled, files: tuple[Database, Database]) -> None:
    for service, gate in ((walled.service, files[1]), (files[0], walled.gate)):
        with pytest.raises(InputError, match="of another kind"):
            check_wall(service, gate)


def test_one_file_under_two_names_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    gate = Database.open(f"sqlite:///{tmp_path / 'gate.db'}")
    (tmp_path / "hub.db").symlink_to(tmp_path / "gate.db")
    service = Database.open(f"sqlite:///{tmp_path / 'hub.db'}")
    with pytest.raises(InputError, match="the gate's own file"):
        check_wall(service, gate)
    service.close()
    gate.close()


@pytest.mark.parametrize(("name", "mode"), [("vault/gate.db", 0o640), ("vault", 0o750)])
def test_what_the_gate_keeps_is_for_its_owner_alone(
    files: tuple[Database, Database], tmp_path: Path, name: str, mode: int
) -> None:
    check_wall(*files)
    (tmp_path / name).chmod(mode)
    with pytest.raises(InputError, match="open to others than its owner"):
        check_wall(*files)


@pytest.mark.postgres
def test_a_gate_on_another_server_knows_nothing_of_the_role(walled: Walled) -> None:
    """The services' role is a stranger there, so nothing is to be asked about it."""
    walled.granted("CREATE ROLE stranger LOGIN")
    url = make_url(walled.service.engine.url).set(username="stranger")
    walled.granted("GRANT CONNECT ON DATABASE DATABASE_NAME TO stranger")
    stranger = Database.open(url.render_as_string(hide_password=False))
    check_wall(stranger, walled.gate)
    stranger.close()
