"""Cross-selling: when consent is needed, what its record holds, what it precedes, and that it has a direction.

bank-minase/banking  ->  life-minase/insurance     and the way back is another consent
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.cross_sell import (
    KINDS,
    Act,
    BusinessLine,
    ConsentFault,
    CrossSellConsent,
    Direction,
    UseOfInformation,
    consent_faults,
    consent_needed,
    permits,
    without_consent,
)
from umaya.types.classes import SecrecyClass as C

BANK = BusinessLine("bank-minase", "banking")
INSURER = BusinessLine("life-minase", "insurance")
POST_INSURANCE = BusinessLine("post-minase", "insurance")
POST_BANKING = BusinessLine("post-minase", "banking")
OUT, BACK = Direction(BANK, INSURER), Direction(INSURER, BANK)
NOON = datetime(2026, 4, 2, 3, tzinfo=UTC)
CONSENT = CrossSellConsent(
    direction=OUT,
    kinds=frozenset({C.FINANCIAL}),
    text_version="2026-04",
    valid_through=date(2027, 3, 31),
    withdrawal="any post office, or the app",
    channel="counter",
    evidence="form-1",
    taker="minase-clerk",
    taken_at=NOON,
)
LINES = st.builds(
    BusinessLine, st.sampled_from(["bank", "life", "post"]), st.sampled_from(["banking", "insurance", "funds"])
)
DIRECTIONS = st.builds(Direction, LINES, LINES)


@pytest.mark.parametrize(
    ("source", "target", "needed"),
    [
        (BANK, BANK, False),
        (BANK, INSURER, True),
        (POST_BANKING, POST_INSURANCE, True),  # another business of the same company
        (INSURER, POST_INSURANCE, True),  # the same business of another company
    ],
)
def test_consent_is_needed_where_business_or_company_differs(
    source: BusinessLine, target: BusinessLine, needed: bool
) -> None:
    assert consent_needed(C.FINANCIAL, Direction(source, target)) is needed
    assert consent_needed(C.INSURANCE, Direction(source, target)) is needed


@pytest.mark.parametrize("secrecy", sorted(set(C) - KINDS))
def test_names_and_addresses_are_outside_the_definition(secrecy: C) -> None:
    assert not consent_needed(secrecy, OUT)


def test_a_whole_record_has_no_fault() -> None:
    assert consent_faults(CONSENT) == ()


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"direction": None}, ConsentFault.NO_DIRECTION),
        ({"direction": Direction(BANK, BANK)}, ConsentFault.SAME_LINE),
        ({"kinds": frozenset()}, ConsentFault.NO_KINDS),
        ({"kinds": frozenset({C.FINANCIAL, C.POSTAL})}, ConsentFault.OTHER_KINDS),
        ({"text_version": None}, ConsentFault.NO_TEXT),
        ({"valid_through": None}, ConsentFault.NO_VALIDITY),
        ({"withdrawal": " "}, ConsentFault.NO_WITHDRAWAL),
        ({"channel": ""}, ConsentFault.NO_CHANNEL),
        ({"evidence": None}, ConsentFault.NO_EVIDENCE),
        ({"taker": None}, ConsentFault.NO_TAKER),
        ({"taken_at": None}, ConsentFault.NO_TIME),
        ({"valid_through": date(2026, 4, 1)}, ConsentFault.ENDS_BEFORE_TAKEN),
    ],
)
def test_each_thing_that_a_record_lacks_is_named_and_it_permits_nothing(
    missing: dict[str, Any], code: ConsentFault
) -> None:
    consent = replace(CONSENT, **missing)
    assert [fault.code for fault in consent_faults(consent)] == [code]
    assert not permits(consent, OUT, C.FINANCIAL, NOON + timedelta(hours=1))


def test_a_consent_permits_its_direction_and_kind_while_it_is_valid() -> None:
    """Valid through 31 March 2027 in Japan: that day ends at 15:00 UTC."""
    later = NOON + timedelta(seconds=1)
    assert permits(CONSENT, OUT, C.FINANCIAL, later)
    assert not permits(CONSENT, OUT, C.FINANCIAL, NOON), "not at the moment itself: it comes before the first use"
    assert not permits(CONSENT, OUT, C.INSURANCE, later), "another kind"
    assert permits(CONSENT, OUT, C.FINANCIAL, datetime(2027, 3, 31, 14, 59, tzinfo=UTC))
    assert not permits(CONSENT, OUT, C.FINANCIAL, datetime(2027, 3, 31, 15, 0, tzinfo=UTC))


def test_bank_to_insurer_is_not_insurer_to_bank() -> None:
    both = replace(CONSENT, kinds=KINDS)
    assert not any(permits(both, BACK, secrecy, NOON + timedelta(days=1)) for secrecy in C)


@given(given_for=DIRECTIONS, used_for=DIRECTIONS, secrecy=st.sampled_from(C))
def test_no_direction_ever_stands_for_another(given_for: Direction, used_for: Direction, secrecy: C) -> None:
    consent = replace(CONSENT, direction=given_for, kinds=KINDS)
    if permits(consent, used_for, secrecy, NOON + timedelta(days=1)):
        assert given_for == used_for
        assert given_for.crosses
        assert secrecy in KINDS


def test_the_pattern_of_2024_is_caught() -> None:
    """Lists from balances and maturity dates, people called and invited, consent taken on arrival."""
    pattern = [
        UseOfInformation(Act.VISIT, NOON + timedelta(minutes=5)),
        UseOfInformation(Act.CALL, NOON - timedelta(days=9)),
        UseOfInformation(Act.LIST, NOON - timedelta(days=12)),
        UseOfInformation(Act.SEARCH, NOON - timedelta(days=12, minutes=1)),
    ]
    assert [use.act for use in without_consent(NOON, pattern)] == [Act.SEARCH, Act.LIST, Act.CALL]
    assert len(without_consent(None, pattern)) == len(pattern)
    assert without_consent(NOON - timedelta(days=30), pattern) == ()


@given(st.lists(st.builds(UseOfInformation, st.sampled_from(Act), st.datetimes(timezones=st.just(UTC)))))
def test_what_came_before_the_consent_is_exactly_what_is_told(uses: list[UseOfInformation]) -> None:
    told = without_consent(NOON, uses)
    assert [use.at for use in told] == sorted(use.at for use in uses if use.at <= NOON)
