"""SHA-256 of many messages at once, compiled: rows, entries of a log, Merkle trees, and the keys of a use's people.

Eight messages are hashed side by side, one in each lane of a vector, and large work is split over the machine's
cores; the GIL is released. It pays from a few dozen messages on; one message is the business of `hashlib`.
Nothing here is of the ledger's form but RFC 6962's two prefixes, and nothing is fetched or kept.
"""

from __future__ import annotations

from umaya.engines.hashing.messages import leaf_hashes, sha256_rows
from umaya.engines.hashing.trees import merkle_levels, merkle_root

__all__ = ["leaf_hashes", "merkle_levels", "merkle_root", "sha256_rows"]
