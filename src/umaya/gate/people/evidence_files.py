"""The bytes of evidence at rest: content-addressed, encrypted, readable by the hub's own user alone.

    form     FOLDER/ab/HEX, named by the SHA-256 of its content
    image    FOLDER/ab/HEX.image, beside the form that holds its digest
    bytes    nonce (12 bytes), then AES-256-GCM of the content with the file's name as associated data

Must hold: a file is whole under its name or not there; what is read is what was written, or IntegrityError is raised.
Who may read is not known here: `Evidences` asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from umaya.gate.record import digest
from umaya.stores.durable import make_folder, publish, sync_folder
from umaya.stores.secret import derived_key
from umaya.types.errors import IntegrityError

_NONCE: Final = 12


class EvidenceFiles:
    """Evidence below one folder.

    Args:
        folder: made when first written to.
        secret: 32 bytes that the key is derived from.
        entropy: returns so many random bytes.
    """

    def __init__(self, folder: Path, secret: bytes, entropy: Callable[[int], bytes]) -> None:
        self._folder = folder
        self._cipher = AESGCM(derived_key(secret, "evidence/v1"))
        self._entropy = entropy

    def put(self, form: bytes, image: bytes | None = None) -> str:
        """Keep a form durably, and the image that goes with it; return the form's digest."""
        name = digest(form)
        for content, path in ((image, self._image(name)), (form, self._form(name))):
            if content is not None:
                make_folder(path.parent, self._folder)
                publish(path, partial(_write, self._sealed(content, path.name)))
        return name

    def form(self, name: str) -> bytes:
        """Return the form of this digest; raises IntegrityError when it is not what was written, or gone."""
        return self._read(self._form(name))

    def image(self, name: str) -> bytes:
        """Return the image that goes with the form of this digest; raises as `form`."""
        return self._read(self._image(name))

    def erase(self, name: str) -> None:
        """Remove the form of this digest and its image, if they are there."""
        for path in (self._form(name), self._image(name)):
            if path.exists():
                path.unlink()
                sync_folder(path.parent)

    def _sealed(self, content: bytes, name: str) -> bytes:
        nonce = self._entropy(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, name.encode())

    def _read(self, path: Path) -> bytes:
        try:
            sealed = path.read_bytes()
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], path.name.encode())
        except (OSError, InvalidTag, ValueError) as error:
            raise IntegrityError("kept evidence is damaged or missing") from error

    def _form(self, name: str) -> Path:
        number = name.removeprefix("sha256:")
        return self._folder / number[:2] / number

    def _image(self, name: str) -> Path:
        return self._form(name).with_suffix(".image")


def _write(content: bytes, sink: IO[bytes]) -> None:
    sink.write(content)
