"""Attackers against what leaves: whether released passages tell who got something, and who rode where.

    python bench/disclosure.py --json [--quick] [--towns N] [--homes N] [--curve FILE.svg]

Prints tables and, last, one JSON object. For each product (the schemes that the sample ships, with their obligations)
and each attack: the gain of the attacker over the same attacker without the release, in percentage points, with a 95 %
bootstrap interval over towns. `yes_no`: share of answers that are right; `named`: how often the one that is named of a
group of neighbours is right; `pairs`: how often a yes is told from a no (AUC). Attacks:

- delivery: which letterbox got something (after the earthquake; between 14:00 and 15:00 of the five days).
- hidden: the same, of letterboxes on roads that were never told: what suppression itself tells.
- whose: whether two passages of one day were by the same vehicle.
- member: whether a named vehicle was in a neighbourhood in a window.
- colleague: whether a vehicle rode its round on a day, or a colleague did (statistics).
- differencing: passes of single vehicles that two releases of other windows tell, which the gate refuses.

`raw` is the control: matches without obligations, in the same run; `first` the obligations of the first form. Raw rows
bear the vehicle, so for *whose* and *member* the answer is handed over: these two stand under `by_definition` and do
not count in `raw_fails`. `worst_...` and `passes` look at means over towns only; `above_one_within_interval` names
the attacks whose interval goes beyond one point all the same, and `below_rival` those whose interval lies below zero:
there the attacker overfits, which is no protection.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as clock
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from attackers import (
    Question,
    at_ends,
    attack,
    counted,
    interval,
    neighbours,
    public_of_homes,
    released_of_roads,
)
from disclosure_town import END, QUAKE, RELEASED, Bools, Driven, Floats, Ints, Scene, make_scene
from umaya.engines.disclosure import link_counts, neighbourhoods
from umaya.gate import ObligationContext
from umaya.places.obligations import factories
from umaya.sample.days import JAPAN
from umaya.types.schemas import PASSAGES, TRAVERSALS

Steps = Sequence[tuple[str, Mapping[str, Any]]]

LIVE, STATISTICS = "minase-passable-roads", "minase-probe-statistics"
DEAD_ENDS = ("suppress-dead-ends", {"max_homes": 3})
FIRST = {
    LIVE: (DEAD_ENDS, ("link-counts", {"window_s": 600, "min_vehicles": 1, "min_turn_backs": 2})),
    STATISTICS: (
        DEAD_ENDS,
        ("link-counts", {"window_s": 3600, "min_vehicles": 2, "min_turn_backs": 2, "fold_days": True}),
    ),
}
"""What the first form owed, to compare with."""
LOOKBACK = timedelta(seconds=900)
AREA_ROADS = 24
HOUR = 14
"""The hour of the afternoon that is asked about: parcels, whose homes no round tells beforehand."""


def shipped(scheme: str) -> Steps:
    """Return the obligations of a scheme of the sample that follow matching."""
    text = (resources.files("umaya.sample") / "schemes" / f"{scheme}.yaml").read_text("utf-8")
    steps = [next(iter(step.items())) for step in yaml.safe_load(text)["obligations"]]
    return [(name, given) for name, given in steps if name != "move-to-road"]


def window_s(steps: Steps) -> int:
    """Return the length of a product's windows."""
    return int(dict(steps)["link-counts"].get("window_s", 3600))


def run(scene: Scene, steps: Steps, traversals: pa.Table, span: tuple[datetime, datetime]) -> pa.Table:
    """Meet obligations for a window, on traversals from its lookback on."""
    entered, left = traversals["entered"], traversals["left"]
    begin, end = span[0] - LOOKBACK, span[1]
    data = traversals.filter(pc.and_(pc.greater_equal(entered, _at(begin)), pc.less(left, _at(end))))
    context = ObligationContext("bench", span, (begin, end), None)
    for name, given in steps:
        data = factories(scene.atlas)[name](given).apply(data, context)
    return data


