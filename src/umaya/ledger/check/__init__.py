"""The independent checker: proves a ledger's folder byte by byte with nothing of the writer's code.

Reads the folder and the verifier key, with the standard library and `cryptography` only; runs as
`python -m umaya.ledger.check HUB` too. What it proves, in this order:

1. `checkpoint` is in its one written form and signed by the key.
2. `checkpoints` holds every tree head in order, each signed by the key, and ends with `checkpoint`.
3. Every entry is canonical and in its place, every hash tile follows from the entries, and every tree head of the
   history is a prefix of the present tree; so a forked history, or a head taken out of it, is found.
4. Nothing else lies in the folder, and every partial tile that a signed head needs does.
5. A checkpoint that was kept elsewhere (`against`) is in the history: the log was not rolled back.

While `journal` holds appends, what it says of them must be what the log says; then, and only then, the partial tiles
that these appends filled may still be there, and so may the files that an append cut short was about to write, and
their bytes are proved too. A log that is written while it is read is read again under the writer's lock.

A long log is shared by the machine's cores (`ranges`), with the same answer. To read: `proof` has the stages in
order, `entries` and `tree` what an entry and a tile must be, `heads` the signatures.
Sources: RFC 6962, RFC 8785, C2SP `tlog-tiles`, `tlog-checkpoint`, `signed-note`.
"""

from __future__ import annotations

from umaya.ledger.check.faults import CheckResult, Fault
from umaya.ledger.check.proof import Progress, check_hub, check_ledger

__all__ = ["CheckResult", "Fault", "Progress", "check_hub", "check_ledger"]
