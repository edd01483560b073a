"""The road map of a municipality: what it shows, to whom, and that each window is asked for once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pyarrow.compute as pc
import pytest

from tests.services.roads.conftest import QUAKE, STEP, Town
from umaya.gate import Area, Refusal, Release, Words
from umaya.sample.days import JAPAN
from umaya.sample.setup import PEOPLE
from umaya.services.roads.products import Products, Window
from umaya.services.roads.service import RoadMapService
from umaya.types.errors import ConflictError, ForbiddenError
from umaya.types.reasons import Reason

OFFICER, PROGRAM = PEOPLE["city-officer"], PEOPLE["city-map"]


def passed(town: Town) -> set[str]:
    """Return the streets, by their letters, that the officer's map shows as passed."""
    segments = town.hub.roads.state(OFFICER).segments
    found = segments.filter(pc.field("passed_since")).column("segment_id").to_pylist()
    return {name for name in ("AB", "BC", "DE", "EF", "AD", "BE", "CF", "BG") if town.world.segment(name) in found}


def test_a_street_that_a_bike_rode_is_shown_once_its_window_is_over(town: Town) -> None:
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    assert town.hub.roads.advance(PROGRAM) == []
    assert passed(town) == set()
    town.clock.advance(STEP)
    (outcome,) = town.hub.roads.advance(PROGRAM)
    assert isinstance(outcome, Release)
    assert passed(town) == {"AB", "BE", "EF"}


def test_every_window_is_released_exactly_once(town: Town) -> None:
    """Two releases of one window could be subtracted from each other."""
    town.quake()
    town.clock.advance(3 * STEP)
    assert len(town.hub.roads.advance(PROGRAM)) == 3
    assert town.hub.roads.advance(PROGRAM) == []
    spans = {use.window for use in town.hub.gate.uses.releases(scheme="minase-passable-roads")}
    assert sorted(span for span in spans if span) == [(QUAKE + n * STEP, QUAKE + (n + 1) * STEP) for n in range(3)]


