"""The gate: decides, records, opens the vault, releases. The one door.

Must hold: no data leaves before its use is durably in the ledger; a refused use is in the ledger too; where the ledger
cannot write, the caller gets nothing; only this class holds a mint of grants for its vault.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
from sqlalchemy.orm import Session

from umaya.gate.bodies import Bodies
from umaya.gate.catalogue import Catalogue, Dataset, is_id
from umaya.gate.decision import Facts, evaluate
from umaya.gate.digests import table_digest
from umaya.gate.events import Events
from umaya.gate.facts import gather
from umaya.gate.intake import Intake, Taken
from umaya.gate.models import UseRow
from umaya.gate.people import Consents, Measures, Merges, Projection, Topics
from umaya.gate.record import Act, Acts, LedgerLike, NotRecordedError, digest
from umaya.gate.review import Review
from umaya.gate.schemes import Schemes
from umaya.gate.statements import salted
from umaya.gate.use import Decision, Refusal, Release, Use
from umaya.gate.uses import Uses, UseState
from umaya.law import RULES, RuleBook, day_in_japan
from umaya.stores.database import Database
from umaya.types.clock import Clock
from umaya.types.reasons import Reason
from umaya.types.site import Actor
from umaya.vault import Factory, Grant, Mint, Obligations, Vault


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

    Attributes:
        catalogue: parties, actors, datasets.
        schemes: submitted documents.
        bodies: officers, and how each party takes part in the group's control.
        review: the two locks, and what watches over what is in force.
        events: declared disasters.
        uses: what was released and refused.
        projection: what people said and what protects them, as of now.
        topics: what people may consent to, and the texts they are shown.
        consents: given, withdrawn, looked up.
        measures: protective measures.
        merges: numbers that became one.
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
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._law = law
        self._obligations = Obligations(obligations)
        self._acts = Acts(database, ledger, clock, entropy)
        secret = entropy(32)
        self._mint = Mint(secret, clock, entropy)
        self._vault = Vault(vault_directory, secret, clock, self._obligations)
        self.catalogue = Catalogue(self._acts)
        self.schemes = Schemes(self._acts, self._obligations, law)
        self.bodies = Bodies(self._acts)
        self.review = Review(self._acts, self._obligations, law)
        self.events = Events(self._acts)
        self.uses = Uses(database)
        self.projection = Projection(database)
        self.topics = Topics(self._acts)
        self.consents = Consents(self._acts, self.projection)
        self.measures = Measures(self._acts, self.projection)
        self.merges = Merges(self._acts, self.projection)
        self._intake = Intake(self._acts, self._vault)

    def intake(self, actor: Actor, dataset: str, table: pa.Table, source: str) -> Taken:
        """Take rows of a dataset into the vault; see `Intake.take`."""
        return self._intake.take(actor, dataset, table, source)

    def decide(self, use: Use) -> Decision:
        """Return what `open` would decide now. Records nothing and releases nothing."""
        with self._database.reading() as session:
            return self._judge(session, use)[0]

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
        use_id = self._acts.new_id()
        try:
            decision, dataset, entry = self._decide_and_record(use, use_id)  # (1), (2)
        except NotRecordedError:
            return self._unrecorded(use, use_id)
        if not decision.permitted or dataset is None:
            return Refusal(use_id, decision.reason, decision, entry)
        try:
            data = self._vault.open(self._grant(use_id, entry, decision, dataset))  # (3), (4), (5)
            receipt = self._ledger.receipt(entry)
        except Exception:
            self._close_failed(use_id, entry)
            raise
        try:
            fingerprint = self._close_released(use_id, entry, data, receipt)  # (6)
        except NotRecordedError:
            return self._unrecorded(use, use_id)
        return Release(use_id, decision, data, entry, receipt, fingerprint)

    def _judge(self, session: Session, use: Use) -> tuple[Decision, Facts]:
        now = self._clock.now()
        facts = gather(session, use, self._obligations)
        return evaluate(use, facts, self._law.at(day_in_japan(now)), now), facts

    def _decide_and_record(self, use: Use, use_id: str) -> tuple[Decision, Dataset | None, int]:
        with self._acts.begin() as act:
            decision, facts = self._judge(act.session, use)
            row = _use_row(act, use, use_id, decision)
            act.session.add(row)
            actor = use.actor.id if facts.actor is not None else "unknown"
            kind = "use.permitted" if decision.permitted else "use.refused"
            row.entry = act.record(kind, actor, _decision_body(row, decision))
            return decision, facts.dataset, row.entry

    def _grant(self, use_id: str, entry: int, decision: Decision, dataset: Dataset) -> Grant:
        return self._mint.grant(
            use=use_id,
            entry=entry,
            scheme=decision.scheme,
            dataset=dataset.id,
            layout=dataset.layout,
            columns=decision.columns,
            window=decision.window,
            span=decision.span,
            area=decision.area,
            obligations=decision.obligations,
        )

    def _close_released(self, use_id: str, entry: int, data: pa.Table, receipt: str) -> str:
        fingerprint = table_digest(data)
        with self._acts.begin() as act:
            row = act.session.get_one(UseRow, use_id)
            row.state, row.closed_at = UseState.RELEASED.value, act.now
            row.rows, row.digest, row.receipt = data.num_rows, fingerprint, receipt
            body = {"use": use_id, "opened": entry, "rows": data.num_rows, "data": fingerprint}
            row.closing_entry = act.record("use.released", row.actor, body)
        return fingerprint

    def _close_failed(self, use_id: str, entry: int) -> None:
        try:
            with self._acts.begin() as act:
                row = act.session.get_one(UseRow, use_id)
                row.state, row.closed_at = UseState.FAILED.value, act.now
                row.closing_entry = act.record("use.failed", row.actor, {"use": use_id, "opened": entry})
        except NotRecordedError:
            return  # the use stays open in the records: nothing left

    def _unrecorded(self, use: Use, use_id: str) -> Refusal:
        now = self._clock.now()
        rules = self._law.at(day_in_japan(now)).version
        return Refusal(
            use_id, Reason.LEDGER_UNAVAILABLE, Decision(False, Reason.LEDGER_UNAVAILABLE, use.scheme, now, rules), None
        )


def _use_row(act: Act, use: Use, use_id: str, decision: Decision) -> UseRow:
    start, end = use.window or (None, None)
    return UseRow(
        id=use_id,
        actor=_reference(use.actor.id),
        scheme=_reference(use.scheme),
        version=decision.version,
        reason=decision.reason.value,
        stated_reason=use.reason,
        reason_salt=act.entropy(16).hex(),
        event=None if use.event is None else _reference(use.event),
        window_start=start,
        window_end=end,
        decided_at=decision.decided_at,
        state=(UseState.OPEN if decision.permitted else UseState.REFUSED).value,
        entry=0,
    )


def _decision_body(row: UseRow, decision: Decision) -> Mapping[str, object]:
    """Return what the ledger holds of a decision: references, digests, times."""
    body: dict[str, object] = {
        "use": row.id,
        "scheme": row.scheme,
        "version": decision.version,
        "document": decision.digest,
        "reason": decision.reason.value,
        "rules": decision.rule_version,
        "decided_at": decision.decided_at,
        "statement": salted(row.stated_reason, row.reason_salt),
        "event": row.event,
    }
    if row.window_start is not None and row.window_end is not None:
        body |= {"window_start": row.window_start, "window_end": row.window_end}
    if not decision.permitted:
        return body
    body |= {"dataset": decision.dataset, "fields": list(decision.columns)}
    if decision.span is not None:
        body |= {"span_start": decision.span[0], "span_end": decision.span[1]}
    if decision.area is not None:
        body["area"] = digest(decision.area.canonical())
    owed = [f"{step.name}:{digest(step.parameters.encode())[7:23]}" for step in decision.obligations]
    return body | {"obligations": owed}


def _reference(text: str) -> str:
    """Return an id as it may be stored; what has no form of an id was made up by the asker."""
    return text if is_id(text) else "not-an-id"
