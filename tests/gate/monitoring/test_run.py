"""A day's detection and the cases it opens, on the small bank: who owns them, what the three lines do, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.gate.lists import ACTORS, BANK, SCHEME, TOPIC, Lists
from umaya.gate.alarms import AlarmKind as K
from umaya.gate.monitoring.cases import Result, StepKind
from umaya.gate.monitoring.opening import CaseState
from umaya.gate.monitoring.reports import FEW
from umaya.gate.monitoring.settings import Relation, Workplace
from umaya.gate.people import Channel
from umaya.gate.people.look_ups import Way
from umaya.law import day_in_japan
from umaya.stores.database import Database
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor

SECOND, STEWARD, TELLER = ACTORS["second-line"], ACTORS["steward"], ACTORS["teller"]
OTHER = Actor("second-two", "検証二", BANK, frozenset({"verifier"}))
AUDITOR = Actor("audit", "監査", "shop-minase", frozenset({"auditor"}))
CLERKS = [Actor(f"clerk-{n}", "窓口", BANK, frozenset({"clerk"})) for n in range(3)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Lists]:
    """The bank with two of the second line, an auditor and three more clerks."""
    yield from opened(f"sqlite:///{tmp_path / 'hub.db'}", tmp_path)


def opened(url: str, tmp_path: Path) -> Iterator[Lists]:
    database = Database.open(url)
    database.migrate()
    lists = Lists(database, tmp_path / "vault")
    lists.furnish()
    for actor in (OTHER, AUDITOR, *CLERKS):
        lists.gate.catalogue.add_actor(actor)
    yield lists
    database.close()


@pytest.fixture
def anywhere(database_url: str, tmp_path: Path) -> Iterator[Lists]:
    """The same on every database."""
    yield from opened(database_url, tmp_path)


def look(world: Lists, actor: Actor, person: int, times: int = 1) -> None:
    for _ in range(times):
        world.gate.consents.look_up(actor, person, TOPIC, Way.PAGE)


def run(world: Lists) -> int:
    """Run today's detection; return how many alarms are new."""
    return world.gate.monitoring.detection.run(day_in_japan(world.clock.now())).raised


def kinds(world: Lists) -> list[K]:
    return sorted(case.kind for case in world.gate.monitoring.casework.cases(AUDITOR))


def entries(world: Lists) -> list[str]:
    return [entry.kind for entry in world.ledger.entries]


def test_an_ordinary_day_alarms_nobody_and_the_run_is_recorded(world: Lists) -> None:
    look(world, TELLER, 3)
    world.consent(3)
    assert run(world) == 0
    body = world.ledger.entries[-1].body
    assert world.ledger.entries[-1].kind == "monitoring.run"
    assert (body["findings"], body["day"]) == (0, date(2026, 6, 1))
    assert body["rules"].startswith("monitoring-")


def test_one_person_looked_up_by_many_alarms_once_however_often_it_runs(world: Lists) -> None:
    """Four of the bank at one number within a week; the next days raise nothing new."""
    for clerk in (TELLER, *CLERKS):
        look(world, clerk, 5)
    assert [run(world), run(world)] == [1, 0]
    world.clock.advance(timedelta(days=1))
    look(world, TELLER, 5)
    assert run(world) == 0
    (case,) = world.gate.monitoring.casework.cases(SECOND)
    assert (case.kind, case.numbers, case.one_person) == (K.ONE_PERSON, {"actors": 4, "days": 7}, True)
    assert case.actors == ("clerk-0", "clerk-1", "clerk-2", "teller")


def test_one_person_who_then_consented_was_looked_up_for_a_reason(world: Lists) -> None:
    for clerk in (TELLER, *CLERKS):
        look(world, clerk, 5)
    world.consent(5)
    assert run(world) == 0


