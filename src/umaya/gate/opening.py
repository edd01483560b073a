"""Opening: a use is decided, its decision recorded, and only then the vault opened for it.

Must hold: what is opened was permitted by a decision that is durably in the ledger; a refused use is in the ledger too;
words that are good for one use are spent in the transaction that decides on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyroaring import BitMap

from umaya.gate.alarms import alarm_kind, raise_alarm
from umaya.gate.catalogue import Dataset, find_party
from umaya.gate.conditions import Condition
from umaya.gate.judge import Judge, Judged
from umaya.gate.models import UsePeopleRow
from umaya.gate.own.index import index_use, take_slot
from umaya.gate.people import Consents
from umaya.gate.people.events import hold
from umaya.gate.person_rule import numbers
from umaya.gate.provision import Provided, record_provision
from umaya.gate.record import Act, Acts, NotRecordedError
from umaya.gate.series import add_window
from umaya.gate.use import Decision, Refusal, Use
from umaya.gate.use_record import UNKNOWN, decision_body, hashed, use_row
from umaya.gate.watch import Watch
from umaya.law import RuleBook, day_in_japan
from umaya.law.provision import RecordForm
from umaya.ledger.people_tree import people_root
from umaya.types.reasons import Reason
from umaya.vault import Mint, Opened, Vault


@dataclass(frozen=True)
class Begun:
    """A permitted use whose decision is recorded.

    Attributes:
        id: of the use.
        use: what was asked.
        decision: what permitted it.
        dataset: of the scheme.
        entry: index of the ledger entry.
        root: of the tree of the permitted people, as the entry has it; None for a dataset without a subject.
    """

    id: str
    use: Use
    decision: Decision
    dataset: Dataset
    entry: int
    root: bytes | None


class Opener:
    """Opens the vault of one gate.

    Args:
        acts: begins the deciding acts.
        judge: judges.
        consents: spends words.
        mint: the only one of the vault.
        vault: where the data lies.
        law: dated rules.
        secret: what people's keys are derived from.
        watch: stops a scheme whose condition failed.
    """

    def __init__(
        self,
        acts: Acts,
        judge: Judge,
        consents: Consents,
        mint: Mint,
        vault: Vault,
        law: RuleBook,
        secret: bytes,
        watch: Watch,
    ) -> None:
        self._acts = acts
        self._judge = judge
        self._consents = consents
        self._watch = watch
        self._mint = mint
        self._vault = vault
        self._law = law
        self._secret = secret

    def begin(self, use: Use) -> Begun | Refusal:
        """Decide a use and record the decision; `LEDGER_UNAVAILABLE` where it could not be recorded.

        A condition that refused it stops the scheme at once.
        """
        use_id = self._acts.new_id()
        try:
            outcome, failed = self._decide_and_record(use, use_id)
            if failed is not None:
                self._watch.stop_for_condition(use.scheme, failed)
        except NotRecordedError:
            return self.unrecorded(use, use_id)
        return outcome

    def unrecorded(self, use: Use, use_id: str) -> Refusal:
        """Return the refusal of a use that the ledger could not take."""
        now = self._acts.clock.now()
        rules = self._law.at(day_in_japan(now)).version
        decision = Decision(False, Reason.LEDGER_UNAVAILABLE, use.scheme, now, rules)
        return Refusal(use_id, Reason.LEDGER_UNAVAILABLE, decision, None)

    def open(self, begun: Begun) -> Opened:
        """Mint the grant of a recorded use and open the vault with it; errors as the vault and obligations raise."""
        decision, dataset = begun.decision, begun.dataset
        grant = self._mint.grant(
            use=begun.id,
            entry=begun.entry,
            scheme=decision.scheme,
            dataset=dataset.id,
            layout=dataset.layout,
            columns=decision.columns,
            window=decision.window,
            span=decision.span,
            area=decision.area,
            obligations=decision.obligations,
            people=None if decision.people is None else decision.people.permitted,
            matching=begun.use.matching,
        )
        return self._vault.open(grant)

    def _decide_and_record(self, use: Use, use_id: str) -> tuple[Begun | Refusal, Condition | None]:
        """Decide on one snapshot and record it.

        Of many people the snapshot is taken before the act begins, because hashing millions of them within it would
        keep every withdrawal waiting. The use as a whole is judged again inside. A word that is spent by its use is
        judged inside alone, where nobody else can spend it; so is a use that a condition counts, and one that tells
        counts, so that no other tells them at this moment.
        """
        with self._acts.database.reading() as session:
            judged = self._judge.judge(session, use, self._acts.clock.now())
        root = self._root(use_id, judged)
        with self._acts.begin() as act:
            again = self._judge.judge_whole(act.session, use, act.now)
            alone = again.spends or again.counts or again.in_series
            if alone:
                hold(act.session)
            if alone or judged.case is None or again.case is None or again.version != judged.version:
                judged = self._judge.judge(act.session, use, act.now)
                root = self._root(use_id, judged)
            return self._record(act, use, use_id, judged, root), judged.failed

    def _record(self, act: Act, use: Use, use_id: str, judged: Judged, root: bytes | None) -> Begun | Refusal:
        decision = judged.decision
        salt = act.entropy(16).hex()
        row = use_row(use, use_id, decision, salt)
        act.session.add(row)
        act.session.flush()
        actor = use.actor.id if judged.facts.actor is not None else UNKNOWN
        if decision.permitted and decision.people is not None:
            act.session.add(UsePeopleRow(use=use_id, permitted=decision.people.permitted.serialize()))
            if judged.spends and decision.topic is not None:
                self._consents.spend(act, actor, decision.topic, decision.people.permitted, use_id)
        if decision.permitted:
            self._record_provision(act, use_id, judged, root)
            if judged.in_series and judged.facts.recipient is not None:
                add_window(act.session, use_id, judged.facts.recipient.id, decision)
        touched = decision.people.permitted if decision.permitted and decision.people is not None else BitMap()
        slot = take_slot(act.session, touched)
        kind = "use.permitted" if decision.permitted else "use.refused"
        row.entry = act.record(kind, actor, decision_body(use_id, use, decision, salt, root))
        index_use(act.session, use_id, row.entry, touched, slot)
        alarming = alarm_kind(judged, by_number=use.people is not None)
        if alarming is not None:
            raise_alarm(act, self._acts.new_id(), alarming, judged, row)
        if decision.permitted and judged.dataset is not None:
            return Begun(use_id, use, decision, judged.dataset, row.entry, root)
        return Refusal(use_id, decision.reason, decision, row.entry)

    def _record_provision(self, act: Act, use_id: str, judged: Judged, root: bytes | None) -> None:
        """Make the records of third-party provision that the use owes; raises ConflictError where one is not whole."""
        scheme, facts = judged.facts.scheme, judged.facts
        if (
            scheme is None
            or facts.recipient is None
            or facts.dataset is None
            or scheme.document.provider == facts.recipient.id
        ):
            return
        document, people = scheme.document, judged.decision.people
        basis = self._law.at(day_in_japan(act.now)).bases[document.basis]
        provided = Provided(
            use=use_id,
            scheme=scheme.scheme,
            provider=find_party(act.session, document.provider),
            recipient=facts.recipient,
            ground=basis.provision,
            items=f"{facts.dataset.id}: {', '.join(judged.decision.columns)}",
            people="" if people is None or root is None else f"{len(people.permitted)} people, {hashed(root)}",
            acquired=f"{facts.dataset.title.ja} / {facts.dataset.title.en}",
            consent=""
            if facts.topic is None
            else f"{facts.topic.title.ja} / {facts.topic.title.en} ({facts.topic.id})",
            form=RecordForm.EACH if judged.decision.window is None else RecordForm.BATCH,
        )
        record_provision(act, provided)

    def _root(self, use_id: str, judged: Judged) -> bytes | None:
        people = judged.decision.people
        return None if people is None else people_root(numbers(people.permitted), use_id, self._secret)
