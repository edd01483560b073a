"""Intake: rows of a dataset into the vault.

Must hold: nothing is taken in that the catalogue does not know, and never My Number; personal data come in only under a
collection notice that holds on the day; a fault names file, row and field, never the value; by default all rows come in
or none; the same rows are not taken in twice; what was taken in is in the ledger with count, digest and notice.
"""

from umaya.gate.intake.batches import Arrived, Batch, Outcome, check_key
from umaya.gate.intake.derivations import Derivation, Derivations, Derived, Deriver, Derivers
from umaya.gate.intake.faults import FAULTS, Checked, check, conform
from umaya.gate.intake.files import FORMS, Read, read, typed
from umaya.gate.intake.live import LiveIntake, LiveWriter
from umaya.gate.intake.pending import Pendings, Upload
from umaya.gate.intake.taking import Intake, Preview, Taken

__all__ = [
    "FAULTS",
    "FORMS",
    "Arrived",
    "Batch",
    "Checked",
    "Derivation",
    "Derivations",
    "Derived",
    "Deriver",
    "Derivers",
    "Intake",
    "LiveIntake",
    "LiveWriter",
    "Outcome",
    "Pendings",
    "Preview",
    "Read",
    "Taken",
    "Upload",
    "check",
    "check_key",
    "conform",
    "read",
    "typed",
]
