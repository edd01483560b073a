"""Whose turn it is: the version that an act is about, locked, and the person who may act on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from umaya.gate.bodies import Office, check_office
from umaya.gate.catalogue import find_actor, find_dataset
from umaya.gate.conditions import Condition, Look, Rule
from umaya.gate.hats import check_hat, check_role
from umaya.gate.models import SchemeRow, SchemeVersionRow
from umaya.gate.record import Act
from umaya.gate.roles import APPROVER, PRIVACY_OFFICER, STEWARD, VERIFIER
from umaya.gate.schemes import State, version_of, version_rows
from umaya.law import day_in_japan
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError
from umaya.types.site import Actor

_OFFICE = {VERIFIER: Office.SECOND_LINE, APPROVER: Office.APPROVING_BODY, PRIVACY_OFFICER: Office.PRIVACY_OFFICER}


def turn(act: Act, scheme: str, version: int | None, *states: State) -> SchemeVersionRow:
    """Return the version meant, with its scheme locked until the end of the act.

    Raises:
        NotFoundError: when there is none.
        ConflictError: when it is in another state.
    """
    if act.session.get(SchemeRow, scheme, with_for_update=True) is None:
        raise NotFoundError("there is no such scheme")
    rows = version_rows(act.session, scheme)
    if version is not None:
        rows = [row for row in rows if row.version == version]
        if not rows:
            raise NotFoundError("the scheme has no such version")
    for row in reversed(rows):
        if row.state in states:
            return row
    wanted = " or ".join(states)
    raise ConflictError(f"the act needs a version that is {wanted}; version {rows[-1].version} is {rows[-1].state}")


def reviewer(act: Act, actor: Actor, row: SchemeVersionRow, role: str) -> Actor:
    """Return the person who may review for the provider in this role today; raise ForbiddenError when not."""
    person = find_actor(act.session, actor.id)
    check_hat(act.session, row.scheme, person, role)
    check_provider(act, person, row.scheme)
    office = _OFFICE[role]
    check_office(act.session, person, office, day_in_japan(act.now), must_be_filled=office is Office.PRIVACY_OFFICER)
    return person


def watcher(act: Act, actor: Actor, row: SchemeVersionRow, *roles: str) -> Actor:
    """Return the person of the provider who holds one of the roles, whatever hat is worn; raise ForbiddenError."""
    person = find_actor(act.session, actor.id)
    check_provider(act, person, row.scheme)
    check_role(person, next((role for role in roles if role in person.roles), STEWARD))
    return person


def check_provider(act: Act, person: Actor, scheme: str) -> None:
    """Return when the person is of the provider; raise ForbiddenError when not."""
    row = act.session.get_one(SchemeRow, scheme)
    if person.party != row.provider:
        raise ForbiddenError("the act belongs to the party whose data it is")


def impose_on(act: Act, row: SchemeVersionRow, conditions: Sequence[Condition]) -> dict[str, list[str]]:
    """Let conditions stand with a version, beside those that do; return what the entry says of them.

    Raises:
        ConflictError: when one can never be judged under this scheme.
    """
    document = version_of(row).document
    about_people = find_dataset(act.session, document.dataset).subject is not None
    for condition in conditions:
        if condition.look is Look.PEOPLE and not about_people:
            raise ConflictError(f"`{condition.rule}` cannot be judged: the dataset names no people")
        if condition.rule is Rule.REQUIRE_NOTICE_PUBLISHED and document.notice is None:
            raise ConflictError(f"`{condition.rule}` cannot be judged: the scheme names no notice")
    row.conditions = list(dict.fromkeys([*row.conditions, *canonical(conditions)]))
    return {"conditions": canonical(conditions)} if conditions else {}


def canonical(conditions: Iterable[Condition]) -> list[str]:
    """Return conditions as they are stored and recorded."""
    return [condition.canonical() for condition in conditions]
