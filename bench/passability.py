"""Which roads an earthquake closed: the estimate against the truth of simulated earthquakes, beside the simple rule.

    python bench/passability.py --json [--quick] [--seeds N] [--plot FILE] [--release R] [--fit [--training N]]

Prints what it measures and, last, one JSON object. Each seed is a town and an earthquake of its own (`aftermath`):
weeks of ordinary rounds, then 72 hours. As it stands after 1, 3, 6, 24 and 72 hours, for every segment that privacy
does not hide (h = hours):

--release says what is told of the rides (`passability_world`): `plain`, unless told otherwise, or `swept`.

- ours_h: precision, recall and F1 of what is called probably blocked, Brier score and log loss of the probability.
- rule_h: the same of the rule "usually passed, now not passed", with the look-back and the share that were best on the
  training seeds at that horizon: those best for F1 where roads are called, those best for Brier, with the frequencies
  of the training seeds as probabilities, for Brier and log loss.
- margin_h: rule less ours for Brier and log loss, ours less rule for F1; with the middle 95% of 1,000 resamplings of
  the earthquakes; wins: earthquakes in which our Brier score was the lower one.
- base_h: Brier score and log loss of telling everybody the share of closed roads.
- reliability: by tenths of the probability told, all horizons together: number, mean told, share truly closed; ece: the
  mean distance between them (expected calibration error).
- variants: log loss over all horizons where weekdays are not told apart, and where the planned rounds are known.
- seconds: process time of all estimates, a town and horizon each.

--fit draws the training seeds, --training of them from 1000 on (none of them is evaluated), fits the parameters of the
process by maximum likelihood (Nelder and Mead 1965) from `START`, whatever was shipped before, in at most `EVALUATIONS`
evaluations; then slope and offset of the log odds (Platt 1999), then the rule; writes a dated calibration into
`umaya.engines.passability` and the rule's numbers to `bench/passability_rule.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

import umaya.engines.passability as engine
from passability_world import HORIZONS, Case, best_rule, draw, rule_shares, scores
from umaya.engines.passability import PassabilityParams, estimate
from umaya.engines.passability.estimate import follow
from umaya.engines.passability.evidence import Evidence
from umaya.engines.passability.params import Kind
from umaya.engines.passability.pattern import Pattern
from umaya.types.clock import microseconds

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RULE = Path(__file__).parent / "passability_rule.json"
FIRST_TRAINING, TRAINING, EVALUATION = 1000, 24, range(30)
WEEKS = 6
QUICK_SEEDS, QUICK_WEEKS, QUICK_HOMES = 5, 4, 1400
FITTED = (
    "prior_closed",
    "reopening",
    "near_weight",
    "near_both",
    "near_size",
    "missed_weight",
    "detour_ratio",
    "turn_back_ratio",
)
START = PassabilityParams(
    prior_closed=0.03,
    reopening=0.02,
    reclosing=0.0001,
    doubt=0.0003,
    near_weight=2.0,
    near_both=0.3,
    near_size=8.0,
    missed_weight=0.02,
    detour_ratio=8.0,
    turn_back_ratio=5.0,
)
"""Where a fit begins; what is not in `FITTED` stays as it is here."""
EVALUATIONS = 160
NONE = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def told(case: Case, hours: int, *, flat: bool = False, planned: bool = False) -> Floats:
    """Return the probability that the estimate gives each segment shown."""
    table = estimate(
        case.roads,
        case.since(hours),
        case.flat if flat else case.usual,
        case.truth.event,
        case.moment(hours),
        rounds=case.rounds() if planned else None,
        areas=case.areas,
    )
    p: Floats = table["p_blocked"].to_numpy()[case.shown]
    return p


def rule_told(case: Case, hours: int, best: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Return what the rule calls, as 0 and 1, and the probability it gives."""
    called = rule_shares(case, hours, int(best["span_h"])) >= best["threshold"]
    surely = rule_shares(case, hours, int(best["brier_span_h"])) >= best["brier_threshold"]
    return called.astype(np.float64), np.where(surely, best["of_called"], best["of_others"])


