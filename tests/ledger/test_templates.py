"""Templates: the same bytes as any other record, and the same refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.conftest import record
from umaya.ledger.entries import Entry, Record, digest, make_entry
from umaya.ledger.templates import Form, Recordable, Template, TemplateRecord, check_records, encode_records

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
USE = "0b9c2f62-6a0f-4b5e-9f39-8f0f2a6c1d11"
PERMITTED = Template(
    "use.permitted",
    None,
    {"scheme": "minase-passable-roads", "version": 3, "fields": ["vehicle_id", "t"], "standing": True},
    {"use": Form.UUID, "people": Form.DIGEST, "asked": Form.COUNT, "until": Form.TIME},
)
GOLDEN = (
    b'{"actor":"minase-officer","body":{"asked":1,"fields":["vehicle_id","t"],"people":"sha256:'
    b'a1d60368f9e04f81d7365ca157645dbfd4fc757bebe47d545cb2d34ebce531b5","scheme":"minase-passable-roads",'
    b'"standing":true,"until":"2026-06-01T12:00:00.000000Z","use":"0b9c2f62-6a0f-4b5e-9f39-8f0f2a6c1d11",'
    b'"version":3},"head":7,"kind":"use.permitted","time":"2026-06-01T12:00:00.000000Z","v":1}'
)


def permitted(
    *, actor: Any = "minase-officer", use: Any = USE, people: Any = None, asked: Any = 1, until: Any = NOON
) -> TemplateRecord:
    return PERMITTED.record(actor, use, digest(b"the permitted set") if people is None else people, asked, until)


def test_a_record_of_a_template_has_these_bytes() -> None:
    assert encode_records([permitted()], NOON, 7) == [GOLDEN]
    assert Entry.from_bytes(GOLDEN).body["asked"] == 1
    assert make_entry(PERMITTED.plain(permitted().values), NOON, 7).to_bytes() == GOLDEN


def test_records_of_all_kinds_keep_their_order() -> None:
    bare = Template("hub.created", "hub", {}, {})
    mixed: list[Recordable] = [
        record(0),
        permitted(asked=1),
        bare.record(),
        record(1),
        permitted(asked=2),
        bare.record(),
    ]
    entries = [Entry.from_bytes(entry) for entry in encode_records(mixed, NOON, 1)]
    kinds = ["use.permitted", "use.permitted", "hub.created"] * 2
    assert [entry.kind for entry in entries] == kinds
    assert [entry.body.get("rows", entry.body.get("asked")) for entry in entries] == [0, 1, None, 1, 2, None]


class Level(IntEnum):
    HIGH = 3


class Scheme(StrEnum):
    ROADS = "roads"


def test_values_may_be_written_in_more_than_one_way() -> None:
    japan = NOON.astimezone(timezone(timedelta(hours=9)))
    assert encode_records([permitted(use=UUID(USE), until=japan)], NOON, 7) == [GOLDEN]
    named = Template("use.permitted", "officer", {}, {"scheme": Form.REFERENCE})
    assert b'"scheme":"roads"' in encode_records([named.record(Scheme.ROADS), named.record("roads")], NOON, 1)[0]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("actor", ["Yamada Taro", "", "山田", "a" * 129, None, 5, "officer\n"]),
        ("use", ["0b9c2f62", USE.upper(), USE + "0", 5, f"{USE}\n", "officer"]),
        ("people", ["sha256:", "officer", "sha256:" + 64 * "G", "sha256:" + 65 * "0", b"", "md5:" + 64 * "0"]),
        ("asked", [1.5, True, None, "1", 2**53, -(2**53), Level.HIGH]),
        ("until", ["2026-06-01T12:00:00Z", None, 5, datetime(2026, 6, 1)]),  # noqa: DTZ001 # meant
    ],
)
def test_a_value_of_another_form_is_refused(key: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ValueError, match=f"`{key}` of `use.permitted` is no|aware times only") as refusal:
            encode_records([permitted(), permitted(**{key: value}), permitted()], NOON, 1)
        assert not isinstance(value, str) or not value.strip() or value not in str(refusal.value)
        with pytest.raises(ValueError, match=r"is no|aware times only"):
            check_records([permitted(**{key: value})])


def test_a_record_has_as_many_values_as_its_template_varies_in() -> None:
    for values in ((), (1,) * 4, (1,) * 6):
        with pytest.raises(ValueError, match="takes 5 values"):
            PERMITTED.record(*values)


@pytest.mark.parametrize(
    ("kind", "actor", "body", "values", "problem"),
    [
        ("use.invented", "a", {}, {}, "not a valid Kind"),
        ("use.permitted", "Yamada Taro", {}, {}, "not a reference"),
        ("use.permitted", "a", {"reason": "two words"}, {}, "no reference"),
        ("use.permitted", "a", {"name": "x"}, {}, "a key that the ledger does not take"),
        ("use.permitted", "a", {}, {"name": Form.REFERENCE}, "a key that the ledger does not take"),
        ("use.permitted", "a", {}, {'x":1,"y': Form.COUNT}, "a key that the ledger does not take"),
        ("use.permitted", "a", {"rows": 1}, {"rows": Form.COUNT}, "cannot both stay and vary"),
        ("use.permitted", "a", {}, {"rows": "text"}, "not a valid Form"),
    ],
)
def test_a_template_that_no_record_could_follow_is_refused(
    kind: str, actor: str, body: dict[str, Any], values: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        Template(kind, actor, body, values)


def test_a_record_that_is_too_long_is_refused() -> None:
    long = Template("use.permitted", "a", {"ids": ["x" * 100] * 634}, {"scheme": Form.REFERENCE})
    check_records([long.record("s")])
    with pytest.raises(ValueError, match="65,535 bytes"):
        check_records([long.record("s" * 128)])


REFERENCES = st.from_regex(r"[a-z][a-z0-9]{0,8}([-_./:][a-z0-9]{1,8}){0,3}", fullmatch=True)
KEYS = st.from_regex(r"k_[a-z0-9_]{0,8}", fullmatch=True)
VALUES = {
    Form.COUNT: st.integers(-(2**53) + 1, 2**53 - 1),
    Form.DIGEST: st.binary(max_size=4).map(digest),
    Form.REFERENCE: REFERENCES,
    Form.TIME: st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 # Hypothesis adds it
    ),
    Form.UUID: st.uuids(),
}
FIXED = st.one_of(REFERENCES, VALUES[Form.COUNT], st.booleans(), st.lists(REFERENCES | st.booleans()))


@given(st.data(), st.dictionaries(KEYS, FIXED), st.dictionaries(KEYS, st.sampled_from(Form)), st.booleans())
def test_the_bytes_are_those_of_a_plain_record(
    data: st.DataObject, body: dict[str, Any], forms: dict[str, Form], varies: bool
) -> None:
    """Whatever stays and whatever varies: `rfc8785` through `make_entry` is the oracle."""
    template = Template("use.refused", None if varies else "officer", {k: body[k] for k in body.keys() - forms}, forms)
    columns: list[st.SearchStrategy[Any]] = [REFERENCES] if varies else []
    columns += [VALUES[form] for form in forms.values()]
    rows = data.draw(st.lists(st.tuples(*columns), min_size=1, max_size=5))
    plain = [template.plain(row) for row in rows]
    expected = [make_entry(one, NOON, 12).to_bytes() for one in plain]
    assert encode_records([template.record(*row) for row in rows], NOON, 12) == expected
    assert encode_records(plain, NOON, 12) == expected


@given(st.from_type(Form), st.text() | st.integers() | st.floats() | st.none() | st.binary())
def test_what_a_template_takes_any_record_takes(form: Form, value: Any) -> None:
    template = Template("use.refused", "officer", {}, {"value": form})
    try:
        taken = encode_records([template.record(value)], NOON, 1)
    except ValueError:
        return
    assert taken == [make_entry(Record("use.refused", "officer", {"value": value}), NOON, 1).to_bytes()]
