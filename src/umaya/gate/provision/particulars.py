"""What the law wants to know of a party that provides or receives: its address and, for a company, its representative.

Registered at the hub's own console, as parties are. Dated: a record of provision says what held on its day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, Party, Words, find_party
from umaya.gate.provision.models import ParticularsRow
from umaya.gate.record import Acts, digest
from umaya.gate.statements import statement
from umaya.types.errors import ConflictError, InputError, Place


@dataclass(frozen=True)
class Particulars:
    """A party's particulars from a day on.

    Attributes:
        since: first day, in Japan.
        representative: of a company; None for a sole trader.
        company: whether it has a representative at all.
    """

    party: str
    since: date
    address: Words
    representative: Words | None
    company: bool = True


class PartyParticulars:
    """Registers and finds.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def register(self, particulars: Particulars) -> None:
        """Register what holds of a party from a day on; the day may lie in the past, for it states a fact.

        Raises:
            NotFoundError: when there is no such party.
            InputError: when a text is empty, or a company's representative is missing.
            ConflictError: when particulars from that day or a later one are registered.
        """
        representative = _representative(particulars)
        address = _words(particulars.address, "address")
        with self._acts.begin() as act:
            find_party(act.session, particulars.party)
            later = select(ParticularsRow).where(
                ParticularsRow.party == particulars.party, ParticularsRow.since >= particulars.since
            )
            if act.session.scalar(later.limit(1)) is not None:
                raise ConflictError("particulars from that day or a later one are registered")
            row = ParticularsRow(
                party=particulars.party,
                since=particulars.since,
                address_ja=address.ja,
                address_en=address.en,
                representative_ja=None if representative is None else representative.ja,
                representative_en=None if representative is None else representative.en,
                company=particulars.company,
                entry=0,
            )
            act.session.add(row)
            said = [address.ja, address.en, row.representative_ja, row.representative_en, row.company]
            body = {"party": row.party, "since": row.since, "document": digest(rfc8785.dumps(said))}
            row.entry = act.record("party.particulars-set", HUB, body)

    def list(self) -> list[Particulars]:
        """Return everything that was registered, by party, earliest first."""
        query = select(ParticularsRow).order_by(ParticularsRow.party, ParticularsRow.since)
        with self._acts.database.reading() as session:
            return [_particulars(row) for row in session.scalars(query)]


def find_particulars(session: Session, party: str, day: date) -> Particulars | None:
    """Return what holds of a party on a day in Japan, or None where nothing is registered."""
    query = select(ParticularsRow).where(ParticularsRow.party == party, ParticularsRow.since <= day)
    row = session.scalar(query.order_by(ParticularsRow.since.desc()).limit(1))
    return None if row is None else _particulars(row)


def described(party: Party, particulars: Particulars) -> str:
    """Return name, address and representative as they stand in a record."""
    parts = [party.name.ja, particulars.address.ja]
    if particulars.representative is not None:
        parts.append(particulars.representative.ja)
    return "; ".join(parts)


def _particulars(row: ParticularsRow) -> Particulars:
    ja, en = row.representative_ja, row.representative_en
    representative = None if ja is None or en is None else Words(ja, en)
    return Particulars(row.party, row.since, Words(row.address_ja, row.address_en), representative, row.company)


def _representative(particulars: Particulars) -> Words | None:
    if particulars.representative is not None:
        return _words(particulars.representative, "representative")
    if particulars.company:
        place = Place(f"party {particulars.party}", field="representative")
        raise InputError(place, "a company's representative is missing", "name it, or say that it is no company")
    return None


def _words(words: Words, field: str) -> Words:
    ja, en = (
        statement(text, Place("party", field=f"{field}_{key}")) for key, text in (("ja", words.ja), ("en", words.en))
    )
    return Words(ja, en)
