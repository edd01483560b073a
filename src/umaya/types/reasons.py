"""Reason codes: why a use is permitted or refused, as data. Words for people are in the web catalogue."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stored and signed with every decision: values never change and are never reused."""

    PERMITTED = "permitted"
    NO_SCHEME = "no-scheme"
    SCHEME_NOT_APPROVED = "scheme-not-approved"
    SCHEME_SUSPENDED = "scheme-suspended"
    OUTSIDE_PERIOD = "outside-period"
    NOT_A_PARTY = "not-a-party"
    ROLE_MISSING = "role-missing"
    FIELD_NOT_IN_SCHEME = "field-not-in-scheme"
    CLASS_NEVER_LEAVES = "class-never-leaves"
    CLASS_NOT_ALLOWED_BY_BASIS = "class-not-allowed-by-basis"
    EVENT_MISSING = "event-missing"
    EVENT_ENDED = "event-ended"
    OUTSIDE_EVENT = "outside-event"
    OUTSIDE_AREA = "outside-area"
    WINDOW_MISSING = "window-missing"
    WINDOW_NOT_OVER = "window-not-over"
    OBLIGATION_MISSING = "obligation-missing"
    BASIS_NOT_IN_FORCE = "basis-not-in-force"
    RECIPIENT_NOT_ALLOWED = "recipient-not-allowed"
    EVIDENCE_MISSING = "evidence-missing"
    LEDGER_UNAVAILABLE = "ledger-unavailable"
    SCHEME_ENDED = "scheme-ended"
    CONDITION_FAILED = "condition-failed"
    NOTICE_NOT_IN_FORCE = "notice-not-in-force"
    PERSON_NOT_AVAILABLE = "person-not-available"
    """Also what a protected person's refusal says where no consent is asked for: nobody learns which."""
    CONSENT_MISSING = "consent-missing"
    """Also what a protected person's refusal says where consent is asked for."""
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CONSENT_EXPIRED = "consent-expired"
    CONSENT_TEXT_ENDED = "consent-text-ended"
    CONSENT_SPENT = "consent-spent"
