"""First estimate of what is passable: which segments were passed since an event, and which are probably blocked.

Not being passed is no evidence where nobody usually rides. So every segment starts with small odds of being closed,
and these are multiplied by likelihood ratios (Bayes' rule in odds form):

    odds(closed) = prior odds x P(no pass | closed) / P(no pass | open) x ratio of turn-backs

with P(no pass | closed) = 1 and P(no pass | open) = 1 - c (1 - exp(-a H)):

- H is the segment's usual hazard of a pass over the hours from the event (or from its last pass, for a segment passed
  since) until now: the sum of -log(1 - p) over hours, parts of an hour in proportion; p from the usual pattern, as
  n p / (n + 1/2) for n days of it, so that it is never quite certain.
- a, the general activity, is fitted so that as many segments should have been passed as were (of those that are open
  by the prior). An earthquake that stops half the rounds lowers what is expected everywhere instead of marking half
  the town.
- c compares, at each end of the segment, how many of the other segments there were passed with how many should have
  been; the lesser of both ends counts. A closed segment casts a shadow: the rest of the street beyond it is not
  passed either. Shadowed segments have unpassed neighbours, so c is small there and they stay without evidence;
  a segment that riders reached from both ends and never drove through stands out. Where vehicles turned back on the
  segment itself, that shows that they came, and the better end counts.

Turn-backs as in `turn_backs`.

Chosen so that false alarms stay few: closed segments in a part where nobody rides, or behind another closure, are not
found. A pass proves that a bike got through at that time, no more: not that a car would, nor that the road is safe.

Must always hold: a segment nobody usually rides and nobody turned back at is never called probably blocked; a pass in
the window of the last turn-back or later reopens a segment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.engines.passability.params import PassabilityParams
from umaya.engines.passability.turn_backs import Floats, Ints, TurnBacks, log_ratios
from umaya.engines.passability.usual import HOUR_S, JST_S, USUAL
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import PASSAGES, TIME

PASSABILITY = pa.schema(
    [
        pa.field("segment_id", pa.int64(), nullable=False),
        pa.field("passed_since", pa.bool_(), nullable=False),
        pa.field("passes", pa.int32(), nullable=False),
        pa.field("last_passed", TIME),
        pa.field("age_class", pa.string(), nullable=False),
        pa.field("turn_backs", pa.int32(), nullable=False),
        pa.field("expected", pa.float64(), nullable=False),
        pa.field("p_blocked", pa.float64(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
    ]
)
"""One row for each segment, sorted by segment_id; both directions joined.

