"""Records of provision: made whole or the data does not leave, kept as long as the law says, then erased.

post-minase provides to bank-minase on consent; the uses are real ones of the small world.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.gate.world import ACTORS, HOUR, NOW, World
from umaya.gate import Party, Release, Words
from umaya.gate.provision import (
    PROVISION_RECORDS,
    Particulars,
    Provided,
    find_particulars,
    owes_record,
    record_provision,
)
from umaya.gate.record import NotRecordedError
from umaya.law.provision import Ground, RecordForm, RecordItem, Role
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError

TODAY = date(2026, 4, 2)
DAY = timedelta(days=1)
POST = Party("post-minase", Words("水無瀬郵便局", "Minase Post"), "post")
BANK = Party("bank-minase", Words("水無瀬銀行", "Minase Bank"), "bank")
CITY = Party("city-minase", Words("水無瀬市", "Minase City"), "municipality")
STEWARD, BANKER = ACTORS["steward"], ACTORS["banker"]


def particulars(party: str, since: date = date(2020, 4, 1), at: str = "本町1-1") -> Particulars:
    return Particulars(party, since, Words(f"水無瀬市{at}", f"{at}, Minase"), Words("代表 太郎", "Taro, President"))


@pytest.fixture
def world(either_world: World) -> World:
    """The world on both databases, both sides' particulars registered, its scheme in force."""
    either_world.approve()
    either_world.declare()
    for party in (POST, BANK):
        either_world.gate.particulars.register(particulars(party.id))
    return either_world


def use(world: World) -> str:
    released = world.gate.open(World.use())
    assert isinstance(released, Release)
    return released.use


def provided(use_id: str, **changes: Any) -> Provided:
    given: dict[str, Any] = {
        "use": use_id,
        "scheme": "minase-letters",
        "provider": POST,
        "recipient": BANK,
        "ground": Ground.CONSENT,
        "items": "post-customers: name, address",
        "people": "5 people, sha256:0",
        "acquired": "取引に際して本人から取得",
        "consent": "topic post-to-bank, text 1",
        **changes,
    }
    return Provided(**given)


def record(world: World, what: Provided) -> tuple[str, ...]:
    with world.gate._acts.begin() as act:
        return record_provision(act, what)


def test_both_sides_get_the_record_that_the_law_asks_of_them(world: World) -> None:
    use_id = use(world)
    made = record(world, provided(use_id))
    (ours,), (theirs,) = world.gate.provisions.list(STEWARD), world.gate.provisions.list(BANKER)
    assert {ours.id, theirs.id} == set(made)
    assert (ours.role, theirs.role) == (Role.PROVIDER, Role.RECIPIENT)
    assert set(ours.items) == {RecordItem.CONSENT, RecordItem.OTHER_PARTY, RecordItem.PERSON, RecordItem.ITEMS}
    assert set(theirs.items) == {*ours.items, RecordItem.HOW_ACQUIRED}
    assert ours.items[RecordItem.OTHER_PARTY] == "水無瀬銀行; 水無瀬市本町1-1; 代表 太郎"
    assert theirs.items[RecordItem.OTHER_PARTY].startswith("水無瀬郵便局; ")
    assert use_id in ours.items[RecordItem.PERSON]
    assert ours.uses == (use_id,)
    assert ours.keep_through == date(2029, 4, 2)
    entry = world.ledger.entries[-1]
    assert (entry.kind, entry.index, entry.body["records"]) == ("provision.recorded", ours.entry, list(made))
    assert "本町" not in str(entry.body)


def test_to_a_public_body_the_provider_owes_none_and_the_other_way_round(world: World) -> None:
    assert not owes_record(Ground.JOINT_USE, POST, BANK)
    assert record(world, provided(use(world), ground=Ground.JOINT_USE)) == ()
    to_city = provided(use(world), recipient=CITY)
    assert owes_record(Ground.CONSENT, POST, CITY), "the city's own record is about a business that provides"
    assert len(record_sides(world, to_city)) == 1


def record_sides(world: World, what: Provided) -> tuple[str, ...]:
    world.gate.particulars.register(Particulars(CITY.id, TODAY, Words("水無瀬市", "Minase"), None, company=False))
    return record(world, what)


@pytest.mark.parametrize("lacking", [{"consent": ""}, {"items": " "}, {"acquired": ""}])
def test_a_record_that_lacks_something_stops_the_provision(world: World, lacking: dict[str, str]) -> None:
    entries = len(world.ledger.entries)
    with pytest.raises(ConflictError, match="provision-item-missing"):
        record(world, provided("nothing", **lacking))
    assert len(world.ledger.entries) == entries
    assert world.gate.provisions.list(STEWARD) == []


def test_without_the_other_sides_address_nothing_is_provided(either_world: World) -> None:
    with pytest.raises(ConflictError, match="other-party"):
        record(either_world, provided("nothing"))


