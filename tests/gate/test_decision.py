"""Each reason by its smallest case, and the decision against a plain oracle on random schemes and uses."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.cases import cases
from tests.gate.world import ACTORS, HOUR, NOW, WINDOW, World
from umaya.gate import Area, Dataset, Party, Refusal, SchemeVersion, Use, Words
from umaya.gate.decision import Facts, evaluate
from umaya.gate.events import Event
from umaya.gate.person_rule import WITH_CONSENT, WITHOUT_CONSENT
from umaya.gate.roles import OFFICER
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import State
from umaya.law import RULES
from umaya.types.classes import SecrecyClass
from umaya.types.errors import InputError, IntegrityError
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Chain

BOX = (136.80, 36.20, 136.90, 36.28)
STRANGER = Actor("stranger", "誰か", "city-minase", frozenset({OFFICER}))

SMALLEST_CASES: list[tuple[Reason, dict[str, Any]]] = [
    (Reason.NOT_A_PARTY, {"actor": STRANGER}),
    (Reason.NOT_A_PARTY, {"actor": ACTORS["banker"]}),
    (Reason.NO_SCHEME, {"scheme": "another"}),
    (Reason.NO_SCHEME, {"scheme": "'; DROP TABLE schemes; --"}),
    (Reason.ROLE_MISSING, {"actor": ACTORS["mayor"]}),
    (Reason.FIELD_NOT_IN_SCHEME, {"fields": ("lon", "addressee")}),
    (Reason.FIELD_NOT_IN_SCHEME, {"fields": ("speed_mps",)}),
    (Reason.FIELD_NOT_IN_SCHEME, {"fields": ()}),
    (Reason.EVENT_MISSING, {"event": None}),
    (Reason.EVENT_MISSING, {"event": "another"}),
    (Reason.WINDOW_MISSING, {"window": None}),
    (Reason.WINDOW_NOT_OVER, {"window": (NOW - HOUR, NOW + timedelta(microseconds=1))}),
    (Reason.OUTSIDE_EVENT, {"window": (NOW - 3 * HOUR, NOW)}),
]


@pytest.mark.parametrize(("reason", "changes"), SMALLEST_CASES)
def test_a_use_that_differs_in_one_thing_is_refused_for_it(
    ready: World, reason: Reason, changes: dict[str, Any]
) -> None:
    assert ready.gate.decide(ready.use()).permitted
    decision = ready.gate.decide(ready.use(**changes))
    assert (decision.permitted, decision.reason) == (False, reason)


def test_roles_are_looked_up_and_never_believed(ready: World) -> None:
    """The banker says it is the city's officer; the mayor says it has the role."""
    banker = replace(ACTORS["banker"], party="city-minase", roles=frozenset({OFFICER}))
    mayor = replace(ACTORS["mayor"], roles=frozenset({OFFICER}))
    assert ready.gate.decide(ready.use(actor=banker)).reason is Reason.NOT_A_PARTY
    assert ready.gate.decide(ready.use(actor=mayor)).reason is Reason.ROLE_MISSING


def test_one_lock_is_not_enough(world: World) -> None:
    world.declare()
    scheme = world.submit()
    assert world.gate.decide(world.use()).reason is Reason.SCHEME_NOT_APPROVED
    world.gate.review.verify(ACTORS["second-line"], scheme)
    assert world.gate.decide(world.use()).reason is Reason.SCHEME_NOT_APPROVED
    world.gate.review.approve(ACTORS["head"], scheme)
    assert world.gate.decide(world.use()).permitted


def test_a_suspended_scheme_is_refused(ready: World) -> None:
    ready.gate.review.suspend(ACTORS["steward"], "minase-passable-roads", "苦情")
    assert ready.gate.decide(ready.use()).reason is Reason.SCHEME_SUSPENDED
    ready.submit(purpose="{ja: 別, en: Other}")
    assert ready.gate.decide(ready.use()).reason is Reason.SCHEME_SUSPENDED


@pytest.mark.parametrize(
    ("period", "permitted"),
    [
        ("{from: 2026-04-02, to: 2026-04-02}", True),
        ("{from: 2026-04-03, to: 2026-04-09}", False),
        ("{from: 2026-03-01, to: 2026-04-01}", False),
    ],
)
def test_a_period_is_in_days_of_japan(world: World, period: str, permitted: bool) -> None:
    world.approve(period=period)
    world.declare()
    decision = world.gate.decide(world.use())
    assert decision.permitted is permitted
    assert permitted or decision.reason is Reason.OUTSIDE_PERIOD


