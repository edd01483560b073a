"""Records of a known shape: what they have in common is guarded and written once, the rest in bulk for each append.

A gate that records every decision makes a hundred thousand records a second; `Template.record` costs it a tuple.
Must always hold: the bytes are exactly those that the same record gives by `entries.make_entry`, and nothing gets
in here that the guards there would not let in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import repeat
from typing import Final, NamedTuple, TypeAlias, cast
from uuid import UUID

from umaya.ledger.entries import (
    MAX_INT,
    MAX_TEXT,
    REFERENCE,
    Given,
    Kind,
    Record,
    canonical,
    check_length,
    format_time,
    make_entry,
)

Value: TypeAlias = str | int | datetime | UUID
"""What a template record varies in."""


class Form(StrEnum):
    """What one value of a template may be: a whole number, `sha256:` and hex, a reference, an aware time, a UUID."""

    COUNT = "count"
    DIGEST = "digest"
    REFERENCE = "reference"
    TIME = "time"
    UUID = "uuid"


class TemplateRecord(NamedTuple):
    """A record of a template; made by `Template.record`."""

    template: Template
    values: tuple[Value, ...]


Recordable: TypeAlias = Record | TemplateRecord
"""What a ledger takes."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_STAND_INS: Final[Mapping[Form, Given]] = {
    Form.COUNT: 0,
    Form.DIGEST: "sha256:" + 64 * "0",
    Form.REFERENCE: "r",
    Form.TIME: _LONG_AGO,
    Form.UUID: "00000000-0000-0000-0000-000000000000",
}
_DIGITS: Final = bytes.maketrans(b"0123456789abcdef", 16 * b"0")


class Template:
    """The shape of many records.

    Args:
        kind: what happens.
        actor: id of whoever acts, or None when it varies: then it is the first value of each record.
        body: the part of the body that is the same in all of them.
        values: the keys of the body that vary, with their forms, in the order in which `record` takes them.

    Raises:
        ValueError: when no record of this shape could be taken: see `entries.make_entry`.
    """

    def __init__(
        self, kind: Kind | str, actor: str | None, body: Mapping[str, Given], values: Mapping[str, Form]
    ) -> None:
        if twice := body.keys() & values.keys():
            raise ValueError(f"`{min(twice)}` of `{kind}` cannot both stay and vary")
        self.kind = Kind(kind)
        self.actor = actor
        self.body = dict(body)
        self.values = {key: Form(form) for key, form in values.items()}
        whole = self.body | {key: _STAND_INS[form] for key, form in self.values.items()}
        entry = make_entry(Record(kind, "r" if actor is None else actor, whole), _LONG_AGO, 0)
        members = [
            f'"{key}":'
            + ("%s" if (form := self.values.get(key)) is Form.COUNT else '"%s"' if form else canonical(value))
            for key, value in sorted(entry.body.items())
        ]
        first = '"%s"' if actor is None else canonical(actor)
        self._between = f'{{"actor":{first},"body":{{{",".join(members)}}},"head":'.split("%s")
        self._columns = [Form.REFERENCE, *self.values.values()] if actor is None else list(self.values.values())
        names = ["actor", *self.values] if actor is None else list(self.values)
        self._places = [f"`{name}` of `{kind}`" for name in names]
        self._order = sorted(range(len(names)), key=lambda at: names[at] if self.actor is not None or at else "")
        self._width = len(names)

    def record(self, *values: Value) -> TemplateRecord:
        """Return a record with these values, which are guarded when it is appended.

        Raises:
            ValueError: unless there are as many values as the template varies in.
        """
        if len(values) != self._width:
            raise ValueError(f"a record of `{self.kind}` takes {self._width} values")
        return TemplateRecord(self, values)

    def encode(self, rows: Sequence[tuple[Value, ...]], time: str, head: int) -> list[bytes]:
        """Return the entries of many records.

        Args:
            rows: the values of each record; at least one.
            time: as `format_time` writes it.
            head: number of the tree head that first covers them.

        Raises:
            ValueError: when a value is not of its form. The message names the member and never repeats the value.
        """
        *between, last = self._between
        last += f'{head},"kind":"{self.kind}","time":"{time}","v":1}}'
        if not self._width:
            return [check_length(last.encode())] * len(rows)
        taken = [
            _TAKE[form](column, where)
            for form, column, where in zip(self._columns, zip(*rows, strict=True), self._places, strict=True)
        ]
        woven: list[Iterable[str]] = []
        for text, at in zip(between, self._order, strict=True):
            woven += [repeat(text), taken[at]]
        entries = list(map(str.encode, map("".join, zip(*woven, repeat(last), strict=False))))
        check_length(max(entries, key=len))
        return entries

    def plain(self, values: Sequence[Value]) -> Record:
        """Return a record of this template as any other record."""
        rest = list(values)
        actor = rest.pop(0) if self.actor is None else self.actor
        given: dict[str, Given] = {
            key: str(value) if isinstance(value, UUID) else value for key, value in zip(self.values, rest, strict=True)
        }
        return Record(self.kind, str(actor), self.body | given)


