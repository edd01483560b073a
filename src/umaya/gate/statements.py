"""Statements: what people write in their own words, such as why they need data or why they send a scheme back.

Kept by the hub for those who may read it; the ledger holds a salted digest, which proves the words to whoever has
them and the salt, and tells nobody else anything.
"""

from __future__ import annotations

from umaya.gate.record import digest
from umaya.types.errors import InputError, Place

MAX_CHARACTERS = 4000


def statement(text: str, place: Place, *, required: bool = True) -> str:
    """Return the words without space around them.

    Raises:
        InputError: when there are none though required, too many, or characters that no database keeps.
    """
    text = text.strip()
    if required and not text:
        raise InputError(place, "no reason is stated", "say why")
    if len(text) > MAX_CHARACTERS:
        raise InputError(place, "the text is too long", f"keep it under {MAX_CHARACTERS:,} characters")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InputError(place, "the text holds a character that cannot be kept", "write plain text")
    return text


def salted(text: str, salt: str) -> str:
    """Return the form in which a statement enters the ledger."""
    return digest(f"{salt}\n{text}".encode())