def test_a_period_ends_at_midnight_in_japan(world: World) -> None:
    world.approve(period="{from: 2026-04-02, to: 2026-04-02}")
    world.declare()
    world.clock.set(datetime(2026, 4, 2, 14, 59, 59, tzinfo=UTC))
    assert world.gate.decide(world.use()).permitted
    world.clock.set(datetime(2026, 4, 2, 15, 0, tzinfo=UTC))
    assert world.gate.decide(world.use()).reason is Reason.OUTSIDE_PERIOD


def test_an_event_ends_by_itself_and_early(ready: World) -> None:
    ready.clock.set(NOW + 72 * HOUR - timedelta(microseconds=1))
    assert ready.gate.decide(ready.use()).permitted
    ready.clock.set(NOW + 72 * HOUR)
    assert ready.gate.decide(ready.use()).reason is Reason.EVENT_ENDED


def test_an_event_of_the_future_or_elsewhere_permits_nothing(world: World) -> None:
    world.approve()
    world.declare("coming", start=NOW + HOUR)
    world.declare("far-away", area=Area.of_box((140.0, 36.0, 141.0, 37.0)))
    assert world.gate.decide(world.use(event="coming")).reason is Reason.OUTSIDE_EVENT
    assert world.gate.decide(world.use(event="far-away")).reason is Reason.OUTSIDE_AREA


def test_an_obligation_that_the_hub_lost_is_not_skipped(ready: World) -> None:
    lacking = ready.new_gate(without="move-to-road")
    assert lacking.decide(ready.use()).reason is Reason.OBLIGATION_MISSING


def test_a_refusal_carries_nothing_that_was_not_permitted(ready: World) -> None:
    """A stranger does not even learn the version."""
    refused = ready.gate.decide(ready.use(event=None))
    assert (refused.columns, refused.area, refused.window, refused.obligations) == ((), None, None, ())
    assert refused.version == 1
    assert ready.gate.decide(ready.use(actor=ACTORS["banker"])).version is None


def test_deciding_records_and_releases_nothing(ready: World) -> None:
    before = len(ready.ledger.entries)
    ready.gate.decide(ready.use())
    assert len(ready.ledger.entries) == before
    assert ready.seen == []


def test_a_document_changed_in_the_database_opens_nothing(ready: World) -> None:
    """Somebody adds a field with a database client."""
    with ready.database.engine.begin() as connection:
        connection.exec_driver_sql(
            'UPDATE scheme_versions SET document = replace(document, \'"t",\', \'"t","speed_mps",\')'
        )
    with pytest.raises(IntegrityError):
        ready.gate.open(ready.use())
    assert ready.seen == []


