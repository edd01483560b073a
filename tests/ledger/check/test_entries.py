"""Forms of entries: what a form lets through is exactly what the parser proves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.ledger.check.entries import Forms, prove_entry
from umaya.ledger.check.faults import FaultError


def entry(body: dict[str, Any], head: int = 7, actor: str = "minase-officer") -> bytes:
    members = {"actor": actor, "body": body, "head": head, "kind": "use.permitted", "v": 1}
    members["time"] = "2026-06-01T12:00:00.000000Z"
    return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()


def faulty(data: bytes, forms: Forms | None = None) -> str | None:
    try:
        if forms is None:
            prove_entry(data, 7, "file", 3)
        else:
            forms.prove([data], 7, "file", 3)
    except FaultError as error:
        return str(error.fault)
    return None


PLAIN = st.from_regex(r"[A-Za-z0-9._:/-]{1,12}", fullmatch=True)
SCALARS = st.one_of(PLAIN, st.booleans(), st.integers(-(10**17), 10**17))
BODIES = st.dictionaries(
    PLAIN, SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(PLAIN, st.integers(0, 9), max_size=3), max_size=4
)


@given(BODIES, st.data())
def test_a_form_lets_through_what_the_parser_proves(body: dict[str, Any], data: st.DataObject) -> None:
    """The form learnt from one entry meets others of its keys, and the same bytes with a few of them changed."""
    forms = Forms()
    whole = entry(body)
    assert faulty(whole, forms) is None
    other = {key: data.draw(SCALARS) if not isinstance(value, dict) else value for key, value in body.items()}
    assert faulty(entry(other), forms) is None
    for _ in range(5):
        at = data.draw(st.integers(0, len(whole)))
        change = data.draw(
            st.sampled_from([b"", b'"', b" ", b"0", b"-", b"x", b",", b"}", b"\n", b"\\", b"\xe3", b"01"])
        )
        changed = whole[:at] + change + whole[at + data.draw(st.integers(0, 2)) :]
        assert faulty(changed, forms) == faulty(changed)


@pytest.mark.parametrize(
    "data",
    [
        entry({"rows": 1}, head=8),
        entry({"rows": 1}, actor="Yamada Taro"),
        entry({"rows": 1.5}),
        entry({"rows": "two words"}),
        entry({"rows": "x" * 129}),
        entry({"rows": 1}).replace(b":1}", b":-0}"),
        entry({"rows": 1}).replace(b":1}", b":01}"),
        entry({"rows": 1}).replace(b'{"rows":1}', b'{"rows":1,"rows":1}'),
        entry({"rows": 1}).replace(b'{"rows":1}', b'{"rows":1,"a":1}'),
        entry({"rows": 1}).replace(b"2026", "２０２６".encode()),
        entry({"rows": 1}) + b"\n",
    ],
)
def test_what_the_parser_does_not_prove_no_form_lets_through(data: bytes) -> None:
    forms = Forms()
    assert faulty(entry({"rows": 1}), forms) is None
    assert faulty(data)
    assert faulty(data, forms) == faulty(data)


def test_a_log_of_many_forms_is_proved_all_the_same() -> None:
    forms = Forms()
    for turn in range(2):
        for number in range(100):
            assert faulty(entry({f"k{number}": turn}), forms) is None
    assert faulty(entry({"k1": None}), forms)
