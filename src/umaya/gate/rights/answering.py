"""Answering: what is held of a person is read through the vault's door and written down in the form they chose.

Must hold: nothing is read before the request's own entry `request.read` is in the ledger, and nothing but for a
request that is in work; what leaves is the rows of this person alone, without the hub's own number and without what is
withheld for a listed harm; an agent who asks about a protected person gets the answer of somebody unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

from pyroaring import BitMap
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import Dataset, find_dataset, find_party
from umaya.gate.models import DatasetRow, IntakeRow, SchemeVersionRow
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.record import Acts, digest
from umaya.gate.rights.desk import Desk, close, write_text
from umaya.gate.rights.document import CLASS_WORDS, AnswerDocument, FieldWords, Held, Lines, kind_words
from umaya.gate.rights.files import AnswerFiles
from umaya.gate.rights.models import RequestRow
from umaya.gate.rights.phrases import phrase
from umaya.gate.rights.provided import provided_lines
from umaya.gate.rights.requests import note
from umaya.gate.rights.values import Form, RequestState
from umaya.gate.schemes import State, version_of
from umaya.gate.statements import statement
from umaya.law import Language, RuleBook, day_in_japan
from umaya.law.rights import ANSWERED_BY_FILE, RIGHTS, RequestKind
from umaya.types.errors import ConflictError, Place
from umaya.types.site import Actor
from umaya.vault import Mint, Vault

_JAPAN: Final = timezone(timedelta(hours=9))
_SUFFIX: Final = {Form.CSV: "zip", Form.PARQUET: "zip"}


@dataclass(frozen=True)
class _Case:
    """A request as it is answered: what may be read, and the entry that recorded it."""

    row: RequestRow
    numbers: list[int]
    datasets: list[Dataset]
    entry: int


class Answers:
    """Makes answers.

    Args:
        acts: begins acts.
        desk: finds requests.
        mint: of the vault.
        vault: where the data lies.
        files: where answers lie ready.
        numbers: what each party calls a person.
        law: dated rules of bases.
    """

    def __init__(
        self,
        acts: Acts,
        desk: Desk,
        mint: Mint,
        vault: Vault,
        files: AnswerFiles,
        numbers: CustomerNumbers,
        law: RuleBook,
    ) -> None:
        self._acts = acts
        self._desk = desk
        self._mint = mint
        self._vault = vault
        self._files = files
        self._numbers = numbers
        self._law = law

    def answer(self, actor: Actor, request: str, words: str = "") -> None:
        """Answer a request that asks for something to read; the answer then lies ready in the form that was chosen.

        Args:
            actor: of the desk.
            request: in work.
            words: what the desk adds, if anything.

        Raises:
            ConflictError: when the kind is answered by an act instead, or a proposal waits; others as `Desk.at`.
            NotRecordedError: when the ledger cannot write; then nothing is read.
        """
        words = statement(words, Place("request", field="words"), required=False)
        case = self._begin(actor, request)
        document = self._document(case, words)
        form = Form(case.row.form)
        content = document.to_zip(form.value) if form in _SUFFIX else document.to_json()
        name = f"{request}-{case.entry}.{_SUFFIX.get(form, 'json')}"  # one that no other attempt has
        self._files.keep(name, content)
        try:
            self._finish(actor, request, name, content, words, sum(held.rows.num_rows for held in document.held))
        except BaseException:
            self._files.remove(name)
            raise

    def _begin(self, actor: Actor, request: str) -> _Case:
        """Record that the person's data is about to be read."""
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            if RequestKind(at.row.kind) not in ANSWERED_BY_FILE:
                raise ConflictError("this request is answered by what is done: correct, stop or erase")
            if at.row.proposal is not None:
                raise ConflictError("a proposal waits for a second person")
            numbers = self._desk.readable(at.act.session, at.row)
            datasets = _datasets(at.act.session, at.row) if at.row.kind == RequestKind.DISCLOSURE.value else []
            body = {"request": at.row.id, "datasets": [dataset.id for dataset in datasets]}
            entry = note(at.act, at.row, "read", at.clerk.id, body)
            at.act.session.flush()
            at.act.session.expunge(at.row)
            return _Case(at.row, numbers, datasets, entry)

    def _finish(self, actor: Actor, request: str, name: str, content: bytes, words: str, rows: int) -> None:
        with self._desk.at(actor, request, RequestState.IN_WORK) as at:
            if at.row.proposal is not None:
                raise ConflictError("a proposal waits for a second person")
            partly = bool(at.row.withheld)
            close(at.row, RequestState.PARTLY if partly else RequestState.ANSWERED, at.act)
            days = RIGHTS.at(day_in_japan(at.act.now)).hand_out_days
            at.row.file, at.row.file_digest = name, digest(content)
            at.row.file_until = at.act.now + timedelta(days=days)
            if words:
                write_text(at.act.session, at.row.id, "answer", words)
            body = {
                "request": at.row.id,
                "state": at.row.state,
                "rows": rows,
                "withheld": len(at.row.withheld),
                "data": at.row.file_digest,
            }
            note(at.act, at.row, "answered", at.clerk.id, body)

    def _document(self, case: _Case, words: str) -> AnswerDocument:
        kind, language = RequestKind(case.row.kind), language_of(case.row)
        with self._acts.database.reading() as session:
            cover = self._cover(session, case.row, language)
            held: tuple[Held, ...] = ()
            parts: tuple[Lines, ...] = ()
            said = [words] if words else []
            if kind is RequestKind.DISCLOSURE:
                read = (self._held(session, case, dataset, language) for dataset in case.datasets)
                held = tuple(one for one in read if one.rows.num_rows)
                if not held:
                    said.append(phrase("nothing-held", language))
            elif kind is RequestKind.PROVISION_RECORDS:
                parts = provided_lines(session, self._acts.ledger, self._law, case.row.party, case.numbers, language)
                if not parts:
                    said.append(phrase("nothing-provided", language))
            else:
                parts = _purposes(session, case.row, language)
        title = RIGHTS.at(day_in_japan(case.row.received_at)).kinds[kind].title.of(language)
        return AnswerDocument(language, title, cover, tuple(said), held, parts)

    def _cover(self, session: Session, row: RequestRow, language: Language) -> tuple[tuple[str, str], ...]:
        party = find_party(session, row.party)
        rule = RIGHTS.at(day_in_japan(row.received_at)).kinds[RequestKind(row.kind)]
        made = self._acts.clock.now().astimezone(_JAPAN)
        lines = {
            "party": party.name.ja if language == "ja" else party.name.en,
            "customer": self._numbers.of(row.party, row.person),
            "request": row.id,
            "article": rule.source.of(language),
            "received": str(day_in_japan(row.received_at)),
            "made": f"{made:%Y-%m-%d %H:%M}",
            "fee": f"{row.fee} {phrase('yen', language)}",
        }
        return tuple((phrase(key, language), value) for key, value in lines.items())

    def _held(self, session: Session, case: _Case, dataset: Dataset, language: Language) -> Held:
        """Read the person's rows of one dataset, with a grant of its own."""
        withheld = _withheld(case.row, dataset)
        columns = tuple(name for name in dataset.schema.names if name != dataset.subject and name not in withheld)
        grant = self._mint.grant(
            use=case.row.id,
            entry=case.entry,
            scheme="request",
            dataset=dataset.id,
            layout=dataset.layout,
            columns=columns,
            window=None,
            span=None,
            area=None,
            obligations=(),
            people=BitMap(case.numbers),
        )
        with self._vault.open(grant) as opened:
            rows = opened.table()
        rules = RIGHTS.at(day_in_japan(case.row.received_at))
        why = {
            name: f"{phrase('because', language)}: {rules.refusals[key].title.of(language)}"
            for name, key in withheld.items()
        }
        fields = tuple(
            FieldWords(
                name,
                CLASS_WORDS[dataset.classes[name]].of(language),
                kind_words(dataset.schema.field(name).type, language),
                why.get(name, ""),
            )
            for name in dataset.schema.names
            if name != dataset.subject
        )
        title = dataset.title.ja if language == "ja" else dataset.title.en
        return Held(
            dataset.id,
            title,
            _sources(session, dataset, language),
            _purpose_lines(session, dataset, language),
            fields,
            rows,
        )


