"""What the checker finds, and where."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, where.

    Attributes:
        file: below the log's folder, or `against` for the checkpoint that was handed in.
        index: of the first entry that is concerned, or None.
        problem: one sentence.
    """

    file: str
    index: int | None
    problem: str

    def __str__(self) -> str:
        entry = "" if self.index is None else f": entry {self.index}"
        return f"{self.file}{entry}: {self.problem}"


class FaultError(Exception):
    """Ends a stage of the check with its first fault."""

    def __init__(self, file: str, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.fault = Fault(file, index, problem)


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        size: number of entries that the checkpoint names, 0 when it cannot be read.
        root: its root hash in base64, empty when it cannot be read.
        heads: number of signed tree heads, that of the empty tree included.
        key: name and id of the key, `name+hash`.
        faults: the first fault of each stage, none when the log is whole.
        notes: what is worth knowing and no fault, such as an append that a crash cut short.
    """

    size: int
    root: str
    heads: int
    key: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.faults

    def describe(self) -> str:
        """Return the result in words, one line for each fault or note."""
        if self.ok:
            first = (
                f"ledger whole: {self.size} entries, {self.heads} signed tree heads, root {self.root}, key {self.key}"
            )
        else:
            first = f"ledger NOT whole: {self.faults[0]}"
        return "\n".join([first, *(f"also: {fault}" for fault in self.faults[1:]), *(f"note: {n}" for n in self.notes)])

    def to_json(self) -> str:
        """Return the result as one JSON object."""
        return json.dumps({"ok": self.ok, **asdict(self)}, ensure_ascii=False)
