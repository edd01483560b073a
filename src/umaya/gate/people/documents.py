"""Topics and texts as people write them: YAML documents, for the command line.

    topic: savings-to-cover                          topic: savings-to-cover
    title: {ja: 保険のご案内, en: Insurance offers}   wording: {ja: ..., en: ...}
    tier: stated-period                              withdrawal: {ja: ..., en: ...}
    source: {party: bank-minase, business: banking}  valid_days: 365      # or last_day: 2027-03-31
    target: {party: cover-minase, business: insurance}
    kinds: [non-public-financial]
    purpose: {ja: ご案内, en: Offers}

Shape only; what it must say is for `topics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from umaya.gate.catalogue import Words
from umaya.gate.documents import read
from umaya.gate.people.topics import Side, Topic
from umaya.gate.scheme import Bilingual, Id, input_error
from umaya.law import ConsentTier
from umaya.types.classes import SecrecyClass


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Side(_Document):
    party: Id
    business: Id


class _Topic(_Document):
    topic: Id
    title: Bilingual
    tier: ConsentTier
    source: _Side
    target: _Side
    kinds: list[SecrecyClass]
    purpose: Bilingual


class _Text(_Document):
    topic: Id
    wording: Bilingual
    withdrawal: Bilingual
    valid_days: int | None = None
    last_day: date | None = None


Model = TypeVar("Model", bound=_Document)


@dataclass(frozen=True)
class TextDocument:
    """A wording to register; see `Topics.add_text`."""

    topic: str
    wording: Words
    withdrawal: Words
    valid_days: int | None
    last_day: date | None


def parse_topic(text: str, file: str) -> Topic:
    """Return the topic that a document states; raises InputError at the first fault, naming file, line and key."""
    said = _parse(_Topic, text, file)
    source = Side(said.source.party, said.source.business)
    target = Side(said.target.party, said.target.business)
    return Topic(said.topic, _words(said.title), said.tier, source, target, tuple(said.kinds), _words(said.purpose))


def parse_text(text: str, file: str) -> TextDocument:
    """Return the wording that a document states; raises InputError at the first fault, naming file, line and key."""
    said = _parse(_Text, text, file)
    return TextDocument(said.topic, _words(said.wording), _words(said.withdrawal), said.valid_days, said.last_day)


def _parse(model: type[Model], text: str, file: str) -> Model:
    document = read(text, file)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise input_error(document, error) from None  # its text would repeat the value


def _words(said: Bilingual) -> Words:
    return Words(said.ja, said.en)