@pytest.mark.parametrize(
    "changes",
    [
        {"window": (NOW, NOW)},
        {"window": (NOW, NOW - HOUR)},
        {"window": (NOW.replace(tzinfo=None), NOW.replace(tzinfo=None))},
        {"reason": "  "},
        {"reason": "a\x00b"},
        {"reason": "\ud800"},
        {"reason": "a" * 4001},
    ],
)
def test_a_use_that_makes_no_sense_is_an_input_error(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        World.use(**changes)


# --- against an oracle -------------------------------------------------------------------------------------------

MAY = {SecrecyClass.POSTAL, SecrecyClass.LOCATION, SecrecyClass.ORDINARY, SecrecyClass.NON_PERSONAL}
BOXES = {"here": BOX, "across": (136.85, 36.24, 137.0, 36.4), "beside": (136.90, 36.20, 137.0, 36.28)}


@dataclass(frozen=True)
class Story:
    """A scheme, a use and their moment, told in choices."""

    party: str
    officer: bool
    registered: bool
    known: bool
    state: State
    first_day: int
    last_day: int
    basis: str
    recipient: str
    classes: tuple[SecrecyClass, ...]
    asked: tuple[int, ...] | None
    steps: tuple[str, ...]
    chain: bool
    area: str | None
    event: str | None
    event_area: str
    event_of: str
    event_start_h: int
    event_end_h: int
    timed: bool
    window_h: tuple[int, int] | None


STORIES = st.builds(
    Story,
    party=st.sampled_from(["city", "city", "city", "post", "bank"]),
    officer=st.sampled_from([True, True, True, False]),
    registered=st.sampled_from([True, True, True, False]),
    known=st.sampled_from([True, True, True, False]),
    state=st.sampled_from([State.APPROVED] * 6 + list(State)),
    first_day=st.integers(-3, 1),
    last_day=st.integers(-1, 3),
    basis=st.sampled_from(["own-purpose", "postal-exception-2", "probe-statistics", "postal-exception-2", "hearsay"]),
    recipient=st.sampled_from(["city", "city", "city", "post", "bank"]),
    classes=st.lists(st.sampled_from([*sorted(MAY)] * 3 + list(SecrecyClass)), min_size=1, max_size=3).map(tuple),
    asked=st.one_of(st.none(), st.lists(st.integers(0, 3), max_size=3, unique=True).map(tuple)),
    steps=st.sampled_from(
        [
            ("move-to-road", "suppress-dead-ends", "link-counts"),
            ("move-to-road", "extra", "suppress-dead-ends", "link-counts"),
            ("suppress-dead-ends", "move-to-road", "link-counts"),
            ("link-counts",),
            (),
        ]
    ),
    chain=st.sampled_from([True, True, True, False]),
    area=st.sampled_from(["here", "across", "beside", None]),
    event=st.sampled_from(["quake", "quake", "quake", None]),
    event_area=st.sampled_from(["here", "across", "beside"]),
    event_of=st.sampled_from(["city", "city", "city", "bank"]),
    event_start_h=st.integers(-9, 1),
    event_end_h=st.integers(-1, 9),
    timed=st.booleans(),
    window_h=st.one_of(st.none(), st.sampled_from([(-1, 0), (-5, -1), (-1, 1), (-9, -8)])),
)
LEAST = {"suppress-dead-ends": {"max_homes": 1}, "link-counts": {"min_vehicles": 2}}
KINDS = {"city": "municipality", "post": "post", "bank": "bank"}


def told(story: Story) -> tuple[Use, Facts]:
    """Return the story as the gate would meet it."""
    names = [f"f{at}" for at in range(len(story.classes))]
    document = SchemeDocument.model_validate(
        {
            "scheme": "s",
            "title": {"ja": "a", "en": "a"},
            "provider": "post",
            "recipient": story.recipient,
            "dataset": "d",
            "fields": names,
            "purpose": {"ja": "a", "en": "a"},
            "basis": story.basis,
            "area": None if story.area is None else {"bbox": list(BOXES[story.area])},
            "period": {"from": day(story.first_day), "to": day(max(story.first_day, story.last_day))},
            "obligations": [{step: LEAST.get(step, {})} for step in story.steps],
        }
    )
    schema = pa.schema([(name, pa.float64()) for name in [*names, "t", "f9"]])
    classes = dict(zip(names, story.classes, strict=True)) | {"t": SecrecyClass.LOCATION, "f9": SecrecyClass.ORDINARY}
    words = Words("a", "a")
    dataset = Dataset("d", "post", words, schema, classes, "t" if story.timed else None)
    event = Event(
        "quake",
        words,
        story.event_of,
        Area.of_box(BOXES[story.event_area]),
        NOW + story.event_start_h * HOUR,
        NOW + max(story.event_end_h, story.event_start_h + 1) * HOUR,
        "mayor",
    )
    actor = Actor("o", "a", story.party, frozenset({OFFICER} if story.officer else set()))
    version = SchemeVersion("s", 1, story.state, "sha256:0", document)
    facts = Facts(
        actor if story.registered else None,
        version if story.known else None,
        Party(story.recipient, words, KINDS[story.recipient]),
        dataset,
        None if story.event is None else event,
        Chain(()) if story.chain else None,
    )
    window = None if story.window_h is None else (NOW + story.window_h[0] * HOUR, NOW + story.window_h[1] * HOUR)
    asked = None if story.asked is None else tuple(f"f{at}" for at in story.asked)
    return Use(actor, "s", "why", window, story.event, asked), facts


def day(offset: int) -> date:
    return date(2026, 4, 2) + timedelta(days=offset)


def allowed(story: Story) -> bool:
    """Say in plain words whether the use may happen: the whole of the first form, written down a second time."""
    asked = range(len(story.classes)) if story.asked is None else story.asked
    who = story.registered and story.known and story.party == story.recipient and story.officer
    holds = story.state == "approved" and story.first_day <= 0 <= max(story.first_day, story.last_day)
    fields = bool(asked) and all(at < len(story.classes) and story.classes[at] in MAY for at in asked)
    when = not story.timed or (story.window_h is not None and story.window_h[1] <= 0)
    if not (who and holds and fields and when and story.chain):
        return False
    if story.basis == "own-purpose":
        return story.recipient == "post"
    if story.basis == "probe-statistics":
        return story.steps in {
            ("move-to-road", "suppress-dead-ends", "link-counts"),
            ("move-to-road", "extra", "suppress-dead-ends", "link-counts"),
        }
    if story.basis == "postal-exception-2":
        during = story.event_start_h <= 0 < max(story.event_end_h, story.event_start_h + 1)
        since = not story.timed or (story.window_h is not None and story.window_h[0] >= story.event_start_h)
        meets = (story.area, story.event_area) not in {("here", "beside"), ("beside", "here")}
        named = story.recipient == "city" == story.event_of
        return named and story.event is not None and during and since and story.area is not None and meets
    return False


PERMITTED = Story(
    party="city",
    officer=True,
    registered=True,
    known=True,
    state=State.APPROVED,
    first_day=-1,
    last_day=0,
    basis="postal-exception-2",
    recipient="city",
    classes=(SecrecyClass.POSTAL,),
    asked=None,
    steps=(),
    chain=True,
    area="here",
    event="quake",
    event_area="across",
    event_of="city",
    event_start_h=-1,
    event_end_h=1,
    timed=True,
    window_h=(-1, 0),
)


@settings(max_examples=cases(500, 5000), deadline=None)
@given(STORIES)
@example(PERMITTED)
@example(replace(PERMITTED, basis="probe-statistics", steps=("move-to-road", "suppress-dead-ends", "link-counts")))
@example(replace(PERMITTED, basis="own-purpose", recipient="post", party="post"))
def test_the_decision_is_the_oracles(story: Story) -> None:
    use, facts = told(story)
    decision = evaluate(use, facts, RULES.at(day(0)), NOW)
    assert decision.permitted is allowed(story)
    assert (decision.reason is Reason.PERMITTED) is decision.permitted
    if decision.permitted and facts.scheme is not None:
        assert set(decision.columns) <= set(facts.scheme.document.fields)
        assert use.fields is None or set(decision.columns) == set(use.fields)


CHANGES: list[tuple[str, Any]] = [
    ("party", "bank"),
    ("officer", False),
    ("registered", False),
    ("known", False),
    *(("state", state) for state in State if state is not State.APPROVED),
    ("first_day", 1),
    ("last_day", -1),
    ("basis", "hearsay"),
    ("basis", "own-purpose"),
    ("basis", "probe-statistics"),
    ("recipient", "post"),
    *(("classes", (secrecy,)) for secrecy in SecrecyClass if secrecy not in MAY),
    ("asked", ()),
    ("asked", (1,)),
    ("chain", False),
    ("area", None),
    ("event", None),
    ("event_area", "beside"),
    ("event_of", "bank"),
    ("event_start_h", 1),
    ("event_start_h", 0),
    ("event_end_h", 0),
    ("window_h", None),
    ("window_h", (-1, 1)),
    ("window_h", (-9, -8)),
]
NEIGHBOURS = [replace(PERMITTED, **{name: value}) for name, value in CHANGES]


@pytest.mark.parametrize("story", NEIGHBOURS, ids=[f"{name}={value}" for name, value in CHANGES])
def test_every_neighbour_of_a_permitted_use_is_refused(story: Story) -> None:
    """One thing changed in a permitted story refuses it, and the oracle agrees."""
    use, facts = told(story)
    assert not evaluate(use, facts, RULES.at(day(0)), NOW).permitted
    assert not allowed(story)


def test_every_reason_of_a_decision_has_been_seen() -> None:
    """The stories reach each reason code but those of ledger, conditions, notices, series, people and emergencies.

    Those are tested elsewhere.
    """
    seen = {Reason.PERMITTED, Reason.LEDGER_UNAVAILABLE, Reason.CONDITION_FAILED, Reason.NOTICE_NOT_IN_FORCE}
    seen |= {Reason.RELEASE_OVERLAPS, Reason.ROWS_CHOSEN}
    seen |= {clause.reason for clause in (*WITH_CONSENT, *WITHOUT_CONSENT)}
    seen |= {reason for reason in Reason if reason.value.startswith("emergency-")}
    for story in (PERMITTED, *NEIGHBOURS):
        use, facts = told(story)
        seen.add(evaluate(use, facts, RULES.at(day(0)), NOW).reason)
    assert seen == set(Reason)


def test_before_the_first_rules_nothing_is_allowed() -> None:
    use, facts = told(PERMITTED)
    decision = evaluate(use, facts, RULES.at(date(2000, 1, 1)), NOW)
    assert (decision.permitted, decision.reason) == (False, Reason.BASIS_NOT_IN_FORCE)


def test_the_version_of_the_rules_is_in_the_decision_and_the_entry(ready: World) -> None:
    answer = ready.gate.open(ready.use())
    assert not isinstance(answer, Refusal)
    version = RULES.at(day(0)).version
    assert answer.decision.rule_version == version
    assert json.dumps(ready.ledger.entries[-2].body, default=str).count(version) == 1
    assert answer.decision.window == WINDOW