def test_where_the_ledger_cannot_write_there_is_no_record(world: World) -> None:
    use_id = use(world)
    world.ledger.fail_at = frozenset({"provision.recorded"})
    with pytest.raises(NotRecordedError):
        record(world, provided(use_id))
    assert world.gate.provisions.list(STEWARD) == []


def test_a_batch_record_is_carried_on_with_its_first_and_last_day(world: World) -> None:
    uses = [use(world)]
    first = record(world, provided(uses[0], form=RecordForm.BATCH))
    world.clock.advance(24 * HOUR)
    uses.append(world_use(world))
    assert record(world, provided(uses[1], form=RecordForm.BATCH)) == first
    other = record(world, provided(world_use(world), form=RecordForm.BATCH, items="post-customers: name"))
    assert set(other).isdisjoint(first), "other items are another record"
    kept = next(one for one in world.gate.provisions.list(STEWARD) if one.id == first[0])
    assert (kept.first_on, kept.last_on, kept.uses) == (TODAY, TODAY + DAY, tuple(uses))
    assert kept.keep_through == date(2029, 4, 2), "three years from the last provision, that day included"


def world_use(world: World) -> str:
    released = world.gate.open(World.use(window=(world.clock.now() - HOUR, world.clock.now())))
    assert isinstance(released, Release)
    return released.use


def test_opt_out_is_never_recorded_in_batches(world: World) -> None:
    with pytest.raises(ConflictError, match="provision-form-not-allowed"):
        record(world, provided("nothing", ground=Ground.OPT_OUT, published="PPC 2026-1", form=RecordForm.BATCH))


def test_stewards_alone_see_the_records_of_their_own_party(world: World) -> None:
    record(world, provided(use(world)))
    assert [kept.party for kept in world.gate.provisions.list(STEWARD)] == [POST.id]
    for actor in ("officer", "head", "clerk"):
        for ask in (world.gate.provisions.list, world.gate.provisions.table, world.gate.provisions.expired):
            with pytest.raises(ForbiddenError):
                ask(ACTORS[actor])


def test_records_are_exported_as_a_table(world: World) -> None:
    record(world, provided(use(world)))
    table = world.gate.provisions.table(BANKER)
    assert table.schema.equals(PROVISION_RECORDS)
    (row,) = table.to_pylist()
    assert (row["role"], row["how_acquired"], row["published"]) == ("recipient", "取引に際して本人から取得", None)
    assert row["made_at"] == NOW


def test_a_record_is_erased_after_its_last_day_and_not_before(world: World) -> None:
    ours, theirs = record(world, provided(use(world)))
    provisions = world.gate.provisions
    assert provisions.expired(STEWARD) == []
    world.clock.set(NOW.replace(year=2029))
    with pytest.raises(ConflictError, match="kept through 2029-04-02"):
        provisions.erase(STEWARD, ours)
    world.clock.advance(24 * HOUR)
    assert [kept.id for kept in provisions.expired(STEWARD)] == [ours]
    for actor, refusal in ((BANKER, NotFoundError), (ACTORS["head"], ForbiddenError)):
        with pytest.raises(refusal):
            provisions.erase(actor, ours)
    provisions.erase(STEWARD, ours)
    (kept,) = provisions.list(STEWARD)
    assert (kept.erased, kept.items, kept.uses) == (True, {}, ())
    assert provisions.table(STEWARD).num_rows == 0
    assert world.ledger.entries[-1].kind == "provision.erased"
    assert [one.erased for one in provisions.list(BANKER)] == [False], "the other side's record is its own"
    with pytest.raises(ConflictError, match="before"):
        provisions.erase(STEWARD, ours)
    assert theirs != ours


def test_particulars_hold_from_their_day_until_the_next(world: World) -> None:
    world.gate.particulars.register(particulars(BANK.id, TODAY + DAY, "駅前5-1"))
    with world.database.reading() as session:
        found = [find_particulars(session, BANK.id, day) for day in (date(2019, 1, 1), TODAY, TODAY + DAY)]
    assert [None if one is None else one.address.ja for one in found] == [None, "水無瀬市本町1-1", "水無瀬市駅前5-1"]
    entry = world.ledger.entries[-1]
    assert (entry.kind, entry.actor) == ("party.particulars-set", "hub")
    assert "太郎" not in str(entry.body)
    record(world, provided(use(world)))
    (ours,) = world.gate.provisions.list(STEWARD)
    assert "本町1-1" in ours.items[RecordItem.OTHER_PARTY], "a record says what held on its day"


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda: particulars("nobody"), NotFoundError),
        (lambda: particulars(BANK.id), ConflictError),
        (lambda: Particulars(BANK.id, TODAY, Words("", "x"), Words("a", "b")), InputError),
        (lambda: Particulars(BANK.id, TODAY, Words("x", "x"), None), InputError),
    ],
)
def test_wrong_particulars_are_refused(world: World, spoil: Callable[[], Particulars], error: type[Exception]) -> None:
    with pytest.raises(error):
        world.gate.particulars.register(spoil())
