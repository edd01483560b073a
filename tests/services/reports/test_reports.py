"""Reports of roads: snapped to a road, recorded, ended by time, by a word or by a pass; on SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import text

from tests.services.reports.pictures import jpeg, street
from tests.worlds import draw
from umaya.places.atlas import Atlas
from umaya.services.reports import Report, RoadReports, Word
from umaya.services.reports.rules import KINDS, VERSIONS, rule_of, rules_on
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor

WORLD = draw("A----B----C", cell_m=20, tags={"AB": {"highway": "residential", "name": "Mill Lane"}})
CARRIER = Actor("post-carrier", "配 一", "post-minase", frozenset({"carrier"}))
COLLEAGUE = Actor("post-carrier-2", "配 二", "post-minase", frozenset({"carrier"}))
STRANGER = Actor("other-carrier", "他", "other-post", frozenset({"carrier"}))
OFFICER = Actor("officer", "水", "city", frozenset({"officer"}))
NOW = datetime(2026, 12, 1, 22, tzinfo=UTC)
NEAR = WORLD.offset("A", east_m=40.0, north_m=12.0)


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
    atlas = cast("Atlas", SimpleNamespace(network=WORLD.network))
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


def test_rules_are_dated_and_speak_of_the_same_kinds() -> None:
    assert [version.since for version in VERSIONS] == sorted(version.since for version in VERSIONS)
    assert rules_on(date(2020, 1, 1)) == VERSIONS[0]
    assert all(rule.holds > timedelta(0) for version in VERSIONS for rule in version.kinds.values())
    assert Report.__dataclass_fields__.keys().isdisjoint({"reporter", "name"})
