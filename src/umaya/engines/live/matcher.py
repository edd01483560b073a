"""The live matcher as others use it: batches of positions in, final traversals out, state in between.

Responsible for the shape of what comes in and goes out and for the memory of the state; the model is in the kernels
beside this module. What always holds: a traversal that was given out never changes and is never given out again; the
same batches with the same sequence numbers and moments give the same traversals, whatever snapshots were taken and
restored in between. So whoever keeps a snapshot with the batches that came after it loses nothing in a crash, and
whoever stores each batch's traversals under its sequence number, or under (vehicle_id, trip, seq), doubles nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from umaya.engines.live.gather import FIRST_JITTER_M, MEDIAN
from umaya.engines.live.intake import SLACK, Rows, by_vehicle, end_silent, take
from umaya.engines.live.names import Names, ids_of, no_names, numbers
from umaya.engines.live.params import LiveParams, settings
from umaya.engines.live.snapshots import network_digest, pack, unpack
from umaya.engines.live.state import (
    COLUMN,
    EPOCH_US,
    NEVER,
    PIECE,
    RING,
    TOLD,
    VEHICLE,
    Records,
    kept,
    live_columns,
    longer,
)
from umaya.engines.live.trellis import work
from umaya.engines.live.undecided import oldest_undecided
from umaya.engines.matching import Matcher, MatchParams
from umaya.engines.matching.engine import times
from umaya.types.clock import microseconds
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import POSITIONS, TRAVERSALS

FIRST_ROOM = 1 << 10
"""Vehicles for which there is room at first."""
FORGET_LEAST = 1 << 10
"""Vehicles that must be forgettable, and an eighth of all, before the state is laid out anew without them."""


@dataclass(frozen=True)
class Counts:
    """What became of the positions since the engine was first started; a snapshot keeps them.

    Attributes:
        received: positions in all batches.
        late: came after the reorder window had passed them.
        duplicate: had the vehicle and time of another.
        ahead: had a time later than their arrival by more than `ahead_s`.
        invalid: had no vehicle, time or place, or a place that is none.
        bad: could not have been reached by the vehicle; left out.
        off_road: lay on no road.
        vehicles: vehicles that are known now.
        passages: traversals given out.
        overdue: whole roads among them that were left before the moment that `final_until` had told: held open for
            longer than `hold_s`, or made of positions that were handed in late.
    """

    received: int = 0
    late: int = 0
    duplicate: int = 0
    ahead: int = 0
    invalid: int = 0
    bad: int = 0
    off_road: int = 0
    vehicles: int = 0
    passages: int = 0
    overdue: int = 0


class LiveMatcher:
    """Matches many vehicles as their positions arrive. Not for several threads at once.

    Args:
        network: the roads, or a `Matcher` that was prepared for them; its parameters are then those of the model.
        params: parameters; None for the defaults.
    """

    def __init__(self, network: RoadNetwork | Matcher, params: LiveParams | None = None) -> None:
        given = params or LiveParams()
        matcher = network if isinstance(network, Matcher) else Matcher(network, given.match)
        self.params = replace(given, match=matcher.params)
        self._roads = matcher.prepared
        self._settings = settings(self.params)
        self._work = work(self.params.match.max_candidates)
        self._names = no_names()
        self._vehicles, self._columns = np.zeros(0, VEHICLE), np.zeros(0, COLUMN)
        self._arrival, self._ended = np.empty(0, np.int64), np.empty(0, np.bool_)
        self._out, self._told = np.zeros(4 * SLACK, PIECE), np.zeros(1, TOLD)
        self._received = self._invalid = self._passages = self._overdue = 0
        self._final = self._arrived = NEVER
        self._sequence = -1

    @property
    def sequence(self) -> int:
        """Number of the last batch that was fed, -1 before the first; what was fed up to it need not be fed again."""
        return self._sequence

    @property
    def arrived(self) -> datetime | None:
        """Moment of the last batch that was fed, None before the first; no later batch may have an earlier one."""
        return None if self._arrived == NEVER else _moment(self._arrived)

    @property
    def counts(self) -> Counts:
        """What became of the positions."""
        told = {name: int(self._told[name][0]) for name in ("late", "duplicate", "ahead", "bad", "off_road")}
        return Counts(
            received=self._received,
            invalid=self._invalid,
            vehicles=self._known,
            passages=self._passages,
            overdue=self._overdue,
            **told,
        )

    @property
    def under_way(self) -> bool:
        """Whether a trip goes on that the passing of time alone would end."""
        return not bool(self._ended[: self._known].all())

    @property
    def state_bytes(self) -> int:
        """Memory that the state of the vehicles takes, with the room for more of them, in bytes."""
        arrays = (*self._names, self._vehicles, self._columns, self._arrival, self._ended, self._out)
        return sum(array.nbytes for array in arrays)

    def feed(self, positions: pa.Table, arrived: datetime, sequence: int, told: datetime | None = None) -> pa.Table:
        """Take a batch and give out what became final.

        Args:
            positions: schema POSITIONS, in any order, of any vehicles; may be empty, to let time pass.
            arrived: aware moment of arrival; never before that of the batch before.
            sequence: number of the batch, greater than that of the batch before; numbers may be left out. A batch
                that was fed already (up to `sequence`) is left alone and gives nothing.
            told: the latest that `final_until` said since the batch before, where it was asked: roads that come
                earlier are overdue. What it says at the moment of a batch is remembered anyway.

        Returns:
            Schema TRAVERSALS, those of a vehicle in order. `trip` is unique for a vehicle for ever, and trips ascend.

        Raises:
            ValueError: when the table has another schema, or `arrived` is naive or earlier than that of the batch
                before. Nothing has been taken then.
        """
        if not positions.schema.equals(POSITIONS):
            raise ValueError("positions do not have the schema of umaya.types.schemas")
        now = microseconds(arrived)
        if sequence <= self._sequence:
            return TRAVERSALS.empty_table()
        if now < self._arrived:
            raise ValueError("the batch arrived before the one that was fed last")
        promised = NEVER if told is None else microseconds(told)
        self._sequence, self._arrived, self._final = sequence, now, max(self._final, promised)
        ids, rows = self._rows(positions)
        self._names, slot = numbers(self._names, ids)
        self._make_room()
        order = by_vehicle(slot, rows.t, self._known)
        state = (self._vehicles, self._columns, self._arrival)
        pieces = self._pieces(len(order), lambda at, rest: take(at, order, slot, rows, now, *state, *rest))
        result = self._traversals(pieces + self._end_silent(now))
        self._final = max(self._final, self._final_at(now))
        self._forget(now)
        return result

    def flush(self, now: datetime) -> pa.Table:
        """End the trips of the vehicles of which nothing more is expected at `now`, and give out the rest of them.

        `feed` does the same; call this only where no batch comes at all. With a `now` far ahead all trips are ended.

        Returns:
            Schema TRAVERSALS.

        Raises:
            ValueError: when `now` is naive.
        """
        return self._traversals(self._end_silent(microseconds(now)))

    def final_until(self, now: datetime) -> datetime:
        """Return the moment before which no whole road will be left that is still to come.

        It is `silent_s` before `now`; or the newest position of a vehicle of which more is expected, because its
        positions come in lots; or earlier where a vehicle may have left a road then already and nobody can tell yet:
        it stands before a junction, or has turned and not come back. It is never more than `hold_s` before `now`.
        It is never earlier than it was at a batch, nor than `feed` was said to have been told. What comes earlier
        all the same counts as `overdue`: positions of a vehicle that was silent for long and handed them in then.

        Raises:
            ValueError: when `now` is naive.
        """
        return _moment(max(self._final, self._final_at(microseconds(now))))

    def snapshot(self) -> bytes:
        """Return the whole state, to be given to `restore`; the network is not part of it."""
        known, names = self._known, self._names
        vehicles = self._vehicles[:known]
        arrays = {
            "vehicles": vehicles,
            "columns": self._columns[live_columns(vehicles)],
            "arrival": self._arrival[:known],
            "ended": self._ended[:known],
            "hash": names.hash[:known],
            "start": names.start[: known + 1],
            "data": names.data[: names.start[known]],
            "told": self._told,
        }
        numbered = {"received": self._received, "invalid": self._invalid, "passages": self._passages}
        numbered |= {"overdue": self._overdue, "final": self._final}
        facts = {"sequence": self._sequence, "params": asdict(self.params), "counts": numbered}
        facts["arrived"] = self._arrived
        return pack(arrays, {**facts, "network": network_digest(self._roads.net)})

    @classmethod
    def restore(cls, network: RoadNetwork | Matcher, snapshot: bytes) -> LiveMatcher:
        """Return a matcher that goes on where `snapshot` was taken.

        Args:
            network: the same roads.
            snapshot: what `snapshot` returned.

        Raises:
            ValueError: when the bytes are no snapshot, of another version, or of another network.
        """
        arrays, facts = unpack(snapshot, _DTYPES)
        match = MatchParams(**facts["params"].pop("match"))
        if isinstance(network, Matcher) and network.params != match:
            raise ValueError("the snapshot was taken with other parameters of the model")
        live = cls(network, LiveParams(match=match, **facts["params"]))
        if network_digest(live._roads.net) != facts["network"]:
            raise ValueError("the snapshot was taken on another network")
        live._sequence, live._arrived = facts["sequence"], facts["arrived"]
        numbered = facts["counts"]
        live._received, live._invalid = numbered["received"], numbered["invalid"]
        live._passages, live._told = numbered["passages"], arrays["told"]
        live._overdue, live._final = numbered["overdue"], numbered["final"]
        known = len(arrays["vehicles"])
        live._names = _names(arrays["hash"], arrays["start"], arrays["data"])
        live._vehicles, live._columns = arrays["vehicles"], np.zeros(known * RING, COLUMN)
        live._columns[live_columns(arrays["vehicles"])] = arrays["columns"]
        live._arrival, live._ended = arrays["arrival"], arrays["ended"]
        return live

    @property
    def _known(self) -> int:
        return int(self._names.used[0])

    def _rows(self, positions: pa.Table) -> tuple[pa.Array, Rows]:
        """Count a batch, leave out what is no position, and lay the rest out in arrays."""
        self._received += positions.num_rows
        valid = np.ones(positions.num_rows, np.bool_)
        for name in ("vehicle_id", "t", "lon", "lat"):
            if positions[name].null_count:
                valid &= positions[name].is_valid().to_numpy()
        for name, most in (("lon", 180.0), ("lat", 90.0)):
            valid &= np.abs(positions[name].to_numpy()) <= most
        if not valid.all():
            self._invalid += int((~valid).sum())
            positions = positions.filter(pa.array(valid))
        optional = (_floats(positions[name]) for name in ("accuracy_m", "speed_mps", "heading_deg"))
        place = (_fixed(positions[name]) for name in ("lon", "lat"))
        return positions["vehicle_id"].combine_chunks(), Rows(
            _fixed(positions["t"].cast(pa.int64())), *place, *optional
        )

    def _make_room(self) -> None:
        """Lay the state out with room for every known vehicle."""
        known, had = self._known, len(self._vehicles)
        if known <= had:
            return
        room = max(FIRST_ROOM, known + known // 2)
        self._vehicles, self._columns = longer(self._vehicles, self._columns, had, room, FIRST_JITTER_M / MEDIAN)
        arrival, ended = np.full(room, NEVER), np.ones(room, np.bool_)
        arrival[:had], ended[:had] = self._arrival, self._ended
        self._arrival, self._ended = arrival, ended

    def _end_silent(self, now: int) -> list[Records]:
        known = self._known
        state = (known, now, self._vehicles, self._columns, self._arrival, self._ended)
        return self._pieces(known, lambda at, rest: end_silent(at, *state, *rest))

    def _final_at(self, now: int) -> int:
        """Return `final_until` in microseconds since 1970."""
        until = (now - self._settings.silent_us - EPOCH_US) / 1e6
        state = (self._vehicles, self._columns, self._ended, self._known)
        least = (now - self._settings.hold_us - EPOCH_US) / 1e6
        oldest: float = oldest_undecided(until, least, *state, self.params.sure, self._roads.net)
        return max(math.floor(oldest * 1e6) + EPOCH_US, now - self._settings.hold_us)

    def _pieces(self, whole: int, run: Callable[[int, tuple[Any, ...]], int]) -> list[Records]:
        """Run a kernel from 0 to `whole`, as often as its room for pieces fills up; return the pieces."""
        rest = (*self._roads, self._settings, self._work, self._out, self._told)
        pieces, at = [], 0
        while at < whole:
            self._told["used"] = 0
            at = run(at, rest)
            pieces.append(self._out[: self._told["used"][0]].copy())
        return pieces

    def _traversals(self, parts: list[Records]) -> pa.Table:
        pieces = np.concatenate(parts) if parts else np.zeros(0, PIECE)
        self._passages += len(pieces)
        if not len(pieces):
            return TRAVERSALS.empty_table()
        left = np.round(pieces["left"] * 1e6).astype(np.int64) + EPOCH_US
        self._overdue += int((pieces["complete"] & (left < self._final)).sum())
        edge, net = pieces["edge"], self._roads.net
        columns = [
            ids_of(self._names, pieces["vehicle"]),
            pa.array(pieces["trip"]),
            pa.array(pieces["part"]),
            pa.array(edge.astype(np.int64)),
            pa.array(net.way[edge]),
            pa.array(net.forward[edge]),
            times(pieces["entered"], EPOCH_US),
            times(pieces["left"], EPOCH_US),
            pa.array(pieces["begin"]),
            pa.array(pieces["end"]),
            pa.array(pieces["complete"]),
            pa.array(pieces["turned"]),
        ]
        return pa.table(columns, schema=TRAVERSALS)

    def _forget(self, now: int) -> None:
        """Leave out the vehicles of which nothing can come any more that would not count as too late."""
        known = self._known
        wait = self._settings.forget_us + self._settings.ahead_us
        keep = ~(self._ended[:known] & (self._arrival[:known] < now - wait))
        gone = known - int(keep.sum())
        if gone < max(FORGET_LEAST, known // 8):
            return
        rows = np.flatnonzero(keep)
        self._names, _ = numbers(no_names(), ids_of(self._names, rows.astype(np.int32)))
        self._vehicles, self._columns = kept(self._vehicles, self._columns, rows)
        self._arrival, self._ended = self._arrival[rows], self._ended[rows]


_DTYPES = {
    "vehicles": VEHICLE,
    "columns": COLUMN,
    "arrival": np.dtype(np.int64),
    "ended": np.dtype(np.bool_),
    "hash": np.dtype(np.uint64),
    "start": np.dtype(np.int32),
    "data": np.dtype(np.uint8),
    "told": TOLD,
}


def _moment(us: int) -> datetime:
    """Return the moment so many microseconds after the start of 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def _names(hashes: NDArray[np.uint64], start: NDArray[np.int32], data: NDArray[np.uint8]) -> Names:
    """Build the table of ids from its bytes."""
    ids = pa.StringArray.from_buffers(len(hashes), pa.py_buffer(start), pa.py_buffer(data))
    return numbers(no_names(), ids)[0]


def _fixed(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Return a column that cannot be written to, in one piece or many: kernels are compiled for one kind of array."""
    values: np.ndarray[Any, Any] = np.ascontiguousarray(column.to_numpy()).view()
    values.flags.writeable = False
    return values


def _floats(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """Return a column with NaN for nulls."""
    if column.null_count == len(column):
        return np.full(len(column), np.nan, np.float32)
    return np.ascontiguousarray(pc.fill_null(column, np.nan).to_numpy().astype(np.float32))
