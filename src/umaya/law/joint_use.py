"""Joint use (共同利用): what its notice must say, what must be agreed in advance, and how a notice may change.

APPI art. 27(5)(iii) and 27(6); general guideline (通則編) 3-6-3(3). Must hold: items and users are never widened
without the people's consent; mail and delivery data, special-care data and My Number are never jointly used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from umaya.law.findings import Finding
from umaya.law.my_number import names_my_number
from umaya.law.texts import Text
from umaya.types.classes import SecrecyClass
from umaya.types.effects import BELOW

NEVER_JOINTLY: Final = frozenset({SecrecyClass.CORRESPONDENCE, SecrecyClass.POSTAL, SecrecyClass.SPECIAL_CARE})
"""Classes that no notice can name."""


class AgreedPoint(StrEnum):
    """What joint users agree on in advance. Stored: values never change."""

    USER_CONDITIONS = "user-conditions"
    """Who can be a joint user."""
    MANAGERS_AND_CONTACTS = "managers-and-contacts"
    """Each user's data manager and where people can ask."""
    HANDLING = "handling"
    """No leak, no use or copy beyond the purpose, return or erasure at the end."""
    BREACH = "breach"
    """What happens when the agreement is broken."""
    INCIDENTS = "incidents"
    """Who reports an incident to whom."""
    END = "end"
    """How joint use ends."""


@dataclass(frozen=True)
class Item:
    """An item of personal data that is jointly used.

    Attributes:
        id: kept over all versions of the notice.
        text: what is published.
        secrecy: the class of the fields it stands for.
        responsible: id of the party that answers for it.
    """

    id: str
    text: Text
    secrecy: SecrecyClass
    responsible: str

    @property
    def label(self) -> Text:
        """What is published."""
        return self.text


@dataclass(frozen=True)
class User:
    """A party within the scope of users."""

    party: str
    name: Text

    @property
    def label(self) -> Text:
        """What is published."""
        return self.name


@dataclass(frozen=True)
class Purpose:
    """A purpose of the users; its id is kept over all versions of the notice."""

    id: str
    text: Text


@dataclass(frozen=True)
class Responsible:
    """Who answers for the management of the data.

    Attributes:
        party: id.
        name, address: published.
        representative: of a company; None for a sole trader.
        company: whether it has a representative at all.
    """

    party: str
    name: Text
    address: Text
    representative: Text | None
    company: bool = True


@dataclass(frozen=True)
class JointUseNotice:
    """What is told to people before joint use, as one version.

    Attributes:
        notice: id, shared by versions.
        fact: that data is jointly used.
        items, users, purposes, responsible: as published.
        published_on: day in Japan; None while it is not.
        starts_on: the day from which this version holds.
        agreed: the six points, as agreed; None where the schemes that rest on the notice state them.
    """

    notice: str
    fact: Text
    items: tuple[Item, ...]
    users: tuple[User, ...]
    purposes: tuple[Purpose, ...]
    responsible: tuple[Responsible, ...]
    published_on: date | None
    starts_on: date
    agreed: Mapping[AgreedPoint, Text] | None = None

    @property
    def parties(self) -> frozenset[str]:
        """Ids of the users."""
        return frozenset(user.party for user in self.users)


_Named = TypeVar("_Named", Item, User)


class NoticeFault(StrEnum):
    """What a notice lacks. Values never change."""

    NO_FACT = "notice-no-fact"
    NO_ITEMS = "notice-no-items"
    EMPTY_ITEM = "notice-empty-item"
    NO_USERS = "notice-no-users"
    EMPTY_USER = "notice-empty-user"
    NO_PURPOSES = "notice-no-purposes"
    EMPTY_PURPOSE = "notice-empty-purpose"
    NO_RESPONSIBLE = "notice-no-responsible"
    NO_RESPONSIBLE_NAME = "notice-no-responsible-name"
    NO_RESPONSIBLE_ADDRESS = "notice-no-responsible-address"
    NO_REPRESENTATIVE = "notice-no-representative"
    REPEATED_ID = "notice-repeated-id"
    CLASS_NEVER_JOINTLY = "notice-class-never-jointly"
    MY_NUMBER = "notice-my-number"
    STARTS_BEFORE_PUBLICATION = "notice-starts-before-publication"
    POINT_NOT_AGREED = "notice-point-not-agreed"