class Told:
    """What is told of one earthquake at each horizon: truth, ours, the rule's calls, the rule's probability."""

    def __init__(self, case: Case, rule: Mapping[str, Mapping[str, float]], variants: bool) -> None:
        self.seconds = 0.0
        self.at: dict[int, tuple[Bools, Floats, Floats, Floats]] = {}
        self.variants: dict[str, list[Floats]] = {"weekdays_joined": [], "rounds_known": []}
        for hours in HORIZONS:
            began = time.process_time()
            ours = told(case, hours)
            self.seconds += time.process_time() - began
            self.at[hours] = (case.closed(hours), ours, *rule_told(case, hours, rule[str(hours)]))
            if variants:
                self.variants["weekdays_joined"].append(told(case, hours, flat=True))
                self.variants["rounds_known"].append(told(case, hours, planned=True))


def at_horizon(parts: list[Told], hours: int) -> dict[str, dict[str, Any]]:
    """Return ours, the rule's, the margin between them and the base, at one horizon."""
    closed, ours, called, rule = (np.concatenate(c) for c in zip(*(p.at[hours] for p in parts), strict=True))
    mine = scores(closed, ours)
    other = scores(closed, called) | {k: v for k, v in scores(closed, rule).items() if k in {"brier", "log_loss"}}
    errors = np.array(
        [[np.sum((p - c) ** 2) for p in (a, b)] + [len(c)] for c, a, _, b in (part.at[hours] for part in parts)]
    )
    drawn = np.random.default_rng(1).integers(0, len(parts), (1000, len(parts)))
    sums = errors[drawn].sum(axis=1)
    low, high = np.quantile((sums[:, 1] - sums[:, 0]) / sums[:, 2], (0.025, 0.975))
    margin = {
        "brier": other["brier"] - mine["brier"],
        "brier_low": float(low),
        "brier_high": float(high),
        "log_loss": other["log_loss"] - mine["log_loss"],
        "f1": mine["f1"] - other["f1"],
        "wins": int((errors[:, 0] < errors[:, 1]).sum()),
    }
    share = np.full(len(closed), closed.mean())
    base = {name: scores(closed, share)[name] for name in ("brier", "log_loss")} | {"closed": int(closed.sum())}
    return {"ours": mine, "rule": other, "margin": margin, "base": base}


def reliability(parts: list[Told]) -> tuple[list[dict[str, float]], float]:
    """Return the tenths of the probability told, and the expected calibration error."""
    closed, p = (np.concatenate([part.at[h][i] for part in parts for h in HORIZONS]) for i in (0, 1))
    tenth = np.minimum((p * 10).astype(np.int64), 9)
    rows, error = [], 0.0
    for n in range(10):
        here = tenth == n
        if here.any():
            mean, share = float(p[here].mean()), float(closed[here].mean())
            rows.append({"number": int(here.sum()), "told": mean, "closed": share})
            error += abs(mean - share) * here.mean()
    return rows, error


