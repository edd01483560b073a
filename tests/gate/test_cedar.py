"""The whole decision beside an outside oracle: Cedar, the policy language of AWS (github.com/cedar-policy).

A scheme is written down a second time, as Cedar policies, from its text and from what the law of its basis says in
words; people, topics and what is asked are Cedar's entities and context. No line of the gate's judgement has a part in
that. Compared are party, role, state of the scheme, period, fields asked for and searched, classes, the direction and
the kinds of the consent, and everything that was said about a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import cedarpy
import numpy as np
import pyarrow as pa
import pytest
from pyroaring import BitMap

from tests.cases import cases
from tests.gate.test_person_rule import random_groups
from umaya.gate import Dataset, Op, Party, Predicate, Use, Words
from umaya.gate import roles as r
from umaya.gate.decision import Facts, evaluate
from umaya.gate.people import Side, Topic
from umaya.gate.person_rule import Group, Groups, compile_set, rule_for
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import SchemeVersion, State
from umaya.law import RULES, ConsentTier
from umaya.types.classes import SecrecyClass as C
from umaya.types.site import Actor
from umaya.vault import Obligations

FIELDS = ("f0", "f1", "f2", "f3")
PARTIES = ("bank-minase", "insurer-minase", "shop-minase")
BUSINESSES = ("banking", "insurance")
FIRST_DAY = date(2026, 4, 1)
TITLE = Words("題", "Title")
SCHEMA = pa.schema([pa.field("person", pa.uint32(), nullable=False), *(pa.field(name, pa.int64()) for name in FIELDS)])
PEOPLE = range(500)

# What the two bases say, from the words of the law: what may leave, and what asks for consent when it crosses.
SECRET = {C.FINANCIAL, C.INSURANCE}
LEAVES = {
    "cross-sell-consent": SECRET | {C.ORDINARY, C.NON_PERSONAL},
    "own-purpose": {C.POSTAL, C.LOCATION, C.ORDINARY, C.NON_PERSONAL},
}


@dataclass(frozen=True)
class Case:
    """One scheme with everything around it."""

    document: SchemeDocument
    state: State
    dataset: Dataset
    topic: Topic | None


def a_case(rng: np.random.Generator) -> Case:
    """Return a random scheme; most of what can be wrong with it is right most of the time."""

    def pick(choices: Sequence[Any], usual: float = 0.0) -> Any:
        return choices[0] if rng.random() < usual else choices[int(rng.integers(len(choices)))]

    basis = pick(["cross-sell-consent", "own-purpose"])
    provider = PARTIES[0]
    recipient = pick([provider if basis == "own-purpose" else PARTIES[1], *PARTIES], 0.8)
    held_by, used_by = pick(BUSINESSES, 0.7), pick([*BUSINESSES[::-1], None], 0.5)
    usual = [C.FINANCIAL, C.ORDINARY, C.INSURANCE, C.NON_PERSONAL]
    classes = {name: pick(usual) if rng.random() < 0.9 else pick(list(C)) for name in FIELDS}
    topic = None
    if basis == "cross-sell-consent" and rng.random() < 0.95:
        source = Side(pick(PARTIES, 0.9), pick([held_by, *BUSINESSES], 0.9))
        target = Side(pick([recipient, *PARTIES], 0.9), pick([used_by or "banking", *BUSINESSES], 0.9))
        kinds = tuple(kind for kind in (C.FINANCIAL, C.INSURANCE) if rng.random() < 0.8) or (C.ORDINARY,)
        topic = Topic("topic", TITLE, pick(list(ConsentTier)), source, target, kinds, TITLE)
    starts = FIRST_DAY + timedelta(days=int(rng.integers(-3, 2)))
    stated = {
        "scheme": "scheme",
        "title": {"ja": "題", "en": "Title"},
        "provider": provider,
        "recipient": recipient,
        "dataset": "dataset",
        "fields": [name for name in FIELDS if rng.random() < 0.8] or ["f0"],
        "purpose": {"ja": "目的", "en": "Purpose"},
        "basis": basis,
        "period": {"from": starts, "to": starts + timedelta(days=int(rng.integers(1, 8)))},
        "topic": None if topic is None else "topic",
        "business": used_by,
    }
    return Case(
        SchemeDocument.model_validate(stated),
        pick([State.APPROVED, *State], 0.85),
        Dataset(
            "dataset", provider, TITLE, SCHEMA, {"person": C.ORDINARY, **classes}, subject="person", business=held_by
        ),
        topic,
    )


@dataclass(frozen=True)
class Question:
    """Who asks for what, searching what, when."""

    actor: Actor
    fields: tuple[str, ...]
    searched: tuple[str, ...]
    now: datetime


def a_question(rng: np.random.Generator, case: Case) -> Question:
    party = case.document.recipient if rng.random() < 0.85 else PARTIES[int(rng.integers(3))]
    roles = frozenset({r.OFFICER} if rng.random() < 0.9 else {r.CLERK})
    share = 0.2 + rng.random() * 0.6
    fields = tuple(name for name in (*case.document.fields, "person", "f9") if rng.random() < share)
    fields = tuple(name for name in fields if name in FIELDS or rng.random() < 0.1)
    searched = tuple(name for name in FIELDS if rng.random() < 0.1)
    days = int(rng.integers(0, 3))
    now = datetime(2026, 4, 1, 3, tzinfo=UTC) + timedelta(days=days)  # noon in Japan
    return Question(Actor("asker", "申", party, roles), fields, searched, now)


def ours(case: Case, question: Question, groups: Groups) -> BitMap:
    """Return whom the gate's judgement permits."""
    use = Use(
        question.actor,
        "scheme",
        "理由",
        None,
        fields=question.fields,
        matching=tuple(Predicate(name, Op.GE, 0) for name in question.searched),
    )
    chain = Obligations({}).chain(())
    recipient = Party(case.document.recipient, TITLE, "company")
    version = SchemeVersion("scheme", 1, case.state, "sha256:" + "0" * 64, case.document)
    facts = Facts(question.actor, version, recipient, case.dataset, None, chain, case.topic)
    decision = evaluate(use, facts, RULES.at(FIRST_DAY), question.now)
    if not decision.permitted:
        return BitMap()
    return compile_set(rule_for(consent=decision.topic is not None), groups)(BitMap(PEOPLE)).permitted


