"""The gate: decides, records, opens the vault, releases. The one door.

Must hold: no data leaves before its use is durably in the ledger; a refused use is in the ledger too; where the ledger
cannot write, the caller gets nothing; only this class holds a mint of grants for its vault.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from umaya.gate.accounts import Accounts
from umaya.gate.alarms import Alarms
from umaya.gate.audit import AuditDesk
from umaya.gate.bodies import Bodies
from umaya.gate.breach.desk import BreachDesk
from umaya.gate.breach.telling import Telling
from umaya.gate.catalogue import Catalogue
from umaya.gate.collection import Collections
from umaya.gate.dry_check import DryCheck
from umaya.gate.emergency.desk import Emergencies
from umaya.gate.emergency.notify import Notifier, PagesOnly
from umaya.gate.events import Events
from umaya.gate.explain import Explanation, explanation
from umaya.gate.figures import Figures
from umaya.gate.intake import Derivations, Derivers, Intake, LiveIntake, Pendings
from umaya.gate.joint_use import Register, notice_in_force
from umaya.gate.judge import Judge
from umaya.gate.lineage import Lineage
from umaya.gate.monitoring.desk import Monitoring
from umaya.gate.opening import Opener
from umaya.gate.own import Own
from umaya.gate.pending import Agenda
from umaya.gate.people import Consents, Measures, Merges, Projection, Topics
from umaya.gate.people.counter import Counter
from umaya.gate.people.evidence import Evidences
from umaya.gate.people.evidence_files import EvidenceFiles
from umaya.gate.people.numbers import CustomerNumbers
from umaya.gate.point import Point, PointDecision
from umaya.gate.provision import PartyParticulars, Provisions
from umaya.gate.reach import Reach
from umaya.gate.receipts import PersonReceipts
from umaya.gate.record import Acts, LedgerLike, NotRecordedError
from umaya.gate.rehearsal import Rehearsal
from umaya.gate.release import Closing, Stream
from umaya.gate.retention import Retention
from umaya.gate.review import Review
from umaya.gate.rights import Rights
from umaya.gate.schemes import Schemes
from umaya.gate.subscriptions import Subscriptions
from umaya.gate.usable import Usable
from umaya.gate.use import Decision, Refusal, Release, Use
from umaya.gate.use_record import hashed
from umaya.gate.uses import Uses
from umaya.law import RULES, Language, RuleBook, day_in_japan
from umaya.ledger.people_tree import people_root, subject_key
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.errors import InputError, Place
from umaya.vault import Factory, Mint, Obligations, Vault


class Gate:
    """The gate of one hub.

    Args:
        database: migrated.
        ledger: where every use and act is recorded.
        vault_directory: where personal data lies; only this gate's vault reads it.
        obligations: name to factory, for every obligation that the hub can meet.
        clock: the present.
        law: dated rules; the packaged ones by default.
        entropy: returns so many random bytes, for ids, salts and grants.
        people_secret: 32 bytes that people's keys and receipts are derived from; kept as long as the hub. Without it
            they are derived from a secret that ends with the process.
        derivers: name to factory, for every engine that makes derived datasets as rows come in.

    Attributes:
        catalogue: parties, actors, datasets.
        collections: for which purpose data are collected, and what people are told.
        intake: rows into the vault.
        live_intake: rows into the vault as they arrive, batch by batch.
        derivations: datasets that are made of others as rows come in.
        retention: how long rows are kept, and the sweep.
        accounts: who may sign in.
        schemes: submitted documents.
        dry_check: what would be said to a document, before it is submitted.
        reach: which bases can carry a use.
        bodies: officers, and how each party takes part in the group's control.
        review: the two locks, and what watches over what is in force.
        rehearsal: which acts of the review would be taken from whom.
        agenda: what is to be done next with schemes, and by whom.
        figures: how often data was used, refused and consented to, and how many people a scheme could reach.
        events: declared disasters.
        emergency: raw data in a declared disaster, at once (break-glass).
        breach: cases of leaks, and their reports.
        telling: the people whom a leak concerns.
        uses: what was released and refused.
        projection: what people said and what protects them, as of now.
        topics: what people may consent to, and the texts they are shown.
        consents: given, withdrawn, looked up.
        evidence: forms and images that show what was said.
        counter: what a clerk took today.
        measures: protective measures.
        merges: numbers that became one.
        numbers: what each party calls a person.
        alarms: what the second line must look at.
        monitoring: what is unusual, and what the three lines do about it.
        subscriptions: which systems are told what the ledger records.
        own: what people are told about themselves.
        joint_use: notices of joint use.
        particulars: addresses and representatives of parties.
        provisions: records of third-party provision.
        audit: evidence taken out of the ledger, and what is open, for auditors.
        usable: what an officer may use now.
        rights: requests of people about the data that is held of them.
    """

    def __init__(
        self,
        database: Database,
        ledger: LedgerLike,
        vault_directory: Path,
        obligations: Mapping[str, Factory],
        clock: Clock,
        law: RuleBook = RULES,
        entropy: Callable[[int], bytes] = secrets.token_bytes,
        people_secret: bytes | None = None,
        notifier: Notifier | None = None,
        derivers: Derivers | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._law = law
        self._acts = Acts(database, ledger, clock, entropy)
        self._people_secret = entropy(32) if people_secret is None else people_secret
        made_of = Obligations(obligations)
        seal = entropy(32)
        vault = Vault(vault_directory, seal, clock, made_of)
        self.catalogue = Catalogue(self._acts)
        self.accounts = Accounts(self._acts)
        self.bodies = Bodies(self._acts)
        self.schemes = Schemes(self._acts, made_of, law)
        self.dry_check = DryCheck(self._acts, made_of, law)
        self.reach = Reach(self._acts, made_of, law)
        self.review = Review(self._acts, made_of, law, notice_in_force)
        self.rehearsal = Rehearsal(self._acts, made_of, law, notice_in_force)
        self.agenda = Agenda(self._acts, made_of, law, notice_in_force)
        self.events = Events(self._acts)
        self.emergency = Emergencies(self._acts, made_of, law, notifier or PagesOnly())
        self.uses = Uses(database)
        self.projection = Projection(database)
        self.figures = Figures(database, self.projection, clock, vault.people)
        self.topics = Topics(self._acts)
        self.consents = Consents(self._acts, self.projection)
        files = EvidenceFiles(vault_directory / "consent_evidence", self._people_secret, entropy)
        self.evidence = Evidences(self._acts, self.projection, files)
        self.counter = Counter(self._acts, self.consents)
        self.measures = Measures(self._acts, self.projection)
        self.merges = Merges(self._acts, self.projection)
        self.numbers = CustomerNumbers(self._people_secret)
        self.breach = BreachDesk(self._acts, law)
        self.telling = Telling(self._acts, self.breach, self.projection, self.numbers, self.open)
        self.subscriptions = Subscriptions(self._acts)
        self.alarms = Alarms(self._acts)
        self.monitoring = Monitoring(self._acts, self.numbers)
        self.joint_use = Register(self._acts, law)
        self.particulars = PartyParticulars(self._acts)
        self.provisions = Provisions(self._acts)
        self.audit = AuditDesk(self._acts, self.schemes, self.uses)
        self.usable = Usable(self._acts, self.schemes, self.events, law, made_of)
        self._judge = Judge(made_of, self.projection, vault.people, law, notice_in_force)
        mint = Mint(seal, clock, entropy)
        self.rights = Rights(self._acts, self.projection, mint, vault, vault_directory, self.numbers, law)
        self._opener = Opener(
            self._acts, self._judge, self.consents, mint, vault, law, self._people_secret, self.review
        )
        self._closing = Closing(self._acts, self._people_secret)
        self._receipts = PersonReceipts(database, ledger, self._people_secret)
        self.own = Own(
            self._acts, self.projection, vault.people, law, self.consents, self._receipts, self._people_secret
        )
        self._take_and_keep(vault, vault_directory, derivers or {})

    def _take_and_keep(self, vault: Vault, directory: Path, derivers: Derivers) -> None:
        """Set up what takes rows in, keeps them and lets them go."""
        uploads, acts = directory / "pending_intakes", self._acts
        self.intake = Intake(acts, vault)
        self.pending_intakes = Pendings(uploads, self._people_secret, acts.clock, acts.entropy)
        self.derivations = Derivations(acts, derivers)
        journals = directory / "live_intakes"
        self.live_intake = LiveIntake(acts, vault, self.derivations, journals, self._people_secret)
        self.lineage = Lineage(acts, self.schemes)
        self.retention = Retention(acts, vault)
        self.collections = Collections(acts)

    def decide(self, use: Use, person: int | None = None) -> Decision:
        """Return what `open` would decide now, for the people of the use or for one. Records and releases nothing."""
        if person is not None:
            use = replace(use, people=[person])
        with self._database.reading() as session:
            return self._judge.judge(session, use, self._clock.now()).decision

    def foresee(self, use: Use) -> Decision:
        """Return what `open` would decide now, for whoever asks, as `explain` does. Releases nothing.

        Counts of people who were named tell what these people said, so that is in the ledger before it is told.

        Raises:
            NotRecordedError: when the ledger cannot write; then nothing is told.
        """
        with self._database.reading() as session:
            judged = self._judge.judge(session, use, self._clock.now())
        if use.people is not None and judged.decision.people is not None:
            self._record_question(use, use.people, use.actor.id, judged.decision.version)
        return judged.decision

    def open(self, use: Use) -> Release | Refusal:
        """Carry a use from its decision to its release.

        (1) Decide. (2) Append the decision to the ledger, permitted or refused, durably. (3) Mint a grant.
        (4) The vault scans the permitted columns and rows, and (5) runs the obligations; nothing else reaches this
        method. (6) Append a second entry that closes the use, with row count and digest; then release.

        A crash after (2) leaves the entry and no data. A fault in (3) to (5) is raised after an entry that says so.

        Returns:
            The release, or a refusal with its reason; `LEDGER_UNAVAILABLE` when (2) or (6) could not be recorded.

        Raises:
            IntegrityError: when the scheme in force is not the document that was submitted.
            UmayaError, ValueError: as the obligations raise.
        """
        begun = self._opener.begin(use)  # (1), (2)
        if isinstance(begun, Refusal):
            return begun
        try:
            opened = self._opener.open(begun)  # (3), (4)
            data = opened.table()  # (5)
            receipt = self._ledger.receipt(begun.entry)
        except Exception:
            self._closing.failed(begun)
            raise
        try:
            return self._closing.release(begun, data, opened.delivered, receipt)  # (6)
        except NotRecordedError:
            return self._opener.unrecorded(use, begun.id)

    def stream(self, use: Use) -> Stream | Refusal:
        """Carry a use to its release batch by batch, in bounded memory; as `open`, but (6) follows the last batch.

        Every batch leaves after the decision was recorded; a stream that is not read to its end is closed as
        interrupted. Errors as `open`; once batches have left, they are raised from the iteration.
        """
        begun = self._opener.begin(use)
        if isinstance(begun, Refusal):
            return begun
        try:
            return Stream(begun, self._opener.open(begun), self._closing)
        except Exception:
            self._closing.failed(begun)
            raise

    def point(self, use: Use) -> Point:
        """Return what decides a use for one person after another.

        Raises:
            InputError: when the use names people.
        """
        if use.people is not None:
            raise InputError(Place("use", field="people"), "the use names people", "ask for them one by one")
        return Point(
            self._database, self._judge, self.consents, self._clock, self._people_secret, self._acts.entropy, use
        )

    def enter(self, point: Point, decisions: Sequence[PointDecision]) -> range:
        """Record decisions of a point, all of them durably or none; return the indices of their entries.

        Only then may what they permit happen. A condition that refused one of them stops the scheme at once.

        Raises:
            NotRecordedError: when the ledger cannot write.
            ConflictError: when one is another point's, or what it permits is permitted no longer (a word was withdrawn
                or used, a measure set, the scheme stopped since): decide again.
        """
        with self._acts.begin() as act:
            entries = point.enter(act, decisions)
        failed = point.failed_by(decisions)
        if failed is not None:
            self.review.stop_for_condition(point.use.scheme, failed)
        return entries

    def explain(self, use: Use, person: int, language: Language) -> Explanation:
        """Return why a use of one person's data is permitted or refused now, in words, for the actor of the use.

        What a person said is their data too: where it is looked at, that is in the ledger before anything is told.

        Raises:
            NotRecordedError: when the ledger cannot write; then nothing is told.
        """
        now = self._clock.now()
        with self._database.reading() as session:
            judged = self._judge.judge_for_one(session, use, now)
            actor = judged.facts.actor
            protector = actor is not None and self.measures.shown_to(session, actor, person)
        if judged.case is not None and actor is not None:
            self._record_question(use, [person], actor.id, judged.decision.version)
        return explanation(judged, person, self._law.at(day_in_japan(now)), language, protector=protector)

    def _record_question(self, use: Use, people: Iterable[int], actor: str, version: int | None) -> None:
        """Record that somebody asked about people, each of whom only they and the hub can recognise in the entry."""
        question = self._acts.new_id()
        root = people_root(np.fromiter(people, np.uint32), question, self._people_secret)
        body = {"question": question, "scheme": use.scheme, "version": version, "people": hashed(root)}
        with self._acts.begin() as act:
            act.record("person.explained", actor, body)

    def person_receipt(self, use: str, person: int) -> bytes:
        """Return the receipt file that proves to one person whether a use reached them; see `PersonReceipts.make`."""
        return self._receipts.make(use, person)

    def person_key(self, person: int) -> bytes:
        """Return the key by which a person recognises their own receipts, 32 bytes; for that person alone."""
        return subject_key(self._people_secret, person)
