"""The moving part of the road map: one status a segment, apart from the tiles, as a compact difference of two moments.

Responsible for turning a `MapState` into codes, naming them by their content, and writing what changed since a name
that a reader has. Not for tiles, nor for who may look. What always holds: a difference applied to the state that it
names as `since` gives the state that it names as `version`; where that state is not known any more, everything is told.

Format `umaya-road-state` 1, media type `application/vnd.umaya.road-state`: the four bytes `URS1`; the length of the
head as uint32, little-endian; the head, JSON in UTF-8; then unsigned varints (7 bits a byte, the lowest first):

- for each `[status, count]` of `changed` in the head, the `count` segment ids that now have it, ascending, each as
  the difference from the one before (the first from -1, so every number is 1 or more);
- unless `marks` is null, for each of so many marks: the id in the same way, the kind (the sum of 1 probably blocked,
  2 turned back and 4 passed again after it was probably blocked), and the middle of the segment as millionths of a
  degree, longitude and latitude, zigzag differences.

Where `since` is null, every segment that is not listed has the status `no-evidence`.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from umaya.engines.tiles.sequences import gaps, marks
from umaya.services.roads.features import WEB_STATUS, event_of, iso, span_of
from umaya.services.roads.service import MapState

MEDIA_TYPE = "application/vnd.umaya.road-state"
STATUSES = ("no-evidence", "passed-24h", "passed-3h", "passed-1h", "probably-blocked")
"""Status by its code."""
BLOCKED = STATUSES.index("probably-blocked")
ON_BLOCKED, ON_TURNED, ON_REOPENED = 1, 2, 4
"""What a mark's kind is the sum of."""
KEPT = 32

Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Snapshot:
    """What the map shows of every segment at one moment.

    Attributes:
        status: for each segment a row of `STATUSES`.
        kind: for each segment 0, or the kind of its mark.
        version: name of both.
    """

    status: Codes
    kind: Codes
    version: str


