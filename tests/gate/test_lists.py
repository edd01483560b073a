"""Lists: who may stand on one, what is recorded of it, and what each person can prove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyroaring import BitMap
from sqlalchemy import select

from tests.databases import migrated
from tests.gate.lists import ACTORS, DOCUMENT, INSURER, SCHEME, SECRET, TOPIC, WORDS, Lists
from umaya.gate import Op, Predicate, Refusal, Release, Stream, opening
from umaya.gate.alarms import AlarmKind
from umaya.gate.conditions import parse
from umaya.gate.provision.models import ProvisionRecordRow
from umaya.gate.record import NotRecordedError
from umaya.gate.roles import OFFICER, PROTECTOR
from umaya.gate.uses import UseState
from umaya.law import ConsentTier
from umaya.ledger.people_tree import people_root
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor


@pytest.fixture
def lists(database_url: str, tmp_path: Path) -> Iterator[Lists]:
    """The world with its scheme approved, on SQLite and on PostgreSQL; nobody has consented."""
    database = migrated(database_url)
    world = Lists(database, tmp_path / "vault")
    world.furnish()
    world.approve()
    yield world
    database.close()


def balances(outcome: Release | Refusal) -> list[int]:
    assert isinstance(outcome, Release), outcome
    found: list[int] = outcome.data.column("balance").to_pylist()
    return found


def test_a_list_holds_those_who_consented_and_nobody_else(lists: Lists) -> None:
    lists.consent(1, 4, 6)
    lists.withdraw(4)
    outcome = lists.gate.open(lists.use())
    assert balances(outcome) == [20, 70]
    assert isinstance(outcome, Release)
    assert outcome.data.column_names == ["balance", "matures", "town"]
    people = outcome.decision.people
    assert people is not None
    assert (people.asked, people.permitted) == (8, BitMap([1, 6]))
    assert people.refused == {Reason.CONSENT_MISSING: 5, Reason.CONSENT_WITHDRAWN: 1}


def test_a_search_looks_at_nobody_who_did_not_consent(lists: Lists) -> None:
    """The rich neighbour who did not consent is not found by his balance."""
    lists.consent(0, 1, 5)
    rich = Predicate("balance", Op.GE, 20)
    assert balances(lists.gate.open(lists.use(matching=(rich,)))) == [20, 60]


COUNT = "{%s: {by: [town], min_people: 10}}"


@pytest.mark.parametrize("step", [COUNT % "aggregate", COUNT % "k-threshold"])
@pytest.mark.parametrize(
    "chosen",
    [{"matching": (Predicate("balance", Op.NE, 70),)}, {"people": range(8)}, {"people": [1]}],
    ids=["everybody but one", "everybody by number", "one"],
)
def test_counts_of_people_who_were_chosen_cannot_be_subtracted_from_counts_of_all(
    lists: Lists, step: str, chosen: dict[str, Any]
) -> None:
    """The least number of people would not help: all but one are as many, and the difference is the one."""
    lists.approve(DOCUMENT.replace("scheme: ", "scheme: counts-").replace("obligations: []", f"obligations: [{step}]"))
    lists.consent(*range(8))
    use = lists.use(scheme=f"counts-{SCHEME}", **chosen)
    outcome = lists.gate.open(use)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is lists.gate.decide(use).reason is Reason.ROWS_CHOSEN
    assert isinstance(lists.gate.open(replace(use, matching=(), people=None)), Release)


def test_a_search_by_a_field_beyond_the_scheme_is_refused(lists: Lists) -> None:
    lists.consent(1)
    by_number = Predicate("person", Op.EQ, 1)
    assert lists.gate.decide(lists.use(matching=(by_number,))).reason is Reason.FIELD_NOT_IN_SCHEME


def test_the_subject_is_no_field(lists: Lists) -> None:
    lists.consent(1)
    assert lists.gate.decide(lists.use(fields=("person",))).reason is Reason.FIELD_NOT_IN_SCHEME


def test_one_person_and_everybody_get_the_same_answer(lists: Lists) -> None:
    lists.consent(1, 4, 6)
    lists.withdraw(4)
    lists.gate.measures.set(ACTORS["guard"], 6, "相談あり")
    everybody = lists.gate.decide(lists.use()).people
    point = lists.gate.point(lists.use())
    assert everybody is not None
    for person in range(10):
        single = lists.gate.decide(lists.use(), person)
        assert single.permitted is (person in everybody.permitted)
        assert point.decide(person).reason is single.reason


def test_consent_from_bank_to_insurer_is_not_consent_from_insurer_to_bank(lists: Lists) -> None:
    """The scheme of the other direction does not even get to its review."""
    other = DOCUMENT.replace("business: insurance", "business: loans")
    with pytest.raises(InputError, match="consent in this direction"):
        lists.gate.schemes.submit(ACTORS["asker"], other, "scheme.yaml")


def test_a_consent_expires_by_itself(lists: Lists) -> None:
    """Good through its last day in Japan, by the text that was shown: 100 days."""
    lists.gate.topics.add_text(ACTORS["privacy"], TOPIC, *WORDS, valid_days=100)
    lists.consent(1, text=2)
    lists.clock.advance(timedelta(days=100))
    assert lists.gate.decide(lists.use(), 1).permitted
    lists.clock.advance(timedelta(days=1))
    assert lists.gate.decide(lists.use(), 1).reason is Reason.CONSENT_EXPIRED


def test_people_who_were_asked_for_and_had_not_consented_raise_an_alarm(lists: Lists) -> None:
    lists.consent(1)
    assert isinstance(lists.gate.open(lists.use(people=[1, 2])), Release)
    (alarm,) = lists.gate.alarms.list(ACTORS["second-line"])
    assert (alarm.kind, alarm.scheme, alarm.actor) == (AlarmKind.WITHOUT_CONSENT, SCHEME, "seller")
    assert lists.ledger.kinds()[alarm.entry] == "alarm.raised"
    lists.gate.alarms.see(ACTORS["second-line"], alarm.id)
    assert lists.gate.alarms.list(ACTORS["second-line"], seen=False) == []
    with pytest.raises(ConflictError):
        lists.gate.alarms.see(ACTORS["second-line"], alarm.id)


@pytest.mark.parametrize("actor", ["seller", "steward", "teller"])
def test_alarms_are_for_the_second_line(lists: Lists, actor: str) -> None:
    with pytest.raises(ForbiddenError):
        lists.gate.alarms.list(ACTORS[actor])


def test_a_list_over_everybody_that_consent_narrows_is_no_alarm(lists: Lists) -> None:
    lists.consent(1)
    lists.gate.open(lists.use())
    assert lists.gate.alarms.list(ACTORS["second-line"]) == []


def test_the_entry_counts_people_and_names_nobody(lists: Lists) -> None:
    lists.consent(1, 6)
    outcome = lists.gate.open(lists.use())
    assert isinstance(outcome, Release)
    body = lists.ledger.entries[outcome.entry].body
    assert (body["asked"], body["permitted"], body["refused"]) == (8, 2, {"consent-missing": 6})
    assert body["people"].startswith("sha256:")
    record = lists.gate.uses.get(outcome.use)
    assert (record.asked, record.permitted, record.refused) == (8, 2, {Reason.CONSENT_MISSING: 6})


def test_a_condition_imposed_while_a_list_is_hashed_binds_it(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list was decided on, and is being hashed before it is recorded; meanwhile the approver limits it."""
    lists.consent(1, 6)

    def slow_root(*args: Any) -> bytes:
        monkeypatch.undo()
        lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-people-per-use: {people: 1}")], "一人ずつ")
        return people_root(*args)

    monkeypatch.setattr(opening, "people_root", slow_root)
    refusal = lists.gate.open(lists.use())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONDITION_FAILED


