"""The breach desk: who got what in a window, which triggers are met, until when to report, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.breach.leak import AUDITOR, GUARD, OFFICER, TELL, approve_notice, leaked, opened, searched
from tests.gate.lists import ACTORS, BANK, INSURER, SCHEME, Lists
from umaya.gate import Refusal
from umaya.gate.breach.cases import Stage
from umaya.gate.breach.released import Search
from umaya.gate.breach.telling import PeopleList
from umaya.law import day_in_japan
from umaya.law.breach import LeakException, ReportField, Trigger
from umaya.types.classes import SecrecyClass as C
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Lists]:
    """The bank after two lists left."""
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    yield leaked(database, tmp_path)
    database.close()


def kinds(world: Lists) -> list[str]:
    return [world.ledger.entry(at).kind for at in range(world.ledger.size)]


def test_nobody_is_counted_twice_over_two_releases(world: Lists) -> None:
    """Two lists of two people with one in common concern three; fields and classes are those that left."""
    found = world.gate.breach.released(OFFICER, searched(world))
    assert found is not None
    assert (found.uses, found.rows, len(found.people), found.unknown_rows) == (2, 4, 3, 0)
    assert found.fields == {"balance": C.FINANCIAL, "matures": C.FINANCIAL, "town": C.ORDINARY}
    assert [(group.scheme, group.recipient, group.actor) for group in found.groups] == [(SCHEME, INSURER, "seller")]


NARROWED = (
    ({"scheme": SCHEME}, 2),
    ({"scheme": "other"}, 0),
    ({"dataset": "deposits"}, 2),
    ({"dataset": "depositories"}, 0),
    ({"recipient": INSURER}, 2),
    ({"recipient": BANK}, 0),
    ({"actor": "seller"}, 2),
    ({"actor": "head"}, 0),
)


def test_a_search_narrows_to_scheme_dataset_recipient_or_actor(world: Lists) -> None:
    case, now = opened(world), world.clock.now()
    for narrowed, uses in NARROWED:
        found = world.gate.breach.search(OFFICER, case, Search((now - timedelta(hours=1), now), narrowed))
        assert found.uses == uses, narrowed


def test_a_window_without_releases_finds_none(world: Lists) -> None:
    case, now = opened(world), world.clock.now()
    found = world.gate.breach.search(OFFICER, case, Search((now - timedelta(minutes=1), now)))
    assert (found.uses, len(found.people)) == (0, 0)
    with pytest.raises(InputError):
        world.gate.breach.search(OFFICER, case, Search((now, now)))


def test_classes_and_counts_suggest_triggers_and_a_person_decides(world: Lists) -> None:
    """Balances hint at a financial loss; what the person decides stands, and stays when they change it."""
    case = searched(world)
    assert world.gate.breach.suggested(OFFICER, case) == {Trigger.FINANCIAL_LOSS}
    world.gate.breach.assess(OFFICER, case, frozenset({Trigger.FINANCIAL_LOSS}), frozenset(), "残高が載っている")
    encrypted = frozenset({LeakException.STRONGLY_ENCRYPTED})
    world.gate.breach.assess(ACTORS["second-line"], case, frozenset({Trigger.FINANCIAL_LOSS}), encrypted, "暗号化済み")
    found = world.gate.breach.get(OFFICER, case)
    assert [one.must_report for one in found.assessments] == [True, False]
    assert found.owed() == ()


def test_both_reports_are_owed_until_somebody_found_that_none_is(world: Lists) -> None:
    """Suspicion is enough: the clocks run from the day it was known; an improper intent gives the longer one."""
    case = opened(world)
    known = day_in_japan(world.clock.now())
    owed = dict(world.gate.breach.get(OFFICER, case).owed())
    assert owed[Stage.PRELIMINARY] == known + timedelta(days=5)
    assert owed[Stage.FINAL] >= known + timedelta(days=30)
    world.gate.breach.assess(OFFICER, case, frozenset({Trigger.IMPROPER_INTENT}), frozenset(), "持ち出し")
    assert dict(world.gate.breach.get(OFFICER, case).owed())[Stage.FINAL] >= known + timedelta(days=60)


def test_drafts_are_kept_and_a_report_names_one(world: Lists) -> None:
    case, desk = opened(world), world.gate.breach
    today = day_in_japan(world.clock.now())
    first = desk.draft(OFFICER, case, {ReportField.OUTLINE: "一版"})
    second = desk.draft(OFFICER, case, {ReportField.OUTLINE: "二版"})
    assert (first.version, second.version) == (1, 2)
    desk.report(OFFICER, case, Stage.PRELIMINARY, 1, today, "受付 1")
    found = desk.get(OFFICER, case)
    assert [draft.texts[ReportField.OUTLINE] for draft in found.drafts] == ["一版", "二版"]
    assert [stage for stage, _ in found.owed()] == [Stage.FINAL]
    with pytest.raises(ConflictError):
        desk.report(OFFICER, case, Stage.PRELIMINARY, 2, today, "受付 2")
    with pytest.raises(InputError):
        desk.report(OFFICER, case, Stage.FINAL, 3, today, "受付 3")
    with pytest.raises(InputError):
        desk.report(OFFICER, case, Stage.FINAL, 2, today + timedelta(days=1), "受付 4")


def test_people_are_listed_through_the_gate_and_the_protected_by_protectors(world: Lists) -> None:
    """Of three people one is protected: two stand in the list, the third reaches the protector's desk and no other."""
    approve_notice(world)
    world.gate.measures.set(GUARD, 1, "申出")
    case = searched(world)
    made = world.gate.telling.make(OFFICER, case, TELL)
    assert isinstance(made, PeopleList)
    assert made.data.column_names == ["town"]
    assert made.numbers == tuple(world.gate.numbers.of(BANK, one) for one in (0, 2))
    assert kinds(world)[-1] == "breach.list-made"
    assert "use.released" in kinds(world)
    (waits,) = world.gate.telling.to_tell(GUARD)
    assert (waits.numbers, waits.told) == ((world.gate.numbers.of(BANK, 1),), False)
    assert kinds(world)[-1] == "breach.protected-seen"
    world.gate.telling.told_safely(GUARD, case)
    assert world.gate.telling.to_tell(GUARD)[0].told
    with pytest.raises(ForbiddenError):
        world.gate.telling.to_tell(OFFICER)
    listed = world.gate.breach.get(OFFICER, case).lists[-1]
    assert (listed.asked, listed.listed) == (3, 2)


