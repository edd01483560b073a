"""Reports of roads: snapped to a road, recorded, ended by time, by a word or by a pass; on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from sqlalchemy import text

from tests.services.reports.pictures import jpeg, street
from tests.worlds import draw
from umaya.gate import Area
from umaya.gate.record import Act, Acts, NotRecordedError
from umaya.places.atlas import Atlas
from umaya.services.reports import Report, RoadReports, Sight, Word
from umaya.services.reports.rules import KINDS, VERSIONS, rule_of, rules_on
from umaya.services.reports.service import A_MINUTE
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, TooManyError
from umaya.types.site import Actor

WORLD = draw("A----B----C", cell_m=20, tags={"AB": {"highway": "residential", "name": "Mill Lane"}})
CARRIER = Actor("post-carrier", "配 一", "post-minase", frozenset({"carrier"}))
COLLEAGUE = Actor("post-carrier-2", "配 二", "post-minase", frozenset({"carrier"}))
STRANGER = Actor("other-carrier", "他", "other-post", frozenset({"carrier"}))
OFFICER = Actor("officer", "水", "city", frozenset({"officer"}))
NOW = datetime(2026, 12, 1, 22, tzinfo=UTC)
NEAR = WORLD.offset("A", east_m=40.0, north_m=12.0)
DEAD_END = WORLD.offset("C", east_m=-20.0)
HERE = Area.of_box([136.7, 36.1, 136.9, 36.3])
ELSEWHERE = Area.of_box([135.0, 35.0, 135.1, 35.1])
SIGHT = Sight((HERE,), 3, {})


class Book:
    """A ledger that keeps what it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, Mapping[str, Any]]] = []

    def append(self, kind: str, actor: str, body: Mapping[str, Any]) -> SimpleNamespace:
        self.entries.append((kind, actor, body))
        return SimpleNamespace(index=len(self.entries))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url)
    opened.migrate(ServiceBase)
    yield opened
    opened.close()


@pytest.fixture
def reports(database: Database, book: Book, clock: ManualClock) -> RoadReports:
    atlas = cast("Atlas", SimpleNamespace(network=WORLD.network, suppressed=lambda _: np.array([WORLD.segment("BC")])))
    masks = [(10, 10, 40, 20)]
    return RoadReports(database, cast("Any", book), atlas, clock, os.urandom, lambda _: masks, lambda _: "pothole")


def test_a_report_is_snapped_to_the_road_and_recorded_without_its_place(reports: RoadReports, book: Book) -> None:
    report = reports.make(CARRIER, "ice", NEAR)
    assert report.segment == WORLD.segment("AB")
    assert report.lat == pytest.approx(WORLD.points["A"][1], abs=1e-6)  # on the road, not twelve metres beside it
    assert book.entries == [("road.reported", CARRIER.id, {"report": report.id, "kind": "ice", "photo": False})]
    assert reports.in_force({}) == [report]


def test_a_road_may_be_chosen_by_its_name(reports: RoadReports) -> None:
    (segment,) = reports.named("mill")
    report = reports.make(CARRIER, "pothole", segment)
    assert (report.segment, reports.road(report.segment)["name"]) == (segment, "Mill Lane")
    assert reports.named("no such road") == []


@pytest.mark.parametrize(
    ("actor", "kind", "place", "error", "told"),
    [
        (OFFICER, "ice", NEAR, ForbiddenError, "needs the role `carrier`"),
        (CARRIER, "dragon", NEAR, InputError, "is no kind of report"),
        (CARRIER, "ice", (0.0, 0.0), InputError, "is not near a road"),
        (CARRIER, "ice", 999_999, InputError, "is no road of the map"),
    ],
)
def test_what_is_no_report_is_refused_and_nothing_is_recorded(
    reports: RoadReports, book: Book, actor: Actor, kind: str, place: Any, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        reports.make(actor, kind, place)
    assert (book.entries, reports.in_force({})) == ([], [])


def test_only_the_masked_photo_is_kept_and_only_for_its_days(
    reports: RoadReports, clock: ManualClock, database: Database
) -> None:
    raw = jpeg(street())
    report = reports.make(CARRIER, "pothole", NEAR, raw)
    kept = reports.photo(report.id)
    assert (report.has_photo, report.masked, report.damage) == (True, 1, "pothole")
    assert kept != raw
    clock.advance(rules_on(date(2026, 12, 2)).photo)
    with pytest.raises(NotFoundError):
        reports.photo(report.id)
    assert not reports.get(report.id).has_photo  # before anything is deleted
    reports.make(CARRIER, "ice", NEAR)  # the next report deletes what is past its time
    with database.reading() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM road_reports WHERE photo IS NOT NULL")) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_ends_when_its_kind_does_unless_it_is_confirmed(
    reports: RoadReports, clock: ManualClock, kind: str
) -> None:
    holds = rule_of(kind, date(2026, 12, 2)).holds
    report = reports.make(CARRIER, kind, NEAR)
    clock.advance(holds - timedelta(minutes=1))
    assert reports.say(COLLEAGUE, report.id, Word.CONFIRM).confirmations == 1
    clock.advance(holds - timedelta(minutes=1))
    assert [one.id for one in reports.in_force({})] == [report.id]
    clock.advance(timedelta(minutes=2))
    assert reports.in_force({}) == []
    with pytest.raises(ConflictError, match="no longer holds"):
        reports.say(CARRIER, report.id, Word.CONFIRM)


