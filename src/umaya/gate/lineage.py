"""Lineage (来歴): where the rows of a dataset came from, and where they went.

Reads only. For the owner's stewards, operators and privacy officers, and for auditors; others know a dataset by its
catalogue entry. What came in and what was used stands in the gate's tables, what was deleted in the ledger alone. Must
hold: no person and no value is told; an erasure at somebody's request is told as one that was, without its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Words, find_actor, find_dataset
from umaya.gate.models import IntakeRow, UseRow
from umaya.gate.provision.models import ProvisionRecordRow
from umaya.gate.record import Acts
from umaya.gate.roles import AUDITOR, OPERATOR, PRIVACY_OFFICER, STEWARD
from umaya.gate.schemes import Schemes
from umaya.gate.uses import UseState
from umaya.ledger.entries import Kind
from umaya.ledger.search import LedgerSearch, Question
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

OWNERS: Final = frozenset({STEWARD, OPERATOR, PRIVACY_OFFICER})
"""Whose business the lineage of their own party's datasets is."""
LATEST: Final = 200
"""So many deletions of each kind are looked through, the latest."""


@dataclass(frozen=True)
class IntakeRecord:
    """Rows that came in; see `umaya.gate.intake.Taken`.

    Attributes:
        source: name of the file or feed.
        collection: version of the collection notice, None for data about nobody.
    """

    id: str
    dataset: str
    actor: str
    source: str
    rows: int
    left_out: int
    digest: str
    at: datetime
    entry: int
    collection: int | None


@dataclass(frozen=True)
class Outflow:
    """What left under a scheme.

    Attributes:
        recipient: id of the party.
        in_force: whether a version is.
        released, refused: how many uses were.
        rows: released in all.
        last: when one was released last, or None.
        records: records of third-party provision that the owner keeps of them.
    """

    scheme: str
    title: Words
    recipient: str
    in_force: bool
    released: int
    refused: int
    rows: int
    last: datetime | None
    records: int


@dataclass(frozen=True)
class Deletion:
    """Rows that are gone.

    Attributes:
        kind: `dataset.swept`, or `request.erased`.
        rows: how many were swept; None where somebody asked for it.
        entry: ledger index.
    """

    kind: str
    at: datetime
    rows: int | None
    entry: int


@dataclass(frozen=True)
class DatasetLineage:
    """Where a dataset's rows went. `deletions` are the latest first."""

    outflows: tuple[Outflow, ...]
    deletions: tuple[Deletion, ...]

    @property
    def last_swept(self) -> Deletion | None:
        """The last deletion by the retention rule."""
        return next((one for one in self.deletions if one.kind == Kind.DATASET_SWEPT), None)


@dataclass(frozen=True)
class Total:
    """How much came into a dataset: intakes and rows."""

    intakes: int
    rows: int


