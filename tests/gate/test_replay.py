"""Replay: the ledger alone tells who decided on which version when; a database that says otherwise is found out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from tests.databases import migrated
from tests.gate.review_world import CHECKED, REVIEWERS, appoint_all, people
from tests.gate.review_world import ID as PEOPLE_ID
from tests.gate.world import ACTORS, World
from umaya.gate import Refusal, Release
from umaya.gate.conditions import parse
from umaya.gate.models import SchemeActRow, SchemeVersionRow
from umaya.gate.replay import IN_FLIGHT, Replay, check_against, replay
from umaya.gate.schemes import State
from umaya.ledger import Ed25519Signer, Entry, Ledger
from umaya.types.clock import SystemClock
from umaya.types.errors import IntegrityError, NotFoundError

ID = "minase-passable-roads"
SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))
VERIFIER, APPROVER, STEWARD = ACTORS["second-line"], ACTORS["head"], ACTORS["steward"]
OTHER_PURPOSE = "{ja: 別の目的, en: Another purpose}"
UNTIL = parse("valid-until: {day: 2026-12-31}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The world on a real ledger, whose clock is the world's."""
    Ledger.create(tmp_path / "ledger", SIGNER, SystemClock())
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = World(database, tmp_path / "vault")
    world.ledger = Ledger.open(tmp_path / "ledger", SIGNER, world.clock)
    world.gate = world.new_gate()
    world.furnish()
    world.declare()
    yield world
    database.close()


def entries(world: World) -> list[tuple[int, Entry]]:
    return list(enumerate(world.ledger.entries()))


def told(world: World, scheme: str = ID) -> Replay:
    found = replay(world.ledger.naming(scheme), scheme)
    assert found == replay(entries(world), scheme)
    check_against(found, world.gate.schemes.get(scheme))
    return found


def story(world: World) -> None:
    """Version 1 in force and used twice, suspended, resumed; version 2 in force and used once."""
    world.submit()
    world.gate.review.verify(VERIFIER, ID, conditions=[UNTIL])
    world.gate.review.approve(APPROVER, ID)
    assert isinstance(world.gate.open(world.use()), Release)
    assert isinstance(world.gate.open(world.use()), Release)
    world.gate.review.suspend(STEWARD, ID, "苦情")
    assert isinstance(world.gate.open(world.use()), Refusal)
    world.gate.review.resume(APPROVER, ID, "解決した")
    world.submit(purpose=OTHER_PURPOSE)
    world.gate.review.verify(VERIFIER, ID)
    world.gate.review.approve(APPROVER, ID)
    assert isinstance(world.gate.open(world.use()), Release)


def test_the_ledger_tells_who_decided_on_which_version_when(world: World) -> None:
    story(world)
    found = told(world)
    assert [(act.version, act.act, act.actor, act.state, act.in_force) for act in found.acts] == [
        (1, "submit", "clerk", State.SUBMITTED, None),
        (1, "verify", "second-line", State.VERIFIED, None),
        (1, "approve", "head", State.APPROVED, 1),
        (1, "suspend", "steward", State.SUSPENDED, None),
        (1, "resume", "head", State.APPROVED, 1),
        (2, "submit", "clerk", State.SUBMITTED, 1),
        (2, "verify", "second-line", State.VERIFIED, 1),
        (2, "approve", "head", State.APPROVED, 2),
    ]
    first, second = found.versions
    assert (first.state, first.uses, first.conditions) == (State.REPLACED, 2, (UNTIL.canonical(),))
    assert (second.state, second.uses, second.conditions) == (State.APPROVED, 1, ())
    kinds = [entry.kind for _, entry in entries(world)]
    assert [kinds[act.entry].split(".")[0] for act in found.acts] == ["scheme"] * 8
    assert kinds[first.first_use or 0] == kinds[first.last_use or 0] == "use.permitted"
    assert found.without_effect == ()


