"""What no basis can do, whatever its data says: properties of `first_fault` over the rules of all times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law import RULES, BusinessLine, ConsentTerms, ConsentTier, Direction, Fault, Proposal, RuleSet, first_fault
from umaya.law.effects import classes_after
from umaya.types.classes import SecrecyClass as C
from umaya.types.effects import BELOW, ClassEffect
from umaya.types.reasons import Reason

from .test_joint_use import NOTICE
from .test_rules import STEPS

NOW = RULES.at(date(2026, 4, 1))
BANKING, INSURANCE = BusinessLine("bank", "banking"), BusinessLine("life", "insurance")
OUT, BACK = Direction(BANKING, INSURANCE), Direction(INSURANCE, BANKING)
WITHIN = Direction(BANKING, BANKING)
KINDS = {"postal-exception-3": "tax-office", "postal-exception-4": "bar-association"}
TIERS = {"consent": ConsentTier.EACH_TIME, "cross-sell-consent": ConsentTier.STATED_PERIOD}


def proposal(basis: str, **changes: Any) -> Proposal:
    """Return one that meets everything its basis asks for, with one field about nobody."""
    whole = Proposal(
        basis=basis,
        provider="post",
        recipient="post" if basis == "own-purpose" else "bank",
        recipient_kind=KINDS.get(basis, "municipality"),
        classes={"a": C.NON_PERSONAL},
        obligations=STEPS,
        has_area=True,
        flow=OUT,
        terms=ConsentTerms(TIERS.get(basis, ConsentTier.IN_ADVANCE), OUT, frozenset({C.FINANCIAL, C.INSURANCE})),
        notice=NOTICE,
        citation="National Tax Collection Act art. 141",
    )
    return replace(whole, **changes)


def fault_of(rules: RuleSet, wanted: Proposal) -> Fault:
    fault = first_fault(rules, wanted)
    assert fault is not None
    return fault


@st.composite
def effects(draw: st.DrawFn) -> ClassEffect:
    fields = draw(st.none() | st.sets(st.sampled_from("abc")).map(frozenset))
    touched = draw(st.sets(st.sampled_from(list(C))))
    becomes = {one: draw(st.sampled_from([None, one, *sorted(BELOW[one])])) for one in sorted(touched)}
    return ClassEffect(fields, becomes)


EFFECTS = st.lists(effects(), max_size=4)
CLASSES = st.dictionaries(st.sampled_from("abc"), st.sampled_from(list(C)), min_size=1)
ANY = st.tuples(st.sampled_from(RULES.sets), st.sampled_from(sorted(NOW.bases))).filter(
    lambda one: one[1] in one[0].bases
)
FLOWS = st.sampled_from([None, OUT, BACK, WITHIN])


@pytest.mark.parametrize("rules", RULES.sets, ids=lambda rules: str(rules.valid_from))
def test_what_meets_its_basis_is_allowed(rules: RuleSet) -> None:
    assert [basis for basis in rules.bases if first_fault(rules, proposal(basis)) is not None] == []


@given(one=ANY, classes=CLASSES, steps=EFFECTS, flow=FLOWS, secret=st.sampled_from("abc"))
def test_correspondence_leaves_on_no_basis_of_any_time(
    one: tuple[RuleSet, str], classes: dict[str, C], steps: list[ClassEffect], flow: Direction | None, secret: str
) -> None:
    """Postal Act art. 8(1): nor is it read to be dropped afterwards."""
    rules, basis = one
    wanted = proposal(basis, classes={**classes, secret: C.CORRESPONDENCE}, effects=steps, flow=flow)
    assert fault_of(rules, wanted).reason is Reason.CLASS_NEVER_LEAVES


@given(one=ANY, classes=CLASSES, steps=EFFECTS, more=effects(), flow=FLOWS, searched=st.sets(st.sampled_from("abc")))
def test_one_more_obligation_never_stops_what_was_allowed(
    one: tuple[RuleSet, str],
    classes: dict[str, C],
    steps: list[ClassEffect],
    more: ClassEffect,
    flow: Direction | None,
    searched: set[str],
) -> None:
    rules, basis = one
    wanted = proposal(basis, classes=classes, effects=steps, flow=flow, searched=frozenset(searched))
    if first_fault(rules, wanted) is None:
        assert first_fault(rules, replace(wanted, effects=[*steps, more])) is None


@given(one=ANY, classes=CLASSES, steps=EFFECTS, flow=FLOWS)
def test_non_public_information_crosses_with_consent_in_its_direction_only(
    one: tuple[RuleSet, str], classes: dict[str, C], steps: list[ClassEffect], flow: Direction | None
) -> None:
    """The proposal's topic goes from bank to insurer."""
    rules, basis = one
    if first_fault(rules, proposal(basis, classes=classes, effects=steps, flow=flow)) is not None:
        return
    if {C.FINANCIAL, C.INSURANCE} & set(classes_after(classes, steps).values()):
        assert (basis, flow) in {("cross-sell-consent", OUT), ("own-purpose", WITHIN)}


