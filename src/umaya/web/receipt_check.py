"""Checking a person's receipt as the person would at home: the checker's file, alone, in a Python of its own.

Shares nothing with the hub but the file: no package, no environment, no database. What the process prints is all that
is believed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

STEPS: Final = ("file", "signature", "entry", "people", "place", "whose")
"""What the checker proves, in its order."""
MAX_RECEIPT: Final = 1 << 20
"""Bytes of the longest receipt."""
_SECONDS: Final = 30


@dataclass(frozen=True)
class Checked:
    """What the checker said.

    Attributes:
        proved: whether all holds.
        failed: the step that did not hold, one of `STEPS`, or None.
        present: whether the person is among the people of the use; None where nothing is proved.
        whose: whether a person's key was handed in and fits.
    """

    proved: bool
    failed: str | None
    present: bool | None
    whose: bool

    def state(self, step: str) -> str:
        """Return `met`, `failed`, or `open`: not come to, or, without a key, whose receipt it is."""
        place, failed = STEPS.index(step), STEPS.index(self.failed) if self.failed else len(STEPS)
        if place >= failed:
            return "failed" if place == failed else "open"
        return "open" if step == "whose" and not self.whose else "met"


def checker_source() -> bytes:
    """Return the checker, one file of plain Python."""
    return (resources.files("umaya.ledger") / "check_receipt.py").read_bytes()


def check(receipt: bytes, vkey: str, key: bytes | None = None) -> Checked:
    """Run the checker on a receipt.

    Args:
        receipt: the file.
        vkey: the ledger's verifier key.
        key: the person's own, 32 bytes; None where whose the receipt is stays open.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder)
        command = [sys.executable, "-I", "-S", "check_receipt.py", "receipt.json", "--key", "ledger.vkey", "--json"]
        files = {"check_receipt.py": checker_source(), "receipt.json": receipt, "ledger.vkey": vkey.encode()}
        if key is not None:
            files["mine.key"] = key.hex().encode()
            command += ["--subject-key", "mine.key"]
        for name, data in files.items():
            (place / name).write_bytes(data)
        done = subprocess.run(  # noqa: S603 - our own file, with arguments of our own
            command, cwd=place, env={}, capture_output=True, check=False, timeout=_SECONDS
        )
        told = json.loads(done.stdout)
    if done.returncode == 0:
        return Checked(True, None, bool(told["present"]), bool(told["whose"]))
    return Checked(False, STEPS[max(int(told["step"]), 1) - 1], None, key is not None)
