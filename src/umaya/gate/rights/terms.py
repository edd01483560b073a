"""What a party sets itself for its rights desk: target, fees, contact. Dated, registered at the hub's own console."""

from __future__ import annotations

from datetime import date

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, find_party
from umaya.gate.record import Acts, digest
from umaya.gate.rights.models import TermsRow
from umaya.law.rights import RIGHTS, Body, Terms, body_of, read_terms
from umaya.types.errors import ConflictError


class DeskTerms:
    """Registers and finds.

    Args:
        acts: begins registrations.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def register(self, text: str, source: str) -> Terms:
        """Register the terms that a YAML document states, from their day on.

        Raises:
            InputError: when the document is not as it must be; see `umaya.law.rights.read_terms`.
            NotFoundError: when there is no such party.
            ConflictError: when terms from that day or a later one are registered, or the period of a public body would
                be longer than the law's.
        """
        terms = read_terms(text, source, RIGHTS.at(date.max))
        rules = RIGHTS.at(terms.since)
        with self._acts.begin() as act:
            body = body_of(find_party(act.session, terms.party).kind)
            if body is Body.PUBLIC and terms.target_days > rules.periods[body].days:
                raise ConflictError("a public body cannot take longer than the law says")
            later = select(TermsRow).where(TermsRow.party == terms.party, TermsRow.since >= terms.since)
            if act.session.scalar(later.limit(1)) is not None:
                raise ConflictError("terms from that day or a later one are registered")
            document = terms.model_dump(mode="json")
            row = TermsRow(party=terms.party, since=terms.since, document=document, entry=0)
            act.session.add(row)
            said = {"party": terms.party, "since": terms.since, "document": digest(rfc8785.dumps(document))}
            row.entry = act.record("request.terms-set", HUB, said)
        return terms

    def of(self, party: str, day: date) -> Terms | None:
        """Return the terms of a party on a day in Japan, or None where it has set none."""
        with self._acts.database.reading() as session:
            return find_terms(session, party, day)


def find_terms(session: Session, party: str, day: date) -> Terms | None:
    """Return the terms of a party on a day in Japan, or None where it has set none."""
    query = select(TermsRow).where(TermsRow.party == party, TermsRow.since <= day)
    row = session.scalar(query.order_by(TermsRow.since.desc()).limit(1))
    return None if row is None else Terms.model_validate(row.document)
