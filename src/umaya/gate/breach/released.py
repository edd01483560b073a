"""What of a party's data was released to whom in a window. Reads what is recorded of uses, never the data.

Must hold: nobody is counted twice; rows whose people are not known are said to be so, and taken for anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pyroaring import BitMap
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_dataset
from umaya.gate.models import SchemeRow, SchemeVersionRow, UsePeopleRow, UseRow
from umaya.gate.schemes import version_of
from umaya.gate.uses import UseState
from umaya.law import RuleSet
from umaya.law.provision import Ground
from umaya.ledger.entries import Entry
from umaya.types.classes import SecrecyClass

_LEFT = (UseState.RELEASED.value, UseState.INTERRUPTED.value, UseState.OPEN.value)
"""What was permitted and not closed may have left."""
PSEUDONYMISE = "pseudonymise"


@dataclass(frozen=True)
class Search:
    """What is searched for.

    Attributes:
        window: half-open, of the moments at which uses were decided.
        narrowed: `scheme`, `dataset`, `recipient` or `actor` to its id; what is not there is not narrowed.
    """

    window: tuple[datetime, datetime]
    narrowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReleasedGroup:
    """Releases of one scheme to one actor.

    Attributes:
        uses: ids, latest first.
        rows: of those that said how many.
        people: whose rows left, nobody twice; None where the dataset names no people.
        fields: with their classes.
        pseudonymised: whether numbers and ids left only under pseudonyms of this scheme.
        not_personal: whether what left is about nobody, as its basis has it.
    """

    scheme: str
    dataset: str
    recipient: str
    actor: str
    uses: tuple[str, ...]
    first: datetime
    last: datetime
    rows: int
    people: int | None
    fields: Mapping[str, SecrecyClass]
    pseudonymised: bool
    not_personal: bool


@dataclass(frozen=True)
class Released:
    """What was found.

    Attributes:
        groups: by scheme and actor.
        people: everybody whose rows left, nobody twice.
        rows: in all.
        unknown_rows: of these, rows whose people are not known.
        fields: that left, with their classes, of what is personal.
    """

    groups: tuple[ReleasedGroup, ...]
    people: BitMap = field(repr=False)
    rows: int
    unknown_rows: int
    fields: Mapping[str, SecrecyClass]

    @property
    def uses(self) -> int:
        """How many releases there were."""
        return sum(len(group.uses) for group in self.groups)

    @property
    def classes(self) -> frozenset[SecrecyClass]:
        """The secrecy classes of the fields that left."""
        return frozenset(self.fields.values())


def released(
    session: Session, party: str, search: Search, entry_bytes: Callable[[int], bytes], rules: RuleSet
) -> Released:
    """Return what of a party's data was released.

    Args:
        session: of the gate.
        party: whose data.
        search: the window, and what it is narrowed to.
        entry_bytes: of the ledger, which knows the fields of each use.
        rules: of the day.

    Raises:
        IntegrityError: when an entry or a scheme is not what was written.
    """
    sorted_uses: dict[tuple[str, str], list[UseRow]] = {}
    for row in session.scalars(_query(party, search)):
        sorted_uses.setdefault((row.scheme, row.actor), []).append(row)
    everybody, fields, groups, unknown = BitMap(), dict[str, SecrecyClass](), list[ReleasedGroup](), 0
    for rows in sorted_uses.values():
        group, people = _group(session, rows, entry_bytes, rules)
        groups.append(group)
        if group.not_personal:
            continue
        everybody |= people
        fields |= group.fields
        unknown += group.rows if group.people is None else 0
    groups.sort(key=lambda group: group.last, reverse=True)
    return Released(tuple(groups), everybody, sum(group.rows for group in groups), unknown, fields)


def _query(party: str, search: Search) -> Select[UseRow]:
    start, end = search.window
    query = (
        select(UseRow)
        .join(SchemeRow, SchemeRow.id == UseRow.scheme)
        .where(SchemeRow.provider == party, UseRow.state.in_(_LEFT))
        .where(UseRow.decided_at >= start, UseRow.decided_at < end)
        .order_by(UseRow.entry.desc())
    )
    columns = {"scheme": UseRow.scheme, "recipient": SchemeRow.recipient, "actor": UseRow.actor}
    for key, column in columns.items():
        if search.narrowed.get(key):
            query = query.where(column == search.narrowed[key])
    if search.narrowed.get("dataset"):
        of_dataset = SchemeVersionRow.document.contains(f'"dataset":"{search.narrowed["dataset"]}"', autoescape=True)
        query = query.where(
            UseRow.scheme.in_(select(SchemeVersionRow.scheme).where(of_dataset)),
        )
    return query


def _group(
    session: Session, rows: list[UseRow], entry_bytes: Callable[[int], bytes], rules: RuleSet
) -> tuple[ReleasedGroup, BitMap]:
    first = rows[0]
    version = version_of(session.get_one(SchemeVersionRow, (first.scheme, first.version)))
    dataset = find_dataset(session, version.document.dataset)
    left: dict[str, SecrecyClass] = {}
    for row in rows:
        left |= {name: dataset.classes[name] for name in _fields(entry_bytes(row.entry)) if name in dataset.classes}
    people = BitMap.union(BitMap(), *_people(session, rows))
    basis = rules.bases.get(version.document.basis)
    group = ReleasedGroup(
        scheme=first.scheme,
        dataset=dataset.id,
        recipient=version.document.recipient,
        actor=first.actor,
        uses=tuple(row.id for row in rows),
        first=rows[-1].decided_at,
        last=first.decided_at,
        rows=sum(row.rows or 0 for row in rows),
        people=None if dataset.subject is None else len(people),
        fields=left,
        pseudonymised=any(owed.name == PSEUDONYMISE for owed in version.document.owed),
        not_personal=basis is not None and basis.provision is Ground.NOT_PERSONAL,
    )
    return group, people


def _fields(entry: bytes) -> list[str]:
    fields = Entry.from_bytes(entry).body.get("fields", [])
    return [str(name) for name in fields] if isinstance(fields, list) else []


def _people(session: Session, rows: list[UseRow]) -> Iterator[BitMap]:
    """Yield whom each use reached: who was delivered, or who was permitted where all of them were."""
    for row in rows:
        kept = session.get(UsePeopleRow, row.id)
        if kept is not None:
            yield BitMap.deserialize(kept.permitted if kept.delivered is None else kept.delivered)