def test_a_look_up_of_ones_own_family_alarms_at_once(world: Lists) -> None:
    """Before any run; another clerk may look the same person up, and no entry tells the person."""
    settings, number = world.gate.monitoring.settings, world.gate.numbers.of(BANK, 6)
    settings.restrict(TELLER, number, Relation.FAMILY)
    look(world, CLERKS[0], 6)
    assert kinds(world) == []
    look(world, TELLER, 6)
    assert kinds(world) == [K.RESTRICTED]
    assert entries(world)[-2:] == ["consent.looked-up", "alarm.raised"]
    assert number not in str(world.ledger.entries)
    with pytest.raises(ConflictError):
        settings.restrict(TELLER, number, Relation.FAMILY)


def test_people_of_public_interest_alarm_whoever_looks(world: Lists) -> None:
    settings, number = world.gate.monitoring.settings, world.gate.numbers.of(BANK, 2)
    with pytest.raises(ForbiddenError):
        settings.restrict(TELLER, number, Relation.PUBLIC_INTEREST)
    restriction = settings.restrict(ACTORS["guard"], number, Relation.PUBLIC_INTEREST)
    look(world, CLERKS[1], 2)
    assert kinds(world) == [K.PUBLIC_INTEREST]
    settings.lift(ACTORS["privacy"], restriction)
    world.clock.advance(timedelta(days=3))
    look(world, CLERKS[1], 2)
    assert kinds(world) == [K.PUBLIC_INTEREST]


def test_nobody_lifts_their_own_restriction(world: Lists) -> None:
    guard, number = ACTORS["guard"], world.gate.numbers.of(BANK, 2)
    restriction = world.gate.monitoring.settings.restrict(guard, number, Relation.SELF)
    with pytest.raises(ForbiddenError):
        world.gate.monitoring.settings.lift(guard, restriction)
    with pytest.raises(ForbiddenError):
        world.gate.monitoring.settings.lift(TELLER, restriction)


def test_night_work_alarms_unless_the_office_is_open(world: Lists) -> None:
    world.clock.advance(timedelta(hours=12))  # ten in the evening
    look(world, TELLER, 1, times=3)
    today = day_in_japan(world.clock.now())
    look(world, CLERKS[0], 2, times=3)
    place = Workplace("clerk-0", "minase-night", 0, 24 * 60, True, today)
    world.gate.monitoring.settings.place(STEWARD, place)
    run(world)
    (case,) = world.gate.monitoring.casework.cases(SECOND)
    assert (case.kind, case.actors) == (K.OFF_HOURS, ("teller",))


def test_consents_on_arrival_at_an_event_and_the_list_before_it(anywhere: Lists) -> None:
    """The incident: a list of customers, days later an invitation, consent taken as they arrive."""
    world = anywhere
    today = day_in_japan(world.clock.now())
    world.approve()
    world.consent(*range(8))
    world.clock.advance(timedelta(minutes=1))
    event = today + timedelta(days=4)  # a Friday
    world.gate.monitoring.settings.plan(STEWARD, "お客さま感謝デー", event, event)
    world.gate.open(world.use())
    run(world)
    assert kinds(world) == [K.NEAR_CAMPAIGN]
    world.withdraw(0, 1, 2)
    world.clock.advance(timedelta(days=4))
    for person in (0, 1, 2):
        look(world, TELLER, person)
        world.consent(person, requested=True)
    run(world)
    assert kinds(world) == [K.NEAR_CAMPAIGN, K.SAME_DAY]


def alarmed(world: Lists) -> str:
    """Raise an alarm about the teller and return its id."""
    world.gate.monitoring.settings.restrict(TELLER, world.gate.numbers.of(BANK, 6), Relation.SELF)
    look(world, TELLER, 6)
    return world.gate.monitoring.casework.cases(AUDITOR)[-1].id


