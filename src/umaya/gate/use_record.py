"""What is kept of a decided use: its row in the database and the body of its ledger entry. Values only."""

from __future__ import annotations

from typing import Final

from umaya.gate.catalogue import is_id
from umaya.gate.models import UseRow
from umaya.gate.record import digest
from umaya.gate.statements import salted
from umaya.gate.use import Decision, Use
from umaya.gate.uses import UseState
from umaya.ledger.entries import Given

UNKNOWN: Final = "unknown"
"""Who acted, in the ledger, where nobody of that id is registered: what an asker made up does not enter it."""


def use_row(use: Use, use_id: str, decision: Decision, salt: str) -> UseRow:
    """Return the row of a use that was decided; `salt` hides its statement in the ledger."""
    start, end = use.window or (None, None)
    people = decision.people
    return UseRow(
        id=use_id,
        actor=reference(use.actor.id),
        scheme=reference(use.scheme),
        version=decision.version,
        reason=decision.reason.value,
        stated_reason=use.reason,
        reason_salt=salt,
        event=None if use.event is None else reference(use.event),
        window_start=start,
        window_end=end,
        decided_at=decision.decided_at,
        state=(UseState.OPEN if decision.permitted else UseState.REFUSED).value,
        entry=0,
        emergency=use.emergency if decision.permitted else None,
        asked=None if people is None else people.asked,
        permitted=None if people is None else len(people.permitted),
        refused=None if people is None else {reason.value: count for reason, count in people.refused.items()},
    )


def decision_body(use_id: str, use: Use, decision: Decision, salt: str, root: bytes | None) -> dict[str, Given]:
    """Return what the ledger holds of a decision: references, digests, counts, times.

    Args:
        use_id: id of the use.
        use: what was asked.
        decision: the answer.
        salt: what hides the statement.
        root: of the tree of the permitted people; None where nobody was looked at.
    """
    body: dict[str, Given | None] = {
        "use": use_id,
        "scheme": reference(use.scheme),
        "version": decision.version,
        "document": decision.digest,
        "reason": decision.reason.value,
        "rules": decision.rule_version,
        "decided_at": decision.decided_at,
        "statement": salted(use.reason, salt),
        "event": None if use.event is None else reference(use.event),
        "topic": decision.topic,
    }
    people = decision.people
    if people is not None and root is not None:
        refused = {reason.value: count for reason, count in people.refused.items()}
        body |= {"asked": people.asked, "permitted": len(people.permitted), "refused": refused, "people": hashed(root)}
    if use.window is not None:
        body |= {"window_start": use.window[0], "window_end": use.window[1]}
    if decision.permitted:
        body |= _permission(use, decision)
    return {key: value for key, value in body.items() if value is not None}


def _permission(use: Use, decision: Decision) -> dict[str, Given]:
    owed = [f"{step.name}:{digest(step.parameters.encode())[7:23]}" for step in decision.obligations]
    body: dict[str, Given] = {"dataset": decision.dataset or "", "fields": list(decision.columns), "obligations": owed}
    if use.emergency is not None:
        body["emergency"] = use.emergency
    if use.matching:
        body["searched"] = sorted({condition.field for condition in use.matching})
    if decision.span is not None:
        body |= {"span_start": decision.span[0], "span_end": decision.span[1]}
    if decision.area is not None:
        body["area"] = digest(decision.area.canonical())
    return body


def hashed(root: bytes) -> str:
    """Return a root hash as the ledger writes digests."""
    return f"sha256:{root.hex()}"


def reference(text: str) -> str:
    """Return an id as it may be stored; what has no form of an id was made up by the asker."""
    return text if is_id(text) else "not-an-id"
