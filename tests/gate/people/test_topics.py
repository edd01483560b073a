"""A topic has a direction; a text states how long it is good for and how to withdraw, or it is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.gate.people.town import (
    ACTORS,
    CLERK,
    CROSS_SELL,
    NOW,
    PRIVACY,
    WITHDRAWAL,
    WORDING,
    Town,
    topic,
)
from umaya.gate import Words
from umaya.gate.people import Side
from umaya.gate.record import digest
from umaya.types.classes import SecrecyClass as C
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError


def test_a_topic_comes_back_as_it_was_registered(either_town: Town) -> None:
    assert either_town.topics.get(CROSS_SELL) == topic()
    assert [each.id for each in either_town.topics.list()] == sorted(each.id for each in either_town.topics.list())
    assert either_town.ledger.entries[12].body["source_business"] == "banking"


def test_one_direction_is_not_the_other(town: Town) -> None:
    back = topic("cover-to-savings", source=Side("cover-minase", "insurance"), target=Side("bank-minase", "banking"))
    town.topics.add(ACTORS["cover-privacy"], back)
    town.topics.add_text(ACTORS["cover-privacy"], back.id, WORDING, WITHDRAWAL, valid_days=30)
    town.give(7)
    assert (town.state(7), town.state(7, back.id)) == ("active", "none")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Not an id"}, "id"),
        ({"source": Side("bank-minase", "バンク")}, "source"),
        ({"target": Side("cover-minase", "")}, "target"),
        ({"kinds": ()}, "kinds"),
        ({"kinds": (C.FINANCIAL, C.CORRESPONDENCE)}, "kinds"),
        ({"purpose": Words("", "Offers")}, "purpose.ja"),
        ({"title": Words("案内", " ")}, "title.en"),
    ],
)
def test_what_no_topic_can_be(town: Town, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        town.topics.add(PRIVACY, topic(**{"name": "new", **changes}))
    assert caught.value.place.field == field


def test_topics_are_kept_by_the_party_that_holds_the_information(town: Town) -> None:
    for actor in (CLERK, ACTORS["cover-privacy"]):
        with pytest.raises(ForbiddenError):
            town.topics.add(actor, topic("new"))
        with pytest.raises(ForbiddenError):
            town.topics.add_text(actor, CROSS_SELL, WORDING, WITHDRAWAL, valid_days=30)
        with pytest.raises(ForbiddenError):
            town.topics.end_text(actor, CROSS_SELL, 1)
    with pytest.raises(ConflictError):
        town.topics.add(PRIVACY, topic())
    with pytest.raises(NotFoundError):
        town.topics.add(PRIVACY, topic("new", target=Side("nobody", "insurance")))
    assert town.ledger.kinds().count("consent.topic-registered") == 4


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "validity"),
        ({"valid_days": 30, "last_day": date(2026, 12, 31)}, "validity"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 3654}, "valid_days"),
        ({"last_day": date(2026, 4, 1)}, "last_day"),
        ({"valid_days": 30, "withdrawal": Words("", "at any counter")}, "withdrawal_ja"),
        ({"valid_days": 30, "withdrawal": Words("窓口で", "\n")}, "withdrawal_en"),
        ({"valid_days": 30, "wording": Words("使います", "")}, "en"),
    ],
)
def test_a_text_without_validity_or_way_to_withdraw_is_refused(town: Town, changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"wording": WORDING, "withdrawal": WITHDRAWAL, **changes}
    with pytest.raises(InputError) as caught:
        town.topics.add_text(PRIVACY, CROSS_SELL, **given)
    assert caught.value.place.field == field
    assert len(town.topics.texts(CROSS_SELL)) == 1


def test_versions_are_counted_and_the_ledger_holds_digests(town: Town) -> None:
    second = town.topics.add_text(PRIVACY, CROSS_SELL, WORDING, WITHDRAWAL, last_day=date(2026, 4, 2))
    first = town.topics.texts(CROSS_SELL)[0]
    assert (first.version, second.version) == (1, 2)
    assert first.wording == second.wording
    assert first.digest != second.digest, "what it states on validity is part of it"
    assert town.body("consent.text-registered") == {
        "topic": CROSS_SELL,
        "text": 2,
        "document": second.digest,
        "last_day": date(2026, 4, 2),
    }
    assert first.good_through(NOW.date()) == NOW.date() + timedelta(days=30)
    assert second.good_through(NOW.date()) == date(2026, 4, 2)


def test_the_digest_is_of_what_is_stated(town: Town) -> None:
    """Anybody with the words can work it out: canonical JSON (RFC 8785) of six members."""
    text = (
        '{"en":"We use account information to offer insurance.","ja":"口座の情報を保険のご案内に使います。",'
        '"last_day":null,"valid_days":30,"withdrawal_en":"Withdraw at any counter or in the app at any time.",'
        '"withdrawal_ja":"窓口またはアプリで、いつでも撤回できます。"}'
    )
    assert town.topics.texts(CROSS_SELL)[0].digest == digest(text.encode())


def test_ending_a_text_ends_every_consent_by_it_in_one_act(either_town: Town) -> None:
    town = either_town
    for person in range(5):
        town.give(person)
    town.topics.add_text(PRIVACY, CROSS_SELL, WORDING, WITHDRAWAL, valid_days=60)
    town.give(9, text=2)
    before = len(town.ledger.entries), town.projection.latest().reached
    ended = town.topics.end_text(PRIVACY, CROSS_SELL, 1)
    assert ended.ended_at == NOW
    assert (len(town.ledger.entries), town.projection.latest().reached) == (before[0] + 1, before[1] + 1)
    assert [town.state(person) for person in (*range(5), 9)] == ["text-ended"] * 5 + ["active"]
    with pytest.raises(ConflictError, match="ended before"):
        town.topics.end_text(PRIVACY, CROSS_SELL, 1)
    with pytest.raises(ConflictError, match="newest"):
        town.give(3)
    town.give(3, text=2)
    assert town.state(3) == "active"
    with pytest.raises(NotFoundError):
        town.topics.end_text(PRIVACY, CROSS_SELL, 3)