`age_class`: `1h`, `3h`, `24h` (passed at most so long ago), `older`, or `none` (not since the event). `turn_backs`: at
least so many vehicles turned back on it since the event; the most in one window, as the same ones may be in several.
`expected`: passes to be expected since the event at the present activity. `p_blocked`: probability of being closed.
`status`: `probably-blocked`, else `passed`, else `no-evidence`, which is also what a withheld segment tells.
"""

AGE_CLASSES = (("1h", 1), ("3h", 3), ("24h", 24))
"""Name and hours of each class of the age of the last pass."""

_US = 1_000_000
_NEVER = np.iinfo(np.int64).min
_MOST_ACTIVITY = 1.2


def estimate(
    network: RoadNetwork,
    since: pa.Table,
    usual: pa.Table,
    event_start: datetime,
    now: datetime,
    params: PassabilityParams | None = None,
) -> pa.Table:
    """Estimate for each segment whether it was passed since the event and whether it is probably blocked.

    Args:
        network: the roads.
        since: schema `PASSAGES`, one or several windows since the event, days not folded. Windows that begin at `now`
            or later, and passes outside [`event_start`, `now`], do not count.
        usual: schema `USUAL`, from `usual_pattern` on the same network.
        event_start: aware; when the event happened.
        now: aware, not before `event_start`; the moment the estimate is for.
        params: beliefs; the defaults when None.

    Returns:
        Schema `PASSABILITY`.

    Raises:
        ValueError: when a table has another schema, `since` is folded, or a time is naive or before the event.
    """
    params = params or PassabilityParams()
    start, end = _microseconds(event_start), _microseconds(now)
    _check(since, usual, end - start)
    roads = _Segments(network)

    passes, last = _passes(since, roads, start, end)
    passed = last > _NEVER
    hazard = _Hazard(usual, roads)
    from_event = hazard.between(np.full(len(roads.ids), start), end)
    activity = _activity(from_event, int((passed & (from_event > 0)).sum()), 1 - params.prior_closed)
    should = -np.expm1(-activity * from_event)
    better, lesser = _came(roads, passed, should, params.neighbour_weight)

    seen = _turn_backs(since, roads, usual, start, end)
    turned, met = log_ratios(
        seen, roads.ends, last, should, params.turn_back_ratio, params.turn_backs_counted, params.on_edge_share
    )
    since_pass = hazard.between(np.where(passed, last, start), end)
    came = np.where(met, better, lesser)
    passable = np.minimum(came * -np.expm1(-activity * since_pass), params.certainty)
    prior = np.where(passed, params.prior_reclosed, params.prior_closed)
    log_odds = np.log(prior / (1 - prior)) - np.log1p(-passable) + turned
    p_blocked = 1 / (1 + np.exp(-log_odds))

    blocked = p_blocked >= params.blocked_from
    status = np.where(blocked, "probably-blocked", np.where(passed, "passed", "no-evidence"))
    columns = {
        "segment_id": roads.ids,
        "passed_since": passed,
        "passes": passes.astype(np.int32),
        "last_passed": pa.array(last, pa.int64(), mask=~passed).cast(TIME),
        "age_class": _age_class(last, end, passed),
        "turn_backs": _turn_backs_on(since, roads, start, end).astype(np.int32),
        "expected": activity * hazard.passes(start, end),
        "p_blocked": p_blocked,
        "status": status,
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()}).cast(PASSABILITY)


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("an estimate needs aware times")
    return (moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(microseconds=1)


def _check(since: pa.Table, usual: pa.Table, span: int) -> None:
    if not since.schema.equals(PASSAGES):
        raise ValueError("passages do not have the schema of umaya.types.schemas")
    if not usual.schema.equals(USUAL):
        raise ValueError("the usual pattern does not have its schema")
    if span < 0:
        raise ValueError("now must not be before the event")
    if ((since.column("passes").to_numpy() > 0) & since.column("last_passed").is_null().to_numpy()).any():
        raise ValueError("passages since the event must not be folded")


class _Segments:
    """Segments as rows 0, 1, ...: their ids, their two nodes, and the row of each edge."""

    def __init__(self, network: RoadNetwork) -> None:
        segment = network.edges.column("segment_id").to_numpy()
        self.target: Ints = network.edges.column("target").to_numpy().astype(np.int64)
        source = network.edges.column("source").to_numpy().astype(np.int64)
        self.ids: Ints = np.flatnonzero(segment == np.arange(len(segment)))
        self.ends: Ints = np.column_stack((source, self.target))[self.ids]
        self.of_edge: Ints = np.searchsorted(self.ids, segment)


def _passes(since: pa.Table, roads: _Segments, start: int, end: int) -> tuple[Ints, Ints]:
    """Number and time of the last of the passes of each segment, `_NEVER` for none."""
    row = roads.of_edge[since.column("edge_id").to_numpy()]
    last = since.column("last_passed").cast(pa.int64()).fill_null(_NEVER).to_numpy()
    passes = since.column("passes").to_numpy()
    counts = (passes > 0) & (last >= start) & (last <= end) & _begun(since, end)
    latest = np.full(len(roads.ids), _NEVER)
    np.maximum.at(latest, row[counts], last[counts])
    number = np.bincount(row[counts], weights=passes[counts], minlength=len(roads.ids))
    return number.astype(np.int64), latest


def _begun(since: pa.Table, end: int) -> npt.NDArray[np.bool_]:
    begun: npt.NDArray[np.bool_] = since.column("window_start").cast(pa.int64()).to_numpy() < end
    return begun


def _turned(since: pa.Table, start: int, end: int) -> npt.NDArray[np.bool_]:
    """Rows with turn-backs in windows that began since the event (an earlier window may tell of before it)."""
    some = since.column("turn_backs").fill_null(0).to_numpy() > 0
    begins = since.column("window_start").cast(pa.int64()).to_numpy()
    turned: npt.NDArray[np.bool_] = some & (begins >= start) & (begins < end)
    return turned


def _turn_backs_on(since: pa.Table, roads: _Segments, start: int, end: int) -> Ints:
    rows = since.filter(pa.array(_turned(since, start, end)))
    row = roads.of_edge[rows.column("edge_id").to_numpy()]
    most = np.zeros(len(roads.ids), np.int64)
    np.maximum.at(most, row, rows.column("turn_backs").to_numpy())
    return most


def _turn_backs(since: pa.Table, roads: _Segments, usual: pa.Table, start: int, end: int) -> TurnBacks:
    edge = since.column("edge_id").to_numpy()
    habitual = np.zeros(len(roads.ids), np.bool_)
    turning = usual.column("turn_backs").to_numpy() > 0
    habitual[np.searchsorted(roads.ids, usual.column("segment_id").to_numpy()[turning])] = True
    chosen = _turned(since, start, end)
    rows = since.filter(pa.array(chosen))
    return TurnBacks(
        segment=roads.of_edge[edge[chosen]],
        node=roads.target[edge[chosen]],
        window_start=rows.column("window_start").cast(pa.int64()).to_numpy(),
        vehicles=rows.column("turn_backs").to_numpy().astype(np.int64),
        habitual=habitual[roads.of_edge[edge[chosen]]],
    )


class _Hazard:
    """The usual pattern as hazards that add up over time."""

    def __init__(self, usual: pa.Table, roads: _Segments) -> None:
        days = usual.column("days").to_numpy()
        self._row: Ints = np.searchsorted(roads.ids, usual.column("segment_id").to_numpy())
        self._hour: Ints = usual.column("hour").to_numpy().astype(np.int64)
        self._hazard: Floats = -np.log1p(-usual.column("p").to_numpy() * days / (days + 0.5))
        self._rate: Floats = usual.column("rate").to_numpy()
        self._count = len(roads.ids)

    def between(self, start: Ints, end: int) -> Floats:
        """Hazard of a pass of each segment from its own `start` to `end`, microseconds."""
        return self._sum(self._hazard, start, end)

    def passes(self, start: int, end: int) -> Floats:
        """Passes that are usual on each segment from `start` to `end`."""
        return self._sum(self._rate, np.full(self._count, start), end)

    def _sum(self, per_hour: Floats, start: Ints, end: int) -> Floats:
        hours = self._hours(np.full(len(self._row), end)) - self._hours(start[self._row])
        return np.bincount(self._row, weights=per_hour * hours, minlength=self._count).astype(np.float64)

    def _hours(self, moment: Ints) -> Floats:
        """How many times, parts included, each row's hour of day has gone by until `moment`."""
        day, second = np.divmod(moment / _US + JST_S, 86_400)
        hours: Floats = day + np.clip(second / HOUR_S - self._hour, 0, 1)
        return hours