class ChangeFault(StrEnum):
    """Why a notice may not change like this. Values never change."""

    ITEMS_WIDENED = "change-items-widened"
    USERS_WIDENED = "change-users-widened"
    PURPOSE_BEFORE_PUBLICATION = "change-purpose-before-publication"
    RESPONSIBLE_BEFORE_PUBLICATION = "change-responsible-before-publication"
    DETAILS_NOT_PUBLISHED = "change-details-not-published"


def notice_faults(notice: JointUseNotice) -> tuple[Finding, ...]:
    """Return everything that the notice, or the agreement stated with it, lacks; empty when it may be published."""
    agreement = () if notice.agreed is None else agreement_faults(notice.agreed)
    return (*_content(notice), *_responsible(notice), *_never(notice), *agreement)


def agreement_faults(agreed: Mapping[AgreedPoint, Text]) -> tuple[Finding, ...]:
    """Return the points of the six that are not agreed, or not in both languages."""
    return tuple(
        Finding(NoticeFault.POINT_NOT_AGREED, point)
        for point in AgreedPoint
        if point not in agreed or agreed[point].blank
    )


def _content(notice: JointUseNotice) -> Iterator[Finding]:
    if notice.fact.blank:
        yield Finding(NoticeFault.NO_FACT)
    if not notice.items:
        yield Finding(NoticeFault.NO_ITEMS)
    if len(notice.parties) < 2:
        yield Finding(NoticeFault.NO_USERS)
    if not notice.purposes:
        yield Finding(NoticeFault.NO_PURPOSES)
    yield from (Finding(NoticeFault.EMPTY_ITEM, item.id) for item in notice.items if item.text.blank)
    yield from (Finding(NoticeFault.EMPTY_USER, user.party) for user in notice.users if user.name.blank)
    yield from (Finding(NoticeFault.EMPTY_PURPOSE, purpose.id) for purpose in notice.purposes if purpose.text.blank)
    for ids in (
        [item.id for item in notice.items],
        [user.party for user in notice.users],
        [purpose.id for purpose in notice.purposes],
        [one.party for one in notice.responsible],
    ):
        yield from (Finding(NoticeFault.REPEATED_ID, one) for one in sorted({one for one in ids if ids.count(one) > 1}))
    if notice.published_on is not None and notice.starts_on < notice.published_on:
        yield Finding(NoticeFault.STARTS_BEFORE_PUBLICATION)


def _responsible(notice: JointUseNotice) -> Iterator[Finding]:
    named = {one.party for one in notice.responsible}
    yield from (Finding(NoticeFault.NO_RESPONSIBLE, item.id) for item in notice.items if item.responsible not in named)
    for one in notice.responsible:
        if one.name.blank:
            yield Finding(NoticeFault.NO_RESPONSIBLE_NAME, one.party)
        if one.address.blank:
            yield Finding(NoticeFault.NO_RESPONSIBLE_ADDRESS, one.party)
        if one.company and (one.representative is None or one.representative.blank):
            yield Finding(NoticeFault.NO_REPRESENTATIVE, one.party)


def _never(notice: JointUseNotice) -> Iterator[Finding]:
    for item in notice.items:
        if item.secrecy in NEVER_JOINTLY:
            yield Finding(NoticeFault.CLASS_NEVER_JOINTLY, item.id)
        if names_my_number(item.id, item.text.ja, item.text.en):
            yield Finding(NoticeFault.MY_NUMBER, item.id)


