"""Break-glass over people: who is protected is not in it, and whom it reached is kept for their receipts."""

from __future__ import annotations

import pyarrow as pa
from pyroaring import BitMap

from tests.gate.collected import tell
from tests.gate.emergency.quake import RESPONDER, asked, furnish
from tests.gate.world import ACTORS, World
from umaya.gate import Dataset, Release, Words
from umaya.gate.emergency.openings import Emergency
from umaya.gate.models import UsePeopleRow
from umaya.types.classes import SecrecyClass as C
from umaya.types.site import Actor

GUARD = Actor("guard", "保護", "post-minase", frozenset({"protector"}))
SCHEMA = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("needs", pa.string()),
        pa.field("lon", pa.float64()),
        pa.field("lat", pa.float64()),
    ]
)
PLAN = """\
scheme: watch-over-raw
title: {ja: みまもりの緊急時計画, en: Emergency plan for watch-over}
provider: post-minase
recipient: city-minase
dataset: watched-over
fields: [needs, lon, lat]
purpose: {ja: 人の命を救う, en: Save lives}
basis: emergency
period: {from: 2026-04-01, to: 2027-03-31}
obligations: []
emergency: {hours: 24, area_km2: 500, call: {ja: 当直, en: Duty desk}}
"""


def test_a_protected_person_is_left_out_and_looks_like_one_who_is_not_held(world: World) -> None:
    """Of three people two leave, with special-care data; the count tells no more than that one was not to be had."""
    furnish(world)
    world.gate.catalogue.add_actor(GUARD)
    title = Words("みまもり", "Watched over")
    classes = {"person": C.ORDINARY, "needs": C.SPECIAL_CARE, "lon": C.LOCATION, "lat": C.LOCATION}
    world.gate.catalogue.add_dataset(
        Dataset("watched-over", "post-minase", title, SCHEMA, classes, None, "lon", "lat", subject="person")
    )
    rows = pa.table(
        {"person": pa.array([1, 2, 3], pa.uint32()), "needs": ["酸素"] * 3, "lon": [136.85] * 3, "lat": [36.25] * 3},
        SCHEMA,
    )
    tell(world.gate, world.clock, "watched-over")
    world.gate.intake.take(ACTORS["phones"], "watched-over", rows, "rows.csv", 1)
    world.approve(PLAN)
    world.gate.measures.set(GUARD, 2, "申出")
    emergency = world.gate.emergency.open(asked(dataset="watched-over", fields=("needs", "lon", "lat")))
    assert isinstance(emergency, Emergency)
    release = world.gate.open(world.gate.emergency.use(RESPONDER, emergency.id))
    assert isinstance(release, Release)
    assert release.data.num_rows == 2
    assert release.decision.people is not None
    assert dict(release.decision.people.refused) == {"person-not-available": 1}
    with world.database.reading() as session:
        kept = session.get_one(UsePeopleRow, release.use)
    assert set(BitMap.deserialize(kept.permitted)) == {1, 3}
