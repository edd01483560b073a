"""Protective measures stop at nothing but an act, outlive merges, and are seen by protectors alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pyroaring import BitMap

from tests.gate.people.town import ACTORS, CLERK, NOW, PRIVACY, PROTECTOR, Town
from umaya.gate.people import Measure
from umaya.gate.record import NotRecordedError
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError

BANK_PROTECTOR = ACTORS["bank-protector"]


def protected(town: Town) -> BitMap:
    return town.projection.latest().measures


def test_a_measure_protects_in_every_process_until_it_is_lifted(either_town: Town) -> None:
    town, elsewhere = either_town, either_town.again()
    measure = town.measures.set(PROTECTOR, 7, "支援措置の申出", date(2027, 4, 1))
    assert protected(elsewhere) == BitMap([7])
    assert town.measures.list(PROTECTOR) == [
        Measure(measure.id, 7, "protector", NOW, "支援措置の申出", date(2027, 4, 1), None, None)
    ]
    town.clock.advance(timedelta(days=3650))
    assert protected(elsewhere) == BitMap([7]), "no day ends it"
    town.measures.lift(PROTECTOR, measure.id, "申出の取下げ")
    assert protected(elsewhere) == BitMap()
    assert town.measures.list(PROTECTOR) == []
    (kept,) = town.measures.list(PROTECTOR, lifted=True)
    assert kept.lifted_by == "protector"
    with pytest.raises(ConflictError):
        town.measures.lift(PROTECTOR, measure.id, "もう一度")


def test_the_ledger_does_not_tell_for_whom(town: Town) -> None:
    first = town.measures.set(PROTECTOR, 7, "同じ理由")
    one = town.body("measure.set")
    town.measures.set(PROTECTOR, 7, "同じ理由")
    two = town.body("measure.set")
    assert one.keys() == {"measure", "person", "statement"}
    assert one["measure"] == first.id
    assert {one["person"], one["statement"]}.isdisjoint({two["person"], two["statement"]})
    town.measures.lift(PROTECTOR, first.id, "理由")
    assert town.body("measure.lifted").keys() == {"measure", "statement"}


def test_whoever_is_no_protector_learns_nothing(town: Town) -> None:
    measure = town.measures.set(PROTECTOR, 7, "理由")
    for actor in (CLERK, PRIVACY):
        with pytest.raises(ForbiddenError):
            town.measures.set(actor, 8, "理由")
        with pytest.raises(ForbiddenError):
            town.measures.list(actor)
        for known in (measure.id, "no-such"):
            with pytest.raises(ForbiddenError):
                town.measures.lift(actor, known, "理由")
    assert protected(town) == BitMap([7])


def test_each_party_lifts_and_sees_its_own(either_town: Town) -> None:
    """Two measures for one person: the person is protected until the last is lifted."""
    town = either_town
    ours = town.measures.set(PROTECTOR, 7, "理由")
    theirs = town.measures.set(BANK_PROTECTOR, 7, "理由")
    assert [measure.id for measure in town.measures.list(BANK_PROTECTOR)] == [theirs.id]
    with pytest.raises(NotFoundError):
        town.measures.lift(BANK_PROTECTOR, ours.id, "理由")
    town.measures.lift(PROTECTOR, ours.id, "理由")
    assert protected(town) == BitMap([7])
    town.measures.lift(BANK_PROTECTOR, theirs.id, "理由")
    assert protected(town) == BitMap()


@pytest.mark.parametrize("protected_number", [7, 8])
def test_a_measure_outlives_a_merge(either_town: Town, protected_number: int) -> None:
    town = either_town
    measure = town.measures.set(PROTECTOR, protected_number, "理由")
    town.merges.merge("hub", 7, 8)
    assert 7 in protected(town)
    town.merges.merge("hub", 6, 7)
    assert 6 in protected(town)
    town.measures.lift(PROTECTOR, measure.id, "理由")
    assert protected(town) == BitMap()


def test_a_measure_for_a_merged_number_is_for_the_person(town: Town) -> None:
    town.merges.merge("hub", 7, 8)
    assert town.measures.set(PROTECTOR, 8, "理由").person == 7
    assert protected(town) == BitMap([7])


def test_what_no_measure_can_be(town: Town) -> None:
    with pytest.raises(InputError, match="no reason"):
        town.measures.set(PROTECTOR, 7, " ")
    with pytest.raises(InputError, match="past"):
        town.measures.set(PROTECTOR, 7, "理由", date(2026, 4, 1))
    with pytest.raises(InputError, match="person"):
        town.measures.set(PROTECTOR, 2**32, "理由")
    with pytest.raises(InputError, match="no reason"):
        town.measures.lift(PROTECTOR, "any", "")
    assert protected(town) == BitMap()


def test_without_a_ledger_nobody_is_protected_and_nobody_laid_bare(town: Town) -> None:
    measure = town.measures.set(PROTECTOR, 7, "理由")
    town.ledger.fail_at = frozenset({"measure.set", "measure.lifted"})
    with pytest.raises(NotRecordedError):
        town.measures.set(PROTECTOR, 8, "理由")
    with pytest.raises(NotRecordedError):
        town.measures.lift(PROTECTOR, measure.id, "理由")
    assert protected(town) == BitMap([7])
    assert len(town.measures.list(PROTECTOR)) == 1
