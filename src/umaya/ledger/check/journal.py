"""The writer's journal: the last appends once more, of which at most one, the last, may not be published yet.

A file of byte strings, each behind its length (eight bytes, big-endian): a tree head of the history, then for each
append after it the entries as a bundle and the tree head. What follows the last whole append is torn.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Journal:
    """A journal, taken apart.

    Attributes:
        base: note of the tree head that it sets out from, empty when the journal is empty or torn at its opening.
        batches: bundle and note of each append.
        rest: the torn remainder.
    """

    base: bytes
    batches: list[tuple[bytes, bytes]]
    rest: bytes


def take_apart(data: bytes) -> Journal:
    """Return the parts of a journal; nothing of them is believed yet."""
    strings: list[bytes] = []
    ends = [0]
    at = 0
    while at + 8 <= len(data):
        start = at + 8
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            break
        strings.append(data[start:at])
        ends.append(at)
    if not strings or not strings[0]:
        return Journal(b"", [], data)
    batches = list(zip(strings[1::2], strings[2::2], strict=False))
    return Journal(strings[0], batches, data[ends[1 + 2 * len(batches)] :])