def language_of(row: RequestRow) -> Language:
    """Return the language of the answer."""
    return "en" if row.language == "en" else "ja"


def held_datasets(session: Session, party: str, dataset: str | None) -> list[Dataset]:
    """Return the party's datasets about people whom the hub knows: one, or all of them."""
    query = select(DatasetRow.id).where(DatasetRow.owner == party, DatasetRow.subject_field.is_not(None))
    if dataset is not None:
        query = query.where(DatasetRow.id == dataset)
    return [find_dataset(session, key) for key in session.scalars(query.order_by(DatasetRow.id)).all()]


def _datasets(session: Session, row: RequestRow) -> list[Dataset]:
    return held_datasets(session, row.party, row.dataset)


def _withheld(row: RequestRow, dataset: Dataset) -> dict[str, str]:
    """Return the fields that are left out, with the id of the refusal that says why."""
    rules = RIGHTS.at(day_in_japan(row.received_at))
    by_class = {name: rules.withheld[kind] for name, kind in dataset.classes.items() if kind in rules.withheld}
    chosen = {name for key in row.withheld for name in [key.removeprefix(f"{dataset.id}.")] if key != name}
    return by_class | {name: row.refusal or "" for name in chosen if name in dataset.schema.names}


def _sources(session: Session, dataset: Dataset, language: Language) -> tuple[str, ...]:
    query = select(IntakeRow.source, IntakeRow.at).where(IntakeRow.dataset == dataset.id).order_by(IntakeRow.at)
    return tuple(
        f"{phrase('source', language)}: {source} ({day_in_japan(at)})" for source, at in session.execute(query)
    )


def _purpose_lines(session: Session, dataset: Dataset, language: Language) -> tuple[str, ...]:
    found = tuple(f"{phrase('purpose', language)}: {text}" for text in _purposes_of(session, dataset, language))
    return found or (phrase("no-purpose", language),)


def _purposes_of(session: Session, dataset: Dataset, language: Language) -> Iterable[str]:
    """Yield the purpose of every scheme in force over a dataset, with its recipient."""
    query = select(SchemeVersionRow).where(SchemeVersionRow.state == State.APPROVED.value)
    for version in session.scalars(query.order_by(SchemeVersionRow.scheme)):
        document = version_of(version).document
        if document.dataset == dataset.id:
            recipient = find_party(session, document.recipient).name
            yield (
                f"{document.purpose.ja}（{recipient.ja}）"
                if language == "ja"
                else f"{document.purpose.en} ({recipient.en})"
            )


def _purposes(session: Session, row: RequestRow, language: Language) -> tuple[Lines, ...]:
    lines = tuple(
        (dataset.title.ja if language == "ja" else dataset.title.en, text)
        for dataset in _datasets(session, row)
        for text in (*_purposes_of(session, dataset, language),) or (phrase("no-purpose", language),)
    )
    return (Lines(phrase("purposes", language), lines),)
