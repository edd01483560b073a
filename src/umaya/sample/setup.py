"""Sets up a hub for the sample town, only through the acts that people have: catalogue, schemes, review, intake, uses.

What lies in the hub afterwards: the town's roads, letterboxes, five ordinary days of positions, three approved schemes,
the homes of each road and the usual pattern, each entered in the ledger. The truth of the simulation stays outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import shapely
import yaml

from umaya.gate import Area, Dataset, Event, Party, Refusal, Release, Use, Words
from umaya.gate.collection import Manner
from umaya.gate.own import PROGRAM_ID
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.places.live import ENGINE, LIVE_TRAVERSALS
from umaya.places.roads import background, import_osm
from umaya.places.roads.background import BACKGROUND
from umaya.sample import bank, emergency
from umaya.sample import offices as town_offices
from umaya.sample.bank import set_up_bank
from umaya.sample.customers import customers
from umaya.sample.days import JAPAN, ordinary_day
from umaya.sample.emergency import set_up_emergency
from umaya.sample.monitoring import announce_event, late_look_ups
from umaya.sample.quake import QUAKE_TIME
from umaya.sample.rights import ask_on_my_page, open_desk
from umaya.sample.tables import HOUSEHOLDS, LETTERBOXES
from umaya.sample.town import Town
from umaya.services.roads.products import Window
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError
from umaya.types.schemas import POSITIONS
from umaya.types.site import Actor

POST: Final = "post-minase"
CITY: Final = "city-minase"
OPENING: Final = datetime(2026, 11, 4, 9, tzinfo=JAPAN)
"""When the hub of the sample is made; its schemes are reviewed on this day and the next two, one a day."""
ORDINARY_DAYS: Final = tuple(date(2026, 11, day) for day in (9, 10, 11, 12, 13))
"""The weekdays, Monday to Friday, of the week before the earthquake."""
QUAKE: Final = datetime.combine(date(2026, 11, 18), QUAKE_TIME, JAPAN)
EVENT: Final = "minase-earthquake-2026"
EVENT_LASTS: Final = timedelta(hours=72)
SCHEMES: Final = ("minase-homes-per-road", "minase-probe-statistics", "minase-passable-roads")

PARTIES: Final = (
    Party(POST, Words("水無瀬郵便局", "Minase Post Office"), "post"),
    Party(CITY, Words("水無瀬市", "City of Minase"), "municipality"),
    Party("audit-azuma", Words("東監査事務所", "Azuma Audit Office"), "auditor"),
)
ACTORS: Final = (
    Actor("post-planner", "山岸 陽子（企画課）", POST, frozenset({"applicant"})),
    Actor("post-legal", "寺西 誠（法務・第二線）", POST, frozenset({"verifier"})),
    Actor("post-director", "宮下 薫（統括責任者）", POST, frozenset({"approver"})),
    Actor("post-privacy", "沢田 恵子（個人情報保護責任者）", POST, frozenset({"privacy-officer"})),
    Actor("post-steward", "北川 直樹（データ管理者）", POST, frozenset({"steward"})),
    Actor("post-carrier", "足立 実（配達員）", POST, frozenset({"carrier"})),
    Actor("post-secrecy", "袋小路の戸数を数えるプログラム", POST, frozenset({"officer", "program"})),
    Actor("post-intake", "配達端末からの受付プログラム", POST, frozenset({"operator", "program"})),
    Actor("city-officer", "谷口 美咲（危機管理課）", CITY, frozenset({"officer", "declarer"})),
    Actor("city-map", "道路マップのプログラム", CITY, frozenset({"officer", "program"})),
    Actor(PROGRAM_ID, "本人のページのプログラム", POST, frozenset({"program"})),
    Actor("auditor", "東 和子（外部監査）", "audit-azuma", frozenset({"auditor"})),
)
PEOPLE: Final = {person.id: person for person in (*ACTORS, *bank.ACTORS, *emergency.ACTORS)}

_POSTAL = SecrecyClass.POSTAL
_LETTERBOXES = pa.schema([LETTERBOXES.field(name) for name in ("letterbox_id", "address", "lon", "lat", "homes")])
"""What the post office knows of a letterbox; the other columns of the sample are its truth."""
DATASETS: Final = (
    Dataset(
        "bike-positions",
        POST,
        Words("二輪車の位置（1秒ごと）", "Positions of delivery bikes (every second)"),
        POSITIONS,
        dict.fromkeys(POSITIONS.names, _POSTAL),
        time="t",
        lon="lon",
        lat="lat",
        order=("vehicle_id", "t"),
    ),
    Dataset(
        "letterboxes",
        POST,
        Words("郵便受箱", "Letterboxes"),
        _LETTERBOXES,
        dict.fromkeys(_LETTERBOXES.names, _POSTAL),
        lon="lon",
        lat="lat",
        order=("letterbox_id",),
    ),
    Dataset(
        "households",
        POST,
        Words("世帯（配達原簿）", "Households (delivery register)"),
        HOUSEHOLDS,
        dict.fromkeys(HOUSEHOLDS.names, _POSTAL),
        order=("household_id",),
    ),
    town_offices.RESIDENTS,
)

TRAVERSALS: Final = Dataset(
    "bike-traversals",
    POST,
    Words("二輪車が通った道（位置から自動で作る）", "Roads that delivery bikes drove (made of their positions)"),
    LIVE_TRAVERSALS,
    dict.fromkeys(LIVE_TRAVERSALS.names, _POSTAL),
    time="left",
    lon="lon",
    lat="lat",
    order=("vehicle_id", "trip", "seq"),
)
"""What the hub makes of positions as they arrive."""

_DELIVERY: Final = Words("郵便物の配達", "Delivery of mail")
_DELIVERY_TOLD: Final = Words("郵便物をお届けするために利用します。", "Used to deliver your mail.")
COLLECTIONS: Final = (
    (
        "bike-positions",
        Words("配達の安全と、災害時に通れる道を知らせること", "Safe delivery; passable roads in a disaster"),
        Words(
            "配達の車両の位置を1秒ごとに記録します。災害のときは、どこに配達したか分からない形で自治体に渡します。",
            "Delivery bikes record their positions. In a disaster the city gets them without the places of delivery.",
        ),
        400,
        "季節による違いを比べるのに1年と少しが要る",
    ),
    (
        "residents",
        Words("郵便物の配達と、拠点の配置の検討（人数だけ）", "Delivery of mail; planning of offices, by counts alone"),
        Words(
            "郵便物をお届けするために利用します。人数だけを、郵便局の配置を考えるために市に渡します。",
            "Used to deliver your mail. Only counts are given to the city, for planning offices.",
        ),
        3650,
        "配達が続く間（10年で見直す）",
    ),
    ("letterboxes", _DELIVERY, _DELIVERY_TOLD, 3650, "配達が続く間（10年で見直す）"),
    ("households", _DELIVERY, _DELIVERY_TOLD, 3650, "配達が続く間（10年で見直す）"),
)
"""Dataset, purpose, what people are told, days kept and why so many."""

Tell = Callable[[str], None]
"""Told what is being done, for people who wait."""


def set_up(hub: Hub, clock: ManualClock, town: Town, seed: int, tell: Tell) -> None:
    """Fill an empty hub with the sample town up to the moment of the earthquake.

    Args:
        hub: just made; its clock is `clock`.
        clock: stands at `OPENING` or before; moved to `QUAKE`.
        town: the town.
        seed: of the days.
        tell: is told each step.
    """
    clock.set(OPENING)
    tell("roads")
    put_map(hub, town)
    tell("parties, people, datasets")
    for party in PARTIES:
        hub.gate.catalogue.add_party(party)
    for person in ACTORS:
        hub.gate.catalogue.add_actor(person)
    for dataset in DATASETS:
        hub.gate.catalogue.add_dataset(dataset)
    derive(hub)
    tell("schemes and their review")
    for days, name in enumerate(SCHEMES):
        clock.set(OPENING + timedelta(days=days))
        review(hub, clock, name)
    tell("emergency plan")
    set_up_emergency(hub, clock, PEOPLE)
    tell("letterboxes and households")
    tell_purposes(hub)
    for name, rows in (("letterboxes", town.letterboxes.select(_LETTERBOXES.names)), ("households", town.households)):
        hub.gate.intake.take(PEOPLE["post-intake"], name, rows, f"minase/{name}", 1)
    learn_homes(hub)
    tell("offices, and how many people live where")
    town_offices.review_counts(hub, clock, PEOPLE)
    hub.gate.intake.take(
        PEOPLE["post-intake"], town_offices.RESIDENTS.id, town_offices.residents(town, seed), "minase/residents", 1
    )
    hub.offices.register.put(town_offices.offices(town))
    town_offices.count_people(hub, PEOPLE["city-officer"])
    tell("bank, insurer, consents and a first list")
    set_up_bank(hub, clock, customers(town, seed))
    announce_event(hub, day_in_japan(clock.now()))
    open_desk(hub)
    for day in ORDINARY_DAYS:
        tell(f"ordinary day {day}")
        clock.set(datetime.combine(day, time(18), JAPAN))
        positions = ordinary_day(town, day, seed).positions
        hub.gate.intake.take(PEOPLE["post-intake"], "bike-positions", positions, f"minase/{day}", 1)
    tell("what monitoring sees")
    late_look_ups(hub, clock, customers(town, seed), ORDINARY_DAYS[-1])
    tell("usual pattern")
    clock.set(QUAKE)
    learn_usual(hub)
    ask_on_my_page(hub)


def put_map(hub: Hub, town: Town) -> None:
    """Write the town as an OpenStreetMap file, import it as any extract, and put it into the hub's atlas."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "minase.osm.pbf"
        town.write_osm(file)
        hub.atlas.put(import_osm(file), pa.concat_tables([background(file), _offices(town)]))


