"""Releases as the road map gets them, for benches: a scheme's obligations met window by window, without a gate.

Data reaches back as far as the obligations ask, but not before the event; windows lie on the grid that `tell-swept`
needs, or begin with the event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from umaya.gate import ObligationContext
from umaya.places.atlas import Atlas
from umaya.places.obligations import factories
from umaya.types.schemas import PASSAGES, TRAVERSALS

Steps = Sequence[tuple[str, Mapping[str, Any]]]

LIVE, STATISTICS = "minase-passable-roads", "minase-probe-statistics"
LOOKBACK = timedelta(seconds=900)
"""Of `move-to-road`, which was done before."""


def shipped(scheme: str) -> Steps:
    """Return the obligations of a scheme of the sample that follow matching."""
    text = (resources.files("umaya.sample") / "schemes" / f"{scheme}.yaml").read_text("utf-8")
    steps = [next(iter(step.items())) for step in yaml.safe_load(text)["obligations"]]
    return [(name, given) for name, given in steps if name != "move-to-road"]


def window_s(steps: Steps) -> int:
    """Return the length of a product's windows."""
    asked = dict(steps)
    return int(asked["tell-swept"].get("window_s", 1800) if "tell-swept" in asked else asked["link-counts"]["window_s"])


def first_window(steps: Steps, event: datetime) -> datetime:
    """Return when the first window after an event begins."""
    if "tell-swept" not in dict(steps):
        return event
    return event + (datetime.fromtimestamp(0, UTC) - event) % timedelta(seconds=window_s(steps))


def release(
    traversals: pa.Table, atlas: Atlas, steps: Steps, window: tuple[datetime, datetime], since: datetime | None = None
) -> pa.Table:
    """Meet obligations for one window; the data reaches back to `since` at most."""
    made = [factories(atlas)[name](given) for name, given in steps]
    begin = window[0] - sum((step.lookback for step in made), LOOKBACK)
    begin = begin if since is None else max(begin, since)
    left = traversals["left"]
    data = traversals.filter(pc.and_(pc.greater_equal(left, _at(begin)), pc.less(left, _at(window[1]))))
    context = ObligationContext("bench", window, (begin, window[1]), None)
    for step in made:
        data = step.apply(data, context)
    return data


def by_window(traversals: pa.Table, atlas: Atlas, steps: Steps, event: datetime, until: datetime) -> pa.Table:
    """Release one window after the other, from an event on, those that end after `until` left out.

    A window in which nothing was driven tells nothing, and is not asked for.
    """
    step, start = timedelta(seconds=window_s(steps)), first_window(steps, event)
    left = traversals["left"].cast(pa.int64()).to_numpy() // 1_000_000
    some = {int(n) for n in (left - int(start.timestamp())) // int(step.total_seconds())}
    windows = [(start + n * step, start + (n + 1) * step) for n in sorted(some | {n + 1 for n in some}) if n >= 0]
    parts = [release(traversals, atlas, steps, window, event) for window in windows if window[1] <= until]
    return pa.concat_tables([PASSAGES.empty_table(), *parts])


def ends(passages: pa.Table) -> pa.ChunkedArray:
    """Return when what each row tells ends, which is when it was released."""
    length = pc.multiply(passages["window_s"].cast(pa.int64()), 1_000_000)
    return pc.add(passages["window_start"].cast(pa.int64()), length).cast(PASSAGES.field("window_start").type)


def _at(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, TRAVERSALS.field("left").type)
