"""Releasing: what left is counted, and a second entry says so.

Must hold: the closing entry says whether all of a use's data left (`use.released`), or only a part
(`use.interrupted`), or nothing (`use.failed`), how many rows and whose. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

import pyarrow as pa
from pyroaring import BitMap

from umaya.gate.digests import StreamDigest, table_digest
from umaya.gate.models import UsePeopleRow, UseRow
from umaya.gate.opening import Begun
from umaya.gate.person_rule import numbers
from umaya.gate.provision import forget_provision
from umaya.gate.record import Act, Acts, NotRecordedError
from umaya.gate.use import Release
from umaya.gate.use_record import hashed
from umaya.gate.uses import UseState
from umaya.ledger.people_tree import people_root
from umaya.types.errors import ConflictError
from umaya.vault import Opened


class Stream:
    """Data on its way out, batch by batch, counted as it leaves. Use it as a context manager and iterate once.

    Leaving the context before the end, or an error on the way, closes the use as interrupted, and its record and
    receipts say so.

    Attributes:
        use: id of the use.
        decision: what permitted it.
        entry: index of the ledger entry that recorded the use before the first batch left.
        schema: of the batches.
        rows: how many left so far.
        complete: whether all of them have.
    """

    def __init__(self, begun: Begun, opened: Opened, closing: Closing) -> None:
        self.use = begun.id
        self.decision = begun.decision
        self.entry = begun.entry
        self.schema = opened.schema
        self.rows = 0
        self.complete = False
        self._begun = begun
        self._opened = opened
        self._closing = closing
        self._digest = StreamDigest(opened.schema)
        self._read = False
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches.

        Raises:
            ConflictError: when the stream was read before.
            NotRecordedError: after the last batch, when the ledger cannot take the closing entry.
        """
        if self._read or self._closed:
            raise ConflictError("the stream was read before")
        self._read = True
        try:
            for batch in self._opened.batches():
                self._digest.add(batch)
                self.rows += batch.num_rows
                yield batch
            self.complete = True
        finally:
            self.close()

    def close(self) -> None:
        """Close the use, once: as released when everything left, else as interrupted."""
        if self._closed:
            return
        self._closed = True
        self._opened.close()
        state = UseState.RELEASED if self.complete else UseState.INTERRUPTED
        self._closing.record(self._begun, state, self.rows, self._digest.value(), self._opened.delivered)


class Closing:
    """Closes the uses of one gate in database and ledger.

    Args:
        acts: begins the closing acts.
        secret: what people's keys are derived from.
    """

    def __init__(self, acts: Acts, secret: bytes) -> None:
        self._acts = acts
        self._secret = secret

    def release(self, begun: Begun, data: pa.Table, delivered: BitMap | None, receipt: str) -> Release:
        """Record that a table leaves, and return its release; raises NotRecordedError when it must not leave."""
        fingerprint = table_digest(data)
        self.record(begun, UseState.RELEASED, data.num_rows, fingerprint, delivered)
        return Release(begun.id, begun.decision, data, begun.entry, receipt, fingerprint)

    def failed(self, begun: Begun) -> None:
        """Record that nothing left; the use stays open in the records where even that cannot be recorded."""
        try:
            with self._acts.begin() as act:
                row = _close(act, begun, UseState.FAILED)
                forget_provision(act, begun.id)
                row.closing_entry = act.record("use.failed", row.actor, {"use": begun.id, "opened": begun.entry})
        except NotRecordedError:
            return

    def record(self, begun: Begun, state: UseState, rows: int, data: str, delivered: BitMap | None) -> None:
        """Record how a release ended: how many rows left, their digest, and whose they were."""
        people = self._people(begun, delivered)
        with self._acts.begin() as act:
            row = _close(act, begun, state)
            row.rows, row.digest = rows, data
            row.receipt = self._acts.ledger.receipt(begun.entry)
            if delivered is not None and (state is UseState.INTERRUPTED or delivered != _permitted(begun)):
                act.session.get_one(UsePeopleRow, begun.id).delivered = delivered.serialize()
            scheme = {"scheme": begun.decision.scheme, "version": begun.decision.version}
            body = {"use": begun.id, **scheme, "opened": begun.entry, "rows": rows, "data": data, **people}
            row.closing_entry = act.record(f"use.{state.value}", row.actor, body)

    def _people(self, begun: Begun, delivered: BitMap | None) -> Mapping[str, object]:
        """Return how many people's rows left, and the root of their tree."""
        if delivered is None or begun.root is None:
            return {}
        same = delivered == _permitted(begun)
        root = begun.root if same else people_root(numbers(delivered), begun.id, self._secret)
        return {"delivered": len(delivered), "delivered_people": hashed(root)}


def _permitted(begun: Begun) -> BitMap | None:
    return None if begun.decision.people is None else begun.decision.people.permitted


def _close(act: Act, begun: Begun, state: UseState) -> UseRow:
    row = act.session.get_one(UseRow, begun.id)
    row.state, row.closed_at = state.value, act.now
    return row
