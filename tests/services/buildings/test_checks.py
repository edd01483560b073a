"""The work list: who sees what, what an answer does, who may give the second word, what the ledger holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.buildings.blocks import boxes_of
from tests.services.buildings.world import CARRIER, OTHER, POINTS, SECOND, SHARED, STEWARD, resolved
from umaya.engines.buildings.letterboxes import house
from umaya.engines.buildings.resolve import resolve
from umaya.ledger.entries import Record, make_entry
from umaya.services.buildings import AnsweredMeanwhileError, BuildingChecks, Check, Note, State, Verdict
from umaya.services.buildings.answers import answer_table, with_places
from umaya.services.buildings.reading import NewCheck
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import SystemClock
from umaya.types.errors import ForbiddenError, InputError, NotFoundError


class Recorded:
    """A ledger that keeps what passed its guards."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, dict[str, Any]]] = []

    def append(self, kind: str, actor: str, body: Any) -> Any:
        entry = make_entry(Record(kind, actor, body), SystemClock().now(), 1)
        self.entries.append((kind, dict(entry.body)))
        return SimpleNamespace(index=len(self.entries) - 1)

    def append_many(self, records: Any) -> Any:
        raise NotImplementedError

    def entry_bytes(self, index: int) -> bytes:
        raise NotImplementedError

    def receipt(self, index: int) -> str:
        raise NotImplementedError


@pytest.fixture
def ledger() -> Recorded:
    return Recorded()


@pytest.fixture
def checks(database_url: str, ledger: Recorded) -> Iterator[BuildingChecks]:
    database = Database.open(database_url)
    database.migrate(ServiceBase)
    yield BuildingChecks(database, ledger, SystemClock(), os.urandom)
    database.close()


@pytest.fixture
def rows(tmp_path: Path) -> list[NewCheck]:
    return resolved(tmp_path / "out").checks()


def shared(checks: BuildingChecks) -> Check:
    """Return the check of the letterbox that may be in either of two houses."""
    todo: list[Check] = []
    after = ""
    while len(todo) < 3:
        after = checks.next(CARRIER, after=after) or ""
        todo.append(checks.show(CARRIER, after))
    return next(one for one in todo if one.letterbox == SHARED["id"])


def test_doubtful_rows_come_with_their_candidates_and_go_to_the_own_party(
    checks: BuildingChecks, rows: list[NewCheck]
) -> None:
    added = checks.add(STEWARD, rows, lambda _lon, _lat: "central")
    assert (added.new, added.again, added.known) == (3, 0, 0)
    assert checks.todo(CARRIER) == {"central": 3}
    assert checks.todo(OTHER) == {}
    found = shared(checks)
    assert [one.footprint for one in found.drawing.candidates] == ["a", "b"]
    assert found.drawing.candidates[0].building_id == "7K2M-Q9RT-0W4H"
    assert round(found.drawing.candidates[0].area_m2) == 80
    assert checks.next(CARRIER, office="elsewhere") is None


