"""The journal of live intake: what arrived and is on its way into the vault, and the state of what is on its way.

    file     FOLDER/segment-TICK and FOLDER/state-TICK, TICK ten digits; readable by the hub's own user alone
    bytes    nonce (12), then AES-256-GCM with DATASET/NAME-OF-THE-FILE as associated data
    segment  length of the head (4, big-endian), head (JSON), rows (Arrow IPC stream)
    state    the engine's own bytes, after every segment up to its tick

Must hold: nothing of it lies at rest in the clear, and no file passes for another; a file is whole or not there, also
after a crash; a segment stays until a state covers it. Evolution: the key's purpose names the version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umaya.stores.durable import TEMPORARY, locked, make_folder, publish, sync_folder
from umaya.stores.secret import derived_key
from umaya.types.errors import IntegrityError

_NONCE: Final = 12
_SEGMENT, _STATE = "segment-", "state-"


@dataclass(frozen=True)
class Segment:
    """What arrived in one tick; `head` says from whom and under which ids, and holds no row."""

    tick: int
    head: Mapping[str, Any]
    rows: pa.Table


class Journal:
    """The journal of one dataset.

    Args:
        folder: made, for its owner alone, when the journal is first held.
        dataset: id.
        secret: 32 bytes that the key is derived from.
        entropy: returns so many random bytes.
    """

    def __init__(self, folder: Path, dataset: str, secret: bytes, entropy: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._dataset = dataset
        self._cipher = AESGCM(derived_key(secret, "live-intake/v1"))
        self._entropy = entropy

    def held(self) -> AbstractContextManager[None]:
        """Keep the journal to this process; raises BlockingIOError on entering while another has it."""
        make_folder(self._folder, self._folder.parent.parent)
        return locked(self._folder / "lock", shared=False, wait=False)

    def append(self, segment: Segment) -> int:
        """Keep a segment, durably; return how many bytes it takes."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, segment.rows.schema) as writer:
            writer.write_table(segment.rows)
        head = json.dumps(segment.head).encode()
        return self._write(
            f"{_SEGMENT}{segment.tick:010}", b"".join([len(head).to_bytes(4, "big"), head, sink.getvalue()])
        )

    def segments(self, after: int) -> Iterator[Segment]:
        """Yield the segments after a tick, in order; raises IntegrityError when one was changed or is missing."""
        ticks = [tick for tick in self._ticks(_SEGMENT) if tick > after]
        first = after + 1 if after >= 0 or not ticks else ticks[0]  # without a state those before it are forgotten
        for expected, tick in enumerate(ticks, first):
            if tick != expected:
                raise IntegrityError("a segment of the live intake's journal is missing")
            content = self._read(f"{_SEGMENT}{tick:010}")
            size = int.from_bytes(content[:4], "big")
            with pa.ipc.open_stream(content[4 + size :]) as stream:
                yield Segment(tick, json.loads(content[4 : 4 + size]), stream.read_all())

    def drop(self, tick: int) -> None:
        """Remove one segment that was not taken in, durably."""
        self._remove(_SEGMENT, [tick])

    def save(self, tick: int, state: bytes) -> int:
        """Keep a state, durably, then remove what it covers; return how many bytes it takes."""
        size = self._write(f"{_STATE}{tick:010}", state)
        self.forget(tick)
        self._remove(_STATE, [older for older in self._ticks(_STATE) if older < tick])
        return size

    def state(self) -> tuple[int, bytes] | None:
        """Return the newest state with its tick, or None; raises IntegrityError when it was changed."""
        ticks = self._ticks(_STATE)
        return (ticks[-1], self._read(f"{_STATE}{ticks[-1]:010}")) if ticks else None

    def state_name(self, tick: int) -> str:
        """Return where the state of a tick lies, from the directory that has the vault on."""
        return "/".join((*self._folder.parts[-3:], f"{_STATE}{tick:010}"))

    def forget(self, tick: int) -> None:
        """Remove the segments up to a tick, durably."""
        self._remove(_SEGMENT, [covered for covered in self._ticks(_SEGMENT) if covered <= tick])

    def sweep(self) -> None:
        """Remove what a crash left half written."""
        for path in self._folder.glob(f"*{TEMPORARY}"):
            path.unlink(missing_ok=True)

    def _remove(self, kind: str, ticks: Sequence[int]) -> None:
        for tick in ticks:
            (self._folder / f"{kind}{tick:010}").unlink(missing_ok=True)
        if ticks:
            sync_folder(self._folder)

    def _ticks(self, kind: str) -> list[int]:
        found = (path.name.removeprefix(kind) for path in self._folder.glob(f"{kind}*"))
        return sorted(int(name) for name in found if name.isdecimal())

    def _write(self, name: str, content: bytes) -> int:
        nonce = self._entropy(_NONCE)
        sealed = self._cipher.encrypt(nonce, content, f"{self._dataset}/{name}".encode())
        publish(self._folder / name, lambda sink: sink.writelines((nonce, sealed)))
        return len(sealed)

    def _read(self, name: str) -> bytes:
        content = (self._folder / name).read_bytes()
        try:
            return self._cipher.decrypt(content[:_NONCE], content[_NONCE:], f"{self._dataset}/{name}".encode())
        except (InvalidTag, ValueError) as error:
            raise IntegrityError("a file of the live intake's journal is not what was written") from error