def _activity(hazard: Floats, number: int, share_open: float) -> float:
    """Solve share_open x sum(1 - exp(-a H)) = number of segments passed, for a in [0, `_MOST_ACTIVITY`]."""
    hazard = hazard[hazard > 0]
    low, high = 0.0, _MOST_ACTIVITY
    for _ in range(40):
        middle = (low + high) / 2
        if -share_open * np.expm1(-middle * hazard).sum() < number:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _came(roads: _Segments, passed: npt.NDArray[np.bool_], should: Floats, weight: float) -> tuple[Floats, Floats]:
    """Activity of the other segments at the better and at the lesser end of each segment, relative to the town's."""
    observed = (passed & (should > 0)).astype(np.float64)
    nodes = int(roads.ends.max(initial=-1)) + 1
    at_node = [
        np.bincount(roads.ends.ravel(), weights=np.repeat(values, 2), minlength=nodes) for values in (observed, should)
    ]
    own = 1 + (roads.ends[:, 0] == roads.ends[:, 1])  # a loop is at its node twice
    seen, due = (at_node[i][roads.ends] - (own * values)[:, None] for i, values in enumerate((observed, should)))
    ratio = np.clip((seen + weight) / (due + weight), 0, 1)
    return ratio.max(axis=1, initial=0), ratio.min(axis=1, initial=1)


def _age_class(last: Ints, now: int, passed: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    age = now - np.where(passed, last, now)
    classes = np.select([age <= hours * HOUR_S * _US for _, hours in AGE_CLASSES], [n for n, _ in AGE_CLASSES], "older")
    return np.where(passed, classes, "none")
