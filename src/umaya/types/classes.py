"""Secrecy classes: what kind of secret a field is. Every catalogued field carries exactly one."""

from __future__ import annotations

from enum import StrEnum


class SecrecyClass(StrEnum):
    """Classes of DESIGN "Nouns", strictest first.

    The wire form is the value; it is stored and signed, so values never change and are never reused.
    """

    CORRESPONDENCE = "correspondence"
    """信書の秘密, Postal Act art. 8(1): never leaves."""
    POSTAL = "postal"
    """郵便物に関して知り得た他人の秘密, Postal Act art. 8(2): leaves only in the four cases, or made unreadable."""
    SPECIAL_CARE = "special-care"
    """要配慮個人情報, APPI art. 2(3)."""
    FINANCIAL = "non-public-financial"
    """非公開金融情報, Insurance Business Act Enforcement Regulation art. 234(1)(xviii)-i."""
    INSURANCE = "non-public-insurance"
    """非公開保険情報, Banking Act Enforcement Regulation arts. 13-6-5 ff."""
    LOCATION = "location"
    """位置情報: where a person or a vehicle was."""
    ORDINARY = "ordinary"
    """Personal, none of the above."""
    NON_PERSONAL = "non-personal"
    """About no person."""