def test_a_second_word_clears_it(reports: RoadReports, book: Book) -> None:
    report = reports.make(CARRIER, "snow", NEAR)
    assert reports.ended(reports.say(COLLEAGUE, report.id, Word.CLEAR)) == "cleared"
    assert reports.in_force({}) == []
    assert [kind for kind, _, _ in book.entries] == ["road.reported", "road.report-cleared"]


def test_nobody_confirms_for_ever(reports: RoadReports) -> None:
    report = reports.make(CARRIER, "ice", NEAR)
    for _ in range(3):
        reports.say(COLLEAGUE, report.id, Word.CONFIRM)
    with pytest.raises(ConflictError, match="often enough"):
        reports.say(COLLEAGUE, report.id, Word.CONFIRM)


@pytest.mark.parametrize(("kind", "left"), [("fallen-tree", 0), ("slide", 0), ("ice", 1), ("pothole", 1)])
def test_a_pass_after_the_report_ends_what_blocks_a_road_and_nothing_else(
    reports: RoadReports, kind: str, left: int
) -> None:
    report = reports.make(CARRIER, kind, NEAR)
    assert len(reports.in_force({report.segment: NOW - timedelta(minutes=1)})) == 1
    assert len(reports.in_force({report.segment: NOW + timedelta(minutes=10)})) == left


