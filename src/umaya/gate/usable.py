"""What an officer may use now: schemes in force of the own party, with their conditions and what is left of them.

Guidance for a desk: the gate decides anew at every use, and this promises nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from umaya.gate.catalogue import Dataset, Party, find_actor, find_dataset, find_party
from umaya.gate.condition_facts import condition_facts
from umaya.gate.conditions import Rule
from umaya.gate.events import Event, Events
from umaya.gate.facts import chain_of
from umaya.gate.hats import check_role
from umaya.gate.record import Acts
from umaya.gate.roles import OFFICER
from umaya.gate.schemes import Schemes, SchemeSummary, SchemeVersion
from umaya.law import Evidence, RuleBook, day_in_japan
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.vault import Obligations


@dataclass(frozen=True)
class UsableScheme:
    """A scheme in force that an officer may use.

    Attributes:
        version: in force, with its conditions.
        provider: whose data it is.
        dataset: with the types of its fields.
        needs_event: whether the basis rests on a declared event.
        events: those that the own party may name now.
        left_today: uses that the conditions leave for today; None for no limit.
        report_by: day by which the next report is due; None where none is.
        last_day: of the period, or earlier by a condition.
        searchable: whether rows may be chosen; not where only all rows together may be given to the obligations.
    """

    summary: SchemeSummary
    version: SchemeVersion
    provider: Party
    dataset: Dataset
    needs_event: bool
    events: Sequence[Event]
    left_today: int | None
    report_by: date | None
    last_day: date
    searchable: bool = True


class Usable:
    """Finds what may be used.

    Args:
        acts: where it is kept.
        schemes: with their versions.
        events: declared disasters.
        law: dated rules.
        obligations: what this hub can meet.
    """

    def __init__(self, acts: Acts, schemes: Schemes, events: Events, law: RuleBook, obligations: Obligations) -> None:
        self._acts = acts
        self._schemes = schemes
        self._events = events
        self._law = law
        self._obligations = obligations

    def list(self, actor: Actor) -> list[UsableScheme]:
        """Return the schemes in force that an officer may use, by id; raises ForbiddenError unless an officer asks."""
        with self._acts.database.reading() as session:
            officer = find_actor(session, actor.id)
            check_role(officer, OFFICER)
        own = [one for one in self._schemes.list() if one.recipient == officer.party and one.in_force is not None]
        return [self._usable(one) for one in own]

    def get(self, actor: Actor, scheme: str) -> UsableScheme:
        """Return one of them, or raise NotFoundError."""
        found = next((one for one in self.list(actor) if one.summary.id == scheme), None)
        if found is None:
            raise NotFoundError("there is no such scheme in force")
        return found

    def _usable(self, summary: SchemeSummary) -> UsableScheme:
        now = self._acts.clock.now()
        record = self._schemes.get(summary.id)
        version = next(one for one in record.versions if one.version == summary.in_force)
        with self._acts.database.reading() as session:
            facts = condition_facts(session, version, now)
            dataset = find_dataset(session, version.document.dataset)
            provider = find_party(session, summary.provider)
        basis = self._law.at(day_in_japan(now)).bases.get(version.document.basis)
        needs_event = basis is not None and Evidence.DECLARED_EVENT in basis.evidence
        open_events = [one for one in self._events.list() if one.municipality == summary.recipient and one.end > now]
        left, report_by, last_day = None, None, version.document.period.to
        for condition in version.conditions:
            if condition.rule is Rule.MAX_USES_PER_DAY and isinstance(condition.limit, int):
                remains = max(0, condition.limit - (facts.uses_today or 0))
                left = remains if left is None else min(left, remains)
            elif condition.rule is Rule.REPORT_EVERY_DAYS and isinstance(condition.limit, int) and facts.reported_on:
                due = facts.reported_on + timedelta(days=condition.limit)
                report_by = due if report_by is None else min(report_by, due)
            elif condition.rule is Rule.VALID_UNTIL and isinstance(condition.limit, date):
                last_day = min(last_day, condition.limit)
        return UsableScheme(
            summary,
            version,
            provider,
            dataset,
            needs_event,
            open_events if needs_event else (),
            left,
            report_by,
            last_day,
            searchable=self._row_wise(version),
        )

    def _row_wise(self, version: SchemeVersion) -> bool:
        chain = chain_of(version, self._obligations)
        return chain is None or chain.row_wise
