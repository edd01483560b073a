"""Collection notices: registered, ended, and named by every intake of personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, Words, find_actor, find_dataset
from umaya.gate.collection.models import CollectionNoticeRow
from umaya.gate.hats import check_role
from umaya.gate.record import Acts, digest
from umaya.gate.roles import PRIVACY_OFFICER
from umaya.law import day_in_japan
from umaya.types.classes import SecrecyClass
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

MAX_TEXT: Final = 4000


class Manner(StrEnum):
    """How people are told (APPI art. 21). Stored: values never change."""

    SHOWN = "shown"
    """明示: shown before it is collected from the person in writing or on a screen (paragraph 2)."""
    NOTIFIED = "notified"
    """通知: each person is told without delay (paragraph 1)."""
    PUBLISHED = "published"
    """公表: published beforehand or without delay (paragraph 1)."""


@dataclass(frozen=True)
class CollectionNotice:
    """A version.

    Attributes:
        version: 1 and up; what an intake names.
        manner: how people are told.
        purpose: what the data are collected for, as narrowly as can be (APPI art. 17(1)).
        wording: what people read.
        digest: of purpose and wording, as the ledger has it.
        starts: first day, in Japan, on which data may be collected under it.
        ended: whether it was ended; what was collected under it stays so.
        entry: ledger index.
    """

    dataset: str
    version: int
    manner: Manner
    purpose: Words
    wording: Words
    digest: str
    starts: date
    ended: bool
    entry: int


class Collections:
    """Registers, ends and lists collection notices.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def register(
        self, actor: Actor, dataset: str, manner: Manner, purpose: Words, wording: Words, starts: date
    ) -> CollectionNotice:
        """Register the next version.

        Args:
            actor: a privacy officer of the dataset's owner.
            dataset: id.
            manner: how people are told.
            purpose: what for.
            wording: what people read.
            starts: first day in Japan; not before today.

        Raises:
            InputError: when a text is empty or too long, or the day lies in the past.
            NotFoundError: when there is no such dataset.
            ForbiddenError: when the actor may not.
        """
        _check_texts(purpose, wording)
        with self._acts.begin() as act:
            owner = _owned(act.session, actor, dataset)
            if starts < day_in_japan(act.now):
                raise InputError(_place("starts"), "the first day lies in the past", "name today or a later day")
            last = act.session.scalar(
                select(func.max(CollectionNoticeRow.version)).where(CollectionNoticeRow.dataset == dataset)
            )
            row = CollectionNoticeRow(
                dataset=dataset,
                version=(last or 0) + 1,
                manner=manner.value,
                purpose_ja=purpose.ja,
                purpose_en=purpose.en,
                wording_ja=wording.ja,
                wording_en=wording.en,
                digest=_digest(purpose, wording),
                starts=starts,
                registered_by=owner.id,
                registered_at=act.now,
                entry=0,
            )
            act.session.add(row)
            body = {"dataset": dataset, "version": row.version, "manner": row.manner, "words": row.digest}
            row.entry = act.record("collection.registered", owner.id, {**body, "starts": starts})
            return _notice(row)

    def end(self, actor: Actor, dataset: str, version: int) -> None:
        """End a version: nothing is taken in under it from now on.

        Raises:
            NotFoundError, ForbiddenError: when there is none, or the actor is no privacy officer of the owner.
            ConflictError: when it was ended before.
        """
        with self._acts.begin() as act:
            owner = _owned(act.session, actor, dataset)
            row = act.session.get(CollectionNoticeRow, (dataset, version), with_for_update=True)
            if row is None:
                raise NotFoundError("there is no such version of the collection notice")
            if row.ended_at is not None:
                raise ConflictError("the version was ended before")
            row.ended_at = act.now
            row.ended_entry = act.record("collection.ended", owner.id, {"dataset": dataset, "version": version})

    def list(self, dataset: str) -> list[CollectionNotice]:
        """Return every version, the newest first."""
        query = (
            select(CollectionNoticeRow)
            .where(CollectionNoticeRow.dataset == dataset)
            .order_by(CollectionNoticeRow.version.desc())
        )
        with self._acts.database.reading() as session:
            return [_notice(row) for row in session.scalars(query)]


def is_personal(dataset: Dataset) -> bool:
    """Return whether any field of a dataset is about somebody."""
    return any(secrecy is not SecrecyClass.NON_PERSONAL for secrecy in dataset.classes.values())


def collected_under(session: Session, dataset: Dataset, version: int | None, today: date) -> int | None:
    """Return the version that an intake of today names; None for data about nobody.

    Raises:
        InputError: when personal data name none, or one under which nothing may be collected today.
    """
    place = Place("intake", field="collection")
    if version is None:
        if not is_personal(dataset):
            return None
        raise InputError(
            place,
            "the purpose of collection is not named (個人情報保護法第17条・第21条)",
            "name the version of the dataset's collection notice under which these rows were collected",
        )
    row = session.get(CollectionNoticeRow, (dataset.id, version))
    if row is None:
        advice = "register the purpose and what people are told first, or name a version that there is"
        raise InputError(place, "the dataset has no such collection notice", advice)
    if row.ended_at is not None or row.starts > today:
        problem = "the version was ended" if row.ended_at is not None else "the version does not hold yet"
        raise InputError(place, f"nothing is collected under the collection notice today: {problem}", "name another")
    return version


def newest_notice(session: Session, dataset: Dataset, today: date) -> int | None:
    """Return the newest version under which rows may be taken in today; None for data about nobody.

    Raises:
        InputError: when personal data have none.
    """
    holds = (CollectionNoticeRow.ended_at.is_(None), CollectionNoticeRow.starts <= today)
    newest = select(func.max(CollectionNoticeRow.version)).where(CollectionNoticeRow.dataset == dataset.id, *holds)
    return collected_under(session, dataset, session.scalar(newest), today)


def _owned(session: Session, actor: Actor, dataset: str) -> Actor:
    person = find_actor(session, actor.id)
    check_role(person, PRIVACY_OFFICER)
    if person.party != find_dataset(session, dataset).owner:
        raise ForbiddenError("a dataset's collection notice is its owner's")
    return person


def _check_texts(purpose: Words, wording: Words) -> None:
    for name, words in (("purpose", purpose), ("wording", wording)):
        for language in ("ja", "en"):
            text = str(getattr(words, language)).strip()
            if not text or len(text) > MAX_TEXT:
                problem = "the text is missing" if not text else "the text is too long"
                raise InputError(_place(f"{name}.{language}"), problem, f"write 1 to {MAX_TEXT:,} characters")


def _digest(purpose: Words, wording: Words) -> str:
    words = {"purpose": {"ja": purpose.ja, "en": purpose.en}, "wording": {"ja": wording.ja, "en": wording.en}}
    return digest(rfc8785.dumps(words))


def _place(field: str) -> Place:
    return Place("collection notice", field=field)


def _notice(row: CollectionNoticeRow) -> CollectionNotice:
    return CollectionNotice(
        dataset=row.dataset,
        version=row.version,
        manner=Manner(row.manner),
        purpose=Words(row.purpose_ja, row.purpose_en),
        wording=Words(row.wording_ja, row.wording_en),
        digest=row.digest,
        starts=row.starts,
        ended=row.ended_at is not None,
        entry=row.entry,
    )
