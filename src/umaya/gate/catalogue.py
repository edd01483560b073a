"""The catalogue: parties, actors with their roles, datasets, and fields each with exactly one secrecy class.

Registration is an act of whoever runs the hub (actor `hub` in the ledger); no page or route offers it.
Must hold: a field without a class cannot be registered; ids and field names are ASCII references, so that the
ledger can name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.models import ActorRoleRow, ActorRow, DatasetRow, FieldRow, PartyRow
from umaya.gate.record import Acts
from umaya.gate.roles import ROLES
from umaya.law.my_number import names_my_number
from umaya.stores.database import Base
from umaya.stores.lake import Placement
from umaya.types.classes import SecrecyClass
from umaya.types.errors import ConflictError, InputError, NotFoundError, Place
from umaya.types.site import Actor
from umaya.vault import Layout

HUB: Final = "hub"
"""The actor of acts done at the hub's own console."""
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FIELD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    ja: str
    en: str


@dataclass(frozen=True)
class Party:
    """An organisation (事業者・団体).

    Attributes:
        kind: what it is, e.g. `post`, `municipality`; bases ask for it.
    """

    id: str
    name: Words
    kind: str


@dataclass(frozen=True)
class Field:
    """A column of a dataset, its one secrecy class, and its Arrow type in words."""

    name: str
    secrecy_class: SecrecyClass
    type: str
    nullable: bool


@dataclass(frozen=True)
class Dataset:
    """What a party holds.

    Attributes:
        id: e.g. `bike-positions`.
        owner: id of the party.
        title: for people.
        schema: Arrow schema.
        classes: field name to its secrecy class; every field of the schema must be there.
        time, lon, lat: the columns that say when and where, or None.
        order: columns that rows are sorted by when read.
        storage: `lake`, the only kind so far.
        subject: the column that says whom a row is about, by person number (uint32, not null); None where rows are
            about no person that the hub knows. It never leaves: schemes cannot name it.
        business: the business that the data comes from, e.g. `banking`; what cross-sell consent is judged by.
    """

    id: str
    owner: str
    title: Words
    schema: pa.Schema
    classes: Mapping[str, SecrecyClass]
    time: str | None = None
    lon: str | None = None
    lat: str | None = None
    order: tuple[str, ...] = ()
    storage: str = "lake"
    subject: str | None = None
    business: str | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(f.name, self.classes[f.name], str(f.type), f.nullable) for f in self.schema)

    @property
    def layout(self) -> Layout:
        return Layout(self.schema, Placement(self.time, self.lon, self.lat), self.order, self.subject)


