"""The address index of a hub: opened when it is first asked for, and anew when it was replaced.

A hub needs none. Where there is none, or it cannot be used, whoever asks is told so, with the command that makes one;
what is wrong with it is `umaya places`'s to say.
"""

from __future__ import annotations

import threading
from pathlib import Path

from umaya.places.addresses.lookup import Lookup, open_lookup
from umaya.places.addresses.store import MANIFEST
from umaya.types.errors import ConflictError, InputError, IntegrityError

COMMAND = "umaya places index --registry REGISTRY --out HUB/places/addresses"
"""What makes an index; REGISTRY is the folder of the registry's files, HUB the hub's."""


class NoAddressIndexError(ConflictError):
    """The hub has no address index that can be used."""


class AddressBook:
    """The place where a hub's address index lies.

    Args:
        directory: the folder that `umaya places index` wrote, or will write.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._open: tuple[tuple[int, int], Lookup] | None = None

    def lookup(self) -> Lookup:
        """Return the open index.

        Raises:
            NoAddressIndexError: when there is none, it is of another version, or it is not whole.
        """
        with self._lock:
            try:
                found = (self.directory / MANIFEST).stat()
                which = (found.st_ino, found.st_mtime_ns)
                if self._open is None or self._open[0] != which:
                    self._open = (which, open_lookup(self.directory))
                return self._open[1]
            except (OSError, InputError, IntegrityError) as error:
                self._open = None
                raise NoAddressIndexError(
                    f"this hub has no address index that can be used: make one with `{COMMAND}`"
                ) from error
