"""Uploads that wait for a decision: what an operator handed in at a page, until it is taken in or dropped.

    file     FOLDER/ID, readable by the hub's own user alone
    bytes    a line of JSON (id, holder, dataset, moment), nonce (12 bytes), then AES-256-GCM of name and file with that
             line as associated data

Must hold: an upload never lies at rest in the clear; it is its holder's alone, and for the dataset that it was handed
in for; it is gone when it was taken in or dropped, after `LASTS`, and whenever the pages are served anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umaya.stores.durable import TEMPORARY, make_folder, publish
from umaya.stores.secret import derived_key
from umaya.types.clock import Clock
from umaya.types.errors import InputError, NotFoundError, Place
from umaya.types.site import Actor

LASTS: Final = timedelta(hours=1)
MOST: Final = 3
"""So many uploads of one person may wait; a further one takes the place of the oldest."""
MAX_NAME: Final = 200
_NONCE: Final = 12


@dataclass(frozen=True)
class Upload:
    """A file that waits.

    Attributes:
        id: random; part of its address.
        name: as the operator's machine calls it, without folders.
        content: whole.
        until: when it is dropped.
    """

    id: str
    name: str
    content: bytes
    until: datetime


class Pendings:
    """Keeps uploads below one folder.

    Args:
        folder: within the vault's directory; made, for its owner alone, when first written to.
        secret: 32 bytes that the key is derived from.
        clock: the present.
        entropy: returns so many random bytes.
    """

    def __init__(self, folder: Path, secret: bytes, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._cipher = AESGCM(derived_key(secret, "pending-intake/v1"))
        self._clock = clock
        self._entropy = entropy

    def put(self, actor: Actor, dataset: str, name: str, content: bytes) -> str:
        """Keep a file until it is decided about; return its id.

        Raises:
            InputError: when the name is none, or there is nothing in the file.
        """
        name = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise InputError(Place("upload", field="file"), "the file has no name that can be kept", "rename it")
        if not content:
            raise InputError(Place("upload", field="file"), "the file is empty", "choose another")
        self.drop_expired()
        mine = sorted(
            (path for path in self._files() if self._head(path).get("actor") == actor.id),
            key=lambda path: float(str(self._head(path)["at"])),
        )
        for path in mine[: max(0, len(mine) - MOST + 1)]:
            path.unlink(missing_ok=True)
        upload = str(UUID(bytes=self._entropy(16), version=4))
        head = {"id": upload, "actor": actor.id, "dataset": dataset, "at": self._clock.now().timestamp()}
        said = json.dumps(head, sort_keys=True).encode()
        nonce = self._entropy(_NONCE)
        sealed = self._cipher.encrypt(nonce, json.dumps(name).encode() + b"\n" + content, said)

        def write(sink: IO[bytes]) -> None:
            sink.write(said + b"\n" + nonce + sealed)

        make_folder(self._folder, self._folder.parent)
        publish(self._folder / upload, write)
        return upload

    def get(self, actor: Actor, dataset: str, upload: str) -> Upload:
        """Return a file that waits; raises NotFoundError when there is none of the actor for the dataset."""
        self.drop_expired()
        path = self._path(upload)
        try:
            said, rest = path.read_bytes().split(b"\n", 1)
            opened = self._cipher.decrypt(rest[:_NONCE], rest[_NONCE:], said)
            head = json.loads(said)
        except (OSError, ValueError, InvalidTag) as error:
            raise NotFoundError("there is no such upload: it was taken in or dropped, or its hour is over") from error
        if (head["id"], head["actor"], head["dataset"]) != (upload, actor.id, dataset):
            raise NotFoundError("there is no such upload: it was taken in or dropped, or its hour is over")
        name, content = opened.split(b"\n", 1)
        return Upload(upload, str(json.loads(name)), content, datetime.fromtimestamp(head["at"], UTC) + LASTS)

    def drop(self, actor: Actor, dataset: str, upload: str) -> None:
        """Remove a file; raises as `get`."""
        self.get(actor, dataset, upload)
        self._path(upload).unlink(missing_ok=True)

    def drop_expired(self) -> int:
        """Remove what waits for longer than it may; return how many were removed."""
        limit = (self._clock.now() - LASTS).timestamp()
        late = [path for path in self._files() if not limit < float(str(self._head(path).get("at", 0)))]
        for path in late:
            path.unlink(missing_ok=True)
        return len(late)

    def clear(self) -> None:
        """Remove everything, also what a crash left half written."""
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if not path.name.endswith(TEMPORARY)]

    def _path(self, upload: str) -> Path:
        try:
            return self._folder / str(UUID(upload))
        except ValueError as error:
            raise NotFoundError("there is no such upload") from error

    @staticmethod
    def _head(path: Path) -> dict[str, object]:
        """Return what a file says of itself in the clear: no name, no row; nothing where it is no upload."""
        try:
            with path.open("rb") as stream:
                head = json.loads(stream.readline(1000))
        except (OSError, ValueError):
            return {}
        return head if isinstance(head, dict) else {}
