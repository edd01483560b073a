"""Judging a use: the rules for the use as a whole, then the rule for each person, on the facts of one moment.

Reads, never writes: deciding for a page, for a release and for one person after another are the same judgement.
Must hold: what committed acts said before the session's snapshot binds; nobody is looked at before the use as a whole
is permitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from pyroaring import BitMap
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset
from umaya.gate.condition_facts import NoticeInForce, condition_facts, no_register
from umaya.gate.conditions import Condition, Look, failing
from umaya.gate.decision import Facts, evaluate, refused
from umaya.gate.facts import gather
from umaya.gate.people import PeopleState, Projection
from umaya.gate.person_rule import Clause, Group, Groups, Verdict, compile_set, rule_for
from umaya.gate.stops import stopped_people
from umaya.gate.use import Decision, Use
from umaya.law import RuleBook, RuleSet, day_in_japan
from umaya.types.reasons import Reason
from umaya.vault import Obligations


@dataclass(frozen=True)
class PersonCase:
    """What the rule for a person is compiled from, at one moment.

    Attributes:
        rule: its clauses.
        groups: their members.
    """

    rule: tuple[Clause, ...]
    groups: Groups


@dataclass(frozen=True)
class Judged:
    """A judgement with the facts that it rests on.

    Attributes:
        decision: the answer.
        facts: of the use as a whole.
        case: of the people; None where nobody was looked at.
        failed: the condition (附帯意見) that refused it.
        before: the verdict on the people whom that condition refused all together.
    """

    decision: Decision
    facts: Facts
    case: PersonCase | None = None
    failed: Condition | None = None
    before: Verdict | None = None

    @property
    def dataset(self) -> Dataset | None:
        """The scheme's dataset, where there is one."""
        return self.facts.dataset

    @property
    def version(self) -> tuple[str, int, tuple[Condition, ...]] | None:
        """The scheme, its version and the conditions that were judged by, where there is one."""
        scheme = self.facts.scheme
        return None if scheme is None else (scheme.scheme, scheme.version, tuple(scheme.conditions))

    @property
    def spends(self) -> bool:
        """Whether the words that the use rests on are good for one use only."""
        return self.case is not None and self.facts.topic is not None and self.facts.topic.tier.once

    @property
    def in_series(self) -> bool:
        """Whether what the recipient was told before counts, and what this use tells counts for later ones."""
        return self.facts.chain is not None and self.facts.chain.in_series

    @property
    def counts(self) -> bool:
        """Whether a condition counts the uses before this one."""
        scheme = self.facts.scheme
        return scheme is not None and any(condition.look is Look.USE for condition in scheme.conditions)


class Judge:
    """Judges uses.

    Args:
        obligations: what this hub can meet.
        projection: what people said.
        held: returns everybody in a dataset.
        law: dated rules.
        notice_in_force: of the register of notices.
    """

    def __init__(
        self,
        obligations: Obligations,
        projection: Projection,
        held: Callable[[str], BitMap],
        law: RuleBook,
        notice_in_force: NoticeInForce = no_register,
    ) -> None:
        self._obligations = obligations
        self._projection = projection
        self._held = held
        self._law = law
        self._notice_in_force = notice_in_force

    def judge(self, session: Session, use: Use, now: datetime) -> Judged:
        """Judge a use for everybody it asks for, and by the conditions that its version stands under.

        Raises:
            IntegrityError: when the scheme in force is not the document that was submitted.
        """
        whole = self.judge_whole(session, use, now)
        if whole.case is None:
            return self._under_conditions(session, use, whole, now)
        verdict = compile_set(whole.case.rule, whole.case.groups)(use.asked or whole.case.groups[Group.HELD])
        decision = _on_people(use, whole, verdict, self._law.at(day_in_japan(now)), now)
        return self._under_conditions(session, use, replace(whole, decision=decision), now)

    def judge_for_one(self, session: Session, use: Use, now: datetime) -> Judged:
        """Judge a use for any one person whom the rule for a person permits; `failed` then refuses that person too."""
        whole = self.judge_whole(session, use, now)
        if whole.case is None:
            return self._under_conditions(session, use, whole, now)
        lone = replace(whole, decision=replace(whole.decision, people=Verdict(1, BitMap([0]), {})))
        return replace(whole, failed=self._under_conditions(session, use, lone, now).failed)

    def judge_whole(self, session: Session, use: Use, now: datetime) -> Judged:
        """Judge a use apart from its people, and fetch what the rule for a person needs when it is permitted so far.

        Raises:
            InputError: when what rows must meet does not fit the dataset.
        """
        facts = gather(session, use, self._obligations, day_in_japan(now))
        decision = evaluate(use, facts, self._law.at(day_in_japan(now)), now)
        dataset = facts.dataset
        if not decision.permitted or dataset is None:
            return Judged(decision, facts)
        for condition in use.matching:
            condition.check(dataset.schema)
        if dataset.subject is None:
            return Judged(decision, facts)
        state = self._projection.now(session)
        provided = facts.recipient is None or facts.recipient.id != dataset.owner
        stopped = stopped_people(session, state, dataset.owner, dataset.id, provided=provided)
        groups = groups_of(state, self._held(dataset.id), decision.topic, day_in_japan(now), stopped)
        return Judged(decision, facts, PersonCase(rule_for(consent=decision.topic is not None), groups))

    def _under_conditions(self, session: Session, use: Use, judged: Judged, now: datetime) -> Judged:
        scheme, people = judged.facts.scheme, judged.decision.people
        if not judged.decision.permitted or scheme is None or not scheme.conditions:
            return judged
        asked, permitted = (None, None) if people is None else (people.asked, len(people.permitted))
        facts = condition_facts(session, scheme, now, asked, permitted, self._notice_in_force)
        failed = failing(scheme.conditions, facts)
        if failed is None:
            return judged
        decision = refused(use, Reason.CONDITION_FAILED, self._law.at(day_in_japan(now)), now, scheme)
        return replace(judged, decision=decision, failed=failed, before=people)


def groups_of(
    state: PeopleState, held: BitMap, topic: str | None, day: date, stopped: BitMap
) -> Mapping[Group, BitMap]:
    """Return the members of every group on a day in Japan; `stopped` as `stopped_people` tells."""
    groups = {
        Group.HELD: held,
        Group.PROTECTED: state.measures,
        Group.MERGED: state.merged,
        Group.STOPPED: stopped,
    }
    if topic is None:
        return groups
    words = state.topic(topic, day)
    return groups | {
        Group.CONSENTED: words.active,
        Group.WITHDRAWN: words.withdrawn,
        Group.EXPIRED: words.expired,
        Group.TEXT_ENDED: words.ended,
        Group.SPENT: words.spent,
    }


def _on_people(use: Use, whole: Judged, verdict: Verdict, rules: RuleSet, now: datetime) -> Decision:
    if verdict.permitted:
        return replace(whole.decision, people=verdict)
    reason = max(verdict.refused, key=lambda key: verdict.refused[key], default=Reason.PERSON_NOT_AVAILABLE)
    return replace(refused(use, reason, rules, now, whole.facts.scheme), people=verdict, topic=whole.decision.topic)
