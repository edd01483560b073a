"""A hub: made whole or not at all, opened from its settings, its keys for its owner only."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from umaya.gate import Party, Words
from umaya.hub import DATABASE_VARIABLE, GATE_DATABASE_VARIABLE, Settings, init_hub, open_hub
from umaya.ledger import check_ledger, load_vkey
from umaya.stores.database import Base, Database
from umaya.stores.roles import made_roles
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, InputError, IntegrityError

SETTINGS = Settings("minase.example/umaya")
PARTY = Party("post-minase", Words("郵便局", "Post Office"), "post")


def clock() -> ManualClock:
    return ManualClock(datetime(2026, 4, 1, tzinfo=UTC))


def files(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_new_hub_has_a_database_keys_and_a_ledger_that_says_when_it_was_made(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", SETTINGS, clock())
    assert files(tmp_path / "hub") >= {"hub.toml", "hub.db", "keys", "ledger", "vault"}
    assert files(tmp_path / "hub/vault") >= {"gate.db"}
    assert files(tmp_path) == {"hub"}, "nothing is left beside it"
    checked = check_ledger(tmp_path / "hub/ledger", load_vkey(tmp_path / "hub/keys/ledger.vkey"))
    assert (checked.ok, checked.size) == (True, 1)


def test_keys_settings_and_database_are_for_the_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        init_hub(tmp_path / "hub", SETTINGS, clock())
    finally:
        os.umask(old)
    folders, closed = (
        ("", "keys", "vault"),
        ("keys/ledger.key", "keys/people.key", "hub.toml", "hub.db", "vault/gate.db"),
    )
    modes = {name: stat.S_IMODE((tmp_path / "hub" / name).stat().st_mode) for name in (*folders, *closed)}
    assert modes == dict.fromkeys(folders, 0o700) | dict.fromkeys(closed, 0o600)


def test_the_folder_one_stands_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is moved into its place whole, which would leave whoever stands there in a folder that is gone."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the folder you are in"):
        init_hub(Path(), SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub/letter.txt").write_text("dear reader")
    with pytest.raises(InputError, match="the folder is not empty"):
        init_hub(tmp_path / "hub", SETTINGS, clock())
    assert files(tmp_path / "hub") == {"letter.txt"}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    init_hub(tmp_path / "hub", SETTINGS, clock())
    assert "hub.toml" in files(tmp_path / "hub")


@pytest.mark.parametrize("origin", ["", "Minase", "https://minase.example", "a b"])
def test_a_wrong_origin_leaves_nothing_behind(tmp_path: Path, origin: str) -> None:
    with pytest.raises(InputError, match="origin"):
        init_hub(tmp_path / "hub", Settings(origin), clock())
    assert files(tmp_path) == set()


def test_a_database_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="database"):
        init_hub(tmp_path / "hub", replace(SETTINGS, database="mysql://nowhere/x"), clock())
    assert files(tmp_path) == set()


def test_what_was_done_is_there_when_the_hub_is_opened_again(tmp_path: Path, database_url: str) -> None:
    """On SQLite and on PostgreSQL; the ledger lies in the folder either way."""
    init_hub(tmp_path / "hub", replace(SETTINGS, database=database_url), clock())
    first = open_hub(tmp_path / "hub", clock(), {})
    first.gate.catalogue.add_party(PARTY)
    first.close()
    second = open_hub(tmp_path / "hub", clock(), {})
    assert second.gate.catalogue.parties() == [PARTY]
    assert [entry.kind for entry in second.ledger.entries(0, second.ledger.size)] == ["hub.created", "party.registered"]
    second.close()
    checked = check_ledger(tmp_path / "hub/ledger", load_vkey(tmp_path / "hub/keys/ledger.vkey"))
    assert (checked.ok, checked.size) == (True, 2)


@pytest.mark.parametrize("file", ["hub.db", "vault/gate.db"])
def test_a_damaged_database_is_told_in_our_words(tmp_path: Path, file: str) -> None:
    init_hub(tmp_path / "hub", SETTINGS, clock())
    (tmp_path / "hub" / file).write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(InputError, match="the database cannot be used"):
        open_hub(tmp_path / "hub", clock(), {})


def test_a_lost_database_of_the_gate_is_told_and_not_replaced(tmp_path: Path) -> None:
    """An empty one in its place would know no protective measure."""
    init_hub(tmp_path / "hub", SETTINGS, clock())
    (tmp_path / "hub/vault/gate.db").unlink()
    for _ in range(2):
        with pytest.raises(InputError, match="the gate's database is missing"):
            open_hub(tmp_path / "hub", clock(), {})


@pytest.mark.postgres
def test_a_database_that_does_not_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    nobody = replace(SETTINGS, database="postgresql+psycopg://umaya:secret@127.0.0.1:1/umaya")
    with pytest.raises(InputError, match="the database cannot be used") as caught:
        init_hub(tmp_path / "hub", nobody, clock())
    assert "secret" not in str(caught.value)
    assert files(tmp_path) == set()


@pytest.mark.postgres
def test_a_database_holds_one_hub(tmp_path: Path, postgres_url: str) -> None:
    settings = replace(SETTINGS, database=postgres_url)
    init_hub(tmp_path / "one", settings, clock())
    with pytest.raises(ConflictError, match="holds a hub already"):
        init_hub(tmp_path / "two", settings, clock())
    assert files(tmp_path) == {"one"}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", SETTINGS, clock())
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    hub = open_hub(tmp_path / "hub", clock(), {DATABASE_VARIABLE: url})
    assert hub.settings.database == url
    hub.close()


def test_services_get_no_way_to_the_gates_tables(tmp_path: Path, database_url: str) -> None:
    """What a hub offers its services is their own database; the gate keeps its own to itself."""
    init_hub(tmp_path / "hub", replace(SETTINGS, database=database_url), clock())
    hub = open_hub(tmp_path / "hub", clock(), {})
    hub.gate.catalogue.add_party(PARTY)
    offered = [value for name, value in vars(hub).items() if isinstance(value, Database)]
    assert offered == [hub.database]
    gates = Base.metadata.tables.keys()
    assert gates.isdisjoint(inspect(hub.database.engine).get_table_names())
    hub.close()


@pytest.mark.postgres
def test_a_hub_keeps_the_urls_of_its_two_roles_and_forgets_the_administrators(
    tmp_path: Path, postgres_url: str
) -> None:
    init_hub(tmp_path / "hub", replace(SETTINGS, database=postgres_url), clock())
    kept = Settings.read(tmp_path / "hub/hub.toml", {})
    name = make_url(postgres_url).database
    roles = [make_url(url).username for url in (kept.database, kept.gate_database)]
    assert roles == [f"{name}_service", f"{name}_gate"]
    assert postgres_url not in (tmp_path / "hub/hub.toml").read_text()


@pytest.mark.postgres
def test_two_ready_urls_are_taken_as_they_are(tmp_path: Path, postgres_url: str) -> None:
    """An administrator made the roles, because the hub's people may not."""
    administrator = Database.open(postgres_url)
    with made_roles(administrator) as roles:
        ready = replace(SETTINGS, database=roles.service, gate_database=roles.gate)
    administrator.close()
    init_hub(tmp_path / "hub", ready, clock())
    assert Settings.read(tmp_path / "hub/hub.toml", {}) == ready
    open_hub(tmp_path / "hub", clock(), {}).close()
    with pytest.raises(ConflictError, match="holds a hub already"):
        init_hub(tmp_path / "two", ready, clock())


