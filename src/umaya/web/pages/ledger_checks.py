"""Checks that the ledger's pages run: the whole ledger beside the request, one receipt, an older checkpoint.

Each is what the command line does (`umaya ledger verify`, `umaya receipt verify`), by the independent checkers where
there are such. What they find is said in words of the reader's language.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from umaya.hub import Hub
from umaya.ledger import CheckResult, Fault, check_ledger, load_vkey, verify_receipt
from umaya.ledger.check_receipt import NotProvedError, Proved, check_receipt
from umaya.ledger.checkpoint import open_checkpoint
from umaya.ledger.keys import Verifier
from umaya.ledger.merkle import verify_consistency
from umaya.ledger.proofs import Receipt
from umaya.types.errors import IntegrityError, NotFoundError
from umaya.types.site import Actor

KEPT = 20
"""Checks that are remembered."""

FINDINGS: Final = {
    "missing": re.compile(r"the file is missing|cannot be read|does not hold"),
    "changed-entry": re.compile(
        r"this is not the entry|not JSON|not in canonical form|unknown form|malformed|holds more"
    ),
    "forked": re.compile(r"was forked|forked history|not larger than|does not begin with the empty"),
    "rolled-back": re.compile(r"was rolled back"),
    "signature": re.compile(
        r"signed by another key|signature that does not fit|of another log|one written form|stray bits"
    ),
    "hashes": re.compile(r"not what the entries and their hashes give"),
    "stray": re.compile(r"does not belong to the log|lock file|something follows"),
    "journal": re.compile(r"append|tree head of the history|the unfinished"),
    "history": re.compile(r"does not hold the present checkpoint"),
    "bundle": re.compile(r"ends within an entry|belongs to tree head"),
}
"""What a finding of the checker means: key of words to how the checker says it; the first that fits."""
OTHER: Final = "other"


@dataclass(frozen=True)
class Finding:
    """A fault and which words say it."""

    fault: Fault
    words: str


def finding(fault: Fault) -> Finding:
    """Return a fault with its words."""
    return Finding(fault, next((key for key, form in FINDINGS.items() if form.search(fault.problem)), OTHER))


@dataclass
class Job:
    """A check of the whole ledger that runs.

    Attributes:
        done, total: entries proved, and how many there are.
        result: what was found, None while it runs.
        failed: what kept it from its end.
    """

    id: str
    actor: str
    done: int = 0
    total: int = 0
    result: CheckResult | None = None
    failed: Exception | None = None
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def findings(self) -> Sequence[Finding]:
        """Every fault, with its words."""
        return [] if self.result is None else [finding(fault) for fault in self.result.faults]

    def wait(self, seconds: float | None) -> None:
        """Wait for the end, so long at most; raise what kept it from its end."""
        self._ended.wait(seconds)
        if self.failed is not None:
            raise self.failed

    def run(self, hub: Hub, actor: Actor) -> None:
        """Check the whole ledger, and record that it was checked."""
        try:
            found = check_ledger(hub.directory / "ledger", _vkey(hub), progress=self._tell)
            hub.gate.audit.checked(actor, found)
            self.result = found
        except Exception as error:  # told to whoever waits
            self.failed = error
        finally:
            self._ended.set()

    def _tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class Jobs:
    """The checks of one process; the last ones are remembered.

    Args:
        hub: whose ledger is checked.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._jobs: dict[str, Job] = {}
        self._mutex = threading.Lock()

    def start(self, actor: Actor) -> Job:
        """Start a check, or return the one that this auditor has under way."""
        with self._mutex:
            running = next(
                (job for job in self._jobs.values() if job.actor == actor.id and not job._ended.is_set()), None
            )
            if running is not None:
                return running
            job = Job(str(uuid.uuid4()), actor.id)
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-KEPT]:
                del self._jobs[old]
        threading.Thread(target=job.run, args=(self._hub, actor), daemon=True).start()
        return job

    def find(self, actor: Actor, job: str) -> Job | None:
        """Return a check of this auditor's."""
        found = self._jobs.get(job)
        return found if found is not None and found.actor == actor.id else None


@dataclass(frozen=True)
class FileCheck:
    """What was found about a file that was handed in.

    Attributes:
        words: key of what is said.
        proved: of a person's receipt.
        entry: index that the file is about.
        size: of the tree that the file knew.
        steps: hashes of the consistency proof.
    """

    ok: bool
    words: str
    proved: Proved | None = None
    entry: int | None = None
    size: int | None = None
    steps: int | None = None


FILE_WORDS: Final = (
    "person-receipt",
    "entry-receipt",
    "consistent",
    "not-text",
    "not-proved",
    "rolled-back",
    "not-signed",
    "forked",
)
"""Keys of what is said about a file."""


def check_receipt_file(hub: Hub, data: bytes) -> FileCheck:
    """Check a receipt: a person's (by the independent checker), or a `tlog-proof` of an entry of this ledger."""
    if data.lstrip()[:1] == b"{":
        try:
            proved = check_receipt(data, _vkey(hub))
        except NotProvedError:
            return FileCheck(False, "not-proved")
        return FileCheck(True, "person-receipt", proved=proved, entry=proved.entry)
    try:
        text = data.decode()
        index = Receipt.parse(text).index
        verify_receipt(text, hub.ledger.entry_bytes(index), _vkey(hub))
    except UnicodeDecodeError:
        return FileCheck(False, "not-text")
    except (IntegrityError, NotFoundError):
        return FileCheck(False, "not-proved")
    return FileCheck(True, "entry-receipt", entry=index)


def check_checkpoint(hub: Hub, data: bytes) -> FileCheck:
    """Check that the tree of an older checkpoint is the beginning of the present one (RFC 6962, 2.1.2)."""
    verifier = Verifier.from_vkey(_vkey(hub))
    try:
        old = open_checkpoint(data.decode().replace("\r\n", "\n"), verifier)
    except UnicodeDecodeError:
        return FileCheck(False, "not-text")
    except IntegrityError:
        return FileCheck(False, "not-signed")
    present = open_checkpoint(hub.ledger.checkpoint(), verifier)
    if old.size > present.size:
        return FileCheck(False, "rolled-back", size=old.size)
    path = hub.ledger.consistency_proof(old.size, present.size)
    try:
        verify_consistency(old.size, old.root, present.size, present.root, path)
    except IntegrityError:
        return FileCheck(False, "forked", size=old.size)
    return FileCheck(True, "consistent", size=old.size, steps=len(path))


def _vkey(hub: Hub) -> str:
    return load_vkey(Path(hub.directory) / "keys" / "ledger.vkey")
