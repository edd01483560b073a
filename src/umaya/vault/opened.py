"""What an opened grant yields: rows on their way out, counted as they leave, with the people they are about."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import pyarrow as pa
from pyroaring import BitMap

from umaya.types.clock import Clock
from umaya.types.errors import ConflictError
from umaya.vault.grant import LIFETIME, GrantError
from umaya.vault.people import Seen


@dataclass
class Tally:
    """What is counted on the way.

    Attributes:
        scanned: rows that met the grant's span, box and predicates.
        kept: of these, the rows within the area and about permitted people; the obligations are given them.
        seen: whose rows left; None for a dataset without a subject.
    """

    scanned: int = 0
    kept: int = 0
    seen: Seen | None = field(default=None, repr=False)


class Opened:
    """The rows that a grant permits, after its obligations. Read once, then closed.

    Nothing is cut off: rows that were read and do not leave were withheld by the grant or taken by an obligation.
    An error on the way is raised where the rows are read, and leaves `exhausted` False.

    Args:
        schema: of the batches.
        batches: the rows.
        tally: what is counted on the way.
        clock: tells when it is too late to begin.

    Attributes:
        schema: of the batches.
        rows: that were handed over so far.
        exhausted: whether all of them were.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Generator[pa.RecordBatch, None, None],
        tally: Tally,
        clock: Clock,
    ) -> None:
        self.schema = schema
        self.rows = 0
        self.exhausted = False
        self._batches = batches
        self._tally = tally
        self._clock = clock
        self._until = clock.now() + LIFETIME
        self._begun = False
        self._closed = False
        self._delivered: tuple[int, BitMap] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def scanned(self) -> int:
        """Rows read so far: those that met the grant's span, box and predicates."""
        return self._tally.scanned

    @property
    def kept(self) -> int:
        """Of those, the rows within the area and about permitted people, which the obligations are given."""
        return self._tally.kept

    @property
    def delivered(self) -> BitMap | None:
        """The people whose rows were handed over so far, or went into what was; None without a subject."""
        if self._tally.seen is None:
            return None
        if self._delivered is None or self._delivered[0] != self.rows:
            self._delivered = (self.rows, self._tally.seen.bitmap())
        return self._delivered[1]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in batches that are not empty.

        Raises:
            ConflictError: when they were read before, or closed before their end.
            GrantError: when they were opened too long ago.
        """
        if self._begun:
            raise ConflictError("the opened data was read before")
        self._begun = True
        try:
            if self._clock.now() >= self._until:  # a permission is not kept in a drawer
                raise GrantError("what the grant opened was not taken in time")
            for batch in self._batches:
                self.rows += batch.num_rows
                yield batch
                if self._closed:  # the end would look like the end of the rows
                    raise ConflictError("the opened data was closed before its end")
            self.exhausted = True
        finally:
            self.close()

    def table(self) -> pa.Table:
        """Return all rows at once; raises as `batches`."""
        return pa.Table.from_batches(list(self.batches()), self.schema)

    def close(self) -> None:
        """Give up what was not read."""
        self._begun = self._closed = True
        self._batches.close()
