"""Replay: what happened to a scheme, told from the ledger alone, and held against the database.

The acts in the ledger establish which version was in force at every index, and each permitted use must name that one.
Must hold: whatever a replay accepts went through both locks, closed by different people, before its first use.

An act is recorded first and committed after. So an entry may be without effect, after a crash: it is passed over where
the same act was done again. And a use may be decided just before the commit of an act that is recorded already: for
so long as that takes, the version before still counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from umaya.gate.hats import CONSENT, HATS
from umaya.gate.roles import APPLICANT, APPROVER, PRIVACY_OFFICER, VERIFIER
from umaya.gate.schemes import UNDER_REVIEW, SchemeRecord, State
from umaya.types.errors import IntegrityError, NotFoundError

IN_FLIGHT: Final = timedelta(seconds=30)
"""How long an act may take from its entry to its commit: as long as a writer waits for the database."""

_ACTS: Final = {
    "scheme.submitted": ("submit", frozenset[State](), State.SUBMITTED),
    "scheme.verified": ("verify", frozenset({State.SUBMITTED}), State.VERIFIED),
    "scheme.approved": ("approve", frozenset({State.VERIFIED}), State.APPROVED),
    "scheme.rejected": ("return", UNDER_REVIEW, State.RETURNED),
    "scheme.suspended": ("suspend", frozenset({State.APPROVED}), State.SUSPENDED),
    "scheme.condition-failed": ("condition-failed", frozenset({State.APPROVED}), State.SUSPENDED),
    "scheme.resumed": ("resume", frozenset({State.SUSPENDED}), State.APPROVED),
    "scheme.ended": ("end", frozenset({State.APPROVED, State.SUSPENDED}), State.ENDED),
    "scheme.privacy-checked": ("privacy-check", frozenset({State.SUBMITTED}), None),
    "scheme.consulted": (CONSENT, frozenset({State.VERIFIED}), None),
    "scheme.condition-imposed": (
        "impose",
        frozenset({State.SUBMITTED, State.VERIFIED, State.APPROVED, State.SUSPENDED}),
        None,
    ),
    "scheme.reported": ("report", frozenset({State.APPROVED, State.SUSPENDED}), None),
}
"""Kind of entry: act, the states in which it can be done, and the state that it leads to."""
_OTHERS: Final = {
    ("submit", State.SUBMITTED): State.REPLACED,
    ("submit", State.VERIFIED): State.REPLACED,
    ("approve", State.APPROVED): State.REPLACED,
    ("approve", State.SUSPENDED): State.REPLACED,
    ("end", State.SUBMITTED): State.ENDED,
    ("end", State.VERIFIED): State.ENDED,
}
"""What an act makes of another version in a state."""
_HATS: Final = {
    "submit": APPLICANT,
    "privacy-check": PRIVACY_OFFICER,
    "verify": VERIFIER,
    CONSENT: CONSENT,
    "approve": APPROVER,
    "resume": APPROVER,
}


class EntryLike(Protocol):
    """What is read of an entry; `umaya.ledger.Entry` has it."""

    @property
    def kind(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def actor(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class ReplayedAct:
    """Who did what on which version, when.

    Attributes:
        entry: index in the ledger.
        state: of the version after the act.
        in_force: the version in force after the act, or None.
    """

    entry: int
    at: datetime
    act: str
    actor: str
    version: int
    state: State
    in_force: int | None


@dataclass(frozen=True)
class ReplayedVersion:
    """A version as the ledger tells it.

    Attributes:
        conditions: in canonical form, in the order in which they were imposed.
        uses: how many were permitted under it.
        first_use, last_use: ledger indices, or None.
    """

    version: int
    digest: str
    state: State
    conditions: tuple[str, ...] = ()
    uses: int = 0
    first_use: int | None = None
    last_use: int | None = None


@dataclass(frozen=True)
class Replay:
    """What the ledger tells of a scheme.

    Attributes:
        acts: in order.
        versions: oldest first.
        without_effect: indices of entries whose act was done again.
    """

    scheme: str
    acts: tuple[ReplayedAct, ...]
    versions: tuple[ReplayedVersion, ...]
    without_effect: tuple[int, ...]


def replay(entries: Iterable[tuple[int, EntryLike]], scheme: str) -> Replay:
    """Tell what happened to a scheme.

    Args:
        entries: of the ledger with their indices, in order, at least all that name the scheme: `reader.naming(scheme)`.
        scheme: id.

    Raises:
        NotFoundError: when the ledger knows no such scheme.
        IntegrityError: when an act does not follow from those before it, somebody wears two hats, or a use names
            another version than the one in force.
    """
    kept = [
        (at, entry)
        for at, entry in entries
        if entry.body.get("scheme") == scheme and (entry.kind in _ACTS or entry.kind == "use.permitted")
    ]
    repeated = _repeated(kept)
    course = _Course()
    for at, entry in kept:
        if entry.kind == "use.permitted":
            course.use(at, entry)
        elif at not in repeated:
            course.act(at, entry)
    if not course.versions:
        raise NotFoundError("the ledger knows no such scheme")
    versions = tuple(course.versions[number] for number in sorted(course.versions))
    return Replay(scheme, tuple(course.acts), versions, tuple(sorted(repeated)))


def check_against(told: Replay, record: SchemeRecord) -> None:
    """Return when the database says what the ledger tells.

    Raises:
        IntegrityError: at the first difference.
    """
    acts = {(act.entry, act.version, act.act, act.actor) for act in told.acts}
    for act in record.acts:
        if (act.entry, act.version, act.act, act.actor) not in acts and act.entry not in told.without_effect:
            raise IntegrityError(f"the ledger does not tell of `{act.act}` on version {act.version} at {act.entry}")
    known = {act.entry for act in record.acts}
    missing = [act.entry for act in told.acts if act.entry not in known]
    where = f" (entry {missing[0]} is not in the database)" if missing else ""
    kept = {version.version: version for version in record.versions}
    for version in told.versions:
        row = kept.pop(version.version, None)
        if row is None:
            raise IntegrityError(f"version {version.version} is not in the database{where}")
        if row.digest != version.digest:
            raise IntegrityError(f"version {version.version} is another document than the ledger says")
        if row.state != version.state:
            raise IntegrityError(
                f"version {version.version} is {version.state} by the ledger and {row.state} by the database{where}"
            )
        if {condition.canonical() for condition in row.conditions} != set(version.conditions):
            raise IntegrityError(f"version {version.version} has other conditions than the ledger says{where}")
    if kept:
        raise IntegrityError(f"the ledger does not tell of version {min(kept)}")


@dataclass
class _Course:
    versions: dict[int, ReplayedVersion] = field(default_factory=dict)
    acts: list[ReplayedAct] = field(default_factory=list)
    hats: dict[str, str] = field(default_factory=dict)
    left: dict[int, datetime] = field(default_factory=dict)
    """When a version went out of force, by the time of the entry."""

    @property
    def in_force(self) -> int | None:
        return next((one.version for one in self.versions.values() if one.state is State.APPROVED), None)

    def act(self, at: int, entry: EntryLike) -> None:
        name, allowed, state = _ACTS[entry.kind]
        number, before = int(entry.body["version"]), self.in_force
        if name == "submit":
            self._submit(at, number, str(entry.body["document"]))
        version = self.versions.get(number)
        if version is None or version.digest != entry.body["document"]:
            raise IntegrityError(f"entry {at} is about a document that was not submitted")
        if name != "submit" and version.state not in allowed:
            raise IntegrityError(f"entry {at}: `{name}` does not follow, version {number} was {version.state}")
        self._wear(at, name, entry)
        if name == "condition-failed" and entry.body["condition"] not in version.conditions:
            raise IntegrityError(f"entry {at} names a condition that was not imposed")
        imposed = entry.body.get("conditions", ())
        version = replace(version, conditions=tuple(dict.fromkeys((*version.conditions, *imposed))))
        self.versions[number] = version if state is None else replace(version, state=state)
        self._others(name, number)
        if before is not None and before != self.in_force:
            self.left[before] = entry.time
        now = self.versions[number].state
        self.acts.append(ReplayedAct(at, entry.time, name, entry.actor, number, now, self.in_force))

    def use(self, at: int, entry: EntryLike) -> None:
        number = entry.body.get("version")
        version = self.versions.get(number) if isinstance(number, int) else None
        if version is None or version.digest != entry.body.get("document"):
            raise IntegrityError(f"the use at {at} names a document that was not submitted")
        if version.version != self.in_force and not self._in_flight(version.version, entry):
            raise IntegrityError(f"the use at {at} names version {version.version}, which was not in force")
        first = at if version.first_use is None else version.first_use
        counted = replace(version, uses=version.uses + 1, first_use=first, last_use=at)
        self.versions[version.version] = counted

    def _submit(self, at: int, number: int, digest: str) -> None:
        if number != len(self.versions) + 1:
            raise IntegrityError(f"entry {at}: version {number} does not follow")
        if any(one.state is State.ENDED for one in self.versions.values()):
            raise IntegrityError(f"entry {at}: a version was submitted after the end")
        self.versions[number] = ReplayedVersion(number, digest, State.SUBMITTED)

    def _wear(self, at: int, name: str, entry: EntryLike) -> None:
        role = entry.body.get("role")
        hat = _HATS.get(name, role if role in HATS else None)
        if hat is not None and self.hats.setdefault(entry.actor, hat) != hat:
            raise IntegrityError(f"entry {at}: `{entry.actor}` wears two hats in this scheme")

    def _others(self, name: str, number: int) -> None:
        """Let an act have its effect on the other versions."""
        for other in self.versions.values():
            becomes = _OTHERS.get((name, other.state))
            if other.version != number and becomes is not None:
                self.versions[other.version] = replace(other, state=becomes)

    def _in_flight(self, number: int, entry: EntryLike) -> bool:
        left = self.left.get(number)
        return left is not None and datetime.fromisoformat(str(entry.body["decided_at"])) <= left + IN_FLIGHT


def _repeated(kept: Iterable[tuple[int, EntryLike]]) -> frozenset[int]:
    """Return the entries that led to a state which the same act, done again, led to as well."""
    last: dict[object, tuple[str, int]] = {}
    found = set()
    for at, entry in kept:
        if entry.kind in _ACTS and _ACTS[entry.kind][2] is not None:
            kind, before = last.get(entry.body["version"], ("", 0))
            if kind == entry.kind:
                found.add(before)
            last[entry.body["version"]] = (entry.kind, at)
    return frozenset(found)