def test_a_stream_that_is_read_to_its_end_is_released(lists: Lists) -> None:
    lists.consent(1, 6)
    stream = lists.gate.stream(lists.use())
    assert isinstance(stream, Stream)
    with stream:
        assert sum(batch.num_rows for batch in stream) == 2
    record = lists.gate.uses.get(stream.use)
    assert (record.state, record.rows) == (UseState.RELEASED, 2)


def test_a_stream_that_is_not_read_to_its_end_says_so(lists: Lists) -> None:
    lists.consent(1, 6)
    stream = lists.gate.stream(lists.use())
    assert isinstance(stream, Stream)
    with stream:
        pass
    record = lists.gate.uses.get(stream.use)
    assert (record.state, record.rows) == (UseState.INTERRUPTED, 0)
    closing = lists.ledger.entries[record.closing_entry]
    assert (closing.kind, closing.body["delivered"]) == ("use.interrupted", 0)
    with pytest.raises(ConflictError):
        list(stream)


def test_decisions_of_a_point_are_recorded_together(lists: Lists) -> None:
    lists.consent(1)
    point = lists.gate.point(lists.use())
    decisions = [point.decide(person) for person in (1, 2)]
    entries = lists.gate.enter(point, decisions)
    first, second = (lists.gate.uses.get(decision.use) for decision in decisions)
    assert (first.state, first.entry, second.state) == (UseState.OPEN, entries[0], UseState.REFUSED)
    assert second.refused == {Reason.CONSENT_MISSING: 1}


