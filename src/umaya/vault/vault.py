"""The vault: datasets at rest, and the one way to read them.

Must hold: `open` is the only method that reads rows; it spends the grant before it reads the first; rows about people
are read only for people whom the grant names; what was read goes to the obligations that the grant seals; only what
they leave is returned, and never the subject. Rows are deleted and changed without being returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyroaring import BitMap

from umaya.stores.lake import Lake, Pending
from umaya.stores.rewriting import PATIENCE_S, Change, Rewrite
from umaya.types.clock import Clock
from umaya.vault import changes
from umaya.vault.grant import Grant, GrantError, Turnstile
from umaya.vault.layout import Layout
from umaya.vault.obligations import Obligations
from umaya.vault.opened import Opened
from umaya.vault.people_index import PeopleIndex
from umaya.vault.predicate import Predicate
from umaya.vault.reading import Reading


class Vault:
    """Personal data below one directory.

    Args:
        directory: readable by the hub's own user alone; made when first written to.
        secret: the mint's.
        clock: tells when a grant is late, and the day.
        obligations: what chains are made of.
    """

    def __init__(self, directory: Path, secret: bytes, clock: Clock, obligations: Obligations) -> None:
        self._lake = Lake(directory)
        self._index = PeopleIndex(self._lake)
        self._turnstile = Turnstile(secret, clock)
        self._clock = clock
        self._obligations = obligations
        self._swept: set[str] = set()

    def open(self, grant: Grant) -> Opened:
        """Return what the grant's obligations leave of the rows that it permits.

        (1) The grant is spent, or nothing is read. (2) Only permitted columns are scanned, of rows that meet the
        grant's limits and predicates and are about its people. (3) They go through the chain: as they are read, or all
        at once and before this returns where a step needs the whole. (4) Rows that were read only for context, before
        the window, are dropped.

        Raises:
            GrantError: when the grant opens nothing.
            InputError: when a predicate does not fit the dataset.
            NotFoundError, ValueError: when an obligation cannot be made; others as the obligations raise.
        """
        grant = self._turnstile.spend(grant)  # (1)
        self._check_people(grant)
        chain = self._obligations.chain(grant.obligations)
        reading = Reading(self._lake, grant, chain, self._clock)
        return reading.by_rows() if chain.row_wise else reading.as_a_whole()

    def people(self, dataset: str) -> BitMap:
        """Return everybody in a dataset, exact as of now; not to be changed. Nobody for one without a subject.

        Raises:
            IntegrityError: when the people index is damaged.
        """
        return self._index.people(dataset)

    def stage(self, dataset: str, layout: Layout, table: pa.Table, name: str) -> AbstractContextManager[Pending]:
        """Write rows so that nobody sees them yet; see `Lake.stage`. Sweeps what crashed writes left, once."""
        if dataset not in self._swept:
            self._lake.sweep(dataset)
            self._swept.add(dataset)
        index = None if layout.subject is None else self._index.index(layout.subject)
        return self._lake.stage(dataset, table, layout.placement, name, index)

    def erase(
        self, dataset: str, layout: Layout, people: BitMap, patience_s: float = PATIENCE_S
    ) -> AbstractContextManager[Rewrite]:
        """Prepare the deletion of every row about some people; `Rewrite.commit` makes it hold, see `Lake.rewrite`.

        Enter it before a database transaction, not within one: it waits for writers, and they wait for databases.

        Raises:
            ConflictError: when the dataset is about nobody whom the hub knows.
        """
        return self._rewrite(dataset, layout, changes.of_people(layout, people), patience_s)

    def correct(
        self,
        dataset: str,
        layout: Layout,
        person: int,
        field: str,
        value: Any,
        matching: Sequence[Predicate] = (),
    ) -> AbstractContextManager[Rewrite]:
        """Prepare the change of one field in a person's rows, or in those of them that meet predicates; as `erase`.

        Raises:
            InputError: when field or value do not fit the dataset; see `changes.of_field`.
        """
        return self._rewrite(dataset, layout, changes.of_field(layout, person, field, value, matching))

    def delete_before(self, dataset: str, layout: Layout, day: date) -> AbstractContextManager[Rewrite]:
        """Prepare the deletion of every row from before a day in Japan; as `erase`.

        Raises:
            ConflictError: when the rows have no time.
        """
        return self._rewrite(dataset, layout, changes.before(layout, day))

    def delete_writes(self, dataset: str, layout: Layout, writes: Sequence[str]) -> AbstractContextManager[Rewrite]:
        """Prepare the deletion of everything that was taken in by some writes, named as in `stage`; as `erase`."""
        return self._rewrite(dataset, layout, changes.of_writes(layout, writes))

    def holds_before(self, dataset: str, layout: Layout, day: date, writes: Sequence[str]) -> bool:
        """Return whether whole days before a day in Japan, or where rows have no time some of these writes, lie here.

        Looks at names of files alone, so it is cheap; the last hours before the day may be missed.
        """
        parts = self._lake.parts(dataset)
        if layout.placement.time is None:
            return any(write in writes for write, _ in parts)
        last = str(day - timedelta(days=1))
        return any(held < last for _, held in parts)

    def _rewrite(
        self, dataset: str, layout: Layout, change: Change, patience_s: float = PATIENCE_S
    ) -> AbstractContextManager[Rewrite]:
        index = None if layout.subject is None else self._index.index(layout.subject)
        return self._lake.rewrite(dataset, layout.schema, change, index, patience_s)

    def _check_people(self, grant: Grant) -> None:
        subject = grant.layout.subject
        if (subject is None) != (grant.people is None):
            raise GrantError("rows about people are opened for the people whom a grant names, and only they")
        if subject is None and self._lake.is_indexed(grant.dataset):
            raise GrantError("the dataset is about people, and the grant takes it for one that is not")
        if subject is not None and subject in {*grant.columns, *(term.field for term in grant.matching)}:
            raise GrantError("the subject of rows never leaves, and nobody is searched by it")