@pytest.mark.postgres
@pytest.mark.parametrize("own", [None, "gate_database"])
def test_a_hub_whose_services_could_reach_the_gate_is_not_opened(
    tmp_path: Path, postgres_url: str, own: str | None
) -> None:
    """Checked at each start, also for URLs of the environment: the administrator's, or the gate's own."""
    init_hub(tmp_path / "hub", replace(SETTINGS, database=postgres_url), clock())
    url = getattr(Settings.read(tmp_path / "hub/hub.toml", {}), own) if own else postgres_url
    with pytest.raises(InputError, match="the services' role"):
        open_hub(tmp_path / "hub", clock(), {DATABASE_VARIABLE: url})
    open_hub(tmp_path / "hub", clock(), {}).close()


@pytest.mark.postgres
def test_tables_that_would_open_themselves_to_services_make_no_hub(tmp_path: Path, postgres_url: str) -> None:
    """Privileges by default reach only what is made later, as the gate's tables are."""
    administrator = Database.open(postgres_url)
    with made_roles(administrator) as roles:
        ready = replace(SETTINGS, database=roles.service, gate_database=roles.gate)
    with administrator.writing() as session:
        service, gate = (make_url(url).username for url in (roles.service, roles.gate))
        session.execute(text(f"ALTER DEFAULT PRIVILEGES FOR ROLE {gate} GRANT SELECT ON TABLES TO {service}"))
    with pytest.raises(InputError, match="may use a table of the gate"):
        init_hub(tmp_path / "hub", ready, clock())
    administrator.close()
    assert files(tmp_path) == set()


