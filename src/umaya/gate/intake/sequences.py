"""Which batches were taken: each by the name of its source and the number that the source gave it.

Numbers may arrive in any order. Of each source the last `KEPT` below its highest are known; an older one can no longer
be told from a new one, so it is refused, never taken twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ForeignKey, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from umaya.gate.models import BIG, ID
from umaya.stores.database import Base

KEPT: Final = 10_000
Key = tuple[str, int]
"""Source and number."""


class BatchRow(Base):
    """A batch that was taken, by dataset, source and number; `intake` is the id of the intake that it is part of."""

    __tablename__ = "intake_batches"

    dataset: Mapped[str] = mapped_column(ID, ForeignKey("datasets.id"), primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    intake: Mapped[str] = mapped_column(ID)


def taken_before(session: Session, dataset: str, keys: Iterable[Key]) -> dict[Key, str]:
    """Return the intake of each batch that was taken before."""
    found: dict[Key, str] = {}
    for source, numbers in _by_source(keys).items():
        query = select(BatchRow.sequence, BatchRow.intake).where(
            BatchRow.dataset == dataset, BatchRow.source == source, BatchRow.sequence.in_(numbers)
        )
        found |= {(source, int(number)): str(intake) for number, intake in session.execute(query)}
    return found


def forgotten(session: Session, dataset: str, keys: Iterable[Key]) -> set[Key]:
    """Return the batches that are so old that nobody knows any longer whether they were taken."""
    old: set[Key] = set()
    for source, numbers in _by_source(keys).items():
        highest = select(func.max(BatchRow.sequence)).where(BatchRow.dataset == dataset, BatchRow.source == source)
        last = session.scalar(highest)
        if last is not None:
            old |= {(source, number) for number in numbers if number <= last - KEPT}
    return old


def note_taken(session: Session, dataset: str, keys: Iterable[Key], intake: str) -> None:
    """Note batches as taken, and forget those that are too old."""
    for source, numbers in _by_source(keys).items():
        session.add_all(BatchRow(dataset=dataset, source=source, sequence=one, intake=intake) for one in numbers)
        old = (BatchRow.dataset == dataset, BatchRow.source == source, BatchRow.sequence <= max(numbers) - KEPT)
        session.execute(delete(BatchRow).where(*old))


def _by_source(keys: Iterable[Key]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for source, number in keys:
        found.setdefault(source, []).append(number)
    return found
