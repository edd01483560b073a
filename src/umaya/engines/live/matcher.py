"""The live matcher as others use it: batches of positions in, final traversals out, state in between.

What always holds: a traversal that was given out never changes and is never given out again; the same batches with the
same sequence numbers and moments give the same traversals, whatever snapshots were taken and restored in
between. So whoever keeps a snapshot with the batches that came after it loses nothing in a crash, and whoever stores
each batch's traversals under its sequence number, or under (vehicle_id, trip, seq), doubles nothing.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from umaya.engines.live.params import LiveParams
from umaya.engines.matching import Matcher, MatchParams
from umaya.types.roads import RoadNetwork
from umaya.types.schemas import POSITIONS, TIME, TRAVERSALS


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


class LiveMatcher:
    """Matches many vehicles as their positions arrive. Not for several threads at once.

    Args:
        network: the roads, or a `Matcher` that was prepared for them; its parameters are then those of the model.
        params: parameters; None for the defaults.
    """

    def __init__(self, network: RoadNetwork | Matcher, params: LiveParams | None = None) -> None:
        given = params or LiveParams()
        self._matcher = network if isinstance(network, Matcher) else Matcher(network, given.match)
        self.params = replace(given, match=self._matcher.params)
        self._held = POSITIONS.empty_table()
        self._counts = Counts()
        self._sequence = -1

    @property
    def sequence(self) -> int:
        """Number of the last batch that was fed, -1 before the first; what was fed up to it need not be fed again."""
        return self._sequence

    @property
    def counts(self) -> Counts:
        """What became of the positions."""
        return replace(self._counts, vehicles=pc.count_distinct(self._held["vehicle_id"]).as_py())

    def feed(self, positions: pa.Table, arrived: datetime, sequence: int) -> pa.Table:
        """Take a batch and give out what became final.

        Args:
            positions: schema POSITIONS, in any order, of any vehicles; may be empty, to let time pass.
            arrived: aware moment of arrival; never before that of the batch before.
            sequence: number of the batch, greater than that of the batch before; numbers may be left out. A batch
                that was fed already (up to `sequence`) is left alone and gives nothing.

        Returns:
            Schema TRAVERSALS, by vehicle and order. `trip` is unique for a vehicle for ever, and trips ascend.

        Raises:
            ValueError: when the table has another schema or `arrived` is naive. Nothing has been taken then.
        """
        if not positions.schema.equals(POSITIONS):
            raise ValueError("positions do not have the schema of umaya.types.schemas")
        _aware(arrived)
        if sequence <= self._sequence:
            return TRAVERSALS.empty_table()
        self._sequence = sequence
        self._counts = replace(self._counts, received=self._counts.received + positions.num_rows)
        keys = [("vehicle_id", "ascending"), ("t", "ascending")]
        self._held = pa.concat_tables([self._held, positions]).sort_by(keys)
        return self.flush(arrived)

    def flush(self, now: datetime) -> pa.Table:
        """End the trips of the vehicles that have been silent for `silent_s` at `now`, and give out the rest of them.

        `feed` does the same; call this only where no batch comes at all. With a `now` far ahead all trips are ended.

        Returns:
            Schema TRAVERSALS.

        Raises:
            ValueError: when `now` is naive.
        """
        last = self._held.group_by("vehicle_id").aggregate([("t", "max")])
        bound = pa.scalar(_aware(now) - timedelta(seconds=self.params.silent_s), TIME)
        silent = last.filter(pc.less_equal(last["t_max"], bound))["vehicle_id"]
        done = pc.is_in(self._held["vehicle_id"], silent.combine_chunks())
        result = self._matcher.match(self._held.filter(done)).traversals
        self._held = self._held.filter(pc.invert(done))
        self._counts = replace(self._counts, passages=self._counts.passages + result.num_rows)
        return result

    def snapshot(self) -> bytes:
        """Return the whole state, to be given to `restore`; the network is not part of it."""
        state = {"counts": asdict(self._counts), "sequence": self._sequence, "params": asdict(self.params)}
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, POSITIONS.with_metadata({"state": json.dumps(state)})) as writer:
            writer.write_table(self._held)
        return sink.getvalue()

    @classmethod
    def restore(cls, network: RoadNetwork | Matcher, snapshot: bytes) -> LiveMatcher:
        """Return a matcher that goes on where `snapshot` was taken.

        Args:
            network: the same roads.
            snapshot: what `snapshot` returned.

        Raises:
            ValueError: when the bytes are no snapshot, of another version, or of another network.
        """
        table = pa.ipc.open_stream(snapshot).read_all()
        state = json.loads(table.schema.metadata[b"state"])
        params = state["params"]
        live = cls(network, LiveParams(**{**params, "match": MatchParams(**params["match"])}))
        live._counts = Counts(**state["counts"])
        live._sequence = state["sequence"]
        live._held = table.replace_schema_metadata(None)
        return live


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment
