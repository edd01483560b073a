"""Requests about held data: who may ask what, until when it is answered, what leaves, and what is gone afterwards."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.gate.lists import BANK, EIGHT, NOW
from tests.gate.rights.desk_world import CORE, DESK, ELSEWHERE, GUARD, NAMED, SECOND, TERMS, World, name_of
from umaya.gate.rights import Asked, Form, Identity, Requester, RequestState
from umaya.law.rights import RIGHTS, RequestKind
from umaya.ledger.check import check_hub
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError

K = RequestKind
NOW_DAY = NOW.date()
AGENT: dict[str, Any] = {"requester": Requester.MANDATED_AGENT, "agent": "行政書士 某"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished hub, closed, to be copied by each test."""
    directory = tmp_path_factory.mktemp("rights") / "hub"
    World(directory).hub.close()
    return directory


@pytest.fixture
def world(tmp_path: Path, made: Path) -> Iterator[World]:
    world = World(Path(shutil.copytree(made, tmp_path / "hub")))
    yield world
    world.hub.close()


def kept(content: bytes, form: Form) -> bytes:
    return content


def fetched(world: World, request: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(world.gate.rights.handing.hand_out(request, kept, actor=DESK).content)
    return document


def test_a_request_has_the_fee_and_the_clock_of_its_party(world: World) -> None:
    request = world.ask()
    assert (request.fee, request.days_left(NOW_DAY)) == (500, 14)
    assert world.ask(K.CORRECTION, words="残高が違う", dataset="deposits").fee == 0
    assert {one.id for one in world.gate.rights.requests.list(DESK)} == {one.id for one in world.gate.rights.of(3)}
    with pytest.raises(NotFoundError):
        world.gate.rights.requests.get(ELSEWHERE, request.id)
    with pytest.raises(ForbiddenError):
        world.gate.rights.requests.list(GUARD)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": K.ERASURE, "ground": "", "words": "消して"}, "ground"),
        ({"kind": K.DISCLOSURE, "ground": "breach"}, "ground"),
        ({"kind": K.STOP_USE, "ground": "unlawful-provision", "words": "止めて"}, "ground"),
        ({"kind": K.CORRECTION, "words": ""}, "words"),
        ({"requester": Requester.STATUTORY_AGENT}, "agent"),
        ({"value": "5"}, "value"),
    ],
)
def test_a_request_that_lacks_something_says_what(world: World, changes: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=f"field `{field}`"):
        world.gate.rights.submit(Asked(**{"party": BANK, "person": 1, "kind": K.DISCLOSURE} | changes), DESK)  # type: ignore[arg-type]


def test_nothing_is_read_before_it_is_known_who_asks(world: World) -> None:
    request = world.ask().id
    with pytest.raises(ConflictError):
        world.gate.rights.answers.answer(DESK, request)
    with pytest.raises(InputError, match="who asks"):
        world.gate.rights.desk.identify(DESK, request, Identity.MANDATE, "x")


def test_a_disclosure_has_the_persons_rows_and_no_number_and_is_recorded_first(world: World) -> None:
    request = world.in_work()
    world.gate.rights.answers.answer(DESK, request, "ご請求ありがとうございます")
    document = fetched(world, request)
    held = document["held"]
    assert isinstance(held, list)
    assert held[0]["rows"] == [{"balance": 40, "matures": "2026-07-04", "town": name_of(3)}]
    assert [field["name"] for field in held[0]["fields"]] == ["balance", "matures", "town"]
    kinds = [act.act for act in world.gate.rights.requests.get(DESK, request).acts]
    assert kinds == ["received", "identified", "taken", "read", "answered", "handed-out"]
    assert name_of(4) not in json.dumps(document, ensure_ascii=False)


@pytest.mark.parametrize("form", [Form.CSV, Form.PARQUET])
def test_the_answer_has_the_form_that_was_chosen(world: World, form: Form) -> None:
    request = world.in_work(form=form)
    world.gate.rights.answers.answer(DESK, request)
    content = world.gate.rights.handing.hand_out(request, kept, actor=DESK).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["cover.txt", f"deposits.{form.value}"]
        assert "非公開金融情報" in archive.read("cover.txt").decode("utf-8-sig")


def test_an_answer_is_removed_when_handed_over_and_when_its_time_is_over(world: World) -> None:
    first, second = world.in_work(), world.in_work(person=4)
    for request in (first, second):
        world.gate.rights.answers.answer(DESK, request)
    world.gate.rights.handing.remove(DESK, first)
    with pytest.raises(ConflictError):
        fetched(world, first)
    world.clock.advance(timedelta(days=14))
    assert world.gate.rights.handing.remove_old() == 1
    assert not list((world.directory / "vault" / "_answers").iterdir())


