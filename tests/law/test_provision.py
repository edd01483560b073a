"""Records of third-party provision: owed or not, what they hold, how long they are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.days import day_in_japan, last_day
from umaya.law.findings import Finding
from umaya.law.provision import (
    Ground,
    OtherSide,
    ProvisionFault,
    ProvisionRecord,
    RecordDuty,
    RecordForm,
    RecordItem,
    Role,
    other_side,
    record_duty,
    record_faults,
    retention,
)

OWED = (Ground.CONSENT, Ground.OPT_OUT)


@pytest.mark.parametrize("ground", Ground)
@pytest.mark.parametrize("other_side", OtherSide)
def test_a_record_is_owed_to_businesses_on_consent_or_opt_out_alone(ground: Ground, other_side: OtherSide) -> None:
    duty = record_duty(ground, other_side)
    assert duty.owed is (ground in OWED and other_side is OtherSide.BUSINESS)
    assert duty.source.startswith("APPI art")
    assert bool(duty.provider) is bool(duty.recipient) is bool(duty.forms) is duty.owed


def test_with_consent_the_consent_is_recorded_and_no_date() -> None:
    duty = record_duty(Ground.CONSENT, OtherSide.BUSINESS)
    assert set(duty.provider) == {RecordItem.CONSENT, RecordItem.OTHER_PARTY, RecordItem.PERSON, RecordItem.ITEMS}
    assert set(duty.recipient) == {*duty.provider, RecordItem.HOW_ACQUIRED}
    assert set(duty.forms) == set(RecordForm)


def test_with_opt_out_the_date_is_recorded_and_each_provision_on_its_own() -> None:
    """Batch records are not for opt-out (rule 19(2))."""
    duty = record_duty(Ground.OPT_OUT, OtherSide.BUSINESS)
    assert set(duty.provider) == {RecordItem.DATE, RecordItem.OTHER_PARTY, RecordItem.PERSON, RecordItem.ITEMS}
    assert set(duty.recipient) == {*duty.provider, RecordItem.HOW_ACQUIRED, RecordItem.PUBLISHED}
    assert duty.forms == (RecordForm.EACH,)


@pytest.mark.parametrize(
    ("kind", "side"),
    [("municipality", OtherSide.LOCAL_BODY), ("tax-office", OtherSide.STATE), ("bank", OtherSide.BUSINESS)],
)
def test_public_bodies_are_no_third_party_for_records(kind: str, side: OtherSide) -> None:
    assert other_side(kind) is side
    assert record_duty(Ground.CONSENT, side).owed is (side is OtherSide.BUSINESS)


def record(duty: RecordDuty, role: Role = Role.PROVIDER, form: RecordForm = RecordForm.EACH) -> ProvisionRecord:
    """Return a whole record of one day."""
    items = dict.fromkeys(duty.provider if role is Role.PROVIDER else duty.recipient, "said")
    return ProvisionRecord(role, form, items, date(2026, 4, 1), date(2026, 4, 1))


@pytest.mark.parametrize("ground", OWED)
@pytest.mark.parametrize("role", Role)
def test_each_item_that_a_record_lacks_is_named(ground: Ground, role: Role) -> None:
    duty = record_duty(ground, OtherSide.BUSINESS)
    whole = record(duty, role)
    assert record_faults(whole, duty) == ()
    for item in whole.items:
        lacking = replace(whole, items={**whole.items, item: " "})
        assert record_faults(lacking, duty) == (Finding(ProvisionFault.ITEM_MISSING, item),)


def test_no_batch_record_stands_for_opt_out() -> None:
    duty = record_duty(Ground.OPT_OUT, OtherSide.BUSINESS)
    batch = record(duty, form=RecordForm.BATCH)
    assert record_faults(batch, duty) == (Finding(ProvisionFault.FORM_NOT_ALLOWED, RecordForm.BATCH),)


def test_a_batch_record_names_its_first_and_last_day() -> None:
    duty = record_duty(Ground.CONSENT, OtherSide.BUSINESS)
    batch = record(duty, form=RecordForm.BATCH)
    assert record_faults(batch, duty) == ()
    for days in ({"first_on": None}, {"last_on": None}, {"last_on": date(2026, 3, 31)}):
        assert [fault.code for fault in record_faults(replace(batch, **days), duty)] == [ProvisionFault.DAYS_MISSING]


def test_where_no_record_is_owed_none_is_lacking() -> None:
    duty = record_duty(Ground.JOINT_USE, OtherSide.BUSINESS)
    assert record_faults(ProvisionRecord(Role.PROVIDER, RecordForm.BATCH, {}), duty) == ()


@pytest.mark.parametrize(
    ("form", "through"),
    [
        (RecordForm.CONTRACT, date(2027, 6, 30)),  # one year from the last provision, that day counted
        (RecordForm.BATCH, date(2029, 6, 30)),  # three years from the last provision, that day counted
        (RecordForm.EACH, date(2029, 4, 10)),  # three years from the making, that day not counted
    ],
)
def test_how_long_each_form_is_kept(form: RecordForm, through: date) -> None:
    made = datetime(2026, 4, 9, 15, 0, tzinfo=UTC)  # midnight of 10 April in Japan
    last = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)  # 08:00 of 1 July in Japan
    kept = retention(form, made, last)
    assert kept.through == through
    assert kept.source.startswith("Enforcement Rules arts.")


@pytest.mark.parametrize(
    ("first", "years", "last"),
    [
        (date(2026, 4, 10), 1, date(2027, 4, 9)),
        (date(2026, 1, 1), 3, date(2028, 12, 31)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),  # no such day: the last of the month (Civil Code art. 143(2))
        (date(2023, 3, 1), 1, date(2024, 2, 29)),
    ],
)
def test_periods_end_as_the_civil_code_says(first: date, years: int, last: date) -> None:
    assert last_day(first, years) == last


@given(
    st.integers(0, 500_000).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.timedeltas(timedelta(0), timedelta(900)),
)
def test_no_record_ends_early_and_a_later_provision_never_shortens_it(made: datetime, after: timedelta) -> None:
    for form in RecordForm:
        kept = retention(form, made, made + after)
        assert kept.through >= retention(form, made, made).through
        years = 1 if form is RecordForm.CONTRACT else 3
        assert (kept.through - day_in_japan(made)).days >= 365 * years - 1
