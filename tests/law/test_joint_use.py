"""Joint use: what a notice must say, and how it may change.

minase-group: post, bank and insurer use names and transactions jointly; each answers for its own data
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.findings import Finding
from umaya.law.joint_use import (
    AgreedPoint,
    ChangeFault,
    Continuation,
    ContinuationKind,
    Item,
    JointUseNotice,
    NoticeFault,
    Purpose,
    Responsible,
    User,
    change_faults,
    notice_faults,
)
from umaya.law.joint_use_text import notice_text
from umaya.law.texts import Language, Text
from umaya.types.classes import SecrecyClass as C


def both(text: str) -> Text:
    return Text(f"{text}(和)", text)


def responsible(party: str) -> Responsible:
    return Responsible(party, both(party), both(f"1-1 Minase, {party}"), both(f"president of {party}"))


def item(name: str, secrecy: C = C.ORDINARY, answers: str = "post") -> Item:
    return Item(name, both(name), secrecy, answers)


PARTIES = ("post", "bank", "life")
NOTICE = JointUseNotice(
    notice="minase-group",
    fact=both("we use data jointly"),
    items=(item("post-name"), item("bank-name", answers="bank"), item("life-name", answers="life")),
    users=tuple(User(party, both(party)) for party in PARTIES),
    purposes=(Purpose("offers", both("offers")), Purpose("risk", both("risk"))),
    responsible=tuple(responsible(party) for party in PARTIES),
    agreed={point: both(point) for point in AgreedPoint},
    published_on=date(2026, 4, 1),
    starts_on=date(2026, 4, 2),
)
TODAY = date(2026, 9, 1)
LATER: dict[str, Any] = {"published_on": date(2026, 9, 1), "starts_on": date(2026, 10, 1)}
BLANK = Text("", "")


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    return [(found.code, found.item) for found in findings]


def test_a_whole_notice_has_no_fault() -> None:
    assert notice_faults(NOTICE) == ()


def test_a_notice_without_the_responsible_partys_address_is_refused() -> None:
    """The item that was added in April 2022 and is forgotten most."""
    spoiled = replace(NOTICE, responsible=(replace(responsible("post"), address=BLANK), *NOTICE.responsible[1:]))
    assert codes(notice_faults(spoiled)) == [(NoticeFault.NO_RESPONSIBLE_ADDRESS, "post")]


def spoil_first(member: str, **changes: Any) -> Callable[[JointUseNotice], JointUseNotice]:
    def spoil(notice: JointUseNotice) -> JointUseNotice:
        first, *rest = getattr(notice, member)
        spoiled: dict[str, Any] = {member: (replace(first, **changes), *rest)}
        return replace(notice, **spoiled)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "code", "about"),
    [
        (lambda n: replace(n, fact=Text("", "said in English only")), NoticeFault.NO_FACT, None),
        (lambda n: replace(n, items=()), NoticeFault.NO_ITEMS, None),
        (spoil_first("items", text=BLANK), NoticeFault.EMPTY_ITEM, "post-name"),
        (lambda n: replace(n, users=n.users[:1]), NoticeFault.NO_USERS, None),
        (spoil_first("users", name=BLANK), NoticeFault.EMPTY_USER, "post"),
        (lambda n: replace(n, purposes=()), NoticeFault.NO_PURPOSES, None),
        (spoil_first("purposes", text=BLANK), NoticeFault.EMPTY_PURPOSE, "offers"),
        (lambda n: replace(n, responsible=n.responsible[1:]), NoticeFault.NO_RESPONSIBLE, "post-name"),
        (spoil_first("responsible", name=BLANK), NoticeFault.NO_RESPONSIBLE_NAME, "post"),
        (spoil_first("responsible", representative=None), NoticeFault.NO_REPRESENTATIVE, "post"),
        (lambda n: replace(n, items=(*n.items, n.items[0])), NoticeFault.REPEATED_ID, "post-name"),
        (spoil_first("items", secrecy=C.POSTAL), NoticeFault.CLASS_NEVER_JOINTLY, "post-name"),
        (spoil_first("items", secrecy=C.SPECIAL_CARE), NoticeFault.CLASS_NEVER_JOINTLY, "post-name"),
        (spoil_first("items", secrecy=C.CORRESPONDENCE), NoticeFault.CLASS_NEVER_JOINTLY, "post-name"),
        (spoil_first("items", text=Text("個人番号", "number")), NoticeFault.MY_NUMBER, "post-name"),
        (lambda n: replace(n, starts_on=date(2026, 3, 31)), NoticeFault.STARTS_BEFORE_PUBLICATION, None),
        (
            lambda n: replace(n, agreed={**(n.agreed or {}), AgreedPoint.END: BLANK}),
            NoticeFault.POINT_NOT_AGREED,
            "end",
        ),
    ],
)
def test_each_thing_that_a_notice_lacks_is_named(
    spoil: Callable[[JointUseNotice], JointUseNotice], code: NoticeFault, about: str | None
) -> None:
    assert codes(notice_faults(spoil(NOTICE))) == [(code, about)]


def test_a_sole_trader_has_no_representative() -> None:
    alone = replace(responsible("post"), representative=None, company=False)
    assert notice_faults(replace(NOTICE, responsible=(alone, *NOTICE.responsible[1:]))) == ()


def test_all_six_points_are_agreed_in_advance() -> None:
    assert len(AgreedPoint) == 6
    assert codes(notice_faults(replace(NOTICE, agreed={}))) == [
        (NoticeFault.POINT_NOT_AGREED, point.value) for point in AgreedPoint
    ]


def test_the_points_may_stand_in_the_schemes_instead() -> None:
    assert notice_faults(replace(NOTICE, agreed=None)) == ()


def test_nothing_changed_is_no_change() -> None:
    assert change_faults(NOTICE, replace(NOTICE, **LATER), TODAY) == ()


def test_narrowing_needs_nobody() -> None:
    narrower = replace(NOTICE, items=NOTICE.items[:1], users=NOTICE.users[:2], purposes=NOTICE.purposes[:1], **LATER)
    assert change_faults(NOTICE, narrower, TODAY) == ()


def test_items_and_users_are_never_widened() -> None:
    wider = replace(NOTICE, items=(*NOTICE.items, item("post-phone")), **LATER)
    assert codes(change_faults(NOTICE, wider, TODAY)) == [(ChangeFault.ITEMS_WIDENED, "post-phone")]
    wider = replace(NOTICE, users=(*NOTICE.users, User("realty", both("realty"))), **LATER)
    assert codes(change_faults(NOTICE, wider, TODAY)) == [(ChangeFault.USERS_WIDENED, "realty")]


def test_words_and_classes_cannot_widen_in_silence() -> None:
    reworded = spoil_first("items", text=both("everything"))(replace(NOTICE, **LATER))
    assert codes(change_faults(NOTICE, reworded, TODAY)) == [(ChangeFault.ITEMS_WIDENED, "post-name")]
    dearer = spoil_first("items", secrecy=C.FINANCIAL)(replace(NOTICE, **LATER))
    assert codes(change_faults(NOTICE, dearer, TODAY)) == [(ChangeFault.ITEMS_WIDENED, "post-name")]
    renamed = [Continuation(ContinuationKind.RENAMED, "post-name", "post-name", "resolution 7")]
    assert change_faults(NOTICE, reworded, TODAY, renamed) == ()
    assert change_faults(NOTICE, dearer, TODAY, renamed) != ()
    succeeded = [replace(renamed[0], kind=ContinuationKind.SUCCEEDED)]
    assert change_faults(NOTICE, reworded, TODAY, succeeded) != (), "a succession is no reason for other words"


def test_a_renamed_item_still_says_when_another_party_answers_for_it() -> None:
    renamed = [Continuation(ContinuationKind.RENAMED, "post-name", "name", "resolution 7")]
    new = replace(NOTICE, items=(item("name", answers="bank"), *NOTICE.items[1:]), **LATER)
    assert change_faults(NOTICE, new, TODAY, renamed) == ()
    unpublished = replace(new, published_on=None)
    expected = [(ChangeFault.RESPONSIBLE_BEFORE_PUBLICATION, "name")]
    assert codes(change_faults(NOTICE, unpublished, TODAY, renamed)) == expected


SUCCESSOR = replace(NOTICE, users=(User("new-post", both("new post")), *NOTICE.users[1:]), **LATER)
SUCCESSION = Continuation(ContinuationKind.SUCCEEDED, "post", "new-post", "register extract of 1 October")


def test_a_successor_takes_the_place_of_its_predecessor_with_evidence() -> None:
    assert codes(change_faults(NOTICE, SUCCESSOR, TODAY)) == [(ChangeFault.USERS_WIDENED, "new-post")]
    assert change_faults(NOTICE, SUCCESSOR, TODAY, [SUCCESSION]) == ()
    assert change_faults(NOTICE, SUCCESSOR, TODAY, [replace(SUCCESSION, evidence=" ")]) != ()
    assert change_faults(NOTICE, SUCCESSOR, TODAY, [replace(SUCCESSION, old="somebody")]) != ()


def test_a_successor_beside_its_predecessor_is_one_more_user() -> None:
    both_of_them = replace(SUCCESSOR, users=(*SUCCESSOR.users, NOTICE.users[0]))
    assert codes(change_faults(NOTICE, both_of_them, TODAY, [SUCCESSION])) == [(ChangeFault.USERS_WIDENED, "new-post")]


@given(
    parties=st.lists(st.sampled_from(["post", "bank", "life", "realty", "card"]), min_size=2, max_size=5, unique=True),
    pairs=st.lists(st.tuples(*[st.sampled_from(["post", "bank", "life", "realty", "card"])] * 2), max_size=6),
)
def test_no_evidence_of_continuation_makes_more_users_of_fewer(
    parties: list[str], pairs: list[tuple[str, str]]
) -> None:
    new = replace(NOTICE, users=tuple(User(party, both(party)) for party in parties), **LATER)
    shown = [Continuation(ContinuationKind.SUCCEEDED, old, succeeding, "extract") for old, succeeding in pairs]
    if not change_faults(NOTICE, new, TODAY, shown):
        gone = NOTICE.parties - new.parties
        assert len(new.parties) <= len(NOTICE.parties)
        assert all(any((old, party) in pairs for old in gone) for party in new.parties - NOTICE.parties)


@given(st.sets(st.sampled_from(list(C)), min_size=1))
def test_widening_never_passes_without_evidence(classes: set[C]) -> None:
    added = tuple(item(f"more-{secrecy}", secrecy) for secrecy in sorted(classes))
    found = change_faults(NOTICE, replace(NOTICE, items=(*NOTICE.items, *added), **LATER), TODAY)
    assert {fault.item for fault in found} == {one.id for one in added}


@pytest.mark.parametrize(
    ("published", "starts", "passes"),
    [
        (None, date(2026, 10, 1), False),
        (date(2026, 10, 2), date(2026, 10, 1), False),
        (date(2026, 10, 1), date(2026, 10, 1), False),  # the same day is not before
        (date(2026, 9, 30), date(2026, 10, 1), True),
    ],
)
def test_a_changed_purpose_or_responsible_party_is_published_before_it_starts(
    published: date | None, starts: date, passes: bool
) -> None:
    dates: dict[str, Any] = {"published_on": published, "starts_on": starts}
    other = spoil_first("purposes", text=both("offers and research"))(replace(NOTICE, **dates))
    expected = [] if passes else [(ChangeFault.PURPOSE_BEFORE_PUBLICATION, "offers")]
    assert codes(change_faults(NOTICE, other, TODAY)) == expected
    another = replace(NOTICE, purposes=(*NOTICE.purposes, Purpose("research", both("research"))), **dates)
    expected = [] if passes else [(ChangeFault.PURPOSE_BEFORE_PUBLICATION, "research")]
    assert codes(change_faults(NOTICE, another, TODAY)) == expected
    handed_over = spoil_first("items", responsible="bank")(replace(NOTICE, **dates))
    expected = [] if passes else [(ChangeFault.RESPONSIBLE_BEFORE_PUBLICATION, "post-name")]
    assert codes(change_faults(NOTICE, handed_over, TODAY)) == expected


@pytest.mark.parametrize("member", ["name", "address", "representative"])
def test_a_changed_name_or_address_is_published_without_delay(member: str) -> None:
    moved = spoil_first("responsible", **{member: both("another")})(replace(NOTICE, starts_on=TODAY, published_on=None))
    expected = [(ChangeFault.DETAILS_NOT_PUBLISHED, "post")]
    assert change_faults(NOTICE, moved, date(2026, 8, 31)) == (), "it has not changed yet"
    assert codes(change_faults(NOTICE, moved, TODAY)) == expected
    assert codes(change_faults(NOTICE, replace(moved, published_on=date(2026, 9, 5)), date(2026, 9, 4))) == expected
    assert change_faults(NOTICE, replace(moved, published_on=date(2026, 9, 5)), date(2026, 9, 5)) == ()


HEADINGS = {
    "ja": ["共同利用する旨", "共同して利用する個人データの項目", "共同して利用する者の範囲", "利用する者の利用目的"],
    "en": ["That data is jointly used", "Items of personal data that are jointly used", "Scope of the joint users"],
}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_notice_says_everything_that_the_law_asks_for_in_its_order(language: Language) -> None:
    sections = notice_text(NOTICE, language)
    headings = [heading for heading, _ in sections]
    assert headings[: len(HEADINGS[language])] == HEADINGS[language]
    assert len(set(headings)) == len(sections)
    said = "\n".join(line for _, lines in sections for line in lines)
    texts = [NOTICE.fact, *(one.text for one in NOTICE.items), *(one.name for one in NOTICE.users)]
    texts += [one.text for one in NOTICE.purposes]
    texts += [text for one in NOTICE.responsible for text in (one.name, one.address, one.representative or BLANK)]
    assert all(text.of(language) in said for text in texts)
    assert ("2026年4月2日" if language == "ja" else "2 April 2026") in said
    assert not any(point.of(language) in said.splitlines() for point in (NOTICE.agreed or {}).values())


def test_a_notice_that_is_not_published_says_so() -> None:
    assert ["Published: not published", "In force from: 2 April 2026"] in [
        lines for _, lines in notice_text(replace(NOTICE, published_on=None), "en")
    ]