class ContinuationKind(StrEnum):
    """How something new is still the old one."""

    RENAMED = "renamed"
    SUCCEEDED = "succeeded"
    """Succession of the business: merger, split, transfer."""


@dataclass(frozen=True)
class Continuation:
    """That an item or user of the new notice continues one of the old: what art. 27(6) does not take for widening.

    Attributes:
        kind: how.
        old, new: ids; the same where only the text changed.
        evidence: reference to the register extract, the resolution, ...
    """

    kind: ContinuationKind
    old: str
    new: str
    evidence: str


def change_faults(
    old: JointUseNotice, new: JointUseNotice, day: date, continuations: Sequence[Continuation] = ()
) -> tuple[Finding, ...]:
    """Return why the notice may not change like this; empty when it may. `notice_faults(new)` is asked apart.

    Args:
        old: the version that holds.
        new: the version that would follow.
        day: today in Japan.
        continuations: mere renaming and succession, with evidence.
    """
    shown = [one for one in continuations if one.evidence.strip()]
    items = {item.id: item for item in old.items}
    users = {user.party: user for user in old.users}
    return (
        *_widened(ChangeFault.ITEMS_WIDENED, items, {item.id: item for item in new.items}, shown, _same_data),
        *_widened(ChangeFault.USERS_WIDENED, users, {user.party: user for user in new.users}, shown, _any_user),
        *_before_publication(old, new, {one.new: one.old for one in shown}),
        *_unpublished_details(old, new, day),
    )


def _same_data(old: Item, new: Item) -> bool:
    return new.secrecy == old.secrecy or new.secrecy in BELOW[old.secrecy]


def _any_user(_old: User, _new: User) -> bool:
    return True


def _widened(
    fault: ChangeFault,
    old: Mapping[str, _Named],
    new: Mapping[str, _Named],
    continuations: Sequence[Continuation],
    may_continue: Callable[[_Named, _Named], bool],
) -> Iterator[Finding]:
    """Yield what the new version has beyond the old; each thing of the old is continued once at most."""
    continued: set[str] = set()
    for name, one in new.items():
        if name in old and old[name].label == one.label and may_continue(old[name], one):
            continue
        sources = {
            item.old
            for item in continuations
            if item.new == name and (item.kind is ContinuationKind.RENAMED if item.old == name else item.old not in new)
        }
        source = min(sources & old.keys() - continued, default=None)
        if source is None or not may_continue(old[source], one):
            yield Finding(fault, name)
        else:
            continued.add(source)


def _before_publication(old: JointUseNotice, new: JointUseNotice, sources: Mapping[str, str]) -> Iterator[Finding]:
    """Yield changed purposes and responsible parties unless they were published before the day they start."""
    if new.published_on is not None and new.published_on < new.starts_on:
        return
    purposes = {purpose.id: purpose.text for purpose in old.purposes}
    for purpose in new.purposes:
        if purposes.get(purpose.id) != purpose.text:
            yield Finding(ChangeFault.PURPOSE_BEFORE_PUBLICATION, purpose.id)
    answers = {item.id: item.responsible for item in old.items}
    for item in new.items:
        before = answers.get(item.id) or answers.get(sources.get(item.id, ""))
        if before is not None and before != item.responsible:
            yield Finding(ChangeFault.RESPONSIBLE_BEFORE_PUBLICATION, item.id)


def _unpublished_details(old: JointUseNotice, new: JointUseNotice, day: date) -> Iterator[Finding]:
    """Yield responsible parties whose name, address or representative has changed by `day` without publication."""
    if day < new.starts_on or (new.published_on is not None and new.published_on <= day):
        return
    before = {one.party: one for one in old.responsible}
    for one in new.responsible:
        if one.party in before and before[one.party] != one:
            yield Finding(ChangeFault.DETAILS_NOT_PUBLISHED, one.party)
