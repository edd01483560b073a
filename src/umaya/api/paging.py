"""Pages of lists: a cursor is opaque to who reads it, and stays good however the list grows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query

from umaya.types.errors import InputError, Place

MOST: Final = 200
"""Items on a page at most."""

Item = TypeVar("Item")
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next` of the page before; the first page without it.")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Items on a page at most.")]


def cursor_of(key: str | int) -> str:
    """Return the cursor after the item of this key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str | None, kind: type[Item]) -> Item | None:
    """Return the key that a cursor carries, None without one.

    Raises:
        InputError: when it is none of ours.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        key = None
    if type(key) is not kind or (isinstance(key, int) and not 0 <= key < 2**53):
        place = Place("request", field="cursor")
        raise InputError(
            place, "the cursor is none of this list", "give `next` of the page before as it was, or leave it out"
        )
    return key


def after(items: Sequence[tuple[str, Item]], cursor: str | None, limit: int) -> tuple[list[Item], str | None]:
    """Return a page of what is at hand, sorted by its keys, and the cursor of the next one."""
    last = key_of(cursor, str)
    rest = sorted((pair for pair in items if last is None or pair[0] > last), key=lambda pair: pair[0])
    shown = rest[:limit]
    return [item for _, item in shown], cursor_of(shown[-1][0]) if len(rest) > limit else None