def test_a_point_sees_a_withdrawal_at_once(lists: Lists) -> None:
    lists.consent(1)
    point = lists.gate.point(lists.use())
    assert point.decide(1).reason is Reason.PERMITTED
    lists.withdraw(1)
    assert point.decide(1).reason is Reason.CONSENT_WITHDRAWN


def test_a_point_sees_a_suspension_and_the_end_of_the_period(lists: Lists) -> None:
    lists.consent(1)
    point = lists.gate.point(lists.use())
    assert point.decide(1).reason is Reason.PERMITTED
    lists.gate.review.suspend(ACTORS["steward"], SCHEME, "苦情")
    assert point.decide(1).reason is Reason.SCHEME_SUSPENDED
    other = lists.new_gate().point(lists.use())
    lists.clock.set(lists.clock.now().replace(year=2028))
    assert other.decide(1).reason is Reason.SCHEME_SUSPENDED


def test_a_point_takes_no_list(lists: Lists) -> None:
    with pytest.raises(InputError):
        lists.gate.point(lists.use(people=[1]))


def test_explanations_do_not_tell_the_protected_from_the_silent(lists: Lists) -> None:
    lists.consent(1)
    lists.gate.measures.set(ACTORS["guard"], 1, "相談あり")
    silent, protected = (lists.gate.explain(lists.use(), person, "ja") for person in (2, 1))
    assert silent == protected
    assert not silent.permitted


def test_an_explanation_names_a_measure_to_protectors_of_the_party_that_set_it(lists: Lists) -> None:
    """The insurer's own protector is told of the insurer's measure, and not of the bank's."""
    careful = Actor("careful", "営業と保護", INSURER, frozenset({OFFICER, PROTECTOR}))
    lists.gate.catalogue.add_actor(careful)
    lists.consent(1)
    explain = partial(lists.gate.explain, lists.use(actor=careful), language="en")
    lists.gate.measures.set(ACTORS["guard"], 1, "相談あり")
    assert explain(1) == explain(2)
    own = lists.gate.measures.set(careful, 1, "来店時の申出")
    assert "protective measure" in explain(1).lines[-1].text
    lists.gate.measures.lift(careful, own.id, "取下げ")
    assert explain(1) == explain(2)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_explanation_names_its_source(lists: Lists, language: str) -> None:
    lists.consent(1, 2)
    lists.withdraw(2)
    permitted = lists.gate.explain(lists.use(), 1, "ja" if language == "ja" else "en")
    refused = lists.gate.explain(lists.use(), 2, "ja" if language == "ja" else "en")
    assert permitted.permitted
    assert all(line.met and line.source for line in permitted.lines)
    assert (refused.permitted, refused.lines[-1].met) == (False, False)
    assert refused.lines[-1].source


def test_uses_are_seen_by_their_parties_and_auditors(lists: Lists) -> None:
    lists.consent(1)
    outcome = lists.gate.open(lists.use())
    assert lists.gate.uses.seen_by(ACTORS["steward"], outcome.use).id == outcome.use
    with pytest.raises(NotFoundError):
        lists.gate.uses.seen_by(ACTORS["steward"], "another")


def test_a_condition_that_fails_refuses_the_use_and_stops_the_scheme(lists: Lists) -> None:
    """Two people a use, said the approver."""
    lists.consent(1, 2, 3)
    lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-people-per-use: {people: 2}")], "小さく始める")
    assert isinstance(lists.gate.open(lists.use(people=[1, 2])), Release)
    refusal = lists.gate.open(lists.use())
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.CONDITION_FAILED
    assert lists.ledger.kinds()[-2:] == ["use.refused", "scheme.condition-failed"]
    assert lists.gate.decide(lists.use(people=[1])).reason is Reason.SCHEME_SUSPENDED


