"""What attackers are asked about a town, with what everybody knows and what a product tells; for `disclosure.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as clock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attackers import Question, Told, at_ends, counted, neighbours, public_of_homes, released_of_roads
from disclosure_town import END, QUAKE, RELEASED, Bools, Driven, Floats, Ints, Scene
from releases import LIVE, Steps, by_window, first_window, release, window_s
from umaya.engines.disclosure import link_counts, neighbourhoods
from umaya.sample.days import JAPAN
from umaya.types.schemas import TRAVERSALS

AREA_ROADS = 24
RAW_WINDOW_S = 600
"""Windows in which raw matches are asked about."""
HOUR = 14
"""The hour of the afternoon that is asked about: parcels, whose homes no round tells beforehand."""


def live(scene: Scene, steps: Steps) -> pa.Table:
    """Release the day of the earthquake, window by window."""
    length = timedelta(seconds=window_s(steps))
    return by_window(scene.quake.traversals, scene.atlas, steps, QUAKE, END + length)


def grid(steps: Steps) -> tuple[int, int, int]:
    """Return second of the beginning, length and number of the windows after the earthquake."""
    length = window_s(steps) if steps else RAW_WINDOW_S
    start = int((first_window(steps, QUAKE) if steps else QUAKE).timestamp())
    start -= length * -(-(start - int(QUAKE.timestamp())) // length)
    return start, length, -(-(int(END.timestamp()) - start) // length)


def told_live(scene: Scene, steps: Steps) -> Told:
    """Return what the live map tells of each road."""
    return counted(scene, live(scene, steps), *grid(steps))


def week(days: Sequence[Driven]) -> pa.Table:
    """Return the traversals of the released ordinary days."""
    return pa.concat_tables([day.traversals for day in days])


def statistics(scene: Scene, steps: Steps, days: pa.Table) -> pa.Table:
    """Release the ordinary days at once."""
    span = [datetime.combine(day, clock(), JAPAN) for day in (RELEASED[0], RELEASED[-1])]
    return release(days, scene.atlas, steps, (span[0], span[1] + timedelta(days=1)))


def raw_of_homes(scene: Scene, days: Sequence[Driven], since: int, until: int, hour: int | None = None) -> Floats:
    """What matches without obligations tell of each letterbox: how near to it and how long vehicles were.

    Only an `hour` of the day counts where one is given. A traversal that takes longer than riding does is a stop on
    the road; a part of a traversal that turns is one too.
    """
    found = np.zeros((len(scene.segment), 5))
    for day in days:
        rows = day.traversals
        left = rows["left"].cast(pa.int64()).to_numpy() // 1_000_000
        entered = rows["entered"].cast(pa.int64()).to_numpy() // 1_000_000
        keep = (left >= since) & (left < until)
        if hour is not None:
            keep &= (left + 9 * 3600) % 86_400 // 3600 == hour
        row = scene.of_edge[rows["edge_id"].to_numpy()][keep]
        driven = np.abs(rows["to_m"].to_numpy() - rows["from_m"].to_numpy())[keep]
        slow = np.maximum(0, (left - entered)[keep] - driven / 5.0)
        for column, values in enumerate((np.ones(len(row)), slow, slow > 8, slow > 30)):
            np.add.at(found[:, column], row, values)
        np.maximum.at(found[:, 4], row, slow)
    boxes = np.bincount(scene.box_row, minlength=len(scene.segment))
    return np.column_stack([found, found[:, 1] / np.maximum(boxes, 1), found[:, 2] / np.maximum(boxes, 1)])[
        scene.box_row
    ]


def ask_delivery_live(scene: Scene, steps: Steps) -> Question:
    """Ask which letterboxes got something after the earthquake."""
    start = int(QUAKE.timestamp())
    got = np.zeros(len(scene.box_row), np.bool_)
    got[scene.quake.box[(scene.quake.second >= start) & (scene.quake.second < END.timestamp())]] = True
    hidden = scene.atlas.suppressed(3)
    public = public_of_homes(scene, hidden)
    if not steps:
        released = raw_of_homes(scene, [scene.quake], start, int(END.timestamp()))
    else:
        released = released_of_roads(scene, told_live(scene, steps))[scene.box_row]
    return Question(public, released, got, neighbours(scene))


def ask_delivery_week(scene: Scene, steps: Steps) -> Question:
    """Ask which letterboxes got something between 14:00 and 15:00 of the five days."""
    got = np.zeros(len(scene.box_row), np.bool_)
    for day in scene.days:
        got[day.box[(day.second + 9 * 3600) % 86_400 // 3600 == HOUR]] = True
    public = public_of_homes(scene, scene.atlas.suppressed(3))
    first = int(datetime.combine(RELEASED[0], clock(), JAPAN).timestamp())
    if not steps:
        released = raw_of_homes(scene, scene.days, first, first + 7 * 86_400, HOUR)
    else:
        passages = statistics(scene, steps, week(scene.days))
        length = window_s(steps)
        told = counted(scene, passages, first, length, 86_400 // length)
        noon, at = 13 * 3600 // length, HOUR * 3600 // length
        days = np.bincount(
            scene.of_edge[passages["edge_id"].to_numpy()],
            weights=passages["days"].fill_null(0).to_numpy(),
            minlength=len(scene.segment),
        )
        roads = released_of_roads(scene, told.after(noon))
        then = told.passes[:, at].sum(1)
        near = np.add(*at_ends(scene, then))
        released = np.column_stack([roads, days, then, near, then - near])[scene.box_row]
    return Question(public, released, got, neighbours(scene))


def untold(scene: Scene, steps: Steps, scheme: str) -> Bools:
    """Return which letterboxes lie on roads that a product never told."""
    passages = live(scene, steps) if scheme == LIVE else statistics(scene, steps, week(scene.days))
    told = np.zeros(len(scene.segment), np.bool_)
    told[scene.of_edge[passages.filter(pc.greater(passages["passes"], 0))["edge_id"].to_numpy()]] = True
    return ~told[scene.box_row]


def passes_of(scene: Scene, day: Driven, steps: Steps) -> tuple[Ints, Ints, Ints]:
    """Row, window and vehicle of each pass after the earthquake, each once."""
    start, length, _ = grid(steps)
    rows = day.traversals.filter(day.traversals["complete"])
    names = pc.index_in(rows["vehicle_id"], pa.array(day.vehicles)).to_numpy()
    second = rows["left"].cast(pa.int64()).to_numpy() // 1_000_000
    keep = (second >= QUAKE.timestamp()) & (second < END.timestamp())
    found = np.column_stack([scene.of_edge[rows["edge_id"].to_numpy()], (second - start) // length, names])[keep]
    row, window, vehicle = np.unique(found, axis=0).T
    return row, window, vehicle


def ask_whose(scene: Scene, steps: Steps, seed: int) -> Question:
    """Ask of pairs of passages of the day whether one vehicle made both; as many yes as no, near and far alike."""
    _, length, windows = grid(steps)
    row, window, vehicle = passes_of(scene, scene.quake, steps)
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, len(row), (2, 48_000))
    keep = (row[one] != row[other]) & (np.abs(window[one] - window[other]) <= 7200 // length)
    one, other = one[keep], other[keep]
    same = vehicle[one] == vehicle[other]
    xy = _middles(scene)
    away = np.hypot(*(xy[row[one]] - xy[row[other]]).T)
    chosen = _balanced(same, np.digitize(away, [200, 400, 800, 1600]), rng)[:6000]
    one, other, same, away = one[chosen], other[chosen], same[chosen], away[chosen]
    known = np.stack([passes.sum(1) > 0 for passes in scene.seen.values()])
    together = (known[:, row[one]] & known[:, row[other]]).sum(0)
    area = neighbourhoods(scene.atlas.network, AREA_ROADS)[scene.segment]
    gap = np.abs(window[one] - window[other])
    public = np.column_stack([away, gap, together, area[row[one]] == area[row[other]]]).astype(float)
    if not steps:  # rows of one table carry the name of the vehicle
        return Question(public, same[:, None].astype(float), same)
    facts = []
    released = told_live(scene, steps)
    for told in (released.passes.sum(2), released.spread):
        around = [np.add(*at_ends(scene, (told > 0).astype(np.float64)))[row[i], window[i]] for i in (one, other)]
        in_area = np.zeros((int(area.max()) + 1, windows))
        np.add.at(in_area, area, told > 0)
        busy = (in_area > 0).sum(0)
        facts += [told[row[one], window[one]], told[row[other], window[other]], *around, busy[window[one]]]
        facts += [in_area[area[row[i]], window[j]] for i in (one, other) for j in (one, other)] + [busy[window[other]]]
    return Question(public, np.column_stack(facts).astype(float), same)


def ask_member(scene: Scene, steps: Steps, seed: int) -> Question:
    """Ask of vehicles, neighbourhoods and windows whether that vehicle was there then."""
    start, length, windows = grid(steps)
    row, window, vehicle = passes_of(scene, scene.quake, steps)
    area = neighbourhoods(scene.atlas.network, AREA_ROADS)[scene.segment]
    areas = int(area.max()) + 1
    there = np.zeros((len(scene.quake.vehicles), areas, windows))
    np.add.at(there, (vehicle, area[row], window), 1)
    hours = (start + np.arange(windows) * length + 9 * 3600) % 86_400 // 3600
    seen = np.zeros((len(scene.quake.vehicles), areas, 24))
    for number, name in enumerate(scene.quake.vehicles):
        if name in scene.seen:
            np.add.at(seen[number], area, scene.seen[name])
    rng = np.random.default_rng(seed)
    v, a, w = (part.ravel() for part in np.indices(there.shape))
    keep = rng.permutation(len(v))[:2000]
    v, a, w = v[keep], a[keep], w[keep]
    truth = there[v, a, w] > 0
    anyone = seen.sum(0)
    roads = np.bincount(area, minlength=areas)
    public = [
        seen[v, a, hours[w]],
        seen[v, a].sum(1),
        anyone[a, hours[w]],
        anyone[a].sum(1),
        w,
        roads[a],
        v * 0 + len(seen),
    ]
    if not steps:
        return Question(np.column_stack(public).astype(float), there[v, a, w][:, None], truth)
    facts = []
    released = told_live(scene, steps)
    for told in (released.passes.sum(2), released.spread):
        share, often = np.zeros((2, areas, windows))
        np.add.at(share, area, told > 0)
        np.add.at(often, area, told)
        before, after = (np.roll(share, by, axis=1) for by in (1, -1))
        facts += [share[a, w], often[a, w], before[a, w], after[a, w], share[:, w].sum(0), (share[:, w] > 0).sum(0)]
    return Question(np.column_stack(public).astype(float), np.column_stack(facts).astype(float), truth)


def ask_colleague(scene: Scene, steps: Steps, seed: int, trials: int) -> Question:
    """Ask of vehicles and days whether the vehicle rode its round, or a colleague's vehicle in its stead."""
    rng = np.random.default_rng(seed)
    names = scene.days[0].vehicles
    public, released, truth = [], [], []
    whole = [day.traversals for day in scene.days]
    for _ in range(trials):
        day, vehicle, swapped = int(rng.integers(5)), int(rng.integers(len(names))), bool(rng.integers(2))
        own = pc.equal(whole[day]["vehicle_id"], names[vehicle])
        rows = np.unique(scene.of_edge[whole[day].filter(own)["edge_id"].to_numpy()])
        tables = list(whole)
        if swapped:
            stand_in = names[(vehicle + 1 + int(rng.integers(len(names) - 1))) % len(names)]
            at = TRAVERSALS.get_field_index("vehicle_id")
            tables[day] = tables[day].set_column(
                at, TRAVERSALS.field(at), pc.if_else(own, stand_in, tables[day]["vehicle_id"])
            )
        if steps:
            passages = statistics(scene, steps, pa.concat_tables(tables))
            inside = passages.filter(pc.is_in(passages["edge_id"], pa.array(scene.segment[rows])))
            sums = [pc.sum(inside[name]).as_py() or 0 for name in ("passes", "vehicles", "turn_backs", "days")]
            facts = [inside.num_rows / len(rows), *(number / max(inside.num_rows, 1) for number in sums)]
        else:
            facts = [pc.sum(pc.equal(tables[day]["vehicle_id"], names[vehicle])).as_py() / len(rows)]
        usual = scene.seen.get(names[vehicle])
        public.append([len(rows), len(names), 0 if usual is None else usual[rows].sum() / len(rows)])
        released.append(facts)
        truth.append(not swapped)
    return Question(np.array(public, float), np.array(released, float), np.array(truth))


