"""The rules as data: dated, complete, and what each basis asks for."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any

import pytest
import yaml

from umaya.law import RULES, Evidence, PrivacyDuty, Proposal, RuleBook, day_in_japan, first_fault
from umaya.types.classes import SecrecyClass
from umaya.types.reasons import Reason

TODAY = RULES.at(date(2026, 4, 1))
DATA: list[dict[str, Any]] = yaml.safe_load(files("umaya.law").joinpath("rules.yaml").read_text(encoding="utf-8"))
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("move-to-road", {}),
    ("suppress-dead-ends", {"max_homes": 1}),
    ("link-counts", {"min_vehicles": 2}),
)
PROBE = Proposal(
    basis="probe-statistics",
    provider="post",
    recipient="city",
    recipient_kind="municipality",
    classes={"lon": SecrecyClass.POSTAL},
    obligations=STEPS,
    has_area=False,
)
GOLDEN = [
    "rules-2022-04-01-06ea5ef88c66",
    "rules-2022-08-01-ead7ad72d4fb",
    "rules-2025-06-01-fbcbc1aee3f8",
]
DISASTER = replace(PROBE, basis="postal-exception-2", obligations=(), has_area=True)
OWN = replace(PROBE, basis="own-purpose", recipient="post", recipient_kind="post", obligations=())


@pytest.mark.parametrize("proposal", [PROBE, DISASTER, OWN])
def test_what_meets_its_basis_is_allowed(proposal: Proposal) -> None:
    assert first_fault(TODAY, proposal) is None


@pytest.mark.parametrize(
    ("proposal", "reason", "key"),
    [
        (replace(PROBE, basis="hearsay"), Reason.BASIS_NOT_IN_FORCE, "basis"),
        (replace(OWN, recipient="city"), Reason.RECIPIENT_NOT_ALLOWED, "recipient"),
        (replace(DISASTER, recipient_kind="bank"), Reason.RECIPIENT_NOT_ALLOWED, "recipient"),
        (replace(DISASTER, has_area=False), Reason.EVIDENCE_MISSING, "area"),
        (replace(PROBE, obligations=()), Reason.OBLIGATION_MISSING, "obligations"),
        (replace(PROBE, obligations=STEPS[::2]), Reason.OBLIGATION_MISSING, "obligations"),
        (replace(PROBE, obligations=STEPS[::-1]), Reason.OBLIGATION_MISSING, "obligations"),
    ],
)
def test_what_does_not_is_refused_where_it_stands(proposal: Proposal, reason: Reason, key: str) -> None:
    fault = first_fault(TODAY, proposal)
    assert fault is not None
    assert (fault.reason, fault.key) == (reason, key)


def test_other_obligations_may_stand_between() -> None:
    move, suppress, count = STEPS
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("mask", {}),
        move,
        suppress,
        ("round", {}),
        count,
        ("watermark", {}),
    )
    assert first_fault(TODAY, replace(PROBE, obligations=steps)) is None


@pytest.mark.parametrize(
    ("at", "weak"),
    [
        (1, ("suppress-dead-ends", {"max_homes": 0})),
        (1, ("suppress-dead-ends", {})),
        (2, ("link-counts", {"min_vehicles": 1})),
        (2, ("link-counts", {"min_vehicles": "2"})),
    ],
)
def test_an_obligation_cannot_be_met_in_name_only(at: int, weak: tuple[str, dict[str, Any]]) -> None:
    """No home suppresses nothing, and one vehicle is no count; also where a strict step stands beside the weak one."""
    for steps in ((*STEPS[:at], weak, *STEPS[at + 1 :]), (*STEPS, weak)):
        fault = first_fault(TODAY, replace(PROBE, obligations=steps))
        assert fault is not None
        assert (fault.reason, fault.item) == (Reason.OBLIGATION_MISSING, weak[0])
    assert first_fault(TODAY, replace(DISASTER, obligations=(weak,))) is None, "there the two locks judge"


@pytest.mark.parametrize("proposal", [PROBE, DISASTER, OWN])
def test_correspondence_never_leaves_on_any_basis(proposal: Proposal) -> None:
    """Postal Act art. 8(1)."""
    fault = first_fault(TODAY, replace(proposal, classes={"a": SecrecyClass.POSTAL, "b": SecrecyClass.CORRESPONDENCE}))
    assert fault is not None
    assert (fault.reason, fault.item) == (Reason.CLASS_NEVER_LEAVES, "b")


@pytest.mark.parametrize("proposal", [PROBE, DISASTER, OWN])
@pytest.mark.parametrize("secrecy", SecrecyClass)
def test_each_class_is_allowed_or_not_as_the_basis_says(proposal: Proposal, secrecy: SecrecyClass) -> None:
    fault = first_fault(TODAY, replace(proposal, classes={"a": secrecy}))
    assert (fault is None) == (secrecy in TODAY.bases[proposal.basis].may)


def test_rules_are_dated() -> None:
    """A later set holds from its own day; before the first one nothing is allowed."""
    later = deepcopy(DATA[0])
    later["from"] = date(2027, 4, 1)
    later["bases"] = later["bases"][:1]
    book = RuleBook([later, *DATA])
    assert "probe-statistics" in book.at(date(2027, 3, 31)).bases
    assert set(book.at(date(2027, 4, 1)).bases) == {"own-purpose"}
    assert book.at(date(2022, 3, 31)).bases == {}


def test_what_has_been_in_force_never_changes() -> None:
    """A change of law is a new set; these digests stand in decisions."""
    assert [rules.version for rules in RULES.sets] == GOLDEN


def test_a_set_that_amends_states_only_what_changes() -> None:
    later = {"from": date(2027, 4, 1), "amends": DATA[-1]["from"], "sources": ["a new act"], "ends": ["statute"]}
    before, after = RuleBook([*DATA, later]).sets[-2:]
    assert before.bases.keys() - after.bases.keys() == {"statute"}
    assert all(after.bases[name] == before.bases[name] for name in after.bases)
    assert after.sources == (*before.sources, "a new act")
    with pytest.raises(ValueError, match="must amend the one before"):
        RuleBook([*DATA, {**later, "amends": DATA[0]["from"]}])


def test_poorly_managed_houses_count_from_the_change_of_2025() -> None:
    """Commentary 3-7-4, case 1: a day before only specified vacant houses (特定空家等) do."""
    before, after = (
        RULES.at(day).bases["postal-exception-1"].evidence for day in (date(2025, 5, 31), date(2025, 6, 1))
    )
    assert set(before) - set(after) == {Evidence.HOUSE_SPECIFIED}
    assert set(after) - set(before) == {Evidence.HOUSE_SPECIFIED_OR_POORLY_MANAGED}


def test_three_of_the_four_postal_exceptions_came_in_2022() -> None:
    before, after = (RULES.at(day).bases.keys() for day in (date(2022, 7, 31), date(2022, 8, 1)))
    assert after - before == {"postal-exception-2", "postal-exception-3", "postal-exception-4"}


def test_the_version_changes_with_the_content() -> None:
    changed = deepcopy(DATA)
    changed[0]["bases"][0]["source"]["en"] += " (amended)"
    one, other = RuleBook(DATA).at(date(2026, 4, 1)), RuleBook(changed).at(date(2026, 4, 1))
    assert one.version == TODAY.version != other.version
    assert one.version.startswith("rules-2025-06-01-")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[0]["bases"][0]["may"].remove("postal"),
        lambda data: data[0]["bases"][0]["may"].append("correspondence"),
        lambda data: data[0]["never_leaves"].append("postal"),
        lambda data: data[0]["bases"][1]["may"].remove("ordinary"),
        lambda data: data.append(data[0]),
        lambda data: data[0]["bases"][0]["evidence"].append("hearsay"),
        lambda data: data[0]["bases"][0]["evidence"].append("consent"),
        lambda data: data[0]["bases"][2]["tiers"].clear(),
        lambda data: (data[0]["bases"][1]["may"].remove("ordinary"), data[0]["bases"][1]["never"].append("ordinary")),
    ],
)
def test_rules_that_contradict_themselves_are_refused(spoil: Any) -> None:
    data = deepcopy(DATA)
    spoil(data)
    with pytest.raises(ValueError, match=r"must sort|same day|hearsay|tiers|stops it"):
        RuleBook(data)


def test_a_day_in_japan_begins_nine_hours_early() -> None:
    assert day_in_japan(datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert day_in_japan(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == date(2026, 4, 1)


def test_the_privacy_check_is_spared_in_an_emergency_only() -> None:
    duties = {basis.id: basis.privacy_check for basis in TODAY.bases.values()}
    assert {basis for basis, duty in duties.items() if duty is PrivacyDuty.NOT_NEEDED} == {
        "emergency",
        "postal-exception-2",
    }
    assert all(duties[basis] is PrivacyDuty.ALWAYS for basis in ("joint-use", "consent", "cross-sell-consent"))
