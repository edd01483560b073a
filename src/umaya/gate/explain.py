"""Explaining a decision about one person: each rule in its order, met or not, in words, with the rule's source.

What is shown is what was decided: a protected person's explanation is that of somebody who said nothing, except to a
protector of a party that protects the person. The person's other data has no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from umaya.gate.judge import Judged
from umaya.gate.person_rule import Clause, Group
from umaya.law import Language, RuleSet, Text
from umaya.law.words import explain
from umaya.types.reasons import Reason


@dataclass(frozen=True)
class Line:
    """One step of an explanation.

    Attributes:
        met: whether the rule was met.
        text: what was found, and what to do where it was not met.
        source: the article or rule.
    """

    met: bool
    text: str
    source: str


@dataclass(frozen=True)
class Explanation:
    """Why one person's data may, or may not, be used; the last line decides."""

    permitted: bool
    reason: Reason
    rules: str
    lines: tuple[Line, ...]


_MET: dict[Group, Text] = {
    Group.HELD: Text("データセットに本人の行があります。", "The dataset holds rows about the person."),
    Group.STOPPED: Text("本人の請求による利用停止はありません。", "The person had no use stopped."),
    Group.CONSENTED: Text("本人の同意が有効です。", "The person's consent is in force."),
    Group.WITHDRAWN: Text("同意は撤回されていません。", "Consent was not withdrawn."),
    Group.EXPIRED: Text("同意の期限は切れていません。", "Consent has not expired."),
    Group.TEXT_ENDED: Text("同意の文面は終了していません。", "The text consented to has not been ended."),
    Group.SPENT: Text("1回限りの同意は使われていません。", "Consent to a single use was not spent."),
}
_WHOLE = Text(
    "施策は承認されて期間内にあり、利用者・項目・加工・根拠が法令に合っています。",
    "The scheme is approved and within its period; user, fields, obligations and basis meet the law.",
)
_PROTECTED = Text(
    "支援措置により、すべての開示が止められています（保護担当者だけに表示）。",
    "A protective measure stops every disclosure (shown to protectors alone).",
)
_HIDING = frozenset({Reason.CONSENT_MISSING, Reason.PERSON_NOT_AVAILABLE})
"""Reasons that a protective measure may hide behind: which rules were passed before would tell it from silence."""


def explanation(judged: Judged, person: int, rules: RuleSet, language: Language, *, protector: bool) -> Explanation:
    """Return the explanation of a judgement for one person.

    Args:
        judged: the use, judged for any one person.
        person: the person's number.
        rules: the law of the day.
        language: `ja` or `en`.
        protector: whether the reader may know that a protective measure stands before this person.
    """
    whole, case = judged.decision, judged.case
    basis = None if judged.facts.scheme is None else judged.facts.scheme.document.basis
    if case is None:
        met = whole.permitted
        line = _line(whole.reason, rules, language, basis, met=met)
        return Explanation(met, whole.reason, rules.version, (line,))
    title = _line(Reason.PERMITTED, rules, language, basis, met=True)
    first = Line(True, _WHOLE.of(language), title.source)
    passed = [first]
    for clause in case.rule:
        if (person in case.groups[clause.group]) is clause.strikes_members:
            last = _struck(clause, rules, language, basis, protector=protector)
            lines = (first, last) if clause.reason in _HIDING and not protector else (*passed, last)
            return Explanation(False, clause.reason, rules.version, lines)
        if clause.group in _MET:  # that somebody is not protected, or was not merged, is nobody's to know
            passed.append(Line(True, _MET[clause.group].of(language), title.source))
    if judged.failed is not None:
        last = _line(Reason.CONDITION_FAILED, rules, language, basis, met=False)
        return Explanation(False, Reason.CONDITION_FAILED, rules.version, (*passed, last))
    return Explanation(True, Reason.PERMITTED, rules.version, (*passed, title))


def _struck(clause: Clause, rules: RuleSet, language: Language, basis: str | None, *, protector: bool) -> Line:
    line = _line(clause.reason, rules, language, basis, met=False)
    if clause.group is Group.PROTECTED and protector:
        return Line(False, _PROTECTED.of(language), line.source)
    return line


def _line(reason: Reason, rules: RuleSet, language: Language, basis: str | None, *, met: bool) -> Line:
    told = explain(reason, rules, language, basis)
    return Line(met, told.what if met else f"{told.what} {told.next}", told.source)