def differencing(scene: Scene) -> dict[str, float]:
    """Count passes of single vehicles in half an hour that a minimum of two hides, and how many subtraction tells.

    Released are each hour and, which the gate refuses, its first half hour.
    """
    hidden = told = 0
    rows = scene.quake.traversals
    for hour in range(5):
        start = QUAKE + timedelta(hours=hour)
        halves = [
            link_counts(
                rows, start + timedelta(minutes=30 * n), start + timedelta(minutes=30 * (n + 1)), 1800, 1, 2, False
            )
            for n in (0, 1)
        ]
        whole = link_counts(rows, start, start + timedelta(hours=1), 3600, 2, 2, False)
        first = link_counts(rows, start, start + timedelta(minutes=30), 1800, 2, 2, False)
        single = {
            e
            for half in halves
            for e, v in zip(*(half[c].to_pylist() for c in ("edge_id", "vehicles")), strict=True)
            if v == 1
        }
        shown = dict(zip(whole["edge_id"].to_pylist(), whole["passes"].to_pylist(), strict=True))
        before = dict(zip(first["edge_id"].to_pylist(), first["passes"].to_pylist(), strict=True))
        hidden += len(single)
        told += sum(1 for edge in single if before.get(edge, 0) > 0 and shown.get(edge, 0) - before[edge] == 1)
    return {"hidden": hidden, "told": told}


def _middles(scene: Scene) -> Floats:
    lon, lat = (scene.atlas.network.nodes.column(name).to_numpy() for name in ("lon", "lat"))
    middle = [(at[scene.source] + at[scene.target]) / 2 for at in (lon * np.cos(np.radians(36.2)), lat)]
    return np.column_stack(middle) * 111_195


def _balanced(truth: Bools, kind: Ints, rng: np.random.Generator) -> Ints:
    """Return rows of which, within each kind, as many are true as false, shuffled."""
    chosen = []
    for number in np.unique(kind):
        sides = [rng.permutation(np.flatnonzero((kind == number) & (truth == side))) for side in (True, False)]
        count = min(len(side) for side in sides)
        chosen += [side[:count] for side in sides]
    return rng.permutation(np.concatenate(chosen))


def usefulness(scene: Scene, steps: Steps) -> dict[str, float]:
    """Return which share of the truly passed roads, and of their metres, is told."""
    row, _, _ = passes_of(scene, scene.quake, steps)
    passed = np.unique(row)
    told = np.flatnonzero(told_live(scene, steps).passes.any((1, 2)))
    both = np.intersect1d(passed, told)
    return {"roads": len(both) / len(passed), "metres": scene.length[both].sum() / scene.length[passed].sum()}
