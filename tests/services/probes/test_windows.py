"""Windows are made of what was driven live: the same passages as matching each window anew gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from tests.services.probes.hubs import FEED, Town, make_town, open_town
from umaya.gate import Area, ObligationContext, Release, Words
from umaya.gate.intake import Batch, LiveWriter
from umaya.places.obligations import factories
from umaya.sample import setup
from umaya.sample.setup import PEOPLE, QUAKE
from umaya.types.errors import ConflictError

WINDOW, TICK = timedelta(minutes=10), timedelta(seconds=10)
LIVE = "minase-passable-roads"
COUNTED = ["edge_id", "forward", "passes", "vehicles", "turn_backs"]
STEPS: list[dict[str, dict[str, int]]] = [
    {"move-to-road": {}},
    {"suppress-dead-ends": {"max_homes": 3}},
    {"link-counts": {"window_s": 600, "min_vehicles": 1, "min_turn_backs": 2}},
]


def approve(town: Town, **changes: object) -> None:
    """Carry the sample's scheme through its review, with changes."""
    text = (resources.files("umaya.sample") / "schemes" / f"{LIVE}.yaml").read_text("utf-8")
    changed = yaml.safe_dump({**yaml.safe_load(text), **changes}, allow_unicode=True)
    town.hub.gate.schemes.submit(PEOPLE["post-planner"], changed, f"{LIVE}.yaml")
    town.hub.gate.review.verify(PEOPLE["post-legal"], LIVE, note="確認")
    town.hub.gate.review.approve(PEOPLE["post-director"], LIVE, note="承認")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town with the scheme of what was driven live, and its earthquake declared."""
    folder = tmp_path_factory.mktemp("windows") / "hub"
    opened = open_town(folder, make_town(folder))
    opened.warm()
    approve(opened, obligations=STEPS)
    area = Area.of_box([136.75, 36.15, 136.9, 36.3])
    name = Words("地震", "earthquake")
    end = QUAKE + timedelta(hours=24)
    opened.hub.gate.events.declare(PEOPLE["city-officer"], "quake", name, setup.CITY, area, QUAKE, end)
    yield opened
    opened.hub.close()


def ride_live(town: Town, writer: LiveWriter, rides: list[pa.Table], until: datetime) -> None:
    """Let what bikes report arrive every ten seconds, as the hub's clock goes on to a moment."""
    whole = pa.concat_tables(rides)
    while town.clock.now() < until:
        start = town.clock.now()
        town.clock.advance(TICK)
        rows = whole.filter((pc.field("t") >= start) & (pc.field("t") < start + TICK))
        batches = [Batch("phones", int(start.timestamp()), rows)] if rows.num_rows else []
        writer.take(FEED, 1, batches)


def matched_anew(town: Town, positions: pa.Table, window: tuple[datetime, datetime]) -> pa.Table:
    """Return what the scheme's obligations leave of the positions of a window and of a quarter of an hour before."""
    span = (window[0] - timedelta(seconds=900), window[1])
    data = positions.filter((pc.field("t") >= span[0]) & (pc.field("t") < span[1]))
    makes = factories(town.hub.atlas)
    context = ObligationContext(LIVE, window, span, None, "bike-positions", QUAKE.date(), None)
    for step in STEPS:
        for name, parameters in step.items():
            data = makes[name](parameters).apply(data, context)
    return data


def told(passages: pa.Table) -> set[tuple[int, ...]]:
    """Return what passages say: edge, direction, passes, vehicles, turn-backs."""
    return {tuple(row[name] or 0 for name in COUNTED) for row in passages.to_pylist()}


def test_both_ways_release_the_same_passages_and_a_window_is_due_when_it_is_final(town: Town) -> None:
    rides = [
        town.ride("2ABEF3", "bike-1", QUAKE + timedelta(minutes=2)),
        town.ride("2ABGBC3", "bike-2", QUAKE + timedelta(minutes=3)),  # a home in a cul-de-sac
        town.ride("4BA2AB4", "bike-3", QUAKE + timedelta(minutes=4)),  # a turn at a door
        town.ride("2ABCFEDABEF3", "bike-1", QUAKE + WINDOW - timedelta(seconds=60)),  # over the end of a window
        town.ride("3FEBADEFCB4", "bike-2", QUAKE + 2 * WINDOW - timedelta(seconds=40)),
        town.ride("2DEBCFED2", "bike-3", QUAKE + 2 * WINDOW + timedelta(minutes=3)),
    ]
    program = PEOPLE["city-map"]
    with town.hub.gate.live_intake.open("bike-positions") as writer:
        ride_live(town, writer, rides, QUAKE + WINDOW)
        assert town.hub.roads.advance(program) == [], "the window is over but not final"
        ride_live(town, writer, rides, QUAKE + WINDOW + timedelta(seconds=100))
        size = town.hub.ledger.size
        (outcome,) = town.hub.roads.advance(program)
        assert isinstance(outcome, Release)
        assert outcome.entry == size, "recorded before anything leaves"
        outcomes = [outcome]
        ride_live(town, writer, rides, QUAKE + 3 * WINDOW + timedelta(seconds=100))
    outcomes += [one for one in town.hub.roads.advance(program) if isinstance(one, Release)]
    windows = [(QUAKE + n * WINDOW, QUAKE + (n + 1) * WINDOW) for n in range(3)]
    assert [one.decision.window for one in outcomes] == windows
    anew = [matched_anew(town, pa.concat_tables(rides), window) for window in windows]
    live = [told(one.data) for one in outcomes]
    for window, (made, again) in enumerate(zip(live, map(told, anew), strict=True)):
        assert (window, sorted(made - again), sorted(again - made)) == (window, [], [])
    assert sum(len(rows) for rows in live) >= 15, "the world is too small to prove anything"
    assert not {"vehicle_id", "t", "lon", "lat", "entered", "left"} & set(outcomes[0].data.column_names)


def test_a_stopped_scheme_releases_no_further_window(town: Town) -> None:
    """A standing use is decided anew for every window."""
    with town.hub.gate.live_intake.open("bike-positions") as writer:
        ride_live(town, writer, [town.ride("2ABEF3", "bike-4", town.clock.now())], town.clock.now() + 2 * WINDOW)
    town.hub.gate.review.suspend(PEOPLE["post-director"], LIVE, "試験")
    with pytest.raises(ConflictError, match="not in force"):
        town.hub.roads.advance(PEOPLE["city-map"])


def test_the_live_state_lies_sealed(town: Town) -> None:
    folder: Path = town.hub.directory / "vault" / "live_intakes"
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    assert files
    assert not [path for path in files if b"bike-" in path.read_bytes()]