class Lineage:
    """Tells.

    Args:
        acts: where everything is kept.
        schemes: on the datasets.
    """

    def __init__(self, acts: Acts, schemes: Schemes) -> None:
        self._acts = acts
        self._schemes = schemes

    def is_shown(self, actor: Actor, owner: str) -> bool:
        """Return whether the lineage of a party's datasets is the actor's business."""
        return AUDITOR in actor.roles or (actor.party == owner and not OWNERS.isdisjoint(actor.roles))

    def intakes(self, actor: Actor, dataset: str, limit: int = 50, before: int | None = None) -> list[IntakeRecord]:
        """Return what came in, latest first.

        Args:
            actor: of the owner, or an auditor.
            dataset: id.
            limit: at most so many.
            before: only those whose entry is below this one.

        Raises:
            NotFoundError: when there is no such dataset.
            ForbiddenError: when its lineage is not the actor's business.
        """
        query = select(IntakeRow).where(IntakeRow.dataset == dataset).order_by(IntakeRow.entry.desc()).limit(limit)
        if before is not None:
            query = query.where(IntakeRow.entry < before)
        with self._acts.database.reading() as session:
            self._check(session, actor, dataset)
            return [_intake(row) for row in session.scalars(query)]

    def total(self, actor: Actor, dataset: str) -> Total:
        """Return how much came in; errors as `intakes`."""
        query = select(func.count(), func.coalesce(func.sum(IntakeRow.rows), 0)).where(IntakeRow.dataset == dataset)
        with self._acts.database.reading() as session:
            self._check(session, actor, dataset)
            intakes, rows = session.execute(query).one()
        return Total(int(intakes), int(rows))

    def of(self, actor: Actor, dataset: str, search: LedgerSearch) -> DatasetLineage:
        """Return where a dataset's rows went; errors as `intakes`.

        Args:
            actor: of the owner, or an auditor.
            dataset: id.
            search: where deletions are looked up.
        """
        with self._acts.database.reading() as session:
            owner = self._check(session, actor, dataset)
            outflows = tuple(self._outflows(session, owner, dataset))
        return DatasetLineage(outflows, tuple(_deletions(search, dataset)))

    def _check(self, session: Session, actor: Actor, dataset: str) -> str:
        owner = find_dataset(session, dataset).owner
        if not self.is_shown(find_actor(session, actor.id), owner):
            raise ForbiddenError("where rows came from and went is for their owner and for auditors")
        return owner

    def _outflows(self, session: Session, owner: str, dataset: str) -> list[Outflow]:
        schemes = [scheme for scheme in self._schemes.list() if scheme.dataset == dataset]
        ids = [scheme.id for scheme in schemes]
        query = (
            select(UseRow.scheme, UseRow.state, func.count(), func.sum(UseRow.rows), func.max(UseRow.closed_at))
            .where(UseRow.scheme.in_(ids))
            .group_by(UseRow.scheme, UseRow.state)
        )
        uses = {(scheme, state): (count, rows, last) for scheme, state, count, rows, last in session.execute(query)}
        kept = (
            select(ProvisionRecordRow.scheme, func.count())
            .where(ProvisionRecordRow.scheme.in_(ids), ProvisionRecordRow.party == owner)
            .group_by(ProvisionRecordRow.scheme)
        )
        records = {str(scheme): int(count) for scheme, count in session.execute(kept)}
        found = []
        for scheme in schemes:
            left = [uses[scheme.id, state] for state in _LEFT if (scheme.id, state) in uses]
            refused = uses.get((scheme.id, UseState.REFUSED.value), (0, 0, None))[0]
            found.append(
                Outflow(
                    scheme=scheme.id,
                    title=scheme.title,
                    recipient=scheme.recipient,
                    in_force=scheme.in_force is not None,
                    released=sum(count for count, _, _ in left),
                    refused=refused,
                    rows=sum(rows or 0 for _, rows, _ in left),
                    last=max((last for _, _, last in left if last is not None), default=None),
                    records=records.get(scheme.id, 0),
                )
            )
        return found


_LEFT: Final = (UseState.RELEASED.value, UseState.INTERRUPTED.value)


def _deletions(search: LedgerSearch, dataset: str) -> Sequence[Deletion]:
    swept = search.find(Question(kind=Kind.DATASET_SWEPT), limit=LATEST).hits
    erased = search.find(Question(kind=Kind.REQUEST_ERASED), limit=LATEST).hits
    found = [
        Deletion(Kind.DATASET_SWEPT, hit.entry.time, int(str(hit.entry.body["rows"])), hit.index)
        for hit in swept
        if hit.entry.body.get("dataset") == dataset
    ]
    for hit in erased:
        names = hit.entry.body.get("datasets")
        if isinstance(names, list | tuple) and dataset in names:
            found.append(Deletion(Kind.REQUEST_ERASED, hit.entry.time, None, hit.index))
    return sorted(found, key=lambda one: -one.entry)


def _intake(row: IntakeRow) -> IntakeRecord:
    return IntakeRecord(
        row.id,
        row.dataset,
        row.actor,
        row.source,
        row.rows,
        row.left_out,
        row.digest,
        row.at,
        row.entry,
        row.collection,
    )
