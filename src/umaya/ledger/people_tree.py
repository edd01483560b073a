"""The people of one use as a Merkle tree: its root stands in the use's entry and names nobody, and each person can
be shown to be among them, or not.

A leaf is a person's key in this use, sixteen bytes that look random: unlike the person's key in any other use, and
the person's alone to recognise.

    subject key   SHA-256("usk1" || secret || person)          32 bytes; the hub's secret 32 bytes, person 4, big endian
    blinded key   SHA-256("ubk1" || subject key || use)[:16]   16 bytes; the use's UUID as its 16 bytes

Each message has one length and fits one block, so that nothing can be appended to it. The tree is that of RFC 6962
over the blinded keys in ascending order as bytes. Must always hold: ascending and none twice, because that is what
makes two neighbours proof that nothing lies between them; the same people give the same root in whatever order.
Evolution: other keys are other tags ("usk2"), other leaves another format of the receipt.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from umaya.engines.hashing import leaf_hashes, merkle_levels
from umaya.engines.hashing.keys import CHUNK, HASH_WORD, NUMBER_WORD, Keys, chunk_roots, in_order, twice_hashed
from umaya.engines.hashing.lanes import Octets, Words
from umaya.ledger.merkle import EMPTY_ROOT, leaf_hash

SECRET_BYTES = 32
KEY_BYTES = 16

_SUBJECT_TAG = b"usk1"
_BLINDED_TAG = b"ubk1"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def subject_key(secret: bytes, person: int) -> bytes:
    """Return the key that a person is given once and alone, 32 bytes: who has it recognises the person in every use.

    Args:
        secret: the hub's receipt secret, 32 bytes.
        person: the person's number, 0 up to 2**32 - 1.

    Raises:
        ValueError: when the secret has another length.
        OverflowError: when the number does not fit.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError("a receipt secret has 32 bytes")
    return sha256(_SUBJECT_TAG + secret + person.to_bytes(4, "big")).digest()


def blinded_key(subject: bytes, use_id: str) -> bytes:
    """Return the key of a person in one use, 16 bytes, from the person's subject key.

    Raises:
        ValueError: when the use's id is no UUID in its usual form.
    """
    return sha256(_BLINDED_TAG + subject + _use_bytes(use_id)).digest()[:KEY_BYTES]


def people_root(persons: NDArray[np.uint32], use_id: str, secret: bytes) -> bytes:
    """Return the root over the people of a use, without keeping the tree; a few microseconds for one person or none.

    Args and errors are those of `PeopleTree.of`.
    """
    if len(persons) > 1:
        return PeopleTree.of(persons, use_id, secret).root
    return lone_root(secret)(int(persons[0]), _use_bytes(use_id)) if len(persons) else EMPTY_ROOT


