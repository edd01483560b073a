"""Requests of people about data that is held about them (開示等の請求等): kinds, grounds, clocks, fees, refusals.

APPI arts. 32 to 39; for public bodies arts. 76 to 107. Data is read from `rights.yaml`, dated; what a party sets itself
(its target, its fees) is a document of that party, dated too. Pure functions; no clock. Further grounds on which public
bodies may withhold (art. 78) are not treated.
Must hold: a refusal names a ground that the law lists for that kind of request; no fee is asked but where art. 38
allows one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from umaya.law.provision import OtherSide, other_side
from umaya.law.texts import Text
from umaya.types.classes import SecrecyClass
from umaya.types.errors import InputError, Place


class RequestKind(StrEnum):
    """What is asked for. Stored and recorded: values never change."""

    PURPOSE_NOTICE = "purpose-notice"
    DISCLOSURE = "disclosure"
    PROVISION_RECORDS = "provision-records"
    CORRECTION = "correction"
    STOP_USE = "stop-use"
    ERASURE = "erasure"
    STOP_PROVISION = "stop-provision"


ANSWERED_BY_FILE: Final = frozenset({RequestKind.PURPOSE_NOTICE, RequestKind.DISCLOSURE, RequestKind.PROVISION_RECORDS})
"""Kinds whose answer is something to read; the others are answered by what was done."""


class Body(StrEnum):
    """Whose clock runs."""

    BUSINESS = "business"
    PUBLIC = "public"


def body_of(party_kind: str) -> Body:
    """Return whose clock runs for a kind of party; one that is not known to be a public body is a business."""
    return Body.BUSINESS if other_side(party_kind) is OtherSide.BUSINESS else Body.PUBLIC


@dataclass(frozen=True)
class Article:
    """Something that the law names: its words and where it stands.

    Attributes:
        alternative: of a refusal: whether another measure must be named that protects the person.
        kinds: of a ground: the kinds of request that it can carry.
    """

    id: str
    title: Text
    source: Text
    alternative: bool = False
    kinds: frozenset[RequestKind] = frozenset()


@dataclass(frozen=True)
class KindRule:
    """What holds for a kind of request.

    Attributes:
        fee: whether a fee may be asked (art. 38).
        refusals: ids of the grounds on which it may be refused.
    """

    kind: RequestKind
    title: Text
    source: Text
    fee: bool
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class Period:
    """Days until the answer is due, and by how many the period may be extended, once."""

    days: int
    extension: int
    source: Text


@dataclass(frozen=True)
class RightsRules:
    """The rules of a time.

    Attributes:
        hand_out_days: how long an answer lies ready to be fetched.
        withheld: secrecy classes that an answer leaves out, with the id of the refusal that says why.
    """

    valid_from: date
    sources: tuple[str, ...]
    periods: Mapping[Body, Period]
    hand_out_days: int
    withheld: Mapping[SecrecyClass, str]
    refusals: Mapping[str, Article]
    grounds: Mapping[str, Article]
    kinds: Mapping[RequestKind, KindRule]

    def refusals_of(self, kind: RequestKind) -> tuple[Article, ...]:
        """Return the grounds on which a kind of request may be refused."""
        return tuple(self.refusals[key] for key in self.kinds[kind].refusals)

    def grounds_of(self, kind: RequestKind) -> tuple[Article, ...]:
        """Return what the person may rest a kind of request on; none where it rests on nothing but the asking."""
        return tuple(ground for ground in self.grounds.values() if kind in ground.kinds)


class Terms(BaseModel):
    """What a party sets itself for its desk, from a day on.

    Attributes:
        since: first day in Japan.
        target_days: until when it answers; of a public body at most what the law says.
        fees: yen, by kind of request; 0 where a kind is not named.
        contact: where people turn to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    party: str
    since: date
    target_days: int = Field(ge=1, le=30)
    fees: dict[RequestKind, int] = Field(default_factory=dict)
    contact: dict[str, str]


def read_terms(text: str, source: str, rules: RightsRules) -> Terms:
    """Return the terms that a YAML document states.

    Args:
        text: the document.
        source: its name, for errors.
        rules: of the day from which they hold.

    Raises:
        InputError: when it is no such document, or asks a fee where the law allows none; names the field.
    """
    try:
        terms = Terms.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(Place(source), "the document is no YAML", "mend it") from error
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        told = "write them as docs/reference/cli.md shows for `umaya request terms`"
        raise InputError(Place(source, field=field or None), "the terms are not as they must be", told) from None
    if set(terms.contact) != {"ja", "en"}:
        raise InputError(Place(source, field="contact"), "the contact is not in both languages", "give `ja` and `en`")
    for kind, fee in terms.fees.items():
        if fee < 0 or (fee and not rules.kinds[kind].fee):
            place = Place(source, field=f"fees.{kind}")
            raise InputError(place, "no fee may be asked for this (APPI art. 38)", "leave it out")
    return terms


def due_on(period: Period, received: date, target_days: int | None) -> date:
    """Return the last day for the answer; the day of receipt is not counted (Civil Code art. 140).

    Args:
        period: of the body.
        received: day in Japan.
        target_days: the party's own target; None for none. Never later than the period of a public body.
    """
    return received + timedelta(days=period.days if target_days is None else target_days)


class RightsBook:
    """Rules of all times.

    Args:
        data: as in `rights.yaml`.
    """

    def __init__(self, data: Sequence[Mapping[str, Any]]) -> None:
        self._sets = sorted((_rules(item) for item in data), key=lambda rules: rules.valid_from)

    def at(self, day: date) -> RightsRules:
        """Return the rules of a day in Japan; before the first set, the first."""
        return next((rules for rules in reversed(self._sets) if rules.valid_from <= day), self._sets[0])


def _rules(item: Mapping[str, Any]) -> RightsRules:
    refusals = {entry["id"]: _article(entry) for entry in item["refusals"]}
    kinds = {RequestKind(entry["id"]): _kind(entry) for entry in item["kinds"]}
    if set(kinds) != set(RequestKind):
        raise ValueError("the rules of rights must name every kind of request once")
    named = {*item["withheld"].values(), *(key for kind in kinds.values() for key in kind.refusals)}
    if not named <= refusals.keys():
        raise ValueError("the rules of rights name a refusal that they do not describe")
    return RightsRules(
        valid_from=item["from"],
        sources=tuple(item["sources"]),
        periods={
            Body(body): Period(period["days"], period["extension"], _text(period["source"]))
            for body, period in item["periods"].items()
        },
        hand_out_days=item["hand_out_days"],
        withheld={SecrecyClass(name): key for name, key in item["withheld"].items()},
        refusals=refusals,
        grounds={entry["id"]: _article(entry) for entry in item["grounds"]},
        kinds=kinds,
    )


def _article(entry: Mapping[str, Any]) -> Article:
    kinds = frozenset(RequestKind(kind) for kind in entry.get("kinds", []))
    return Article(entry["id"], _text(entry["title"]), _text(entry["source"]), entry.get("alternative", False), kinds)


def _kind(entry: Mapping[str, Any]) -> KindRule:
    title, source = _text(entry["title"]), _text(entry["source"])
    return KindRule(RequestKind(entry["id"]), title, source, entry["fee"], tuple(entry["refusals"]))


def _text(words: Mapping[str, str]) -> Text:
    return Text(words["ja"], words["en"])


RIGHTS: Final = RightsBook(yaml.safe_load(files("umaya.law").joinpath("rights.yaml").read_text(encoding="utf-8")))
"""The rules in the package."""
