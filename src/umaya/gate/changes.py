"""What a new version changes: for the reviewers, who review it anew while the old one stays in force."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from umaya.gate.conditions import Condition
from umaya.gate.scheme import SchemeDocument
from umaya.gate.schemes import SchemeRecord, SchemeVersion
from umaya.types.errors import NotFoundError


@dataclass(frozen=True)
class Change:
    """One thing that a document says otherwise.

    Attributes:
        key: path of the key; members of lists of names stand under their name: `fields.lon`.
        before, after: the value; None where it is absent.
    """

    key: str
    before: Any
    after: Any

    def __str__(self) -> str:
        """Return the change on one line: `+` added, `-` removed, `~` changed."""
        if self.before is None:
            return f"+ {self.key}: {_shown(self.after)}"
        if self.after is None:
            return f"- {self.key}: {_shown(self.before)}"
        return f"~ {self.key}: {_shown(self.before)} -> {_shown(self.after)}"


@dataclass(frozen=True)
class Comparison:
    """A version beside the one that it would replace.

    Attributes:
        before: number of the version in force or suspended, or else of the version before; None for the first.
        after: number of the version compared.
        changes: by key.
        without: conditions that stand with the version before and not with this one: each version gets its own.
    """

    scheme: str
    before: int | None
    after: int
    changes: tuple[Change, ...]
    without: tuple[Condition, ...]


def compare(record: SchemeRecord, version: int | None = None) -> Comparison:
    """Compare a version (None: the newest) with the one that it would replace, or raise NotFoundError."""
    after = next((one for one in reversed(record.versions) if version in {None, one.version}), None)
    if after is None:
        raise NotFoundError("the scheme has no such version")
    before = _replaced(record, after)
    if before is None:
        return Comparison(record.summary.id, None, after.version, (), ())
    without = tuple(condition for condition in before.conditions if condition not in after.conditions)
    found = changes(before.document, after.document)
    return Comparison(record.summary.id, before.version, after.version, found, without)


def changes(before: SchemeDocument, after: SchemeDocument) -> tuple[Change, ...]:
    """Return what a document says otherwise than another, by key."""
    old, new = (dict(_flat("", json.loads(document.canonical()))) for document in (before, after))
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return tuple(Change(key, old.get(key), new.get(key)) for key in keys)


def _replaced(record: SchemeRecord, after: SchemeVersion) -> SchemeVersion | None:
    earlier = [one for one in record.versions if one.version < after.version]
    standing = [one for one in earlier if one.state in {"approved", "suspended"}]
    found = standing or earlier
    return found[-1] if found else None


def _flat(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if isinstance(value, dict) and value and key != "area":
        for name, item in value.items():
            yield from _flat(f"{key}.{name}" if key else name, item)
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield from ((f"{key}.{item}", item) for item in value)
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        for at, item in enumerate(value):
            yield from _flat(f"{key}.{item['problem']}" if "problem" in item else f"{key}[{at}]", item)
    else:
        yield key, value


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