def encode_records(records: Sequence[Recordable], time: datetime, head: int) -> list[bytes]:
    """Return the entries of records, in their order.

    Raises:
        ValueError: when a record could carry personal data or is too long.
    """
    entries = [b""] * len(records)
    written = format_time(time)
    groups: dict[Template, tuple[list[int], list[tuple[Value, ...]]]] = {}
    for at, record in enumerate(records):
        if isinstance(record, TemplateRecord):
            group = groups.get(record.template)
            if group is None:
                group = groups[record.template] = ([], [])
            group[0].append(at)
            group[1].append(record.values)
        else:
            entries[at] = make_entry(record, time, head).guarded_bytes()
    for template, (places, rows) in groups.items():
        for at, entry in zip(places, template.encode(rows, written, head), strict=True):
            entries[at] = entry
    return entries


def check_records(records: Sequence[Recordable]) -> None:
    """Raise ValueError when a record could carry personal data or is too long."""
    encode_records(records, _LONG_AGO, MAX_INT)


def _take_references(column: Sequence[Value], where: str) -> Sequence[str]:
    texts = _texts(column, Form.REFERENCE)
    once = set(texts)  # few schemes and actors in very many records
    if not all(map(REFERENCE.fullmatch, once)) or max(map(len, once)) > MAX_TEXT:
        raise ValueError(f"{where} is no reference")
    return texts


def _take_hexadecimal(form: Form, prefix: str, shape: bytes) -> Callable[[Sequence[Value], str], Sequence[str]]:
    """Return what takes texts of one shape: joined, and with every digit as 0, they are the shape again and again."""

    def take(column: Sequence[Value], where: str) -> Sequence[str]:
        texts = _texts(column, form)
        joined = "".join(texts)
        shaped = joined.encode(errors="replace").translate(_DIGITS) == shape.translate(_DIGITS) * len(texts)
        # `sha256:` too is digits in part; but no `s` stands where no prefix begins, so each has to be counted once.
        if not shaped or set(map(len, texts)) != {len(shape)} or joined.count(prefix) < len(texts):
            raise ValueError(f"{where} is no {form}")
        return texts

    return take


def _texts(column: Sequence[Value], form: Form) -> Sequence[str]:
    return cast("Sequence[str]", column) if set(map(type, column)) == {str} else [_text(v, form) for v in column]


def _text(value: Value, form: Form) -> str:
    """Return the text of an enumerated reference or of a UUID; of anything else one that fits no form."""
    return str(value) if isinstance(value, (str, UUID) if form is Form.UUID else str) else ""


def _take_counts(column: Sequence[Value], where: str) -> Sequence[str]:
    if set(map(type, column)) != {int}:
        raise ValueError(f"{where} is no count")
    counts = cast("Sequence[int]", column)
    if min(counts) < -MAX_INT or max(counts) > MAX_INT:
        raise ValueError(f"{where} is no count")
    return list(map(str, counts))


def _take_times(column: Sequence[Value], where: str) -> Sequence[str]:
    if not all(isinstance(value, datetime) for value in column):
        raise ValueError(f"{where} is no time")
    return list(map(format_time, cast("Sequence[datetime]", column)))


_TAKE: Final[Mapping[Form, Callable[[Sequence[Value], str], Sequence[str]]]] = {
    Form.COUNT: _take_counts,
    Form.TIME: _take_times,
    Form.REFERENCE: _take_references,
    Form.DIGEST: _take_hexadecimal(Form.DIGEST, "sha256:", b"sha256:" + 64 * b"0"),
    Form.UUID: _take_hexadecimal(Form.UUID, "", b"00000000-0000-0000-0000-000000000000"),
}
