"""What is new or risky about a version: what whoever approves it should look at first.

A closed list, computed from the document, the catalogue and the other schemes; it judges nothing and forbids nothing.
Pure: facts are handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from umaya.gate.catalogue import Dataset
from umaya.gate.changes import Comparison
from umaya.gate.pending import Standing
from umaya.gate.schemes import SchemeSummary, SchemeVersion
from umaya.law import Basis
from umaya.law.privacy_check import Risk
from umaya.types.classes import SecrecyClass as C

_GUARDED = frozenset({C.CORRESPONDENCE, C.POSTAL, C.SPECIAL_CARE, C.FINANCIAL, C.INSURANCE})
LONG_DAYS = 366
"""A period longer than this is worth a look."""


class Point(StrEnum):
    """What to look at. Values never change: pages look their words up by them."""

    NOT_LAWFUL = "not-lawful"
    OPEN_POINTS = "open-points"
    CONDITIONS_LOST = "conditions-lost"
    GUARDED_CLASS = "guarded-class"
    LOCATION = "location"
    UNPROCESSED = "unprocessed"
    PRIVACY_HIGH = "privacy-high"
    PRIVACY_LEFT = "privacy-left"
    OTHER_BUSINESS = "other-business"
    FIELDS_ADDED = "fields-added"
    PROCESSING_CHANGED = "processing-changed"
    BASIS_CHANGED = "basis-changed"
    PERIOD_CHANGED = "period-changed"
    AREA_CHANGED = "area-changed"
    NEW_RECIPIENT = "new-recipient"
    NEW_BASIS = "new-basis"
    NO_AREA = "no-area"
    LONG_PERIOD = "long-period"


_GRAVE = frozenset(
    {
        Point.NOT_LAWFUL,
        Point.OPEN_POINTS,
        Point.CONDITIONS_LOST,
        Point.GUARDED_CLASS,
        Point.UNPROCESSED,
        Point.PRIVACY_HIGH,
        Point.FIELDS_ADDED,
        Point.PROCESSING_CHANGED,
    }
)


@dataclass(frozen=True)
class Highlight:
    """One thing to look at.

    Attributes:
        items: names that it is about: fields, classes, problems, obligations; empty where it is about the whole.
    """

    point: Point
    items: tuple[str, ...] = ()

    @property
    def grave(self) -> bool:
        """Whether it is a risk, rather than merely new."""
        return self.point in _GRAVE


def highlights(
    version: SchemeVersion,
    dataset: Dataset,
    basis: Basis | None,
    comparison: Comparison,
    standing: Standing,
    others: Sequence[SchemeSummary] | None,
) -> tuple[Highlight, ...]:
    """Return what is new or risky, what is grave first.

    Args:
        version: under review.
        dataset: that it names.
        basis: that it rests on, by the rules of the day; None where there is none any more.
        comparison: with the version that it would replace.
        standing: what keeps it from the locks.
        others: the provider's other schemes; None for readers whose business they are not.
    """
    found = [
        *_of_standing(standing, comparison),
        *_of_content(version, dataset, basis),
        *_of_changes(comparison),
        *_of_reach(version, dataset),
        *([] if others is None else _of_news(version, others)),
    ]
    return tuple(sorted(found, key=lambda one: not one.grave))


def _of_standing(standing: Standing, comparison: Comparison) -> Iterator[Highlight]:
    if standing.fault is not None:
        yield Highlight(Point.NOT_LAWFUL)
    if standing.open_points:
        yield Highlight(Point.OPEN_POINTS, tuple(dict.fromkeys(point.item or "" for point in standing.open_points)))
    if comparison.without:
        yield Highlight(Point.CONDITIONS_LOST, tuple(str(condition) for condition in comparison.without))


def _of_content(version: SchemeVersion, dataset: Dataset, basis: Basis | None) -> Iterator[Highlight]:
    document = version.document
    classes = {dataset.classes[name] for name in document.fields}
    lowered = frozenset() if basis is None else basis.lowered
    guarded = sorted(classes & _GUARDED - lowered)
    if guarded:
        yield Highlight(Point.GUARDED_CLASS, tuple(guarded))
    if C.LOCATION in classes - lowered:
        yield Highlight(Point.LOCATION)
    if not document.obligations and classes - {C.NON_PERSONAL}:
        yield Highlight(Point.UNPROCESSED)
    high = tuple(answer.problem for answer in document.answers if answer.risk is Risk.HIGH)
    if high:
        yield Highlight(Point.PRIVACY_HIGH, high)
    left = tuple(a.problem for a in document.answers if a.left is Risk.MIDDLE and a.problem not in high)
    if left:
        yield Highlight(Point.PRIVACY_LEFT, left)
    if document.business is not None and document.business != dataset.business:
        yield Highlight(Point.OTHER_BUSINESS, (document.business,))


def _of_changes(comparison: Comparison) -> Iterator[Highlight]:
    added = tuple(one.key.removeprefix("fields.") for one in comparison.changes if _added(one.key, one.before))
    if added:
        yield Highlight(Point.FIELDS_ADDED, added)
    if any(one.key.startswith("obligations") for one in comparison.changes):
        yield Highlight(Point.PROCESSING_CHANGED)
    keys = {one.key.split(".")[0] for one in comparison.changes}
    for key, point in (
        ("basis", Point.BASIS_CHANGED),
        ("period", Point.PERIOD_CHANGED),
        ("area", Point.AREA_CHANGED),
    ):
        if key in keys:
            yield Highlight(point)


def _added(key: str, before: object) -> bool:
    return key.startswith("fields.") and before is None


def _of_reach(version: SchemeVersion, dataset: Dataset) -> Iterator[Highlight]:
    document = version.document
    if document.area is None and dataset.lon is not None:
        yield Highlight(Point.NO_AREA)
    if (document.period.to - document.period.from_).days >= LONG_DAYS:
        yield Highlight(Point.LONG_PERIOD)


def _of_news(version: SchemeVersion, others: Sequence[SchemeSummary]) -> Iterator[Highlight]:
    if all(other.recipient != version.document.recipient for other in others):
        yield Highlight(Point.NEW_RECIPIENT)
    if all(other.basis != version.document.basis for other in others):
        yield Highlight(Point.NEW_BASIS)
