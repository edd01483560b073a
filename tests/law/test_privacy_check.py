"""The sixteen privacy problems: each answered once, a because for what is not relevant, an open high risk blocks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umaya.law.findings import Finding
from umaya.law.privacy_check import (
    PROBLEMS,
    PrivacyAnswer,
    PrivacyFault,
    Problem,
    ProblemGroup,
    Risk,
    privacy_faults,
)

PASSED = tuple(PrivacyAnswer(problem, Risk.LOW) for problem in Problem)
ONE = Problem.INTRUSION


def answered(answer: PrivacyAnswer) -> list[PrivacyAnswer]:
    """Return a passed check with one answer replaced."""
    return [answer if one.problem is answer.problem else one for one in PASSED]


def test_sixteen_types_in_four_groups() -> None:
    """Solove: two of collection, five of processing, seven of dissemination, two of invasion."""
    groups = Counter(PROBLEMS[problem].group for problem in Problem)
    assert [groups[group] for group in ProblemGroup] == [2, 5, 7, 2]


@pytest.mark.parametrize("problem", Problem)
def test_every_type_has_names_and_a_question_in_both_languages(problem: Problem) -> None:
    words = PROBLEMS[problem]
    for text in (words.title, words.question):
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", text.ja)
        assert text.en.isascii()
    assert words.question.en.endswith("?")
    assert words.question.ja.endswith(("か。", "か?"))


def test_a_check_with_every_answer_passes() -> None:
    assert privacy_faults(PASSED) == ()


def test_what_is_not_answered_or_answered_twice_is_told() -> None:
    assert privacy_faults(PASSED[1:]) == (Finding(PrivacyFault.NOT_ANSWERED, PASSED[0].problem),)
    assert privacy_faults([*PASSED, PASSED[3]]) == (Finding(PrivacyFault.ANSWERED_TWICE, PASSED[3].problem),)
    assert len(privacy_faults([])) == len(Problem)


@pytest.mark.parametrize(
    ("answer", "faults"),
    [
        (PrivacyAnswer(ONE, Risk.NOT_RELEVANT, because="nobody is contacted"), []),
        (PrivacyAnswer(ONE, Risk.NOT_RELEVANT, because=" "), [PrivacyFault.NO_BECAUSE]),
        (PrivacyAnswer(ONE, Risk.HIGH), [PrivacyFault.HIGH_RISK_OPEN]),
        (PrivacyAnswer(ONE, Risk.HIGH, measure="fewer calls"), [PrivacyFault.HIGH_RISK_OPEN]),
        (PrivacyAnswer(ONE, Risk.HIGH, measure="fewer calls", residual=Risk.HIGH), [PrivacyFault.HIGH_RISK_OPEN]),
        (PrivacyAnswer(ONE, Risk.HIGH, measure="letters only", residual=Risk.MIDDLE), []),
        (PrivacyAnswer(ONE, Risk.HIGH, residual=Risk.LOW), [PrivacyFault.NO_MEASURE]),
        (PrivacyAnswer(ONE, Risk.LOW, measure="calls", residual=Risk.MIDDLE), [PrivacyFault.RISK_GREW]),
        (PrivacyAnswer(ONE, Risk.MIDDLE), []),
    ],
)
def test_each_answer_must_stand_on_its_own(answer: PrivacyAnswer, faults: list[PrivacyFault]) -> None:
    assert privacy_faults(answered(answer)) == tuple(Finding(fault, ONE) for fault in faults)


ANSWERS = st.lists(
    st.builds(
        PrivacyAnswer,
        st.sampled_from(Problem),
        st.sampled_from(Risk),
        st.sampled_from(["", "because"]),
        st.sampled_from(["", "measure"]),
        st.none() | st.sampled_from(Risk),
    ),
    max_size=20,
)


@given(ANSWERS)
def test_an_open_high_risk_never_passes(answers: list[PrivacyAnswer]) -> None:
    everything = [*answers, *(one for one in PASSED if one.problem not in {answer.problem for answer in answers})]
    passed = not privacy_faults(everything)
    assert not passed or all(answer.left is not Risk.HIGH for answer in everything)
    assert not passed or sorted(answer.problem for answer in everything) == sorted(Problem)


@given(st.integers(0, 15))
def test_every_single_type_can_block(at: int) -> None:
    spoiled = [replace(answer, risk=Risk.HIGH) if at == n else answer for n, answer in enumerate(PASSED)]
    assert [fault.item for fault in privacy_faults(spoiled)] == [PASSED[at].problem]
