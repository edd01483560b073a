"""The privacy check and the agreed points: a draft may lack them, a lock may not. GOV-3."""

from __future__ import annotations

from importlib import resources

import pytest
from sqlalchemy import delete

from tests.gate.review_world import CHECKED, CUSTOMERS, ID, REVIEWERS, TODAY, answered, appoint_all, people
from tests.gate.world import ACTORS, SCHEME, World
from umaya.gate.documents import read
from umaya.gate.models import SchemeActRow
from umaya.gate.open_points import open_points, privacy_due
from umaya.gate.scheme import SchemeDocument
from umaya.gate.scheme import parse as parse_document
from umaya.gate.schemes import State
from umaya.law import RULES
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import Problem
from umaya.sample.setup import DATASETS, SCHEMES, TRAVERSALS
from umaya.types.errors import ConflictError, ForbiddenError

RULES_TODAY = RULES.at(TODAY)
CLERK, VERIFIER, APPROVER = ACTORS["clerk"], ACTORS["second-line"], ACTORS["head"]
PROTECTION = REVIEWERS["protection"]
HIGH = "risk: high, measure: {ja: 注意する, en: Take care}"
LOWERED = HIGH + ", residual: low"


@pytest.fixture
def town(world: World) -> World:
    return appoint_all(people(world))


def document(text: str) -> SchemeDocument:
    return parse_document(read(text, "scheme.yaml"))


def submit(town: World, text: str = CHECKED) -> None:
    town.gate.schemes.submit(CLERK, text, "customers.yaml")


def test_a_draft_without_the_check_names_every_open_point(town: World) -> None:
    submit(town, CUSTOMERS)
    found = town.gate.schemes.open_points(ID)
    assert [(point.code, point.item) for point in found] == [("privacy-not-answered", problem) for problem in Problem]


def test_neither_sign_off_nor_lock_one_closes_on_open_points(town: World) -> None:
    submit(town, CUSTOMERS)
    with pytest.raises(ConflictError, match="`privacy-not-answered` at `surveillance` and 15 more"):
        town.gate.review.sign_privacy(PROTECTION, ID)
    with pytest.raises(ConflictError, match="open points"):
        town.gate.review.verify(VERIFIER, ID)
    assert town.gate.schemes.get(ID).summary.state is State.SUBMITTED


def test_an_open_high_risk_blocks_and_a_lowered_one_does_not(town: World) -> None:
    submit(town, CUSTOMERS + answered(exposure=HIGH))
    with pytest.raises(ConflictError, match=r"`privacy-high-risk-open` at `exposure`$"):
        town.gate.review.verify(VERIFIER, ID)
    submit(town, CUSTOMERS + answered(exposure=LOWERED))
    assert town.gate.schemes.open_points(ID) == ()
    town.gate.review.sign_privacy(PROTECTION, ID)
    town.gate.review.verify(VERIFIER, ID)


def test_lock_one_waits_for_the_privacy_officer_and_names_the_sign_off(town: World) -> None:
    submit(town)
    with pytest.raises(ConflictError, match="privacy officer has not signed"):
        town.gate.review.verify(VERIFIER, ID)
    town.gate.review.sign_privacy(PROTECTION, ID, note="確認")
    town.gate.review.verify(VERIFIER, ID)
    signed, verified = town.ledger.entries[-2:]
    assert (signed.kind, signed.actor) == ("scheme.privacy-checked", "protection")
    assert verified.body["evidence"][-1] == "privacy-check"
    assert verified.body["privacy_checked"] == signed.index


def test_a_sign_off_is_for_one_version(town: World) -> None:
    submit(town)
    town.gate.review.sign_privacy(PROTECTION, ID)
    with pytest.raises(ConflictError, match="already"):
        town.gate.review.sign_privacy(PROTECTION, ID)
    submit(town, CHECKED.replace("2027-03-31", "2026-12-31"))
    with pytest.raises(ConflictError, match="not signed"):
        town.gate.review.verify(VERIFIER, ID)