def review(hub: Hub, clock: ManualClock, name: str, changes: Mapping[str, object] | None = None) -> None:
    """Carry a scheme through its review on one day: application, legal check, approval, by three people.

    Args:
        hub: where.
        clock: of the hub; moved on by some hours.
        name: of a scheme of the sample.
        changes: values in the place of the scheme's own, by key.
    """
    text = (resources.files("umaya.sample") / "schemes" / f"{name}.yaml").read_text("utf-8")
    if changes:
        text = yaml.safe_dump({**yaml.safe_load(text), **changes}, allow_unicode=True, sort_keys=False)
    hub.gate.schemes.submit(PEOPLE["post-planner"], text, f"{name}.yaml")
    clock.advance(timedelta(hours=2))
    hub.gate.review.verify(PEOPLE["post-legal"], name, note="根拠と加工条件を確認した")
    clock.advance(timedelta(hours=4))
    hub.gate.review.approve(PEOPLE["post-director"], name, note="承認する")


def derive(hub: Hub) -> None:
    """Let the post's steward have the roads that bikes drove made of their positions, under the positions' purpose."""
    today = day_in_japan(hub.clock.now())
    _, purpose, wording, days, reason = COLLECTIONS[0]
    hub.gate.catalogue.add_dataset(TRAVERSALS)
    hub.gate.collections.register(PEOPLE["post-privacy"], TRAVERSALS.id, Manner.PUBLISHED, purpose, wording, today)
    hub.gate.retention.set_rule(PEOPLE["post-steward"], TRAVERSALS.id, days, reason)
    hub.gate.derivations.register(PEOPLE["post-steward"], COLLECTIONS[0][0], TRAVERSALS.id, ENGINE)


