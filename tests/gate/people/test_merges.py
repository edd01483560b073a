"""Two numbers turn out to be one person: the later word of the two holds, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, update

from tests.cases import cases
from tests.gate.people.town import CLERK, CRASH, CROSS_SELL, NOW, PROTECTOR, Town
from umaya.gate.people.look_ups import Way
from umaya.gate.people.models import ActRow, CampaignEvidenceRow, CounterRow, EventRow
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor


def test_the_later_word_holds_topic_by_topic(either_town: Town) -> None:
    town = either_town
    town.give(7)
    town.withdraw(8)
    town.withdraw(7, CRASH)
    town.give(8, CRASH)
    town.withdraw(7, CRASH)  # again: the last word of both
    town.merges.merge("hub", 7, 8)
    assert (town.state(7), town.state(7, CRASH)) == ("withdrawn", "withdrawn")
    town.give(6)
    town.merges.merge("hub", 6, 7)
    assert town.state(6) == "active", "given after 8 had withdrawn"
    town.give(5, CRASH)
    town.merges.merge("hub", 5, 6)
    assert (town.state(5), town.state(5, CRASH)) == ("active", "active")


def test_the_number_that_went_is_refused(either_town: Town) -> None:
    town = either_town
    town.give(8)
    town.merges.merge("hub", 7, 8)
    state = town.again().projection.latest()
    assert state.merged == BitMap([8])
    assert (town.state(7), town.state(8)) == ("active", "none")
    with pytest.raises(ConflictError, match="merged"):
        town.give(8)
    for pair in ((7, 8), (8, 7), (6, 8), (8, 6)):
        with pytest.raises(ConflictError, match="before"):
            town.merges.merge("hub", *pair)


def test_a_withdrawal_by_the_old_number_is_the_persons(town: Town) -> None:
    town.give(7)
    town.merges.merge("hub", 7, 8)
    town.withdraw(8)
    assert town.state(7) == "withdrawn"


def test_nothing_that_was_said_is_lost(either_town: Town) -> None:
    town = either_town
    town.give(8)
    town.withdraw(7)
    town.merges.merge("hub", 7, 8)
    town.give(7)
    history = town.consents.look_up(CLERK, 7, CROSS_SELL, Way.API, history=True).history
    assert [said.kind for said in history] == ["given", "withdrawn", "given"]


def test_a_merge_is_one_entry_that_tells_no_number(town: Town) -> None:
    town.give(8)
    entry = town.merges.merge("hub", 7, 8)
    body = town.ledger.entries[entry].body
    assert body.keys() == {"into", "origin", "topics"}
    assert body["topics"] == 1
    with pytest.raises(InputError, match="same"):
        town.merges.merge("hub", 7, 7)


PERSON = st.integers(0, 5)
TOPIC = st.sampled_from([CROSS_SELL, CRASH])
ACT = st.one_of(
    st.tuples(st.just("give"), PERSON, TOPIC),
    st.tuples(st.just("withdraw"), PERSON, TOPIC),
    st.tuples(st.just("spend"), PERSON, st.just(CRASH)),
    st.tuples(st.just("campaign"), st.frozensets(PERSON, min_size=1), st.just(CROSS_SELL)),
    st.tuples(st.just("merge"), PERSON, PERSON),
)


@pytest.mark.slow
@settings(max_examples=cases(25, 250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACT, max_size=14))
def test_any_acts_leave_what_a_naive_reading_says(town: Town, tmp_path: Path, acts: list[tuple[str, ...]]) -> None:
    """Acts that are refused change nothing; the oracle keeps when each number last spoke on each topic, and what."""
    clear(town)
    words: dict[tuple[int, str], tuple[int, str]] = {}
    became: dict[int, int] = {}
    for at, (name, who, *rest) in enumerate(acts):
        hear(town, tmp_path, words, became, at, (name, who, *rest))
    expected = {
        (person, topic): "none" if person in became else words.get((person, topic), (0, "none"))[1]
        for person in range(6)
        for topic in (CROSS_SELL, CRASH)
    }
    for process in (town, town.again()):
        assert {key: process.state(*key, actor=PROTECTOR) for key in expected} == expected
        assert {key: projected(process, *key) for key in expected} == expected


def hear(
    town: Town,
    folder: Path,
    words: dict[tuple[int, str], tuple[int, str]],
    became: dict[int, int],
    at: int,
    act: tuple[object, ...],
) -> None:
    match act:
        case ("give", int(person), str(topic)):
            if refused(person in became, lambda: town.give(person, topic)):
                words[person, topic] = at, "active"
        case ("withdraw", int(person), str(topic)):
            town.withdraw(person, topic)
            while person in became:
                person = became[person]
            words[person, topic] = at, "withdrawn"
        case ("spend", int(person), str(topic)):
            unfit = words.get((person, topic), (0, ""))[1] != "active"
            if refused(unfit or person in became, lambda: spend(town, topic, person)):
                words[person, topic] = at, "spent"
        case ("campaign", frozenset() as people, str(topic)):
            file = folder / "campaign.parquet"
            pq.write_table(pa.table({"person": pa.array(sorted(people), pa.uint32())}), file)
            if refused(not people.isdisjoint(became), lambda: town.consents.campaign(CLERK, topic, 1, file)):
                words.update({(person, topic): (at, "active") for person in people})
        case ("merge", int(into), int(origin)):
            unfit = into == origin or into in became or origin in became
            if refused(unfit, lambda: town.merges.merge("hub", into, origin)):
                became[origin] = into
                for topic in (CROSS_SELL, CRASH):
                    both = [words[key] for key in ((into, topic), (origin, topic)) if key in words]
                    if both:
                        words[into, topic] = max(both)


def projected(town: Town, person: int, topic: str) -> str:
    """Return what decisions go by, where a counter reads the words."""
    state = town.projection.latest()
    sets = state.topic(topic, NOW.date())
    names = [name for name in ("active", "withdrawn", "spent") if person in getattr(sets, name)]
    return "none" if person in state.merged or not names else names[0]


def refused(expected: bool, act: Callable[[], object]) -> bool:
    """Do an act; return whether it happened, after seeing that it was refused when it had to be."""
    if not expected:
        act()
        return True
    with pytest.raises((ConflictError, InputError)):
        act()
    return False


def spend(town: Town, topic: str, person: int) -> None:
    with town.acts.begin() as act:
        if person in town.projection.now(act.session).merged:
            raise ConflictError("every use refuses it")
        town.consents.spend(act, "cover-clerk", topic, BitMap([person]), "use-1")
        act.record("use.permitted", "cover-clerk", {})


def clear(town: Town) -> None:
    """Take every event back, and what this process knows of them."""
    with town.database.writing() as session:
        for table in (CampaignEvidenceRow, ActRow, EventRow):
            session.execute(delete(table))
        session.execute(update(CounterRow).values(last=0))
    town.__init__(town.database, town.ledger, town.clock)  # type: ignore[misc] # as good as new


def test_only_the_hub_and_programs_that_take_data_in_merge(town: Town) -> None:
    for name, roles in (("bank-core", {"operator", "program"}), ("bank-typist", {"operator"})):
        town.catalogue.add_actor(Actor(name, "受付", "bank-minase", frozenset(roles)))
    town.merges.merge("bank-core", 7, 8)
    wrong = [(name, ForbiddenError) for name in (CLERK.id, PROTECTOR.id, "bank-app", "bank-typist")]
    for actor, error in (*wrong, ("nobody", NotFoundError)):
        with pytest.raises(error):
            town.merges.merge(actor, 5, 6)
    assert town.projection.latest().merged == BitMap([8])
