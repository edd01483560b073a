"""What an auditor takes out of the ledger is recorded first, and proves itself."""

from __future__ import annotations

import pytest

from tests.gate.audit.conftest import AUDITOR, Audited
from tests.gate.lists import ACTORS, BANK, SCHEME
from umaya.gate import Refusal, Use
from umaya.gate.audit import Exported, trail_of
from umaya.gate.record import NotRecordedError
from umaya.ledger.check import CheckResult
from umaya.ledger.evidence_check import Archive, Step, read_zip
from umaya.ledger.search import Question
from umaya.types.errors import ForbiddenError, InputError, NotFoundError


def proved(exported: Exported) -> dict[str, str]:
    """Return what the checker says of an archive, by step."""
    steps: list[Step] = []
    Archive(read_zip(exported.data)).run(steps.append)
    return {step.name: step.en for step in steps}


def test_a_use_is_told_from_its_application_to_its_end(audited: Audited) -> None:
    release = audited.released()
    gate = audited.gate
    trail = trail_of(gate.uses.get(release.use), gate.schemes.get(SCHEME), audited.search)
    assert [step.act or step.kind for step in trail.steps] == [
        "submit",
        "privacy-check",
        "verify",
        "approve",
        "provision.recorded",
        "use.permitted",
        "use.released",
    ]
    assert [audited.ledger.entry(entry).actor for entry in trail.entries] == [step.actor for step in trail.steps]
    assert trail.version is not None
    assert trail.version.version == 1


def test_a_use_is_exported_and_proved(audited: Audited) -> None:
    release = audited.released()
    exported = audited.gate.audit.export_use(AUDITOR, release.use, audited.search)
    assert proved(exported)["course"] == "1 permitted uses, 1 closed, each after both locks"
    entry = audited.ledger.entry(exported.entry)
    assert (entry.kind, entry.actor) == ("evidence.exported", "auditor")
    assert entry.body == {
        "export": exported.export,
        "of": "use",
        "about": release.use,
        "entries": 7,
        "content": exported.digest,
    }
    files = read_zip(exported.data)
    assert sum(name.startswith("documents/") for name in files) == 1
    assert sum(name.startswith("receipts/") for name in files) == 1
    assert not any("満期の案内".encode() in data for data in files.values())


def test_a_refused_use_is_exported_too(audited: Audited) -> None:
    refusal = audited.gate.open(Use(ACTORS["seller"], SCHEME, "案内", None, fields=("balance", "no_such_field")))
    assert isinstance(refusal, Refusal)
    assert proved(audited.gate.audit.export_use(AUDITOR, refusal.use, audited.search))["receipts"].startswith("0 ")


def test_a_scheme_is_exported_with_every_use_and_receipt(audited: Audited) -> None:
    for _ in range(3):
        audited.released()
    told = proved(audited.gate.audit.export_scheme(AUDITOR, SCHEME, audited.search))
    assert told["course"] == "3 permitted uses, 3 closed, each after both locks"
    assert told["receipts"].startswith("3 receipts")


def test_a_search_is_exported_with_the_documents_that_it_names(audited: Audited) -> None:
    audited.released()
    exported = audited.gate.audit.export_search(AUDITOR, Question(kind="use.permitted", party=BANK), audited.search)
    told = proved(exported)
    assert told["documents"].startswith("1 scheme document")
    assert told["entries"].startswith("2 entries")


def test_nothing_found_is_nothing_exported(audited: Audited) -> None:
    size = audited.ledger.size
    with pytest.raises(InputError, match="nothing"):
        audited.gate.audit.export_search(AUDITOR, Question(kind="event.declared"), audited.search)
    with pytest.raises(NotFoundError):
        audited.gate.audit.export_use(AUDITOR, "x", audited.search)
    with pytest.raises(NotFoundError):
        audited.gate.audit.export_scheme(AUDITOR, "x", audited.search)
    assert audited.ledger.size == size


def test_only_auditors_take_evidence(audited: Audited) -> None:
    use = audited.released().use
    size = audited.ledger.size
    audit = audited.gate.audit
    for actor in (ACTORS["steward"], ACTORS["seller"], ACTORS["head"]):
        for act in (
            lambda who=actor: audit.export_use(who, use, audited.search),
            lambda who=actor: audit.export_scheme(who, SCHEME, audited.search),
            lambda who=actor: audit.export_search(who, Question(), audited.search),
            lambda who=actor: audit.open_alarms(who),
            lambda who=actor: audit.checked(who, CheckResult(1, "", 1, "", (), ())),
        ):
            with pytest.raises(ForbiddenError):
                act()
    assert audited.ledger.size == size


def test_what_cannot_be_recorded_does_not_leave(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    use = audited.released().use

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(audited.ledger, "append", full)
    with pytest.raises(NotRecordedError):
        audited.gate.audit.export_use(AUDITOR, use, audited.search)
    assert audited.gate.audit.checked(AUDITOR, CheckResult(1, "", 1, "", (), ())) is None


def test_open_alarms_are_counted_by_the_party_that_must_look(audited: Audited) -> None:
    audit = audited.gate.audit
    assert audit.open_alarms(AUDITOR) == {}
    audited.gate.open(Use(ACTORS["seller"], SCHEME, "案内", None, fields=("balance", "no_such_field")))
    assert audit.open_alarms(AUDITOR) == {BANK: 1}
    alarm = audited.gate.alarms.list(ACTORS["second-line"])[0]
    audited.gate.alarms.see(ACTORS["second-line"], alarm.id)
    assert audit.open_alarms(AUDITOR) == {}


def test_a_check_of_the_ledger_is_recorded(audited: Audited) -> None:
    entry = audited.gate.audit.checked(AUDITOR, CheckResult(40, "", 12, "", (), ()))
    assert entry is not None
    assert audited.ledger.entry(entry).body == {"size": 40, "heads": 12, "faults": 0}