def _at(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, TRAVERSALS.field("left").type)


def live(scene: Scene, steps: Steps) -> pa.Table:
    """Release the day of the earthquake, window by window."""
    step = timedelta(seconds=window_s(steps))
    count = -((QUAKE - END) // step)
    parts = [
        run(scene, steps, scene.quake.traversals, (QUAKE + n * step, QUAKE + (n + 1) * step)) for n in range(count)
    ]
    return pa.concat_tables([PASSAGES.empty_table(), *parts])


def week(days: Sequence[Driven]) -> pa.Table:
    """Return the traversals of the released ordinary days."""
    return pa.concat_tables([day.traversals for day in days])


def statistics(scene: Scene, steps: Steps, days: pa.Table) -> pa.Table:
    """Release the ordinary days at once."""
    span = [datetime.combine(day, clock(), JAPAN) for day in (RELEASED[0], RELEASED[-1])]
    return run(scene, steps, days, (span[0], span[1] + timedelta(days=1)))


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
        length = window_s(steps)
        windows = -(-int((END - QUAKE).total_seconds()) // length)
        tables = counted(scene, live(scene, steps), start, length, windows)
        released = released_of_roads(scene, *tables)[scene.box_row]
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
        passes, vehicles, turned = counted(scene, passages, first, length, 86_400 // length)
        noon, at = 13 * 3600 // length, HOUR * 3600 // length
        days = np.bincount(
            scene.of_edge[passages["edge_id"].to_numpy()],
            weights=passages["days"].fill_null(0).to_numpy(),
            minlength=len(scene.segment),
        )
        roads = released_of_roads(scene, passes[:, noon:], vehicles[:, noon:], turned)
        then = passes[:, at].sum(1)
        near = np.add(*at_ends(scene, then))
        released = np.column_stack([roads, days, then, near, then - near])[scene.box_row]
    return Question(public, released, got, neighbours(scene))


def untold(scene: Scene, steps: Steps, scheme: str) -> Bools:
    """Return which letterboxes lie on roads that a product never told."""
    passages = live(scene, steps) if scheme == LIVE else statistics(scene, steps, week(scene.days))
    told = np.zeros(len(scene.segment), np.bool_)
    told[scene.of_edge[passages.filter(pc.greater(passages["passes"], 0))["edge_id"].to_numpy()]] = True
    return ~told[scene.box_row]


def passes_of(scene: Scene, day: Driven, length: int) -> tuple[Ints, Ints, Ints]:
    """Row, window and vehicle of each pass after the earthquake, each once."""
    rows = day.traversals.filter(day.traversals["complete"])
    names = pc.index_in(rows["vehicle_id"], pa.array(day.vehicles)).to_numpy()
    second = rows["left"].cast(pa.int64()).to_numpy() // 1_000_000 - int(QUAKE.timestamp())
    keep = (second >= 0) & (second < (END - QUAKE).total_seconds())
    found = np.column_stack([scene.of_edge[rows["edge_id"].to_numpy()], second // length, names])[keep]
    row, window, vehicle = np.unique(found, axis=0).T
    return row, window, vehicle


def told_of(scene: Scene, steps: Steps, length: int) -> Floats:
    """Return how many passes of each road are told in each window."""
    windows = -(-int((END - QUAKE).total_seconds()) // length)
    passes, _, _ = counted(scene, live(scene, steps), int(QUAKE.timestamp()), length, windows)
    total: Floats = passes.sum(axis=2)
    return total


def ask_whose(scene: Scene, steps: Steps, seed: int) -> Question:
    """Ask of pairs of passages of the day whether one vehicle made both; as many yes as no, near and far alike."""
    length = window_s(steps or FIRST[LIVE])
    row, window, vehicle = passes_of(scene, scene.quake, length)
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, len(row), (2, 12_000))
    keep = (row[one] != row[other]) & (np.abs(window[one] - window[other]) <= 7200 // length)
    one, other = one[keep], other[keep]
    same = vehicle[one] == vehicle[other]
    xy = _middles(scene)
    away = np.hypot(*(xy[row[one]] - xy[row[other]]).T)
    chosen = _balanced(same, np.digitize(away, [200, 400, 800, 1600]), rng)[:1500]
    one, other, same, away = one[chosen], other[chosen], same[chosen], away[chosen]
    known = np.stack([passes.sum(1) > 0 for passes in scene.seen.values()])
    together = (known[:, row[one]] & known[:, row[other]]).sum(0)
    area = neighbourhoods(scene.atlas.network, AREA_ROADS)[scene.segment]
    gap = np.abs(window[one] - window[other])
    public = np.column_stack([away, gap, together, area[row[one]] == area[row[other]]]).astype(float)
    if not steps:  # rows of one table carry the name of the vehicle
        return Question(public, same[:, None].astype(float), same)
    told = told_of(scene, steps, length)
    around = [np.add(*at_ends(scene, (told > 0).astype(np.float64)))[row[i], window[i]] for i in (one, other)]
    in_area = np.zeros((int(area.max()) + 1, told.shape[1]))
    np.add.at(in_area, area, told > 0)
    busy = (in_area > 0).sum(0)
    facts = [told[row[one], window[one]], told[row[other], window[other]], *around, busy[window[one]]]
    facts += [in_area[area[row[i]], window[j]] for i in (one, other) for j in (one, other)] + [busy[window[other]]]
    return Question(public, np.column_stack(facts).astype(float), same)


def ask_member(scene: Scene, steps: Steps, seed: int) -> Question:
    """Ask of vehicles, neighbourhoods and windows whether that vehicle was there then."""
    length = window_s(steps or FIRST[LIVE])
    row, window, vehicle = passes_of(scene, scene.quake, length)
    area = neighbourhoods(scene.atlas.network, AREA_ROADS)[scene.segment]
    areas, windows = int(area.max()) + 1, -(-int((END - QUAKE).total_seconds()) // length)
    there = np.zeros((len(scene.quake.vehicles), areas, windows))
    np.add.at(there, (vehicle, area[row], window), 1)
    hours = (QUAKE.hour + (QUAKE.minute * 60 + np.arange(windows) * length) / 3600).astype(np.int64)
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
    told = told_of(scene, steps, length)
    share = np.zeros((areas, windows))
    np.add.at(share, area, told > 0)
    often = np.zeros((areas, windows))
    np.add.at(often, area, told)
    before, after = (np.roll(share, by, axis=1) for by in (1, -1))
    facts = [share[a, w], often[a, w], before[a, w], after[a, w], share[:, w].sum(0), (share[:, w] > 0).sum(0)]
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
    row, _, _ = passes_of(scene, scene.quake, 600)
    passed = np.unique(row)
    told = np.flatnonzero(told_of(scene, steps, window_s(steps)).any(1))
    both = np.intersect1d(passed, told)
    return {"roads": len(both) / len(passed), "metres": scene.length[both].sum() / scene.length[passed].sum()}


BY_DEFINITION = ("live whose", "live member")
"""Attacks on raw matches that are handed the answer: a raw row bears the name of its vehicle."""

CURVE: tuple[tuple[str, Steps], ...] = tuple(
    (
        f"{minutes} min, {percent} % swept, {vehicles} vehicles, {homes} homes, trim {trim} m",
        [
            ("suppress-dead-ends", {"max_homes": homes}),
            *([("trim-tours", {"metres": trim})] if trim else []),
            *([("tell-swept", {"window_s": minutes * 60, "percent": percent, "max_homes": homes})] if percent else []),
            (
                "link-counts",
                {"window_s": minutes * 60, "min_vehicles": vehicles, "min_turn_backs": 2, "least": minutes > 10},
            ),
        ],
    )
    for minutes, percent, vehicles, homes, trim in (
        (10, 0, 1, 3, 0),
        (30, 0, 1, 3, 0),
        (30, 0, 2, 3, 0),
        (30, 0, 3, 3, 0),
        (30, 50, 1, 3, 0),
        (30, 60, 1, 3, 0),
        (30, 70, 1, 3, 0),
        (30, 80, 1, 3, 0),
        (30, 90, 1, 3, 0),
        (30, 80, 1, 3, 200),
        (30, 80, 1, 0, 0),
        (30, 80, 1, 10, 0),
        (60, 80, 1, 3, 0),
        (60, 90, 1, 3, 0),
        (120, 90, 1, 3, 0),
    )
)
"""Settings of the live map along which use and risk are shown."""


def told(gains: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Return for each measure the mean gain and its interval, and the rival's mean, in percentage points."""
    found = {}
    for name in ("yes_no", "named", "pairs"):
        if name in gains:
            rival = 100 * float(np.mean(gains[f"base_{name}"]))
            found[name] = [round(value, 2) for value in (*interval(gains[name]), rival)]
    return found


def attacks(scenes: Sequence[Scene], product: str, steps: Mapping[str, Steps], trials: int) -> dict[str, Any]:
    """Let every attacker at one product; `steps` by scheme, empty for the raw release."""
    numbered = list(enumerate(scenes))
    questions = {
        "live delivery": [ask_delivery_live(scene, steps[LIVE]) for scene in scenes],
        "live whose": [ask_whose(scene, steps[LIVE], seed) for seed, scene in numbered],
        "live member": [ask_member(scene, steps[LIVE], seed) for seed, scene in numbered],
        "statistics delivery": [ask_delivery_week(scene, steps[STATISTICS]) for scene in scenes],
        "statistics colleague": [ask_colleague(scene, steps[STATISTICS], seed, trials) for seed, scene in numbered],
    }
    found = {name: told(attack(asked)) for name, asked in questions.items()}
    if steps[LIVE]:
        for name, scheme in (("live", LIVE), ("statistics", STATISTICS)):
            hidden = [untold(scene, steps[scheme], scheme) for scene in scenes]
            found[f"{name} hidden"] = told(attack(questions[f"{name} delivery"], chosen=hidden))
    for name, gains in found.items():
        print(f"{product:8s} {name:22s} " + "  ".join(f"{k} {_words(v)}" for k, v in gains.items()), flush=True)
    return found


def _words(gain: Sequence[float]) -> str:
    mean, low, high, rival = gain
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}] on {rival:.1f}"


def curve(scenes: Sequence[Scene], settings: Sequence[tuple[str, Steps]]) -> list[dict[str, Any]]:
    """Show how much of the roads is told against what the delivery attacker gains, setting by setting."""
    rows = []
    for name, steps in settings:
        useful = [usefulness(scene, steps) for scene in scenes]
        gains = told(attack([ask_delivery_live(scene, steps) for scene in scenes]))
        row = {kind: round(float(np.mean([u[kind] for u in useful])), 3) for kind in ("roads", "metres")}
        rows.append({"setting": name, **row, **gains})
        shown = "  ".join(f"{k} {_words(v)}" for k, v in gains.items())
        print(f"{name:58s} roads {row['roads']:.2f} metres {row['metres']:.2f}  {shown}", flush=True)
    return rows


def judged(found: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> dict[str, Any]:
    """Return the verdicts on gains by product, attack and measure (mean, low, high, rival's), as the JSON has them."""
    goals = {name: measures["yes_no"] for name, measures in found["default"].items()}
    return {
        "worst_yes_no": max(mean for mean, *_ in goals.values()),
        "worst_named": max(m["named"][0] for m in found["default"].values() if "named" in m),
        "worst_pairs_delivery": max(found["default"][n]["pairs"][0] for n in ("live delivery", "statistics delivery")),
        "passes": all(mean <= 1.0 for mean, *_ in goals.values()),
        "above_one_within_interval": [name for name, (_, _, high, _) in goals.items() if high > 1.0],
        "below_rival": [name for name, (_, _, high, _) in goals.items() if high < 0.0],
        "raw_fails": all(m["yes_no"][1] > 1.0 for name, m in found["raw"].items() if name not in BY_DEFINITION),
    }


def drawn(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the curve as SVG: share of passed roads told to the right, gain of the attacker (pairs) upwards."""
    most = max(12.0, *(row["pairs"][2] for row in rows))
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 460" font-family="sans-serif" font-size="11">',
        '<rect width="720" height="460" fill="#fff"/><path d="M60 20V400H700" fill="none" stroke="#333"/>',
        '<text x="380" y="440" text-anchor="middle">share of truly passed roads that is told</text>',
        '<text transform="translate(18 210) rotate(-90)" text-anchor="middle">gain of the attacker, points</text>',
    ]
    parts += [f'<text x="{60 + 6.4 * s:.0f}" y="416" text-anchor="middle">{s} %</text>' for s in range(0, 101, 20)]
    parts += [
        f'<text x="52" y="{404 - 380 * gain / most:.0f}" text-anchor="end">{gain}</text>'
        for gain in range(0, int(most) + 1, 2)
    ]
    parts.append(f'<path d="M60 {400 - 380 / most:.1f}H700" stroke="#b00" stroke-dasharray="4"/>')
    for number, row in enumerate(rows, 1):
        x, y = 60 + 640 * row["roads"], 400 - 380 * max(row["pairs"][0], 0) / most
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{row["setting"]}</title></circle>')
        parts.append(f'<text x="{x + 6:.1f}" y="{y - 4:.1f}">{number}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Simulate, let the attackers at it, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="accepted for likeness with the other benchmarks")
    parser.add_argument("--quick", action="store_true", help="four hamlets, no curve")
    parser.add_argument("--towns", type=int)
    parser.add_argument("--homes", type=int)
    parser.add_argument("--curve", type=Path, help="file for the curve as SVG")
    chosen = parser.parse_args()
    towns = chosen.towns or (4 if chosen.quick else 24)
    homes = chosen.homes or (300 if chosen.quick else 800)
    began, cpu = time.perf_counter(), time.process_time()
    with TemporaryDirectory() as folder:
        scenes = []
        for seed in range(1, towns + 1):
            scenes.append(make_scene(seed, homes, Path(folder) / str(seed)))
            print(f"town {seed} of {towns}: {time.perf_counter() - began:.0f} s", flush=True)
        products: dict[str, Mapping[str, Steps]] = {
            "raw": {LIVE: (), STATISTICS: ()},
            "first": FIRST,
            "default": {scheme: shipped(scheme) for scheme in (LIVE, STATISTICS)},
        }
        found = {name: attacks(scenes, name, steps, 10 if chosen.quick else 40) for name, steps in products.items()}
        settings = [("as shipped", products["default"][LIVE]), *(() if chosen.quick else CURVE)]
        rows = curve(scenes, settings)
        shifted = [differencing(scene) for scene in scenes]
    if chosen.curve:
        chosen.curve.write_text(drawn(rows), "utf-8")
    answer = {
        "command": f"python bench/disclosure.py --json --towns {towns} --homes {homes}{' --quick' * chosen.quick}",
        "towns": towns,
        "homes": homes,
        "gains": found,
        "curve": rows,
        "differencing": {key: sum(s[key] for s in shifted) for key in ("hidden", "told")},
        "by_definition": {"raw": BY_DEFINITION},
        **judged(found),
        "wall_s": round(time.perf_counter() - began, 1),
        "cpu_s": round(time.process_time() - cpu, 1),
        "load": round(os.getloadavg()[0], 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
