"""Break-glass: raw data at once under a plan, warned about, ended by itself, locked until somebody else reviewed it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from tests.gate.emergency.quake import (
    AREA,
    AUDITOR,
    BALANCING,
    DOCUMENT,
    PLAN,
    PRIVACY,
    RESPONDER,
    REVIEWER,
    SECOND,
    asked,
    furnish,
    reviewed,
)
from tests.gate.world import ACTORS, HOUR, NOW, WINDOW, World, offsets
from umaya.gate import Area, Refusal, Release
from umaya.gate.emergency.desk import EmergencyRefusal
from umaya.gate.emergency.limits import area_km2
from umaya.gate.emergency.openings import Balancing, Emergency, EmergencyState, Finding
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.reasons import Reason

BESIDE = Area.of_box((140.0, 40.0, 140.1, 40.1))
WHOLE = Area.of_box((136.0, 36.0, 138.0, 37.0))


@pytest.fixture
def quake(world: World) -> World:
    """The world after its earthquake, with a plan in force."""
    furnish(world)
    return world


def opened(world: World, **changes: object) -> Emergency:
    outcome = world.gate.emergency.open(asked(**changes))
    assert isinstance(outcome, Emergency)
    return outcome


def refused(world: World, **changes: object) -> EmergencyRefusal:
    outcome = world.gate.emergency.open(asked(**changes))
    assert isinstance(outcome, EmergencyRefusal)
    return outcome


def test_raw_rows_leave_at_once_and_each_time_is_a_use_of_its_own(quake: World) -> None:
    """The opening is in the ledger before any row; every opening of data names it, with its own two entries."""
    emergency = opened(quake)
    assert quake.ledger.entries[emergency.entry].kind == "emergency.opened"
    release = quake.gate.open(quake.gate.emergency.use(RESPONDER, emergency.id, WINDOW))
    assert isinstance(release, Release)
    assert release.entry > emergency.entry
    assert sorted(offsets(release.data)) == [("a", 0), ("a", 1), ("a", 59), ("b", 2)]
    entry = quake.ledger.entries[release.entry]
    assert (entry.kind, entry.body["emergency"]) == ("use.permitted", emergency.id)
    assert quake.ledger.entries[-1].kind == "use.released"
    record = quake.gate.emergency.get(RESPONDER, emergency.id)
    assert (record.rows, [use.id for use in record.uses]) == (4, [release.use])


def test_nothing_leaves_that_the_ledger_did_not_take(quake: World) -> None:
    """Without its entry an opening is none, and opens nothing."""
    quake.ledger.fail_at = frozenset({"emergency.opened"})
    outcome = refused(quake)
    assert (outcome.reason, outcome.entry) == (Reason.LEDGER_UNAVAILABLE, None)
    with pytest.raises(NotFoundError):
        quake.gate.emergency.use(RESPONDER, outcome.id)


def test_it_ends_by_itself(quake: World) -> None:
    """At its end, and at that of its event, the same use is refused; nothing had to run."""
    emergency = opened(quake)
    use = quake.gate.emergency.use(RESPONDER, emergency.id, WINDOW)
    quake.clock.set(emergency.ends - timedelta(seconds=1))
    assert isinstance(quake.gate.open(use), Release)
    quake.clock.set(emergency.ends)
    outcome = quake.gate.open(use)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.EMERGENCY_NOT_OPEN


def test_the_end_of_the_event_ends_it(quake: World) -> None:
    emergency = opened(quake)
    quake.clock.advance(HOUR)
    quake.gate.events.end(ACTORS["mayor"], "quake")
    assert quake.gate.emergency.get(RESPONDER, emergency.id).emergency.state(quake.clock.now()) is (
        EmergencyState.TO_REVIEW
    )


@pytest.mark.parametrize("who", [RESPONDER, ACTORS["second-line"], PRIVACY, ACTORS["steward"]])
def test_its_requester_and_the_providers_watchers_end_it_early(quake: World, who) -> None:  # type: ignore[no-untyped-def]
    emergency = opened(quake)
    use = quake.gate.emergency.use(RESPONDER, emergency.id, WINDOW)
    quake.gate.emergency.end(who, emergency.id, "見つかった")
    assert isinstance(quake.gate.open(use), Refusal)
    with pytest.raises(ConflictError):
        quake.gate.emergency.end(who, emergency.id, "もう一度")


def test_nobody_else_ends_it(quake: World) -> None:
    emergency = opened(quake)
    for who in (SECOND, AUDITOR, ACTORS["banker"]):
        with pytest.raises(ForbiddenError):
            quake.gate.emergency.end(who, emergency.id, "止める")


def test_everybody_who_must_know_is_warned_at_once(world: World) -> None:
    """Second line, privacy officer and steward of the provider, the auditor, the declarer; not the requester."""
    notifier = furnish(world)
    emergency = opened(world)
    warned = world.gate.emergency.get(RESPONDER, emergency.id).warned
    expected = {"second-line", "all-hats", "two-hats", "post-privacy", "post-minase-tells", "steward", "mayor", "audit"}
    assert {one.actor for one in warned} == expected
    assert {one.to for one in notifier.told} == expected
    assert all(one.sent_at is not None for one in warned)
    alarms = world.gate.alarms.list(REVIEWER)
    assert [(alarm.kind, alarm.about) for alarm in alarms] == [("emergency", emergency.entry)]


def test_whom_no_word_reached_is_known_and_the_emergency_opens_all_the_same(quake: World) -> None:
    """A notifier that fails stops nobody from being rescued."""

    class Broken:
        def notify(self, warning: object) -> None:
            raise OSError("no line")

    quake.gate.emergency._notifier = Broken()
    emergency = opened(quake)
    assert all(one.sent_at is None for one in quake.gate.emergency.get(RESPONDER, emergency.id).warned)


def test_an_acknowledgement_is_recorded_once(quake: World) -> None:
    emergency = opened(quake)
    quake.gate.emergency.acknowledge(AUDITOR, emergency.id)
    entry = quake.ledger.entries[-1]
    assert (entry.kind, entry.actor, entry.body["role"]) == ("emergency.acknowledged", "audit", "auditor")
    with pytest.raises(ConflictError):
        quake.gate.emergency.acknowledge(AUDITOR, emergency.id)
    with pytest.raises(NotFoundError):
        quake.gate.emergency.acknowledge(RESPONDER, emergency.id)


def test_the_requester_is_locked_until_somebody_else_wrote_the_review(quake: World) -> None:
    """While it is open, after it ended, and until the review; another requester is not."""
    first = opened(quake)
    assert refused(quake).reason is Reason.EMERGENCY_LOCKED
    quake.gate.emergency.end(RESPONDER, first.id, "終わり")
    outcome = refused(quake)
    assert (outcome.reason, outcome.earlier) == (Reason.EMERGENCY_LOCKED, first.id)
    assert quake.ledger.entries[-1].kind == "emergency.refused"
    opened(quake, actor=SECOND)
    quake.gate.emergency.review(REVIEWER, first.id, Finding.NOT_JUSTIFIED, "記録を見た", "研修する")
    assert opened(quake).id != first.id


def test_nobody_reviews_their_own_and_no_review_comes_before_the_end(world: World) -> None:
    """Even where the requester is the provider's verifier; only its second line and privacy officer review."""
    furnish(world)
    emergency = opened(world)
    review = world.gate.emergency.review
    with pytest.raises(ConflictError):
        review(REVIEWER, emergency.id, Finding.JUSTIFIED, "見た", "なし")
    world.gate.emergency.end(RESPONDER, emergency.id, "終わり")
    for who in (RESPONDER, SECOND, AUDITOR, ACTORS["steward"], ACTORS["city-clerk"]):
        with pytest.raises(ForbiddenError):
            review(who, emergency.id, Finding.JUSTIFIED, "見た", "なし")
    review(PRIVACY, emergency.id, Finding.JUSTIFIED, "見た", "なし")
    with pytest.raises(ConflictError):
        review(PRIVACY, emergency.id, Finding.JUSTIFIED, "見た", "なし")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"actor": ACTORS["officer"]}, Reason.ROLE_MISSING),
        ({"recipient": "bank-minase"}, Reason.NOT_A_PARTY),
        ({"dataset": "letterboxes"}, Reason.EMERGENCY_NO_PLAN),
        ({"dataset": "none such"}, Reason.EMERGENCY_NO_PLAN),
        ({"fields": ("addressee",)}, Reason.FIELD_NOT_IN_SCHEME),
        ({"event": "other"}, Reason.EVENT_MISSING),
        ({"area": BESIDE}, Reason.OUTSIDE_AREA),
        ({"area": WHOLE}, Reason.EMERGENCY_AREA_TOO_LARGE),
        ({"area": None}, Reason.EMERGENCY_AREA_TOO_LARGE),
        ({"ends": NOW + 25 * HOUR}, Reason.EMERGENCY_TOO_LONG),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_whatever_the_plan_does_not_give_is_refused_and_recorded(
    quake: World, changes: dict[str, object], reason: Reason
) -> None:
    outcome = refused(quake, **changes)
    assert outcome.reason is reason
    entry = quake.ledger.entries[-1]
    assert (entry.kind, entry.body["reason"]) == ("emergency.refused", reason.value)


