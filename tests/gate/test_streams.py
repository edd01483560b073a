"""Streams: what is written down of data that leaves batch by batch, however the reader or the hub ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.lists import Lists
from umaya.gate import Refusal, Stream
from umaya.gate.record import NotRecordedError
from umaya.gate.uses import UseState
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason
from umaya.vault.grant import LIFETIME, GrantError


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    """The world with its scheme approved; 1 and 6 consented."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    world.consent(1, 6)
    yield world
    database.close()


def begun(lists: Lists) -> Stream:
    stream = lists.gate.stream(lists.use())
    assert isinstance(stream, Stream)
    return stream


def shares(stream: Stream) -> list[int]:
    """A reader with a fault of its own."""
    with stream:
        return [1 // (batch.num_rows - 2) for batch in stream]


def test_a_reader_that_breaks_off_without_a_word_is_noticed(lists: Lists) -> None:
    """Nobody left the context, for nobody entered it: that the iteration was given up is enough."""
    stream = begun(lists)
    for batch in stream:
        assert batch.num_rows
        break
    assert lists.gate.uses.get(stream.use).state is UseState.INTERRUPTED
    assert not stream.complete


def test_a_reader_that_fails_gets_its_own_error_and_the_ledger_knows(lists: Lists) -> None:
    stream = begun(lists)
    with pytest.raises(ZeroDivisionError):
        shares(stream)
    assert lists.gate.uses.get(stream.use).state is UseState.INTERRUPTED
    assert lists.ledger.kinds()[-1] == "use.interrupted"


def test_a_stream_is_read_once_and_closed_once(lists: Lists) -> None:
    stream = begun(lists)
    assert sum(batch.num_rows for batch in stream) == 2
    entries = len(lists.ledger.entries)
    stream.close()
    with pytest.raises(ConflictError), stream:
        list(stream)
    assert len(lists.ledger.entries) == entries
    assert lists.gate.uses.get(stream.use).state is UseState.RELEASED


def test_a_ledger_that_fails_at_the_end_is_told_to_the_reader(lists: Lists) -> None:
    """The rows have left and their use is on record; that it ended is not, and nobody is told that it did."""
    stream = begun(lists)
    lists.ledger.fail_at = frozenset({"use.released"})
    with pytest.raises(NotRecordedError):
        list(stream)
    record = lists.gate.uses.get(stream.use)
    assert (record.state, record.closing_entry) == (UseState.OPEN, None)
    assert lists.ledger.entries[record.entry].kind == "use.permitted"


def test_no_batch_leaves_where_the_decision_cannot_be_recorded(lists: Lists) -> None:
    lists.ledger.fail_at = frozenset({"use.permitted"})
    refusal = lists.gate.stream(lists.use())
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.entry) == (Reason.LEDGER_UNAVAILABLE, None)
    assert lists.gate.uses.list() == []


def test_a_stream_that_is_left_before_its_end_does_not_seem_to_end(lists: Lists) -> None:
    """What is still iterated after the context is no shorter list: it is an error."""
    stream = begun(lists)
    with stream:
        batches = iter(stream)
        assert next(batches).num_rows
    with pytest.raises(ConflictError, match="closed before its end"):
        next(batches)
    assert not stream.complete
    assert lists.gate.uses.get(stream.use).state is UseState.INTERRUPTED


def test_a_stream_is_not_kept_for_later(lists: Lists) -> None:
    """Decided in the morning, read in the evening: whoever withdrew at noon would be in it."""
    stream = begun(lists)
    lists.withdraw(6)
    lists.clock.advance(LIFETIME)
    with pytest.raises(GrantError, match="in time"):
        list(stream)
    record = lists.gate.uses.get(stream.use)
    assert (record.state, record.rows) == (UseState.INTERRUPTED, 0)


def test_who_withdraws_while_a_stream_runs_is_not_in_the_next(lists: Lists) -> None:
    """The stream was decided before; a decision begun afterwards is bound."""
    stream = begun(lists)
    lists.withdraw(6)
    assert sum(batch.num_rows for batch in stream) == 2
    assert sum(batch.num_rows for batch in begun(lists)) == 1
