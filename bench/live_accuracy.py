"""How right and how soon the live engine is on one set of tracks, beside the matcher that sees whole tracks.

Positions arrive as in live_traffic.py: after 0.05 s plus an exponential delay of mean 0.15 s, one of a hundred 0.5 to
4 s later, two of a thousand never; batches of 0.25 s. Passages are judged by live_truth.py, routes and places by
tracks.py: the place of a position is the nearest on the road that the engine gives for its moment. Seconds are
counted to the end of the batch that brought the passage; processor time is not in them here (live.py adds it).
`python bench/live_accuracy.py --json [--quick]` runs the curve: how soon against how many false ones.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from live_truth import given_passages, pair, shapes, shares, true_passages
from tracks import Answer, Ints, Truth, judge, load
from umaya.engines.live import LiveMatcher, LiveParams
from umaya.engines.matching import Matcher

DATA = Path(os.environ.get("UMAYA_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SEED = 20_261_121
INTERVAL_S = 0.25
"""Seconds of arrivals that make a batch."""
MOST_S = 10_000_000
"""More seconds than any set lasts."""
NEVER = np.iinfo(np.int64).max
ZERO = datetime(1970, 1, 1, tzinfo=UTC)
CURVE = (
    LiveParams(near_m=0.0, lag_s=4.0),
    LiveParams(near_m=5.0, lag_s=4.0),
    LiveParams(near_m=7.5, lag_s=4.0),
    LiveParams(near_m=0.0),
    LiveParams(near_m=5.0),
    LiveParams(),
    LiveParams(stand_s=0.5),
)
"""Settings that are compared, the most careful first."""
CURVE_SETS = ("nerima-deliver_s10", "nerima-deliver_s5")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Streamed:
    """What came out of a set that arrived bit by bit.

    Attributes:
        traversals: schema TRAVERSALS.
        out_us: when each was given out; `NEVER` for those that the end of the tracks alone brought.
        arrival_us: when each position arrived; `NEVER` for those lost.
    """

    traversals: pa.Table
    out_us: Ints
    arrival_us: Ints


def percentiles(values: Any) -> dict[str, float]:
    """Return p50, p90, p99 and the greatest."""
    if not len(values):
        return {}
    found = np.percentile(values, [50.0, 90.0, 99.0, 100.0])
    return dict(zip(("p50", "p90", "p99", "max"), (round(float(x), 2) for x in found), strict=True))


def arrivals(truth: Truth, seed: int = SEED) -> Ints:
    """Draw when each position arrives, in microseconds."""
    rng = np.random.default_rng(seed)
    t: Ints = truth.positions["t"].cast(pa.int64()).to_numpy()
    delay = 0.05 + rng.exponential(0.15, len(t))
    delay += np.where(rng.random(len(t)) < 0.01, rng.uniform(0.5, 4.0, len(t)), 0.0)
    at: Ints = np.where(rng.random(len(t)) < 0.002, NEVER, t + np.round(delay * 1e6).astype(np.int64))
    return at


def stream(truth: Truth, matcher: Matcher, params: LiveParams) -> Streamed:
    """Let a set arrive."""
    live, at = LiveMatcher(matcher, params), arrivals(truth)
    come = np.flatnonzero(at < NEVER)
    come = come[np.argsort(at[come], kind="stable")]
    positions = truth.positions.take(pa.array(come)).combine_chunks()
    step = round(INTERVAL_S * 1e6)
    ends = np.arange(at.min() + step, at[come[-1]] + 2 * step, step)
    first = np.searchsorted(at[come], np.concatenate([[0], ends]))
    parts, out = [], []
    for number, (a, b, now) in enumerate(zip(first[:-1], first[1:], ends, strict=True)):
        made = live.feed(positions.slice(a, b - a), ZERO + timedelta(microseconds=int(now)), number)
        parts.append(made)
        out.append(np.full(made.num_rows, now))
    last = live.flush(ZERO + timedelta(microseconds=int(ends[-1]), days=1))
    return Streamed(pa.concat_tables([*parts, last]), np.concatenate([*out, np.full(last.num_rows, NEVER)]), at)


def waits(truth: Truth, streamed: Streamed) -> dict[str, Any]:
    """Return the seconds to the publication of right passages, counted from three moments, and how many were early.

    `behind_5m`: from the arrival of the first position that is truly 5 m behind the junction; `behind`: of the first
    behind it; `crossed`: from the moment at which it was truly crossed. `early` is the share given out before that.
    """
    true, whole = true_passages(truth), streamed.traversals["complete"].to_numpy(zero_copy_only=False)
    found = pair(true, given_passages(streamed.traversals, truth.vehicles, shapes(truth)))
    out = streamed.out_us[whole]
    known = (found >= 0) & (out < NEVER)
    of, out = found[known], out[known]
    t = truth.positions["t"].cast(pa.int64()).to_numpy()
    place = truth.vehicle.astype(np.int64) * MOST_S + (t - t.min()) // 1_000_000

    def arrival(moment: Ints) -> Ints:
        second = true.vehicle[of] * MOST_S + (moment - t.min()) // 1_000_000
        row = np.minimum(np.searchsorted(place, second), len(t) - 2)
        lost = streamed.arrival_us[row] == NEVER
        at: Ints = np.where(lost, streamed.arrival_us[row + 1], streamed.arrival_us[row])
        return at

    at = arrival(np.maximum(true.complete[of], t.min()))
    clear = (true.complete[of] >= 0) & (at < NEVER)
    return {
        "behind_5m_s": percentiles((out - at)[clear] / 1e6),
        "behind_s": percentiles((out - arrival(true.t[of])) / 1e6),
        "crossed_s": percentiles((out - true.crossed[of]) / 1e6),
        "early": round(float((out < true.crossed[of]).mean()), 4),
        "over_5_s": round(float(((out - at)[clear] > 5_000_000).mean()), 4),
    }


def _driven(truth: Truth, traversals: pa.Table) -> dict[int, tuple[Ints, Floats]]:
    vehicle = pa.compute.index_in(traversals["vehicle_id"], pa.array(truth.vehicles, pa.string())).to_numpy()
    edge = traversals["edge_id"].to_numpy()
    metres = traversals["to_m"].to_numpy().astype(np.float64) - traversals["from_m"].to_numpy()
    return {v: (edge[vehicle == v], metres[vehicle == v]) for v in range(len(truth.vehicles))}


def _answer(truth: Truth, traversals: pa.Table) -> Answer:
    """Return the nearest place of each position on the road that was given for its moment."""
    lines = shapely.from_wkb(truth.network.edges["geometry"].to_numpy(zero_copy_only=False))
    scale = np.array([np.cos(np.radians(truth.lat.mean())), 1.0])
    t = truth.positions["t"].cast(pa.int64()).to_numpy()
    lon, lat = truth.positions["lon"].to_numpy(), truth.positions["lat"].to_numpy()
    edge = np.full(len(t), -1, np.int64)
    vehicle = pa.compute.index_in(traversals["vehicle_id"], pa.array(truth.vehicles, pa.string())).to_numpy()
    entered, left = (traversals[name].cast(pa.int64()).to_numpy() for name in ("entered", "left"))
    for v in range(len(truth.vehicles)):
        rows, parts = np.flatnonzero(truth.vehicle == v), np.flatnonzero(vehicle == v)
        parts = parts[np.argsort(entered[parts], kind="stable")]
        if len(parts):
            part = parts[np.maximum(np.searchsorted(entered[parts], t[rows], side="right") - 1, 0)]
            within = (entered[part] <= t[rows]) & (t[rows] <= left[part])
            edge[rows] = np.where(within, traversals["edge_id"].to_numpy()[part], -1)
    on = np.flatnonzero(edge >= 0)
    flat = shapely.transform(lines, lambda c: c * scale)[edge[on]]
    seen = shapely.points(np.column_stack([lon, lat])[on] * scale)
    found = shapely.get_coordinates(shapely.line_interpolate_point(flat, shapely.line_locate_point(flat, seen))) / scale
    places = np.full((len(t), 2), np.nan)
    places[on] = found
    return Answer(places[:, 0], places[:, 1], _driven(truth, traversals), 1.0)


def _measures(truth: Truth, answer: Answer) -> dict[str, float]:
    row = judge(truth, answer)
    return {name: round(row[name], 4) for name in ("right_edge", "mismatch", "added")}


def _rounded(row: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 4) for key, value in row.items()}


def live_figures(truth: Truth, matcher: Matcher, params: LiveParams) -> dict[str, Any]:
    """Return every figure of the live engine on a set."""
    streamed = stream(truth, matcher, params)
    passages = shares(true_passages(truth), given_passages(streamed.traversals, truth.vehicles, shapes(truth)))
    return (
        _rounded(passages) | _measures(truth, _answer(truth, streamed.traversals)) | {"waits": waits(truth, streamed)}
    )


def batch_figures(truth: Truth, matcher: Matcher) -> dict[str, Any]:
    """Return the figures of the matcher that sees whole tracks."""
    matched = matcher.match(truth.positions)
    passages = shares(true_passages(truth), given_passages(matched.traversals, truth.vehicles, shapes(truth)))
    lon, lat = (matched.matches[name].to_numpy(zero_copy_only=False) for name in ("lon", "lat"))
    return _rounded(passages) | _measures(truth, Answer(lon, lat, _driven(truth, matched.traversals), 1.0))


def accuracy(name: str, most: int | None, settings: tuple[LiveParams, ...]) -> dict[str, Any]:
    """Compare live, with each of some settings, and batch on one set."""
    truth = load(DATA / "tracks", name, most)
    matcher = Matcher(truth.network)
    rows = {"batch": batch_figures(truth, matcher)}
    for params in settings:
        label = f"near {params.near_m:g} m, stand {params.stand_s:g} s, lag {params.lag_s:g} s"
        rows[label] = live_figures(truth, matcher, params)
    for label, row in rows.items():
        print(f"{name:<26}{label:<34}" + " ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    return rows


def main() -> None:
    """Parse the arguments and run the curve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="within a minute: one set, few vehicles")
    options = parser.parse_args()
    if not DATA.is_dir():
        why = "the real data is not at hand: set UMAYA_SHARED_DATA to its folder"
        print(json.dumps({"bench": "live_accuracy", "skipped": why}) if options.json else f"skipped: {why}")
        return
    sets, most, settings = (CURVE_SETS[1:2], 12, CURVE[5:6]) if options.quick else (CURVE_SETS, None, CURVE)
    found = {name: accuracy(name, most, settings) for name in sets}
    result = {"bench": "live_accuracy", "load": [round(x, 1) for x in os.getloadavg()], "sets": found}
    print(json.dumps(result, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
