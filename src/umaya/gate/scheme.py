"""The scheme document: what an approvable use says, as people write it.

Shape only: unknown keys, wrong types, empty texts, ids out of form. What the catalogue and the law say of it is
`umaya.gate.checks`. Evolution: documents are stored in canonical form and never rewritten; a new key is optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from umaya.gate.documents import Document, Path
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import PrivacyAnswer, Problem, Risk
from umaya.types.errors import InputError
from umaya.vault import Area, Owed

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=64)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Bilingual(_Strict):
    """A text in Japanese and English."""

    ja: Text
    en: Text


class Period(_Strict):
    """Days in Japan on which the scheme may be used; both included."""

    from_: date = Field(alias="from")
    to: date

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.to < self.from_:
            raise ValueError("the period must not end before it starts")
        return self


class SchemeArea(_Strict):
    """Where: `bbox: [west, south, east, north]` in degrees, or a GeoJSON `polygon`; one of them."""

    bbox: list[float] | None = None
    polygon: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one(self) -> SchemeArea:
        if (self.bbox is None) == (self.polygon is None):
            raise ValueError("an area must be given as either a bbox or a polygon")
        self.area()
        return self

    def area(self) -> Area:
        """Return the area."""
        return Area.of_box(self.bbox) if self.bbox is not None else Area.of_geojson(self.polygon or {})


class PrivacyItem(_Strict):
    """The answer to one of the sixteen privacy problems; see `umaya.law.privacy_check.PrivacyAnswer`."""

    problem: Annotated[Problem, Field(strict=False)]
    risk: Annotated[Risk, Field(strict=False)]
    because: Bilingual | None = None
    measure: Bilingual | None = None
    residual: Annotated[Risk | None, Field(strict=False)] = None

    def answer(self) -> PrivacyAnswer:
        """Return the answer as the law judges it; a text there is says the same in both languages."""
        because, measure = ("" if text is None else text.en for text in (self.because, self.measure))
        return PrivacyAnswer(self.problem, self.risk, because, measure, self.residual)


class EmergencyPlan(_Strict):
    """What makes a scheme an emergency plan (緊急時計画): its data leaves raw, and only while an emergency is open.

    Attributes:
        hours: the longest that one opening may last.
        area_km2: the largest area of one opening, in square kilometres.
        call: who is to be called, for requesters and for those who have no plan.
    """

    hours: int = Field(ge=1)
    area_km2: int = Field(ge=1)
    call: Bilingual


_LATER = frozenset({"topic", "notice", "authority", "business", "privacy_check", "agreement", "emergency"})
"""Keys that documents of the first form did not have: where one is absent, the stored form does not name it."""


class SchemeDocument(_Strict):
    """A scheme (施策).

    Attributes:
        scheme: id; versions share it.
        title: for lists and pages.
        provider: the party whose data it is.
        recipient: the party that may use what is released.
        dataset: of the provider.
        fields: of the dataset.
        purpose: what for.
        basis: why the law allows it; an id of `umaya.law`.
        area: where; None for no limit.
        period: when the scheme may be used.
        obligations: what is owed before data leaves, in order; each `name: parameters`.
        topic: the consent topic that a consent basis rests on; None for other bases.
        notice: the joint-use notice (共同利用の公表) that the basis `joint-use` rests on; None for other bases.
        authority: the statute or order that the basis rests on, cited; None for other bases.
        business: the recipient's business that would use the data, e.g. `insurance`; for cross-sell consent.
        privacy_check: the answers to the sixteen privacy problems; None where the check was not made.
        agreement: what joint users agreed on in advance, point by point; None for other bases.
        emergency: the limits of an emergency plan; None for every other scheme.
    """

    scheme: Id
    title: Bilingual
    provider: Id
    recipient: Id
    dataset: Id
    fields: list[FieldName] = Field(min_length=1)
    purpose: Bilingual
    basis: Id
    area: SchemeArea | None = None
    period: Period
    obligations: list[dict[Id, dict[str, Any]]] = []
    topic: Id | None = None
    notice: Id | None = None
    authority: Bilingual | None = None
    business: Id | None = None
    privacy_check: list[PrivacyItem] | None = None
    agreement: dict[Annotated[AgreedPoint, Field(strict=False)], Bilingual] | None = None
    emergency: EmergencyPlan | None = None

    @field_validator("fields")
    @classmethod
    def _once(cls, fields: list[str]) -> list[str]:
        if len(set(fields)) < len(fields):
            raise ValueError("each field must be named once")
        return fields

    @field_validator("obligations")
    @classmethod
    def _single(cls, steps: list[dict[str, dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
        if any(len(step) != 1 for step in steps):
            raise ValueError("each obligation must stand in an item of its own")
        return steps

    @property
    def owed(self) -> tuple[Owed, ...]:
        """The obligations in order."""
        return tuple(Owed.of(name, parameters) for step in self.obligations for name, parameters in step.items())

    @property
    def answers(self) -> tuple[PrivacyAnswer, ...]:
        """The answers of the privacy check; empty where it was not made."""
        return tuple(item.answer() for item in self.privacy_check or [])

    def canonical(self) -> str:
        """Return the document in canonical JSON (RFC 8785): what is stored, digested and approved."""
        data = self.model_dump(mode="json", by_alias=True)
        return rfc8785.dumps({k: v for k, v in data.items() if k not in _LATER or v is not None}).decode()

    @staticmethod
    def of_canonical(text: str) -> SchemeDocument:
        """Return the document that `canonical` wrote."""
        return SchemeDocument.model_validate_json(text)


def parse(document: Document) -> SchemeDocument:
    """Return the scheme that a document states, read back from the form in which it would be stored.

    Raises:
        InputError: at the first fault, naming file, line and key path.
    """
    try:
        scheme = SchemeDocument.of_canonical(SchemeDocument.model_validate(document.data).canonical())
    except ValidationError as error:
        raise input_error(document, error) from None  # its text would repeat the value
    except (ValueError, rfc8785.CanonicalizationError) as error:
        advice = "use plain texts, numbers and lists"
        raise InputError(document.place(()), "a value cannot be stored as JSON", advice) from error
    return scheme


_ADVICE = {
    "missing": ("the key is missing", "add it"),
    "extra_forbidden": ("the key is unknown", "remove it or mend its spelling"),
    "string_pattern_mismatch": ("the value is not in the form of a name", "use lower-case letters, digits, hyphens"),
    "string_too_short": ("the text is empty", "write it"),
    "string_too_long": ("the text is too long", "shorten it"),
    "string_type": ("the value is no text", "write a text, in quotes where it looks like something else"),
    "list_type": ("the value is no list", "write a list"),
    "dict_type": ("the value is no mapping", "write `key: value`"),
    "model_type": ("the value is no mapping", "write `key: value`"),
    "date_type": ("the value is no date", "write it as 2026-04-01"),
    "float_type": ("the value is no number", "write a number"),
    "too_short": ("the list is empty", "name at least one"),
}


@dataclass(frozen=True)
class ShapeFault:
    """One thing that is wrong with a document's shape.

    Attributes:
        kind: what it is, as Pydantic calls it.
        path: key path within the document.
        problem, advice: in words; they do not repeat the value.
    """

    kind: str
    path: Path
    problem: str
    advice: str


def shape_faults(error: ValidationError) -> list[ShapeFault]:
    """Return the faults of a document's shape, the most helpful first.

    A misspelt key is missing under its right name as well; the misspelling is what helps.
    """
    faults = error.errors(include_url=False, include_input=False)
    return [_shape_fault(fault) for fault in sorted(faults, key=lambda fault: fault["type"] != "extra_forbidden")]


def _shape_fault(fault: ErrorDetails) -> ShapeFault:
    path: Path = tuple(part for part in fault["loc"] if part != "[key]")
    if fault["type"] == "value_error":
        problem, advice = str(fault["ctx"]["error"]), "mend it"
    elif fault["type"] == "enum":
        problem, advice = "the value is unknown", f"choose among {fault['ctx']['expected']}".replace("'", "`")
    else:
        problem, advice = _ADVICE.get(fault["type"], ("the value is of the wrong kind", "see the reference"))
    return ShapeFault(fault["type"], path, problem, advice)


def input_error(document: Document, error: ValidationError) -> InputError:
    """Return the first fault of a document's shape as an error that names its line."""
    first = shape_faults(error)[0]
    return InputError(document.place(first.path), first.problem, first.advice)