def policies(case: Case) -> str:
    """Return the scheme as Cedar policies."""
    scheme, basis = case.document, case.document.basis
    within = scheme.business is not None and (scheme.provider, case.dataset.business) == (
        scheme.recipient,
        scheme.business,
    )
    leaves = LEAVES[basis] | (SECRET if basis == "own-purpose" and within else set())
    kept = [name for name in FIELDS if case.dataset.classes[name] not in leaves]
    written = [
        f"""permit(principal, action == Action::"use", resource) when {{
            principal.party == {json.dumps(scheme.recipient)} && principal.roles.contains("officer") &&
            context.state == "approved" &&
            context.day >= {scheme.period.from_.toordinal()} && context.day <= {scheme.period.to.toordinal()} &&
            context.fields != [] && {json.dumps(scheme.fields)}.containsAll(context.touched) &&
            resource.held }};""",
        "forbid(principal, action, resource) when { resource.protected || resource.merged || resource.stopped };",
        f"forbid(principal, action, resource) when {{ context.touched.containsAny({json.dumps(kept)}) }};",
    ]
    if basis == "own-purpose":
        if scheme.recipient != scheme.provider:
            written.append("forbid(principal, action, resource);")
        return "\n".join(written)
    ends = [scheme.provider, case.dataset.business, scheme.recipient, scheme.business or "unknown"]
    written.append(
        f"""forbid(principal, action, resource) unless {{
            context has topic && context.topic.ends == {json.dumps("/".join(map(str, ends)))} &&
            ["each-time", "stated-period"].contains(context.topic.tier) &&
            resource.consented && !(resource.withdrawn || resource.expired || resource.text_ended || resource.spent)
        }};"""
    )
    if not within:
        written += [
            f"""forbid(principal, action, resource) when {{
                context.touched.contains("{name}") && context has topic &&
                !context.topic.kinds.contains("{case.dataset.classes[name]}") }};"""
            for name in FIELDS
            if case.dataset.classes[name] in SECRET
        ]
    return "\n".join(written)


