"""One human's hands: the actors that one account lets one human act as.

An account may be bound to several actors, of one party or of several. Rules that ask for two people mean two people, so
they compare hands. An identity is never another's later, so a binding that has ended counts on.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, column, select, table
from sqlalchemy.orm import Session

_ACCOUNTS: Final = table("accounts", column("issuer"), column("subject"), column("actor"))
"""By name: `umaya.gate.accounts` stands above the rules that ask."""


def hands(session: Session, actor: str) -> frozenset[str]:
    """Return the ids of all actors as whom whoever acts as this one ever could act, this one among them."""
    own, other = _ACCOUNTS.alias(), _ACCOUNTS.alias()
    same = and_(own.c.issuer == other.c.issuer, own.c.subject == other.c.subject)
    query = select(other.c.actor).select_from(other.join(own, same))
    found = session.scalars(query.where(own.c.actor == actor, other.c.actor.is_not(None)))
    return frozenset({actor, *(str(one) for one in found)})
