"""Records of third-party provision (第三者提供記録): whether one is owed, what it holds, how long it is kept.

APPI arts. 29 and 30, Enforcement Rules (個人情報保護法施行規則) arts. 19 to 25, guideline on checking and recording.
Says what the law asks for; the ledger records every use all the same. Provision to foreign countries (art. 28) and of
information related to persons (個人関連情報, art. 31) is not treated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from umaya.law.days import day_in_japan, last_day
from umaya.law.findings import Finding


class Ground(StrEnum):
    """What a use is to APPI art. 27. Stands in rule data: values never change."""

    NONE = "none"
    """Stays with the one who holds it."""
    NOT_PERSONAL = "not-personal"
    """What is handed over is about nobody."""
    CONSENT = "consent"
    """Art. 27(1)."""
    OPT_OUT = "opt-out"
    """Art. 27(2)."""
    EXCEPTION = "article-27-1"
    """The cases of art. 27(1)."""
    ENTRUSTMENT = "entrustment"
    """Art. 27(5)(i)."""
    SUCCESSION = "succession"
    """Art. 27(5)(ii)."""
    JOINT_USE = "joint-use"
    """Art. 27(5)(iii)."""


class OtherSide(StrEnum):
    """Who stands on the other side of a provision: a business, or one of the bodies of art. 16(2)."""

    BUSINESS = "business"
    STATE = "state"
    LOCAL_BODY = "local-body"
    INCORPORATED_AGENCY = "incorporated-agency"
    """Incorporated administrative agencies, of the state or local."""


_OTHER_SIDES: Final = {
    "municipality": OtherSide.LOCAL_BODY,
    "prefecture": OtherSide.LOCAL_BODY,
    "ministry": OtherSide.STATE,
    "police": OtherSide.LOCAL_BODY,
    "tax-office": OtherSide.STATE,
    "incorporated-agency": OtherSide.INCORPORATED_AGENCY,
}


def other_side(kind: str) -> OtherSide:
    """Return what a party of a kind is to art. 16(2); a kind that is not known to be a public body is a business."""
    return _OTHER_SIDES.get(kind, OtherSide.BUSINESS)


class RecordItem(StrEnum):
    """What a record holds. Values never change."""

    CONSENT = "consent"
    """That the person consented."""
    DATE = "date"
    """The day of provision, or of receipt."""
    OTHER_PARTY = "other-party"
    """Name and address of the other side and, for a company, its representative."""
    PERSON = "person"
    """Who the person is."""
    ITEMS = "items"
    """The items of personal data."""
    HOW_ACQUIRED = "how-acquired"
    """How the provider came by the data."""
    PUBLISHED = "published"
    """That the commission published the provider's opt-out."""


class RecordForm(StrEnum):
    """How a record is made (rule 19)."""

    EACH = "each"
    """One for each provision, promptly."""
    BATCH = "batch"
    """One for a continuing or repeated provision to the same party, with its first and last day."""
    CONTRACT = "contract"
    """The contract by which the person is given goods or services, where it states the items."""


@dataclass(frozen=True)
class RecordDuty:
    """What the law asks of both sides.

    Attributes:
        owed: whether records are owed at all; what follows is empty when not.
        source: the article that says so.
        provider: what the provider's record holds.
        recipient: what the recipient's record holds.
        forms: how it may be made.
    """

    owed: bool
    source: str
    provider: tuple[RecordItem, ...] = ()
    recipient: tuple[RecordItem, ...] = ()
    forms: tuple[RecordForm, ...] = ()


_NOT_OWED = {
    Ground.NONE: "APPI art. 29(1): nothing is provided to a third party",
    Ground.NOT_PERSONAL: "APPI art. 29(1): what is provided is no personal data",
    Ground.EXCEPTION: "APPI art. 29(1), proviso: a case of art. 27(1)",
    Ground.ENTRUSTMENT: "APPI art. 29(1), proviso: entrustment, art. 27(5)(i)",
    Ground.SUCCESSION: "APPI art. 29(1), proviso: succession, art. 27(5)(ii)",
    Ground.JOINT_USE: "APPI art. 29(1), proviso: joint use, art. 27(5)(iii)",
}
_COMMON = (RecordItem.OTHER_PARTY, RecordItem.PERSON, RecordItem.ITEMS)
_RECEIVED = (RecordItem.OTHER_PARTY, RecordItem.HOW_ACQUIRED, RecordItem.PERSON, RecordItem.ITEMS)


