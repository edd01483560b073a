"""The register of joint-use notices: submitted by one person, published by another, ended; never rewritten.

Must hold: what the law refuses is never published; what was published stays readable with the day it was published on;
the digests of document and words stand in the ledger, so that anybody can see that the page shown is the one published.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate import documents
from umaya.gate.bodies import Office, check_office
from umaya.gate.catalogue import find_actor
from umaya.gate.documents import Path, key_path
from umaya.gate.hands import hands
from umaya.gate.hats import check_role
from umaya.gate.joint_use.checks import check_notice
from umaya.gate.joint_use.document import NoticeDocument, parse
from umaya.gate.joint_use.models import NoticeActRow, NoticeRow, NoticeVersionRow
from umaya.gate.joint_use.notices import (
    Notice,
    NoticeRecord,
    NoticeState,
    find_notice,
    in_force,
    notice_of,
    version_rows,
    words_of,
)
from umaya.gate.record import Act, Acts, digest
from umaya.gate.roles import APPLICANT, APPROVER
from umaya.gate.statements import salted, statement
from umaya.law import RULES, RuleBook, day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor


class Register:
    """Submits, publishes, ends and finds.

    Args:
        acts: begins the acts.
        law: dated rules.
    """

    def __init__(self, acts: Acts, law: RuleBook = RULES) -> None:
        self._acts = acts
        self._law = law

    def submit(self, actor: Actor, text: str, file: str) -> Notice:
        """Take a notice document (YAML) as the first or next version of its notice.

        The law judges it as if it were published today: what would be too late then is refused now.

        Args:
            actor: an applicant of the publisher; for a further version, of the publisher of the version before.
            text: the document.
            file: its name, for errors.

        Raises:
            InputError: when the document is wrong, lacks what the law asks for, or widens what is published.
            ForbiddenError: when the actor may not.
            ConflictError: when the same document is a draft or published, or the notice has ended.
        """
        document = documents.read(text, file)
        notice = parse(document)
        with self._acts.begin() as act:
            earlier = _lock(act.session, notice.notice)
            published = _last_published(earlier)
            applicant = find_actor(act.session, actor.id)
            check_role(applicant, APPLICANT)
            if applicant.party != (published.document if published else notice).publisher:
                raise ForbiddenError("an applicant must act for the publisher of the notice")
            today = day_in_japan(act.now)
            rules = self._law.at(today)
            check_notice(act.session, notice, document.place, today, today, published, rules)
            _check_order(notice, document.place(("starts",)), published)
            row = _add_version(act.session, notice, earlier)
            body = {"publisher": notice.publisher, "starts": notice.starts, "rules": rules.version}
            _record(act, row, "submit", applicant.id, APPLICANT, "notice.submitted", body)
            return notice_of(row, None)

    def publish(self, actor: Actor, notice: str, version: int, on: date, note: str = "") -> Notice:
        """Publish a draft, from a day on: by an approver of its publisher who did not submit it.

        Raises:
            NotFoundError: when there is no such version.
            InputError: when the day lies in the past, or the law refuses the notice published on that day.
            ForbiddenError: when the actor may not.
            ConflictError: when the version is no draft, or the notice has ended.
        """
        with self._acts.begin() as act:
            earlier = _lock(act.session, notice)
            row = next((one for one in earlier if one.version == version), None)
            if row is None:
                raise NotFoundError("there is no such version of a joint-use notice")
            draft = notice_of(row, None)
            approver = find_actor(act.session, actor.id)
            check_office(act.session, approver, Office.APPROVING_BODY, day_in_japan(act.now))
            if approver.party != draft.document.publisher:
                raise ForbiddenError("an approver must act for the publisher of the notice")
            if hands(act.session, approver.id) & set(_submitters(act.session, notice, version)):
                raise ForbiddenError("the actor submitted this version and cannot publish it too")
            if draft.state is not NoticeState.SUBMITTED:
                raise ConflictError(f"the version is {draft.state}")
            today = day_in_japan(act.now)
            if on < today:
                raise InputError(_place(notice, ("published",)), "the day lies in the past", "name today or later")
            self._check_publication(act.session, draft.document, on, today, _last_published(earlier))
            return _publish(act, row, draft.document, on, approver.id, note)

    def end(self, actor: Actor, notice: str, last_day: date, note: str = "") -> None:
        """Let joint use under a notice end with a day: by an approver of its publisher. Its pages stay.

        Raises:
            NotFoundError: when there is no such notice.
            InputError: when the day lies in the past.
            ForbiddenError: when the actor may not.
            ConflictError: when nothing is published, or the notice has ended already.
        """
        with self._acts.begin() as act:
            rows = _lock(act.session, notice)
            if not rows:
                raise NotFoundError("there is no such joint-use notice")
            published = _last_published(rows)
            approver = find_actor(act.session, actor.id)
            check_office(act.session, approver, Office.APPROVING_BODY, day_in_japan(act.now))
            publisher = (published or notice_of(rows[-1], None)).document.publisher
            if approver.party != publisher:
                raise ForbiddenError("an approver must act for the publisher of the notice")
            if published is None:
                raise ConflictError("nothing is published under this notice")
            if last_day < day_in_japan(act.now):
                raise InputError(_place(notice, ("last_day",)), "the day lies in the past", "name today or later")
            act.session.get_one(NoticeRow, notice).ended_on = last_day
            row = next(one for one in rows if one.version == published.version)
            _record(act, row, "end", approver.id, APPROVER, "notice.ended", {"last_day": last_day}, note)

    def get(self, notice: str) -> NoticeRecord:
        """Return a notice with its versions and history, or raise NotFoundError."""
        with self._acts.database.reading() as session:
            return find_notice(session, notice)

    def list(self) -> list[NoticeRecord]:
        """Return every notice by id."""
        with self._acts.database.reading() as session:
            keys = session.scalars(select(NoticeRow.id).order_by(NoticeRow.id)).all()
            return [find_notice(session, key) for key in keys]

    @staticmethod
    def in_force(session: Session, notice: str, day: date) -> Notice | None:
        """Return the version of a notice that is in force on a day in Japan, or None."""
        return in_force(session, notice, day)

    def proof(self, notice: str, version: int) -> tuple[str, str]:
        """Return the ledger entry that published a version, and its receipt (C2SP `tlog-proof`); or NotFoundError."""
        record = self.get(notice)
        entry = next((one.entry for one in record.versions if one.version == version), None)
        if entry is None:
            raise NotFoundError("there is no such published version")
        return self._acts.ledger.entry_bytes(entry).decode(), self._acts.ledger.receipt(entry)

    def _check_publication(
        self, session: Session, notice: NoticeDocument, on: date, today: date, published: Notice | None
    ) -> None:
        def place(path: Path) -> Place:
            return _place(notice.notice, path)

        check_notice(session, notice, place, on, today, published, self._law.at(today))
        _check_order(notice, place(("starts",)), published)


def _lock(session: Session, notice: str) -> list[NoticeVersionRow]:
    """Lock a notice and return its versions, oldest first; empty where there is none yet."""
    row = session.get(NoticeRow, notice, with_for_update=True)
    if row is None:
        return []
    if row.ended_on is not None:
        raise ConflictError("the notice has ended: publish what follows it under another id")
    return list(version_rows(session, notice))


def _last_published(rows: list[NoticeVersionRow]) -> Notice | None:
    published = [row for row in rows if row.state == NoticeState.PUBLISHED]
    return notice_of(published[-1], None) if published else None


def _check_order(notice: NoticeDocument, place: Place, published: Notice | None) -> None:
    if published is not None and notice.starts < published.starts:
        problem = f"the version would start before version {published.version}, which is published"
        raise InputError(place, problem, f"let it start on {published.starts} or later")


def _add_version(session: Session, notice: NoticeDocument, earlier: list[NoticeVersionRow]) -> NoticeVersionRow:
    canonical = notice.canonical()
    known = digest(canonical.encode())
    if not earlier:
        session.add(NoticeRow(id=notice.notice, ended_on=None))
        session.flush()
    for row in earlier:
        standing = row.state == NoticeState.SUBMITTED or row is earlier[-1]
        if standing and row.digest == known and row.state != NoticeState.REPLACED:
            raise ConflictError(f"version {row.version} says the same and is {row.state}")
        if row.state == NoticeState.SUBMITTED:
            row.state = NoticeState.REPLACED.value
    added = NoticeVersionRow(
        notice=notice.notice,
        version=len(earlier) + 1,
        state=NoticeState.SUBMITTED.value,
        document=canonical,
        digest=known,
        published_on=None,
        text=None,
        text_ja=None,
        text_en=None,
    )
    session.add(added)
    session.flush()
    return added


def _publish(act: Act, row: NoticeVersionRow, notice: NoticeDocument, on: date, actor: str, note: str) -> Notice:
    words = words_of(notice, on)
    row.state, row.published_on = NoticeState.PUBLISHED.value, on
    row.text = json.dumps({language: one.sections for language, one in words.items()}, ensure_ascii=False)
    row.text_ja, row.text_en = words["ja"].digest, words["en"].digest
    body = {"published": on, "starts": notice.starts, "text_ja": row.text_ja, "text_en": row.text_en}
    return notice_of(row, _record(act, row, "publish", actor, APPROVER, "notice.published", body, note))


def _submitters(session: Session, notice: str, version: int) -> set[str]:
    query = select(NoticeActRow.actor).where(
        NoticeActRow.notice == notice, NoticeActRow.version == version, NoticeActRow.act == "submit"
    )
    return set(session.scalars(query))


def _record(
    act: Act,
    version: NoticeVersionRow,
    name: str,
    actor: str,
    role: str,
    kind: str,
    body: Mapping[str, object],
    note: str = "",
) -> int:
    """Write an act into the history and the ledger; return its index. Raises InputError on a note not to be kept."""
    note = statement(note, _place(version.notice, ("note",)), required=False)
    salt = act.entropy(16).hex()
    row = NoticeActRow(
        notice=version.notice,
        version=version.version,
        act=name,
        actor=actor,
        role=role,
        at=act.now,
        note=note,
        note_salt=salt,
        entry=0,
    )
    act.session.add(row)
    about = {"notice": version.notice, "version": version.version, "document": version.digest, "role": role, **body}
    if note:
        about["statement"] = salted(note, salt)
    row.entry = act.record(kind, actor, about)
    return row.entry


def _place(notice: str, path: Path) -> Place:
    return Place(f"notice {notice}", field=key_path(path))
