"""Different people for every scheme: nobody may apply for, check the privacy of, verify, consent to and approve one
scheme in two of these hats.

Hats are kept for the life of the scheme, over all its versions, and a returned version counts as reviewed. Who may act
as several actors wears the hats of all of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.hands import hands
from umaya.gate.models import SchemeActRow
from umaya.gate.roles import APPLICANT, APPROVER, PRIVACY_OFFICER, VERIFIER
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

HATS = frozenset({APPLICANT, VERIFIER, APPROVER, PRIVACY_OFFICER})
CONSENT: Final = "consent"
"""The act of a party that is consulted. Its own hat: whoever consents for one party does not approve for another."""


def check_role(actor: Actor, role: str) -> None:
    """Return when the actor has the role; raise ForbiddenError when not."""
    if role not in actor.roles:
        raise ForbiddenError(f"the act needs the role `{role}`")


def hat_of(act: str, role: str) -> str | None:
    """Return the hat that an act wears; None for one that anybody entitled may do beside another hat."""
    if act == CONSENT:
        return CONSENT
    return role if role in HATS else None


def check_hat(session: Session, scheme: str, actor: Actor, role: str, act: str = "") -> None:
    """Return when the actor may do the act on the scheme in this role; raise ForbiddenError when not."""
    check_role(actor, role)
    query = select(SchemeActRow.act, SchemeActRow.role).where(
        SchemeActRow.scheme == scheme, SchemeActRow.actor.in_(hands(session, actor.id))
    )
    worn = {hat_of(done, as_role) for done, as_role in session.execute(query)} - {None, hat_of(act, role)}
    if worn:
        other = ", ".join(sorted(str(hat) for hat in worn))
        raise ForbiddenError(f"the actor is {other} of this scheme and cannot be its {hat_of(act, role)} too")
