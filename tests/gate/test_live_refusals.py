"""What is wrong with one live batch keeps no other from being taken; what happens after the commit is no refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.databases import migrated
from tests.gate.collected import tell
from tests.gate.live_world import PHONES, SECOND, Legs, LiveWorld, batch, in_vault, legs_in_vault, seconds
from tests.gate.world import CLASSES, NOW, SCHEMA
from umaya.gate import Dataset, Words
from umaya.gate.intake import Arrived, Batch, LiveWriter, batches, faults, journal, live
from umaya.gate.intake.batches import MAX_SOURCE, NEWEST, OLDEST
from umaya.gate.rights.models import RequestRow
from umaya.gate.stops import BarRow
from umaya.stores import durable
from umaya.stores.lake import Lake, Placement
from umaya.types.errors import ConflictError, InputError, IntegrityError, UmayaError


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[LiveWorld]:
    """The world, once on SQLite and once on PostgreSQL."""
    database = migrated(database_url)
    made = LiveWorld(database, tmp_path / "vault")
    made.furnish_live()
    yield made
    database.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[LiveWorld]:
    """The world on SQLite."""
    database = migrated(f"sqlite:///{tmp_path / 'gate.db'}")
    made = LiveWorld(database, tmp_path / "vault")
    made.furnish_live()
    yield made
    database.close()


def take(world: LiveWorld, *batches: Any, dataset: str = "live") -> list[Any]:
    with world.gate.live_intake.open(dataset) as writer:
        return writer.take(PHONES, 1, batches)


def segments(world: LiveWorld, dataset: str = "live") -> list[Path]:
    return sorted((world.directory / "live_intakes" / dataset).glob("segment-*"))


ODD_KEYS = [
    ("north", 10**25, "sequence"),
    ("north", -1, "sequence"),
    ("\ud800", 1, "source"),
    ("\ud800", None, "source"),
    ("a\x00b", 1, "source"),
    ("x" * (MAX_SOURCE + 1), 1, "source"),
]


def test_a_key_that_no_database_keeps_refuses_its_batch_alone(world: LiveWorld) -> None:
    odd = [batch(number, seconds("bad", 1), source) for source, number, _ in ODD_KEYS]
    *refused, good = take(world, *odd, batch(1, seconds("good", 1), "south"))
    assert [isinstance(one, InputError) and one.place.field for one in refused] == [field for *_, field in ODD_KEYS]
    for one in refused:
        assert str(one).encode()
        assert str(10**25) not in str(one)
    assert isinstance(good, Arrived)
    assert in_vault(world.directory) == [("good", 1)]


def test_rows_that_cannot_even_be_looked_at_refuse_their_batch_alone(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = faults.check

    def falling(dataset: Dataset, rows: pa.Table, source: str, unread: pa.Table | None = None) -> Any:
        if source == "odd":
            raise pa.ArrowInvalid("near somebody's row")
        return real(dataset, rows, source, unread)

    monkeypatch.setattr(batches, "check", falling)
    odd, good = take(small, batch(1, seconds("bad", 1), "odd"), batch(1, seconds("good", 1)))
    assert isinstance(odd, InputError)
    assert "somebody" not in str(odd) + caplog.text
    assert isinstance(good, Arrived)


@pytest.mark.parametrize("after", [NEWEST + SECOND, -OLDEST - SECOND, timedelta(days=365_000)])
def test_a_time_far_from_the_moment_of_arrival_is_refused_with_its_row(small: LiveWorld, after: timedelta) -> None:
    odd = seconds("bad", 1, 2, int(after / SECOND))
    bad, good = take(small, batch(1, odd), batch(1, seconds("good", 1), "south"))
    assert isinstance(bad, InputError)
    assert (bad.place.file, bad.place.row, bad.place.field) == ("north", 3, "t")
    assert isinstance(good, Arrived)
    assert in_vault(small.directory) == [("good", 1)]


def test_times_at_the_ends_of_what_may_arrive_are_taken(small: LiveWorld) -> None:
    (taken,) = take(small, batch(1, seconds("edge", int(-OLDEST / SECOND), int(NEWEST / SECOND))))
    assert isinstance(taken, Arrived)


def full_disk_for_states(monkeypatch: pytest.MonkeyPatch) -> None:
    real = durable.publish

    def full(path: Path, write: Any) -> None:
        if path.name.startswith("state-"):
            raise OSError(28, "No space left on device")
        real(path, write)

    monkeypatch.setattr(journal, "publish", full)


def test_a_state_that_finds_no_space_takes_nothing_back_from_the_senders(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "STATE_EVERY", 1)
    with monkeypatch.context() as patched:
        full_disk_for_states(patched)
        writer = small.gate.live_intake.open("live")
        for n in range(3):
            (outcome,) = writer.take(PHONES, 1, [batch(None, seconds("a", n))])
            assert isinstance(outcome, Arrived)
        writer.close()
    assert "could not be kept" in caplog.text
    take(small, batch(None, seconds("a", 3)))
    assert in_vault(small.directory) == [("a", n) for n in range(4)]
    assert legs_in_vault(small.directory) == [("a", n) for n in range(3)]


def test_when_it_becomes_quiet_the_journal_holds_no_position_any_longer(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.gate.live_intake.open("live") as writer:
        writer.take(PHONES, 1, [batch(0, seconds("a", 1, 2))])
        assert segments(small)
        monkeypatch.setattr(Legs, "waits", property(lambda self: False))
        writer.take(PHONES, 1, [])
        assert segments(small) == []
        states = list((small.directory / "live_intakes" / "live").glob("state-*"))
        written = [state.stat().st_mtime_ns for state in states]
        writer.take(PHONES, 1, [])
        assert [state.stat().st_mtime_ns for state in states] == written, "once is enough"


def test_after_a_stop_too_the_journal_is_emptied_when_it_is_quiet(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = small.gate.live_intake.open("live")
    writer.take(PHONES, 1, [batch(0, seconds("a", 1))])
    writer._stack.close()  # killed
    monkeypatch.setattr(Legs, "waits", property(lambda self: False))
    with small.gate.live_intake.open("live") as again:
        assert segments(small)
        again.take(PHONES, 1, [])
        assert segments(small) == []


def furnish_people(world: LiveWorld) -> None:
    """Register live positions that say whose they are."""
    schema = SCHEMA.append(pa.field("person", pa.uint32(), nullable=False))
    classes = {**CLASSES, "person": CLASSES["vehicle_id"]}
    title = Words("人の位置", "Positions of people")
    order = ("vehicle_id", "t")
    world.gate.catalogue.add_dataset(
        Dataset("walks", "post-minase", title, schema, classes, "t", "lon", "lat", order, subject="person")
    )
    tell(world.gate, world.clock, "walks")


def of_people(*people: int) -> pa.Table:
    rows = seconds("walker", *range(len(people)))
    return rows.append_column("person", pa.array(people, pa.uint32()))


def erase(world: LiveWorld, person: int) -> None:
    """Stop the intake of a person's rows, as the rights desk does when it erases them."""
    with world.database.writing() as session:
        session.add(
            RequestRow(
                id="r1",
                party="post-minase",
                person=person,
                kind="erasure",
                requester="person",
                ground="",
                dataset=None,
                form="paper",
                language="ja",
                channel="desk",
                fee=0,
                received_at=NOW,
                due_on=date(2026, 5, 1),
                state="open",
                cleared=False,
                salt="0",
                withheld=[],
                entry=0,
            )
        )
        session.flush()
        session.add(
            BarRow(
                id="b1",
                request="r1",
                person=person,
                party="post-minase",
                dataset=None,
                scope="use",
                intake=True,
                set_at=NOW,
                entry=0,
            )
        )