def test_without_a_plan_it_is_said_whom_to_call(quake: World) -> None:
    call = refused(quake, dataset="letterboxes").call
    assert {one.role for one in call} == {"verifier", "privacy-officer", "steward"}
    assert {one.party for one in call} == {"post-minase"}


def test_an_event_that_ended_or_is_another_citys_opens_nothing(quake: World) -> None:
    quake.gate.events.end(ACTORS["mayor"], "quake")
    assert refused(quake).reason is Reason.EVENT_ENDED


def test_a_suspended_plan_opens_nothing_and_closes_what_is_open(quake: World) -> None:
    """The provider keeps the last word: suspending the plan stops what is open under it."""
    emergency = opened(quake)
    quake.gate.review.suspend(ACTORS["steward"], PLAN, "誤りがある")
    outcome = quake.gate.open(quake.gate.emergency.use(RESPONDER, emergency.id, WINDOW))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.SCHEME_SUSPENDED
    assert refused(quake, actor=SECOND).reason is Reason.SCHEME_SUSPENDED


def test_a_plan_opens_for_no_ordinary_use_and_for_no_other_requester(quake: World) -> None:
    """Not for an officer, not without an emergency, not within somebody else's."""
    emergency = opened(quake)
    plain = quake.use(scheme=PLAN, actor=SECOND)
    for use, reason in (
        (quake.use(scheme=PLAN), Reason.ROLE_MISSING),
        (plain, Reason.EMERGENCY_NOT_OPEN),
        (quake.gate.emergency.use(SECOND, emergency.id, WINDOW), Reason.EMERGENCY_NOT_OPEN),
    ):
        outcome = quake.gate.open(use)
        assert isinstance(outcome, Refusal)
        assert outcome.reason is reason


