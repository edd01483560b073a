"""The people of a use as a tree: its bytes are pinned, every person can be shown to be in it or not, and never both."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.engines.hashing.keys import CHUNK
from umaya.ledger.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, node_hash, verify_inclusion
from umaya.ledger.people_tree import PeopleTree, PersonProof, blinded_key, people_root, subject_key
from umaya.types.errors import IntegrityError

SECRET = bytes(range(32))
USE = "3f2a8c1e-0b4d-4e6f-8a71-5c9d2e3f4a5b"
OTHER_USE = "00000000-0000-4000-8000-000000000001"

people = st.sets(st.integers(0, 2**32 - 1), max_size=40)


def tree_of(persons: Sequence[int], use: str = USE) -> PeopleTree:
    return PeopleTree.of(np.array(persons, np.uint32), use, SECRET)


def true_key(person: int, use: str = USE) -> bytes:
    """As the module's opening says, in so many words."""
    subject = sha256(b"usk1" + SECRET + person.to_bytes(4, "big")).digest()
    return sha256(b"ubk1" + subject + UUID(use).bytes).digest()[:16]


def true_root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(true_root(hashes[:split]), true_root(hashes[split:]))


def follows(proof: PersonProof, root: bytes, size: int) -> None:
    """Raise unless every leaf is in the tree, and they show what the proof says."""
    for leaf in proof.leaves:
        verify_inclusion(leaf_hash(leaf.key), leaf.index, size, leaf.path, root)
    keys, places = [leaf.key for leaf in proof.leaves], [leaf.index for leaf in proof.leaves]
    if proof.present:
        assert keys == [proof.key]
    elif len(keys) == 2:
        assert places[1] == places[0] + 1
        assert keys[0] < proof.key < keys[1]
    elif len(keys) == 1:
        assert (places[0] == 0 and proof.key < keys[0]) or (places[0] == size - 1 and keys[0] < proof.key)
    else:
        assert (size, root) == (0, EMPTY_ROOT)


def test_three_people_have_these_bytes() -> None:
    """Golden: whoever holds a subject key or a receipt relies on them."""
    assert subject_key(SECRET, 7).hex() == "6a175322420b583a659972c469093a48056bd4982ce6780189913ea05babcf2f"
    assert blinded_key(subject_key(SECRET, 7), USE).hex() == "29f15517f2c8d3bdb15a6b4219597065"
    tree = tree_of([7, 8, 4_000_000_000])
    assert tree.size == 3
    assert tree.root.hex() == "50a2b0851fd1be8d4faf950f0f27e6511c62095693da0b9face905c8079d9e22"
    proof = tree.prove(8)
    assert (proof.present, proof.leaves[0].index) == (True, 2)
    assert [hash_.hex() for hash_ in proof.leaves[0].path] == [
        "e4b3ed38c67f61d0daa207447090d43650f7955143c1bcbd2c3c0144274d5b5e"
    ]


def test_three_people_and_somebody_else() -> None:
    """Leaves stand in the order of their keys, and the fourth key lies between two of them or at an edge."""
    keys = sorted(true_key(person) for person in (7, 8, 9))
    a, b, c = (leaf_hash(key) for key in keys)
    tree = tree_of([7, 8, 9])
    assert tree.root == node_hash(node_hash(a, b), c)
    inside = {person: tree.prove(person) for person in (7, 8, 9)}
    assert sorted((proof.leaves[0].index, proof.key) for proof in inside.values()) == list(enumerate(keys))
    outside = tree.prove(10)
    assert not outside.present
    assert len(outside.leaves) in {1, 2}
    follows(outside, tree.root, 3)


def test_a_use_of_nobody() -> None:
    tree = tree_of([])
    assert (tree.root, tree.size) == (EMPTY_ROOT, 0)
    assert tree.prove(7) == PersonProof(true_key(7), False, ())


@settings(deadline=None)
@given(people, st.integers(0, 2**32 - 1))
def test_everybody_is_proved_in_or_out(persons: set[int], somebody: int) -> None:
    tree = tree_of(sorted(persons))
    for person in {*persons, somebody}:
        proof = tree.prove(person)
        assert proof.present == (person in persons)
        assert proof.key == true_key(person)
        follows(proof, tree.root, tree.size)


