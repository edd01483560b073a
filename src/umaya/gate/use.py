"""A use and what becomes of it: decision, release, refusal. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from pyroaring import BitMap, FrozenBitMap

from umaya.gate.person_rule import Verdict
from umaya.gate.statements import statement
from umaya.types.errors import InputError, Place
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Area, Owed, Predicate, Window


@dataclass(frozen=True)
class Use:
    """An actor asks, at one time, for what one scheme allows.

    Attributes:
        actor: who asks. The gate believes only the id; party and roles are looked up in the catalogue.
        scheme: id of the scheme.
        reason: why, in the actor's words; kept by the hub, only its digest is in the ledger.
        window: half-open span [start, end) that the data is wanted for; None for a dataset without time.
        event: id of the declared event, where the basis needs one.
        fields: some of the scheme's fields; None means all of them.
        people: the numbers of the people asked for; None means everybody in the dataset. Only for datasets with a
            subject.
        matching: what their rows must meet. Nobody is searched who may not be used: people are decided on first.
        emergency: id of the open emergency that the use is part of; None for every other use.

    Raises:
        InputError: when the window has a naive time or does not end after it starts, the reason is no statement, or
            a person's number is out of range or nobody is asked for.
    """

    actor: Actor
    scheme: str
    reason: str
    window: Window | None
    event: str | None = None
    fields: tuple[str, ...] | None = None
    people: FrozenBitMap | Iterable[int] | None = None
    matching: tuple[Predicate, ...] = ()
    emergency: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", statement(self.reason, Place("use", field="reason")))
        if self.people is not None:
            object.__setattr__(self, "people", _numbers(self.people))
        if self.window is None:
            return
        start, end = self.window
        if start.tzinfo is None or end.tzinfo is None:
            raise InputError(Place("use", field="window"), "a time has no zone", "give both times with a zone")
        if start >= end:
            raise InputError(Place("use", field="window"), "the window is empty", "let it end after it starts")
        object.__setattr__(self, "window", (start.astimezone(UTC), end.astimezone(UTC)))

    @property
    def asked(self) -> BitMap | None:
        """The people asked for by number; None for everybody."""
        return None if self.people is None else BitMap(self.people)


def _numbers(people: Iterable[int]) -> FrozenBitMap:
    try:
        numbers = people if isinstance(people, FrozenBitMap) else FrozenBitMap(people)
    except (OverflowError, TypeError, ValueError):
        # without its cause, whose text holds a number
        problem = "a person's number is not between 0 and 4,294,967,295"
        raise InputError(Place("use", field="people"), problem, "give numbers of the person index") from None
    if not numbers:
        raise InputError(Place("use", field="people"), "nobody is asked for", "name somebody, or leave it out for all")
    return numbers


@dataclass(frozen=True)
class Decision:
    """What the gate says to a use. A refusal carries its reason, the version it was judged by, and counts of people.

    Attributes:
        permitted: whether the use may happen.
        reason: `PERMITTED`, or the first rule that was not met; where every person was refused, what most were
            refused for.
        scheme: id of the scheme as asked for.
        decided_at: the moment it holds for.
        rule_version: of the law's rule set.
        version, digest: of the scheme document in force; None where the asker may not know.
        dataset: id of the dataset.
        columns: permitted columns.
        area: permitted area, or None for no limit.
        window: permitted window.
        span: the window with what the obligations look back to; None for a dataset without time.
        event: id of the event relied on.
        obligations: what is owed, in order.
        people: the verdict on the people asked for; None for a dataset without a subject, and where the use was refused
            before anybody was looked at.
        topic: id of the consent topic relied on.
    """

    permitted: bool
    reason: Reason
    scheme: str
    decided_at: datetime
    rule_version: str
    version: int | None = None
    digest: str | None = None
    dataset: str | None = None
    columns: tuple[str, ...] = ()
    area: Area | None = None
    window: Window | None = None
    span: Window | None = None
    event: str | None = None
    obligations: tuple[Owed, ...] = ()
    people: Verdict | None = field(default=None, repr=False)
    topic: str | None = None


@dataclass(frozen=True)
class Release:
    """The data that leaves.

    Attributes:
        use: id of the use.
        decision: what permitted it.
        data: what the obligations left; its columns are the last obligation's.
        entry: index of the ledger entry that recorded the use before the data left.
        receipt: proof that the entry is in the ledger (C2SP tlog-proof).
        digest: SHA-256 of the data as an Arrow IPC stream, hex; also in the closing entry.
    """

    use: str
    decision: Decision
    data: pa.Table = field(repr=False)
    entry: int
    receipt: str = field(repr=False)
    digest: str


@dataclass(frozen=True)
class Refusal:
    """No data leaves.

    Attributes:
        use: id of the use.
        reason: why.
        decision: what refused it; permitted only where the ledger failed afterwards.
        entry: index of the ledger entry; None when the ledger could not write.
    """

    use: str
    reason: Reason
    decision: Decision
    entry: int | None
