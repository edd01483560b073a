"""Entries: canonical (RFC 8785), of a known form, and nothing in them but references, digests, counts and times.

Proving that with a JSON parser costs more than all hashing. So whatever was proved once teaches a form: an exact
pattern in which every text may be any plain text and every number any whole number, and all else is as it was. What
matches the pattern has the same keys in the same order and nothing to escape: it is proved as the first one was.
"""

from __future__ import annotations

import json
import re
from typing import Any

from umaya.ledger.check.faults import FaultError

_MEMBERS = {"actor", "body", "head", "kind", "time", "v"}
_KIND = r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_PLAIN = r"[A-Za-z0-9._:/-]{1,128}"  # references, digests, times: never a space, never a text
_WHOLE = r"(?:0|-?[1-9][0-9]{0,15})"
_MAX_FORMS = 32


def split_bundle(data: bytes, file: str, first: int) -> list[bytes]:
    """Return the entries of a bundle whose first entry has the index `first`."""
    # SPEC: tlog-tiles "Entry bundles are sequences of big-endian uint16 length-prefixed log entries."
    entries: list[bytes] = []
    at, last = 0, len(data) - 1
    while at < last:
        start = at + 2
        at = start + (data[at] << 8 | data[at + 1])
        entries.append(data[start:at])
    if at != len(data):
        raise FaultError(file, "the bundle ends within an entry", first + len(entries) - (at > len(data)))
    return entries


def prove_entry(data: bytes, head: int, file: str, index: int) -> dict[str, Any]:
    """Prove an entry with the parser: canonical, of a known form, of this head, plain values only; return it."""
    try:
        entry = json.loads(data, parse_float=_no_number, parse_constant=_no_number)
        # Keys and texts are ASCII, so that sorting and escaping of RFC 8785 are those of the standard library.
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise FaultError(file, "the entry is not JSON of whole numbers", index) from error
    if canonical != data:
        raise FaultError(file, "the entry is not in canonical form", index)
    if not isinstance(entry, dict) or entry.keys() != _MEMBERS or entry["v"] != 1 or entry["v"] is True:
        raise FaultError(file, "the entry is of an unknown form", index)
    if entry["head"] != head:
        raise FaultError(file, f"the entry belongs to tree head {head} and names another", index)
    texts = (entry["kind"], _KIND), (entry["time"], _TIME), (entry["actor"], _PLAIN)
    if not all(isinstance(text, str) and re.fullmatch(form, text) for text, form in texts):
        raise FaultError(file, "the entry's kind, time or actor is malformed", index)
    if not isinstance(entry["body"], dict) or not all(_is_plain(value) for value in entry["body"].values()):
        raise FaultError(file, "the entry's body holds more than references, digests, counts and times", index)
    return entry


class Forms:
    """The forms of the entries that were proved so far, the last one first."""

    def __init__(self) -> None:
        self._known: list[re.Pattern[bytes]] = []

    def prove(self, entries: list[bytes], head: int, file: str, first: int) -> None:
        """Prove entries that follow each other under one tree head, the first of which has the index `first`."""
        number = b"%d" % head
        match = self._known[0].fullmatch if self._known else re.compile(rb"(?!)").fullmatch
        for index, data in enumerate(entries, first):
            found = match(data)
            if found is None or found[1] != number:
                match = self._find(data, number) or self._learn(prove_entry(data, head, file, index))

    def _find(self, data: bytes, number: bytes) -> Any:
        """Return the form of an entry after putting it first, or None."""
        for form in self._known:
            found = form.fullmatch(data)
            if found is not None and found[1] == number:
                self._known = [form, *(other for other in self._known if other is not form)]
                return form.fullmatch
        return None

    def _learn(self, entry: dict[str, Any]) -> Any:
        body = _form_of(entry["body"])
        text = rf'\{{"actor":"{_PLAIN}","body":{body},"head":([1-9][0-9]*),"kind":"{_KIND}","time":"{_TIME}","v":1\}}'
        form = re.compile(text.encode())
        self._known = [form, *(other for other in self._known if other != form)][:_MAX_FORMS]
        return form.fullmatch


def _form_of(value: object) -> str:
    """Return the pattern of all plain values that are written like this one."""
    if isinstance(value, dict):
        return r"\{" + ",".join(f"{re.escape(json.dumps(key))}:{_form_of(value[key])}" for key in sorted(value)) + r"\}"
    if isinstance(value, list):
        return r"\[" + ",".join(map(_form_of, value)) + r"\]"
    if isinstance(value, bool):
        return "(?:true|false)"
    return f'"{_PLAIN}"' if isinstance(value, str) else _WHOLE


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return re.fullmatch(_PLAIN, value) is not None
    if isinstance(value, list):
        return all(isinstance(item, str | int) and _is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(key) and type(count) is int for key, count in value.items())
    return isinstance(value, int)


def _no_number(text: str) -> object:
    raise ValueError(f"no whole number of {len(text)} letters")
