"""Whoever can write to the services' database, by whatever hole, signs in as nobody and prolongs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from tests.api.sign_in.provider import CITY
from umaya.api.sign_in.models import SessionRow
from umaya.api.sign_in.sessions import Sessions
from umaya.gate.accounts import Identity
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock

NOW = datetime(2026, 4, 1, tzinfo=UTC)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
MALLORY, CHIEF = Identity(CITY, "mallory-4711"), Identity(CITY, "chief-0815")
CHOSEN = "a cookie that Mallory made up"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'services.db'}")
    database.migrate(ServiceBase)
    yield database
    database.close()


@pytest.fixture
def sessions(database: Database, clock: ManualClock) -> Sessions:
    return Sessions(database, clock, IDLE, LONGEST, b"k" * 32)


def digest(cookie: str) -> str:
    return sha256(cookie.encode()).hexdigest()


def test_a_row_that_is_written_by_hand_is_nobodys_session(database: Database, sessions: Sessions) -> None:
    """Sealed with everything that Mallory knows: their own cookie, and no key of the hub."""
    own = Sessions(database, ManualClock(NOW), IDLE, LONGEST, bytes(32))
    assert sessions.find(own.begin(CHIEF, "chief", "token")) is None
    with database.writing() as session:
        session.add(SessionRow(key=digest(CHOSEN), sealed=b"", began_at=NOW, seen_at=NOW))
    assert sessions.find(CHOSEN) is None
    assert sessions.act_as(CHOSEN, "chief") is None
    assert sessions.end(CHOSEN) is None


def test_what_is_sealed_for_one_cookie_opens_for_no_other(database: Database, sessions: Sessions) -> None:
    """Mallory's row gets what stands in the chief's."""
    chief, mallory = sessions.begin(CHIEF, "chief", "token"), sessions.begin(MALLORY, None, "token")
    with database.writing() as session:
        session.get_one(SessionRow, digest(mallory)).sealed = session.get_one(SessionRow, digest(chief)).sealed
    assert sessions.find(mallory) is None
    found = sessions.find(chief)
    assert found is not None
    assert found.identity == CHIEF


def test_a_later_beginning_prolongs_no_session(database: Database, sessions: Sessions, clock: ManualClock) -> None:
    cookie = sessions.begin(MALLORY, None, "token")
    clock.advance(LONGEST)
    with database.writing() as session:
        row = session.get_one(SessionRow, digest(cookie))
        row.began_at = row.seen_at = clock.now()
    assert sessions.find(cookie) is None


def test_the_database_does_not_tell_who_is_signed_in(database: Database, sessions: Sessions, tmp_path: Path) -> None:
    cookie = sessions.begin(MALLORY, "some-actor-id", "eyJhbGciOi.token")
    assert sessions.act_as(cookie, "some-other-id") is not None
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for word in (MALLORY.subject, "some-actor-id", "some-other-id", "eyJhbGciOi"):
        assert word.encode() not in files