def test_a_field_is_left_out_for_a_listed_harm_when_a_second_person_agrees(world: World) -> None:
    request, desk = world.in_work(), world.gate.rights.desk
    with pytest.raises(InputError, match="refusal"):
        desk.propose_refusal(DESK, request, "reason-not-found", "なぜなら")
    desk.propose_refusal(DESK, request, "harm", "第三者の生命を害するおそれ", fields=["deposits.town"])
    with pytest.raises(ConflictError):
        world.gate.rights.answers.answer(DESK, request)
    with pytest.raises(ForbiddenError, match="second person"):
        desk.confirm_refusal(DESK, request)
    desk.confirm_refusal(SECOND, request)
    world.gate.rights.answers.answer(DESK, request)
    found = world.gate.rights.requests.get(DESK, request)
    assert found.state is RequestState.PARTLY
    held = fetched(world, request)["held"]
    assert isinstance(held, list)
    assert held[0]["rows"] == [{"balance": 40, "matures": "2026-07-04"}]


def test_a_request_is_refused_by_two_and_only_for_listed_harms(world: World) -> None:
    request, desk = world.in_work(K.ERASURE), world.gate.rights.desk
    with pytest.raises(InputError, match="alternative"):
        desk.propose_refusal(DESK, request, "great-expense", "費用が大きい")
    desk.propose_refusal(DESK, request, "great-expense", "費用が大きい", "閲覧を止める")
    desk.decline(SECOND, request, "費用は大きくない")
    assert world.gate.rights.requests.get(DESK, request).proposal is None
    desk.propose_refusal(SECOND, request, "reason-not-found", "まだ必要")
    desk.confirm_refusal(DESK, request)
    assert world.gate.rights.requests.get(DESK, request).state is RequestState.REFUSED


def test_a_period_is_extended_once_and_before_it_is_over(world: World) -> None:
    request, desk = world.ask().id, world.gate.rights.desk
    due = world.gate.rights.requests.get(DESK, request).due_on
    desk.extend(DESK, request, "量が多い")
    found = world.gate.rights.requests.get(DESK, request)
    assert (found.due_on - due, found.extended_from) == (timedelta(days=14), due)
    with pytest.raises(ConflictError, match="once"):
        desk.extend(DESK, request, "もっと")
    other = world.ask().id
    world.clock.advance(timedelta(days=15))
    with pytest.raises(ConflictError, match="over"):
        desk.extend(DESK, other, "遅れた")


def test_an_agent_learns_nothing_about_a_protected_person_unless_the_protector_agrees(world: World) -> None:
    """The answer is that of somebody unknown, and the desk sees no difference either."""
    world.gate.measures.set(GUARD, 3, "避難中")
    requests = [world.in_work(person=person, **AGENT) for person in (3, 99)]
    for request in requests:
        world.gate.rights.answers.answer(DESK, request)
    said = [{key: value for key, value in fetched(world, request).items() if key != "cover"} for request in requests]
    assert said[0] == said[1]
    assert said[0]["held"] == []
    again = world.in_work(person=3, **AGENT)
    assert [one.id for one in world.gate.rights.desk.agents(GUARD)] == [again]
    world.gate.rights.desk.clear(GUARD, again, "本人が望んでいる")
    world.gate.rights.answers.answer(DESK, again)
    assert fetched(world, again)["held"] != []


def test_an_agent_can_neither_erase_nor_stop_a_protected_person(world: World) -> None:
    """The desk is told what it is told of somebody unknown; the person's rows stay, and come in as before."""
    world.gate.measures.set(GUARD, 3, "避難中")
    changes = world.gate.rights.changes
    erased = world.in_work(K.ERASURE, person=3, **AGENT)
    world.gate.rights.desk.propose_erasure(DESK, erased)
    assert changes.erase(SECOND, erased) == 0
    changes.stop(DESK, world.in_work(K.STOP_USE, person=3, **AGENT))
    assert world.found(name_of(3))
    assert world.gate.intake.take(CORE, "deposits", EIGHT.slice(2, 2), "other.parquet", 1).rows == 2


def test_a_correction_changes_the_rows_and_the_ledger_has_no_value(world: World) -> None:
    request = world.in_work(K.CORRECTION, words="残高が違う", dataset="deposits", field="balance", value="41")
    with pytest.raises(InputError, match="does not fit"):
        world.gate.rights.changes.correct(DESK, request, "deposits", "balance", "四十一")
    assert world.gate.rights.changes.correct(DESK, request, "deposits", "balance", "41", "40") == 1
    disclosed = world.in_work()
    world.gate.rights.answers.answer(DESK, disclosed)
    held = fetched(world, disclosed)["held"]
    assert isinstance(held, list)
    assert held[0]["rows"][0]["balance"] == 41


def test_a_stop_binds_the_next_use_and_ends_when_it_is_lifted(world: World) -> None:
    world.lists.approve()
    world.lists.consent(1, 2, 3)
    assert world.balances() == [20, 30, 40]
    request = world.in_work(K.STOP_PROVISION)
    world.gate.rights.changes.stop(DESK, request)
    assert world.balances() == [20, 30]
    world.gate.rights.changes.lift(DESK, request, "本人の希望")
    assert world.balances() == [20, 30, 40]