def test_a_carrier_of_another_party_finds_nothing(reports: RoadReports) -> None:
    report = reports.make(CARRIER, "ice", NEAR)
    assert reports.of_party(STRANGER) == []
    for call in (
        lambda: reports.get(report.id, STRANGER.party),
        lambda: reports.say(STRANGER, report.id, Word.CLEAR),
        lambda: reports.photo(report.id, STRANGER.party),
        lambda: reports.get("no id"),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_a_look_is_recorded_before_it_is_answered_by_its_count_alone(reports: RoadReports, book: Book) -> None:
    report = reports.make(CARRIER, "ice", NEAR, jpeg(street()))
    assert [one.id for one in reports.shown(OFFICER, SIGHT)] == [report.id]
    reports.photo_shown(OFFICER, SIGHT, report.id)
    assert book.entries[1:] == [
        ("road.reports-shown", OFFICER.id, {"reports": 1}),
        ("road.report-photo-shown", OFFICER.id, {"report": report.id}),
    ]


def test_what_cannot_be_recorded_is_not_shown(
    reports: RoadReports, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = reports.make(CARRIER, "ice", NEAR, jpeg(street()))

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(book, "append", full)
    for look in (lambda: reports.shown(OFFICER, SIGHT), lambda: reports.photo_shown(OFFICER, SIGHT, report.id)):
        with pytest.raises(NotRecordedError):
            look()


def test_officers_are_told_the_middle_of_the_road_and_the_half_hour(reports: RoadReports, clock: ManualClock) -> None:
    clock.set(NOW + timedelta(minutes=47, seconds=11, microseconds=5))
    reports.make(CARRIER, "ice", NEAR)
    (told,) = reports.shown(OFFICER, SIGHT)
    west, east = WORLD.points["A"][0], WORLD.points["B"][0]
    assert told.lon == pytest.approx((west + east) / 2, abs=1e-6)
    assert (told.made_at, told.holds_until) == (NOW + timedelta(minutes=30), NOW + timedelta(hours=13))


def test_dead_ends_that_the_map_hides_are_told_to_the_own_party_alone(reports: RoadReports, book: Book) -> None:
    report = reports.make(CARRIER, "ice", DEAD_END, jpeg(street()))
    assert report.segment == WORLD.segment("BC")
    assert reports.shown(OFFICER, SIGHT) == []
    with pytest.raises(NotFoundError):
        reports.photo_shown(OFFICER, SIGHT, report.id)
    assert [kind for kind, _, _ in book.entries] == ["road.reported"]  # where nothing is shown nothing is recorded
    assert [one.id for one in reports.of_party(COLLEAGUE)] == [report.id]
    assert [one.id for one in reports.shown(COLLEAGUE, SIGHT)] == [report.id]


@pytest.mark.parametrize("areas", [(ELSEWHERE,), (HERE, ELSEWHERE)])
def test_nothing_outside_the_areas_of_scheme_and_event_is_told(reports: RoadReports, areas: tuple[Area, ...]) -> None:
    reports.make(CARRIER, "ice", NEAR)
    assert reports.shown(OFFICER, Sight(areas, None, {})) == []


def test_the_photo_of_an_ended_report_is_no_officers(reports: RoadReports) -> None:
    report = reports.make(CARRIER, "ice", NEAR, jpeg(street()))
    reports.say(CARRIER, report.id, Word.CLEAR)
    with pytest.raises(NotFoundError):
        reports.photo_shown(OFFICER, SIGHT, report.id)


@pytest.mark.parametrize("cleared", [True, False])
def test_a_report_itself_is_deleted_when_its_days_after_its_end_are_over(
    reports: RoadReports, clock: ManualClock, book: Book, *, cleared: bool
) -> None:
    rules = rules_on(date(2026, 12, 2))
    report = reports.make(CARRIER, "ice", NEAR, jpeg(street()))
    end = NOW if cleared else NOW + rules.kinds["ice"].holds
    if cleared:
        reports.say(CARRIER, report.id, Word.CLEAR)
    clock.set(end + rules.row - timedelta(seconds=1))
    assert reports.sweep().rows == 0
    clock.set(end + rules.row)
    assert (reports.sweep(pretend=True).rows, reports.get(report.id).id) == (1, report.id)
    assert reports.sweep().rows == 1
    with pytest.raises(NotFoundError):
        reports.get(report.id)
    entries = len(book.entries)
    assert book.entries[-1][2]["reports"] == 1
    assert reports.sweep().rows == 0
    assert len(book.entries) == entries


def test_a_photo_is_deleted_by_the_sweep_before_its_report(
    reports: RoadReports, clock: ManualClock, book: Book, database: Database
) -> None:
    reports.make(CARRIER, "pothole", NEAR, jpeg(street()))
    clock.advance(rules_on(date(2026, 12, 2)).photo)
    reports.sweep()
    assert book.entries[-1] == ("road.reports-swept", "hub", {"photos": 1, "reports": 0})
    with database.reading() as session:
        assert session.execute(text("SELECT COUNT(*), COUNT(photo) FROM road_reports")).one() == (1, 0)


def test_one_carrier_reports_so_often_a_minute_whether_it_is_taken_or_not(
    reports: RoadReports, clock: ManualClock
) -> None:
    for number in range(A_MINUTE):
        with nullcontext() if number % 2 else pytest.raises(InputError):
            reports.make(CARRIER, "ice", NEAR if number % 2 else (0.0, 0.0))
    clock.advance(timedelta(seconds=20))
    with pytest.raises(TooManyError) as told:
        reports.make(CARRIER, "ice", NEAR)
    assert told.value.retry_after_s == 40
    reports.make(COLLEAGUE, "ice", NEAR)
    clock.advance(timedelta(seconds=40))
    reports.make(CARRIER, "ice", NEAR)


def test_a_detector_of_damage_runs_before_the_act_begins(database: Database, book: Book, clock: ManualClock) -> None:
    writing = False
    seen: list[bool] = []

    class Watched(Acts):
        @contextmanager
        def begin(self) -> Iterator[Act]:
            nonlocal writing
            with super().begin() as act:
                writing = True
                yield act
            writing = False

    def damage(_: bytes) -> None:
        seen.append(writing)

    atlas = cast("Atlas", SimpleNamespace(network=WORLD.network))
    made = RoadReports(database, cast("Any", book), atlas, clock, os.urandom, lambda _: [], damage)
    made._acts = Watched(database, cast("Any", book), clock, os.urandom)
    made.make(CARRIER, "ice", NEAR, jpeg(street()))
    assert seen == [False]


def test_rules_are_dated_and_speak_of_the_same_kinds() -> None:
    assert [version.since for version in VERSIONS] == sorted(version.since for version in VERSIONS)
    assert rules_on(date(2020, 1, 1)) == VERSIONS[0]
    assert all(rule.holds > timedelta(0) for version in VERSIONS for rule in version.kinds.values())
    assert Report.__dataclass_fields__.keys().isdisjoint({"reporter", "name"})