def test_a_list_needs_a_scheme_that_cites_the_provision_and_an_officer(world: Lists) -> None:
    case = searched(world)
    with pytest.raises(InputError):
        world.gate.telling.make(OFFICER, case, SCHEME)
    approve_notice(world)
    assert [one.scheme for one in world.gate.telling.schemes(OFFICER)] == [TELL]
    outcome = world.gate.telling.make(ACTORS["second-line"], case, TELL)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "role-missing"


def test_notices_are_counted_and_a_case_closes_when_nothing_is_owed(world: Lists) -> None:
    case, desk = opened(world), world.gate.breach
    desk.notified(OFFICER, case, 2, "書面")
    with pytest.raises(ConflictError):
        desk.close(OFFICER, case, "終わり")
    desk.assess(OFFICER, case, frozenset(), frozenset(), "該当しない")
    desk.close(OFFICER, case, "終わり")
    assert desk.get(OFFICER, case).told == 2
    with pytest.raises(ConflictError):
        desk.notified(OFFICER, case, 1, "電話")


def test_only_the_partys_privacy_officer_and_second_line_act_and_auditors_read(world: Lists) -> None:
    case, desk = opened(world), world.gate.breach
    assert desk.get(AUDITOR, case).id == case
    assert [one.id for one in desk.list(AUDITOR)] == [case]
    for stranger in (ACTORS["seller"], ACTORS["head"]):
        with pytest.raises(NotFoundError):
            desk.get(stranger, case)
        assert list(desk.list(stranger)) == []
    for outsider in (AUDITOR, ACTORS["head"]):
        with pytest.raises(ForbiddenError):
            desk.notified(outsider, case, 1, "電話")
        with pytest.raises(ForbiddenError):
            desk.open(outsider, "題", "何", world.clock.now(), suspected=True)


def test_a_case_is_known_no_later_than_now(world: Lists) -> None:
    with pytest.raises(InputError, match="to come"):
        world.gate.breach.open(OFFICER, "題", "何", world.clock.now() + timedelta(hours=1), suspected=True)
    with pytest.raises(NotFoundError):
        world.gate.breach.open(OFFICER, "題", "何", world.clock.now(), suspected=True, alarm="none")


def test_the_ledger_has_every_step_and_none_of_the_words(world: Lists) -> None:
    case = searched(world)
    world.gate.breach.draft(OFFICER, case, {ReportField.CAUSE: "置き忘れ"})
    told = b"".join(world.ledger.entry_bytes(at) for at in range(world.ledger.size)).decode()
    assert [kind for kind in kinds(world) if kind.startswith("breach.")] == [
        "breach.opened",
        "breach.searched",
        "breach.drafted",
    ]
    assert "置き忘れ" not in told
    assert "営業先" not in told
