"""The person's own view: looks that are recorded before they show anything, and withdrawals.

Must hold: whatever is read for a person is read within a look, and a look is in the ledger before it exists; nothing
that a look shows is about anybody else; a use of others and one that does not exist are answered alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np
from pyroaring import BitMap
from sqlalchemy.orm import Session

from umaya.gate.catalogue import HUB, find_actor
from umaya.gate.models import UseRow
from umaya.gate.own.index import Touch
from umaya.gate.own.proofs import Absence, Bundle, absences, is_absent, known_number
from umaya.gate.own.schemes import OwnScheme, own_schemes
from umaya.gate.own.topics import OwnTopic, own_topic, own_topics
from umaya.gate.own.uses import OwnUse, OwnUses, own_use, own_uses
from umaya.gate.people import Channel, Consents, Projection
from umaya.gate.people.words import check_person, numbers_of, root
from umaya.gate.receipts import PersonReceipts
from umaya.gate.record import Acts
from umaya.gate.use_record import hashed
from umaya.law import RuleBook, day_in_japan
from umaya.ledger.people_tree import people_root, subject_key
from umaya.types.errors import ConflictError, NotFoundError

PROGRAM_ID: Final = "my-page"
"""Id of the registered program that hands in what residents say on their own page."""


class Own:
    """Tells people about themselves.

    Args:
        acts: records looks.
        projection: what people said.
        held: returns everybody in a dataset.
        law: dated rules.
        consents: takes withdrawals.
        receipts: makes receipts.
        secret: what people's keys are derived from.
    """

    def __init__(
        self,
        acts: Acts,
        projection: Projection,
        held: Callable[[str], BitMap],
        law: RuleBook,
        consents: Consents,
        receipts: PersonReceipts,
        secret: bytes,
    ) -> None:
        self.acts = acts
        self.projection = projection
        self.held = held
        self.law = law
        self.receipts = receipts
        self.secret = secret
        self._consents = consents

    def look(self, person: int, page: str) -> Look:
        """Record that a person looks at a page about themselves, and return what they may see.

        In the ledger the person is the root of a tree that only they and the hub can tell.

        Args:
            person: number of the person who is signed in; one that was merged into another stands for that one.
            page: a reference, e.g. `uses`.

        Raises:
            InputError: when the number is none.
            NotRecordedError: when the ledger cannot write: then nothing is shown.
        """
        check_person(person)
        with self.acts.begin() as act:
            person = root(act.session, self.projection.now(act.session), person)
            look = self.acts.new_id()
            people = people_root(np.array([person], np.uint32), look, self.secret)
            act.record("person.informed", HUB, {"look": look, "page": page, "people": hashed(people)})
        return Look(self, person)

    def withdraw(self, person: int, topic: str) -> None:
        """Withdraw the consent of the person who is signed in, at once; where nothing was said, say no.

        Raises:
            NotFoundError: when there is no such topic.
            ConflictError: when the hub has no program registered that acts for residents.
            NotRecordedError: when the ledger cannot write: then nothing is withdrawn.
        """
        with self.acts.database.reading() as session:
            try:
                program = find_actor(session, PROGRAM_ID)
            except NotFoundError as error:
                raise ConflictError(f"no program `{PROGRAM_ID}` is registered: withdraw at a counter") from error
        self._consents.withdraw(program, person, topic, Channel.WEB)


class Look:
    """One recorded look of one person; everything is as of the moment it is asked.

    Args:
        own: of the gate.
        person: the number that stands for the person.
    """

    def __init__(self, own: Own, person: int) -> None:
        self._own = own
        self._person = person

    def schemes(self) -> list[OwnScheme]:
        """Return the schemes in force over data about people, those that may use the person's data first."""
        with self._own.acts.database.reading() as session:
            return self._schemes(session)

    def uses(self, limit: int = 20, before: int | None = None) -> OwnUses:
        """Return a page of the uses that were permitted for the person, latest first; see `own_uses`."""
        own = self._own
        with own.acts.database.reading() as session:
            return own_uses(session, own.acts.ledger, own.law, numbers_of(session, self._person), limit, before)

    def use(self, use: str) -> OwnUse:
        """Return a use that was permitted for the person.

        Raises:
            NotFoundError: when it was not, and when there is none of this id.
        """
        own = self._own
        with own.acts.database.reading() as session:
            number = known_number(session, numbers_of(session, self._person), use)
            if number is None:
                raise NotFoundError("there is no such use of your data")
            entry = session.get_one(UseRow, use).entry
            return own_use(session, own.acts.ledger, own.law, Touch(entry, use, number))

    def topics(self) -> list[OwnTopic]:
        """Return the topics that concern the person; see `own_topics`."""
        own = self._own
        with own.acts.database.reading() as session:
            return own_topics(session, own.held, self._person, self._schemes(session), self._today())

    def topic(self, topic: str) -> OwnTopic:
        """Return one topic as it concerns the person; raises NotFoundError where there is none of this id."""
        with self._own.acts.database.reading() as session:
            return own_topic(session, topic, self._person, self._schemes(session), self._today())

    def absences(self, scheme: str, limit: int = 20) -> list[Absence]:
        """Return the newest uses of a scheme that the person can prove not to be in; see `proofs`."""
        with self._own.acts.database.reading() as session:
            return absences(session, numbers_of(session, self._person), scheme, limit)

    def proof(self, use: str) -> Bundle:
        """Return receipt and key of a use that was permitted for the person.

        Raises:
            NotFoundError: when it was not, and when there is none of this id.
            IntegrityError: when what is stored of it does not lead to the root in its entry.
        """
        with self._own.acts.database.reading() as session:
            number = known_number(session, numbers_of(session, self._person), use)
        if number is None:
            raise NotFoundError("there is no such use of your data")
        return self._bundle(use, number)

    def proof_of_absence(self, scheme: str, use: str) -> Bundle:
        """Return receipt and key that prove that a use of a scheme was not permitted for the person.

        Raises:
            NotFoundError: when it was permitted, when the person's words do not say already that it was not, and when
                there is no such use of such a scheme.
            IntegrityError: when what is stored of it does not lead to the root in its entry.
        """
        with self._own.acts.database.reading() as session:
            absent = is_absent(session, numbers_of(session, self._person), scheme, use)
        if not absent:
            raise NotFoundError("there is no such use of your data")
        return self._bundle(use, self._person)

    def _bundle(self, use: str, number: int) -> Bundle:
        return Bundle(self._own.receipts.make(use, number), subject_key(self._own.secret, number))

    def _schemes(self, session: Session) -> list[OwnScheme]:
        own = self._own
        state, day = own.projection.now(session), self._today()
        return own_schemes(session, state, own.held, self._person, own.law.at(day), day)

    def _today(self) -> date:
        return day_in_japan(self._own.acts.clock.now())
