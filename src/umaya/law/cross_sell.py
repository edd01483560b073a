"""Cross-sell (クロスセル): non-public information of one business used to offer what another business or company sells.

Insurance Business Act Enforcement Regulation (保険業法施行規則) art. 234(1)(xviii) for what a bank knows, arts.
212(2)(i) and 212-2(2)(i) for banks that sell insurance; the reverse direction by the same measure. Must hold: consent
has a direction, and one direction never stands for the other; it comes before the first use, which is the search or the
list and not the sale.

Attributes outside the definition (name, address, telephone, sex, date of birth, occupation) are of the class ordinary.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from umaya.law.days import day_in_japan
from umaya.law.findings import Finding
from umaya.types.classes import SecrecyClass

KINDS: Final = frozenset({SecrecyClass.FINANCIAL, SecrecyClass.INSURANCE})
"""The kinds of information that consent speaks of: non-public financial and non-public insurance information."""


@dataclass(frozen=True)
class BusinessLine:
    """A business of a company, e.g. `banking` of `bank-minase`."""

    company: str
    business: str


@dataclass(frozen=True)
class Direction:
    """From the business line that holds the information to the one that would use it."""

    source: BusinessLine
    target: BusinessLine

    @property
    def crosses(self) -> bool:
        """Whether the business or the company differs; either is enough."""
        return self.source != self.target


def consent_needed(secrecy: SecrecyClass, direction: Direction) -> bool:
    """Return whether information of a class may take this direction only with the person's consent."""
    return secrecy in KINDS and direction.crosses


@dataclass(frozen=True)
class CrossSellConsent:
    """One person's consent as it was recorded; None or empty for what the record lacks.

    Attributes:
        direction: from whom to whom.
        kinds: of information, out of `KINDS`.
        text_version: of the text that was shown.
        valid_through: last day in Japan of the validity that was stated.
        withdrawal: the way to withdraw that was stated.
        channel: where it was given, e.g. `counter`, `app`.
        evidence: reference to the signed form or the electronic log.
        taker: id of the actor or program that took it.
        taken_at: aware.
    """

    direction: Direction | None
    kinds: frozenset[SecrecyClass]
    text_version: str | None
    valid_through: date | None
    withdrawal: str | None
    channel: str | None
    evidence: str | None
    taker: str | None
    taken_at: datetime | None


class ConsentFault(StrEnum):
    """What a consent lacks. Values never change."""

    NO_DIRECTION = "consent-no-direction"
    SAME_LINE = "consent-same-line"
    NO_KINDS = "consent-no-kinds"
    OTHER_KINDS = "consent-other-kinds"
    NO_TEXT = "consent-no-text"
    NO_VALIDITY = "consent-no-validity"
    NO_WITHDRAWAL = "consent-no-withdrawal"
    NO_CHANNEL = "consent-no-channel"
    NO_EVIDENCE = "consent-no-evidence"
    NO_TAKER = "consent-no-taker"
    NO_TIME = "consent-no-time"
    ENDS_BEFORE_TAKEN = "consent-ends-before-taken"


def consent_faults(consent: CrossSellConsent) -> tuple[Finding, ...]:
    """Return everything that the record of a consent lacks; empty when it is complete."""
    found = [
        (consent.direction is None, ConsentFault.NO_DIRECTION, "direction"),
        (consent.direction is not None and not consent.direction.crosses, ConsentFault.SAME_LINE, "direction"),
        (not consent.kinds, ConsentFault.NO_KINDS, "kinds"),
        (not consent.kinds <= KINDS, ConsentFault.OTHER_KINDS, "kinds"),
        (_blank(consent.text_version), ConsentFault.NO_TEXT, "text_version"),
        (consent.valid_through is None, ConsentFault.NO_VALIDITY, "valid_through"),
        (_blank(consent.withdrawal), ConsentFault.NO_WITHDRAWAL, "withdrawal"),
        (_blank(consent.channel), ConsentFault.NO_CHANNEL, "channel"),
        (_blank(consent.evidence), ConsentFault.NO_EVIDENCE, "evidence"),
        (_blank(consent.taker), ConsentFault.NO_TAKER, "taker"),
        (consent.taken_at is None, ConsentFault.NO_TIME, "taken_at"),
        (_over_before(consent), ConsentFault.ENDS_BEFORE_TAKEN, "valid_through"),
    ]
    return tuple(Finding(code, item) for missing, code, item in found if missing)


def permits(consent: CrossSellConsent, direction: Direction, secrecy: SecrecyClass, at: datetime) -> bool:
    """Return whether a recorded consent lets information of a class take a direction at a moment.

    Whether it was withdrawn in between is not known here.
    """
    if consent_faults(consent) or consent.taken_at is None or consent.valid_through is None:
        return False
    return (
        consent.direction == direction
        and secrecy in consent.kinds
        and consent.taken_at < at
        and day_in_japan(at) <= consent.valid_through
    )


class Act(StrEnum):
    """An act that uses a customer's information. The first of them is what consent must precede."""

    SEARCH = "search"
    LIST = "list"
    CALL = "call"
    LETTER = "letter"
    VISIT = "visit"
    OFFER = "offer"


@dataclass(frozen=True)
class UseOfInformation:
    """One act on one person's information, at an aware moment."""

    act: Act
    at: datetime


def without_consent(taken_at: datetime | None, uses: Iterable[UseOfInformation]) -> tuple[UseOfInformation, ...]:
    """Return the acts that did not come after the consent, earliest first; all of them where there is none."""
    early = (use for use in uses if taken_at is None or use.at <= taken_at)
    return tuple(sorted(early, key=lambda use: use.at))


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()


def _over_before(consent: CrossSellConsent) -> bool:
    if consent.taken_at is None or consent.valid_through is None:
        return False
    return consent.valid_through < day_in_japan(consent.taken_at)
