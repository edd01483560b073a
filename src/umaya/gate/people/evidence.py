"""Evidence of words: the form that a person confirmed at a counter, with the image of paper where there is one.

A form is a canonical JSON document (RFC 8785) of what was shown and explained, and of how the person confirmed it. Its
digest is what `consent.given` proves. Must hold: evidence is opened only by a clerk of the party that took it or by an
auditor, and that it was opened is recorded before anything is shown; of a protected person nothing is opened, and it
looks as if there were none.

Kept through three years after the last day of the consent: a provision that rests on it can happen until that day, and
its record is to be kept for three years (APPI enforcement rules art. 21). Then the bytes are erased by an act.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from umaya.gate.catalogue import find_actor
from umaya.gate.hats import check_role
from umaya.gate.people.evidence_files import EvidenceFiles
from umaya.gate.people.evidence_images import CleanImage
from umaya.gate.people.look_ups import LookUp, Way, record
from umaya.gate.people.models import EventRow, EvidenceRow, TopicRow
from umaya.gate.people.projection import Projection
from umaya.gate.people.taking import Evidence, Kept
from umaya.gate.people.words import root
from umaya.gate.record import Acts, digest
from umaya.gate.roles import AUDITOR, CLERK, PRIVACY_OFFICER
from umaya.gate.statements import statement
from umaya.law import day_in_japan
from umaya.law.days import last_day
from umaya.types.errors import ForbiddenError, InputError, NotFoundError, Place
from umaya.types.site import Actor

KEPT_YEARS: Final = 3
VERSION: Final = "consent-form/v1"
_MOST_POINTS: Final = 20_000
Strokes = Sequence[Sequence[Sequence[int]]]
"""A drawn signature: strokes of points, each x, y in pixels and milliseconds since the first."""


@dataclass(frozen=True)
class Shown:
    """What a person was shown and told, and how they confirmed it.

    Attributes:
        topic, text, text_digest: of the wording.
        language: in which the person read it: `ja` or `en`.
        wording, withdrawal: as they were shown.
        good_through: the last day that was explained.
        explained: what the clerk ticked as explained.
        at: when it was confirmed.
        device: what the page was shown on, as the browser names itself.
        typed: what the person typed to confirm; empty where they signed.
        strokes: the drawn signature.
    """

    topic: str
    text: int
    text_digest: str
    language: str
    wording: str
    withdrawal: str
    good_through: date
    explained: tuple[str, ...]
    at: datetime
    device: str
    typed: str = ""
    strokes: Strokes = ()


@dataclass(frozen=True)
class OpenedEvidence:
    """Evidence that was opened.

    Attributes:
        consent: ledger index of the word it shows.
        form: the document.
        image, media_type: content of the image or PDF, if any.
        keep_through: the last day that it is kept.
    """

    consent: int
    form: Mapping[str, Any]
    image: bytes | None
    media_type: str | None
    keep_through: date


class Evidences:
    """Keeps, opens and erases evidence.

    Args:
        acts: begins acts.
        projection: of the same database.
        files: where the bytes lie.
    """

    def __init__(self, acts: Acts, projection: Projection, files: EvidenceFiles) -> None:
        self._acts = acts
        self._projection = projection
        self._files = files

    def put(self, clerk: Actor, shown: Shown, image: CleanImage | None = None) -> Evidence:
        """Keep a form and its image; return what `Consents.give` takes.

        Until a consent is given on it nobody can open it; `discard` it where none is.

        Raises:
            InputError: when nothing shows that the person confirmed it, or it is out of bounds.
        """
        typed = statement(shown.typed, Place("evidence", field="typed"), required=False)
        _check_strokes(shown.strokes)
        if not typed and not shown.strokes and image is None:
            place = Place("evidence", field="typed")
            raise InputError(place, "nothing shows that the person agreed", "let them sign or type, or scan the form")
        said: dict[str, Any] = {
            "form": VERSION,
            "topic": shown.topic,
            "text": shown.text,
            "text_digest": shown.text_digest,
            "language": shown.language,
            "wording": shown.wording,
            "withdrawal": shown.withdrawal,
            "good_through": shown.good_through.isoformat(),
            "explained": list(shown.explained),
            "at": shown.at.isoformat(),
            "clerk": clerk.id,
            "device": shown.device[:200],
            "salt": self._acts.entropy(16).hex(),
        }
        if typed:
            said["typed"] = typed
        if shown.strokes:
            said["strokes"] = [[list(point) for point in stroke] for stroke in shown.strokes]
        if image is not None:
            said["image"] = {"digest": digest(image.content), "media_type": image.media_type}
        name = self._files.put(rfc8785.dumps(said), None if image is None else image.content)
        return Evidence(name, "umaya", Kept(None if image is None else image.media_type))

    def discard(self, evidence: Evidence) -> None:
        """Erase what was put for a consent that was not given."""
        with self._acts.database.reading() as session:
            used = session.scalar(select(EvidenceRow.seq).where(EvidenceRow.digest == evidence.digest).limit(1))
        if used is None:
            self._files.erase(evidence.digest)

    def open(self, actor: Actor, consent: int, way: Way, reason: str) -> OpenedEvidence:
        """Return the evidence of a consent; that it was opened, and why, is recorded first.

        Args:
            actor: a clerk of the party that took it, or an auditor.
            consent: ledger index of the consent.
            way: how the actor looks.
            reason: why; kept by the hub, its salted digest is in the ledger.

        Raises:
            InputError: when no reason is stated.
            ForbiddenError: when the actor is neither clerk nor auditor.
            NotFoundError: when there is none to open for this actor.
            NotRecordedError: when the ledger cannot write: then nothing is shown.
            IntegrityError: when the bytes are not what was kept.
        """
        reason = statement(reason, Place("evidence", field="reason"))
        with self._acts.begin() as act:
            opener = find_actor(act.session, actor.id)
            if opener.roles.isdisjoint({CLERK, AUDITOR}):
                raise ForbiddenError(f"the act needs the role `{CLERK}` or `{AUDITOR}`")
            found = _find(act.session, consent)
            own = found is not None and (AUDITOR in opener.roles or found[0].party == opener.party)
            if found is None or not own or self._is_hidden(act.session, found[1]):
                raise NotFoundError("there is no evidence to open for this entry")
            row, person, topic = found
            record(act, [(LookUp(opener, person, topic, way, reason, consent), opener.party)])
            name, keep_through, media_type = row.digest, row.keep_through, row.media_type
        image = None if media_type is None else self._files.image(name)
        return OpenedEvidence(consent, json.loads(self._files.form(name)), image, media_type, keep_through)

    def erase_due(self, officer: Actor) -> int:
        """Erase what the officer's party need keep no longer, in one act; return how many were erased.

        Raises:
            ForbiddenError: when the actor is no privacy officer.
            NotRecordedError: when the ledger cannot write: then nothing is erased.
        """
        with self._acts.begin() as act:
            actor = find_actor(act.session, officer.id)
            check_role(actor, PRIVACY_OFFICER)
            today = day_in_japan(act.now)
            due = select(EvidenceRow).where(EvidenceRow.party == actor.party, EvidenceRow.keep_through < today)
            rows = act.session.scalars(due.where(EvidenceRow.erased_entry.is_(None))).all()
            if not rows:
                return 0
            body = {"party": actor.party, "kept_until": today, "forms": len(rows)}
            entry = act.record("evidence.erased", actor.id, body)
            for row in rows:
                row.erased_entry = entry
                self._files.erase(row.digest)  # before the commit: a crash leaves a row to erase again, never bytes
            return len(rows)

    def _is_hidden(self, session: Session, person: int) -> bool:
        state = self._projection.held(session)
        return root(session, state, person) in state.measures


def keep(session: Session, seq: int, evidence: Evidence, party: str, good_through: date) -> EvidenceRow | None:
    """Note within the act that takes a word that the hub keeps its evidence; the caller sets the entry.

    Args:
        session: of the act.
        seq: number of the word's event.
        evidence: nothing is noted of what is kept elsewhere.
        party: of the taker.
        good_through: last day of the consent.
    """
    if evidence.kept is None:
        return None
    row = EvidenceRow(seq=seq, digest=evidence.digest, party=party, keep_through=kept_through(good_through), entry=0)
    row.media_type = evidence.kept.media_type
    session.add(row)
    return row


def kept_through(good_through: date) -> date:
    """Return the last day that evidence of a consent is kept."""
    return last_day(good_through + timedelta(days=1), KEPT_YEARS)


def _find(session: Session, consent: int) -> tuple[EvidenceRow, int, str] | None:
    """Return the evidence of a consent, its person and topic; None where there is none, or no longer."""
    query = (
        select(EvidenceRow, EventRow.person, TopicRow.id)
        .join(EventRow, EventRow.seq == EvidenceRow.seq)
        .join(TopicRow, TopicRow.number == EventRow.topic)
        .where(EvidenceRow.entry == consent, EvidenceRow.erased_entry.is_(None))
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1] or 0, found[2])


def _check_strokes(strokes: Strokes) -> None:
    points = [point for stroke in strokes for point in stroke]
    if len(points) > _MOST_POINTS or any(len(point) != 3 or not all(0 <= n < 2**31 for n in point) for point in points):
        raise InputError(Place("evidence", field="strokes"), "the signature is none", "sign again")
