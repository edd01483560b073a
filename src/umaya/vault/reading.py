"""Reading what a grant permits: scan, area, people, obligations, window. Used by the vault once the grant is spent."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from umaya.law import day_in_japan
from umaya.stores.lake import Lake, Placement
from umaya.types.clock import Clock
from umaya.types.errors import ConflictError
from umaya.vault.area import Area
from umaya.vault.grant import Grant
from umaya.vault.obligations import Chain, Left, ObligationContext
from umaya.vault.opened import Opened, Tally
from umaya.vault.people import Permitted, Seen
from umaya.vault.predicate import all_of


class _Part(NamedTuple):
    """Permitted rows: the permitted columns, and apart from them whom each is about."""

    data: pa.Table
    people: pa.ChunkedArray | None


class Reading:
    """Reads for one grant, once.

    Args:
        lake: where the rows lie.
        grant: good and spent.
        chain: of its obligations.
        clock: tells the day, and when it is too late to read what was opened.

    Raises:
        InputError: when a predicate does not fit the dataset.
    """

    def __init__(self, lake: Lake, grant: Grant, chain: Chain, clock: Clock) -> None:
        self._lake = lake
        self._grant = grant
        self._chain = chain
        self._clock = clock
        self._where = all_of(grant.matching, grant.layout.schema)
        self._subject = grant.layout.subject
        self._permitted = None if grant.people is None else Permitted(grant.people)
        self._tally = Tally(seen=None if self._permitted is None else Seen(self._permitted))
        day = day_in_japan(clock.now())
        self._context = ObligationContext(
            grant.scheme, grant.window, grant.span, grant.area, grant.dataset, day, self._subject
        )

    def by_rows(self) -> Opened:
        """Return the rows as they are read; the chain is row-wise."""
        schema = self._through_chain(self._nothing()).data.schema
        return Opened(schema, self._flow(schema), self._tally, self._clock)

    def as_a_whole(self) -> Opened:
        """Return what is left when the chain was given all rows at once."""
        parts = list(self._parts())
        whole = _Part(
            pa.concat_tables([self._nothing().data, *(part.data for part in parts)]),
            None if self._subject is None else _joined(part.people for part in parts),
        )
        left = self._through_chain(self._in_order(whole))
        return Opened(left.data.schema, self._hand_over(left), self._tally, self._clock)

    def _flow(self, schema: pa.Schema) -> Generator[pa.RecordBatch, None, None]:
        for part in self._parts():
            left = self._through_chain(part)
            if not left.data.schema.equals(schema):
                raise ConflictError("an obligation leaves another table for some rows than for others")
            yield from self._hand_over(left)

    def _parts(self) -> Iterator[_Part]:
        """Yield the permitted rows, batch by batch."""
        grant, place = self._grant, self._grant.layout.placement
        with self._lake.scan(
            grant.dataset,
            grant.layout.schema,
            place,
            columns=self._needed(),
            span=grant.span,
            box=None if grant.area is None else grant.area.box,
            where=self._where,
        ) as scan:
            for batch in scan:
                self._tally.scanned += batch.num_rows
                part = self._permitted_rows(batch)
                self._tally.kept += part.data.num_rows
                if part.data.num_rows:
                    yield part

    def _needed(self) -> Sequence[str]:
        """Return the columns to read: the permitted ones, the subject, the coordinates where an area must be tested."""
        place = self._grant.layout.placement
        needed = [*self._grant.columns]
        if self._subject is not None:
            needed.append(self._subject)
        if self._grant.area is not None and place.lon is not None and place.lat is not None:
            needed += [place.lon, place.lat]
        return list(dict.fromkeys(needed))

    def _permitted_rows(self, batch: pa.RecordBatch) -> _Part:
        if self._grant.area is not None:
            batch = _inside(batch, self._grant.layout.placement, self._grant.area)
        data, people = batch.select(list(self._grant.columns)), None
        if self._permitted is not None:
            subjects = batch.column(self._subject)
            mask = self._permitted.rows(subjects)
            data, people = data.filter(mask), pa.chunked_array([subjects.filter(mask)], pa.uint32())
        return _Part(pa.Table.from_batches([data]), people)

    def _nothing(self) -> _Part:
        schema = self._grant.layout.schema
        data = pa.schema([schema.field(name) for name in self._grant.columns]).empty_table()
        return _Part(data, None if self._subject is None else _joined([]))

    def _in_order(self, whole: _Part) -> _Part:
        order = [(name, "ascending") for name in self._grant.layout.order if name in self._grant.columns]
        if not order:
            return whole
        places = pc.sort_indices(whole.data, sort_keys=order)
        return _Part(whole.data.take(places), None if whole.people is None else whole.people.take(places))

    def _through_chain(self, part: _Part) -> Left:
        """Return what the chain leaves, without the rows that were read only for context.

        Where rows go one by one those are not even shown to the chain, which may change the time column.
        """
        left = Left(part.data, part.people, part.people is not None)
        if self._chain.row_wise:
            left = self._within(left)
            return self._chain.run(left.data, left.people, self._context)
        return self._within(self._chain.run(left.data, left.people, self._context))

    def _within(self, left: Left) -> Left:
        """Return the rows within the window, of a table that has the dataset's own time column."""
        grant, time = self._grant, self._grant.layout.placement.time
        if time is None or grant.window is None or grant.window == grant.span or time not in left.data.column_names:
            return left
        moments = left.data.column(time)
        if not moments.type.equals(grant.layout.schema.field(time).type):
            raise ConflictError("an obligation changes the time by which rows from before the window are told apart")
        start, end = (pa.scalar(moment, moments.type) for moment in grant.window)
        within = pc.and_(pc.greater_equal(moments, start), pc.less(moments, end))
        people = left.people.filter(within) if left.people is not None and left.of_rows else left.people
        return Left(left.data.filter(within), people, left.of_rows)

    def _hand_over(self, left: Left) -> Generator[pa.RecordBatch, None, None]:
        """Yield batches; whose rows a batch has is noted before it goes."""
        seen, people = self._tally.seen, left.people
        if seen is not None and people is not None and not left.of_rows and left.data.num_rows:
            seen.add(people)
        at = 0
        for batch in left.data.combine_chunks().to_batches():
            if batch.num_rows:
                if seen is not None and people is not None and left.of_rows:
                    seen.add(people.slice(at, batch.num_rows))
                at += batch.num_rows
                yield batch


def _inside(batch: pa.RecordBatch, place: Placement, area: Area) -> pa.RecordBatch:
    if place.lon is None or place.lat is None:
        return batch.slice(0, 0)  # rows without a place lie in no area
    if area.is_box or batch.num_rows == 0:
        return batch  # the scan has tested the box
    return batch.filter(pa.array(area.covers(batch.column(place.lon).to_numpy(), batch.column(place.lat).to_numpy())))


def _joined(people: Iterator[pa.ChunkedArray | None] | list[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for column in people if column is not None for chunk in column.chunks], pa.uint32())