@given(one=ANY, classes=CLASSES, steps=EFFECTS)
def test_mail_and_special_care_data_are_never_in_joint_use(
    one: tuple[RuleSet, str], classes: dict[str, C], steps: list[ClassEffect]
) -> None:
    """Not even to be lowered: the delivery register stays outside the group's platform."""
    rules, _ = one
    if {C.POSTAL, C.SPECIAL_CARE} & set(classes.values()):
        assert first_fault(rules, proposal("joint-use", classes=classes, effects=steps)) is not None


@pytest.mark.parametrize("basis", NOW.bases)
def test_postal_secrets_leave_readable_in_the_four_cases_alone(basis: str) -> None:
    """Beside the provider's own use, and the statistics whose steps make them unreadable."""
    allowed = first_fault(NOW, proposal(basis, classes={"a": C.POSTAL})) is None
    assert allowed is (basis.startswith("postal-exception-") or basis in {"own-purpose", "probe-statistics"})


def test_bank_to_insurer_does_not_mean_insurer_to_bank() -> None:
    wanted = proposal("cross-sell-consent", classes={"a": C.FINANCIAL})
    assert first_fault(NOW, wanted) is None
    fault = fault_of(NOW, replace(wanted, flow=BACK))
    assert (fault.reason, fault.key, fault.item) == (Reason.EVIDENCE_MISSING, "topic", "consent-direction")


def test_the_kinds_that_people_were_asked_for_are_the_kinds_that_leave() -> None:
    terms = ConsentTerms(ConsentTier.STATED_PERIOD, OUT, frozenset({C.FINANCIAL}))
    wanted = proposal("cross-sell-consent", classes={"a": C.FINANCIAL, "b": C.INSURANCE}, terms=terms)
    assert fault_of(NOW, wanted).item == "consent-direction"
    dropped = ClassEffect(frozenset({"b"}), {C.INSURANCE: None})
    assert fault_of(NOW, replace(wanted, effects=[dropped])).item == "consent-direction", "used all the same"
    assert first_fault(NOW, replace(wanted, classes={"a": C.FINANCIAL})) is None


def test_a_list_chosen_by_balances_is_refused_although_no_balance_leaves() -> None:
    """The pattern of 2024: people picked by balance and maturity date, their names handed on."""
    drop = ClassEffect(frozenset({"balance"}), {C.FINANCIAL: None})
    wanted = proposal("joint-use", classes={"name": C.ORDINARY, "balance": C.FINANCIAL}, effects=[drop])
    assert first_fault(NOW, wanted) is None, "a balance that nobody is chosen by is gone"
    fault = fault_of(NOW, replace(wanted, searched=frozenset({"balance"})))
    assert (fault.reason, fault.item) == (Reason.CLASS_NOT_ALLOWED_BY_BASIS, "balance")


