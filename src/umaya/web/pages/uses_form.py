"""The form of a use: what an officer typed, read into a use, with every fault beside its field.

Translation only: whether the use may happen is the gate's to say. What was typed is kept for the page and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa
from starlette.datastructures import FormData

from umaya.gate import Op, Predicate, Use
from umaya.gate.statements import statement
from umaya.gate.usable import UsableScheme
from umaya.types.errors import InputError, Place
from umaya.types.site import Actor
from umaya.web.languages import JAPAN
from umaya.web.row_files import FORMATS

MISSING: Final = "is-missing"
"""The operator of the page for `is_null` with the value true."""
_ORDERED: Final = (Op.EQ, Op.NE, Op.GE, Op.LE, Op.GT, Op.LT, Op.BETWEEN)
_TEXT: Final = (Op.EQ, Op.NE, Op.IN)
FAULTS: Final = ("reason", "window", "order", "event", "fields", "value", "format")
"""What may be wrong: keys of words."""


@dataclass(frozen=True)
class SearchField:
    """A field that rows may be searched by.

    Attributes:
        input: how the page asks for it: `text`, `number`, `date`, `datetime-local` or `truth`.
        operators: of `Op`, and `MISSING`.
    """

    name: str
    input: str
    operators: Sequence[str]


@dataclass
class UseForm:
    """What was typed.

    Attributes:
        values: by name of the input, as typed.
        fields: chosen.
        faults: name of the input to what is wrong with it, one of `FAULTS`.
        use: what it states; None where something is wrong.
    """

    values: dict[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    use: Use | None = None

    @property
    def searched(self) -> bool:
        """Whether a search predicate was chosen."""
        return any(name.startswith("op.") and value for name, value in self.values.items())

    @property
    def file_format(self) -> str:
        """The format of the file asked for."""
        return self.values.get("format", "csv-excel")


def search_fields(usable: UsableScheme) -> list[SearchField]:
    """Return the scheme's fields with the comparisons that suit their types, whether or not rows may be chosen.

    A page offers them only where they may; one that was sent all the same is the gate's to refuse, never left out.
    """
    schema = usable.dataset.schema
    return [
        _search_field(name, schema.field(name).type) for name in usable.version.document.fields if name in schema.names
    ]


def _search_field(name: str, kind: pa.DataType) -> SearchField:
    if pa.types.is_boolean(kind):
        return SearchField(name, "truth", (Op.EQ, MISSING))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return SearchField(name, "number", (*_ORDERED, MISSING))
    if pa.types.is_date(kind):
        return SearchField(name, "date", (*_ORDERED, MISSING))
    if pa.types.is_timestamp(kind):
        return SearchField(name, "datetime-local", (*_ORDERED, MISSING))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return SearchField(name, "text", (*_TEXT, MISSING))
    return SearchField(name, "text", (MISSING,))


def empty(usable: UsableScheme) -> UseForm:
    """Return the form as it is first shown: all fields chosen."""
    return UseForm(fields=tuple(usable.version.document.fields))


def read(data: FormData, actor: Actor, usable: UsableScheme) -> UseForm:
    """Read what was typed; `faults` says what is wrong with it."""
    values = {name: str(value)[:4000] for name, value in data.multi_items() if name != "fields"}
    form = UseForm(values, tuple(str(name) for name in data.getlist("fields")))
    reason = _reason(form)
    window = _window(form, usable)
    event = values.get("event") or None
    if usable.needs_event and event is None:
        form.faults["event"] = "event"
    if not form.fields:
        form.faults["fields"] = "fields"
    if form.file_format not in FORMATS:
        form.faults["format"] = "format"
    matching = _matching(form, usable)
    if not form.faults:
        chosen = None if set(form.fields) == set(usable.version.document.fields) else form.fields
        form.use = Use(actor, usable.summary.id, reason, window, event, chosen, matching=matching)
    return form


def _reason(form: UseForm) -> str:
    text = form.values.get("reason", "")
    try:
        return statement(text, Place("use", field="reason"))
    except InputError:
        form.faults["reason"] = "reason"
        return ""


def _window(form: UseForm, usable: UsableScheme) -> tuple[datetime, datetime] | None:
    if usable.dataset.time is None:
        return None
    ends: list[datetime] = []
    for name in ("start", "end"):
        try:
            ends.append(_japan(form.values.get(name, "")))
        except ValueError:
            form.faults[name] = "window"
    if len(ends) < 2:
        return None
    if ends[0] >= ends[1]:
        form.faults["end"] = "order"
    return ends[0], ends[1]


def _matching(form: UseForm, usable: UsableScheme) -> tuple[Predicate, ...]:
    predicates = []
    for wanted in search_fields(usable):
        operator = form.values.get(f"op.{wanted.name}", "")
        if not operator:
            continue
        try:
            predicate = _predicate(wanted, operator, form.values)
            predicate.check(usable.dataset.schema)
        except (InputError, ValueError, InvalidOperation):
            form.faults[f"value.{wanted.name}"] = "value"
        else:
            predicates.append(predicate)
    return tuple(predicates)


def _predicate(wanted: SearchField, operator: str, values: Mapping[str, str]) -> Predicate:
    if operator not in wanted.operators:
        raise ValueError("the comparison does not suit the field")
    if operator == MISSING:
        return Predicate(wanted.name, Op.IS_NULL, True)
    first, last = values.get(f"value.{wanted.name}", "").strip(), values.get(f"until.{wanted.name}", "").strip()
    if operator == Op.IN:
        parts = [part.strip() for part in first.replace("、", ",").split(",")]
        return Predicate(wanted.name, Op.IN, tuple(part for part in parts if part))
    if not first:
        raise ValueError("there is no value")
    if operator == Op.BETWEEN:
        return Predicate(wanted.name, Op.BETWEEN, (_value(wanted, first), _value(wanted, last)))
    return Predicate(wanted.name, operator, _value(wanted, first))


def _value(wanted: SearchField, text: str) -> Any:
    match wanted.input:
        case "truth":
            return text == "true"
        case "number":
            number = Decimal(text.replace(",", ""))
            if not number.is_finite():
                raise ValueError("no number")
            return int(number) if number == number.to_integral_value() else float(number)
        case "datetime-local":
            return _japan(text).isoformat()
        case _:
            return text


def _japan(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=JAPAN) if moment.tzinfo is None else moment