@settings(deadline=None)
@given(st.permutations(range(30)))
def test_the_order_of_the_people_does_not_matter(persons: list[int]) -> None:
    assert tree_of(persons).root == tree_of(range(30)).root


@pytest.mark.parametrize("count", [1, 2, 3, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1, 5 * CHUNK + 77, 20_000])
def test_root_and_paths_are_those_of_the_plain_tree(count: int) -> None:
    persons = [3 * number for number in range(count)]
    keys = sorted(map(true_key, persons))
    leaves = [leaf_hash(key) for key in keys]
    tree = tree_of(persons)
    assert (tree.root, tree.size) == (true_root(leaves), count)
    for index in {0, 1, count // 2, count // CHUNK * CHUNK, count - 2, count - 1} & set(range(count)):
        person = next(person for person in persons if true_key(person) == keys[index])
        (leaf,) = tree.prove(person).leaves
        assert (leaf.index, leaf.key) == (index, keys[index])
        assert list(leaf.path) == inclusion_path(index, count, lambda start, stop: true_root(leaves[start:stop]))


@pytest.mark.parametrize("count", [CHUNK, 2 * CHUNK + 1])
def test_absence_between_two_chunks(count: int) -> None:
    tree = tree_of(range(count))
    borders = 0
    for person in range(count, count + 3000):
        proof = tree.prove(person)
        follows(proof, tree.root, count)
        borders += bool(proof.leaves[0].index // CHUNK != proof.leaves[-1].index // CHUNK or len(proof.leaves) == 1)
    assert borders, "some key lies at an edge of a chunk"


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sets(st.integers(0, 99), min_size=1, max_size=20), st.integers(0, 99))
def test_a_flipped_bit_anywhere_in_a_proof_is_found(data: st.DataObject, persons: set[int], person: int) -> None:
    tree = tree_of(sorted(persons))
    leaf = data.draw(st.sampled_from(tree.prove(person).leaves))
    material = leaf.key + b"".join(leaf.path)
    at = data.draw(st.integers(0, 8 * len(material) - 1))
    changed = bytearray(material)
    changed[at // 8] ^= 1 << at % 8
    key, rest = bytes(changed[:16]), bytes(changed[16:])
    path = [rest[start : start + 32] for start in range(0, len(rest), 32)]
    with pytest.raises(IntegrityError):
        verify_inclusion(leaf_hash(key), leaf.index, tree.size, path, tree.root)
    for index in set(range(tree.size)) - {leaf.index}:
        with pytest.raises(IntegrityError):
            verify_inclusion(leaf_hash(leaf.key), index, tree.size, leaf.path, tree.root)


def test_keys_of_two_uses_have_nothing_in_common() -> None:
    here, there = tree_of([7, 8]), tree_of([7, 8], OTHER_USE)
    assert here.root != there.root
    assert {here.prove(person).key for person in (7, 8)}.isdisjoint(there.prove(person).key for person in (7, 8))


@pytest.mark.parametrize("count", [0, 1, 2, 63, 64, 300])
def test_the_root_alone(count: int) -> None:
    persons = np.arange(count, dtype=np.uint32)
    assert people_root(persons, USE, SECRET) == PeopleTree.of(persons, USE, SECRET).root


def test_a_person_cannot_stand_twice() -> None:
    with pytest.raises(ValueError, match="alike"):
        tree_of([7, 8, 7])


@pytest.mark.parametrize(
    "use", ["", "minase", USE.replace("-", ""), USE + "0", USE[:-1] + "g", USE.upper(), USE.replace("3f", " 3")]
)
def test_what_is_no_id_of_a_use_is_refused(use: str) -> None:
    for persons in ([7], [7, 8]):
        with pytest.raises(ValueError, match="UUID"):
            people_root(np.array(persons, np.uint32), use, SECRET)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(secret: bytes) -> None:
    for persons in ([7], [7, 8]):
        with pytest.raises(ValueError, match="32 bytes"):
            people_root(np.array(persons, np.uint32), USE, secret)
