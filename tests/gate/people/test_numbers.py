"""Customer numbers: pairwise, reversible, and a mistyped one is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.gate.people.numbers import CustomerNumbers
from umaya.types.errors import InputError

NUMBERS = CustomerNumbers(bytes(range(32)))
people = st.integers(0, 2**32 - 1)


def test_a_number_stays_what_it_was() -> None:
    """Handed out on cards: never another for the same secret, party and person."""
    assert [NUMBERS.of("bank", person) for person in (0, 1, 2**32 - 1)] == ["H8GGV-5XT2W", "DR77R-1Q2DH", "994CG-C9YWC"]


@given(people)
def test_a_party_finds_its_person_again(person: int) -> None:
    number = NUMBERS.of("bank", person)
    assert NUMBERS.person("bank", number) == person
    assert NUMBERS.person("bank", f" {number.lower().replace('-', '')} ") == person


@given(people)
def test_letters_that_are_misread_are_read_as_meant(person: int) -> None:
    """Crockford: O is 0, I and L are 1."""
    number = NUMBERS.of("bank", person)
    assert NUMBERS.person("bank", number.replace("0", "o").replace("1", "l")) == person


@settings(derandomize=True)  # one in 262,144 passes by chance
@given(people)
def test_parties_call_a_person_differently(person: int) -> None:
    assert NUMBERS.of("bank", person) != NUMBERS.of("insurer", person)
    with pytest.raises(InputError, match="no customer number"):
        NUMBERS.person("insurer", NUMBERS.of("bank", person))


@settings(derandomize=True)  # one in 262,144 passes by chance
@given(people, st.integers(0, 9), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_sign_is_noticed(person: int, at: int, sign: str) -> None:
    signs = list(NUMBERS.of("bank", person).replace("-", ""))
    if signs[at] == sign:
        return
    signs[at] = sign
    with pytest.raises(InputError):
        NUMBERS.person("bank", "".join(signs))


@pytest.mark.parametrize("text", ["", "12345", "12345-6789", "12345-67890-1", "*****-*****", "あいうえお-かきくけこ"])
def test_what_is_no_number_says_what_to_do_and_not_what_it_was(text: str) -> None:
    with pytest.raises(InputError) as error:
        NUMBERS.person("bank", text)
    assert "compare it with the card" in str(error.value)
    assert not text or text not in str(error.value)