def test_to_ask_what_would_be_decided_stops_nothing(lists: Lists) -> None:
    lists.consent(1, 2, 3)
    lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("max-people-per-use: {people: 2}")], "小さく始める")
    assert lists.gate.decide(lists.use()).reason is Reason.CONDITION_FAILED
    assert lists.gate.decide(lists.use(), 1).permitted


def test_a_condition_binds_single_decisions_too(lists: Lists) -> None:
    lists.consent(1)
    point = lists.gate.point(lists.use())
    assert point.decide(1).reason is Reason.PERMITTED
    lists.gate.review.impose(ACTORS["head"], SCHEME, [parse("min-group-size: {people: 3}")], "小さく始める")
    assert point.decide(1).reason is Reason.CONDITION_FAILED


def test_fewer_fields_than_an_obligation_works_on_are_refused_before_anything_is_read(lists: Lists) -> None:
    """The balance is shown in bands; a use that leaves it out cannot be banded."""
    lists.consent(1)
    banded = DOCUMENT.replace("obligations: []", "obligations:\n  - generalise-numbers: {fields: [balance], width: 50}")
    lists.approve(banded)
    assert balances(lists.gate.open(lists.use())) == [0]
    assert lists.gate.decide(lists.use(fields=("town",))).reason is Reason.OBLIGATION_MISSING


def provided(lists: Lists) -> list[tuple[str, str]]:
    """Return whose record of provision covers what kind of use, of bank and insurer."""
    with lists.database.reading() as session:
        rows = session.scalars(select(ProvisionRecordRow).order_by(ProvisionRecordRow.role)).all()
        return [(row.role, row.party) for row in rows]


def test_a_list_to_another_company_leaves_with_a_record_on_both_sides(lists: Lists) -> None:
    """APPI arts. 29 and 30."""
    lists.consent(1)
    lists.gate.open(lists.use())
    assert provided(lists) == [("provider", "bank-minase"), ("recipient", "insurer-minase")]
    assert "provision.recorded" in lists.ledger.kinds()


def test_a_use_of_which_nothing_left_leaves_no_record_of_provision(lists: Lists) -> None:
    lists.consent(1)
    lists.approve(DOCUMENT.replace("obligations: []", "obligations: [{fails: {}}]"))
    with pytest.raises(ValueError, match="cannot do it"):
        lists.gate.open(lists.use())
    assert lists.ledger.kinds()[-1] == "use.failed"
    assert provided(lists) == []


def test_a_point_that_decides_for_many_says_what_it_said_of_the_first(lists: Lists) -> None:
    """After a thousand decisions the rule is compiled for many; a withdrawal binds the next one all the same."""
    lists.consent(1, 4, 6)
    lists.withdraw(4)
    point = lists.gate.point(lists.use())
    first = [point.decide(person).reason for person in range(10)]
    for _ in range(200):
        assert [point.decide(person).reason for person in range(10)] == first
    lists.withdraw(1)
    assert point.decide(1).reason is Reason.CONSENT_WITHDRAWN


def test_a_topic_for_statistics_grounds_no_cross_selling(tmp_path: Path) -> None:
    """Asked in advance for statistics in the public interest, used to sell: refused by the law's own tiers."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = Lists(database, tmp_path / "vault")
    world.furnish(tier=ConsentTier.IN_ADVANCE)
    with pytest.raises(InputError, match="tier"):
        world.approve()
    database.close()


def test_telling_why_is_recorded_before_it_is_told_and_names_nobody(lists: Lists) -> None:
    lists.consent(1)
    lists.gate.explain(lists.use(), 1, "ja")
    entry = lists.ledger.entries[-1]
    assert (entry.kind, entry.actor) == ("person.explained", "seller")
    root = people_root(np.array([1], np.uint32), entry.body["question"], SECRET)
    assert entry.body["people"] == f"sha256:{root.hex()}"
    lists.ledger.fail_at = frozenset({"person.explained"})
    with pytest.raises(NotRecordedError):
        lists.gate.explain(lists.use(), 1, "ja")


def test_a_question_that_looks_at_nobody_is_no_entry(lists: Lists) -> None:
    before = len(lists.ledger.entries)
    assert not lists.gate.explain(lists.use(actor=ACTORS["stranger"]), 1, "ja").permitted
    assert len(lists.ledger.entries) == before