def evaluate(kind: Kind, seeds: range, weeks: int, homes: int, variants: bool) -> dict[str, Any]:
    """Draw the earthquakes and measure."""
    rule = json.loads(RULE.read_text("utf-8"))[kind]["horizons"]
    parts, closed = [], []
    for seed in seeds:
        case = draw(seed, weeks, kind, homes)
        parts.append(Told(case, rule, variants))
        closed.append(np.concatenate([case.closed(h) for h in HORIZONS]))
        print(
            f"earthquake {seed}: {int(case.shown.sum())} segments, {case.truth.obstacles.num_rows} closed", flush=True
        )
    figures: dict[str, Any] = {"seeds": [seeds.start, seeds.stop - 1], "weeks": weeks, "parts": parts}
    for hours in HORIZONS:
        figures |= {f"{name}_{hours}": rounded(values) for name, values in at_horizon(parts, hours).items()}
    figures["better_everywhere"] = all(
        figures[f"margin_{h}"][name] > 0 for h in HORIZONS for name in ("brier", "log_loss", "f1")
    )
    rows, error = reliability(parts)
    figures |= {"reliability": [rounded(row) for row in rows], "ece": round(error, 5)}
    if variants:
        truth = np.concatenate(closed)
        p = {name: [v for part in parts for v in part.variants[name]] for name in parts[0].variants}
        p["as_told"] = [part.at[h][1] for part in parts for h in HORIZONS]
        figures["variants"] = rounded({n: scores(truth, np.concatenate(v))["log_loss"] for n, v in p.items()})
    figures["seconds"] = round(sum(part.seconds for part in parts), 2)
    return figures


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Round what is not whole."""
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in values.items()}


def plot(rows: list[dict[str, float]]) -> str:
    """Return the reliability plot as SVG: told against truly closed, the number of segments beside each point."""
    side, edge = 360, 48
    place = [(edge + r["told"] * side, edge + (1 - r["closed"]) * side, int(r["number"])) for r in rows]
    ticks = "".join(
        f'<text x="{edge + t * side / 5:.0f}" y="{edge + side + 18}" text-anchor="middle">{t / 5:.1f}</text>'
        f'<text x="{edge - 8}" y="{edge + side - t * side / 5 + 4:.0f}" text-anchor="end">{t / 5:.1f}</text>'
        for t in range(6)
    )
    points = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#0017c1"/><text x="{x + 9:.1f}" y="{y + 15:.1f}">{n:,}</text>'
        for x, y, n in place
    )
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in place)
    far = edge + side
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge + 40} {side + 2 * edge}" role="img" '
        'lang="en" font-family="sans-serif" font-size="12" fill="#1a1a1a">'
        "<title>Reliability of the probability of being blocked</title>"
        "<desc>For each tenth of the probability told, the share of segments truly closed; on the dashed line both "
        "are equal. The number beside a point is how many segments it stands for.</desc>"
        '<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<path d="M{edge},{edge}V{far}H{far}" fill="none" stroke="#1a1a1a"/>'
        f'<path d="M{edge},{far}L{far},{edge}" stroke="#767676" stroke-dasharray="5 4"/>'
        f'<polyline points="{line}" fill="none" stroke="#0017c1" stroke-width="1.5"/>{points}{ticks}'
        f'<text x="{edge + side / 2:.0f}" y="{far + 38}" text-anchor="middle">probability told</text>'
        f'<text x="{edge}" y="{edge - 16}">share truly closed</text></svg>\n'
    )


def how_made(kind: Kind, training: range) -> str:
    """Return the command of a fit, and how it searches."""
    command = f"python bench/passability.py --fit --training {len(training)} --release {kind}"
    return f"{command}: log loss, horizons weighed alike, from START, {EVALUATIONS} evaluations at most, then Platt's"


def fit(kind: Kind, training: range) -> None:
    """Fit on the training seeds and write what was found."""
    cases = []
    for seed in training:
        cases.append(draw(seed, WEEKS, kind))
        print(f"training {seed}", flush=True)
    prepared = []
    for case in cases:
        pattern = Pattern(case.usual, case.roads)
        for hours in HORIZONS:
            times = (microseconds(case.truth.event), microseconds(case.moment(hours)))
            areas = None if case.areas is None else case.areas[case.roads.ids]
            evidence = Evidence(case.since(hours), case.roads, pattern, *times, NONE, areas)
            prepared.append((case, hours, list(evidence.steps()), evidence.blame, case.closed(hours)))

    def odds(params: PassabilityParams) -> list[Floats]:
        return [follow(s, b, len(c.roads), params)[0][c.shown] for c, _, s, b, _ in prepared]

    def loss(x: Floats) -> float:
        by_horizon: dict[int, list[Floats]] = {h: [] for h in HORIZONS}
        for z, (_, hours, _, _, closed) in zip(odds(of(x)), prepared, strict=True):
            by_horizon[hours].append(np.logaddexp(0, np.where(closed, -z, z)))
        return float(np.mean([np.concatenate(v).mean() for v in by_horizon.values()]))

    def of(x: Floats) -> PassabilityParams:
        values = dict(zip(FITTED, np.exp(x).tolist(), strict=True))
        values["prior_closed"] = min(values["prior_closed"], 0.5)
        values["near_both"] = min(values["near_both"], 1.0)
        values["turn_back_ratio"] = max(values["turn_back_ratio"], 1.0)
        return replace(START, **values)

    start = np.log([getattr(START, name) for name in FITTED])
    simplex = np.vstack([start, start + 0.4 * np.eye(len(start))])
    found = minimize(loss, start, method="Nelder-Mead", options={"maxfev": EVALUATIONS, "initial_simplex": simplex})
    params = of(found.x)
    z, closed = np.concatenate(odds(params)), np.concatenate([p[4] for p in prepared])

    def platt_loss(x: Floats) -> float:
        value = x[0] * z + x[1]
        return float(np.logaddexp(0, np.where(closed, -value, value)).mean())

    slope, offset = minimize(platt_loss, [1.0, 0.0], method="Nelder-Mead").x.tolist()
    made = {
        "date": f"{datetime.now(UTC).date()}",
        "how": how_made(kind, training),
        "seeds": [training.start, training.stop - 1],
        "weeks": WEEKS,
        "horizons_h": list(HORIZONS),
        "segments": int(len(closed) / len(HORIZONS)),
        "log_loss": round(platt_loss(np.array([slope, offset])), 5),
        "set_by_hand": sorted({"reclosing", "doubt", "turn_backs_counted", "blocked_from"}),
    }
    whole = replace(params, platt_slope=slope, platt_offset=offset)
    values = {name: float(f"{value:.4g}") for name, value in asdict(whole).items()}
    values["turn_backs_counted"] = whole.turn_backs_counted
    folder = Path(engine.__file__).parent / "calibrations"
    write(folder / f"{kind}-{made['date']}.json", {"made": made, "params": values})
    rule = {str(hours): rounded(best_rule(cases, hours)) for hours in HORIZONS}
    known = json.loads(RULE.read_text("utf-8")) if RULE.exists() else {}
    known[kind] = {"made": {name: made[name] for name in ("date", "seeds", "weeks")}, "horizons": rule}
    write(RULE, known)


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a file of numbers and say so."""
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"wrote {path.name}", flush=True)


def main() -> None:
    """Measure, fitting before where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line (always printed)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=len(EVALUATION))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--training", type=int, default=TRAINING, help="how many earthquakes --fit draws")
    parser.add_argument("--release", choices=("plain", "swept"), default="plain")
    given = parser.parse_args()
    began, cpu = time.perf_counter(), time.process_time()
    if given.fit:
        fit(given.release, range(FIRST_TRAINING, FIRST_TRAINING + given.training))
    if given.quick:
        figures = evaluate(given.release, range(QUICK_SEEDS), QUICK_WEEKS, QUICK_HOMES, variants=False)
    else:
        figures = evaluate(given.release, range(given.seeds), WEEKS, 2600, variants=True)
    del figures["parts"]
    if given.plot:
        given.plot.write_text(plot(figures["reliability"]), "utf-8")
    machine = {"cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}
    spent = {"wall_s": round(time.perf_counter() - began, 1), "process_s": round(time.process_time() - cpu, 1)}
    print(
        json.dumps(
            {
                "bench": "passability",
                "release": given.release,
                "quick": given.quick,
                **figures,
                **spent,
                "machine": machine,
            }
        )
    )


if __name__ == "__main__":
    main()
