"""Joint-use notices as they stand in the register, and what the gate asks of them. Reads; decides nothing.

Must hold: a notice that is read is the one that was submitted, and its words are the ones that were published.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.joint_use.document import NoticeDocument
from umaya.gate.joint_use.models import NoticeActRow, NoticeRow, NoticeVersionRow
from umaya.gate.record import digest
from umaya.law import Fault, Language
from umaya.law.joint_use import JointUseNotice
from umaya.law.joint_use_text import notice_text
from umaya.types.errors import IntegrityError, NotFoundError
from umaya.types.reasons import Reason

Sections = tuple[tuple[str, tuple[str, ...]], ...]
"""Headings with their paragraphs."""


class NoticeState(StrEnum):
    """Of a version. Stored: values never change."""

    SUBMITTED = "submitted"
    PUBLISHED = "published"
    REPLACED = "replaced"
    """By a newer draft, before it was published."""


@dataclass(frozen=True)
class Words:
    """The words of a version in one language, and the digest under which they stand in the ledger."""

    sections: Sections
    digest: str

    @property
    def text(self) -> str:
        """The words as plain text: what the digest is over, in UTF-8."""
        return plain_text(self.sections)


@dataclass(frozen=True)
class Notice:
    """One version of a notice.

    Attributes:
        id: of the notice.
        digest: of the canonical document.
        published_on: the day, in Japan, from which it is published; None for a draft.
        words: as published, by language; empty for a draft.
        entry: ledger index of its publication; None for a draft.
    """

    id: str
    version: int
    state: NoticeState
    digest: str
    document: NoticeDocument
    published_on: date | None
    words: Mapping[str, Words]
    entry: int | None

    @property
    def starts(self) -> date:
        """The first day, in Japan, on which it holds."""
        return self.document.starts

    @property
    def judged(self) -> JointUseNotice:
        """The notice as the law judges it."""
        return self.document.judged(self.published_on)

    def holds(self, day: date) -> bool:
        """Return whether it is published and has started on a day in Japan."""
        return self.published_on is not None and max(self.published_on, self.starts) <= day


@dataclass(frozen=True)
class NoticeAct:
    """Who did what on which version, when; `entry` is its ledger index."""

    version: int
    act: str
    actor: str
    role: str
    at: datetime
    note: str
    entry: int


@dataclass(frozen=True)
class NoticeRecord:
    """A notice with everything that happened to it; versions and acts oldest first.

    Attributes:
        ended_on: its last day, or None.
    """

    id: str
    ended_on: date | None
    versions: tuple[Notice, ...]
    acts: tuple[NoticeAct, ...]

    def on(self, day: date) -> Notice | None:
        """Return the version that is in force on a day in Japan, or None."""
        if self.ended_on is not None and self.ended_on < day:
            return None
        return next((one for one in reversed(self.versions) if one.holds(day)), None)

    def seen(self, day: date) -> tuple[Notice, ...]:
        """Return the versions that are published on a day in Japan, oldest first, whether they have started or not."""
        return tuple(one for one in self.versions if one.published_on is not None and one.published_on <= day)


def find_notice(session: Session, notice: str) -> NoticeRecord:
    """Return a notice or raise NotFoundError; IntegrityError when a stored version is not what was submitted."""
    row = session.get(NoticeRow, notice)
    if row is None:
        raise NotFoundError("there is no such joint-use notice")
    query = select(NoticeActRow).where(NoticeActRow.notice == notice).order_by(NoticeActRow.id)
    acts = tuple(NoticeAct(a.version, a.act, a.actor, a.role, a.at, a.note, a.entry) for a in session.scalars(query))
    entries = {act.version: act.entry for act in acts if act.act == "publish"}
    versions = tuple(notice_of(one, entries.get(one.version)) for one in version_rows(session, notice))
    return NoticeRecord(notice, row.ended_on, versions, acts)


def in_force(session: Session, notice: str, day: date) -> Notice | None:
    """Return the version of a notice that is in force on a day in Japan, or None; errors as `find_notice`'s."""
    row = session.get(NoticeRow, notice)
    if row is None or (row.ended_on is not None and row.ended_on < day):
        return None
    published = select(NoticeVersionRow).where(NoticeVersionRow.notice == notice, NoticeVersionRow.published_on <= day)
    for version in session.scalars(published.order_by(NoticeVersionRow.version.desc())):
        found = notice_of(version, None)
        if found.holds(day):
            acts = select(NoticeActRow.entry).where(
                NoticeActRow.notice == notice,
                NoticeActRow.version == found.version,
                NoticeActRow.act == "publish",
            )
            return replace(found, entry=session.scalar(acts))
    return None


