"""Rows come in live: batch by batch, each once, with what is derived from them, and no crash loses or doubles any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.databases import migrated
from tests.gate.live_world import (
    LEGS,
    PHONES,
    SECOND,
    STEWARD,
    Legs,
    LiveWorld,
    batch,
    in_vault,
    legs_in_vault,
    seconds,
)
from tests.gate.world import ACTORS
from umaya.gate import Dataset, Words
from umaya.gate.intake import Arrived, journal, live, sequences
from umaya.gate.record import NotRecordedError
from umaya.stores import lake
from umaya.types.errors import ConflictError, ForbiddenError, InputError, IntegrityError


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[LiveWorld]:
    """The world, once on SQLite and once on PostgreSQL."""
    database = migrated(database_url)
    world = LiveWorld(database, tmp_path / "vault")
    world.furnish_live()
    yield world
    database.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[LiveWorld]:
    """The world on SQLite."""
    database = migrated(f"sqlite:///{tmp_path / 'gate.db'}")
    world = LiveWorld(database, tmp_path / "vault")
    world.furnish_live()
    yield world
    database.close()


def take(world: LiveWorld, *batches: Any, collection: int | None = 1) -> list[Any]:
    with world.gate.live_intake.open("live") as writer:
        return writer.take(PHONES, collection, batches)


def test_batches_that_come_together_are_one_intake_with_one_entry(world: LiveWorld) -> None:
    before = len(world.ledger.entries)
    north, south = take(world, batch(0, seconds("a", 1, 2)), batch(0, seconds("b", 1), "south"))
    assert (north.rows, south.rows, north.repeated) == (2, 1, False)
    assert north.intake == south.intake
    received, derived = world.ledger.entries[before:]
    assert (received.kind, received.body["rows"], received.body["batches"]) == ("dataset.received", 3, 2)
    assert (derived.kind, derived.body["rows"], derived.body["source"]) == ("dataset.derived", 1, "live")
    assert (received.body["collection"], derived.body["collection"]) == (1, 1)
    assert in_vault(world.directory) == [("a", 1), ("a", 2), ("b", 1)]
    assert legs_in_vault(world.directory) == [("a", 0)]


def test_a_batch_that_is_sent_again_is_taken_once(world: LiveWorld) -> None:
    (first,) = take(world, batch(7, seconds("a", 1, 2)))
    again, later = take(world, batch(7, seconds("a", 1, 2)), batch(8, seconds("a", 3)))
    assert (again.repeated, again.intake) == (True, first.intake)
    assert not later.repeated
    assert in_vault(world.directory) == [("a", 1), ("a", 2), ("a", 3)]
    assert legs_in_vault(world.directory) == [("a", 0), ("a", 1)]


def test_numbers_are_each_sources_own_and_may_come_in_any_order(small: LiveWorld) -> None:
    outcomes = take(small, *(batch(n, seconds("a", 10 + n)) for n in (3, 1, 2)), batch(3, seconds("b", 1), "south"))
    assert [one.repeated for one in outcomes] == [False] * 4
    assert len(in_vault(small.directory)) == 4


def test_a_number_that_is_too_old_to_be_known_is_refused(small: LiveWorld) -> None:
    take(small, batch(sequences.KEPT + 5, seconds("a", 1)))
    old, known = take(small, batch(5, seconds("a", 2)), batch(6, seconds("a", 3)))
    assert isinstance(old, InputError)
    assert old.place.field == "sequence"
    assert isinstance(known, Arrived)


def test_of_one_number_twice_in_a_tick_the_second_is_told_to_wait(small: LiveWorld) -> None:
    first, second = take(small, batch(1, seconds("a", 1)), batch(1, seconds("a", 1)))
    assert isinstance(first, Arrived)
    assert isinstance(second, ConflictError)
    assert len(in_vault(small.directory)) == 1


def test_a_batch_with_a_fault_is_refused_whole_and_the_others_are_taken(small: LiveWorld) -> None:
    wrong = seconds("a", 1, 2, 3).set_column(2, "lon", pa.array([136.8, None, 999.0]))
    bad, good = take(small, batch(1, wrong), batch(1, seconds("b", 1), "south"))
    assert isinstance(bad, InputError)
    assert (bad.place.file, bad.place.row, bad.place.field) == ("north", 2, "lon")
    assert "999" not in str(bad)
    assert isinstance(good, Arrived)
    assert in_vault(small.directory) == [("b", 1)]
    (mended,) = take(small, batch(1, seconds("a", 1, 2, 3)))
    assert not mended.repeated


def test_late_and_doubled_points_are_kept_and_counted_but_derived_once(small: LiveWorld) -> None:
    take(small, batch(0, seconds("a", 5)))
    before = len(small.ledger.entries)
    take(small, batch(1, seconds("a", 4, 5, 6)))
    derived = small.ledger.entries[before + 1]
    assert derived.body["late"] == 2
    assert len(in_vault(small.directory)) == 4
    assert legs_in_vault(small.directory) == [("a", 0)]


def test_nobody_but_the_owners_operator_takes_rows_in_and_only_for_a_purpose(small: LiveWorld) -> None:
    with small.gate.live_intake.open("live") as writer:
        for actor in ("clerk", "banker"):
            with pytest.raises(ForbiddenError):
                writer.take(ACTORS[actor], 1, [batch(0, seconds("a", 1))])
        with pytest.raises(InputError, match="purpose"):
            writer.take(PHONES, None, [batch(0, seconds("a", 1))])
    assert in_vault(small.directory) == []


def test_one_process_at_a_time_takes_live_rows_in(small: LiveWorld) -> None:
    with small.gate.live_intake.open("live"), pytest.raises(ConflictError, match="another process"):
        small.gate.live_intake.open("live")
    small.gate.live_intake.open("live").close()


def test_a_dataset_without_an_engine_comes_in_live_too(tmp_path: Path) -> None:
    database = migrated(f"sqlite:///{tmp_path / 'gate.db'}")
    world = LiveWorld(database, tmp_path / "vault")
    world.furnish_live(engine=False)
    take(world, batch(0, seconds("a", 1)))
    (again,) = take(world, batch(0, seconds("a", 1)))
    assert again.repeated
    assert not list((tmp_path / "vault" / "live_intakes" / "live").glob("segment-*"))
    database.close()


def test_the_journal_is_sealed_and_bound_to_its_place(small: LiveWorld) -> None:
    take(small, batch(0, seconds("bike-of-somebody", 1)))
    folder = small.directory / "live_intakes" / "live"
    files = [path for path in folder.iterdir() if path.name != "lock"]
    assert files
    for path in files:
        assert b"bike-of-somebody" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    (state,) = files
    state.rename(state.with_name("state-0000000009"))
    with pytest.raises(IntegrityError):
        small.gate.live_intake.open("live")


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("falls_at", range(1, 12))
def test_a_crash_at_any_write_loses_and_doubles_nothing(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch, falls_at: int
) -> None:
    """Each file that a tick publishes is once the last; the sender heard nothing and sends everything again."""
    take(small, batch(0, seconds("a", 1)))
    count = 0
    for module in (lake, journal):
        real = module.publish

        def dying(path: Path, write: Any, real: Any = real) -> None:
            nonlocal count
            count += 1
            if count == falls_at:
                raise Crash
            real(path, write)
            if count == falls_at - 1 and falls_at % 2:
                count += 1
                raise Crash

        monkeypatch.setattr(module, "publish", dying)
    writer = small.gate.live_intake.open("live")
    sent = [batch(n, seconds("a", 2 * n, 2 * n + 1)) for n in (1, 2, 3)]
    try:
        for one in sent:
            writer.take(PHONES, 1, [one])
    except Crash:
        pass
    monkeypatch.undo()
    writer._stack.close()  # the lock of a dead process is free
    take(small, *sent)
    assert in_vault(small.directory) == [("a", n) for n in range(1, 8)]
    assert legs_in_vault(small.directory) == [("a", n) for n in range(6)]


@pytest.mark.parametrize("kind", ["dataset.received", "dataset.derived"])
def test_what_the_ledger_cannot_take_is_not_taken_and_may_be_sent_again(small: LiveWorld, kind: str) -> None:
    with small.gate.live_intake.open("live") as writer:
        writer.take(PHONES, 1, [batch(0, seconds("a", 1))])
        small.ledger.fail_at = frozenset({kind})
        with pytest.raises(NotRecordedError):
            writer.take(PHONES, 1, [batch(None, seconds("a", 2))])
        assert in_vault(small.directory) == [("a", 1)]
        small.ledger.fail_at = frozenset()
        writer.take(PHONES, 1, [batch(None, seconds("a", 2))])
        writer.take(PHONES, 1, [batch(3, seconds("a", 3))])
    assert in_vault(small.directory) == [("a", 1), ("a", 2), ("a", 3)]
    assert legs_in_vault(small.directory) == [("a", 0), ("a", 1)]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(7)),
    repeats=st.lists(st.integers(0, 6), max_size=3),
    stops=st.sets(st.integers(0, 9), max_size=3),
)
def test_whatever_is_repeated_mixed_or_stopped_each_batch_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], repeats: list[int], stops: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("live")
    database = migrated(f"sqlite:///{folder / 'gate.db'}")
    world = LiveWorld(database, folder / "vault")
    world.furnish_live()
    writer = world.gate.live_intake.open("live")
    for at, number in enumerate([*order, *repeats]):
        if at in stops:
            writer._stack.close()  # killed: nothing is kept but what is on the disk
            writer = world.gate.live_intake.open("live")
        (outcome,) = writer.take(PHONES, 1, [batch(number, seconds("a", number))])
        assert isinstance(outcome, Arrived)
        assert outcome.repeated == (number in order[:at] if at < 7 else True)
    writer.close()
    assert in_vault(world.directory) == [("a", n) for n in range(7)]
    made = [n for _, n in legs_in_vault(world.directory)]
    assert made == list(range(len(made)))
    database.close()


def test_states_are_kept_now_and_then_and_take_the_journal_along(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STATE_EVERY", 3)
    folder = small.directory / "live_intakes" / "live"
    writer = small.gate.live_intake.open("live")
    for n in range(8):
        writer.take(PHONES, 1, [batch(n, seconds("a", n))])
        assert len(list(folder.glob("segment-*"))) <= 3
    assert len(list(folder.glob("state-*"))) == 1
    writer.close()
    assert not list(folder.glob("segment-*"))


def test_time_passes_for_the_engine_where_nothing_comes(small: LiveWorld) -> None:
    with small.gate.live_intake.open("live") as writer:
        entries = len(small.ledger.entries)
        assert writer.take(PHONES, 1, []) == []
        writer.take(PHONES, 1, [batch(0, seconds("a", 1))])
        small.clock.advance(timedelta(seconds=30))
        writer.take(PHONES, 1, [])
        assert len(small.ledger.entries) == entries + 1
    derivation = small.gate.derivations.of("live")
    assert derivation is not None
    assert derivation.final_until == small.clock.now() - SECOND


def test_a_clock_that_was_set_back_takes_nothing_of_what_was_called_final_back(small: LiveWorld) -> None:
    """Rows are taken in as ever, and the engine sees time stand still, also after a restart."""
    start = small.clock.now()
    small.clock.advance(timedelta(hours=1))
    take(small, batch(0, seconds("a", 1)))
    final = final_of(small)
    assert final == start + timedelta(hours=1) - SECOND
    small.clock._now -= timedelta(minutes=50)
    with small.gate.live_intake.open("live") as writer:
        writer.take(PHONES, 1, [batch(1, seconds("a", 2))])
        assert engine_of(writer).arrived == start + timedelta(hours=1)
        assert final_of(small) == final
        small.clock.advance(timedelta(minutes=51))
        writer.take(PHONES, 1, [batch(2, seconds("a", 3))])
    assert final_of(small) == small.clock.now() - SECOND
    assert legs_in_vault(small.directory) == [("a", 0), ("a", 1)]


def test_the_engine_is_told_what_was_called_final_while_it_was_quiet(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the next rows, and as it was then when they are fed again after a crash."""
    take(small, batch(0, seconds("a", 1)))
    monkeypatch.setattr(Legs, "waits", property(lambda self: False))
    writer = small.gate.live_intake.open("live")
    small.clock.advance(timedelta(minutes=20))
    writer.take(PHONES, 1, [])
    told = final_of(small)
    assert told == small.clock.now() - SECOND
    small.clock.advance(SECOND)
    writer.take(PHONES, 1, [batch(1, seconds("a", 2))])
    assert engine_of(writer).told[-1] == told
    writer._stack.close()  # killed
    with small.gate.live_intake.open("live") as again:
        assert engine_of(again).told == [told]
        assert final_of(small) == told + SECOND


