"""The gate against the story of its world: what happened to each person, told again without a line of the gate's code.

Random stories of consents, withdrawals, measures, merges, ended texts, days that pass and schemes that change; then one
question, asked in every form that the gate has. All forms agree with the story, person by person.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.cases import cases
from tests.databases import migrated
from tests.gate.lists import ACTORS, DOCUMENT, NOW, SCHEME, TOPIC, WORDS, Lists
from umaya.gate import Refusal, Release, Use
from umaya.gate.conditions import parse
from umaya.law import ConsentTier, day_in_japan
from umaya.stores.database import Database
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError
from umaya.types.reasons import Reason

HELD, PEOPLE = range(8), range(10)  # eight customers; two numbers that the bank knows nothing of
VALID_DAYS = {1: 365, 2: 20}

persons = st.sampled_from(PEOPLE)
steps = st.one_of(
    st.tuples(st.just("give"), persons, st.sampled_from([1, 1, 2])),
    st.tuples(st.just("give"), persons, st.sampled_from([1, 1, 2])),
    st.tuples(st.just("withdraw"), persons),
    st.tuples(st.just("protect"), persons),
    st.tuples(st.just("merge"), persons, persons),
    st.tuples(st.just("end-text"), st.sampled_from([1, 2])),
    st.tuples(st.just("days"), st.integers(1, 30)),
    st.tuples(st.just("use"), persons),
)


@dataclass(frozen=True)
class Word:
    """What a person said last on the topic."""

    kind: str
    text: int = 0
    last_day: date = date.max


@dataclass
class Story:
    """What happened so far, as somebody who was there would tell it."""

    once: bool
    today: date
    words: dict[int, Word] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    protected: set[int] = field(default_factory=set)
    merged: dict[int, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    def stands_for(self, person: int) -> int:
        while person in self.merged:
            person = self.merged[person]
        return person

    def say(self, person: int, word: Word) -> None:
        self.words[person] = word
        if person in self.order:
            self.order.remove(person)
        self.order.append(person)

    def merge(self, into: int, origin: int) -> None:
        """The later word holds, and whoever was protected stays so."""
        later = [person for person in self.order if person in (into, origin)]
        if later and later[-1] == origin:
            self.words[into] = self.words[origin]
            self.order.remove(origin)
            if into in self.order:
                self.order[self.order.index(into)] = -1
            self.order.append(into)
        if origin in self.protected:
            self.protected.add(into)
        self.merged[origin] = into

    def says(self, person: int) -> Reason:
        """Return what must be said of a person, everything else being in order."""
        word = self.words.get(person)
        if person in self.protected or person in self.merged or word is None:
            return Reason.CONSENT_MISSING
        if word.kind != "given":
            return Reason.CONSENT_WITHDRAWN if word.kind == "withdrawn" else Reason.CONSENT_SPENT
        if word.last_day < self.today:
            return Reason.CONSENT_EXPIRED
        if word.text in self.ended:
            return Reason.CONSENT_TEXT_ENDED
        return Reason.PERMITTED if person in HELD else Reason.PERSON_NOT_AVAILABLE


def happen(world: Lists, story: Story, step: tuple[Any, ...]) -> None:
    """Let one thing happen, in the world and in the story."""
    match step:
        case ("give", int(person), int(text)):
            if text in story.ended or person in story.merged:
                with pytest.raises(ConflictError):
                    world.consent(person, text=text)
                return
            world.consent(person, text=text)
            story.say(person, Word("given", text, story.today + timedelta(days=VALID_DAYS[text])))
        case ("withdraw", int(person)):
            world.withdraw(person)
            story.say(story.stands_for(person), Word("withdrawn"))
        case ("protect", int(person)):
            world.gate.measures.set(ACTORS["guard"], person, "相談あり")
            story.protected.add(story.stands_for(person))
        case ("merge", int(into), int(origin)):
            if into != origin and not {into, origin} & story.merged.keys():
                world.gate.merges.merge("core", into, origin)
                story.merge(into, origin)
        case ("end-text", int(text)):
            if text not in story.ended:
                world.gate.topics.end_text(ACTORS["privacy"], TOPIC, text)
                story.ended.add(text)
        case ("days", int(days)):
            world.clock.advance(timedelta(days=days))
            story.today = day_in_japan(world.clock.now())
        case ("use", int(person)):
            outcome = world.gate.open(world.use(people=[person]))
            assert outcome.decision.reason is story.says(person)
            if story.once and isinstance(outcome, Release):
                story.say(person, Word("spent"))


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A folder with a hub of each tier, ready to be copied: its scheme is approved, and nobody has said anything."""
    with TemporaryDirectory() as folder:
        for tier in (ConsentTier.STATED_PERIOD, ConsentTier.EACH_TIME):
            at = Path(folder) / tier.value
            database = migrated(f"sqlite:///{at / 'hub.db'}")
            world = Lists(database, at / "vault")
            world.furnish(tier=tier)
            world.gate.topics.add_text(ACTORS["privacy"], TOPIC, *WORDS, valid_days=VALID_DAYS[2])
            world.approve(DOCUMENT.replace("fields: [balance, matures, town]", "fields: [balance, town]"))
            database.close()
        yield Path(folder)


@contextmanager
def copied(made: Path, tier: ConsentTier) -> Iterator[Lists]:
    """Yield a world of its own; the rows that nobody changes are shared."""
    with TemporaryDirectory() as folder:
        shutil.copy(made / tier.value / "hub.db", folder)
        database = Database.open(f"sqlite:///{Path(folder) / 'hub.db'}")
        yield Lists(database, made / tier.value / "vault", clock=ManualClock(NOW + timedelta(minutes=1)))
        database.close()


