"""Earthquakes drawn for `bench/passability.py`: a small town, weeks of rounds, three days after, and what is released.

What is released is of two kinds. `swept`: as the sample's schemes say, step by step, window by window as the map asks.
`plain`: each road by itself, ten minutes from one vehicle on, turn-backs from two, ordinary hours from two vehicles on,
with their numbers and with weekdays told apart (and once without); dead ends with few homes left out. Also the simple
rule that the estimate is measured against, and the measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from releases import LIVE, STATISTICS, Steps, by_window, ends, release, shipped
from umaya.engines.passability import ROUNDS, usual_pattern
from umaya.engines.passability.evidence import NEVER
from umaya.engines.passability.params import Kind
from umaya.engines.passability.pattern import Pattern
from umaya.engines.passability.segments import Segments
from umaya.places.atlas import Atlas
from umaya.places.parameters import TellSweptParameters
from umaya.places.roads import homes_per_segment
from umaya.places.roads.background import BACKGROUND
from umaya.sample import make_town
from umaya.sample.aftermath import Aftermath, aftermath
from umaya.sample.days import JAPAN
from umaya.types.clock import microseconds
from umaya.types.schemas import TIME

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HORIZONS = (1, 3, 6, 24, 72)
"""Hours after the earthquake."""
HIDDEN = ("suppress-dead-ends", {"max_homes": 3})
PLAIN: dict[str, Steps] = {
    LIVE: [HIDDEN, ("link-counts", {"window_s": 600, "min_vehicles": 1, "min_turn_backs": 2})],
    STATISTICS: [
        HIDDEN,
        ("link-counts", {"window_s": 3600, "min_vehicles": 2, "min_turn_backs": 2, "fold_days": True}),
    ],
}
"""What is done to traversals where each road is told by itself."""
FIRST_DAY = date(2026, 10, 5)
SPAN_H = (1, 2, 3, 6, 12, 24, 72)
"""Hours that the simple rule may look back."""
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
"""Shares from which the simple rule may call a road usually passed."""


@dataclass(frozen=True)
class Case:
    """One earthquake and what is released of it.

    Attributes:
        seed: it was drawn from.
        truth: what happened.
        roads: the segments; `shown` those that privacy does not hide.
        usual: the usual pattern with weekdays told apart where plain; `flat` without.
        live: windows since the event.
        areas: neighbourhood of each edge where they are told as a whole.
    """

    seed: int
    truth: Aftermath
    roads: Segments
    shown: Bools
    usual: pa.Table
    flat: pa.Table
    live: pa.Table
    areas: Ints | None

    def moment(self, hours: int) -> datetime:
        return self.truth.event + timedelta(hours=hours)

    def since(self, hours: int) -> pa.Table:
        """Return the windows that were over by then."""
        return self.live.filter(pc.less_equal(ends(self.live), pa.scalar(self.moment(hours), TIME)))

    def closed(self, hours: int) -> Bools:
        """Return the truth at that moment, of the segments shown."""
        return np.isin(self.roads.ids, self.truth.closed(self.moment(hours)))[self.shown]

    def rounds(self) -> pa.Table:
        """Return the rounds planned, day by day (schema `ROUNDS`)."""
        midnight = self.truth.first + timedelta(days=self.truth.days)
        days = [midnight + timedelta(days=n) for n in range(len(self.truth.rounds) + 1)]
        pairs = zip(self.truth.rounds, self.truth.usual_rounds, strict=True)
        shares = [out / max(usual, 1) for out, usual in pairs]
        return pa.table([days[:-1], days[1:], shares], schema=ROUNDS)


def draw(seed: int, weeks: int, kind: Kind, most_homes: int = 2600) -> Case:
    """Draw an earthquake: four in five in the working day, the others at any hour, on any weekday."""
    live_steps, usual_steps = (shipped(name) if kind == "swept" else PLAIN[name] for name in (LIVE, STATISTICS))
    swept = dict(live_steps).get("tell-swept")
    rng = np.random.default_rng([seed, 99])
    homes = int(rng.integers(900, most_homes))
    day = FIRST_DAY + timedelta(days=int(rng.integers(0, 28)))
    hour = rng.uniform(8.5, 15.5) if rng.random() < 0.8 else rng.uniform(0, 24)
    moment = datetime.combine(day, time(), JAPAN) + timedelta(minutes=10 * round(hour * 6))
    town = make_town(seed, homes)
    truth = aftermath(town, moment, seed, weeks)
    first_day = truth.first.astimezone(JAPAN).date()
    ordinary = (truth.first, truth.first + timedelta(days=truth.days))
    after = (truth.event, truth.event + timedelta(hours=max(HORIZONS)))
    with TemporaryDirectory() as folder:
        atlas = Atlas(Path(folder))
        atlas.put(truth.network, BACKGROUND.empty_table())
        atlas.put_homes(homes_per_segment(town.letterboxes.select(["lon", "lat", "homes"]), truth.network))
        by_day = release(truth.ordinary, atlas, usual_steps, ordinary)
        by_week = by_day if kind == "swept" else release(truth.ordinary, atlas, by_weekday(usual_steps), ordinary)
        live = (by_window if kind == "swept" else _at_once)(truth.since, atlas, live_steps, *after)
        hidden = atlas.suppressed(int(dict(live_steps)["suppress-dead-ends"]["max_homes"]))
        areas = None if swept is None else atlas.neighbourhoods(TellSweptParameters.model_validate(swept).roads)
    roads = Segments(truth.network)
    return Case(
        seed,
        truth,
        roads,
        ~np.isin(roads.ids, hidden),
        usual_pattern(by_week, truth.network, truth.days, first_day if kind == "plain" else None),
        usual_pattern(by_day, truth.network, truth.days),
        live,
        areas,
    )


def _at_once(traversals: pa.Table, atlas: Atlas, steps: Steps, event: datetime, until: datetime) -> pa.Table:
    """Release all windows in one; they do not depend on one another."""
    return release(traversals, atlas, steps, (event, until), event)


def by_weekday(steps: Steps) -> Steps:
    """Return the same with weekdays told apart."""
    return [(name, {**given, "fold_weeks": True} if name == "link-counts" else given) for name, given in steps]


def rule_shares(case: Case, hours: int, span_h: int) -> Floats:
    """Return how surely each segment shown is usually passed in the last `span_h` hours; -1 where it was passed."""
    now, start = microseconds(case.moment(hours)), microseconds(case.truth.event)
    since = max(start, now - span_h * 3_600_000_000)
    passages = case.since(hours)
    last = np.full(len(case.roads), NEVER)
    times = passages.column("last_passed").cast(pa.int64()).fill_null(NEVER).to_numpy()
    np.maximum.at(last, case.roads.of_edge[passages.column("edge_id").to_numpy()], times)
    hazard, _ = Pattern(case.usual, case.roads).between(since, now)
    return np.where(last >= since, -1.0, -np.expm1(-hazard))[case.shown]


def best_rule(cases: list[Case], hours: int) -> dict[str, float]:
    """Find the span and the share from which the rule does best at a horizon, for F1 and apart from it for Brier.

    As a probability the rule tells how often a road that it calls, and one that it does not, was closed.
    """
    truth = np.concatenate([case.closed(hours) for case in cases])
    best: dict[str, float] = {"f1": -1.0, "brier": np.inf}
    for span_h in [h for h in SPAN_H if h <= hours]:
        shares = np.concatenate([rule_shares(case, hours, span_h) for case in cases])
        for threshold in THRESHOLDS:
            called = shares >= threshold
            found = scores(truth, called.astype(np.float64))["f1"]
            of_called, of_others = (_frequency(truth[part]) for part in (called, ~called))
            brier = float(np.mean((np.where(called, of_called, of_others) - truth) ** 2))
            if found > best["f1"]:
                best |= {"f1": found, "span_h": span_h, "threshold": threshold}
            if brier < best["brier"]:
                best |= {"brier": brier, "brier_span_h": span_h, "brier_threshold": threshold}
                best |= {"of_called": of_called, "of_others": of_others}
    return best


def _frequency(closed: Bools) -> float:
    """Return the share of the closed, with one in a hundred seen beforehand so that it is never 0 or 1."""
    return float((closed.sum() + 0.01) / (len(closed) + 1))


def scores(closed: Bools, p: Floats) -> dict[str, float]:
    """Return precision, recall and F1 of calling from one half on; Brier score and log loss."""
    called = p >= 0.5
    hits = int((called & closed).sum())
    precision, recall = hits / max(int(called.sum()), 1), hits / max(int(closed.sum()), 1)
    kept = np.clip(p, 1e-6, 1 - 1e-6)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * hits / max(int(called.sum()) + int(closed.sum()), 1),
        "brier": float(np.mean((p - closed) ** 2)),
        "log_loss": float(-np.mean(np.log(np.where(closed, kept, 1 - kept)))),
    }
