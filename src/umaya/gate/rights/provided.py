"""What was handed to others about a person: the records of provision, and plain words where no record is owed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.own.uses import OwnUse, Reach, own_uses
from umaya.gate.provision.models import ProvisionRecordRow, ProvisionUseRow
from umaya.gate.record import LedgerLike
from umaya.gate.rights.document import Lines
from umaya.gate.rights.phrases import phrase
from umaya.law import Language, RuleBook, day_in_japan
from umaya.law.provision import other_side, record_duty

MOST: Final = 1000
"""Uses that an answer looks back over, latest first."""
_LEFT: Final = frozenset({Reach.GIVEN, Reach.GIVEN_IN_PART})


def provided_lines(
    session: Session, ledger: LedgerLike, law: RuleBook, party: str, numbers: list[int], language: Language
) -> tuple[Lines, ...]:
    """Return what a party handed over or was handed about a person.

    Args:
        session: to read in.
        ledger: where the uses were recorded.
        law: dated rules of bases.
        party: who is asked.
        numbers: of the person; none for somebody of whom nothing may be said.
        language: of the words.
    """
    if not numbers:
        return ()
    uses = [
        use
        for use in own_uses(session, ledger, law, numbers, MOST, None).uses
        if use.reach in _LEFT and use.provider.id != use.recipient.id and party in {use.provider.id, use.recipient.id}
    ]
    recorded = _recorded(session, party, [use.id for use in uses])
    with_record = tuple(_line(use, language, recorded[use.id]) for use in uses if use.id in recorded)
    without = tuple(_line(use, language, _no_duty(use, party, language)) for use in uses if use.id not in recorded)
    found = (Lines(phrase("records", language), with_record), Lines(phrase("other-uses", language), without))
    return tuple(part for part in found if part.lines)


def recipients(session: Session, ledger: LedgerLike, law: RuleBook, party: str, numbers: list[int]) -> list[str]:
    """Return the parties to which a party handed data about a person: who is told of a correction."""
    uses = own_uses(session, ledger, law, numbers, MOST, None).uses
    return sorted({use.recipient.id for use in uses if use.reach in _LEFT and use.provider.id == party} - {party})


def _recorded(session: Session, party: str, uses: list[str]) -> dict[str, str]:
    """Return the ground and source of the record of each use that the party keeps one of."""
    query = (
        select(ProvisionUseRow.use, ProvisionRecordRow.source)
        .join(ProvisionRecordRow, ProvisionRecordRow.id == ProvisionUseRow.record)
        .where(ProvisionRecordRow.party == party, ProvisionUseRow.use.in_(uses))
    )
    return {str(use): str(source) for use, source in session.execute(query)}


def _no_duty(use: OwnUse, party: str, language: Language) -> str:
    other = use.recipient if use.provider.id == party else use.provider
    source = "" if use.basis is None else record_duty(use.basis.provision, other_side(other.kind)).source
    return f"{phrase('no-duty', language)} ({source})"


def _line(use: OwnUse, language: Language, why: str) -> tuple[str, str]:
    basis = "" if use.basis is None else (use.basis.title_ja if language == "ja" else use.basis.title_en)
    names = (use.provider.name, use.recipient.name)
    provider, recipient = (name.ja if language == "ja" else name.en for name in names)
    purpose = use.document.purpose.ja if language == "ja" else use.document.purpose.en
    fields = ", ".join(use.fields)
    return str(day_in_japan(use.decided_at)), f"{provider} → {recipient}: {fields}; {purpose}; {basis}; {why}"
