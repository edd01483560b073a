"""What is to be done next with a scheme, and by whom: the guide of lists, home page and scheme page.

Guidance only: the gate decides who may act. Must agree with `umaya.gate.review`.
"""

from __future__ import annotations

from umaya.gate import SchemeRecord, SchemeSummary
from umaya.gate.hats import hat_of
from umaya.types.site import Actor

_NEXT_ROLE = {"submitted": "verifier", "verified": "approver"}
_ACT = {"submitted": "verify", "verified": "approve"}


def next_role(state: str) -> str | None:
    """Return whose turn it is with a version in `state`, or None when nobody's."""
    return _NEXT_ROLE.get(state)


def may_see(actor: Actor, scheme: SchemeSummary) -> bool:
    """Return whether a scheme is the actor's business: a party to it, or an auditor."""
    return "auditor" in actor.roles or actor.party in {scheme.provider, scheme.recipient}


def is_turn(actor: Actor, scheme: SchemeSummary) -> bool:
    """Return whether the next step is one for the actor's role and party."""
    return next_role(scheme.state) in actor.roles and actor.party == scheme.provider


def acts_of(actor: Actor, record: SchemeRecord) -> list[str]:
    """Return the acts that the scheme's page offers the actor: `verify`, `approve`, `return`, `suspend`."""
    scheme = record.summary
    offered = []
    worn = {hat_of(act.act, act.role) for act in record.acts if act.actor == actor.id} - {None}
    other_hat = bool(worn - {next_role(scheme.state)})
    if is_turn(actor, scheme) and not other_hat:
        offered += [_ACT[scheme.state], "return"]
    if scheme.in_force and actor.party == scheme.provider and actor.roles & {"steward", "verifier", "approver"}:
        offered.append("suspend")
    return offered