def people_in_vault(world: LiveWorld) -> list[int]:
    schema = SCHEMA.append(pa.field("person", pa.uint32(), nullable=False))
    scan = Lake(world.directory).scan("walks", schema, Placement("t", "lon", "lat"), columns=["person"])
    return sorted(scan.read_all().column("person").to_pylist())


def test_rows_about_an_erased_person_refuse_their_batch_alone(small: LiveWorld) -> None:
    furnish_people(small)
    erase(small, 7)
    bad, good = take(small, batch(1, of_people(6, 7)), batch(1, of_people(8, 9), "south"), dataset="walks")
    assert isinstance(bad, InputError)
    assert (bad.place.file, bad.place.field) == ("north", "person")
    assert isinstance(good, Arrived)
    assert people_in_vault(small) == [8, 9]


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("people", [(6, 7), (7,)])
def test_who_was_erased_between_a_crash_and_the_next_start_is_left_out(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch, people: tuple[int, ...]
) -> None:
    furnish_people(small)
    writer = small.gate.live_intake.open("walks")

    def dying(*given: Any) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(LiveWriter, "_carry", dying)
        patched.setattr(journal.Journal, "drop", dying)
        with pytest.raises(Crash):
            writer.take(PHONES, 1, [batch(1, of_people(*people))])
    writer._stack.close()
    erase(small, 7)
    for _ in range(2):  # a second crash right after finds nothing to do
        again, later = take(small, batch(1, of_people(*people)), batch(None, of_people(8), "south"), dataset="walks")
        assert again.repeated
        assert isinstance(later, Arrived)
    assert people_in_vault(small) == [*(one for one in people if one != 7), 8, 8]


def test_who_is_erased_while_a_tick_is_taken_is_not_taken_and_the_others_may_come_again(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish_people(small)
    real = LiveWriter._made

    def erasing(self: LiveWriter, *given: Any) -> Any:
        erase(small, 7)
        return real(self, *given)

    sent = [batch(1, of_people(7)), batch(1, of_people(8), "south")]
    with small.gate.live_intake.open("walks") as writer:
        with monkeypatch.context() as patched:
            patched.setattr(LiveWriter, "_made", erasing)
            with pytest.raises(ConflictError, match="send it again"):
                writer.take(PHONES, 1, sent)
        refused, taken = writer.take(PHONES, 1, sent)
    assert isinstance(refused, UmayaError)
    assert isinstance(taken, Arrived)
    assert people_in_vault(small) == [8]


def test_a_hole_in_a_journal_without_a_state_is_found(small: LiveWorld) -> None:
    writer = small.gate.live_intake.open("live")
    for n in range(3):
        writer.take(PHONES, 1, [batch(n, seconds("a", n))])
    writer._stack.close()
    for state in (small.directory / "live_intakes" / "live").glob("state-*"):
        state.unlink()
    segments(small)[1].unlink()
    with pytest.raises(IntegrityError, match="missing"):
        small.gate.live_intake.open("live")


def test_a_segment_that_is_removed_stays_removed_after_a_power_cut(
    small: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, int]] = []

    def noting(folder: Path) -> None:
        synced.append((folder, len(segments(small))))
        durable.sync_folder(folder)

    monkeypatch.setattr(journal, "sync_folder", noting)
    writer = small.gate.live_intake.open("live")
    small.ledger.fail_at = frozenset({"dataset.received"})
    with pytest.raises(UmayaError):
        writer.take(PHONES, 1, [Batch("north", None, seconds("a", 1))])
    assert synced[-1] == (small.directory / "live_intakes" / "live", 0)
    small.ledger.fail_at = frozenset()
    writer.close()
