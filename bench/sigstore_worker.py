"""Verifies inclusion proofs with sigstore's own function, in its side environment; prints proofs a second.

Run by ledger.py: `python sigstore_worker.py FILE`, a pickle of (size, root, [(body, index, hashes), ...]).
"""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from sigstore._internal.merkle import verify_merkle_inclusion  # type: ignore[import-not-found] # of the side environment

size, root, proofs = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 # written by the bench a moment ago
entries = [
    SimpleNamespace(
        _inner=SimpleNamespace(
            canonicalized_body=body,
            inclusion_proof=SimpleNamespace(log_index=index, tree_size=size, root_hash=root, hashes=hashes),
        )
    )
    for body, index, hashes in proofs
]
start = time.perf_counter()
for entry in entries:
    verify_merkle_inclusion(entry)
print(len(entries) / (time.perf_counter() - start))