def notice_in_force(session: Session, notice: str, day: date) -> bool:
    """Return whether a notice is published and in force on a day in Japan."""
    return in_force(session, notice, day) is not None


def covers(
    notice: Notice | None,
    provider: str,
    recipient: str,
    dataset: str,
    fields: Collection[str],
    purpose: str | None = None,
) -> Fault | None:
    """Return why a joint use is outside its notice, or None when it is within.

    Args:
        notice: the version in force, or None where there is none.
        provider: id of the party whose data it is.
        recipient: id of the party that would use it.
        dataset: id.
        fields: of the dataset, asked for or searched by.
        purpose: id of a purpose of the notice; None to ask nothing about it.
    """
    if notice is None:
        return _outside("notice", None, "no such notice is in force", "publish it, or wait for the day it starts")
    users = {user.party for user in notice.document.users}
    for key, party in (("provider", provider), ("recipient", recipient)):
        if party not in users:
            return _outside(key, party, "the party is no user of the notice", "name two users of it")
    jointly = {name for item in notice.document.items for name in item.fields.get(dataset, ())}
    for name in sorted(set(fields) - jointly):
        return _outside("fields", name, "the field is no item of the notice", "leave it out")
    if purpose is not None and purpose not in {one.purpose for one in notice.document.purposes}:
        return _outside("purpose", purpose, "the notice has no such purpose", "name one of its purposes")
    return None


def _outside(key: str, item: str | None, problem: str, advice: str) -> Fault:
    return Fault(Reason.NOTICE_NOT_IN_FORCE, key, item, problem, advice, "joint-use")


def version_rows(session: Session, notice: str) -> Sequence[NoticeVersionRow]:
    """Return the rows of every version, oldest first."""
    query = select(NoticeVersionRow).where(NoticeVersionRow.notice == notice).order_by(NoticeVersionRow.version)
    return session.scalars(query).all()


def notice_of(row: NoticeVersionRow, entry: int | None) -> Notice:
    """Return a version as it was submitted and published.

    Raises:
        IntegrityError: when the stored document or words are not those of their digests.
    """
    if digest(row.document.encode()) != row.digest:
        raise IntegrityError(f"notice `{row.notice}` version {row.version} is not the document that was submitted")
    words: dict[str, Words] = {}
    if row.text is not None:
        digests = {"ja": row.text_ja, "en": row.text_en}
        for language, sections in json.loads(row.text).items():
            kept = tuple((heading, tuple(paragraphs)) for heading, paragraphs in sections)
            words[language] = Words(kept, digest(plain_text(kept).encode()))
        if any(words[language].digest != known for language, known in digests.items()):
            raise IntegrityError(f"notice `{row.notice}` version {row.version} has not the words that were published")
    document = _parsed(row.document)
    state = NoticeState(row.state)
    return Notice(row.notice, row.version, state, row.digest, document, row.published_on, words, entry)


@lru_cache(maxsize=256)
def _parsed(document: str) -> NoticeDocument:
    """Return a stored document; it is read at every decision that rests on it."""
    return NoticeDocument.of_canonical(document)


def words_of(document: NoticeDocument, published_on: date) -> Mapping[str, Words]:
    """Return what is published, by language."""
    judged = document.judged(published_on)
    made: dict[str, Words] = {}
    for language in get_args(Language):
        title = document.title.ja if language == "ja" else document.title.en
        law = tuple((heading, tuple(paragraphs)) for heading, paragraphs in notice_text(judged, language))
        sections = ((title, ()), *law)
        made[language] = Words(sections, digest(plain_text(sections).encode()))
    return made


def plain_text(sections: Sections) -> str:
    """Return headings and paragraphs as lines, an empty line before each further heading."""
    return "\n".join("\n".join((heading, *paragraphs)) + "\n" for heading, paragraphs in sections)
