"""The page of legal bases says of privacy problems, records of provision and joint use what the code does."""

from __future__ import annotations

from datetime import date

from umaya.gate.joint_use import NoticeDocument, NoticeState
from umaya.gate.joint_use.document import NoticeItem
from umaya.law import RULES
from umaya.law.joint_use import AgreedPoint
from umaya.law.privacy_check import PROBLEMS
from umaya.law.provision import Ground, OtherSide, record_duty

from .pages import REFERENCE, names, rows, section

NOTICES = REFERENCE / "joint-use-notices.md"

BASES = REFERENCE / "legal-bases.md"


def test_every_privacy_problem_with_its_group_names_and_question() -> None:
    assert rows(section(BASES, "The sixteen types")) == [
        [problem, words.group, words.title.ja, words.title.en, words.question.en] for problem, words in PROBLEMS.items()
    ]


def test_every_basis_with_the_record_that_is_owed() -> None:
    assert rows(section(BASES, "Records of provision")) == [
        [
            basis.id,
            basis.provision,
            "owed" if record_duty(basis.provision, OtherSide.BUSINESS).owed else "not owed",
        ]
        for basis in RULES.at(date.max).bases.values()
    ]


def test_what_records_hold() -> None:
    owed = {ground: record_duty(ground, OtherSide.BUSINESS) for ground in Ground}
    assert [[cell.replace("`", "") for cell in row] for row in rows(section(BASES, "What they hold"))] == [
        [ground, ", ".join(duty.provider), ", ".join(duty.recipient), ", ".join(duty.forms)]
        for ground, duty in owed.items()
        if duty.owed
    ]


def test_every_point_that_is_agreed_in_advance() -> None:
    assert names(section(BASES, "Agreed in advance")) == list(AgreedPoint)


def test_every_key_of_a_notice_and_its_states() -> None:
    assert names(section(NOTICES, "Keys")) == list(NoticeDocument.model_fields)
    assert names(section(NOTICES, "Keys of an item")) == [
        field.alias or name for name, field in NoticeItem.model_fields.items()
    ]
    assert names(section(NOTICES, "States of a version")) == list(NoticeState)
