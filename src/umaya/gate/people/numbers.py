"""Customer numbers (お客さま番号): what each party calls a person, so that no party learns the hub's own number.

    key      HKDF-SHA-256 of the people's secret for "customer-number/v1/" and the party
    number   a permutation of 50 bits of (18 zeros, person number in 32 bits), as ten characters of Crockford's base 32

The permutation is a Feistel network of eight rounds with HMAC-SHA-256 (Luby and Rackoff, 1988). The zeros are what
tells a mistyped or guessed number (encode-then-encipher; Bellare and Rogaway, 2000): one guess in 262,144 passes.

Must hold: two parties call one person differently, and neither can tell that it is one; a number that passes says
nothing about whether the hub knows anybody by it.
Evolution: another derivation is a new version in the key's purpose; numbers that were handed out must stay the same.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import Final

from umaya.stores.secret import derived_key
from umaya.types.errors import InputError, Place

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ: Final = {**{sign: value for value, sign in enumerate(_ALPHABET)}, "O": 0, "I": 1, "L": 1}
_HALF: Final = 25
_MASK: Final = (1 << _HALF) - 1
_ROUNDS: Final = 8
_PERSON_BITS: Final = 32
LENGTH: Final = 10


class CustomerNumbers:
    """Turns person numbers into a party's customer numbers and back.

    Args:
        secret: 32 bytes; the hub's secret of people.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = lru_cache(maxsize=1024)(lambda party: derived_key(secret, f"customer-number/v1/{party}"))

    def of(self, party: str, person: int) -> str:
        """Return what a party calls a person, e.g. `3K7Q9-XPA2M`."""
        number = _permuted(self._key(party), person, range(_ROUNDS))
        signs = "".join(_ALPHABET[number >> shift & 31] for shift in range(45, -1, -5))
        return f"{signs[:5]}-{signs[5:]}"

    def person(self, party: str, number: str) -> int:
        """Return whom a party's customer number means; small letters, blanks and hyphens do not matter.

        Raises:
            InputError: when it is no number of this party; whether anybody has it is not said.
        """
        signs = [_READ.get(sign) for sign in number.upper() if sign not in "- \u3000"]
        if len(signs) == LENGTH and None not in signs:
            value = 0
            for sign in signs:
                value = value << 5 | (sign or 0)
            person = _permuted(self._key(party), value, range(_ROUNDS - 1, -1, -1))
            if person >> _PERSON_BITS == 0:
                return person
        place = Place("customer", field="number")
        raise InputError(place, "this is no customer number of your organisation", "compare it with the card or letter")


def _permuted(key: bytes, value: int, rounds: range) -> int:
    """Run the rounds in this order; the last swap is left out, so that the reversed order undoes it."""
    left, right = value >> _HALF, value & _MASK
    for at in rounds:
        left, right = right, left ^ _round(key, at, right)
    return right << _HALF | left


def _round(key: bytes, at: int, half: int) -> int:
    digest = hmac.digest(key, bytes([at]) + half.to_bytes(4, "big"), "sha256")
    return int.from_bytes(digest[:4], "big") & _MASK