def test_a_case_from_the_alarm_to_its_end(world: Lists) -> None:
    """The first line states, the second judges, the third samples and reopens; every step is in the ledger."""
    alarm, work = alarmed(world), world.gate.monitoring.casework
    case = work.get(SECOND, alarm)
    assert (case.state, case.owner, case.due) == (CaseState.ASSIGNED, "second-line", date(2026, 6, 4))
    work.state(STEWARD, alarm, "自分の残高を確かめた")
    with pytest.raises(ConflictError):
        work.close(SECOND, alarm, Result.HARMLESS, "確認")
    work.begin(SECOND, alarm)
    work.close(SECOND, alarm, Result.CORRECTED, "指導した")
    assert work.sample(AUDITOR)[0].id == alarm
    work.confirm(AUDITOR, alarm, "妥当")
    assert work.get(AUDITOR, alarm).sampled
    work.reopen(AUDITOR, alarm, "頻度も確かめること")
    again = work.get(SECOND, alarm)
    assert (again.state, again.result) == (CaseState.ASSIGNED, None)
    assert [step.kind for step in again.steps] == [
        *(StepKind.STATED, StepKind.REVIEW, StepKind.CLOSED, StepKind.SAMPLED, StepKind.REOPENED)
    ]
    done = ["alarm.stated", "alarm.review-started", "alarm.closed", "alarm.sampled", "alarm.reopened"]
    assert entries(world)[-5:] == done
    assert "指導した" not in str(world.ledger.entries)


def test_the_old_way_of_seeing_an_alarm_still_works(world: Lists) -> None:
    alarm = alarmed(world)
    (told,) = world.gate.alarms.list(SECOND, seen=False)
    assert (told.id, told.state, told.owner) == (alarm, "assigned", "second-line")
    world.gate.alarms.see(SECOND, alarm)
    assert world.gate.alarms.list(SECOND, seen=False) == []


def test_only_the_owner_closes_and_the_case_can_change_hands(world: Lists) -> None:
    alarm, work = alarmed(world), world.gate.monitoring.casework
    with pytest.raises(ForbiddenError):
        work.begin(OTHER, alarm)
    with pytest.raises(InputError):
        work.assign(SECOND, alarm, "teller")
    work.assign(OTHER, alarm, "second-two")
    work.begin(OTHER, alarm)
    with pytest.raises(ForbiddenError):
        work.close(SECOND, alarm, Result.HARMLESS, "確認")
    with pytest.raises(ForbiddenError):
        work.state(SECOND, alarm, "第一線ではない")
    with pytest.raises(ForbiddenError):
        work.reopen(SECOND, alarm, "第三線ではない")


