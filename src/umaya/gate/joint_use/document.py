"""The notice document (共同利用の公表): what joint users tell people, as its applicant writes it.

Shape only: unknown keys, wrong types, ids out of form. What a notice must say is the law's word
(`umaya.law.joint_use`), so what the law asks for may be absent here. Evolution: documents are stored in canonical form
and never rewritten; a new key is optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from umaya.gate.documents import Document
from umaya.gate.scheme import Bilingual, FieldName, Id, Text, input_error
from umaya.law.joint_use import (
    AgreedPoint,
    Continuation,
    ContinuationKind,
    Item,
    JointUseNotice,
    Purpose,
    Responsible,
    User,
)
from umaya.law.texts import Text as LawText
from umaya.types.classes import SecrecyClass

NOWHERE = LawText("", "")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoticeItem(_Strict):
    """An item of personal data.

    Attributes:
        item: id, kept over all versions.
        text: what is published.
        secrecy: the class of all its fields (key `class`).
        responsible: id of the party that answers for it.
        fields: dataset to its fields that the item stands for; not published.
    """

    item: Id
    text: Bilingual
    secrecy: Annotated[SecrecyClass, Field(strict=False, alias="class")]
    responsible: Id
    fields: dict[Id, list[FieldName]] = {}

    @field_validator("fields")
    @classmethod
    def _named(cls, fields: dict[str, list[str]]) -> dict[str, list[str]]:
        for names in fields.values():
            if not names or len(set(names)) < len(names):
                raise ValueError("each dataset must name its fields, each once")
        return fields


class NoticeUser(_Strict):
    """A party within the scope of users, and its name as it is published."""

    party: Id
    name: Bilingual


class NoticePurpose(_Strict):
    """A purpose of the users; its id is kept over all versions."""

    purpose: Id
    text: Bilingual


class NoticeResponsible(_Strict):
    """Who answers for the management of the data; the law asks for an address, and for a company's representative."""

    party: Id
    name: Bilingual
    address: Bilingual | None = None
    representative: Bilingual | None = None
    company: bool = True


class NoticeContinuation(_Strict):
    """That something of this version continues something of the one before: renamed, or succeeded to."""

    kind: Annotated[ContinuationKind, Field(strict=False)]
    old: Id
    new: Id
    evidence: Text


class NoticeDocument(_Strict):
    """A joint-use notice.

    Attributes:
        notice: id; versions share it.
        title: heading of the page.
        publisher: id of the responsible party that hands in and publishes the notice.
        fact: that data is jointly used.
        items, users, purposes, responsible: what is published.
        agreed: the six points that the users agreed on in advance; not published.
        starts: first day, in Japan, on which the version holds.
        continues: what is new in name only.
    """

    notice: Id
    title: Bilingual
    publisher: Id
    fact: Bilingual
    items: list[NoticeItem]
    users: list[NoticeUser]
    purposes: list[NoticePurpose]
    responsible: list[NoticeResponsible]
    agreed: dict[Annotated[AgreedPoint, Field(strict=False)], Bilingual] = {}
    starts: date
    continues: list[NoticeContinuation] = []

    @property
    def continuations(self) -> tuple[Continuation, ...]:
        """What is new in name only, as the law judges it."""
        return tuple(Continuation(one.kind, one.old, one.new, one.evidence) for one in self.continues)

    def fields_of(self, item: str) -> Mapping[str, frozenset[str]]:
        """Return the fields of each dataset that an item stands for; empty for an unknown item."""
        return {
            dataset: frozenset(names) for one in self.items if one.item == item for dataset, names in one.fields.items()
        }

    def judged(self, published_on: date | None) -> JointUseNotice:
        """Return the notice as the law judges it, published on a day or not."""
        return JointUseNotice(
            notice=self.notice,
            fact=_text(self.fact),
            items=tuple(Item(one.item, _text(one.text), one.secrecy, one.responsible) for one in self.items),
            users=tuple(User(one.party, _text(one.name)) for one in self.users),
            purposes=tuple(Purpose(one.purpose, _text(one.text)) for one in self.purposes),
            responsible=tuple(_responsible(one) for one in self.responsible),
            agreed={point: _text(words) for point, words in self.agreed.items()},
            published_on=published_on,
            starts_on=self.starts,
        )

    def canonical(self) -> str:
        """Return the document in canonical JSON (RFC 8785): what is stored, digested and published."""
        return rfc8785.dumps(self.model_dump(mode="json", by_alias=True)).decode()

    @staticmethod
    def of_canonical(text: str) -> NoticeDocument:
        """Return the document that `canonical` wrote."""
        return NoticeDocument.model_validate_json(text)


def parse(document: Document) -> NoticeDocument:
    """Return the notice that a document states, read back from the form in which it would be stored.

    Raises:
        InputError: at the first fault, naming file, line and key path.
    """
    try:
        return NoticeDocument.of_canonical(NoticeDocument.model_validate(document.data).canonical())
    except ValidationError as error:
        raise input_error(document, error) from None  # its text would repeat the value


def _text(words: Bilingual | None) -> LawText:
    return NOWHERE if words is None else LawText(words.ja, words.en)


def _responsible(one: NoticeResponsible) -> Responsible:
    representative = None if one.representative is None else _text(one.representative)
    return Responsible(one.party, _text(one.name), _text(one.address), representative, one.company)