def record_duty(ground: Ground, other_side: OtherSide) -> RecordDuty:
    """Return what records a provision to (or from) the other side asks for."""
    if ground in _NOT_OWED:
        return RecordDuty(False, _NOT_OWED[ground])
    if other_side is not OtherSide.BUSINESS:
        return RecordDuty(False, "APPI art. 29(1): a body of art. 16(2) is no third party here")
    if ground is Ground.OPT_OUT:
        return RecordDuty(
            owed=True,
            source="APPI arts. 29(1), 30(3); Enforcement Rules arts. 20(1)(i), 24(1)(i)",
            provider=(RecordItem.DATE, *_COMMON),
            recipient=(RecordItem.DATE, *_RECEIVED, RecordItem.PUBLISHED),
            forms=(RecordForm.EACH,),  # rule 19(2) and (3) leave opt-out out
        )
    return RecordDuty(
        owed=True,
        source="APPI arts. 29(1), 30(3); Enforcement Rules arts. 20(1)(ii), 24(1)(ii)",
        provider=(RecordItem.CONSENT, *_COMMON),
        recipient=(RecordItem.CONSENT, *_RECEIVED),
        forms=tuple(RecordForm),
    )


class Role(StrEnum):
    """Whose record it is."""

    PROVIDER = "provider"
    RECIPIENT = "recipient"


@dataclass(frozen=True)
class ProvisionRecord:
    """A record as one side keeps it.

    Attributes:
        role: whose it is.
        form: how it was made.
        items: what it says, by item.
        first_on, last_on: days in Japan of the first and the last provision; wanted of a batch record only.
    """

    role: Role
    form: RecordForm
    items: Mapping[RecordItem, str]
    first_on: date | None = None
    last_on: date | None = None


class ProvisionFault(StrEnum):
    """What a record lacks. Values never change."""

    FORM_NOT_ALLOWED = "provision-form-not-allowed"
    ITEM_MISSING = "provision-item-missing"
    DAYS_MISSING = "provision-days-missing"


def record_faults(record: ProvisionRecord, duty: RecordDuty) -> tuple[Finding, ...]:
    """Return everything that a record lacks of what is owed; empty when it is whole, or when none is owed."""
    return tuple(_record_faults(record, duty)) if duty.owed else ()


def _record_faults(record: ProvisionRecord, duty: RecordDuty) -> Iterator[Finding]:
    if record.form not in duty.forms:
        yield Finding(ProvisionFault.FORM_NOT_ALLOWED, record.form)
    for item in duty.provider if record.role is Role.PROVIDER else duty.recipient:
        if not record.items.get(item, "").strip():
            yield Finding(ProvisionFault.ITEM_MISSING, item)
    first, last = record.first_on, record.last_on
    if record.form is RecordForm.BATCH and (first is None or last is None or last < first):
        yield Finding(ProvisionFault.DAYS_MISSING)


@dataclass(frozen=True)
class Retention:
    """How long a record must be kept.

    Attributes:
        through: the last day in Japan on which it must be there.
        source: article.
    """

    through: date
    source: str


def retention(form: RecordForm, made_at: datetime, last_provided_at: datetime) -> Retention:
    """Return how long a record is kept.

    Args:
        form: how it was made.
        made_at: when; aware.
        last_provided_at: when data was last provided under it; aware.
    """
    match form:
        case RecordForm.CONTRACT:  # counted from the day of the last provision, that day included
            return Retention(last_day(day_in_japan(last_provided_at), 1), "Enforcement Rules arts. 21(i), 25(i)")
        case RecordForm.BATCH:
            return Retention(last_day(day_in_japan(last_provided_at), 3), "Enforcement Rules arts. 21(ii), 25(ii)")
        case RecordForm.EACH:  # from the day of making, which is not counted (Civil Code art. 140)
            first = day_in_japan(made_at) + timedelta(days=1)
            return Retention(last_day(first, 3), "Enforcement Rules arts. 21(iii), 25(iii)")
