"""The town's offices, who lives where, and the counts of people in cells by which the city plans with them.

Delivery offices as the map has them, and small offices in streets and valleys. People are drawn from the households:
heads who are the bank's customers keep their numbers, everybody else follows.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.gate import Dataset, Refusal, Words
from umaya.gate.bodies import Office as Body
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.places.offices import Office, OfficeService
from umaya.sample.customers import chosen_households
from umaya.sample.town import Town
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError
from umaya.types.site import Actor

SCHEME: Final = "minase-people-per-cell"
RESIDENTS: Final = Dataset(
    "residents",
    "post-minase",
    Words("住まいの位置（配達原簿）", "Where people live (delivery register)"),
    pa.schema(
        [
            pa.field("person", pa.uint32(), nullable=False),
            pa.field("lon", pa.float64(), nullable=False),
            pa.field("lat", pa.float64(), nullable=False),
        ]
    ),
    dict.fromkeys(("person", "lon", "lat"), SecrecyClass.POSTAL),
    lon="lon",
    lat="lat",
    order=("person",),
    subject="person",
)
_BASIC: Final = frozenset({OfficeService.MAIL, OfficeService.SAVINGS})
_SMALL: Final = (
    ("川端簡易郵便局", "Kawabata Small Post Office", frozenset({OfficeService.CERTIFICATES})),
    ("上谷簡易郵便局", "Kamitani Small Post Office", frozenset({OfficeService.PICK_UP})),
    ("下谷簡易郵便局", "Shimotani Small Post Office", frozenset[OfficeService]()),
    ("桜台郵便局", "Sakuradai Post Office", frozenset({OfficeService.INSURANCE, OfficeService.CARRIAGE})),
)


def residents(town: Town, seed: int) -> pa.Table:
    """Return who lives where, schema of `RESIDENTS`; the same for the same seed."""
    members = town.households.column("members").to_numpy().astype(np.int64)
    first = np.cumsum(members) - members
    person = np.full(int(members.sum()), -1, np.int64)
    chosen = chosen_households(town, seed)
    person[first[chosen]] = np.arange(len(chosen))
    others = np.flatnonzero(person < 0)
    person[others] = len(chosen) + np.arange(len(others))
    box = pc.index_in(town.households.column("letterbox_id"), town.letterboxes.column("letterbox_id")).to_numpy()
    at = np.repeat(box, members)
    columns = [person.astype(np.uint32), *(town.letterboxes.column(name).to_numpy()[at] for name in ("lon", "lat"))]
    return pa.table(columns, RESIDENTS.schema)


def offices(town: Town) -> list[Office]:
    """Return the offices: those of the map, and small ones at letterboxes spread over the town."""
    found: list[Office] = []
    for row in town.offices.to_pylist():
        central = not found
        extra = {OfficeService.KIOSK, OfficeService.MY_NUMBER_CARD} if central else set()
        found.append(
            Office(
                office_id=row["office_id"],
                name=row["name"],
                name_en=row["name_en"],
                lon=row["lon"],
                lat=row["lat"],
                services=_BASIC | {OfficeService.INSURANCE} | extra,
                staff=row["bikes"] + 6,
                rooms=2 if central else 1,
                kiosks=1 if central else 0,
                weekdays="09:00-19:00" if central else "09:00-17:00",
                saturdays="09:00-15:00" if central else "",
            )
        )
    places = _spread(town, len(_SMALL))
    for number, ((name, name_en, more), (lon, lat)) in enumerate(zip(_SMALL, places, strict=True), 1):
        found.append(
            Office(
                office_id=f"small-{number}",
                name=name,
                name_en=name_en,
                lon=lon,
                lat=lat,
                services=_BASIC | more,
                staff=2,
                rooms=1 if number == 1 else 0,
                weekdays="09:00-17:00",
            )
        )
    return found


def _spread(town: Town, count: int) -> list[tuple[float, float]]:
    """Return letterboxes, each as far as can be from the offices and those before: farthest-first."""
    at = np.column_stack([town.letterboxes.column("lon").to_numpy(), town.letterboxes.column("lat").to_numpy()])
    taken = np.column_stack([town.offices.column("lon").to_numpy(), town.offices.column("lat").to_numpy()])
    scale = np.array([np.cos(np.radians(at[:, 1].mean())), 1.0])
    away = np.linalg.norm((at[:, None, :] - taken[None, :, :]) * scale, axis=2).min(axis=1)
    chosen = []
    for _ in range(count):
        row = int(away.argmax())
        chosen.append((float(at[row, 0]), float(at[row, 1])))
        away = np.minimum(away, np.linalg.norm((at - at[row]) * scale, axis=1))
    return chosen


def review_counts(hub: Hub, clock: ManualClock, people: dict[str, Actor]) -> None:
    """Carry the scheme of counts through its review."""
    hub.gate.bodies.appoint("post-minase", Body.PRIVACY_OFFICER, "post-privacy", day_in_japan(clock.now()))
    text = (resources.files("umaya.sample") / "schemes" / f"{SCHEME}.yaml").read_text("utf-8")
    hub.gate.schemes.submit(people["post-planner"], text, f"{SCHEME}.yaml")
    hub.gate.review.sign_privacy(people["post-privacy"], SCHEME, note="16類型を確認した")
    clock.advance(timedelta(hours=1))
    hub.gate.review.verify(people["post-legal"], SCHEME, note="10人未満の区画が出ないことを確認した")
    clock.advance(timedelta(hours=1))
    hub.gate.review.approve(people["post-director"], SCHEME, note="承認する")


def count_people(hub: Hub, city_officer: Actor) -> None:
    """Let the city count, through the gate."""
    outcome = hub.offices.count_people(city_officer)
    if isinstance(outcome, Refusal):
        raise ConflictError(f"the sample's own count was refused: {outcome.reason}")
