"""My Number is found by its words and by its check digits, its card and other numbers are not taken for it.

The numbers here are made up.
"""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.my_number import WEIGHTS, holds_my_numbers, is_my_number, names_my_number


def number(eleven: str) -> str:
    """Return eleven digits with their check digit, as the ordinance writes it: from the right, P times Q."""
    total = sum(int(p) * (n + 1 if n <= 6 else n - 5) for n, p in enumerate(reversed(eleven), start=1))
    return eleven + str(0 if total % 11 <= 1 else 11 - total % 11)


@pytest.mark.parametrize(
    "text",
    [
        "my_number",
        "MyNumber",
        "kojin_bango",
        "individual-number",
        "個人番号",
        "マイ ナンバー",
        "ﾏｲﾅﾝﾊﾞｰ",
        "customer_個人番号",
    ],
)
def test_a_field_that_is_one_is_known_by_its_name(text: str) -> None:
    assert names_my_number(text)
    assert names_my_number("customer", text), "or by a text about it"


@pytest.mark.parametrize(
    "text",
    [
        "customer_number",
        "個人番号カードの有無",
        "my_number_card_serial",
        "マイナンバーカード",
        "法人番号",
        "個人",
        "phone_number",
    ],
)
def test_its_card_and_other_numbers_are_something_else(text: str) -> None:
    assert not names_my_number(text)


def test_the_weights_are_those_of_the_ordinance() -> None:
    """Q is n + 1 up to the sixth digit from the right, then n - 5."""
    assert tuple(reversed(WEIGHTS)) == tuple(n + 1 if n <= 6 else n - 5 for n in range(1, 12))


@pytest.mark.parametrize("text", ["123456789018", "1234 5678 9018", "１２３４－５６７８－９０１８"])
def test_a_number_is_known_in_any_dress(text: str) -> None:
    assert is_my_number(text)


@pytest.mark.parametrize("text", ["123456789010", "12345678901", "1234567890180", "abcdefghijkl", ""])
def test_what_is_none_is_none(text: str) -> None:
    assert not is_my_number(text)


@given(st.text("0123456789", min_size=11, max_size=11), st.integers(0, 9))
def test_one_check_digit_alone_is_right(eleven: str, digit: int) -> None:
    right = eleven + str(digit) == number(eleven) and int(eleven) > 0
    assert is_my_number(eleven + str(digit)) is right


@given(st.sets(st.from_regex(r"[1-9][0-9]{10}", fullmatch=True).map(number), min_size=3, max_size=30).map(sorted))
def test_a_column_of_them_is_found_as_text_and_as_numbers(numbers: list[str]) -> None:
    assert holds_my_numbers(pa.array([*numbers, None, "unknown"]))
    assert holds_my_numbers(pa.chunked_array([numbers, numbers[:1]]))
    assert holds_my_numbers(pa.array([None, *(int(one) for one in numbers)]))
    assert holds_my_numbers(pa.array(numbers).dictionary_encode())
    assert holds_my_numbers(pa.array([f"{one[:4]}-{one[4:8]} {one[8:]}" for one in numbers], pa.large_string()))


def test_a_column_of_other_numbers_is_not() -> None:
    others = [f"{n:012d}" for n in range(100_000_000_000, 100_000_000_200)]
    assert not holds_my_numbers(pa.array(others))
    assert not holds_my_numbers(pa.array(["1234567890123"] * 10)), "13 digits: a corporate number"
    assert not holds_my_numbers(pa.array([number("12345678901")] * 2)), "too few to judge"
    assert not holds_my_numbers(pa.array([number("12345678901")] * 9)), "a constant is one value"
    assert not holds_my_numbers(pa.array(["000000000000"] * 9)), "twelve zeros are no number"
    assert not holds_my_numbers(pa.array(range(1000))), "ages, counts"
    assert not holds_my_numbers(pa.array([1, 2, 3], pa.int8()))
    assert not holds_my_numbers(pa.array([1.5, 2.5, 3.5]))
    assert not holds_my_numbers(pa.array([], pa.string()))
