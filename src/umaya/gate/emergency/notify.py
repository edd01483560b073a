"""Telling people at once: what is told, and by which way. No names, no words of the requester, no data.

A way that fails never stops an emergency: that it failed is kept, and the warning stands on the pages all the same.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Notification:
    """What one person is told.

    Attributes:
        to: id of the actor.
        subject: what happened: `emergency.opened`, `emergency.ended`, `emergency.reviewed`.
        about: id of the opening.
        path: of the page that tells more.
        at: when it happened.
    """

    to: str
    subject: str
    about: str
    path: str
    at: datetime


class Notifier(Protocol):
    """A way to reach people."""

    def notify(self, warning: Notification) -> None:
        """Hand a warning over; raise OSError where that fails."""
        ...


class MemoryNotifier:
    """Keeps what it is told, for tests.

    Attributes:
        told: in order.
    """

    def __init__(self) -> None:
        self.told: list[Notification] = []

    def notify(self, warning: Notification) -> None:
        self.told.append(warning)


class PagesOnly:
    """Reaches nobody and says so: the pages alone tell, and each warning stands there as not sent."""

    def notify(self, warning: Notification) -> None:
        raise OSError(f"no way to reach anybody is set, so `{warning.subject}` is told by the pages")


class Spool:
    """Leaves each warning as a file of its own in a folder, from which a mailer or pager of the site takes it.

    A file is whole from the moment it has its name, `TIME-ABOUT-TO.json`.

    Args:
        folder: made when first needed, for the hub's own user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def notify(self, warning: Notification) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{warning.at:%Y%m%dT%H%M%S}-{warning.about}-{warning.to}.json"
        fresh = self._folder / f".{name}"
        text = json.dumps(asdict(warning) | {"at": warning.at.isoformat()}, indent=1)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as sink:
            sink.write(text + "\n")
        fresh.replace(self._folder / name)
