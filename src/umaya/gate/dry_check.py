"""The dry check: what the gate would say to a scheme document, asked before anybody submits it.

Runs the checks that `Schemes.submit` and the review run, and goes on after the first fault. Must hold: nobody's data is
touched and nothing is written; where nothing is found at the stage of submission, submission takes the document, and
where something is, it refuses with the first of it. A draft may be unfinished: what is not written yet is told as
missing, and the rest is judged as far as it can be without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import rfc8785
from pydantic import ValidationError
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.checks import DocumentFault, document_faults
from umaya.gate.documents import Document, Path
from umaya.gate.models import SchemeRow
from umaya.gate.open_points import open_points
from umaya.gate.record import Acts
from umaya.gate.scheme import SchemeDocument, ShapeFault, shape_faults
from umaya.gate.schemes import applicant_faults, version_faults, version_rows
from umaya.law import RULES, Basis, Fault, Finding, RuleBook, RuleSet, day_in_japan
from umaya.law.joint_use import AgreedPoint
from umaya.types.errors import NotFoundError
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Obligations


class Stage(StrEnum):
    """Where the gate would say no."""

    SUBMISSION = "submission"
    """The document would not be taken."""
    LOCKS = "locks"
    """It would be taken, and neither lock would close on it."""
    USE = "use"
    """It would be approved, and every use would be refused."""


class ShapeCode(StrEnum):
    """What may be wrong with the shape of a document. Pages have words for each."""

    MISSING = "missing"
    UNKNOWN_KEY = "unknown-key"
    NO_ID = "no-id"
    EMPTY_TEXT = "empty-text"
    TOO_LONG = "too-long"
    EMPTY_LIST = "empty-list"
    NO_TEXT = "no-text"
    NO_DATE = "no-date"
    NO_NUMBER = "no-number"
    UNKNOWN_VALUE = "unknown-value"
    PERIOD_BACKWARDS = "period-backwards"
    NO_AREA = "no-area"
    FIELD_TWICE = "field-twice"
    TWO_IN_ONE = "two-in-one"
    WRONG_KIND = "wrong-kind"
    NOT_STORABLE = "not-storable"


UNWRITTEN: Final = frozenset({ShapeCode.MISSING, ShapeCode.EMPTY_TEXT, ShapeCode.EMPTY_LIST})
"""What is only not written yet."""
_SHAPES: Final[Mapping[str, ShapeCode]] = {
    "missing": ShapeCode.MISSING,
    "extra_forbidden": ShapeCode.UNKNOWN_KEY,
    "string_pattern_mismatch": ShapeCode.NO_ID,
    "string_too_short": ShapeCode.EMPTY_TEXT,
    "string_too_long": ShapeCode.TOO_LONG,
    "string_type": ShapeCode.NO_TEXT,
    "too_short": ShapeCode.EMPTY_LIST,
    "date_type": ShapeCode.NO_DATE,
    "float_type": ShapeCode.NO_NUMBER,
    "enum": ShapeCode.UNKNOWN_VALUE,
}
_VALUES: Final[Mapping[str, ShapeCode]] = {
    "period": ShapeCode.PERIOD_BACKWARDS,
    "area": ShapeCode.NO_AREA,
    "fields": ShapeCode.FIELD_TWICE,
    "obligations": ShapeCode.TWO_IN_ONE,
}
"""Of values that are wrong in themselves: what is wrong, by the key."""
_SUBSTANCE: Final = frozenset({"provider", "recipient", "dataset", "fields", "basis"})
"""Keys without which catalogue and law have nothing to judge."""
_STAND_INS: Final[Mapping[str, Any]] = {
    "scheme": "draft",
    "title": {"ja": "-", "en": "-"},
    "purpose": {"ja": "-", "en": "-"},
    "period": {"from": date(2000, 1, 1), "to": date(2999, 12, 31)},
    "obligations": [],
}
"""What stands for a faulty key while the others are judged; optional keys are left out. It is never judged itself."""


@dataclass(frozen=True)
class Found:
    """One thing that the gate would say.

    Attributes:
        code: a `ShapeCode`, a `FaultCode` or `SubmissionCode` of the gate, a reason or finding of the law.
        path: key path within the document; answers and points by their id: `("privacy_check", "exposure")`.
        stage: where it would be said.
        problem, advice: in the words of the error, in English.
        law: what the law says it by, for its own words and its source; None where it is not the law that speaks.
    """

    code: StrEnum
    path: Path
    stage: Stage
    problem: str = ""
    advice: str = ""
    law: Fault | Finding | Reason | None = None

    @property
    def unwritten(self) -> bool:
        """Whether something is only not written yet."""
        return self.code in UNWRITTEN


@dataclass(frozen=True)
class Checked:
    """What was found, in the order in which the gate would say it, and the rules of the day."""

    found: tuple[Found, ...]
    rules: RuleSet

    def at(self, stage: Stage) -> tuple[Found, ...]:
        """Return what was found at a stage."""
        return tuple(one for one in self.found if one.stage is stage)


class DryCheck:
    """Checks drafts.

    Args:
        acts: of the gate; nothing is begun.
        obligations: what schemes may owe.
        law: dated rules.
    """

    def __init__(self, acts: Acts, obligations: Obligations, law: RuleBook = RULES) -> None:
        self._acts = acts
        self._obligations = obligations
        self._law = law

    def bases(self) -> Mapping[str, Basis]:
        """Return the bases that are in force today."""
        return self._law.at(day_in_japan(self._acts.clock.now())).bases

    def check(self, actor: Actor, document: Document) -> Checked:
        """Return what the gate would say if the actor submitted the document now.

        Raises:
            NotFoundError: when there is no such actor.
        """
        day = day_in_japan(self._acts.clock.now())
        rules = self._law.at(day)
        shape, scheme, faulty = _shaped(document.data)
        found = list(shape)
        if scheme is not None:
            with self._acts.database.reading() as session:
                found += self._content(session, actor, scheme, faulty, rules)
            if "period" not in faulty and scheme.period.to < day:
                reason = Reason.OUTSIDE_PERIOD
                found.append(Found(reason, ("period", "to"), Stage.USE, "the period is over", law=reason))
        return Checked(tuple(found), rules)

    def _content(
        self, session: Session, actor: Actor, scheme: SchemeDocument, faulty: frozenset[str], rules: RuleSet
    ) -> Iterator[Found]:
        applicant = find_actor(session, actor.id)
        for code, error in applicant_faults(session, applicant, scheme):
            yield Found(code, ("scheme",), Stage.SUBMISSION, str(error))
        for fault in document_faults(session, scheme, self._obligations, rules):
            if not _rests_on(fault, faulty):
                yield Found(fault.code, fault.path, Stage.SUBMISSION, fault.problem, fault.advice, fault.legal)
        if "scheme" not in faulty:
            row = session.get(SchemeRow, scheme.scheme)
            for code, error in version_faults(row, version_rows(session, scheme.scheme), scheme):
                yield Found(code, ("scheme",), Stage.SUBMISSION, str(error))
        try:
            dataset = find_dataset(session, scheme.dataset)
        except NotFoundError:
            return
        for finding in open_points(scheme, dataset, rules):
            key = "agreement" if finding.item in set(AgreedPoint) else "privacy_check"
            if key not in faulty:
                yield Found(finding.code, (key, str(finding.item)), Stage.LOCKS, law=finding)


def _shaped(data: Mapping[str, Any]) -> tuple[list[Found], SchemeDocument | None, frozenset[str]]:
    """Return what is wrong with the shape, the document with stand-ins for it, and the keys that these stand for.

    The document is None where what is wrong leaves nothing to judge.
    """
    try:
        scheme = SchemeDocument.model_validate(data)
        return [], SchemeDocument.of_canonical(scheme.canonical()), frozenset()
    except ValidationError as error:
        faults = shape_faults(error)
    except (ValueError, rfc8785.CanonicalizationError):
        problem, advice = "a value cannot be stored as JSON", "use plain texts, numbers and lists"
        return [Found(ShapeCode.NOT_STORABLE, (), Stage.SUBMISSION, problem, advice)], None, frozenset()
    found = [Found(_shape_code(one), one.path, Stage.SUBMISSION, one.problem, one.advice) for one in faults]
    faulty = frozenset(str(one.path[0]) for one in faults if one.path)
    if faulty & _SUBSTANCE:
        return found, None, faulty
    kept = {key: value for key, value in data.items() if key not in faulty}
    standing = {key: value for key, value in _STAND_INS.items() if key in faulty}
    try:
        scheme = SchemeDocument.model_validate(kept | standing)
        return found, SchemeDocument.of_canonical(scheme.canonical()), faulty
    except (ValueError, rfc8785.CanonicalizationError):  # pydantic's ValidationError is a ValueError
        return found, None, faulty


def _shape_code(fault: ShapeFault) -> ShapeCode:
    if fault.kind == "value_error":
        return _VALUES.get(str(fault.path[0]) if fault.path else "", ShapeCode.WRONG_KIND)
    return _SHAPES.get(fault.kind, ShapeCode.WRONG_KIND)


def _rests_on(fault: DocumentFault, faulty: frozenset[str]) -> bool:
    """Return whether a fault is told of what only stands for something else."""
    if fault.path and fault.path[0] in faulty:
        return True
    return "obligations" in faulty and fault.code is Reason.CLASS_NOT_ALLOWED_BY_BASIS