def test_only_rows_within_the_asked_area_leave(quake: World) -> None:
    """A small area in the plan's larger one: what lies outside is not read."""
    emergency = opened(quake, area=Area.of_box((137.49, 36.2, 137.51, 36.3)))
    release = quake.gate.open(quake.gate.emergency.use(RESPONDER, emergency.id, WINDOW))
    assert isinstance(release, Release)
    assert sorted(offsets(release.data)) == [("a", 4), ("c", 3)]


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("obligations: []", "obligations: [{move-to-road: {}}]", "raw data"),
        ("hours: 24", "hours: 100", "wider than the rules"),
        ("area_km2: 500", "area_km2: 90000", "wider than the rules"),
        ("lon, lat]", "lon, lat, addressee]", "never leaves|correspondence|leave"),
    ],
)
def test_what_can_be_no_plan_is_refused_when_it_is_submitted(world: World, line: str, instead: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        world.submit(DOCUMENT.replace(line, instead))


def test_every_part_of_the_statement_is_needed() -> None:
    for part in ("danger", "why_raw", "why_fields", "harm"):
        with pytest.raises(InputError, match=part):
            asked(balancing=Balancing(**{**vars(BALANCING), part: "  "}))


def test_an_end_in_the_past_is_a_mistake_and_no_refusal(quake: World) -> None:
    with pytest.raises(InputError, match="past"):
        quake.gate.emergency.open(asked(ends=NOW - HOUR))


def test_others_do_not_see_it(quake: World) -> None:
    emergency = opened(quake)
    with pytest.raises(NotFoundError):
        quake.gate.emergency.get(ACTORS["banker"], emergency.id)
    assert quake.gate.emergency.list(ACTORS["banker"]) == []
    assert [one.emergency.id for one in quake.gate.emergency.list(AUDITOR)] == [emergency.id]


def test_the_ledger_has_no_word_of_the_requester(quake: World) -> None:
    """Statement and balancing stand there as salted digests."""
    emergency = opened(quake)
    reviewed(quake, emergency.id)
    told = str([(entry.kind, entry.body) for entry in quake.ledger.entries])
    assert emergency.why not in told
    assert BALANCING.danger not in told


def test_two_openings_at_once_and_one_passes(either_world: World) -> None:
    """On both databases, whichever thread is first locks the other out."""
    furnish(either_world)
    outcomes: list[object] = []
    gates = [either_world.gate, either_world.new_gate()]
    ready = threading.Barrier(2)

    def ask(gate) -> None:  # type: ignore[no-untyped-def]
        ready.wait()
        outcomes.append(gate.emergency.open(asked()))

    threads = [threading.Thread(target=ask, args=(gate,)) for gate in gates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["Emergency", "EmergencyRefusal"]
    lost = next(one for one in outcomes if isinstance(one, EmergencyRefusal))
    assert lost.reason is Reason.EMERGENCY_LOCKED


def test_an_area_is_measured_in_square_kilometres() -> None:
    """One degree by one degree at the equator is 12,309 km2 on the authalic sphere; the city's box is near 80."""
    assert area_km2(Area.of_box((0, -0.5, 1, 0.5))) == pytest.approx(12_364, rel=0.005)
    assert area_km2(AREA) == pytest.approx(9.0 * 8.9, rel=0.02)