def test_every_act_of_review_can_be_replayed(world: World) -> None:
    appoint_all(people(world))
    gate = world.gate
    gate.schemes.submit(ACTORS["clerk"], CHECKED, "customers.yaml")
    gate.review.send_back(VERIFIER, PEOPLE_ID, "期間が長い")
    gate.schemes.submit(ACTORS["clerk"], CHECKED.replace("2027-03-31", "2026-12-31"), "customers.yaml")
    gate.review.sign_privacy(REVIEWERS["protection"], PEOPLE_ID)
    gate.review.impose(VERIFIER, PEOPLE_ID, [parse("report-every-days: {days: 7}")], "報告")
    gate.review.verify(VERIFIER, PEOPLE_ID)
    gate.review.consent(REVIEWERS["banks-head"], PEOPLE_ID)
    gate.review.approve(APPROVER, PEOPLE_ID, conditions=[UNTIL])
    world.clock.advance(timedelta(days=8))
    gate.review.check()
    gate.review.report(REVIEWERS["banks-officer"], PEOPLE_ID, "報告")
    gate.review.resume(APPROVER, PEOPLE_ID, "再開")
    gate.review.end(STEWARD, PEOPLE_ID, "終わり")
    acts = [act.act for act in told(world, PEOPLE_ID).acts]
    assert acts == [
        "submit",
        "return",
        "submit",
        "privacy-check",
        "impose",
        "verify",
        "consent",
        "approve",
        "condition-failed",
        "report",
        "resume",
        "end",
    ]


def test_a_scheme_that_the_ledger_does_not_know(world: World) -> None:
    with pytest.raises(NotFoundError):
        replay(entries(world), "no-such-scheme")


# What does not follow from the ledger's own acts


def spoilt(found: list[tuple[int, Entry]], kind: str, **changes: object) -> list[tuple[int, Entry]]:
    """Return the entries with the last one of a kind changed; `actor` and `body` members are."""
    at = max(index for index, entry in found if entry.kind == kind)
    entry = found[at][1]
    actor = str(changes.pop("actor", entry.actor))
    return [*found[:at], (at, replace(entry, actor=actor, body={**entry.body, **changes})), *found[at + 1 :]]  # type: ignore[dict-item] # a test's values


FORGED: list[tuple[str, Callable[[list[tuple[int, Entry]]], list[tuple[int, Entry]]], str]] = [
    ("no lock one", lambda all_: [e for e in all_ if e[1].kind != "scheme.verified"], "`approve` does not follow"),
    ("no lock two", lambda all_: [e for e in all_ if e[1].kind != "scheme.approved"], "was not in force"),
    ("no submission", lambda all_: [e for e in all_ if e[1].kind != "scheme.submitted"], "was not submitted"),
    ("both locks by one person", lambda all_: spoilt(all_, "scheme.approved", actor="second-line"), "two hats"),
    ("applicant verifies", lambda all_: spoilt(all_, "scheme.verified", actor="clerk"), "two hats"),
    ("another document approved", lambda all_: spoilt(all_, "scheme.approved", document="x"), "not submitted"),
    ("use of another version", lambda all_: spoilt(all_, "use.permitted", version=1), "not submitted"),
    ("use of no version", lambda all_: spoilt(all_, "use.permitted", version=7), "not submitted"),
    ("version out of turn", lambda all_: spoilt(all_, "scheme.submitted", version=5), "does not follow"),
]


@pytest.mark.parametrize(("forge", "words"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED])
def test_what_does_not_follow_is_refused(
    world: World, forge: Callable[[list[tuple[int, Entry]]], list[tuple[int, Entry]]], words: str
) -> None:
    story(world)
    with pytest.raises(IntegrityError, match=words):
        replay(forge(entries(world)), ID)


