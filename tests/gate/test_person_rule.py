"""The rule for a person, compiled to a closure and to bitmap algebra: one answer, and it is that of outside oracles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import cedarpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from tests.cases import cases
from umaya.gate.person_rule import (
    WITH_CONSENT,
    WITHOUT_CONSENT,
    Clause,
    Group,
    Verdict,
    compile_point,
    compile_set,
    numbers,
    rule_for,
)
from umaya.types.reasons import Reason

PEOPLE = range(12)
RULES = {"with-consent": WITH_CONSENT, "without-consent": WITHOUT_CONSENT}

rules = st.sampled_from(list(RULES.values()))
groups_of_people = st.fixed_dictionaries(
    {group: st.builds(BitMap, st.sets(st.sampled_from(PEOPLE))) for group in Group}
)
asked_people = st.builds(BitMap, st.sets(st.sampled_from(PEOPLE)))


def groups(**members: set[int]) -> dict[Group, BitMap]:
    """Return groups by name; those not named are empty."""
    return {group: BitMap(members.get(group.name.lower(), set())) for group in Group}


def test_each_reason_in_a_street_of_eight() -> None:
    """One house for every way to be refused, and one whose owner consented."""
    street = groups(
        held={1, 2, 3, 4, 5, 6, 7, 9},
        consented={1, 6, 8, 9},
        withdrawn={2},
        expired={3},
        text_ended={4},
        spent={5},
        protected={6},
        stopped={9},
    )
    judge = compile_point(WITH_CONSENT, street)
    assert [judge(person) for person in range(1, 10)] == [
        Reason.PERMITTED,
        Reason.CONSENT_WITHDRAWN,
        Reason.CONSENT_EXPIRED,
        Reason.CONSENT_TEXT_ENDED,
        Reason.CONSENT_SPENT,
        Reason.CONSENT_MISSING,  # protected
        Reason.CONSENT_MISSING,
        Reason.PERSON_NOT_AVAILABLE,  # consented, but not in the dataset
        Reason.USE_STOPPED,
    ]
    verdict = compile_set(WITH_CONSENT, street)(BitMap(range(1, 10)))
    assert verdict.permitted == BitMap([1])
    assert verdict.refused == {
        Reason.CONSENT_WITHDRAWN: 1,
        Reason.CONSENT_EXPIRED: 1,
        Reason.CONSENT_TEXT_ENDED: 1,
        Reason.CONSENT_SPENT: 1,
        Reason.CONSENT_MISSING: 2,
        Reason.PERSON_NOT_AVAILABLE: 1,
        Reason.USE_STOPPED: 1,
    }


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_protected_person_is_refused_like_somebody_unknown(rule: tuple[Clause, ...]) -> None:
    """Whoever asks cannot tell a protective measure from nobody being there."""
    unknown, protected = 1, 2
    judge = compile_point(rule, groups(held={protected}, consented={protected}, protected={protected}))
    assert judge(unknown) is judge(protected)
    assert judge(protected) is not Reason.PERMITTED


@given(rules, groups_of_people, asked_people)
def test_one_and_many_agree_person_by_person(
    rule: tuple[Clause, ...], members: Mapping[Group, BitMap], asked: BitMap
) -> None:
    judge, verdict = compile_point(rule, members), compile_set(rule, members)(asked)
    assert BitMap(person for person in asked if judge(person) is Reason.PERMITTED) == verdict.permitted
    counted: dict[Reason, int] = {}
    for person in asked - verdict.permitted:
        counted[judge(person)] = counted.get(judge(person), 0) + 1
    assert verdict.refused == counted


@given(rules, groups_of_people, asked_people)
def test_everybody_asked_for_is_counted_once(
    rule: tuple[Clause, ...], members: Mapping[Group, BitMap], asked: BitMap
) -> None:
    verdict = compile_set(rule, members)(asked)
    assert verdict.asked == len(asked) == len(verdict.permitted) + sum(verdict.refused.values())
    assert verdict.permitted.issubset(asked)


@given(rules, groups_of_people, asked_people)
def test_judging_changes_nothing(rule: tuple[Clause, ...], members: Mapping[Group, BitMap], asked: BitMap) -> None:
    before = {group: people.copy() for group, people in members.items()}
    asked_before = asked.copy()
    compile_set(rule, members)(asked)
    assert members == before
    assert asked == asked_before


@given(groups_of_people, st.sampled_from(PEOPLE))
def test_a_withdrawal_a_measure_a_merge_and_a_stop_each_refuse_whatever_else_holds(
    members: Mapping[Group, BitMap], person: int
) -> None:
    for group in (Group.WITHDRAWN, Group.PROTECTED, Group.MERGED, Group.STOPPED):
        struck = {**members, group: members[group] | BitMap([person])}
        assert compile_point(WITH_CONSENT, struck)(person) is not Reason.PERMITTED


def test_nobody_is_permitted_where_nothing_is_known() -> None:
    for rule in RULES.values():
        assert compile_set(rule, groups())(BitMap(PEOPLE)).permitted == BitMap()


def test_numbers_are_ascending_and_all_there() -> None:
    assert numbers(BitMap([7, 1, 4_294_967_295])).tolist() == [1, 7, 4_294_967_295]


# Cedar, the policy language of AWS (github.com/cedar-policy), as a judge from outside. A person is an entity with one
# attribute for each group; `forbid` wins over `permit` and what nothing permits is denied, as here.
CEDAR = {
    "with-consent": """
        permit(principal, action == Action::"use", resource) when { resource.consented && resource.held };
        forbid(principal, action, resource) when { resource.protected || resource.merged || resource.stopped };
        forbid(principal, action, resource) when { resource.withdrawn || resource.expired };
        forbid(principal, action, resource) when { resource.text_ended || resource.spent };
    """,
    "without-consent": """
        permit(principal, action == Action::"use", resource) when { resource.held };
        forbid(principal, action, resource) when { resource.protected || resource.merged || resource.stopped };
    """,
}
_ACTOR = {"uid": {"type": "Actor", "id": "officer"}, "attrs": {}, "parents": []}


def cedar_permits(name: str, members: Mapping[Group, BitMap], people: range) -> BitMap:
    """Return whom Cedar permits."""
    entities: list[dict[str, Any]] = [_ACTOR]
    for person in people:
        attributes = {group.name.lower(): person in members[group] for group in Group}
        entities.append({"uid": {"type": "Person", "id": str(person)}, "attrs": attributes, "parents": []})
    requests = [
        {
            "principal": {"type": "Actor", "id": "officer"},
            "action": {"type": "Action", "id": "use"},
            "resource": {"type": "Person", "id": str(person)},
            "context": {},
        }
        for person in people
    ]
    policies = cedarpy.PolicySet.from_str(CEDAR[name])
    parsed = cedarpy.Entities.from_json_str(json.dumps(entities))
    results = cedarpy.is_authorized_batch(requests, policies, parsed)
    assert all(not result.diagnostics.errors for result in results)
    return BitMap(person for person, result in zip(people, results, strict=True) if result.allowed)


def judged(name: str, members: Mapping[Group, BitMap], people: range) -> Verdict:
    return compile_set(rule_for(consent=name == "with-consent"), members)(BitMap(people))


def random_groups(rng: np.random.Generator, people: range) -> dict[Group, BitMap]:
    """Return groups that each hold anything from nobody to everybody."""
    return {group: BitMap(np.flatnonzero(rng.random(len(people)) < rng.random()).astype(np.uint32)) for group in Group}


@pytest.mark.parametrize("name", RULES)
@given(groups_of_people)
def test_cedar_says_the_same(name: str, members: Mapping[Group, BitMap]) -> None:
    assert cedar_permits(name, members, PEOPLE) == judged(name, members, PEOPLE).permitted


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_cedar_says_the_same_of_hundreds_of_thousands_of_people() -> None:
    """No disagreement in 200,000 random cases, in a search 1,000,000: worlds of 2,000 people, both rules in turn."""
    rng = np.random.default_rng(20260401)
    people = range(2_000)
    for world in range(cases(100, 500)):
        name = list(RULES)[world % 2]
        members = random_groups(rng, people)
        assert cedar_permits(name, members, people) == judged(name, members, people).permitted, world
