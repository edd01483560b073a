"""What a new version changes, as its reviewers are shown it."""

from __future__ import annotations

import pytest

from tests.gate.review_world import CUSTOMERS, answered
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate.changes import Change, changes, compare
from umaya.gate.conditions import parse as condition
from umaya.gate.documents import read
from umaya.gate.scheme import SchemeDocument, parse
from umaya.types.errors import NotFoundError

ID = "minase-passable-roads"


def document(text: str) -> SchemeDocument:
    return parse(read(text, "scheme.yaml"))


def shown(before: str, after: str) -> list[str]:
    return [str(change) for change in changes(document(before), document(after))]


CASES: list[tuple[str, str, str, list[str]]] = [
    # what changed, replaced, by, lines
    ("nothing", "lon, lat]", "lon,  lat]", []),
    ("order of fields", "lon, lat]", "lat, lon]", []),
    ("a field more", "lon, lat]", "lon, lat, speed_mps]", ['+ fields.speed_mps: "speed_mps"']),
    ("a field less", "lon, lat]", "lon]", ['- fields.lat: "lat"']),
    ("purpose", "Disaster response", "Advertising", ['~ purpose.en: "Disaster response" -> "Advertising"']),
    ("period", "to: 2027-03-31", "to: 2028-03-31", ['~ period.to: "2027-03-31" -> "2028-03-31"']),
    (
        "area",
        "[136.80, 36.20",
        "[136.70, 36.20",
        [
            '~ area: {"bbox": [136.8, 36.2, 136.9, 36.28], "polygon": null} -> '
            '{"bbox": [136.7, 36.2, 136.9, 36.28], "polygon": null}'
        ],
    ),
    (
        "an obligation less",
        "  - suppress-dead-ends: {lookback_s: 600}\n",
        "",
        ["- obligations[1].suppress-dead-ends.lookback_s: 600"],
    ),
]


@pytest.mark.parametrize(("old", "new", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_change_is_told_by_its_key(old: str, new: str, lines: list[str]) -> None:
    assert old in SCHEME
    assert shown(SCHEME, SCHEME.replace(old, new)) == lines


def test_steps_are_told_by_their_place() -> None:
    """What was second is first: the order of obligations is part of what is owed."""
    assert shown(SCHEME, SCHEME.replace("  - move-to-road: {}\n", "")) == [
        "- obligations[0].move-to-road: {}",
        "+ obligations[0].suppress-dead-ends.lookback_s: 600",
        "- obligations[1].suppress-dead-ends.lookback_s: 600",
    ]


def test_answers_of_the_privacy_check_are_told_by_problem() -> None:
    low = "risk: low, measure: {ja: 削る, en: Cut it}"
    told = shown(CUSTOMERS + answered(), CUSTOMERS + answered(exposure=low))
    assert told == [
        '- privacy_check.exposure.because.en: "It does not arise"',
        '- privacy_check.exposure.because.ja: "該当しない"',
        '+ privacy_check.exposure.measure.en: "Cut it"',
        '+ privacy_check.exposure.measure.ja: "削る"',
        '~ privacy_check.exposure.risk: "not-relevant" -> "low"',
    ]


def test_a_version_is_compared_with_the_one_that_it_would_replace(world: World) -> None:
    """Version 1 is in force, 2 was returned, 3 is new: 3 is held against 1. What conditions it would lose is told."""
    until = condition("valid-until: {day: 2026-12-31}")
    world.submit()
    world.gate.review.verify(ACTORS["second-line"], ID, conditions=[until])
    world.gate.review.approve(ACTORS["head"], ID)
    world.submit(SCHEME.replace("2027-03-31", "2099-03-31"))
    world.gate.review.send_back(ACTORS["second-line"], ID, "長すぎる")
    world.submit(SCHEME.replace("2027-03-31", "2028-03-31"))
    record = world.gate.schemes.get(ID)
    third = compare(record)
    assert (third.before, third.after, third.without) == (1, 3, (until,))
    assert third.changes == (Change("period.to", "2027-03-31", "2028-03-31"),)
    assert (compare(record, 2).before, compare(record, 2).changes[0].after) == (1, "2099-03-31")
    assert (compare(record, 1).before, compare(record, 1).changes) == (None, ())
    with pytest.raises(NotFoundError):
        compare(record, 4)
