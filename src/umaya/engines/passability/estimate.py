"""What is passable: which segments were passed since an event, which are probably blocked, and which opened again.

Not being passed is no evidence where nobody usually rides. So every segment begins with the small odds of being closed
that the event gives it, and these follow what is seen of it, step by step (`evidence`, `process`): passes, riders who
came near and did not enter, passes that weekday and hour let expect, turn-backs. What comes out is calibrated on
simulated earthquakes (`params`). A pass proves that a bike got through at that time, no more: not that a car would, nor
that the road is safe.

Must always hold: a segment nobody usually rides and nobody turned back at is never called probably blocked; a pass in
the window of the last turn-back or later reopens a segment; more passes of a segment never make it look more blocked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from umaya.engines.passability.evidence import NEVER, Evidence, Step
from umaya.engines.passability.params import PassabilityParams, calibrated
from umaya.engines.passability.pattern import Pattern
from umaya.engines.passability.process import Process, State, advance
from umaya.engines.passability.segments import Floats, Ints, Segments
from umaya.engines.passability.turn_backs import Blame
from umaya.engines.passability.usual import HOUR_S, USUAL
from umaya.types.clock import microseconds
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
        pa.field("reopened", TIME),
    ]
)
"""One row for each segment, sorted by segment_id; both directions joined.