def tell_purposes(hub: Hub) -> None:
    """Register for which purpose each dataset is collected, what people are told, and how long rows are kept."""
    today = day_in_japan(hub.clock.now())
    for dataset, purpose, wording, days, reason in COLLECTIONS:
        hub.gate.collections.register(PEOPLE["post-privacy"], dataset, Manner.PUBLISHED, purpose, wording, today)
        hub.gate.retention.set_rule(PEOPLE["post-steward"], dataset, days, reason)


def learn_homes(hub: Hub) -> None:
    """Let the post office count the homes on each road, through the gate, and keep them in the atlas."""
    use = Use(PEOPLE["post-secrecy"], SCHEMES[0], "tell which dead ends would betray a delivery", None)
    hub.atlas.put_homes(_released(hub.gate.open(use)).data)


def learn_usual(hub: Hub) -> None:
    """Let the city learn the usual pattern from the ordinary days, through the gate."""
    first, last = (datetime.combine(day, time(0), JAPAN) for day in (ORDINARY_DAYS[0], ORDINARY_DAYS[-1]))
    _released(hub.roads.learn_usual(PEOPLE["city-map"], Window(first, last + timedelta(days=1))))


def declare(hub: Hub, town: Town) -> Event:
    """Declare the earthquake for the whole town, by the city's officer."""
    west, south, east, north = town.bbox
    name = Words("水無瀬地震（訓練用の架空の災害）", "Minase earthquake (a made-up disaster)")
    area = Area.of_box([west - 0.01, south - 0.01, east + 0.01, north + 0.01])
    return hub.gate.events.declare(PEOPLE["city-officer"], EVENT, name, CITY, area, QUAKE, QUAKE + EVENT_LASTS)


def _released(outcome: Release | Refusal) -> Release:
    if isinstance(outcome, Refusal):
        raise ConflictError(f"the sample's own use was refused: {outcome.reason}")
    return outcome


def _offices(town: Town) -> pa.Table:
    """Return the post offices as features of the map's background."""
    points = shapely.points(town.offices.column("lon").to_numpy(), town.offices.column("lat").to_numpy())
    columns = {
        "kind": pa.repeat("office", town.offices.num_rows),
        "name": town.offices.column("name"),
        "geometry": pa.array(shapely.to_wkb(points), pa.binary()),
        "name_en": town.offices.column("name_en"),
    }
    return pa.table(columns, schema=BACKGROUND)
