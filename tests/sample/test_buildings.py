"""The sample's scheme of buildings goes through its review, and the city gets buildings: no letterbox, no room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from umaya.engines.buildings.identity import mint
from umaya.gate import Dataset, Refusal, Release, Use, Words
from umaya.gate.collection import Manner
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.places.buildings.obligation import BUILDING_ROWS
from umaya.sample import setup
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import UmayaError

BUILDING = mint(lambda _: 77)
SCHEME = "minase-buildings"
TEXTS = ("letterbox_id", "building_id", "lg_code", "machiaza_id", "blk_id", "rsdt_id", "room", "real_estate_id")
NUMBERS = ("building_lon", "building_lat", "confidence")
SCHEMA = pa.schema(
    [pa.field(name, pa.string(), nullable=name in {"room", "real_estate_id"}) for name in TEXTS]
    + [pa.field(name, pa.float64(), nullable=False) for name in NUMBERS]
)
HOUSED = Dataset(
    "housed-letterboxes",
    setup.POST,
    Words("建物ごとの郵便受箱", "Letterboxes in their buildings"),
    SCHEMA,
    dict.fromkeys(SCHEMA.names, SecrecyClass.POSTAL),
    order=("letterbox_id",),
)
ROWS = pa.Table.from_pylist(
    [
        {
            "letterbox_id": f"box-{n}",
            "building_id": BUILDING,
            "lg_code": "131059",
            "machiaza_id": "0001001",
            "blk_id": "001",
            "rsdt_id": "002",
            "room": f"{n}01",
            "real_estate_id": f"1234567890123-0{n}01",
            "building_lon": 136.85,
            "building_lat": 36.22,
            "confidence": 0.9,
        }
        for n in range(1, 7)
    ],
    SCHEMA,
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    clock = ManualClock(setup.OPENING)
    init_hub(tmp_path / "hub", Settings("minase.example/buildings", demo=True), clock)
    made = open_hub(tmp_path / "hub", clock, {})
    for party in setup.PARTIES:
        made.gate.catalogue.add_party(party)
    for actor in setup.ACTORS:
        made.gate.catalogue.add_actor(actor)
    made.gate.catalogue.add_dataset(HOUSED)
    _, purpose, told, days, reason = {one[0]: one for one in setup.COLLECTIONS}["letterboxes"]
    today = day_in_japan(clock.now())
    privacy, steward = setup.PEOPLE["post-privacy"], setup.PEOPLE["post-steward"]
    made.gate.collections.register(privacy, HOUSED.id, Manner.PUBLISHED, purpose, told, today)
    made.gate.retention.set_rule(steward, HOUSED.id, days, reason)
    yield made
    made.close()


def clock_of(hub: Hub) -> ManualClock:
    assert isinstance(hub.clock, ManualClock)
    return hub.clock


def asked(hub: Hub) -> Release | Refusal:
    return hub.gate.open(Use(setup.PEOPLE["city-officer"], SCHEME, "register of buildings", None))


def test_the_city_gets_rows_of_buildings(hub: Hub) -> None:
    setup.review(hub, clock_of(hub), SCHEME)
    hub.gate.intake.take(setup.PEOPLE["post-intake"], HOUSED.id, ROWS, "minase/housed", 1)
    outcome = asked(hub)
    assert isinstance(outcome, Release), outcome
    assert outcome.data.schema.names == BUILDING_ROWS.names
    (told,) = outcome.data.to_pylist()
    assert (told["building_id"], told["homes"], told["rooms"]) == (BUILDING, 6, 6)
    assert told["real_estate_id"] is None
    assert "box-" not in repr(told)


@pytest.mark.parametrize("obligations", [[], [{"drop": {"fields": ["letterbox_id", "room"]}}]])
def test_without_the_obligation_no_such_scheme_comes_into_force(hub: Hub, obligations: list[object]) -> None:
    with pytest.raises(UmayaError):
        setup.review(hub, clock_of(hub), SCHEME, {"obligations": obligations})
    hub.gate.intake.take(setup.PEOPLE["post-intake"], HOUSED.id, ROWS, "minase/housed", 1)
    assert isinstance(asked(hub), Refusal)