def test_a_count_may_be_of_those_who_were_found() -> None:
    """Nobody is in the result."""
    count = ClassEffect(None, {C.FINANCIAL: C.NON_PERSONAL, C.ORDINARY: C.NON_PERSONAL})
    wanted = proposal("statistics", classes={"town": C.ORDINARY, "balance": C.FINANCIAL}, effects=[count])
    assert first_fault(NOW, replace(wanted, searched=frozenset({"balance"}))) is None


def test_within_one_business_non_public_information_needs_no_consent() -> None:
    wanted = proposal("own-purpose", classes={"a": C.FINANCIAL}, flow=WITHIN)
    assert first_fault(NOW, wanted) is None
    for flow in (OUT, None):
        fault = fault_of(NOW, replace(wanted, flow=flow))
        assert (fault.reason, fault.item) == (Reason.CLASS_NOT_ALLOWED_BY_BASIS, "a")
        assert "within the business" in fault.advice


def test_statistics_are_statistics_when_every_field_was_brought_down() -> None:
    wanted = proposal("statistics", classes={"a": C.LOCATION, "b": C.ORDINARY})
    count = ClassEffect(None, dict.fromkeys(C, C.NON_PERSONAL) | {C.CORRESPONDENCE: C.CORRESPONDENCE})
    drop = ClassEffect(frozenset({"b"}), {C.ORDINARY: None})
    assert fault_of(NOW, wanted).item == "a"
    assert fault_of(NOW, replace(wanted, effects=[drop])).item == "a"
    assert first_fault(NOW, replace(wanted, effects=[drop, count])) is None
    special = replace(wanted, classes={"a": C.SPECIAL_CARE}, effects=[count])
    assert fault_of(NOW, special).reason is Reason.CLASS_NOT_ALLOWED_BY_BASIS, "that asks for consent in advance"
    assert first_fault(NOW, replace(special, basis="consent-statistics")) is None


@pytest.mark.parametrize(
    ("basis", "missing", "key"),
    [
        ("joint-use", {"notice": None}, "notice"),
        ("joint-use", {"notice": replace(NOTICE, published_on=None)}, "notice"),
        ("joint-use", {"notice": replace(NOTICE, purposes=())}, "notice"),
        ("joint-use", {"notice": replace(NOTICE, agreed={})}, "notice"),
        ("consent", {"terms": None}, "topic"),
        ("consent", {"terms": ConsentTerms(ConsentTier.IN_ADVANCE)}, "topic"),
        ("consent-statistics", {"terms": ConsentTerms(ConsentTier.EACH_TIME)}, "topic"),
        ("cross-sell-consent", {"terms": ConsentTerms(ConsentTier.IN_ADVANCE)}, "topic"),
        ("cross-sell-consent", {"flow": None}, "topic"),
        ("statute", {"citation": None}, "authority"),
        ("postal-exception-1", {"citation": " "}, "authority"),
        ("postal-exception-2", {"has_area": False}, "area"),
        ("postal-exception-3", {"citation": None}, "authority"),
        ("postal-exception-4", {"citation": None}, "authority"),
    ],
)
def test_what_the_scheme_itself_must_show_is_missed_where_it_belongs(
    basis: str, missing: dict[str, Any], key: str
) -> None:
    fault = fault_of(NOW, proposal(basis, **missing))
    assert (fault.reason, fault.key, fault.basis) == (Reason.EVIDENCE_MISSING, key, basis)


@pytest.mark.parametrize(
    ("basis", "changes"),
    [
        ("own-purpose", {"recipient": "bank"}),
        ("joint-use", {"recipient": "realty"}),
        ("joint-use", {"provider": "realty"}),
        ("postal-exception-1", {"recipient_kind": "bank"}),
        ("postal-exception-2", {"recipient_kind": "tax-office"}),
        ("postal-exception-3", {"recipient_kind": "bar-association"}),
        ("postal-exception-4", {"recipient_kind": "municipality"}),
    ],
)
def test_each_basis_has_its_recipients(basis: str, changes: dict[str, Any]) -> None:
    assert fault_of(NOW, proposal(basis, **changes)).reason is Reason.RECIPIENT_NOT_ALLOWED
