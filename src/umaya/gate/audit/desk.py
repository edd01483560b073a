"""The acts of an auditor: evidence taken out of the ledger, and the ledger checked. Each is recorded.

Must hold: an archive leaves only after the ledger says who took it and what its digest is; evidence holds entries,
proofs, scheme documents and receipts, no reason that somebody gave in words and nothing about a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select

from umaya.gate.audit.trail import trail_of
from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.models import AlarmRow
from umaya.gate.record import Acts, NotRecordedError
from umaya.gate.roles import AUDITOR
from umaya.gate.schemes import SchemeRecord, Schemes
from umaya.gate.uses import UseRecord, Uses
from umaya.ledger.check import CheckResult
from umaya.ledger.evidence import MAX_ENTRIES, Content, finish, prepare
from umaya.ledger.search import LedgerSearch, Question
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.site import Actor


@dataclass(frozen=True)
class Exported:
    """An archive of evidence.

    Attributes:
        export: its id.
        entry: index of the entry that says that it was taken.
        digest: of its manifest, as in that entry.
        data: the archive.
    """

    export: str
    entry: int
    digest: str
    data: bytes = field(repr=False)


class AuditDesk:
    """What auditors do at the gate.

    Every method raises ForbiddenError unless an auditor asks, and those that export raise InputError where nothing or
    too much was asked for, NotFoundError where there is no such use or scheme, NotRecordedError where the ledger cannot
    write: then nothing leaves.

    Args:
        acts: begins the acts.
        schemes: with their documents and history.
        uses: with their receipts.
    """

    def __init__(self, acts: Acts, schemes: Schemes, uses: Uses) -> None:
        self._acts = acts
        self._schemes = schemes
        self._uses = uses

    def export_use(self, actor: Actor, use: str, search: LedgerSearch) -> Exported:
        """Export one use, from the application of its scheme to its end."""
        self._check(actor)
        record = self._uses.get(use)
        trail = trail_of(record, self._scheme(record.scheme), search)
        documents = () if trail.version is None else (trail.version.document.canonical(),)
        scope = {"of": "use", "use": record.id, "scheme": record.scheme}
        return self._export(actor, search, Content(scope, trail.entries, documents, _receipts([record])), record.id)

    def export_scheme(self, actor: Actor, scheme: str, search: LedgerSearch) -> Exported:
        """Export everything that the ledger says of a scheme: every version, act and use."""
        self._check(actor)
        record = self._schemes.get(scheme)
        entries = search.indices(Question(scheme=scheme), MAX_ENTRIES + 1)
        closings = {use.closing_entry for use in self._of_scheme(scheme)} - {None}
        documents = [version.document.canonical() for version in record.versions]
        scope = {"of": "scheme", "scheme": scheme}
        receipts = _receipts(use for use in self._of_scheme(scheme) if use.entry in set(entries))
        everything = [*entries, *(int(entry) for entry in closings if entry is not None)]
        return self._export(actor, search, Content(scope, everything, documents, receipts), scheme)

    def export_search(self, actor: Actor, question: Question, search: LedgerSearch) -> Exported:
        """Export what a search finds, with the documents that the entries name."""
        self._check(actor)
        entries = search.indices(question, MAX_ENTRIES + 1)
        if len(entries) > MAX_ENTRIES:
            problem = f"more than {MAX_ENTRIES:,} entries were found"
            raise InputError(Place("export"), problem, "ask for a shorter time, one scheme or one kind")
        bodies = [hit.entry.body for hit in search.proved(entries)]
        named = {
            (str(body["scheme"]), str(body["document"])) for body in bodies if {"scheme", "document"} <= body.keys()
        }
        schemes = {scheme: self._scheme(scheme) for scheme, _ in named}
        documents = [
            version.document.canonical()
            for scheme, record in sorted(schemes.items())
            for version in (() if record is None else record.versions)
            if (scheme, version.digest) in named
        ]
        return self._export(actor, search, Content({"of": "search", **question.members()}, entries, documents), None)

    def checked(self, actor: Actor, result: CheckResult) -> int | None:
        """Record that the whole ledger was checked; return the entry, or None where even that could not be written."""
        self._check(actor)
        body = {"size": result.size, "heads": result.heads, "faults": len(result.faults)}
        try:
            with self._acts.begin() as act:
                return act.record("ledger.checked", actor.id, body)
        except NotRecordedError:
            return None

    def open_alarms(self, actor: Actor) -> dict[str, int]:
        """Return how many alarms nobody has seen yet, by the party whose second line they wait for."""
        self._check(actor)
        query = select(AlarmRow.party, func.count()).where(AlarmRow.seen_at.is_(None)).group_by(AlarmRow.party)
        with self._acts.database.reading() as session:
            rows = session.execute(query.order_by(AlarmRow.party)).all()
        return {row[0]: row[1] for row in rows}

    def _check(self, actor: Actor) -> None:
        with self._acts.database.reading() as session:
            check_role(find_actor(session, actor.id), AUDITOR)

    def _scheme(self, scheme: str) -> SchemeRecord | None:
        try:
            return self._schemes.get(scheme)
        except NotFoundError:
            return None

    def _of_scheme(self, scheme: str) -> list[UseRecord]:
        return self._uses.list(scheme=scheme, limit=MAX_ENTRIES)

    def _export(self, actor: Actor, search: LedgerSearch, content: Content, about: str | None) -> Exported:
        export = self._acts.new_id()
        prepared = prepare(search.reader, search.vkey, content, export)
        body = {
            "export": export,
            "of": content.scope["of"],
            "about": about,
            "entries": len(prepared.entries),
            "content": prepared.digest,
        }
        with self._acts.begin() as act:
            entry = act.record("evidence.exported", actor.id, body)
        data = finish(search.reader, search.vkey, prepared, entry, search.reader.checkpoint())
        return Exported(export, entry, prepared.digest, data)


def _receipts(uses: Iterable[UseRecord]) -> dict[int, str]:
    """Return the receipts that uses gave, by the entry that they prove."""
    return {use.entry: use.receipt for use in uses if use.receipt is not None}
