"""Questions about offices: answered from one k-anonymous release, for those whom a scheme names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.services.offices.hubs import OFFICER, STRANGER, Valley, make_valley
from umaya.gate import Release
from umaya.places.offices import OfficeService
from umaya.sample import setup
from umaya.services.offices import Answer, Question
from umaya.types.errors import ConflictError, ForbiddenError, InputError


@pytest.fixture(scope="module")
def valley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valley]:
    """Forty people at A, thirty at C, and four alone at D."""
    made = make_valley(tmp_path_factory.mktemp("valley") / "hub", A=40, C=30, D=4)
    assert made.hub.offices.answer(OFFICER, Question()) is None  # nobody was counted yet
    assert isinstance(made.hub.offices.count_people(OFFICER), Release)
    yield made
    made.hub.close()


def answer(valley: Valley, **asked: object) -> Answer:
    found = valley.hub.offices.answer(OFFICER, Question(**asked))  # type: ignore[arg-type] # as the test names them
    assert found is not None
    return found


def test_four_people_alone_are_not_told_of(valley: Valley) -> None:
    found = answer(valley)
    assert sorted(found.counted.cells["people"].to_pylist()) == [30, 40]


def test_each_count_is_a_recorded_use_and_the_next_comes_after_ninety_days(valley: Valley) -> None:
    kinds = [entry.kind for entry in valley.hub.ledger.entries(0, valley.hub.ledger.size)]
    assert kinds.count("use.released") == 1
    assert not valley.hub.offices.may_count(OFFICER)
    with pytest.raises(ConflictError, match="90 days"):
        valley.hub.offices.count_people(OFFICER)


def test_a_closing_concerns_those_whose_nearest_it_was(valley: Valley) -> None:
    found = answer(valley, change=frozenset({"middle"}))
    assert found.concerned == 30
    assert found.catchments.tolist() == [[0, 30, 40], [30, 0, 40]]  # east, middle, west
    assert found.before.sum() == found.after.sum() == 70


def test_only_offices_with_the_service_count(valley: Valley) -> None:
    found = answer(valley, service=OfficeService.KIOSK)
    assert found.offers.tolist() == [False, False, True]  # east, middle, west
    assert found.catchments[0].tolist() == [0, 0, 70]


def test_the_service_best_begins_where_most_come_near(valley: Valley) -> None:
    found = answer(valley, service=OfficeService.KIOSK, limit=20)
    first = found.suggestions[0]
    assert (found.offices[first.site].office_id, first.within) == ("middle", 30)
    added = answer(valley, service=OfficeService.KIOSK, change=frozenset({"middle"}))
    assert added.catchments[1].tolist() == [0, 30, 40]


@pytest.mark.parametrize(
    "wrong",
    [{"change": frozenset({"north"})}, {"pace": "fly"}, {"limit": 0}],
    ids=["no such office", "pace", "limit"],
)
def test_what_cannot_be_asked_is_refused(valley: Valley, wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        answer(valley, **wrong)


def test_an_office_that_is_closed_by_today_does_not_count(valley: Valley) -> None:
    register = valley.hub.offices.register
    before = register.all()
    register.put(
        [one.model_copy(update={"closed": date(2026, 1, 1)}) if one.office_id == "east" else one for one in before]
    )
    try:
        assert [office.office_id for office in answer(valley).offices] == ["middle", "west"]
    finally:
        register.put(before)


def test_others_may_not_ask(valley: Valley) -> None:
    for who in (STRANGER, setup.PEOPLE["auditor"], replace(OFFICER, roles=frozenset({"clerk"}))):
        with pytest.raises(ForbiddenError):
            valley.hub.offices.answer(who, Question())
        assert not valley.hub.offices.may_ask(who)


def test_a_suspended_scheme_stops_answers_too(valley: Valley) -> None:
    """Counts that were released stay where they are, but nobody is answered from them meanwhile."""
    review = valley.hub.gate.review
    review.suspend(setup.PEOPLE["post-director"], "minase-people-per-cell", reason="確かめる")
    try:
        with pytest.raises(ConflictError):
            answer(valley)
        assert valley.hub.offices.may_ask(OFFICER)  # the page says why there is nothing now
    finally:
        review.resume(setup.PEOPLE["post-director"], "minase-people-per-cell", reason="済んだ")
    assert answer(valley).before.sum() == 70


def test_counts_end_with_the_period_of_their_scheme(tmp_path: Path) -> None:
    made = make_valley(tmp_path / "hub", A=40)
    made.hub.offices.count_people(OFFICER)
    made.clock.advance(timedelta(days=300))
    with pytest.raises(ConflictError, match="period"):
        made.hub.offices.answer(OFFICER, Question())
    made.hub.close()