@pytest.mark.postgres
def test_ready_urls_without_a_wall_make_no_hub(tmp_path: Path, postgres_url: str) -> None:
    with pytest.raises(InputError, match="database"):
        init_hub(tmp_path / "hub", replace(SETTINGS, database=postgres_url, gate_database=postgres_url), clock())
    assert files(tmp_path) == set()


@pytest.mark.postgres
def test_roles_go_again_where_the_hub_cannot_be_made(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the hub is moved into its place."""

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "no space left on device")

    settings = replace(SETTINGS, database=postgres_url)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(InputError, match="cannot be made here"):
            init_hub(tmp_path / "hub", settings, clock())
    init_hub(tmp_path / "hub", settings, clock())


def test_the_gates_database_of_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    for name in ("hub", "other"):
        init_hub(tmp_path / name, SETTINGS, clock())
    url = f"sqlite:///{tmp_path}/other/vault/gate.db"
    hub = open_hub(tmp_path / "hub", clock(), {GATE_DATABASE_VARIABLE: url})
    hub.gate.catalogue.add_party(PARTY)
    hub.close()
    other = open_hub(tmp_path / "other", clock(), {})
    assert other.gate.catalogue.parties() == [PARTY]
    other.close()


def test_what_people_are_known_by_outlasts_the_process(tmp_path: Path) -> None:
    """Keys of people are derived from the kept secret; a hub of before it gets one when it is opened."""
    init_hub(tmp_path / "hub", SETTINGS, clock())
    (tmp_path / "hub/keys/people.key").unlink()
    keys = []
    for _ in range(2):
        hub = open_hub(tmp_path / "hub", clock(), {})
        keys.append(hub.gate.person_key(7))
        hub.close()
    assert keys[0] == keys[1]


def test_a_secret_of_people_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", SETTINGS, clock())
    (tmp_path / "hub/keys/people.key").chmod(0o640)
    with pytest.raises(InputError, match="open to others than its owner"):
        open_hub(tmp_path / "hub", clock(), {})


def test_settings_survive_being_written(tmp_path: Path) -> None:
    settings = Settings("a.example/b", 'postgresql+psycopg://u:p"\\@h/d', "sqlite:///a'b", "en", demo=True)
    settings.write(tmp_path / "hub.toml")
    assert Settings.read(tmp_path / "hub.toml", {}) == settings


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('origin = "a/b"\ncolour = 1', "colour"),
        ('origin = "a/b"\ndemo = "yes"', "demo"),
        ('origin = "a/b"\nlanguage = "fr"', "language"),
        ("demo = true", "origin"),
        ("origin =", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "hub.toml").write_text(text)
    with pytest.raises(InputError, match=named):
        Settings.read(tmp_path / "hub.toml", {})


def test_a_folder_that_is_no_hub_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder is no hub"):
        open_hub(tmp_path, clock(), {})


def test_a_key_that_others_can_read_is_not_loaded(tmp_path: Path) -> None:
    init_hub(tmp_path / "hub", SETTINGS, clock())
    (tmp_path / "hub/keys/ledger.key").chmod(0o644)
    with pytest.raises(InputError, match="open to others than its owner"):
        open_hub(tmp_path / "hub", clock(), {})


def test_the_key_of_another_hub_is_not_taken(tmp_path: Path) -> None:
    for name in ("hub", "other"):
        init_hub(tmp_path / name, SETTINGS, clock())
    (tmp_path / "other/keys/ledger.key").replace(tmp_path / "hub/keys/ledger.key")
    with pytest.raises(IntegrityError):
        open_hub(tmp_path / "hub", clock(), {})
