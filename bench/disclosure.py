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
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from attackers import attack, interval
from disclosure_questions import (
    ask_colleague,
    ask_delivery_live,
    ask_delivery_week,
    ask_member,
    ask_whose,
    differencing,
    untold,
    usefulness,
)
from disclosure_town import Scene, make_scene
from releases import LIVE, STATISTICS, Steps, shipped

DEAD_ENDS = ("suppress-dead-ends", {"max_homes": 3})
FIRST = {
    LIVE: (DEAD_ENDS, ("link-counts", {"window_s": 600, "min_vehicles": 1, "min_turn_backs": 2})),
    STATISTICS: (
        DEAD_ENDS,
        ("link-counts", {"window_s": 3600, "min_vehicles": 2, "min_turn_backs": 2, "fold_days": True}),
    ),
}
"""What the first form owed, to compare with."""

BY_DEFINITION = ("live whose", "live member")
"""Attacks on raw matches that are handed the answer: a raw row bears the name of its vehicle."""


def setting(window_min: int, percent: int, held: int, hold_h: float, homes: int, trim: int) -> tuple[str, Steps]:
    """Return a setting of the live map by its name."""
    steps: list[tuple[str, Mapping[str, Any]]] = [("suppress-dead-ends", {"max_homes": homes})]
    steps += [("trim-tours", {"metres": trim})] if trim else []
    swept = {"window_s": window_min * 60, "percent": percent, "percent_held": held, "hold_s": round(hold_h * 3600)}
    steps.append(("tell-swept", swept | {"max_homes": homes}))
    return f"{window_min} min {percent} %, {hold_h:g} h {held} %, {homes} homes, trim {trim} m", steps


def by_vehicles(window_min: int, vehicles: int) -> tuple[str, Steps]:
    """Return a setting in which each road is told by itself, from so many vehicles on."""
    counts = {"window_s": window_min * 60, "min_vehicles": vehicles, "min_turn_backs": 2, "least": window_min > 10}
    return f"each road, {window_min} min, {vehicles} vehicles", [DEAD_ENDS, ("link-counts", counts)]


CURVE: tuple[tuple[str, Steps], ...] = (
    *(by_vehicles(*given) for given in ((10, 1), (30, 1), (30, 2), (30, 3))),
    *(
        setting(*given)
        for given in (
            (30, 60, 60, 0.5, 3, 200),
            (30, 80, 80, 0.5, 3, 200),
            (30, 60, 60, 12, 3, 200),
            (30, 70, 70, 12, 3, 200),
            (30, 80, 80, 12, 3, 200),
            (30, 80, 80, 4, 3, 200),
            (30, 80, 90, 4, 3, 200),
            (30, 80, 95, 12, 3, 200),
            (30, 90, 90, 12, 3, 200),
            (30, 80, 90, 12, 0, 200),
            (30, 80, 90, 12, 10, 200),
            (30, 80, 90, 12, 3, 0),
            (60, 80, 90, 12, 3, 200),
        )
    ),
)
"""Settings of the live map along which use and risk are shown; where nothing waits, a frame is as long as a window."""


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