def context_of(case: Case, question: Question) -> dict[str, Any]:
    told: dict[str, Any] = {
        "state": case.state.value,
        "day": (question.now + timedelta(hours=9)).date().toordinal(),
        "fields": list(question.fields),
        "touched": sorted({*question.fields, *question.searched}),
    }
    if case.topic is not None:
        ends = (
            case.topic.source.party,
            case.topic.source.business,
            case.topic.target.party,
            case.topic.target.business,
        )
        told["topic"] = {"ends": "/".join(ends), "tier": case.topic.tier.value, "kinds": list(case.topic.kinds)}
    return told


def cedars(case: Case, questions: Sequence[Question], groups: Groups) -> list[BitMap]:
    """Return whom Cedar permits, for each question."""
    entities: list[dict[str, Any]] = [
        {
            "uid": {"type": "Actor", "id": str(at)},
            "attrs": {"party": question.actor.party, "roles": sorted(question.actor.roles)},
            "parents": [],
        }
        for at, question in enumerate(questions)
    ]
    for person in PEOPLE:
        attributes = {group.name.lower(): person in groups[group] for group in Group}
        entities.append({"uid": {"type": "Person", "id": str(person)}, "attrs": attributes, "parents": []})
    action = {"type": "Action", "id": "use"}
    requests = [
        {
            "principal": {"type": "Actor", "id": str(at)},
            "action": action,
            "resource": {"type": "Person", "id": str(person)},
            "context": context,
        }
        for at, context in enumerate(context_of(case, question) for question in questions)
        for person in PEOPLE
    ]
    parsed = cedarpy.Entities.from_json_str(json.dumps(entities))
    results = cedarpy.is_authorized_batch(requests, cedarpy.PolicySet.from_str(policies(case)), parsed)
    assert all(not result.diagnostics.errors for result in results)
    allowed = np.array([result.allowed for result in results]).reshape(len(questions), len(PEOPLE))
    return [BitMap(np.flatnonzero(row).astype(np.uint32)) for row in allowed]


def compare(seed: int, schemes: int, questions: int) -> tuple[int, int]:
    """Return how many cases were compared, and in how many of them both permit."""
    rng = np.random.default_rng(seed)
    permitted = 0
    for number in range(schemes):
        case, groups = a_case(rng), random_groups(rng, PEOPLE)
        half = BitMap(np.flatnonzero(rng.random(len(PEOPLE)) < 0.5).astype(np.uint32))
        for group in Group:  # half of the people have a fair chance
            groups[group] = groups[group] | half if group in (Group.HELD, Group.CONSENTED) else groups[group] - half
        asked = [a_question(rng, case) for _ in range(questions)]
        for question, theirs in zip(asked, cedars(case, asked, groups), strict=True):
            mine = ours(case, question, groups)
            assert mine == theirs, (number, case, question)
            permitted += len(mine)
    return schemes * questions * len(PEOPLE), permitted


def test_cedar_decides_as_the_gate_does() -> None:
    """12 schemes, each with 4 questions about 500 people; some of all are permitted, so that neither always refuses."""
    compared, permitted = compare(20260402, schemes=12, questions=4)
    assert compared == 24_000
    assert permitted > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_cedar_decides_as_the_gate_does_in_a_hundred_thousand_cases() -> None:
    """50 schemes, in a search 200, each with 4 questions about 500 people."""
    schemes = cases(50, 200)
    compared, permitted = compare(20260403, schemes=schemes, questions=4)
    assert compared == 2_000 * schemes >= 100_000
    assert permitted > compared // 400
