"""Every code speaks Japanese and English and names its source; a refusal tells nothing that it must not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from enum import StrEnum

import pytest

from umaya.law import RULES, Evidence, Finding
from umaya.law.check import first_fault
from umaya.law.cross_sell import ConsentFault
from umaya.law.joint_use import AgreedPoint, ChangeFault, NoticeFault
from umaya.law.privacy_check import PrivacyFault, Problem
from umaya.law.provision import ProvisionFault, RecordForm, RecordItem
from umaya.law.texts import Language
from umaya.law.words import SPOKEN, evidence_title, explain
from umaya.types.classes import SecrecyClass
from umaya.types.reasons import Reason

from .test_rules import DISASTER, PROBE

RULES_NOW = RULES.at(date(2026, 4, 1))
FINDINGS: list[StrEnum] = [*ConsentFault, *NoticeFault, *ChangeFault, *ProvisionFault, *PrivacyFault]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def check_texts(code: Reason | Finding) -> None:
    japanese, english = (explain(code, RULES_NOW, language) for language in ("ja", "en"))
    for text in (japanese.what, japanese.next, japanese.source):
        assert JAPANESE.search(text)
    for text in (english.what, english.next, english.source):
        assert re.match(r"[A-Z]", text)
        assert not JAPANESE.search(re.sub(r"\(.*?\)", "", text))
    assert english.what.endswith(".")
    assert japanese.what.endswith("。")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_speaks_both_languages(reason: Reason) -> None:
    check_texts(reason)


@pytest.mark.parametrize("code", FINDINGS)
def test_every_finding_speaks_both_languages(code: StrEnum) -> None:
    check_texts(Finding(code))


def test_no_words_are_left_over() -> None:
    assert {*Reason, *FINDINGS} == SPOKEN


@pytest.mark.parametrize("evidence", Evidence)
def test_every_evidence_has_a_title(evidence: Evidence) -> None:
    assert JAPANESE.search(evidence_title(evidence).ja)
    assert not JAPANESE.search(evidence_title(evidence).en)


def test_a_fault_names_the_article_of_its_basis_and_what_it_is_about() -> None:
    fault = first_fault(RULES_NOW, replace(DISASTER, has_area=False))
    assert fault is not None
    english, japanese = (explain(fault, RULES_NOW, language) for language in ("en", "ja"))
    assert english.source == RULES_NOW.bases["postal-exception-2"].source
    assert english.what.endswith("It is about: The scheme says where.")
    assert japanese.source.startswith("郵便法第8条第2項")
    assert japanese.what.endswith("(対象: 区域が示されていること)")
    assert english.rules == japanese.rules == RULES_NOW.version
    assert str(english) == f"{english.what} {english.next} ({english.source})"


ITEMS: list[tuple[StrEnum, str]] = [
    *((NoticeFault.POINT_NOT_AGREED, point) for point in AgreedPoint),
    *((ProvisionFault.ITEM_MISSING, item) for item in RecordItem),
    *((ProvisionFault.FORM_NOT_ALLOWED, form) for form in RecordForm),
    *((PrivacyFault.HIGH_RISK_OPEN, problem) for problem in Problem),
]


@pytest.mark.parametrize(("code", "item"), ITEMS)
def test_what_a_finding_is_about_is_called_by_its_name(code: StrEnum, item: str) -> None:
    about = explain(Finding(code, item), RULES_NOW, "ja").what.rpartition("(対象: ")[2]
    assert JAPANESE.search(about)
    assert item not in about
    assert explain(Finding(code, item), RULES_NOW, "en").what.rpartition("It is about: ")[2].isascii()


def test_an_id_of_a_document_is_shown_as_it_is() -> None:
    assert "post-name" in explain(Finding(NoticeFault.EMPTY_ITEM, "post-name"), RULES_NOW, "ja").what
    assert "text_version" not in explain(Finding(ConsentFault.NO_TEXT, "text_version"), RULES_NOW, "en").what


def test_correspondence_is_explained_by_the_postal_act_on_every_basis() -> None:
    fault = first_fault(RULES_NOW, replace(PROBE, classes={"sender": SecrecyClass.CORRESPONDENCE}))
    assert fault is not None
    assert explain(fault, RULES_NOW, "en").source == "Postal Act art. 8(1) (secrecy of correspondence)"


def test_a_reason_takes_the_article_of_the_basis_where_that_is_known() -> None:
    assert "300" in explain(Reason.CONSENT_MISSING, RULES_NOW, "ja", "cross-sell-consent").source
    assert "27(1)" in explain(Reason.CONSENT_MISSING, RULES_NOW, "en").source
    assert "27(1)" in explain(Reason.CONSENT_MISSING, RULES_NOW, "en", "no-such-basis").source


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("reason", [Reason.PERSON_NOT_AVAILABLE, Reason.CONSENT_MISSING])
def test_nothing_tells_of_a_protective_measure(reason: Reason, language: Language) -> None:
    """Somebody protected is refused in the words of somebody unknown (支援措置)."""
    text = str(explain(reason, RULES_NOW, language)).lower()
    assert not re.search(r"protect|support measure|violence|stalk|支援|保護されて|暴力", text)
