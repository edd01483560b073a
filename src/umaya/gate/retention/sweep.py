"""Rules of retention, what is due by them, and the sweep.

A row of a dataset with a time is due after its own day; one without a time after the day on which it was taken in.
Days are days in Japan: with `days: 30`, what is of 1 April is there on 1 May and due on 2 May.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, Dataset, find_actor, find_dataset
from umaya.gate.hats import check_role
from umaya.gate.models import DatasetRow, IntakeRow
from umaya.gate.record import Acts
from umaya.gate.retention.models import RetentionRow
from umaya.gate.roles import STEWARD
from umaya.gate.statements import statement
from umaya.law import day_in_japan
from umaya.types.errors import ForbiddenError, InputError, Place
from umaya.types.site import Actor
from umaya.vault import Rewrite, Vault

MAX_DAYS: Final = 36_525
Tell = Callable[[str], None]
"""Told each dataset before it is looked at."""


@dataclass(frozen=True)
class Rule:
    """How long rows of a dataset are kept; `entry` is its ledger index."""

    dataset: str
    days: int
    reason: str
    set_by: str
    entry: int


@dataclass(frozen=True)
class Due:
    """What the rule of a dataset says on a day.

    Attributes:
        rule: None where the dataset has none.
        before: rows of days before this one are due; None without a rule.
    """

    dataset: str
    rule: Rule | None
    before: date | None


@dataclass(frozen=True)
class Swept:
    """What a sweep did to a dataset; `entry` is None where nothing was due or it was only tried."""

    due: Due
    rows: int
    entry: int | None


class Retention:
    """Sets rules and sweeps.

    Args:
        acts: begins acts.
        vault: whose rows are deleted.
    """

    def __init__(self, acts: Acts, vault: Vault) -> None:
        self._acts = acts
        self._vault = vault

    def set_rule(self, actor: Actor, dataset: str, days: int, reason: str) -> Rule:
        """Set how many days rows are kept.

        Args:
            actor: a steward of the dataset's owner.
            dataset: id.
            days: 1 to 36,525.
            reason: why so many, e.g. the law that asks for it.

        Raises:
            InputError: when the number or the reason is none.
            NotFoundError: when there is no such dataset.
            ForbiddenError: when the actor may not.
        """
        if not 1 <= days <= MAX_DAYS:
            raise InputError(Place("retention", field="days"), "the number of days is out of range", "give 1 to 36,525")
        said = statement(reason, Place("retention", field="reason"))
        with self._acts.begin() as act:
            person = find_actor(act.session, actor.id)
            check_role(person, STEWARD)
            if person.party != find_dataset(act.session, dataset).owner:
                raise ForbiddenError("how long rows are kept is for their owner to say")
            row = RetentionRow(dataset=dataset, days=days, reason=said, set_by=person.id, set_at=act.now, entry=0)
            act.session.add(row)
            row.entry = act.record("dataset.retention-set", person.id, {"dataset": dataset, "days": days})
            return _rule(row)

    def rule(self, dataset: str) -> Rule | None:
        """Return the rule that holds for a dataset, or None."""
        with self._acts.database.reading() as session:
            return _newest(session, dataset)

    def is_overdue(self, dataset: str) -> bool:
        """Return whether rows lie here that the sweep of yesterday should have deleted; False without a rule."""
        with self._acts.database.reading() as session:
            rule = _newest(session, dataset)
            if rule is None:
                return False
            before = day_in_japan(self._acts.clock.now()) - timedelta(days=rule.days + 1)
            found = find_dataset(session, dataset)
            writes = [] if found.time is not None else self._older_intakes(session, dataset, before)
        return self._vault.holds_before(dataset, found.layout, before, writes)

    def due(self) -> list[Due]:
        """Return what is due today, for every dataset by id."""
        today = day_in_japan(self._acts.clock.now())
        with self._acts.database.reading() as session:
            keys = session.scalars(select(DatasetRow.id).order_by(DatasetRow.id)).all()
            rules = {key: _newest(session, key) for key in keys}
        return [
            Due(key, rule, None if rule is None else today - timedelta(days=rule.days)) for key, rule in rules.items()
        ]

    def sweep(self, *, tell: Tell | None = None, pretend: bool = False) -> list[Swept]:
        """Delete what is due, dataset by dataset; a sweep that is cut short is finished by the next one.

        Args:
            tell: is told each dataset.
            pretend: count only, and delete nothing.

        Raises:
            NotRecordedError: when the ledger cannot write; then the dataset at hand keeps its rows.
        """
        done = []
        for due in self.due():
            if tell is not None:
                tell(due.dataset)
            done.append(Swept(due, 0, None) if due.rule is None else self._swept(due, due.rule, pretend=pretend))
        return done

    def _swept(self, due: Due, rule: Rule, *, pretend: bool) -> Swept:
        assert due.before is not None  # noqa: S101 - there is a rule
        with self._acts.database.reading() as session:
            dataset = find_dataset(session, due.dataset)
            writes = self._older_intakes(session, due.dataset, due.before)
        with self._deletion(dataset, due.before, writes) as rewrite:
            if pretend or rewrite.rows == 0:
                return Swept(due, rewrite.rows, None)
            with self._acts.begin() as act:
                body = {"dataset": due.dataset, "before": due.before, "rows": rewrite.rows, "rule": rule.entry}
                entry = act.record("dataset.swept", HUB, body)
                rewrite.commit()
            return Swept(due, rewrite.rows, entry)

    def _deletion(self, dataset: Dataset, before: date, writes: list[str]) -> AbstractContextManager[Rewrite]:
        if dataset.time is not None:
            return self._vault.delete_before(dataset.id, dataset.layout, before)
        return self._vault.delete_writes(dataset.id, dataset.layout, writes)

    @staticmethod
    def _older_intakes(session: Session, dataset: str, before: date) -> list[str]:
        """Return the names of the writes of intakes from before a day in Japan."""
        query = select(IntakeRow).where(IntakeRow.dataset == dataset)
        return [row.digest.removeprefix("sha256:") for row in session.scalars(query) if day_in_japan(row.at) < before]


def _newest(session: Session, dataset: str) -> Rule | None:
    query = select(RetentionRow).where(RetentionRow.dataset == dataset).order_by(RetentionRow.id.desc()).limit(1)
    row = session.scalar(query)
    return None if row is None else _rule(row)


def _rule(row: RetentionRow) -> Rule:
    return Rule(row.dataset, row.days, row.reason, row.set_by, row.entry)
