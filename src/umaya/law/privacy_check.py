"""The privacy check: each of sixteen privacy problems is answered before a measure is approved.

After Solove, "A Taxonomy of Privacy", University of Pennsylvania Law Review 154 (2006), as the guidebook on privacy
governance of the two ministries takes it over. Names and example questions are data (`privacy_check.yaml`). Must hold:
no type is passed over in silence, and a high risk that is still open blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import yaml

from umaya.law.findings import Finding
from umaya.law.texts import Text


class ProblemGroup(StrEnum):
    """The part of data's life in which a problem arises."""

    COLLECTION = "collection"
    PROCESSING = "processing"
    DISSEMINATION = "dissemination"
    INVASION = "invasion"


class Problem(StrEnum):
    """The sixteen types, in Solove's order. Stored with answers: values never change."""

    SURVEILLANCE = "surveillance"
    INTERROGATION = "interrogation"
    AGGREGATION = "aggregation"
    IDENTIFICATION = "identification"
    INSECURITY = "insecurity"
    SECONDARY_USE = "secondary-use"
    EXCLUSION = "exclusion"
    BREACH_OF_CONFIDENTIALITY = "breach-of-confidentiality"
    DISCLOSURE = "disclosure"
    EXPOSURE = "exposure"
    INCREASED_ACCESSIBILITY = "increased-accessibility"
    BLACKMAIL = "blackmail"
    APPROPRIATION = "appropriation"
    DISTORTION = "distortion"
    INTRUSION = "intrusion"
    DECISIONAL_INTERFERENCE = "decisional-interference"


@dataclass(frozen=True)
class ProblemWords:
    """What people read of a type: its group, its name and an example of what to ask."""

    group: ProblemGroup
    title: Text
    question: Text


class Risk(StrEnum):
    """How grave. Stored with answers: values never change."""

    NOT_RELEVANT = "not-relevant"
    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


_ORDER: Final = tuple(Risk)


@dataclass(frozen=True)
class PrivacyAnswer:
    """The answer to one type.

    Attributes:
        problem: the type.
        risk: before the measure.
        because: why the type is not relevant; wanted for `NOT_RELEVANT` only.
        measure: what is done about it; empty for nothing.
        residual: the risk that the measure leaves; None where the risk is as open as before.
    """

    problem: Problem
    risk: Risk
    because: str = ""
    measure: str = ""
    residual: Risk | None = None

    @property
    def left(self) -> Risk:
        """The risk that is left."""
        return self.risk if self.residual is None else self.residual


class PrivacyFault(StrEnum):
    """Why the check is not passed. Values never change."""

    NOT_ANSWERED = "privacy-not-answered"
    ANSWERED_TWICE = "privacy-answered-twice"
    NO_BECAUSE = "privacy-no-because"
    NO_MEASURE = "privacy-no-measure"
    RISK_GREW = "privacy-risk-grew"
    HIGH_RISK_OPEN = "privacy-high-risk-open"


def privacy_faults(answers: Sequence[PrivacyAnswer]) -> tuple[Finding, ...]:
    """Return why the check is not passed, in the order of the types; empty when it is."""
    return tuple(
        Finding(fault, problem)
        for problem in Problem
        for fault in _faults([answer for answer in answers if answer.problem is problem])
    )


def _faults(answers: Sequence[PrivacyAnswer]) -> Iterator[PrivacyFault]:
    if not answers:
        yield PrivacyFault.NOT_ANSWERED
    if len(answers) > 1:
        yield PrivacyFault.ANSWERED_TWICE
    for answer in answers:
        grew = _ORDER.index(answer.left) - _ORDER.index(answer.risk)
        if answer.risk is Risk.NOT_RELEVANT and not answer.because.strip():
            yield PrivacyFault.NO_BECAUSE
        if grew < 0 and not answer.measure.strip():
            yield PrivacyFault.NO_MEASURE
        if grew > 0:
            yield PrivacyFault.RISK_GREW
        if answer.left is Risk.HIGH:
            yield PrivacyFault.HIGH_RISK_OPEN


def _words(item: Mapping[str, Any]) -> ProblemWords:
    return ProblemWords(ProblemGroup(item["group"]), Text(**item["title"]), Text(**item["question"]))


_DATA = yaml.safe_load(files("umaya.law").joinpath("privacy_check.yaml").read_text(encoding="utf-8"))

PROBLEMS: Final[Mapping[Problem, ProblemWords]] = MappingProxyType({one: _words(_DATA[one]) for one in Problem})
"""The words of each type."""
