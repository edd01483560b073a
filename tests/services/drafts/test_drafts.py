"""Drafts are their owner's alone, and an outdated form changes nothing; on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from umaya.services.drafts import Drafts, OutdatedError
from umaya.services.drafts import service as module
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, InputError, NotFoundError
from umaya.types.site import Actor

ASKER = Actor("asker", "申請", "post-minase", frozenset({"applicant"}))
OTHER = Actor("other", "申請", "post-minase", frozenset({"applicant"}))
NOW = datetime(2026, 4, 2, 3, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def drafts(database_url: str, clock: ManualClock) -> Iterator[Drafts]:
    database = Database.open(database_url)
    database.migrate(ServiceBase)
    yield Drafts(database, clock)
    database.close()


def test_a_draft_comes_back_as_it_was_typed(drafts: Drafts, clock: ManualClock) -> None:
    document = {"title": {"ja": "題", "en": ""}, "period": {"from": "spring"}}
    kept = drafts.start(ASKER, document)
    clock.advance(timedelta(minutes=1))
    saved = drafts.save(ASKER, kept.id, kept.revision, {**document, "basis": "statute"})
    assert drafts.get(ASKER, kept.id) == saved
    assert saved.document == {**document, "basis": "statute"}
    assert (saved.revision, saved.updated_at - saved.created_at) == (2, timedelta(minutes=1))
    drafts.discard(ASKER, kept.id)
    assert drafts.list(ASKER) == []


def test_the_later_save_of_an_outdated_form_is_refused(drafts: Drafts) -> None:
    """Two tabs open the same revision: the first save stands, the second is told and changes nothing."""
    kept = drafts.start(ASKER, {"basis": "statute"})
    first = drafts.save(ASKER, kept.id, kept.revision, {"basis": "consent"})
    with pytest.raises(OutdatedError):
        drafts.save(ASKER, kept.id, kept.revision, {"basis": "statistics"})
    assert drafts.get(ASKER, kept.id) == first


def test_drafts_of_others_are_as_if_not_there(drafts: Drafts) -> None:
    """Whoever left the party is another as well."""
    kept = drafts.start(ASKER, {})
    moved = Actor(ASKER.id, ASKER.name, "bank-minase", ASKER.roles)
    for actor, draft in ((OTHER, kept.id), (moved, kept.id), (ASKER, "x"), (ASKER, str(kept.id)[:-1] + "g")):
        with pytest.raises(NotFoundError):
            drafts.get(actor, draft)
        with pytest.raises(NotFoundError):
            drafts.save(actor, draft, 1, {})
        with pytest.raises(NotFoundError):
            drafts.discard(actor, draft)
    assert drafts.list(OTHER) == []
    assert drafts.get(ASKER, kept.id) == kept


def test_drafts_have_limits(drafts: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    kept = drafts.start(ASKER, {})
    with pytest.raises(ConflictError, match="discard"):
        drafts.start(ASKER, {})
    with pytest.raises(InputError, match="too long"):
        drafts.save(ASKER, kept.id, kept.revision, {"purpose": "x" * module.LONGEST})