def final_of(world: LiveWorld) -> datetime:
    """Until when the legs are called final."""
    derivation = world.gate.derivations.of("live")
    assert derivation is not None
    assert derivation.final_until is not None
    return derivation.final_until


def engine_of(writer: live.LiveWriter) -> Legs:
    """The engine that a writer feeds."""
    assert writer._making is not None
    assert isinstance(writer._making.engine, Legs)
    return writer._making.engine


def test_a_derivation_is_registered_once_by_the_owners_steward_and_fits(small: LiveWorld) -> None:
    register = small.gate.derivations.register
    assert small.ledger.entries[-1].kind == "derivation.registered"
    with pytest.raises(ConflictError):
        register(STEWARD, "live", "live-legs", "legs")
    with pytest.raises(ForbiddenError):
        register(ACTORS["banker"], "live", "live-legs", "legs")
    with pytest.raises(InputError, match="engine is unknown"):
        register(STEWARD, "live", "live-legs", "guessing")
    title = Words("別", "Other")
    other = pa.schema([LEGS.field("vehicle_id"), LEGS.field("t")])
    classes = {name: small.gate.catalogue.dataset("live-legs").classes["t"] for name in other.names}
    small.gate.catalogue.add_dataset(Dataset("other", "post-minase", title, other, classes, "t"))
    with pytest.raises(InputError, match="other columns"):
        register(STEWARD, "bike-positions", "other", "legs")