def test_nobody_deals_with_an_alarm_about_themselves(world: Lists) -> None:
    """It is not theirs from the start, and to them it does not exist."""
    both = Actor("clerk-and-judge", "兼務", BANK, frozenset({"clerk", "verifier", "steward"}))
    world.gate.catalogue.add_actor(both)
    work = world.gate.monitoring.casework
    world.gate.monitoring.settings.restrict(both, world.gate.numbers.of(BANK, 6), Relation.SELF)
    look(world, both, 6)
    (case,) = work.cases(AUDITOR)
    assert case.owner == "second-line"
    assert work.cases(both) == []
    for act in (
        lambda: work.get(both, case.id),
        lambda: work.assign(both, case.id, "second-two"),
        lambda: work.begin(both, case.id),
        lambda: work.state(both, case.id, "自分のこと"),
        lambda: work.close(both, case.id, Result.HARMLESS, "自分のこと"),
        lambda: work.person_number(both, case.id),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert "clerk-and-judge" not in work.owners(AUDITOR, case.id)


def test_what_is_overdue_goes_to_the_third_line_once(world: Lists) -> None:
    alarm, work = alarmed(world), world.gate.monitoring.casework
    world.clock.advance(timedelta(days=3))
    assert world.gate.monitoring.detection.run().escalated == 0
    world.clock.advance(timedelta(days=1))
    assert [world.gate.monitoring.detection.run().escalated for _ in range(2)] == [1, 0]
    assert work.get(AUDITOR, alarm).escalated_at is not None
    assert work.counts(AUDITOR)[BANK]["late"] == 1
    work.assign(AUDITOR, alarm, "second-two")


def test_the_number_of_the_person_is_recorded_before_it_is_shown(world: Lists) -> None:
    alarm, work = alarmed(world), world.gate.monitoring.casework
    assert work.person_number(SECOND, alarm) == world.gate.numbers.of(BANK, 6)
    assert entries(world)[-1] == "alarm.person-shown"
    with pytest.raises(ForbiddenError):
        work.person_number(AUDITOR, alarm)


def test_another_party_sees_nothing_of_a_case(world: Lists) -> None:
    alarm = alarmed(world)
    stranger = Actor("far", "他社", "insurer-minase", frozenset({"verifier", "steward"}))
    world.gate.catalogue.add_actor(stranger)
    with pytest.raises(NotFoundError):
        world.gate.monitoring.casework.get(stranger, alarm)
    with pytest.raises(ForbiddenError):
        world.gate.monitoring.casework.cases(TELLER)


def test_a_report_is_made_once_and_hides_small_numbers_of_people(world: Lists) -> None:
    """Three who consented are told as fewer than five; what happens later changes nothing."""
    reports = world.gate.monitoring.reports
    world.consent(0, 1, 2)
    alarmed(world)
    with pytest.raises(InputError):
        reports.make(date(2026, 6, 1))
    (now,) = reports.get(SECOND, date(2026, 6, 1))
    assert now.digest is None
    world.clock.advance(timedelta(days=31))
    made = {one.party: one for one in reports.make(date(2026, 6, 1))}
    figures = made[BANK].content["this"]
    assert (figures["given"], figures["taken"], figures["look-ups"]) == (FEW, FEW, 1)
    assert figures["alarms"]["kinds"] == {"restricted": 1}
    assert entries(world).count("report.made") == len(made)
    assert reports.make(date(2026, 6, 1)) == list(made.values())
    assert entries(world).count("report.made") == len(made)
    assert [one.party for one in reports.get(AUDITOR, date(2026, 6, 1))] == sorted(made)
    with pytest.raises(NotFoundError):
        reports.get(SECOND, date(2026, 5, 1))
    with pytest.raises(ForbiddenError):
        reports.get(TELLER, date(2026, 6, 1))


def test_nothing_is_raised_when_the_ledger_cannot_write(world: Lists) -> None:
    for clerk in (TELLER, *CLERKS):
        look(world, clerk, 5)
    world.ledger.fail_at = frozenset({"alarm.raised"})
    with pytest.raises(Exception, match="could not be recorded"):
        run(world)
    assert kinds(world) == []


def test_a_campaign_that_has_begun_is_not_taken_back(world: Lists) -> None:
    today, settings = day_in_japan(world.clock.now()), world.gate.monitoring.settings
    begun = settings.plan(STEWARD, "相談会", today, today)
    later = settings.plan(SECOND, "相談会", today + timedelta(days=1), today + timedelta(days=2))
    settings.cancel(STEWARD, later)
    with pytest.raises(ConflictError):
        settings.cancel(STEWARD, begun)
    assert [one.id for one in settings.campaigns(AUDITOR)] == [begun]
    with pytest.raises(InputError):
        settings.plan(STEWARD, "", today, today)
    with pytest.raises(InputError):
        settings.plan(STEWARD, "相談会", today, today - timedelta(days=1))
    with pytest.raises(ForbiddenError):
        settings.plan(TELLER, "相談会", today, today)


def test_uses_of_a_scheme_and_their_alarms_have_a_case_from_the_start(world: Lists) -> None:
    world.approve()
    world.gate.open(world.use(people=[4]))
    (case,) = world.gate.monitoring.casework.cases(SECOND)
    assert (case.kind, case.scheme, case.actors) == (K.WITHOUT_CONSENT, SCHEME, ("seller",))
    assert world.ledger.entries[-1].body["owner"] == case.owner


def test_consents_withdrawn_at_a_counter_are_counted_as_words_of_people(world: Lists) -> None:
    world.consent(0)
    world.gate.consents.withdraw(TELLER, 0, TOPIC, Channel.COUNTER)
    (report,) = world.gate.monitoring.reports.get(STEWARD, date(2026, 6, 1))
    assert report.content["this"]["withdrawn"] == FEW
