"""What is in force is watched over: reports, conditions that stop it, suspension, resumption, the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.gate.review_world import CHECKED, REVIEWERS, appoint_all, people
from tests.gate.review_world import ID as PEOPLE_ID
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate import Refusal, Release
from umaya.gate.conditions import Condition, parse
from umaya.gate.schemes import State
from umaya.gate.watch import Stopped
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.reasons import Reason

ID = "minase-passable-roads"
VERIFIER, APPROVER, STEWARD, OFFICER = (ACTORS[name] for name in ("second-line", "head", "steward", "officer"))
DAY = timedelta(days=1)
UNTIL, REPORT, USES = (
    parse("valid-until: {day: 2026-04-10}"),
    parse("report-every-days: {days: 7}"),
    parse("max-uses-per-day: {uses: 2}"),
)


def in_force(world: World, *conditions: Condition) -> World:
    world.submit()
    world.gate.review.verify(VERIFIER, ID, conditions=conditions)
    world.gate.review.approve(APPROVER, ID)
    return world


def state(world: World) -> State:
    return world.gate.schemes.get(ID).summary.state


# Conditions


def test_conditions_stand_with_the_version_in_the_order_imposed(either_world: World) -> None:
    world = either_world
    world.submit()
    world.gate.review.verify(VERIFIER, ID, conditions=[UNTIL])
    world.gate.review.approve(APPROVER, ID, conditions=[USES, UNTIL])
    world.gate.review.impose(APPROVER, ID, [REPORT], "毎週の報告")
    (version,) = world.gate.schemes.get(ID).versions
    assert version.conditions == (UNTIL, USES, REPORT)
    told = [entry.body.get("conditions") for entry in world.ledger.entries[-3:]]
    assert told == [[UNTIL.canonical()], [USES.canonical(), UNTIL.canonical()], [REPORT.canonical()]]


def test_a_new_version_brings_none_of_them(world: World) -> None:
    in_force(world, UNTIL)
    world.approve(purpose="{ja: 別の目的, en: Another purpose}")
    assert [version.conditions for version in world.gate.schemes.get(ID).versions] == [(UNTIL,), ()]


@pytest.mark.parametrize(
    ("text", "words"),
    [("max-people-per-use: {people: 5}", "names no people"), ("require-notice-published", "names no notice")],
)
def test_what_could_never_be_judged_is_not_imposed(world: World, text: str, words: str) -> None:
    world.submit()
    with pytest.raises(ConflictError, match=words):
        world.gate.review.verify(VERIFIER, ID, conditions=[parse(text)])
    assert state(world) is State.SUBMITTED


def test_conditions_on_people_need_a_dataset_about_people(world: World) -> None:
    appoint_all(people(world))
    world.gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")
    world.gate.review.sign_privacy(REVIEWERS["protection"], PEOPLE_ID)
    world.gate.review.verify(VERIFIER, PEOPLE_ID, conditions=[parse("max-people-per-use: {people: 5}")])


def test_imposing_is_reviewing(world: World) -> None:
    """By the verifier before lock one, by the approver afterwards; it wears the hat, and needs a reason."""
    world.submit()
    with pytest.raises(ForbiddenError, match="role `verifier`"):
        world.gate.review.impose(APPROVER, ID, [UNTIL], "期限")
    with pytest.raises(InputError):
        world.gate.review.impose(VERIFIER, ID, [UNTIL], " ")
    with pytest.raises(ConflictError, match="no condition"):
        world.gate.review.impose(VERIFIER, ID, [], "期限")
    world.gate.review.impose(ACTORS["two-hats"], ID, [UNTIL], "期限")
    world.gate.review.verify(VERIFIER, ID)
    with pytest.raises(ForbiddenError, match="verifier"):
        world.gate.review.approve(ACTORS["two-hats"], ID)


def test_the_hub_stops_a_scheme_whose_condition_failed(either_world: World) -> None:
    world = in_force(either_world, USES)
    world.declare()
    assert world.gate.review.stop_for_condition(ID, USES)
    assert world.gate.decide(world.use()).reason is Reason.SCHEME_SUSPENDED
    act = world.gate.schemes.get(ID).acts[-1]
    assert (act.act, act.actor, act.role, act.note) == ("condition-failed", "hub", "program", str(USES))
    entry = world.ledger.entries[act.entry]
    assert (entry.kind, entry.actor) == ("scheme.condition-failed", "hub")
    assert entry.body["condition"] == USES.canonical()


def test_stopping_twice_is_one_act(world: World) -> None:
    """Two uses at once in two processes see the same condition fail."""
    in_force(world, USES)
    assert world.gate.review.stop_for_condition(ID, USES)
    assert not world.new_gate().review.stop_for_condition(ID, USES)
    assert world.ledger.kinds().count("scheme.condition-failed") == 1


def test_a_condition_of_another_version_stops_nothing(world: World) -> None:
    in_force(world, USES)
    world.approve(purpose="{ja: 別の目的, en: Another purpose}")
    assert not world.gate.review.stop_for_condition(ID, USES)
    assert not world.gate.review.stop_for_condition("no-such-scheme", USES)
    assert state(world) is State.APPROVED


def test_the_check_stops_what_time_let_fail(either_world: World) -> None:
    world = in_force(either_world, USES, UNTIL)
    world.clock.advance(8 * DAY)  # 10 April, the last day
    assert world.gate.review.check() == []
    world.clock.advance(DAY)
    assert world.gate.review.check("another") == []
    assert world.gate.review.check() == [Stopped(ID, 1, UNTIL)]
    assert world.gate.review.check() == []
    assert state(world) is State.SUSPENDED


def test_a_report_is_owed_within_its_days_of_the_approval_or_the_last_one(world: World) -> None:
    in_force(world, REPORT)
    world.clock.advance(7 * DAY)
    assert world.gate.review.check() == []
    world.gate.review.report(OFFICER, ID, "三件の利用")
    world.clock.advance(7 * DAY)
    assert world.gate.review.check() == []
    world.clock.advance(DAY)
    assert world.gate.review.check() == [Stopped(ID, 1, REPORT)]


def test_reports_come_from_the_party_that_uses_the_data(world: World) -> None:
    in_force(world, REPORT)
    for actor in ("planner", "banker", "clerk"):
        with pytest.raises(ForbiddenError):
            world.gate.review.report(ACTORS[actor], ID, "報告")
    with pytest.raises(InputError):
        world.gate.review.report(OFFICER, ID, "")


def test_a_use_beyond_the_limit_is_refused_and_stops_the_scheme(either_world: World) -> None:
    """Two a day: the third is refused for the condition, the fourth finds the scheme suspended."""
    world = in_force(either_world, USES)
    world.declare()
    answers = [world.gate.open(world.use()) for _ in range(4)]
    assert [isinstance(answer, Release) for answer in answers] == [True, True, False, False]
    reasons = [answer.reason for answer in answers if isinstance(answer, Refusal)]
    assert reasons == [Reason.CONDITION_FAILED, Reason.SCHEME_SUSPENDED]
    assert world.ledger.kinds().count("scheme.condition-failed") == 1
    assert state(world) is State.SUSPENDED


def test_the_limit_of_a_day_is_for_that_day(world: World) -> None:
    in_force(world, USES)
    world.declare()
    for _ in range(2):
        assert isinstance(world.gate.open(world.use()), Release)
    world.clock.advance(timedelta(hours=12))  # midnight in Japan
    assert isinstance(world.gate.open(world.use()), Release)


def test_of_uses_at_once_no_more_than_the_limit_is_permitted(either_world: World) -> None:
    world = in_force(either_world, USES)
    world.declare()
    gates = [world.new_gate() for _ in range(6)]
    with ThreadPoolExecutor(len(gates)) as pool:
        answers = list(pool.map(lambda gate: gate.open(world.use()), gates))
    assert sum(isinstance(answer, Release) for answer in answers) == 2
    assert state(world) is State.SUSPENDED
    assert world.ledger.kinds().count("scheme.condition-failed") == 1


# Resumption and end


def test_an_approver_resumes_what_was_suspended(either_world: World) -> None:
    world = in_force(either_world)
    world.declare()
    world.gate.review.suspend(STEWARD, ID, "苦情")
    world.gate.review.resume(APPROVER, ID, "解決した")
    assert world.gate.decide(world.use()).permitted
    assert world.ledger.kinds()[-1] == "scheme.resumed"


@pytest.mark.parametrize("actor", ["steward", "second-line", "clerk", "city-clerk", "officer"])
def test_nobody_else_resumes(world: World, actor: str) -> None:
    in_force(world)
    world.gate.review.suspend(STEWARD, ID, "苦情")
    with pytest.raises(ForbiddenError):
        world.gate.review.resume(ACTORS[actor], ID, "解決した")


def test_resuming_is_approving_so_the_verifier_cannot(world: World) -> None:
    world.submit()
    world.gate.review.verify(ACTORS["two-hats"], ID)
    world.gate.review.approve(APPROVER, ID)
    world.gate.review.suspend(STEWARD, ID, "苦情")
    with pytest.raises(ForbiddenError, match="verifier"):
        world.gate.review.resume(ACTORS["two-hats"], ID, "解決した")


def test_a_condition_must_be_met_before_resuming(world: World) -> None:
    in_force(world, REPORT)
    world.clock.advance(8 * DAY)
    world.gate.review.check()
    with pytest.raises(ConflictError, match=r"`report-every-days: \{days: 7\}` fails"):
        world.gate.review.resume(APPROVER, ID, "再開")
    world.gate.review.report(OFFICER, ID, "遅れた報告")
    world.gate.review.resume(APPROVER, ID, "再開")
    assert world.gate.review.check() == []


def test_only_what_is_suspended_is_resumed(world: World) -> None:
    in_force(world)
    with pytest.raises(ConflictError, match="suspended"):
        world.gate.review.resume(APPROVER, ID, "再開")


def test_the_end_is_for_good(either_world: World) -> None:
    """Also for a version under review; nobody resumes, amends or uses it afterwards."""
    world = in_force(either_world)
    world.declare()
    world.submit(purpose="{ja: 別の目的, en: Another purpose}")
    world.gate.review.end(STEWARD, ID, "目的を達した")
    assert [version.state for version in world.gate.schemes.get(ID).versions] == [State.ENDED, State.ENDED]
    decision = world.gate.decide(world.use())
    assert (decision.permitted, decision.reason) == (False, Reason.SCHEME_ENDED)
    for act in (
        lambda: world.gate.review.resume(APPROVER, ID, "再開"),
        lambda: world.gate.review.end(APPROVER, ID, "再び"),
        lambda: world.gate.review.verify(VERIFIER, ID),
        world.submit,
    ):
        with pytest.raises(ConflictError):
            act()


def test_an_ended_version_speaks_for_the_scheme_though_a_draft_came_later(world: World) -> None:
    in_force(world)
    world.declare()
    world.submit(purpose="{ja: 別の目的, en: Another purpose}")
    world.gate.review.send_back(VERIFIER, ID, "不要")
    world.gate.review.suspend(STEWARD, ID, "苦情")
    world.gate.review.end(APPROVER, ID, "やめる")
    assert world.gate.decide(world.use()).reason is Reason.SCHEME_ENDED


@pytest.mark.parametrize("actor", ["second-line", "clerk", "city-clerk", "officer", "banker"])
def test_only_the_providers_steward_or_approver_ends(world: World, actor: str) -> None:
    in_force(world)
    with pytest.raises(ForbiddenError):
        world.gate.review.end(ACTORS[actor], ID, "終わり")


def test_what_is_not_there_is_neither_stopped_nor_ended(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.gate.review.end(STEWARD, "no-such-scheme", "終わり")
    world.gate.schemes.submit(ACTORS["clerk"], SCHEME, "scheme.yaml")
    with pytest.raises(ConflictError, match="approved or suspended"):
        world.gate.review.end(STEWARD, ID, "終わり")
