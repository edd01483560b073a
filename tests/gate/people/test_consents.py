"""What a person says at any counter holds at once everywhere; a counter learns what holds and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pyroaring import BitMap
from sqlalchemy import select

from tests.gate.people.town import (
    ACTORS,
    CLERK,
    CONGESTION,
    CRASH,
    CROSS_SELL,
    EVIDENCE,
    LAST_DAY,
    NOW,
    OTHER_CLERK,
    PRIVACY,
    PROTECTOR,
    SHOPPING,
    STRANGER,
    WITHDRAWAL,
    WORDING,
    Town,
)
from umaya.gate.people import Channel, Evidence, Said, Standing, State
from umaya.gate.people.look_ups import Way
from umaya.gate.people.models import ActRow
from umaya.gate.people.withdrawals import Withdrawal
from umaya.gate.record import NotRecordedError
from umaya.gate.statements import salted
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from umaya.types.site import Actor

MINUTE = timedelta(minutes=1)


def test_a_consent_is_recorded_with_all_that_shows_it(either_town: Town) -> None:
    town = either_town
    given = town.give(7, taken_at=NOW)
    assert (given.topic, given.text, given.good_through) == (CROSS_SELL, 1, date(2026, 5, 2))
    with town.database.reading() as session:
        row = session.scalars(select(ActRow)).one()
    assert (row.actor, row.channel, row.taken_at) == ("bank-clerk", "counter", NOW)
    assert (row.evidence, row.reference, row.entry) == (EVIDENCE.digest, EVIDENCE.reference, given.entry)
    assert town.ledger.entries[given.entry].body == {
        "topic": CROSS_SELL,
        "text": 1,
        "channel": "counter",
        "person": salted("7", row.salt),
        "evidence": salted(EVIDENCE.digest, row.salt),
        "taken_at": NOW,
        "good_through": date(2026, 5, 2),
    }


def test_a_counter_sees_state_and_word(either_town: Town) -> None:
    town = either_town
    town.give(7)
    word = Said("given", 1, date(2026, 5, 2), NOW, Channel.COUNTER)
    assert town.consents.look_up(OTHER_CLERK, 7, CROSS_SELL, Way.API) == Standing(CROSS_SELL, State.ACTIVE, word)
    assert town.consents.look_up(CLERK, 8, CROSS_SELL, Way.API) == Standing(CROSS_SELL, State.NONE)


def test_either_party_withdraws_at_once_in_every_process(either_town: Town) -> None:
    town, elsewhere = either_town, either_town.again()
    town.give(7)
    town.give(8)
    assert (elsewhere.state(7), elsewhere.state(8)) == ("active", "active")
    town.withdraw(7, actor=OTHER_CLERK)
    assert (elsewhere.state(7), elsewhere.state(8)) == ("withdrawn", "active")
    town.withdraw(8, actor=ACTORS["my-page"])
    assert elsewhere.state(8) == "withdrawn"


def test_to_withdraw_again_is_remembered_and_changes_nothing(either_town: Town) -> None:
    town = either_town
    town.give(7)
    town.withdraw(7)
    before = town.projection.latest().topic(CROSS_SELL, NOW.date())
    town.withdraw(7, actor=OTHER_CLERK)
    assert town.projection.latest().topic(CROSS_SELL, NOW.date()) == before
    body = town.body("consent.withdrawn")
    assert body.keys() == {"topic", "channel", "person"}
    assert body["person"].startswith("sha256:")


def test_who_never_consented_may_withdraw_too(town: Town) -> None:
    town.withdraw(7)
    assert town.state(7) == "withdrawn"


def test_a_consent_expires_by_itself(town: Town) -> None:
    town.give(7)
    town.clock.set(NOW + timedelta(days=30))  # 2026-05-02, noon in Japan: the last day
    assert town.state(7) == "active"
    town.clock.set(NOW + timedelta(days=30, hours=12))  # midnight in Japan
    assert town.state(7) == "expired"
    town.give(7)
    assert town.state(7) == "active"


def test_a_stated_last_day_is_the_last_day_of_all(town: Town) -> None:
    assert town.give(7, CONGESTION).good_through == LAST_DAY
    assert town.give(8, CONGESTION, taken_at=NOW).good_through == LAST_DAY


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"taken_at": NOW + MINUTE}, "taken_at"),
        ({"taken_at": NOW - MINUTE}, "taken_at"),
        ({"taken_at": NOW.replace(tzinfo=None)}, "taken_at"),
        ({"channel": Channel.CAMPAIGN}, "channel"),
        ({"person": -1}, None),
        ({"person": 2**32}, None),
    ],
)
def test_what_no_consent_can_be(town: Town, changes: dict[str, Any], field: str | None) -> None:
    """In the future, before its text was registered, of nobody."""
    with pytest.raises(InputError) as caught:
        town.give(**{"person": 7, **changes})
    assert caught.value.place.field == field
    assert town.projection.latest().reached == 0


def test_evidence_is_a_digest_and_a_reference() -> None:
    for given, reference in (("sha256:", "x"), ("AB" * 32, "x"), (EVIDENCE.digest, " ")):
        with pytest.raises(InputError):
            Evidence(given, reference)


def test_who_may_take_withdraw_and_look(town: Town) -> None:
    nobody = Actor("bank-clerk-2", "偽", "bank-minase", frozenset({"clerk"}))
    town.give(7, actor=ACTORS["bank-app"])
    for actor in (STRANGER, PRIVACY, ACTORS["my-page"], PROTECTOR):
        with pytest.raises(ForbiddenError):
            town.give(8, actor=actor)
    for actor in (STRANGER, PRIVACY, PROTECTOR):
        with pytest.raises(ForbiddenError):
            town.withdraw(7, actor=actor)
    for actor in (STRANGER, PRIVACY, ACTORS["my-page"]):
        with pytest.raises(ForbiddenError):
            town.state(7, actor=actor)
    with pytest.raises(NotFoundError):
        town.give(8, actor=nobody)
    with pytest.raises(NotFoundError):
        town.state(7, "no-such-topic")
    with pytest.raises(NotFoundError):
        town.give(7, text=2)
    assert (town.state(7), town.state(8)) == ("active", "none")


def test_a_paper_that_was_signed_before_a_withdrawal_changes_nothing(either_town: Town) -> None:
    """Signed on Monday, withdrawn in the app on Tuesday, keyed in on Wednesday: the person withdrew."""
    town = either_town
    town.clock.advance(24 * 60 * MINUTE)
    signed = town.clock.now()
    town.clock.advance(MINUTE)
    town.withdraw(7)
    town.clock.advance(MINUTE)
    town.give(7, channel=Channel.PAPER, taken_at=signed)
    assert town.state(7) == "withdrawn"
    history = town.consents.look_up(CLERK, 7, CROSS_SELL, Way.API, history=True).history
    assert [(said.kind, said.channel) for said in history] == [("outdated", "paper"), ("withdrawn", "phone")]
    town.give(7)
    assert town.state(7) == "active"


def test_history_is_every_word_latest_first(either_town: Town) -> None:
    town = either_town
    town.give(7)
    town.withdraw(7)
    town.give(7, channel=Channel.APP, actor=ACTORS["bank-app"])
    town.give(8)
    found = town.consents.look_up(OTHER_CLERK, 7, CROSS_SELL, Way.API, history=True)
    assert [said.kind for said in found.history] == ["given", "withdrawn", "given"]
    assert found.word == found.history[0]
    assert found.word is not None
    assert found.word.channel is Channel.APP


def test_a_protected_person_looks_like_nobody_to_all_but_protectors(either_town: Town) -> None:
    town = either_town
    town.give(7)
    town.measures.set(PROTECTOR, 7, "支援措置の申出")
    nobody = Standing(CROSS_SELL, State.NONE)
    for actor in (CLERK, OTHER_CLERK, ACTORS["bank-app"]):
        for history in (False, True):
            assert town.consents.look_up(actor, 7, CROSS_SELL, Way.API, history=history) == nobody
            assert town.consents.look_up(actor, 8, CROSS_SELL, Way.API, history=history) == nobody
    assert town.state(7, actor=PROTECTOR) == "active"
    town.give(7)
    town.withdraw(7)
    assert town.state(7, actor=CLERK) == "none"
    assert town.state(7, actor=PROTECTOR) == "withdrawn"


def test_without_a_ledger_nothing_is_given_and_nothing_withdrawn(town: Town) -> None:
    town.give(7)
    reached = town.projection.latest().reached
    town.ledger.fail_at = frozenset({"consent.given", "consent.withdrawn"})
    with pytest.raises(NotRecordedError):
        town.give(8)
    with pytest.raises(NotRecordedError):
        town.withdraw(7)
    assert (town.state(7), town.state(8)) == ("active", "none")
    town.ledger.fail_at = frozenset()
    town.withdraw(7)
    assert town.state(7) == "withdrawn"
    assert town.projection.latest().reached == reached + 1, "no number was lost"


def test_many_withdrawals_enter_together_each_with_its_entry(either_town: Town) -> None:
    town = either_town
    for person in range(5):
        town.give(person)
    town.withdraw(2)
    size = len(town.ledger.entries)
    town.consents.withdraw_many([Withdrawal(CLERK, person, CROSS_SELL, Channel.WEB) for person in (0, 1, 2, 3, 1)])
    assert town.ledger.kinds()[size:] == ["consent.withdrawn"] * 4
    assert [town.state(person) for person in range(5)] == ["withdrawn"] * 4 + ["active"]
    with town.database.reading() as session:
        rows = session.scalars(select(ActRow).order_by(ActRow.seq.desc()).limit(4)).all()
    assert [row.entry for row in rows] == [size + 3, size + 2, size + 1, size]
    for row, person in zip(rows, (3, 2, 1, 0), strict=True):
        assert town.ledger.entries[row.entry or 0].body["person"] == salted(str(person), row.salt)


def test_of_many_withdrawals_all_or_none_happen(town: Town) -> None:
    town.give(7)
    wrong = [Withdrawal(CLERK, 7, CROSS_SELL, Channel.WEB), Withdrawal(STRANGER, 8, CROSS_SELL, Channel.WEB)]
    with pytest.raises(ForbiddenError):
        town.consents.withdraw_many(wrong)
    assert town.state(7) == "active"


def test_nobody_is_asked_on_request_topics(town: Town) -> None:
    with pytest.raises(InputError) as caught:
        town.give(7, SHOPPING, requested_at=None)
    assert caught.value.place.field == "requested_at"
    with pytest.raises(InputError, match="before the word"):
        town.give(7, SHOPPING, requested_at=NOW + MINUTE)
    town.give(7, SHOPPING, requested_at=NOW - MINUTE)
    assert town.state(7, SHOPPING) == "active"


def spend(town: Town, topic: str, *people: int) -> None:
    with town.acts.begin() as act:
        town.consents.spend(act, "cover-clerk", topic, BitMap(people), "use-1")
        act.record("use.permitted", "cover-clerk", {})


@pytest.mark.parametrize("topic", [CRASH, SHOPPING])
def test_a_word_that_is_asked_for_each_time_is_good_for_one_use(either_town: Town, topic: str) -> None:
    town, elsewhere = either_town, either_town.again()
    for person in (7, 8, 9):
        town.give(person, topic)
    spend(town, topic, 7, 8)
    assert [elsewhere.state(person, topic) for person in (7, 8, 9)] == ["spent", "spent", "active"]
    for people in ((7,), (9, 8), (10,)):
        with pytest.raises(ConflictError, match="decide again"):
            spend(elsewhere, topic, *people)
    spend(elsewhere, topic, 9)
    assert town.state(9, topic) == "spent"
    town.clock.advance(timedelta(minutes=1))
    town.give(7, topic)
    assert elsewhere.state(7, topic) == "active"
    kinds = [said.kind for said in town.consents.look_up(CLERK, 7, topic, Way.API, history=True).history]
    assert kinds == ["given", "spent", "given"]


@pytest.mark.parametrize("topic", [CROSS_SELL, CONGESTION])
def test_a_word_for_a_period_is_not_spent(town: Town, topic: str) -> None:
    town.give(7, topic)
    spend(town, topic, 7)
    assert town.state(7, topic) == "active"


def test_a_use_that_was_not_recorded_spends_nothing(town: Town) -> None:
    town.give(7, CRASH)
    town.ledger.fail_at = frozenset({"use.permitted"})
    with pytest.raises(NotRecordedError):
        spend(town, CRASH, 7)
    assert town.state(7, CRASH) == "active"


def test_the_ledger_tells_nobodys_number(town: Town) -> None:
    """Numbers that would be seen in any entry, under every act there is."""
    person, other = 4_123_456_789, 4_123_456_788
    town.give(person)
    town.give(person, CRASH)
    spend(town, CRASH, person)
    town.withdraw(person)
    measure = town.measures.set(PROTECTOR, person, "理由")
    town.measures.lift(PROTECTOR, measure.id, "理由")
    town.merges.merge("hub", person, other)
    town.topics.add_text(PRIVACY, CROSS_SELL, WORDING, WITHDRAWAL, valid_days=1)
    said = [str(entry.body) for entry in town.ledger.entries]
    assert not any("41234567" in body or "理由" in body for body in said)
