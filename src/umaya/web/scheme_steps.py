"""Whose business a scheme is, and what of its next steps is the reader's: the guide of lists, home page and pages.

Guidance only: the gate decides who may act, and is asked for it (`Gate.rehearsal`).
"""

from __future__ import annotations

from collections.abc import Iterable

from umaya.gate import Gate, SchemeSummary
from umaya.gate.pending import Need, Pending
from umaya.gate.rehearsal import Step
from umaya.gate.roles import AUDITOR
from umaya.types.site import Actor


def may_see(actor: Actor, scheme: SchemeSummary) -> bool:
    """Return whether a scheme is the actor's business: a party to it, or an auditor."""
    return AUDITOR in actor.roles or actor.party in {scheme.provider, scheme.recipient}


def is_mine(gate: Gate, actor: Actor, pending: Pending) -> bool:
    """Return whether the actor could do what a scheme waits for."""
    if pending.role not in actor.roles or actor.party not in pending.parties:
        return False
    if pending.need is Need.CORRECT:
        return gate.rehearsal.may_submit(actor, pending.scheme, pending.parties)
    return gate.rehearsal.would_take(actor, pending.scheme, pending.version, Step(pending.need))


def pending_of(gate: Gate, actor: Actor) -> tuple[Pending, ...]:
    """Return what is to be done next with the schemes that are the actor's business, what waits longest first."""
    return gate.agenda.of_party(None if AUDITOR in actor.roles else actor.party)


def mine_of(gate: Gate, actor: Actor, pending: Iterable[Pending]) -> list[Pending]:
    """Return those that the actor could do."""
    return [one for one in pending if is_mine(gate, actor, one)]
