"""The wall between the gate's database and the services': checked whenever a hub is opened.

The gate's tables hold who consented to what and whom a protective measure covers. Must hold: the connection that
services use, and so whatever is injected into their SQL, can neither read nor change a table of the gate.

On PostgreSQL the server keeps the wall: two roles, and the services' has no way to the gate's schema. On SQLite it is
two files, so a connection to one does not show the other's tables; docs/explanation/threat-model.md says what that is
worth.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from umaya.stores.database import Database
from umaya.types.errors import InputError, Place

_PLACE: Final = Place("settings", field="database")
_ADVICE: Final = "give services a role of their own that was granted nothing, as `umaya init` makes it"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_TERMS: Final = """
    WITH RECURSIVE reach AS (SELECT * FROM pg_roles WHERE pg_has_role(:service, oid, 'MEMBER')),
    needs AS (
        SELECT ev_class AS view, refobjid AS needed FROM pg_rewrite JOIN pg_depend ON objid = pg_rewrite.oid
        WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND ev_class <> refobjid),
    views (oid) AS (
        SELECT view FROM needs JOIN pg_class ON pg_class.oid = needed WHERE relowner = current_user::regrole
        UNION SELECT view FROM needs JOIN views ON views.oid = needed)
"""
"""`reach`: every role that the services' may become, itself included. `views`: those that show tables of the gate."""
_BREACHES: Final = {
    "rules over other roles": """
        SELECT 1 FROM reach WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication""",
    "may become the gate's role, or one that passes by privileges": """
        SELECT 1 FROM reach WHERE rolname IN (
            session_user, current_user, 'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', 'pg_read_server_files',
            'pg_write_server_files', 'pg_execute_server_program', 'pg_create_subscription')""",
    "owns the database": """
        SELECT 1 FROM reach JOIN pg_database ON datdba = reach.oid WHERE datname = current_database()""",
    "may enter the gate's schema": """
        SELECT 1 FROM reach, pg_namespace AS schema
        WHERE schema.nspname = current_schema() AND has_schema_privilege(reach.oid, schema.oid, 'USAGE, CREATE')""",
    "may use a table of the gate": """
        SELECT 1 FROM reach, pg_class AS relation
        WHERE (relation.relowner = current_user::regrole
               OR relation.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))
          AND CASE relation.relkind
              WHEN 'S' THEN has_sequence_privilege(reach.oid, relation.oid, 'USAGE, SELECT, UPDATE')
              WHEN 'i' THEN false
              ELSE has_table_privilege(reach.oid, relation.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                   OR has_any_column_privilege(reach.oid, relation.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
              END""",
    "may read a view of the gate's tables": """
        SELECT 1 FROM reach, views WHERE has_any_column_privilege(reach.oid, views.oid, 'SELECT')""",
    "may call a function that runs with the rights of one who may enter the gate's schema": """
        SELECT 1 FROM reach, pg_proc AS function
        WHERE function.prosecdef AND has_function_privilege(reach.oid, function.oid, 'EXECUTE')
          AND has_schema_privilege(function.proowner, current_schema(), 'USAGE')""",
}
"""What must find no row, asked on the gate's own connection, in this order."""


def check_wall(service: Database, gate: Database) -> None:
    """Return when the services' database cannot reach the gate's tables.

    Args:
        service: the database that services use.
        gate: the gate's own.

    Raises:
        InputError: when it could, or when the two are databases of different kinds.
        sqlalchemy.exc.DBAPIError: when one of them cannot be used.
    """
    kinds = {service.engine.dialect.name, gate.engine.dialect.name}
    if len(kinds) == 2:
        raise InputError(_PLACE, "the gate's database is of another kind than the services'", "set both, or neither")
    if kinds == {"sqlite"}:
        _check_files(Path(str(service.engine.url.database)), Path(str(gate.engine.url.database)))
    else:
        _check_roles(service, gate)


def _check_files(service: Path, gate: Path) -> None:
    if service.samefile(gate):
        raise InputError(_PLACE, "services would use the gate's own file", "give each a file of its own")
    for path in (gate, gate.parent):
        if path.stat().st_mode & _OTHERS:
            advice = f"run `chmod go-rwx {path}`, and think about who read it"
            raise InputError(Place(str(path)), "what the gate keeps is open to others than its owner", advice)


def _check_roles(service: Database, gate: Database) -> None:
    with service.reading() as session:
        role, acting = session.execute(text("SELECT session_user, current_user")).one()
    if role != acting:
        raise InputError(_PLACE, "the services' connection acts as another role than it signed in as", _ADVICE)
    with gate.reading() as session:
        _check_gate(session.connection(), role)


def _check_gate(gate: Connection, service: str) -> None:
    own = text("SELECT nspowner = current_user::regrole FROM pg_namespace WHERE nspname = current_schema()")
    if gate.scalar(own) is not True:
        problem = "the gate's role has no schema of its own to put its tables into"
        raise InputError(Place("settings", field="gate_database"), problem, "make both roles as `umaya init` does")
    if gate.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :service"), {"service": service}) is None:
        return  # the gate is on another server, which does not know the services' role
    for problem, question in _BREACHES.items():
        if gate.execute(text(_TERMS + question), {"service": service}).first() is not None:
            raise InputError(_PLACE, f"the services' role {problem}", _ADVICE)
