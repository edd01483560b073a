"""The rights desk when two act at one moment, when somebody acts in the middle, and when an agent looks for a sign."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.gate.rights.desk_world import DESK, GUARD, SECOND, World
from umaya.gate.record import NotRecordedError
from umaya.gate.rights import Form, Request, Requester, RequestState
from umaya.gate.statements import salted
from umaya.law.rights import RequestKind
from umaya.types.errors import ConflictError, UmayaError

K = RequestKind
AGENT: dict[str, Any] = {"requester": Requester.MANDATED_AGENT, "agent": "行政書士 某"}
PROTECTED, UNKNOWN = 3, 90_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished hub, closed, to be copied by each test."""
    directory = tmp_path_factory.mktemp("desk") / "hub"
    World(directory).hub.close()
    return directory


@pytest.fixture
def world(tmp_path: Path, made: Path) -> Iterator[World]:
    world = World(Path(shutil.copytree(made, tmp_path / "hub")))
    yield world
    world.hub.close()


def kept(content: bytes, form: Form) -> bytes:
    return content


def test_an_answer_that_two_clerks_make_at_once_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second to finish is refused, and takes nothing of the first one's away."""
    answers, request = world.gate.rights.answers, world.in_work()
    finish: Callable[..., None] = answers._finish

    def overtaken(*given: Any) -> None:
        monkeypatch.setattr(answers, "_finish", finish)
        answers.answer(SECOND, request, "二人目")
        finish(*given)

    monkeypatch.setattr(answers, "_finish", overtaken)
    with pytest.raises(ConflictError):
        answers.answer(DESK, request, "一人目")
    handed = world.gate.rights.handing.hand_out(request, kept, actor=DESK)
    assert "二人目" in handed.content.decode()
    entry = next(act.entry for act in world.gate.rights.requests.get(DESK, request).acts if act.act == "answered")
    assert world.hub.ledger.entry(entry).body["data"] == handed.digest


MEDDLING: dict[str, Callable[[World, str], None]] = {
    "withdraw": lambda world, request: world.gate.rights.withdraw(3, request),
    "decline": lambda world, request: world.gate.rights.desk.decline(SECOND, request, "やめる"),
    "refuse": lambda world, request: world.gate.rights.desk.confirm_refusal(SECOND, request),
}


@pytest.mark.parametrize("meddle", MEDDLING)
def test_an_erasure_under_way_is_stopped_by_nobody(world: World, meddle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are gone already: the request ends as what it is, an erasure, and the desk's words go too."""
    rights, request = world.gate.rights, world.in_work(K.ERASURE)
    rights.desk.propose_erasure(DESK, request)
    erase = rights.changes._vault.erase

    def meddled(*given: Any) -> Any:
        with pytest.raises(ConflictError):
            MEDDLING[meddle](world, request)
        return erase(*given)

    monkeypatch.setattr(rights.changes._vault, "erase", meddled)
    assert rights.changes.erase(SECOND, request) == 1
    told = rights.requests.get(DESK, request)
    assert (told.state, dict(told.texts)) == (RequestState.ANSWERED, {})


def test_an_erasure_leaves_no_other_request_without_salt(world: World) -> None:
    """What is written for them later enters the ledger salted as before."""
    rights = world.gate.rights
    other, request = world.in_work(), world.in_work(K.ERASURE)
    rights.desk.propose_erasure(DESK, request)
    rights.changes.erase(SECOND, request)
    rights.desk.extend(DESK, other, "記録を探している")
    entry = world.hub.ledger.entry(world.hub.ledger.size - 1)
    assert entry.kind == "request.extended"
    assert entry.body["statement"] != salted("記録を探している", "")


def _course(world: World, request: str) -> tuple[Request, list[str]]:
    """Return what the desk sees of a request, and the kinds that the ledger holds of it."""
    found = world.gate.rights.requests.get(DESK, request)
    ledger = world.hub.ledger
    entries = (ledger.entry(index) for index in range(ledger.size))
    return found, [entry.kind for entry in entries if entry.body.get("request") == request]


def _said(do: Callable[[], object]) -> str:
    """Return how an act ends: with what, or with which error."""
    try:
        return repr(do())
    except UmayaError as error:
        return f"{type(error).__name__}: {error}"


ACTS: dict[str, tuple[dict[str, Any], Callable[[World, str], list[str]]]] = {
    "correct": (
        {"kind": K.CORRECTION, "words": "町が違う", "dataset": "deposits", "field": "town", "value": "水無瀬"},
        lambda world, request: [
            _said(lambda: world.gate.rights.changes.correct(DESK, request, "deposits", "balance", "多い")),
            _said(lambda: world.gate.rights.changes.correct(DESK, request, "deposits", "nowhere", "多い")),
            _said(lambda: world.gate.rights.changes.correct(DESK, request, "deposits", "town", "水無瀬")),
        ],
    ),
    "stop": (
        {"kind": K.STOP_USE},
        lambda world, request: [
            _said(lambda: world.gate.rights.changes.stop(DESK, request)),
            _said(lambda: world.gate.rights.changes.lift(DESK, request, "続けたい")),
            _said(lambda: world.gate.rights.changes.lift(DESK, request, "続けたい")),
        ],
    ),
    "erase": (
        {"kind": K.ERASURE},
        lambda world, request: [
            _said(lambda: world.gate.rights.desk.propose_erasure(DESK, request)),
            _said(lambda: world.gate.rights.changes.erase(SECOND, request)),
            _said(lambda: world.gate.rights.changes.lift(DESK, request, "戻りたい")),
            _said(lambda: world.gate.rights.changes.lift(DESK, request, "戻りたい")),
        ],
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_to_an_agent_a_protected_person_is_like_somebody_unknown_in_every_act(world: World, act: str) -> None:
    """What the desk sees, what it is told, and how many entries of which kind there are: all of it is the same."""
    changes, carry_out = ACTS[act]
    world.gate.measures.set(GUARD, PROTECTED, "支援措置")
    courses = []
    for person in (PROTECTED, UNKNOWN):
        request = world.in_work(person=person, **changes, **AGENT)
        told = carry_out(world, request)
        found, kinds = _course(world, request)
        acts = [one.act for one in found.acts]
        courses.append((told, kinds, acts, found.state, dict(found.texts), found.proposal))
    assert courses[0] == courses[1]


def test_the_desk_opens_nothing_that_the_ledger_did_not_note(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request, the work list, and what agents ask about the protected: each is an entry, or is not shown."""
    world.gate.measures.set(GUARD, PROTECTED, "支援措置")
    request = world.in_work(person=PROTECTED, **AGENT)
    requests, ledger = world.gate.rights.requests, world.hub.ledger
    shows: list[tuple[Callable[[], object], dict[str, object]]] = [
        (lambda: requests.open(DESK, request), {"request": request}),
        (lambda: requests.list(DESK), {"requests": 1}),
        (lambda: world.gate.rights.desk.agents(GUARD), {"requests": 1}),
    ]
    for show, body in shows:
        show()
        entry = ledger.entry(ledger.size - 1)
        assert (entry.kind, entry.body) == ("request.opened", body)

    def full(*given: object) -> None:
        raise OSError

    monkeypatch.setattr(world.gate.rights.requests._acts, "ledger", SimpleNamespace(append=full))
    for show, _ in shows:
        with pytest.raises(NotRecordedError):
            show()
