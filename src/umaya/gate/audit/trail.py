"""The trail of one use: from the application of its scheme to its end, each step with its entry in the ledger.

Acts of review come from the scheme's history, whatever names the use comes from the ledger itself, proved. Who may see
a trail is who may see the use (`Uses.seen_by`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from umaya.gate.schemes import SchemeAct, SchemeRecord, SchemeVersion
from umaya.gate.uses import UseRecord
from umaya.ledger.entries import Stored
from umaya.ledger.search import LedgerSearch, Question

MOST_STEPS = 200
"""Entries that name one use: a handful; the bound is for a page, not for the law."""
_SECOND_LINE_ONLY = "alarm."


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        kind: of the ledger's entry; an act of review has none here, but its name in `act`.
        act: of review, as `SchemeAct` names it; empty for what names the use itself.
        body: of the entry; empty for acts of review.
    """

    entry: int
    at: datetime
    actor: str
    kind: str = ""
    act: str = ""
    role: str = ""
    note: str = ""
    body: Mapping[str, Stored] | None = None


@dataclass(frozen=True)
class Trail:
    """A use with all its steps, earliest first.

    Attributes:
        version: of the scheme that it was decided by; None where a refusal names none.
    """

    use: UseRecord
    version: SchemeVersion | None
    steps: tuple[Step, ...]

    @property
    def entries(self) -> tuple[int, ...]:
        """Ledger indices of the steps."""
        return tuple(step.entry for step in self.steps)


def trail_of(use: UseRecord, scheme: SchemeRecord | None, search: LedgerSearch) -> Trail:
    """Return the trail of a use.

    Args:
        use: as recorded.
        scheme: with its history; None where the use names no scheme that there is.
        search: of the ledger.

    Raises:
        IntegrityError: when an entry that names the use is not in the signed ledger.
    """
    versions = () if scheme is None else scheme.versions
    version = next((one for one in versions if one.version == use.version), None)
    acts = () if scheme is None or version is None else scheme.acts
    reviewed = [_reviewed(act) for act in acts if act.version == use.version and act.entry < use.entry]
    page = search.find(Question(use=use.id), limit=MOST_STEPS)
    named = [
        Step(hit.index, hit.entry.time, hit.entry.actor, kind=hit.entry.kind, body=hit.entry.body)
        for hit in page.hits
        if not hit.entry.kind.startswith(_SECOND_LINE_ONLY)
    ]
    return Trail(use, version, tuple(sorted([*reviewed, *named], key=lambda step: step.entry)))


def _reviewed(act: SchemeAct) -> Step:
    return Step(act.entry, act.at, act.actor, act=act.act, role=act.role, note=act.note)
