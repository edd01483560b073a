"""Every intake of personal data names the purpose of collection and what people were told."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from tests.gate.collected import PURPOSE, WORDING
from tests.gate.world import ACTORS, INSIDE, MINUTE, World, positions
from umaya.gate import Dataset, Words
from umaya.gate.collection import Manner
from umaya.types.classes import SecrecyClass
from umaya.types.errors import ConflictError, ForbiddenError, InputError
from umaya.types.site import Actor

OFFICER = Actor("post-minase-tells", "取得の通知", "post-minase", frozenset({"privacy-officer"}))
STRANGER = Actor("bank-minase-tells", "取得の通知", "bank-minase", frozenset({"privacy-officer"}))
TODAY = date(2026, 4, 2)
MORE = positions(("z", 5 * MINUTE, INSIDE))


def take(world: World, version: int | None) -> None:
    world.gate.intake.take(ACTORS["phones"], "bike-positions", MORE, "feed", version)


def test_the_entry_of_an_intake_names_the_version_whose_words_are_in_the_ledger(ready: World) -> None:
    """So what people were told when these rows came in can be proved years later."""
    second = ready.gate.collections.register(
        OFFICER, "bike-positions", Manner.SHOWN, PURPOSE, Words("新しい文面", "New words"), TODAY
    )
    take(ready, second.version)
    received = ready.ledger.entries[-1]
    assert (received.kind, received.body["collection"]) == ("dataset.received", 2)
    registered = ready.ledger.entries[second.entry]
    assert (registered.kind, registered.body["version"], registered.body["words"]) == (
        "collection.registered",
        2,
        second.digest,
    )
    assert [one.digest == second.digest for one in ready.gate.collections.list("bike-positions")] == [True, False]


@pytest.mark.parametrize("version", [None, 2, 0])
def test_personal_data_without_a_notice_are_refused_whole(ready: World, version: int | None) -> None:
    entries = len(ready.ledger.entries)
    with pytest.raises(InputError) as caught:
        take(ready, version)
    assert (caught.value.place.file, caught.value.place.field) == ("intake", "collection")
    assert len(ready.ledger.entries) == entries


def test_nothing_is_collected_before_the_first_day_or_after_the_end(ready: World) -> None:
    tomorrow = TODAY + timedelta(days=1)
    later = ready.gate.collections.register(OFFICER, "bike-positions", Manner.SHOWN, PURPOSE, WORDING, tomorrow)
    with pytest.raises(InputError, match="does not hold yet"):
        take(ready, later.version)
    ready.gate.collections.end(OFFICER, "bike-positions", 1)
    with pytest.raises(InputError, match="was ended"):
        take(ready, 1)
    with pytest.raises(ConflictError):
        ready.gate.collections.end(OFFICER, "bike-positions", 1)
    ready.clock.advance(timedelta(days=1))
    take(ready, later.version)


def test_data_about_nobody_name_none(ready: World) -> None:
    schema = pa.schema([("kind", pa.string())])
    title = Words("標識", "Signs")
    signs = Dataset("signs", "post-minase", title, schema, {"kind": SecrecyClass.NON_PERSONAL})
    ready.gate.catalogue.add_dataset(signs)
    ready.gate.intake.take(ACTORS["phones"], "signs", pa.table({"kind": ["止まれ"]}), "signs.csv", None)
    assert "collection" not in {k for k, v in ready.ledger.entries[-1].body.items() if v is not None}


def test_only_a_privacy_officer_of_the_owner_tells(ready: World) -> None:
    ready.gate.catalogue.add_actor(STRANGER)
    for actor in (STRANGER, ACTORS["phones"]):
        with pytest.raises(ForbiddenError):
            ready.gate.collections.register(actor, "bike-positions", Manner.SHOWN, PURPOSE, WORDING, TODAY)


@pytest.mark.parametrize(
    ("purpose", "starts", "field"),
    [
        (Words("", "Delivery"), TODAY, "purpose.ja"),
        (Words("配達", " "), TODAY, "purpose.en"),
        (Words("配" * 4001, "Delivery"), TODAY, "purpose.ja"),
        (PURPOSE, TODAY - timedelta(days=1), "starts"),
    ],
)
def test_a_wrong_notice_names_its_field(ready: World, purpose: Words, starts: date, field: str) -> None:
    with pytest.raises(InputError) as caught:
        ready.gate.collections.register(OFFICER, "bike-positions", Manner.SHOWN, purpose, WORDING, starts)
    assert caught.value.place.field == field