`last_passed`: when it was last known open; null where nobody passed since the event. `age_class`: `1h`, `3h`, `24h`
(passed at most so long ago), `older`, or `none` (not since the event). `turn_backs`: at least so many vehicles turned
back on it since the event; the most in one window, as the same ones may be in several. `expected`: passes to be
expected since the event at the traffic there was. `p_blocked`: probability of being closed. `status`:
`probably-blocked`, else `passed`, else `no-evidence`, which is also what a withheld segment tells. `reopened`: the
first pass after it had last been called probably blocked; null where it never was, or is.
"""

ROUNDS = pa.schema(
    [
        pa.field("start", TIME, nullable=False),
        pa.field("end", TIME, nullable=False),
        pa.field("share", pa.float64(), nullable=False),
    ]
)
"""Spans of time since the event and the share of the usual rounds that was planned in each; they do not overlap."""

AGE_CLASSES = (("1h", 1), ("3h", 3), ("24h", 24))
"""Name and hours of each class of the age of the last pass."""

_US = 1_000_000


def estimate(
    network: RoadNetwork | Segments,
    since: pa.Table,
    usual: pa.Table,
    event_start: datetime,
    now: datetime,
    params: PassabilityParams | None = None,
    rounds: pa.Table | None = None,
    areas: Ints | None = None,
) -> pa.Table:
    """Estimate for each segment whether it was passed since the event and whether it is probably blocked.

    Args:
        network: the roads; `Segments` of them spare preparing them for every estimate.
        since: schema `PASSAGES`, one or several windows since the event, days not folded. Windows that begin at `now`
            or later, and passes outside [`event_start`, `now`], do not count.
        usual: schema `USUAL`, from `usual_pattern` on the same network.
        event_start: aware; when the event happened.
        now: aware, not before `event_start`; the moment the estimate is for.
        params: beliefs; when None those of the newest calibration for what is told (`areas`).
        rounds: schema `ROUNDS`; None where it is not known which rounds were planned. Outside its spans as many as
            usual are thought planned, until the town's traffic tells otherwise.
        areas: neighbourhood of each edge where the passes of a neighbourhood are told together or not at all
            (`tell-swept`); None where each road is told by itself.

    Returns:
        Schema `PASSABILITY`.

    Raises:
        ValueError: when a table has another schema, `since` is folded, or a time is naive or before the event.
    """
    params = params or calibrated("plain" if areas is None else "swept")
    start, end = microseconds(event_start), microseconds(now)
    _check(since, usual, rounds, end - start)
    roads = network if isinstance(network, Segments) else Segments(network)
    of_segment = None if areas is None else areas[roads.ids]
    evidence = Evidence(since, roads, Pattern(usual, roads), start, end, _planned(rounds), of_segment)
    odds, reopened = follow(evidence.steps(), evidence.blame, len(roads), params)

    p_blocked = 1 / (1 + np.exp(-odds))
    passed = evidence.last > NEVER
    blocked = p_blocked >= params.blocked_from
    columns = {
        "segment_id": roads.ids,
        "passed_since": passed,
        "passes": evidence.passes.astype(np.int32),
        "last_passed": _times(evidence.last),
        "age_class": _age_class(evidence.last, end, passed),
        "turn_backs": evidence.turned.astype(np.int32),
        "expected": evidence.expected,
        "p_blocked": p_blocked,
        "status": np.where(blocked, "probably-blocked", np.where(passed, "passed", "no-evidence")),
        "reopened": _times(np.where(blocked, NEVER, reopened)),
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()}).cast(PASSABILITY)


def follow(steps: Iterable[Step], blame: Blame, count: int, params: PassabilityParams) -> tuple[Floats, Ints]:
    """Follow all segments through the steps of the evidence.

    Args:
        steps: in order.
        blame: what turn-backs say.
        count: number of segments.
        params: beliefs.

    Returns:
        Calibrated log odds of being closed at its end; microseconds of the first pass after each segment was last
        called probably blocked, `NEVER` where it never was.
    """
    p = params
    process = Process(
        p.prior_closed,
        p.reopening,
        p.reclosing,
        p.doubt,
        p.near_weight,
        p.near_both,
        p.near_size,
        p.missed_weight,
        p.detour_ratio,
    )
    ratios = blame.log_ratios(p.turn_back_ratio, p.turn_backs_counted)
    state = State.fresh(count, process)
    called = (np.log(p.blocked_from / (1 - p.blocked_from)) - p.platt_offset) / p.platt_slope
    reopened = np.full(count, NEVER)
    for step in steps:
        told = np.bincount(blame.segment[step.blamed], weights=ratios[step.blamed], minlength=count).astype(np.float64)
        again = step.passed & (state.log_odds >= called)
        reopened[again] = step.begin[again]
        advance(state, process, step.hours, step.passed, step.near, step.missed, step.round, told)
    return p.platt_slope * state.log_odds + p.platt_offset, reopened


def _check(since: pa.Table, usual: pa.Table, rounds: pa.Table | None, span: int) -> None:
    if not since.schema.equals(PASSAGES):
        raise ValueError("passages do not have the schema of umaya.types.schemas")
    if not usual.schema.equals(USUAL):
        raise ValueError("the usual pattern does not have its schema")
    if rounds is not None and not rounds.schema.equals(ROUNDS):
        raise ValueError("the planned rounds do not have their schema")
    if span < 0:
        raise ValueError("now must not be before the event")
    if ((since.column("passes").to_numpy() > 0) & since.column("last_passed").is_null().to_numpy()).any():
        raise ValueError("passages since the event must not be folded")


def _planned(rounds: pa.Table | None) -> tuple[Ints, Ints, Floats]:
    """Return start, end and share of each span, by start."""
    ordered = (ROUNDS.empty_table() if rounds is None else rounds).sort_by("start")
    start, end = (ordered.column(name).cast(pa.int64()).to_numpy() for name in ("start", "end"))
    return start, end, ordered.column("share").to_numpy()


def _times(moments: Ints) -> pa.Array:
    return pa.array(moments, pa.int64(), mask=moments == NEVER).cast(TIME)


def _age_class(last: Ints, now: int, passed: npt.NDArray[np.bool_]) -> npt.NDArray[np.str_]:
    age = now - np.where(passed, last, now)
    classes = np.select([age <= hours * HOUR_S * _US for _, hours in AGE_CLASSES], [n for n, _ in AGE_CLASSES], "older")
    return np.where(passed, classes, "none")