def lone_root(secret: bytes) -> Callable[[int, bytes], bytes]:
    """Return a function from a person's number and a use's UUID as bytes to the root over that person alone.

    Raises:
        ValueError: when the secret has another length.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError("a receipt secret has 32 bytes")
    opening = _SUBJECT_TAG + secret

    def root(person: int, use: bytes) -> bytes:
        subject = sha256(opening + person.to_bytes(4, "big")).digest()
        return leaf_hash(sha256(_BLINDED_TAG + subject + use).digest()[:KEY_BYTES])

    return root


@dataclass(frozen=True)
class ProvedLeaf:
    """One leaf with its way to the root.

    Attributes:
        index: zero-based.
        key: blinded key, 16 bytes.
        path: audit path, from the leaf's sibling up to the root's child.
    """

    index: int
    key: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class PersonProof:
    """That a person is among the people of a use, or is not.

    Attributes:
        key: the person's blinded key in this use.
        present: whether it is a leaf.
        leaves: that leaf; or those between which it would stand, one where it would stand first or last, none in a
            tree without leaves.
    """

    key: bytes
    present: bool
    leaves: tuple[ProvedLeaf, ...]


class PeopleTree:
    """The tree of the people of one use; see `of`.

    Attributes:
        root: 32 bytes; that of the empty tree for nobody.
        size: how many people.
    """

    def __init__(self, keys: Keys, use_id: str, secret: bytes) -> None:
        self._keys = keys
        self._use_id = use_id
        self._secret = secret
        self._levels = merkle_levels(chunk_roots(keys)) if len(keys) else []
        self.size = len(keys)
        self.root = self._levels[-1].tobytes() if self._levels else EMPTY_ROOT

    @classmethod
    def of(cls, persons: NDArray[np.uint32], use_id: str, secret: bytes) -> PeopleTree:
        """Return the tree of people, in at most 32 bytes of memory a person while it grows and 16 after that.

        Args:
            persons: (n) person numbers, none twice.
            use_id: id of the use, a UUID.
            secret: the hub's receipt secret, 32 bytes.

        Raises:
            ValueError: when a number stands there twice, the id is no UUID, or the secret has another length.
        """
        if len(secret) != SECRET_BYTES:
            raise ValueError("a receipt secret has 32 bytes")
        first = _block(_SUBJECT_TAG + secret + bytes(4), len(_SUBJECT_TAG) + SECRET_BYTES, NUMBER_WORD)
        second = _block(_BLINDED_TAG + bytes(32) + _use_bytes(use_id), len(_BLINDED_TAG), HASH_WORD)
        numbers = np.ascontiguousarray(persons, np.uint32)
        return cls(in_order(twice_hashed(numbers, first, second)), use_id, secret)

    def prove(self, person: int) -> PersonProof:
        """Return the proof that a person is in the tree, or that nobody with this number is."""
        key = blinded_key(subject_key(self._secret, person), self._use_id)
        at = bisect_left(range(self.size), key, key=self._key)
        if at < self.size and self._key(at) == key:
            return PersonProof(key, True, (self._leaf(at),))
        neighbours = range(max(at - 1, 0), min(at + 1, self.size))
        return PersonProof(key, False, tuple(self._leaf(index) for index in neighbours))

    def _key(self, index: int) -> bytes:
        return (int(self._keys[index, 0]) << 64 | int(self._keys[index, 1])).to_bytes(KEY_BYTES, "big")

    def _leaf(self, index: int) -> ProvedLeaf:
        chunk, place = divmod(index, CHUNK)
        keys = self._keys[chunk * CHUNK : (chunk + 1) * CHUNK].astype(">u8").view(np.uint8)
        leaves = leaf_hashes(keys.reshape(-1), np.arange(len(keys) + 1, dtype=np.int64) * KEY_BYTES)
        path = [*_siblings(merkle_levels(leaves), place), *_siblings(self._levels, chunk)]
        return ProvedLeaf(index, self._key(index), tuple(path))


def _siblings(levels: list[Octets], index: int) -> list[bytes]:
    """Return the hashes beside the way of one hash to the root of its levels."""
    beside = ((level, (index >> height) ^ 1) for height, level in enumerate(levels[:-1]))
    return [level[sibling].tobytes() for level, sibling in beside if sibling < len(level)]


def _block(message: bytes, hole: int, word: int) -> Words:
    """Return a message as its one padded block (FIPS 180-4, 5.1.1), having seen that the hole is where it is filled."""
    if hole != 4 * word or len(message) > 55:
        raise ValueError("the message is laid out in another way than it is hashed")
    padded = message + b"\x80" + bytes(55 - len(message)) + (8 * len(message)).to_bytes(8, "big")
    return np.frombuffer(padded, ">u4").astype(np.uint32)


def _use_bytes(use_id: str) -> bytes:
    if not _UUID.fullmatch(use_id):
        raise ValueError("the id of a use is a UUID in lower case")
    return bytes.fromhex(use_id.replace("-", ""))
