"""Parameters of obligations as form fields, made from what the obligations themselves declare.

A field knows its kind, range and default; what is typed is converted where it can be and kept as it is where not, so
that the gate can say what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from umaya.gate.parameters import STANDARD_PARAMETERS
from umaya.places.parameters import PARAMETERS as OF_PLACES

Kind = Literal["number", "switch", "choice", "field", "fields", "name"]

MODELS: Final[Mapping[str, type[BaseModel]]] = {**STANDARD_PARAMETERS, **OF_PLACES}
"""The parameters of every obligation that has a form."""
_FIELDS: Final = frozenset({"fields", "by", "sums"})
_FIELD: Final = frozenset({"lon", "lat"})


@dataclass(frozen=True)
class ParameterField:
    """One parameter.

    Attributes:
        kind: `fields` of the scheme, one `field` of it, a new `name`, a `number`, a `choice`, or a `switch`.
        default: None where there is none.
        needed: whether it must be given.
        least, most: range of a number.
        choices: of a choice.
    """

    obligation: str
    name: str
    kind: Kind
    default: Any
    needed: bool
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Of its words: `apply.parameter.KEY`."""
        return f"{self.obligation}.{self.name}"


def parameter_fields(obligation: str) -> tuple[ParameterField, ...]:
    """Return the fields of an obligation's parameters; none for one without a form."""
    model = MODELS.get(obligation)
    if model is None:
        return ()
    schema = model.model_json_schema()["properties"] if model.model_fields else {}
    return tuple(_field(obligation, name, model, schema[name]) for name in model.model_fields)


def _field(obligation: str, name: str, model: type[BaseModel], schema: Mapping[str, Any]) -> ParameterField:
    info = model.model_fields[name]
    default = None if info.default is PydanticUndefined else info.default
    bounds = next((one for one in schema.get("anyOf", [schema]) if one.get("type") == "integer"), schema)
    return ParameterField(
        obligation,
        name,
        _kind(name, bounds),
        default,
        info.is_required(),
        bounds.get("minimum"),
        bounds.get("maximum"),
        tuple(schema.get("enum", ())),
    )


def _kind(name: str, schema: Mapping[str, Any]) -> Kind:
    if name in _FIELDS:
        return "fields"
    if name in _FIELD:
        return "field"
    if "enum" in schema:
        return "choice"
    return {"integer": "number", "boolean": "switch"}.get(schema.get("type", ""), "name")  # type: ignore[return-value] # the values are kinds


def read_parameters(obligation: str, prefix: str, form: Form) -> Any:
    """Return an obligation's parameters as they were typed; what is left empty is left out.

    Args:
        obligation: its name.
        prefix: of its fields' names in the form.
        form: what was sent.
    """
    if obligation not in MODELS:
        return _free(form.text(f"{prefix}.free"))
    found = {field.name: _read(field, f"{prefix}.{field.name}", form) for field in parameter_fields(obligation)}
    return {name: value for name, value in found.items() if value is not None}


def _read(field: ParameterField, name: str, form: Form) -> Any:
    match field.kind:
        case "fields":
            return form.all(name) or (None if field.default == [] else [])
        case "switch":
            return True if form.text(name) else None
        case "number":
            return number(form.text(name))
        case _:
            return form.text(name) or None


def number(text: str) -> int | str | None:
    """Return a whole number, what was typed where it is none, or None where nothing was."""
    if not text:
        return None
    try:
        return int(text.replace(",", ""))
    except ValueError:
        return text


def _free(text: str) -> Any:
    """Return parameters written as JSON, or the text where they are none."""
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text


class Form:
    """What a form sent: names, each with one or more texts.

    Args:
        pairs: in the order in which they were sent.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = [(name, text.replace("\r\n", "\n")) for name, text in pairs]

    def text(self, name: str) -> str:
        """Return what was typed in a field, without the blanks around it; empty where nothing was."""
        return next((text.strip() for key, text in self._pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Return every choice that was ticked under a name."""
        return [text for key, text in self._pairs if key == name and text]

    def without(self, name: str) -> Form:
        """Return the form as if a name had not been sent."""
        return Form((key, text) for key, text in self._pairs if key != name)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self._pairs)
