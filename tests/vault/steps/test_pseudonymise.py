"""A pseudonym is one person's within a dataset and a scheme, and tells nothing beyond it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.vault.deposits import Deposits
from tests.vault.steps.cases import CONTEXT, OBLIGATIONS, SECRET, people, run
from umaya.types.classes import SecrecyClass
from umaya.vault import Obligations, Owed, standard_factories
from umaya.vault.obligations import ObligationContext

STEP = Owed.of("pseudonymise", {})
NUMBERS = st.lists(st.integers(0, 2**32 - 1), max_size=30)


def by_person(
    numbers: list[int], context: ObligationContext = CONTEXT, obligations: Obligations = OBLIGATIONS
) -> list[bytes]:
    """Return the pseudonym of each row, in the order of the given rows."""
    data = pa.table({"row": list(range(len(numbers)))}, pa.schema([("row", pa.int64())]))
    left = obligations.chain([STEP]).run(data, people(numbers), context).data.sort_by("row")
    return list(left.column("pseudonym").to_pylist())


@settings(deadline=None)
@given(NUMBERS)
def test_it_is_what_it_says(numbers: list[int]) -> None:
    key = hmac.new(SECRET, b"umaya/pseudonym/v1\0deposits\0insurance-offer", hashlib.sha256).digest()
    assert by_person(numbers) == [hashlib.sha256(key + n.to_bytes(4, "big")).digest()[:16] for n in numbers]


def test_released_pseudonyms_stay_the_same() -> None:
    """Golden: a recipient joins this month's list with last month's."""
    assert [name.hex() for name in by_person([0, 1, 2**32 - 1])] == [
        "9b5528b1b4651e8758ac07ead5965162",
        "e80add46bd4722d6fca5eb94af662111",
        "b1c51cbb22f7e321909102185e106067",
    ]


@settings(deadline=None)
@given(NUMBERS)
def test_one_person_has_one_pseudonym_and_no_two_share_one(numbers: list[int]) -> None:
    assert len(set(by_person(numbers))) == len(set(numbers))


def test_no_pseudonym_is_known_elsewhere() -> None:
    """Another dataset, another scheme (so another recipient), another hub."""
    numbers = list(range(50))
    elsewhere: list[tuple[ObligationContext, Obligations]] = [
        (replace(CONTEXT, dataset="loans"), OBLIGATIONS),
        (replace(CONTEXT, scheme="another-offer"), OBLIGATIONS),
        (replace(CONTEXT, dataset="deposits-insurance", scheme="offer"), OBLIGATIONS),
        (CONTEXT, Obligations(standard_factories(bytes(32)))),
    ]
    seen = set(by_person(numbers))
    for context, obligations in elsewhere:
        found = set(by_person(numbers, context, obligations))
        assert not seen & found
        seen |= found


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=30))
def test_the_order_of_rows_tells_nothing(numbers: list[int]) -> None:
    left = run(pa.table({"a": [0] * len(numbers)}), ("pseudonymise", {"into": "who"}), of=numbers)
    names = left.data.column("who").to_pylist()
    assert names == sorted(names)
    assert left.people is not None
    assert sorted(left.people.to_pylist()) == sorted(numbers)


def test_a_person_keeps_the_pseudonym_from_release_to_release(tmp_path: Any) -> None:
    world = Deposits(tmp_path)
    step: tuple[str, dict[str, Any]] = ("pseudonymise", {})
    all_of_them = world.read(BitMap([1, 2, 3, 4, 5]), step)
    later = world.new_vault().open(world.grant(BitMap([2]), step)).table()
    name = later.column("pseudonym").to_pylist()
    assert [row["balance"] for row in all_of_them.to_pylist() if row["pseudonym"] in name] == [300]


def test_a_pseudonym_is_a_personal_field_of_its_own() -> None:
    assert OBLIGATIONS.chain([STEP]).adds == {"pseudonym": SecrecyClass.ORDINARY}


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(OBLIGATIONS.make(STEP))