def test_a_window_that_was_lost_on_its_way_does_not_hold_up_the_next(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the first window arrives: it is not given again, and the map goes on with the second."""
    town.quake()
    town.clock.advance(STEP)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Products, "write", full)
        with pytest.raises(OSError, match="No space left"):
            town.hub.roads.advance(PROGRAM)
    assert town.hub.roads.advance(PROGRAM) == []
    town.ride("2ABEF3", "bike-1", QUAKE + STEP + timedelta(minutes=2))
    town.clock.advance(STEP)
    (second,) = town.hub.roads.advance(PROGRAM)
    assert isinstance(second, Release)
    assert passed(town) == {"AB", "BE", "EF"}
    assert town.hub.roads.latest(OFFICER) == QUAKE + 2 * STEP


def test_a_street_ridden_across_the_end_of_a_window_counts_in_the_second(town: Town) -> None:
    """AB takes 19 s: the bike enters it before the end of the first window and leaves it after."""
    town.quake()
    town.ride("2ABC3", "bike-1", QUAKE + STEP - timedelta(seconds=12))
    town.clock.advance(2 * STEP)
    first, second = town.hub.roads.advance(PROGRAM)
    assert isinstance(first, Release)
    assert isinstance(second, Release)
    edge = town.world.edge("A", "B")
    assert edge not in first.data.column("edge_id").to_pylist()
    assert second.data.column("edge_id").to_pylist().count(edge) == 1


def test_a_visit_to_the_only_home_of_a_cul_de_sac_leaves_no_trace(town: Town) -> None:
    town.quake()
    town.ride("2ABGBC3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    (outcome,) = town.hub.roads.advance(PROGRAM)
    assert isinstance(outcome, Release)
    cul_de_sac = {town.world.edge("B", "G"), town.world.edge("G", "B")}
    assert not cul_de_sac & set(outcome.data.column("edge_id").to_pylist())
    assert pc.sum(outcome.data.column("turn_backs")).as_py() in {None, 0}
    assert passed(town) == {"AB", "BC"}


def test_a_turn_in_the_middle_of_a_street_leaves_no_trace(town: Town) -> None:
    """The bike turns at a door half-way between A and D: AD is never driven from end to end."""
    town.quake()
    town.ride("4BA2AB4", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PROGRAM)
    assert passed(town) == {"AB"}


def test_positions_and_vehicles_never_reach_the_city(town: Town) -> None:
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    (outcome,) = town.hub.roads.advance(PROGRAM)
    assert isinstance(outcome, Release)
    assert not {"vehicle_id", "t", "lon", "lat"} & set(outcome.data.column_names)


@pytest.mark.parametrize("person", ["post-steward", "auditor", "post-secrecy", "post-intake"])
def test_only_officers_of_the_named_municipality_see_the_map(town: Town, person: str) -> None:
    town.quake()
    with pytest.raises(ForbiddenError):
        town.hub.roads.state(PEOPLE[person])


def test_without_a_declared_disaster_there_is_no_map(town: Town) -> None:
    with pytest.raises(ConflictError, match="no disaster is declared"):
        town.hub.roads.state(OFFICER)


def test_the_map_ends_with_the_event(town: Town) -> None:
    """Nothing is asked for any more, and what was not asked for in time stays unseen."""
    town.quake(lasts=2 * STEP + timedelta(minutes=1))
    town.clock.advance(STEP)
    assert len(town.hub.roads.advance(PROGRAM)) == 1
    town.clock.advance(2 * STEP)
    size = town.hub.ledger.size
    assert town.hub.roads.advance(PROGRAM) == []
    assert town.hub.ledger.size == size


def test_a_program_without_the_role_gets_a_refusal_and_no_window(town: Town) -> None:
    town.quake()
    town.clock.advance(2 * STEP)
    stranger = replace(PEOPLE["post-steward"], party=PROGRAM.party)
    (outcome,) = town.hub.roads.advance(stranger)
    assert isinstance(outcome, Refusal)
    assert outcome.reason in {Reason.ROLE_MISSING, Reason.NOT_A_PARTY}
    assert town.hub.roads.latest(OFFICER) is None


def test_a_suspended_scheme_stops_the_live_map(town: Town) -> None:
    town.quake()
    town.clock.advance(STEP)
    town.hub.roads.advance(PROGRAM)
    town.hub.gate.review.suspend(PEOPLE["post-steward"], "minase-passable-roads", "a fault was reported")
    town.clock.advance(STEP)
    with pytest.raises(ConflictError, match="not in force"):
        town.hub.roads.advance(PROGRAM)
    with pytest.raises(ConflictError, match="not in force"):
        town.hub.roads.state(OFFICER)


def test_a_draft_of_the_next_version_does_not_darken_the_map(town: Town) -> None:
    """Whoever may hand in a draft could otherwise take the live map away in a disaster."""
    town.quake()
    town.clock.advance(STEP)
    text = (resources.files("umaya.sample") / "schemes" / "minase-probe-statistics.yaml").read_text("utf-8")
    draft = text.replace("minase-probe-statistics", "minase-passable-roads")
    town.hub.gate.schemes.submit(PEOPLE["post-planner"], draft, "draft.yaml")
    assert len(town.hub.roads.advance(PROGRAM)) == 1
    assert town.hub.roads.state(OFFICER).at == QUAKE + STEP


def test_without_the_usual_pattern_what_was_passed_is_still_shown(town: Town) -> None:
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PROGRAM)
    town.hub.gate.review.suspend(PEOPLE["post-steward"], "minase-probe-statistics", "a fault was reported")
    assert passed(town) == {"AB", "BE", "EF"}


def test_a_pattern_learnt_by_another_process_is_used_at_once(town: Town) -> None:
    town.quake()
    town.clock.advance(STEP)
    town.hub.roads.advance(PROGRAM)
    before = town.hub.roads.state(OFFICER).segments
    other = RoadMapService(town.hub.gate, town.hub.atlas, town.hub.directory / "products" / "roads", town.clock)
    town.ride("2ABC3", "bike-1", QUAKE - timedelta(days=1))
    town.ride("2ABC3", "bike-2", QUAKE - timedelta(days=1))
    midnight = (QUAKE - timedelta(days=1)).astimezone(JAPAN).replace(hour=0, minute=0)
    assert isinstance(other.learn_usual(PROGRAM, Window(midnight, midnight + timedelta(days=1))), Release)
    assert not town.hub.roads.state(OFFICER).segments.equals(before)


def test_an_announced_event_does_not_hide_the_present_one(town: Town) -> None:
    town.quake()
    town.clock.advance(STEP)
    west, south, east, north = 136.75, 36.15, 136.9, 36.3
    start = QUAKE + timedelta(days=1)
    area = Area.of_box([west, south, east, north])
    end = start + timedelta(days=1)
    town.hub.gate.events.declare(OFFICER, "typhoon", Words("台風", "typhoon"), "city-minase", area, start, end)
    assert town.hub.roads.state(OFFICER).event.id == "quake"


def declared(town: Town, event: str, after: timedelta, box: tuple[float, float, float, float]) -> None:
    """Let the city declare another disaster that struck so long after the earthquake and lasts two days."""
    start = QUAKE + after
    name, area = Words("余震", "aftershock"), Area.of_box(box)
    town.hub.gate.events.declare(OFFICER, event, name, "city-minase", area, start, start + timedelta(days=2))


TOWN_BOX = (136.75, 36.15, 136.9, 36.3)


def test_an_aftershock_does_not_empty_the_map(town: Town) -> None:
    """The map stays with the first event while it lasts; the gate would not tell its windows anew."""
    town.quake()
    town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2))
    town.clock.advance(STEP)
    town.hub.roads.advance(PROGRAM)
    declared(town, "aftershock", STEP, TOWN_BOX)
    town.clock.advance(STEP)
    assert [isinstance(outcome, Release) for outcome in town.hub.roads.advance(PROGRAM)] == [True]
    assert town.hub.roads.state(OFFICER).event.id == "quake"
    assert passed(town) == {"AB", "BE", "EF"}


def test_once_the_first_event_is_over_the_map_is_of_the_aftershock_that_lasts(town: Town) -> None:
    """What was told for the first is not told again, and asking for it leaves no trail of refusals."""
    town.quake(lasts=2 * STEP)
    declared(town, "aftershock", STEP, TOWN_BOX)
    town.clock.advance(2 * STEP - timedelta(minutes=1))
    assert len(town.hub.roads.advance(PROGRAM)) == 1
    town.clock.advance(2 * STEP)
    outcomes = town.hub.roads.advance(PROGRAM)
    assert all(isinstance(outcome, Release) for outcome in outcomes)
    assert town.hub.roads.state(OFFICER).event.id == "aftershock"
    assert town.hub.gate.uses.refusals() == []


def test_an_event_that_reaches_further_takes_the_map_over(town: Town) -> None:
    """A flood in one quarter does not keep the city from the map of an earthquake."""
    declared(town, "flood", timedelta(0), (136.84, 36.19, 136.85, 36.2))
    declared(town, "quake", timedelta(0), TOWN_BOX)
    assert town.hub.roads.state(OFFICER).event.id == "quake"


def test_an_event_that_reaches_further_only_where_the_scheme_does_not_leaves_the_map_as_it_is(town: Town) -> None:
    declared(town, "quake", timedelta(0), (136.7, 36.1, 136.92, 36.32))
    town.clock.advance(STEP)
    declared(town, "aftershock", STEP, (136.6, 36.0, 137.0, 36.4))
    assert town.hub.roads.state(OFFICER).event.id == "quake"


def test_the_map_says_when_newer_records_are_no_longer_to_be_expected(town: Town) -> None:
    """A map that stopped an hour ago must not look live to whoever opens it at night."""
    town.quake(lasts=timedelta(hours=2))

    def stage_after(minutes: int) -> str:
        town.clock.set(QUAKE + timedelta(minutes=minutes))
        return town.hub.roads.state(OFFICER).stage

    assert stage_after(9) == "waiting"
    assert stage_after(30) == "late"
    town.hub.roads.advance(PROGRAM)
    assert stage_after(31) == stage_after(59) == "live"
    assert stage_after(60) == "late"
    town.hub.roads.advance(PROGRAM)
    assert stage_after(60) == "live"
    assert stage_after(120) == "over"


def test_the_slider_shows_the_map_as_it_was(town: Town) -> None:
    town.quake()
    town.ride("2AB4", "bike-1", QUAKE + timedelta(minutes=2))
    town.ride("4EF3", "bike-2", QUAKE + timedelta(minutes=12))
    town.clock.advance(2 * STEP)
    town.hub.roads.advance(PROGRAM)
    then = town.hub.roads.state(OFFICER, QUAKE + STEP)
    assert then.at == QUAKE + STEP
    assert [w.end for w in then.windows] == [QUAKE + STEP, QUAKE + 2 * STEP]
    assert pc.sum(then.segments.column("passed_since")).as_py() == 1


def test_every_window_is_in_the_ledger_before_and_after_its_release(town: Town) -> None:
    town.quake()
    size = town.hub.ledger.size
    town.clock.advance(2 * STEP)
    town.hub.roads.advance(PROGRAM)
    kinds = [entry.kind for entry in town.hub.ledger.entries(size, town.hub.ledger.size)]
    assert kinds == ["use.permitted", "use.released"] * 2