@dataclass(frozen=True)
class Question:
    """One question, and what in the scheme or the asker stands against it.

    Attributes:
        hindrance: what must be said of everybody, in the order in which the gate looks; None where nothing hinders.
    """

    use: Use
    hindrance: Reason | None


WHO = {"seller": None, "stranger": Reason.NOT_A_PARTY, "agent": Reason.ROLE_MISSING}
LIMITS = {"max-people-per-use: {people: 2}": (1, 2), "min-group-size: {people: 2}": (2, 10)}
"""Conditions, and how few and how many people they allow."""
FIELDS = {(): Reason.FIELD_NOT_IN_SCHEME, ("matures",): Reason.FIELD_NOT_IN_SCHEME, ("town",): None}


Drawn = tuple[str, bool, tuple[str, ...], frozenset[int] | None]
"""Who asks, whether the scheme is suspended before that, the fields, and the people, or None for everybody."""


@st.composite
def questions(draw: st.DrawFn) -> Drawn:
    actor = draw(st.sampled_from(["seller"] * 6 + ["stranger", "agent"]))
    suspended = draw(st.integers(0, 7)) == 0
    fields = draw(st.sampled_from([("town",)] * 6 + [(), ("matures",)]))
    people = draw(st.none() | st.frozensets(persons, min_size=1))
    return actor, suspended, fields, people


def asked_of(world: Lists, story: Story, drawn: Drawn) -> Question:
    actor, suspended, fields, people = drawn
    if suspended:
        world.gate.review.suspend(ACTORS["steward"], SCHEME, "苦情")
    hindrances = [
        WHO[actor],
        Reason.SCHEME_SUSPENDED if suspended else None,
        Reason.OUTSIDE_PERIOD if story.today > date(2027, 3, 31) else None,
        FIELDS[fields],
    ]
    use = world.use(actor=ACTORS[actor], fields=fields, people=people)
    return Question(use, next((reason for reason in hindrances if reason is not None), None))


stories = given(
    tier=st.sampled_from([ConsentTier.STATED_PERIOD, ConsentTier.EACH_TIME]),
    happened=st.lists(steps, max_size=14),
    drawn=questions(),
    limit=st.sampled_from([None, None, *LIMITS]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@stories
def test_every_form_of_the_question_gets_the_answer_of_the_story(
    made: Path, tier: ConsentTier, happened: list[tuple[Any, ...]], drawn: Drawn, limit: str | None
) -> None:
    check_story(made, tier, happened, drawn, limit)


@pytest.mark.slow
@settings(max_examples=cases(60, 600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@stories
def test_it_does_in_many_stories(
    made: Path, tier: ConsentTier, happened: list[tuple[Any, ...]], drawn: Drawn, limit: str | None
) -> None:
    check_story(made, tier, happened, drawn, limit)


def check_story(
    made: Path, tier: ConsentTier, happened: list[tuple[Any, ...]], drawn: Drawn, limit: str | None
) -> None:
    with copied(made, tier) as world:
        story = Story(tier.once, day_in_japan(world.clock.now()))
        for step in happened:
            happen(world, story, step)
        if limit is not None:
            world.gate.review.impose(ACTORS["head"], SCHEME, [parse(limit)], "小さく始める")
        question = asked_of(world, story, drawn)
        check_one_by_one(world, story, question, limit)
        check_together(world, story, question, limit)


def check_one_by_one(world: Lists, story: Story, question: Question, limit: str | None) -> None:
    everybody = Use(**vars(question.use) | {"people": None})
    point = world.gate.point(everybody)
    for person in PEOPLE:
        expected = question.hindrance or story.says(person)
        if expected is Reason.PERMITTED and limit is not None and LIMITS[limit][0] > 1:
            expected = Reason.CONDITION_FAILED
        told = world.gate.explain(everybody, person, "en")
        assert world.gate.decide(question.use, person).reason is expected
        assert point.decide(person).reason is expected
        assert (told.permitted, told.reason) == (expected is Reason.PERMITTED, expected)
        assert told.lines[-1].met is told.permitted
        assert all(line.met for line in told.lines[:-1])


def check_together(world: Lists, story: Story, question: Question, limit: str | None) -> None:
    decision = world.gate.decide(question.use)
    if question.hindrance is not None:
        assert (decision.reason, decision.people) == (question.hindrance, None)
        return
    asked = HELD if question.use.people is None else list(question.use.people)
    permitted = BitMap(person for person in asked if story.says(person) is Reason.PERMITTED)
    refused = Counter(story.says(person) for person in asked if person not in permitted)
    outcome = world.gate.open(question.use)
    if permitted and limit is not None and not LIMITS[limit][0] <= len(permitted) <= LIMITS[limit][1]:
        assert decision.reason is Reason.CONDITION_FAILED
        assert isinstance(outcome, Refusal)
        return
    people = decision.people
    assert people is not None
    assert (people.asked, people.permitted, people.refused) == (len(asked), permitted, refused)
    assert people.asked == len(people.permitted) + sum(people.refused.values())
    assert decision.permitted is bool(permitted)
    if not permitted:
        assert refused[decision.reason] == max(refused.values())
        assert isinstance(outcome, Refusal)
        return
    assert isinstance(outcome, Release)
    assert outcome.data.column_names == ["town"]
    assert outcome.data.column("town").to_pylist() == ["ア" if person < 4 else "イ" for person in permitted]