def test_only_the_appointed_officer_of_the_provider_signs_off(world: World) -> None:
    """The role alone is not enough: an officer is named, and on what day."""
    people(world)
    submit(world)
    with pytest.raises(ForbiddenError, match="does not hold the office"):
        world.gate.review.sign_privacy(PROTECTION, ID)
    appoint_all(world)
    for actor in (VERIFIER, APPROVER, ACTORS["banker"]):
        with pytest.raises(ForbiddenError):
            world.gate.review.sign_privacy(actor, ID)
    world.gate.review.sign_privacy(PROTECTION, ID)


def test_there_must_be_a_check_to_sign_off(world: World) -> None:
    """The exception for disasters needs none."""
    town = appoint_all(people(world))
    scheme = town.submit()
    with pytest.raises(ConflictError, match="no privacy check"):
        town.gate.review.sign_privacy(PROTECTION, scheme)
    town.gate.review.verify(VERIFIER, scheme)


def test_a_check_that_nobody_asked_for_must_stand_all_the_same(town: World) -> None:
    scheme = "minase-passable-roads"
    town.gate.schemes.submit(CLERK, SCHEME + answered(exposure=HIGH), "scheme.yaml")
    with pytest.raises(ConflictError, match="high-risk-open"):
        town.gate.review.verify(VERIFIER, scheme)


@pytest.mark.parametrize(
    ("basis", "dataset", "due"),
    [
        ("statute", "customers", True),
        ("joint-use", "letterboxes", True),
        ("own-purpose", "customers", True),
        ("own-purpose", "letterboxes", False),
        ("probe-statistics", "bike-positions", False),
        ("postal-exception-2", "bike-positions", False),
        ("emergency", "customers", False),
        ("hearsay", "letterboxes", True),
    ],
)
def test_when_the_check_is_due(town: World, basis: str, dataset: str, due: bool) -> None:
    text = CUSTOMERS.replace("basis: statute", f"basis: {basis}")
    assert privacy_due(document(text), town.gate.catalogue.dataset(dataset), RULES_TODAY) is due


def test_joint_users_agree_on_six_points_in_advance(town: World) -> None:
    joint = CUSTOMERS.replace("basis: statute", "basis: joint-use") + answered()
    customers = town.gate.catalogue.dataset("customers")
    points = {point: f"  {point}: {{ja: 合意, en: Agreed}}\n" for point in AgreedPoint}
    assert len(points) == 6
    for absent in AgreedPoint:
        text = joint + "agreement:\n" + "".join(line for point, line in points.items() if point is not absent)
        (found,) = open_points(document(text), customers, RULES_TODAY)
        assert (found.code, found.item) == ("notice-point-not-agreed", absent)
    assert open_points(document(joint + "agreement:\n" + "".join(points.values())), customers, RULES_TODAY) == ()
    assert len(open_points(document(joint), customers, RULES_TODAY)) == 6


def test_lock_two_looks_at_the_check_again(town: World) -> None:
    """A sign-off whose act was taken out of the database opens the way to nothing."""
    submit(town)
    town.gate.review.sign_privacy(PROTECTION, ID)
    town.gate.review.verify(VERIFIER, ID)
    with town.database.writing() as session:
        session.execute(delete(SchemeActRow).where(SchemeActRow.act == "privacy-check"))
    with pytest.raises(ConflictError, match="not signed"):
        town.gate.review.approve(APPROVER, ID)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_schemes_of_the_sample_town_have_no_open_points(name: str) -> None:
    text = (resources.files("umaya.sample") / "schemes" / f"{name}.yaml").read_text("utf-8")
    scheme = document(text)
    (dataset,) = (one for one in (*DATASETS, TRAVERSALS) if one.id == scheme.dataset)
    assert open_points(scheme, dataset, RULES_TODAY) == ()
