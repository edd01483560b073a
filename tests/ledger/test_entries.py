"""Entries: their bytes are pinned, and nothing personal gets into them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.ledger.entries import Entry, Kind, Record, digest, make_entry
from umaya.types.errors import IntegrityError

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BODY: dict[str, Any] = {
    "scheme": "minase-passable-roads",
    "version": 3,
    "digest": digest(b"the permitted set"),
    "fields": ["vehicle_id", "t"],
    "window": [NOON, NOON + timedelta(hours=1)],
    "day": date(2026, 6, 1),
    "use": "0b9c2f62-6a0f-4b5e-9f39-8f0f2a6c1d11",
    "refused": {"no-scheme": 2, "outside-area": 40},
    "standing": True,
}
GOLDEN = (
    b'{"actor":"minase-officer","body":{"day":"2026-06-01","digest":"sha256:'
    b'a1d60368f9e04f81d7365ca157645dbfd4fc757bebe47d545cb2d34ebce531b5","fields":["vehicle_id","t"],'
    b'"refused":{"no-scheme":2,"outside-area":40},"scheme":"minase-passable-roads","standing":true,'
    b'"use":"0b9c2f62-6a0f-4b5e-9f39-8f0f2a6c1d11","version":3,'
    b'"window":["2026-06-01T12:00:00.000000Z","2026-06-01T13:00:00.000000Z"]},'
    b'"head":7,"kind":"use.permitted","time":"2026-06-01T12:00:00.000000Z","v":1}'
)


def test_an_entry_has_these_bytes() -> None:
    """Stored and signed bytes are sacred: if this fails, old logs no longer read."""
    entry = make_entry(Record("use.permitted", "minase-officer", BODY), NOON, 7)
    assert entry.to_bytes() == GOLDEN
    assert Entry.from_bytes(GOLDEN).to_bytes() == GOLDEN
    assert Entry.from_bytes(GOLDEN) == entry


def test_times_are_written_in_utc() -> None:
    japan = timezone(timedelta(hours=9))
    entry = make_entry(Record(Kind.HUB_CREATED, "umaya", {}), datetime(2026, 6, 1, 21, tzinfo=japan), 1)
    assert b'"time":"2026-06-01T12:00:00.000000Z"' in entry.to_bytes()
    with pytest.raises(ValueError, match="aware times"):
        make_entry(Record(Kind.HUB_CREATED, "umaya", {}), datetime(2026, 6, 1), 1).to_bytes()  # noqa: DTZ001 # meant


@pytest.mark.parametrize(
    "value",
    [
        136.85,
        float("nan"),
        None,
        b"bytes",
        "水無瀬市",
        "Yamada Taro",
        "taro@minase.example",
        "090-1234-5678",
        "35.68944",
        "1-2-3",
        "two words",
        "line\nbreak",
        "",
        "a" * 129,
        "CamelCase",
        2**53,
        [1.5],
        [["nested"]],
        ["fine", "not fine"],
        {"no-scheme": 1.5},
        {"no-scheme": "text"},
        {"No Scheme": 1},
        {"no-scheme": {"deeper": 1}},
        object(),
    ],
)
def test_a_body_takes_references_digests_counts_and_times_only(value: Any) -> None:
    with pytest.raises(ValueError, match=r"`value` of `use\.permitted`") as refusal:
        make_entry(Record("use.permitted", "minase-officer", {"value": value}), NOON, 1)
    if isinstance(value, str) and value:
        assert value not in str(refusal.value)


@pytest.mark.parametrize("key", ["lat", "lon", "name", "address", "phone", "Name", "with space", "", "k" * 65])
def test_a_body_has_no_member_that_asks_for_personal_data(key: str) -> None:
    with pytest.raises(ValueError, match="a key that the ledger does not take"):
        make_entry(Record("use.permitted", "minase-officer", {key: 1}), NOON, 1)


def test_kinds_are_enumerated() -> None:
    with pytest.raises(ValueError, match="is not a valid Kind"):
        make_entry(Record("use.invented", "minase-officer", {}), NOON, 1)
    assert all(kind.value == kind.name.lower().replace("_", ".", 1).replace("_", "-") for kind in Kind)


@pytest.mark.parametrize("actor", ["山田", "Yamada Taro", "", "minase officer"])
def test_an_actor_is_a_reference(actor: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        make_entry(Record("use.permitted", actor, {}), NOON, 1)


def test_an_entry_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="65,535 bytes"):
        make_entry(Record("use.permitted", "minase-officer", {"ids": ["x" * 100] * 700}), NOON, 1).to_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"{}",
        b"\xff",
        GOLDEN + b" ",
        GOLDEN.replace(b'"v":1', b'"v":2'),
        GOLDEN.replace(b'"v":1', b'"v": 1'),
        GOLDEN.replace(b'"head":7', b'"head":7.0'),
        GOLDEN.replace(b"12:00:00.000000Z", b"12:00:00Z"),
        GOLDEN.replace(b'"standing":true', b'"standing":tru\\u0065'),
        GOLDEN.replace(b'"actor":"minase-officer",', b""),
        b'{"x":1,' + GOLDEN[1:],
    ],
)
def test_only_the_canonical_form_is_read(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Entry.from_bytes(data)


REFERENCES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,3}", fullmatch=True)


@given(
    st.dictionaries(
        REFERENCES.map(lambda text: "k_" + text.replace("-", "_")),
        st.one_of(
            REFERENCES,
            st.integers(-(2**53) + 1, 2**53 - 1),
            st.booleans(),
            st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)),  # noqa: DTZ001 # Hypothesis adds it
            st.lists(REFERENCES | st.booleans()),
            st.dictionaries(REFERENCES, st.integers(0, 1000)),
        ),
    )
)
def test_what_is_written_reads_back(body: dict[str, Any]) -> None:
    entry = make_entry(Record("use.refused", "minase-officer", body), NOON, 1)
    assert Entry.from_bytes(entry.to_bytes()) == entry