class Catalogue:
    """Registers and finds.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def add_party(self, party: Party) -> None:
        """Register a party; raises InputError on a wrong id, ConflictError on one that is taken."""
        _check_id("party", party.id)
        with self._acts.begin() as act:
            _must_be_new(act.session, PartyRow, party.id)
            row = PartyRow(id=party.id, name_ja=party.name.ja, name_en=party.name.en, kind=party.kind, entry=0)
            act.session.add(row)
            row.entry = act.record("party.registered", HUB, {"party": party.id, "party_kind": party.kind})

    def add_actor(self, actor: Actor) -> None:
        """Register an actor with its roles.

        Raises:
            InputError: when the id is wrong or a role is unknown.
            NotFoundError: when there is no such party.
            ConflictError: when the id is taken.
        """
        _check_id("actor", actor.id)
        unknown = actor.roles - ROLES
        if unknown:
            raise InputError(Place(f"actor {actor.id}", field="roles"), "a role is unknown", _choose(ROLES))
        with self._acts.begin() as act:
            _must_exist(act.session, PartyRow, "party", actor.party)
            _must_be_new(act.session, ActorRow, actor.id)
            row = ActorRow(id=actor.id, name=actor.name, party=actor.party, entry=0)
            act.session.add(row)
            act.session.flush()
            act.session.add_all(ActorRoleRow(actor=actor.id, role=role) for role in sorted(actor.roles))
            body = {"subject": actor.id, "party": actor.party, "roles": sorted(actor.roles)}
            row.entry = act.record("actor.registered", HUB, body)

    def add_dataset(self, dataset: Dataset) -> None:
        """Register a dataset with its fields.

        Raises:
            InputError: when a field has no secrecy class (the error names it), or a name is wrong.
            NotFoundError: when there is no such owner.
            ConflictError: when the id is taken.
        """
        _check_dataset(dataset)
        with self._acts.begin() as act:
            _must_exist(act.session, PartyRow, "party", dataset.owner)
            _must_be_new(act.session, DatasetRow, dataset.id)
            row = _dataset_row(dataset)
            act.session.add(row)
            act.session.flush()
            act.session.add_all(
                FieldRow(dataset=dataset.id, name=field.name, position=at, secrecy_class=field.secrecy_class.value)
                for at, field in enumerate(dataset.fields)
            )
            classes = [f"{field.name}:{field.secrecy_class.value}" for field in dataset.fields]
            body: dict[str, object] = {"dataset": dataset.id, "owner": dataset.owner, "fields": classes}
            body |= {"subject": dataset.subject, "business": dataset.business}
            row.entry = act.record("dataset.registered", HUB, body)

    def party(self, party_id: str) -> Party:
        """Return a party or raise NotFoundError."""
        with self._acts.database.reading() as session:
            return find_party(session, party_id)

    def parties(self) -> list[Party]:
        """Return every party by id."""
        with self._acts.database.reading() as session:
            return [_party(row) for row in session.scalars(select(PartyRow).order_by(PartyRow.id))]

    def actor(self, actor_id: str) -> Actor:
        """Return an actor or raise NotFoundError."""
        with self._acts.database.reading() as session:
            return find_actor(session, actor_id)

    def actors(self) -> list[Actor]:
        """Return every actor by id."""
        with self._acts.database.reading() as session:
            return [find_actor(session, key) for key in session.scalars(select(ActorRow.id).order_by(ActorRow.id))]

    def dataset(self, dataset_id: str) -> Dataset:
        """Return a dataset or raise NotFoundError."""
        with self._acts.database.reading() as session:
            return find_dataset(session, dataset_id)

    def datasets(self) -> list[Dataset]:
        """Return every dataset by id."""
        with self._acts.database.reading() as session:
            keys = session.scalars(select(DatasetRow.id).order_by(DatasetRow.id)).all()
            return [find_dataset(session, key) for key in keys]


def find_party(session: Session, party_id: str) -> Party:
    """Return a party or raise NotFoundError."""
    row = session.get(PartyRow, party_id)
    if row is None:
        raise NotFoundError(f"there is no party `{_shown(party_id)}`")
    return _party(row)


def find_actor(session: Session, actor_id: str) -> Actor:
    """Return an actor with the roles it has now, or raise NotFoundError."""
    row = session.get(ActorRow, actor_id)
    if row is None:
        raise NotFoundError(f"there is no actor `{_shown(actor_id)}`")
    roles = session.scalars(select(ActorRoleRow.role).where(ActorRoleRow.actor == actor_id))
    return Actor(row.id, row.name, row.party, frozenset(roles))


def find_dataset(session: Session, dataset_id: str) -> Dataset:
    """Return a dataset or raise NotFoundError."""
    row = session.get(DatasetRow, dataset_id)
    if row is None:
        raise NotFoundError(f"there is no dataset `{_shown(dataset_id)}`")
    fields = session.scalars(select(FieldRow).where(FieldRow.dataset == dataset_id))
    return Dataset(
        id=row.id,
        owner=row.owner,
        title=Words(row.title_ja, row.title_en),
        schema=pa.ipc.read_schema(pa.py_buffer(row.arrow_schema)),
        classes={field.name: SecrecyClass(field.secrecy_class) for field in fields},
        time=row.time_field,
        lon=row.lon_field,
        lat=row.lat_field,
        order=tuple(row.sort_key),
        storage=row.storage,
        subject=row.subject_field,
        business=row.business,
    )


def is_id(text: str) -> bool:
    """Return whether a text may be the id of something catalogued."""
    return len(text) <= 64 and _ID.fullmatch(text) is not None


def _shown(text: str) -> str:
    return text if is_id(text) else "(not an id)"


def _party(row: PartyRow) -> Party:
    return Party(row.id, Words(row.name_ja, row.name_en), row.kind)


def _dataset_row(dataset: Dataset) -> DatasetRow:
    return DatasetRow(
        id=dataset.id,
        owner=dataset.owner,
        title_ja=dataset.title.ja,
        title_en=dataset.title.en,
        storage=dataset.storage,
        time_field=dataset.time,
        lon_field=dataset.lon,
        lat_field=dataset.lat,
        subject_field=dataset.subject,
        business=dataset.business,
        sort_key=list(dataset.order),
        arrow_schema=dataset.schema.serialize().to_pybytes(),
        entry=0,
    )


def _check_id(noun: str, text: str) -> None:
    if not is_id(text):
        advice = "use lower-case letters and digits in parts joined by single hyphens, 64 at most"
        raise InputError(Place(noun, field="id"), "the id is not in the form of an id", advice)


def _check_dataset(dataset: Dataset) -> None:
    _check_id("dataset", dataset.id)
    place = f"dataset {dataset.id}"
    names = dataset.schema.names
    for name in names:
        if len(name) > 64 or not _FIELD.fullmatch(name):
            raise InputError(Place(place, field="schema"), "a field name is not snake_case ASCII", "rename the field")
        if names_my_number(name):
            raise InputError(Place(place, field=name), "the field is My Number, which is never stored", "leave it out")
        if not isinstance(dataset.classes.get(name), SecrecyClass):
            classes = _choose(kind.value for kind in SecrecyClass)
            raise InputError(Place(place, field=name), "the field has no secrecy class", classes)
    if len(set(names)) != len(names) or not names:
        raise InputError(Place(place, field="schema"), "the schema is empty or repeats a name", "name each field once")
    named = {dataset.time, dataset.lon, dataset.lat, dataset.subject, *dataset.order} - {None}
    for name in sorted(str(name) for name in named | set(dataset.classes)):
        if name not in names:
            raise InputError(Place(place, field=name), "the schema has no such field", _choose(names))
    if dataset.subject is not None and not dataset.schema.field(dataset.subject).equals(
        pa.field(dataset.subject, pa.uint32(), nullable=False)
    ):
        advice = "make it a uint32 that is never null"
        raise InputError(Place(place, field=dataset.subject), "the subject is no person number", advice)
    if dataset.business is not None:
        _check_id("business", dataset.business)
    if dataset.storage != "lake":
        raise InputError(Place(place, field="storage"), "the kind of storage is unknown", "use `lake`")


def _choose(names: Iterable[str]) -> str:
    return "choose among " + ", ".join(f"`{name}`" for name in sorted(names))


def _must_exist(session: Session, table: type[Base], noun: str, key: str) -> None:
    if session.get(table, key) is None:
        raise NotFoundError(f"there is no {noun} `{_shown(key)}`")


def _must_be_new(session: Session, table: type[Base], key: str) -> None:
    if session.get(table, key) is not None:
        raise ConflictError(f"the id `{key}` is taken")
