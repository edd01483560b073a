"""What the catalogue and the law say of a notice document, as an error at the key concerned.

The law itself is `umaya.law.joint_use`; here its findings get a place, and items are held against the datasets that
they stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_dataset, find_party
from umaya.gate.documents import Path
from umaya.gate.joint_use.document import NoticeDocument
from umaya.gate.joint_use.notices import Notice
from umaya.law import Finding, RuleSet
from umaya.law.joint_use import ChangeFault, NoticeFault, change_faults, notice_faults
from umaya.law.words import explain
from umaya.types.errors import InputError, NotFoundError, Place

PlaceOf = Callable[[Path], Place]


def check_notice(
    session: Session,
    notice: NoticeDocument,
    place: PlaceOf,
    published_on: date,
    today: date,
    before: Notice | None,
    rules: RuleSet,
) -> None:
    """Return when the notice may be published on a day.

    Args:
        session: open.
        notice: what would be published.
        place: where each key stands.
        published_on: the day from which it would be published, in Japan.
        today: in Japan.
        before: the version published last, or None.
        rules: what explains the law's findings.

    Raises:
        InputError: at the first fault.
    """
    _check_parties(session, notice, place)
    judged = notice.judged(published_on)
    found: list[Finding] = [*notice_faults(judged)]
    if before is not None:
        found += change_faults(before.judged, judged, today, notice.continuations)
    for finding in found:
        told = explain(finding, rules, "en")
        problem = f"`{finding.code}`: {told.what[0].lower()}{told.what[1:].rstrip('.')}"
        raise InputError(place(_path(notice, finding)), problem, f"{told.next[0].lower()}{told.next[1:].rstrip('.')}")
    _check_fields(session, notice, place)
    if before is not None:
        _check_stretch(before.document, notice, place)


def _check_parties(session: Session, notice: NoticeDocument, place: PlaceOf) -> None:
    for key, parties in (
        ("users", [one.party for one in notice.users]),
        ("responsible", [one.party for one in notice.responsible]),
    ):
        for at, party in enumerate(parties):
            try:
                find_party(session, party)
            except NotFoundError as error:
                raise InputError(place((key, at, "party")), "there is no such party", "register it first") from error
    if notice.publisher not in {one.party for one in notice.responsible}:
        raise InputError(place(("publisher",)), "the publisher answers for nothing", "name a responsible party")


def _check_fields(session: Session, notice: NoticeDocument, place: PlaceOf) -> None:
    users = {one.party for one in notice.users}
    for at, item in enumerate(notice.items):
        for name, fields in item.fields.items():
            here = place(("items", at, "fields", name))
            try:
                dataset = find_dataset(session, name)
            except NotFoundError as error:
                raise InputError(here, "there is no such dataset", "register it first") from error
            if dataset.owner not in users:
                raise InputError(here, "the dataset's owner is no user of the notice", "leave it out")
            for field in fields:
                if field not in dataset.classes or field == dataset.subject:
                    raise InputError(here, "the dataset has no such field that could leave", "mend its name")
                if dataset.classes[field] is not item.secrecy:
                    advice = "give it to an item of its own class"
                    raise InputError(here, f"a field is of class `{dataset.classes[field]}`, unlike its item", advice)


def _check_stretch(before: NoticeDocument, notice: NoticeDocument, place: PlaceOf) -> None:
    """Refuse an item that reaches more fields of a dataset than before: wider in fact, though its words stayed."""
    sources = {one.new: one.old for one in notice.continues}
    old = {item.item: before.fields_of(item.item) for item in before.items}
    for at, item in enumerate(notice.items):
        reached = old.get(item.item, old.get(sources.get(item.item, ""), {}))
        for dataset, fields in item.fields.items():
            if dataset in reached and not reached[dataset].issuperset(fields):
                problem = f"`{ChangeFault.ITEMS_WIDENED}`: the item reaches more fields of the dataset than before"
                raise InputError(place(("items", at, "fields", dataset)), problem, "leave the new fields out")


_ITEM_CODES = frozenset(
    {
        NoticeFault.EMPTY_ITEM,
        NoticeFault.NO_RESPONSIBLE,
        NoticeFault.CLASS_NEVER_JOINTLY,
        NoticeFault.MY_NUMBER,
        ChangeFault.ITEMS_WIDENED,
        ChangeFault.RESPONSIBLE_BEFORE_PUBLICATION,
    }
)
_WHOLE = {
    NoticeFault.NO_FACT: "fact",
    NoticeFault.NO_ITEMS: "items",
    NoticeFault.NO_USERS: "users",
    NoticeFault.NO_PURPOSES: "purposes",
    NoticeFault.STARTS_BEFORE_PUBLICATION: "starts",
}
_RESPONSIBLE = {
    NoticeFault.NO_RESPONSIBLE_NAME: "name",
    NoticeFault.NO_RESPONSIBLE_ADDRESS: "address",
    NoticeFault.NO_REPRESENTATIVE: "representative",
}


def _path(notice: NoticeDocument, finding: Finding) -> Path:
    """Return the key that a finding is about."""
    code, item = finding.code, finding.item or ""
    lists: dict[str, Sequence[str]] = {
        "items": [one.item for one in notice.items],
        "users": [one.party for one in notice.users],
        "purposes": [one.purpose for one in notice.purposes],
        "responsible": [one.party for one in notice.responsible],
    }
    if code in _WHOLE:
        return (_WHOLE[NoticeFault(code)],)
    if code == NoticeFault.POINT_NOT_AGREED:
        return ("agreed", item)
    if code == NoticeFault.REPEATED_ID:
        key = next(key for key, ids in lists.items() if ids.count(item) > 1)
        return (key, len(lists[key]) - 1 - list(reversed(lists[key])).index(item))
    key = _list_of(code)
    path: Path = (key, _at(lists[key], item))
    return (*path, _RESPONSIBLE[NoticeFault(code)]) if code in _RESPONSIBLE else path


def _list_of(code: str) -> str:
    if code in _ITEM_CODES:
        return "items"
    if code in {NoticeFault.EMPTY_USER, ChangeFault.USERS_WIDENED}:
        return "users"
    if code in {NoticeFault.EMPTY_PURPOSE, ChangeFault.PURPOSE_BEFORE_PUBLICATION}:
        return "purposes"
    return "responsible"


def _at(ids: Iterable[str], item: str) -> int:
    return next(at for at, one in enumerate(ids) if one == item)
