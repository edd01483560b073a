"""What stands out about a version, found by rule; and how many people it could reach, told in tens."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.gate.collected import tell
from tests.gate.review_world import CHECKED, CUSTOMERS, ID, answered, people
from tests.gate.world import ACTORS, World
from umaya.gate import roles as r
from umaya.gate.changes import compare
from umaya.gate.conditions import Condition, Rule
from umaya.gate.highlights import Highlight, Point, highlights
from umaya.law import RULES, day_in_japan
from umaya.law.privacy_check import Problem
from umaya.types.site import Actor

ROADS = "minase-passable-roads"


def found(world: World, scheme: str) -> dict[Point, Highlight]:
    """Return what stands out about the newest version of a scheme, to its provider's people."""
    gate = world.gate
    record = gate.schemes.get(scheme)
    version = record.versions[-1]
    rules = RULES.at(day_in_japan(world.clock.now()))
    dataset = gate.catalogue.dataset(version.document.dataset)
    standing = gate.agenda.standing(scheme, version.version)
    others = [one for one in gate.schemes.list() if one.id != scheme]
    told = highlights(version, dataset, rules.bases.get(version.document.basis), compare(record), standing, others)
    assert [one.grave for one in told] == sorted((one.grave for one in told), reverse=True), "risks first"
    assert len({one.point for one in told}) == len(told)
    return {one.point: one for one in told}


def test_a_first_scheme_is_new_in_all_respects(world: World) -> None:
    world.submit()
    assert {Point.NEW_RECIPIENT, Point.NEW_BASIS} <= found(world, ROADS).keys()
    world.submit(scheme="second")
    assert not {Point.NEW_RECIPIENT, Point.NEW_BASIS} & found(world, "second").keys()


def test_what_is_open_or_unlawful_is_a_risk(world: World) -> None:
    people(world).gate.schemes.submit(ACTORS["clerk"], CUSTOMERS, "customers.yaml")
    told = found(world, ID)
    assert told[Point.OPEN_POINTS].items == tuple(Problem)
    assert told[Point.UNPROCESSED].grave


@pytest.mark.parametrize(
    ("answer", "point"),
    [
        ("risk: high, measure: {ja: 対策, en: Measure}, residual: low", Point.PRIVACY_HIGH),
        ("risk: middle", Point.PRIVACY_LEFT),
        ("risk: middle, measure: {ja: 対策, en: Measure}, residual: low", None),
    ],
)
def test_what_the_privacy_check_found_is_told(world: World, answer: str, point: Point | None) -> None:
    people(world).gate.schemes.submit(ACTORS["clerk"], CUSTOMERS + answered(blackmail=answer), "customers.yaml")
    told = found(world, ID)
    assert {one for one in told if one in {Point.PRIVACY_HIGH, Point.PRIVACY_LEFT}} == ({point} if point else set())
    if point is not None:
        assert told[point].items == ("blackmail",)


def test_what_a_new_version_widens_or_loses_is_told(world: World) -> None:
    world.submit()
    world.gate.review.verify(ACTORS["second-line"], ROADS)
    limits = [Condition(Rule.MAX_USES_PER_DAY, 3)]
    world.gate.review.approve(ACTORS["head"], ROADS, conditions=limits)
    world.submit(fields="[vehicle_id, t, lon, lat, speed_mps]", period="{from: 2026-04-01, to: 2028-03-31}")
    told = found(world, ROADS)
    assert told[Point.FIELDS_ADDED].items == ("speed_mps",)
    assert told[Point.CONDITIONS_LOST].items == ("max-uses-per-day: {uses: 3}",)
    assert {Point.PERIOD_CHANGED, Point.LONG_PERIOD} <= told.keys()
    assert Point.BASIS_CHANGED not in told
    assert Point.PROCESSING_CHANGED not in told


def test_reach_is_counted_in_tens_whoever_is_protected(world: World) -> None:
    """Of 27 people in the dataset 20 are told; a protective measure changes nothing; where nobody is named, nothing."""
    people(world)
    rows = pa.table({"person": pa.array(range(27), pa.uint32()), "ward": ["本町"] * 27})
    tell(world.gate, world.clock, "customers")
    world.gate.intake.take(ACTORS["phones"], "customers", rows, "customers.csv", 1)
    world.gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")
    document = world.gate.schemes.get(ID).versions[-1].document
    before = world.gate.figures.head_count(document)
    assert before is not None
    assert (before.held, before.consenting) == (20, None)
    protector = Actor("guard", "保護", "post-minase", frozenset({r.PROTECTOR}))
    world.gate.catalogue.add_actor(protector)
    for person in range(10):
        world.gate.measures.set(protector, person, "申出")
    assert world.gate.figures.head_count(document) == before
    world.submit()
    assert world.gate.figures.head_count(world.gate.schemes.get(ROADS).versions[-1].document) is None
    assert world.ledger.kinds().count("person.explained") == 0
