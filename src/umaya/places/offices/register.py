"""The register of offices of a hub: one JSON document, replaced as a whole. Not for counts of people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from umaya.places.offices.office import Office
from umaya.stores.durable import make_folder, publish
from umaya.types.errors import IntegrityError

FILE: Final = "offices.json"
_OFFICES: Final = TypeAdapter(list[Office])


@dataclass(frozen=True)
class Changes:
    """What a new list changes: ids of offices."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]


class OfficeRegister:
    """The offices of one hub.

    Args:
        directory: holds `offices.json`; made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def all(self) -> list[Office]:
        """Return every office ever listed, by id.

        Raises:
            IntegrityError: when the file is damaged.
        """
        file = self._directory / FILE
        if not file.exists():
            return []
        try:
            return _OFFICES.validate_json(file.read_bytes())
        except ValidationError as error:
            raise IntegrityError(f"`{file}` is not a list of offices") from error

    def on(self, day: date) -> list[Office]:
        """Return the offices that exist on a day, by id."""
        return [office for office in self.all() if office.open_on(day)]

    def changes(self, offices: Iterable[Office]) -> Changes:
        """Return what `put` would change."""
        old, new = ({one.office_id: one for one in several} for several in (self.all(), offices))
        return Changes(
            tuple(sorted(new.keys() - old.keys())),
            tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
            tuple(sorted(old.keys() - new.keys())),
        )

    def put(self, offices: Iterable[Office]) -> None:
        """Store a list in the place of the one before."""
        ordered = sorted(offices, key=lambda office: office.office_id)
        told = [one.model_dump(mode="json") | {"services": sorted(one.services)} for one in ordered]
        text = json.dumps(told, ensure_ascii=False, indent=1)
        make_folder(self._directory, self._directory)
        publish(self._directory / FILE, lambda sink: sink.write(text.encode()))
