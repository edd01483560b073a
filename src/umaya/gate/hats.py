"""Three different people for every scheme: nobody may apply for, verify and approve one scheme in two of these hats.

Hats are kept for the life of the scheme, over all its versions, and a returned version counts as reviewed.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.models import SchemeActRow
from umaya.gate.roles import APPLICANT, APPROVER, VERIFIER
from umaya.types.errors import ForbiddenError
from umaya.types.site import Actor

HATS = frozenset({APPLICANT, VERIFIER, APPROVER})


def check_role(actor: Actor, role: str) -> None:
    """Return when the actor has the role; raise ForbiddenError when not."""
    if role not in actor.roles:
        raise ForbiddenError(f"the act needs the role `{role}`")


def check_hat(session: Session, scheme: str, actor: Actor, role: str) -> None:
    """Return when the actor may act on the scheme in this role; raise ForbiddenError when not."""
    check_role(actor, role)
    query = select(SchemeActRow.role).where(SchemeActRow.scheme == scheme, SchemeActRow.actor == actor.id)
    worn = (set(session.scalars(query)) & HATS) - {role}
    if worn:
        other = ", ".join(sorted(worn))
        raise ForbiddenError(f"the actor is {other} of this scheme and cannot be its {role} too")
