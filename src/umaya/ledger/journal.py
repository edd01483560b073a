"""The journal: appends that are published but whose files are not yet known to be flushed, and the one being written.

A file of byte strings, each behind its length (eight bytes, big-endian): first the tree head from which the journal
sets out, whose files are all flushed; then, for each append, its entries as a bundle and its signed tree head.
An append is durable once the journal is. A string cut short, and what follows a batch that its signed head does not
fit, was never acknowledged: the journal is flushed after each batch, so that only the last one can be torn.
"""

from __future__ import annotations

from dataclasses import dataclass

_LENGTH_BYTES = 8


@dataclass(frozen=True)
class Batch:
    """One append: its entries as a bundle, and the note of the tree head that covers them; not believed yet."""

    bundle: bytes
    note: bytes


def encode_base(note: bytes) -> bytes:
    """Return the opening of a journal that sets out from a published tree head."""
    return _length(note) + note


def encode_batch(bundle: bytes, note: bytes) -> bytes:
    """Return what an append adds to the journal."""
    return b"".join((_length(bundle), bundle, _length(note), note))


def parse(data: bytes) -> tuple[bytes, list[Batch]]:
    """Return the base of a journal and its whole batches; no base and none when it is empty or torn at its opening."""
    strings: list[bytes] = []
    at = 0
    while at + _LENGTH_BYTES <= len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        if at <= len(data):
            strings.append(data[start:at])
    if not strings or not strings[0]:  # a file that grew before its bytes came holds zeros
        return b"", []
    return strings[0], [Batch(*pair) for pair in zip(strings[1::2], strings[2::2], strict=False)]


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH_BYTES, "big")