def test_a_stop_holds_for_whom_the_number_is_merged_into(world: World) -> None:
    world.lists.approve()
    world.lists.consent(2, 3)
    world.gate.rights.changes.stop(DESK, world.in_work(K.STOP_USE))
    assert world.balances() == [30]
    world.gate.merges.merge("core", into=2, origin=3)
    assert world.balances() == []


def test_provision_records_tell_who_got_what_when_and_on_what_ground(world: World) -> None:
    world.lists.approve()
    world.lists.consent(3)
    assert world.balances() == [40]
    request = world.in_work(K.PROVISION_RECORDS)
    world.gate.rights.answers.answer(DESK, request)
    parts = fetched(world, request)["parts"]
    assert isinstance(parts, list)
    assert "水無瀬銀行 → 水無瀬生命: balance, matures, town" in parts[0]["lines"][0][1]
    nobody = world.in_work(K.PROVISION_RECORDS, person=5)
    world.gate.rights.answers.answer(DESK, nobody)
    assert fetched(world, nobody)["parts"] == []


def test_the_purposes_of_use_are_told(world: World) -> None:
    world.lists.approve()
    request = world.in_work(K.PURPOSE_NOTICE)
    world.gate.rights.answers.answer(DESK, request)
    assert "保険の案内" in json.dumps(fetched(world, request), ensure_ascii=False)


def test_erasure_leaves_no_byte_of_the_person_and_a_ledger_that_verifies(world: World) -> None:
    """Name and balance are gone from every file of the hub; others stay; receipts of past uses still verify."""
    world.lists.approve()
    world.lists.consent(2, 3)
    assert world.balances() == [30, 40]
    use = world.gate.uses.releases()[0].id
    disclosed = world.in_work()
    world.gate.rights.answers.answer(DESK, disclosed)
    corrected = world.in_work(K.CORRECTION, words="残高が違う", field="balance", value="77310042")
    world.gate.rights.changes.correct(DESK, corrected, "deposits", "balance", "77310042")
    request = world.in_work(K.ERASURE, words=f"{name_of(3)}です。消してください")
    assert [len(world.found(name_of(3))) > 1, len(world.found("77310042")) > 1] == [True, True]
    world.gate.rights.desk.propose_erasure(DESK, request)
    with pytest.raises(ForbiddenError):
        world.gate.rights.changes.erase(DESK, request)
    assert world.gate.rights.changes.erase(SECOND, request) == 1
    assert world.found(name_of(3)) == world.found("77310042") == []
    assert world.found(name_of(4))
    assert world.balances() == [30]
    done = world.gate.rights.requests.get(DESK, request)
    assert (done.state, dict(done.texts)) == (RequestState.ANSWERED, {})
    assert world.gate.person_receipt(use, 3)
    assert check_hub(world.directory).ok


def test_who_was_erased_comes_back_only_when_the_desk_says_so(world: World) -> None:
    request = world.in_work(K.ERASURE)
    world.gate.rights.desk.propose_erasure(DESK, request)
    world.gate.rights.changes.erase(SECOND, request)
    with pytest.raises(ConflictError, match="taken in before"):
        world.gate.intake.take(CORE, "deposits", NAMED, "again.parquet", 1)
    other = EIGHT.slice(2, 2)
    with pytest.raises(InputError, match="1 rows are about people who were erased"):
        world.gate.intake.take(CORE, "deposits", other, "other.parquet", 1)
    world.gate.rights.changes.lift(DESK, request, "また口座を開いた")
    assert world.gate.intake.take(CORE, "deposits", other, "other.parquet", 1).rows == 2


def test_a_person_sees_their_own_requests_and_takes_them_back(world: World) -> None:
    mine = world.gate.rights.submit(Asked(BANK, 3, K.DISCLOSURE))
    assert [one.id for one in world.gate.rights.of(3)] == [mine.id]
    assert world.gate.rights.of(4) == []
    with pytest.raises(NotFoundError):
        world.gate.rights.withdraw(4, mine.id)
    world.gate.rights.withdraw(3, mine.id)
    assert world.gate.rights.of(3)[0].state is RequestState.WITHDRAWN


def test_no_fee_is_asked_where_the_law_allows_none(world: World) -> None:
    with pytest.raises(InputError, match=r"fees\.correction"):
        world.gate.rights.terms.register(TERMS.replace("{disclosure: 500}", "{correction: 100}"), "terms.yaml")


def test_every_kind_of_request_has_its_grounds_of_refusal() -> None:
    rules = RIGHTS.at(NOW_DAY)
    assert {ground.id for ground in rules.refusals_of(K.DISCLOSURE)} == {"harm", "hindrance", "violation-of-law"}
    assert all(rules.refusals_of(kind) for kind in K)