def test_nothing_is_derived_before_people_were_told_what_for(tmp_path: Path) -> None:
    database = migrated(f"sqlite:///{tmp_path / 'gate.db'}")
    world = LiveWorld(database, tmp_path / "vault")
    world.furnish_live()
    officer = next(one for one in world.gate.catalogue.actors() if one.id == "post-minase-tells")
    world.gate.collections.end(officer, "live-legs", 1)
    with pytest.raises(InputError, match="purpose"):
        world.gate.live_intake.open("live")
    database.close()


def test_a_state_that_the_engine_cannot_read_is_refused_and_may_be_removed(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it nothing is taken twice, and what was on its way alone is not derived."""
    take(small, batch(0, seconds("a", 1, 2)))

    def other_version(*given: Any) -> None:
        raise ValueError("of another version")

    with monkeypatch.context() as patched:
        patched.setattr(Legs, "restore", other_version)
        with pytest.raises(ConflictError, match="another version") as refused:
            small.gate.live_intake.open("live")
    (state,) = (small.directory / "live_intakes" / "live").glob("state-*")
    assert f"delete `{state.relative_to(small.directory.parent)}`" in str(refused.value)
    state.unlink()
    again, later = take(small, batch(0, seconds("a", 1, 2)), batch(1, seconds("b", 1, 2)))
    assert (again.repeated, later.repeated) == (True, False)
    assert in_vault(small.directory) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert legs_in_vault(small.directory) == [("a", 0), ("b", 0)]
