"""Building ids: eleven letters at random and a check letter, shown as `7K2M-Q9RT-0W4H`, telling nothing of a building.

Letters are those of Crockford's base 32, read without regard to case, I and L as 1, O as 0. The check letter is that of
a Reed-Solomon code of one check symbol over GF(32), generator 2, modulus x^5 + x^2 + 1: it shows any one wrong letter,
and any two letters changed for each other, adjacent or not.
"""

from __future__ import annotations

from collections.abc import Callable

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
"""Letters of an id with its check letter: 55 bits of chance."""
_READ = {**{letter: i for i, letter in enumerate(LETTERS)}, "I": 1, "L": 1, "O": 0}
_MODULUS = 0b100101

RandomBits = Callable[[int], int]
"""Returns so many random bits as a number: `secrets.randbits`, or a seeded one in tests."""


def mint(bits: RandomBits) -> str:
    """Return an id at random; the caller sees to it that none is given twice."""
    number = bits(5 * (LENGTH - 1))
    values = [number >> 5 * i & 31 for i in range(LENGTH - 1)]
    return _shown([*values, _check(values)])


def parse(text: str) -> str:
    """Return an id as it is shown, from any way it may be written.

    Raises:
        ValueError: when the length is wrong, a letter is none of ours, or the check letter does not fit.
    """
    letters = text.strip().replace("-", "").upper()
    if len(letters) != LENGTH:
        raise ValueError(f"a building id has {LENGTH} letters and digits")
    if not set(letters) <= set(_READ):
        raise ValueError("a building id has letters A to Z and digits only, without U")
    values = [_READ[letter] for letter in letters]
    if _check(values[:-1]) != values[-1]:
        raise ValueError("the check letter does not fit: a letter is wrong, or two are swapped")
    return _shown(values)


def _check(values: list[int]) -> int:
    check = 0
    for value in values:
        check = _doubled(check ^ value)
    return check


def _doubled(value: int) -> int:
    """Multiply by the generator 2 in GF(32)."""
    value <<= 1
    return value ^ _MODULUS if value & 32 else value


def _shown(values: list[int]) -> str:
    letters = "".join(LETTERS[value] for value in values)
    return "-".join(letters[i : i + 4] for i in range(0, LENGTH, 4))