def test_a_use_after_the_suspension_is_found(world: World) -> None:
    """A database was told that the scheme is in force, and the gate believed it."""
    story(world)
    world.gate.review.suspend(STEWARD, ID, "苦情")
    world.clock.advance(IN_FLIGHT + timedelta(seconds=1))
    with world.database.writing() as session:
        session.execute(
            update(SchemeVersionRow)
            .where(SchemeVersionRow.state == State.SUSPENDED.value)
            .values(state=State.APPROVED.value)
        )
    assert isinstance(world.gate.open(world.use()), Release)
    with pytest.raises(IntegrityError, match="version 2, which was not in force"):
        replay(entries(world), ID)


def test_a_use_decided_just_before_the_commit_of_an_act_is_in_order(world: World) -> None:
    """The act's entry stands first, its effect comes a moment later."""
    story(world)
    found = entries(world)
    at = max(index for index, entry in found if entry.kind == "use.permitted")
    world.gate.review.suspend(STEWARD, ID, "苦情")
    suspended = entries(world)[-1]
    late = (len(found) + 1, found[at][1])
    told = replay([*found, suspended, late], ID)
    assert told.versions[-1].state is State.SUSPENDED


def test_a_condition_that_was_not_imposed_stops_nothing(world: World) -> None:
    story(world)
    world.submit(purpose="{ja: 三, en: Third}")
    world.gate.review.verify(VERIFIER, ID, conditions=[UNTIL])
    world.gate.review.approve(APPROVER, ID)
    world.gate.review.stop_for_condition(ID, UNTIL)
    told(world)
    with pytest.raises(IntegrityError, match="not imposed"):
        replay(spoilt(entries(world), "scheme.condition-failed", condition="max-uses-per-day:uses:1"), ID)


# Crashes


def without_commit(world: World, act: Callable[[], object]) -> None:
    """Do an act whose entry is recorded and whose commit never comes."""
    append = world.ledger.append

    def append_and_crash(*args: object, **given: object) -> object:
        append(*args, **given)
        raise KeyboardInterrupt

    world.ledger.append = append_and_crash
    with pytest.raises(KeyboardInterrupt):
        act()
    world.ledger.append = append


def test_an_entry_without_effect_is_passed_over_once_the_act_is_repeated(world: World) -> None:
    world.submit()
    world.gate.review.verify(VERIFIER, ID)
    without_commit(world, lambda: world.gate.review.approve(APPROVER, ID))
    orphan = len(entries(world)) - 1
    with pytest.raises(IntegrityError, match=rf"approved by the ledger and verified by the database \(entry {orphan}"):
        told(world)
    world.gate.review.approve(APPROVER, ID)
    assert told(world).without_effect == (orphan,)


# A database that was changed


TAMPERED: list[tuple[str, object, str]] = [
    (
        "state",
        update(SchemeVersionRow).where(SchemeVersionRow.version == 1).values(state="approved"),
        "replaced by the ledger and approved by the database",
    ),
    ("conditions", update(SchemeVersionRow).where(SchemeVersionRow.version == 1).values(conditions=[]), "conditions"),
    ("actor", update(SchemeActRow).where(SchemeActRow.act == "verify").values(actor="two-hats"), "does not tell"),
    ("entry", update(SchemeActRow).where(SchemeActRow.act == "verify").values(entry=1), "does not tell"),
]


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in TAMPERED], ids=[case[0] for case in TAMPERED])
def test_a_database_that_says_otherwise_is_found_out(world: World, change: object, words: str) -> None:
    story(world)
    told(world)
    with world.database.writing() as session:
        session.execute(change)  # type: ignore[call-overload] # an update, as listed above
    with pytest.raises(IntegrityError, match=words):
        told(world)


def test_a_version_taken_out_of_the_database_is_missed(world: World) -> None:
    story(world)
    with world.database.writing() as session:
        session.execute(delete(SchemeActRow).where(SchemeActRow.version == 2))
        session.execute(delete(SchemeVersionRow).where(SchemeVersionRow.version == 2))
    with pytest.raises(IntegrityError, match="version 2 is not in the database"):
        told(world)