def test_another_partys_check_is_one_that_is_not_there(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    for name in (found.id, "no-id", "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFoundError, match="there is no such check"):
            checks.show(OTHER, name)
    with pytest.raises(NotFoundError):
        checks.answer(OTHER, found.id, found.revision, Verdict.NONE)


def test_only_stewards_add_and_only_carriers_answer(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    with pytest.raises(ForbiddenError):
        checks.add(CARRIER, rows)
    checks.add(STEWARD, rows)
    found = shared(checks)
    with pytest.raises(ForbiddenError):
        checks.answer(STEWARD, found.id, found.revision, Verdict.NONE)
    with pytest.raises(ForbiddenError):
        checks.progress(CARRIER)


def test_an_answer_is_recorded_by_reference_and_verdict_alone(
    checks: BuildingChecks, rows: list[NewCheck], ledger: Recorded
) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    checks.answer(CARRIER, found.id, found.revision, Verdict.ONE, [2], Note.MAP_WRONG)
    kind, body = ledger.entries[-1]
    assert kind == "building.checked"
    assert body == {"check": found.id, "verdict": "one", "reason": found.reason, "second": False}
    told = json.dumps(ledger.entries)
    assert all(text not in told for text in ("131059", "0001001", SHARED["id"], "139.7"))


def test_a_letterbox_is_shown_only_after_that_was_recorded(
    checks: BuildingChecks, rows: list[NewCheck], ledger: Recorded
) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    before = len(ledger.entries)
    checks.show(CARRIER, found.id)
    assert [kind for kind, _ in ledger.entries[before:]] == ["building.check-shown"]


def test_buildings_are_made_one_by_two_people(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    waits = checks.answer(CARRIER, found.id, found.revision, Verdict.MERGED, [1, 2])
    assert waits.state is State.SECOND
    assert checks.answered(STEWARD) == []
    assert found.id in checks.waiting(STEWARD)
    with pytest.raises(ForbiddenError, match="another person"):
        checks.second(CARRIER, found.id, waits.revision, agree=True)
    with pytest.raises(NotFoundError):
        checks.second(OTHER, found.id, waits.revision, agree=True)
    assert checks.second(SECOND, found.id, waits.revision, agree=True).state is State.ANSWERED
    (answer,) = answer_table(checks.answered(STEWARD)).to_pylist()
    assert (answer["footprint"], answer["merged"]) == ("a", "a b")


def test_a_merge_that_is_rejected_is_asked_again(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    waits = checks.answer(CARRIER, found.id, found.revision, Verdict.MERGED, [1, 2])
    again = checks.second(STEWARD, found.id, waits.revision, agree=False)
    assert (again.state, again.verdict, again.chosen) == (State.OPEN, None, ())
    with pytest.raises(AnsweredMeanwhileError):
        checks.second(STEWARD, found.id, waits.revision, agree=True)


def test_the_later_of_two_answers_changes_nothing(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    checks.answer(CARRIER, found.id, found.revision, Verdict.ONE, [1])
    with pytest.raises(AnsweredMeanwhileError):
        checks.answer(SECOND, found.id, found.revision, Verdict.ONE, [2])
    assert checks.show(SECOND, found.id).chosen == (1,)


@pytest.mark.parametrize(
    ("verdict", "chosen"),
    [("one", []), ("one", [1, 2]), ("one", [3]), ("merged", [1]), ("none", [1]), ("several", [1, 2]), ("unknown", [2])],
)
def test_an_answer_names_as_many_buildings_as_it_means(
    checks: BuildingChecks, rows: list[NewCheck], verdict: str, chosen: list[int]
) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    with pytest.raises(InputError, match="so many buildings do not go with the answer"):
        checks.answer(CARRIER, found.id, found.revision, Verdict(verdict), chosen)
    assert checks.show(CARRIER, found.id).state is State.OPEN


def test_the_same_rows_again_change_nothing_but_what_could_not_be_told(
    checks: BuildingChecks, rows: list[NewCheck], tmp_path: Path
) -> None:
    checks.add(STEWARD, rows)
    found = shared(checks)
    checks.answer(CARRIER, found.id, found.revision, Verdict.ONE, [1])
    other = checks.next(CARRIER)
    assert other is not None
    checks.answer(CARRIER, other, checks.show(CARRIER, other).revision, Verdict.UNKNOWN)
    added = checks.add(STEWARD, rows)
    assert (added.new, added.again, added.known) == (0, 1, 2)
    assert checks.show(CARRIER, found.id).state is State.ANSWERED
    houses = {"a": (0.0, 0.0, 8.0, 10.0), "b2": (9.0, 0.0, 17.0, 10.0)}
    moved = resolved(tmp_path / "new", houses=houses).checks()
    assert checks.add(STEWARD, moved).again >= 1
    assert checks.show(CARRIER, found.id).state is State.OPEN


def test_progress_counts_every_check_once(checks: BuildingChecks, rows: list[NewCheck]) -> None:
    checks.add(STEWARD, rows, lambda _lon, _lat: "central")
    found = shared(checks)
    checks.answer(CARRIER, found.id, found.revision, Verdict.MERGED, [1, 2])
    progress = checks.progress(STEWARD)
    assert progress.total == {State.OPEN: 2, State.SECOND: 1, State.ANSWERED: 0}
    assert sum(sum(counts.values()) for counts in progress.by_office.values()) == 3
    assert sum(progress.verdicts.values()) == 0


def test_the_next_resolve_puts_the_letterbox_where_people_said(checks: BuildingChecks, tmp_path: Path) -> None:
    """Answers go back as coordinates, and the engine then needs no guess."""
    run = resolved(tmp_path / "out", boxes_of(dict(SHARED), {"id": "box-2", "at": "1-2"}))
    checks.add(STEWARD, run.checks())
    found = shared(checks)
    checks.answer(CARRIER, found.id, found.revision, Verdict.ONE, [2])
    table, placed = with_places(run.letterboxes, checks.answered(STEWARD))
    assert placed == 1
    housed = house(table, resolve(POINTS, run.footprints), run.footprints).housed
    told = {row["letterbox_id"]: (row["footprint"], row["reason"]) for row in housed.to_pylist()}
    assert told["box-1"] == ("b", "coordinates")
    assert told["box-2"][0] == "c"


def test_whatever_else_a_file_holds_stays_in_it(tmp_path: Path) -> None:
    run = resolved(tmp_path / "out")
    table = pq.read_table(run.doubtful)
    pq.write_table(table.append_column("occupant", pa.array(["山田"] * table.num_rows)), run.doubtful)
    assert "山田" not in repr(run.checks())


@pytest.mark.parametrize("fault", ["other-buildings", "reason", "no-table"])
def test_files_that_do_not_go_together_are_refused(tmp_path: Path, fault: str) -> None:
    run = resolved(tmp_path / "out")
    if fault == "other-buildings":
        pq.write_table(pq.read_table(run.buildings).slice(2), run.buildings)
    elif fault == "reason":
        table = pq.read_table(run.doubtful)
        wrong = pa.array(["because"] * table.num_rows)
        pq.write_table(table.set_column(table.schema.get_field_index("reason"), "reason", wrong), run.doubtful)
    else:
        run.doubtful.write_text("no table")
    with pytest.raises(InputError):
        run.checks()