class Snapshots:
    """Turns states into snapshots and keeps the latest, by name.

    Args:
        segments: one edge a segment, ascending by id.
    """

    def __init__(self, segments: pa.Table) -> None:
        self._ids: Ints = segments["segment_id"].to_numpy()
        self._lengths = segments["length_m"].to_numpy()
        self._geometry = segments["geometry"]
        self._lock = Lock()
        self._of_table: OrderedDict[int, tuple[pa.Table, Snapshot]] = OrderedDict()
        self._named: OrderedDict[str, Snapshot] = OrderedDict()

    def _middles(self, rows: Ints) -> Ints:
        """Return the middle of some segments, longitude and latitude in millionths of a degree."""
        lines = shapely.from_wkb(self._geometry.take(pa.array(rows)).to_numpy(zero_copy_only=False))
        places = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        middles: Ints = np.rint(shapely.get_coordinates(places) * 1e6).astype(np.int64).reshape(-1, 2)
        return middles

    def of(self, state: MapState) -> Snapshot:
        """Return the snapshot of a state."""
        with self._lock:
            known = self._of_table.get(id(state.segments))
        if known is not None:
            return known[1]
        snapshot = snapshot_of(state.segments, self._ids)
        with self._lock:
            self._of_table[id(state.segments)] = state.segments, snapshot  # the table too, so that its id stays its own
            self._named[snapshot.version] = snapshot
            self._named.move_to_end(snapshot.version)
            for kept in (self._of_table, self._named):
                while len(kept) > KEPT:
                    kept.popitem(last=False)
        return snapshot

    def difference(self, state: MapState, since: str | None) -> bytes:
        """Return what changed since a named snapshot, or everything where that is not known."""
        now = self.of(state)
        with self._lock:
            before = self._named.get(since) if since else None
        changed = np.flatnonzero(now.status != before.status if before else now.status)
        groups = [(code, changed[now.status[changed] == code]) for code in range(len(STATUSES))]
        groups = [(code, rows) for code, rows in groups if len(rows)]
        marked = None if before and np.array_equal(before.kind, now.kind) else np.flatnonzero(now.kind)
        head = {
            "at": iso(state.at),
            "stage": state.stage,
            "event": event_of(state),
            "windows": span_of(state),
            "version": now.version,
            "since": before.version if before else None,
            "totals": self.totals(now),
            "changed": [[STATUSES[code], len(rows)] for code, rows in groups],
            "marks": None if marked is None else len(marked),
        }
        parts = [gaps(self._ids[rows]) for _, rows in groups]
        if marked is not None:
            parts.append(marks(self._ids[marked], now.kind[marked], self._middles(marked)))
        told = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
        return b"".join([b"URS1", len(told).to_bytes(4, "little"), told, *(part.tobytes() for part in parts)])

    def totals(self, snapshot: Snapshot) -> dict[str, dict[str, float]]:
        """Return metres and number of segments of each status."""
        metres = np.bincount(snapshot.status, weights=self._lengths, minlength=len(STATUSES))
        counts = np.bincount(snapshot.status, minlength=len(STATUSES))
        return {
            name: {"metres": round(float(metres[code]), 1), "count": int(counts[code])}
            for code, name in enumerate(STATUSES)
        }

    def marks(self, state: MapState) -> dict[str, Any]:
        """Return what is marked as GeoJSON, as the map draws it: places of kind `blocked` and `turn-back`."""
        kinds = self.of(state).kind
        features = []
        marked = np.flatnonzero(kinds)
        for row, middle in zip(marked.tolist(), self._middles(marked), strict=True):
            blocked, turned = bool(kinds[row] & ON_BLOCKED), bool(kinds[row] & ON_TURNED)
            place = {"type": "Point", "coordinates": (middle / 1e6).tolist()}
            drawn = [("blocked", "on")] * blocked + [("turn-back", "beside" if blocked else "on")] * turned
            for kind, where in drawn:
                about = {"kind": kind, "place": where, "segment": int(self._ids[row])}
                features.append({"type": "Feature", "geometry": place, "properties": about})
        return {"type": "FeatureCollection", "features": features}

    def about(self, state: MapState, segment: int) -> dict[str, Any]:
        """Return what is known of one segment, which must be on the map, as the page shows it."""
        row = int(np.searchsorted(self._ids, segment))
        at = pc.index(state.segments["segment_id"], segment).as_py()
        facts = state.segments.slice(at, 1).to_pylist()[0] if at >= 0 else {}
        return {
            "status": STATUSES[self.of(state).status[row]],
            "last_passed": iso(facts.get("last_passed")),
            "p_blocked": None if facts.get("p_blocked") is None else round(facts["p_blocked"], 3),
            "turn_backs": facts.get("turn_backs") or 0,
            "reopened": iso(facts.get("reopened")) if self.of(state).kind[row] & ON_REOPENED else None,
        }

    def place(self, segment: int) -> list[float] | None:
        """Return longitude and latitude of a segment's middle; None where there is no such segment."""
        row = int(np.searchsorted(self._ids, segment))
        if row >= len(self._ids) or self._ids[row] != segment:
            return None
        place: list[float] = (self._middles(np.array([row]))[0] / 1e6).tolist()
        return place


def snapshot_of(known: pa.Table, ids: Ints) -> Snapshot:
    """Return the snapshot of a table of schema PASSABILITY, for the segments `ids`, ascending."""
    ages = pa.array(list(WEB_STATUS))
    codes = np.array([STATUSES.index(status) for status in WEB_STATUS.values()], np.uint8)
    age = pc.fill_null(pc.index_in(known["age_class"], ages), len(ages) - 1).to_numpy()
    blocked = pc.equal(known["status"], "probably-blocked").to_numpy(zero_copy_only=False)
    turned = pc.greater(pc.fill_null(known["turn_backs"], 0), 0).to_numpy(zero_copy_only=False)
    rows = np.searchsorted(ids, known["segment_id"].to_numpy())
    status, kind = np.zeros(len(ids), np.uint8), np.zeros(len(ids), np.uint8)
    status[rows] = np.where(blocked, BLOCKED, codes[age])
    again = pc.is_valid(known["reopened"]).to_numpy(zero_copy_only=False) & (status[rows] != 0) & ~blocked
    kind[rows] = ON_BLOCKED * blocked + ON_TURNED * turned + ON_REOPENED * again
    name = hashlib.blake2b(status.tobytes() + kind.tobytes(), digest_size=8).hexdigest()
    return Snapshot(status, kind, name)
