"""Limits on how often one asks: sign-ins, look-ups of people, calls of the JSON API; and on how much one hands in.

A bucket of tokens for each asker: it holds as many as the settings allow a minute and is filled at that rate. Whoever
is signed in is counted as that actor or resident, whatever sessions they have; others by address (an IPv6 network of 64
bits is one). Kept in memory: every process of a hub counts for itself, and starts anew with full buckets.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Final

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umaya.hub import Settings
from umaya.types.errors import TooManyError
from umaya.web.site import WebSite

API: Final = "/api/"
SIGN_IN: Final = ("/sign-in/", "/acting-for", "/demo-identity/{audience}/authorize")
"""What begins or ends at the sign-in of somebody; the list of providers costs nothing."""
LOOK_UPS: Final = ("/api/v1/consents/state", "/api/v1/explain", "/counter")
"""What is asked of one person after another. A route is named by its path or by how it begins."""
_KEPT: Final = 20_000
MEGABYTE: Final = 1 << 20
ORDINARY: Final = 16 * MEGABYTE
"""Octets of a body at most: of forms with an image, of documents, of lists of people."""
DATA: Final = ("/datasets", "/api/v1/datasets")
"""Where files of rows are handed in, whose size is a setting."""


class Buckets:
    """A bucket for each asker; those that asked longest ago are forgotten, and would be full again by then.

    Args:
        per_minute: how many a bucket holds, and gets in a minute.
        now: seconds that only grow.
    """

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60
        self._now = now
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, asker: str) -> None:
        """Take a token.

        Raises:
            TooManyError: when there is none.
        """
        with self._lock:
            now = self._now()
            tokens, at = self._held.pop(asker, (self._size, now))
            tokens = min(self._size, tokens + (now - at) * self._rate)
            enough = tokens >= 1
            self._held[asker] = (tokens - 1 if enough else tokens, now)
            if len(self._held) > _KEPT:
                self._held.popitem(last=False)
        if not enough:
            raise TooManyError(math.ceil((1 - tokens) / self._rate))


class BodyLimit:
    """Refuses bodies that are too large: by what they say of themselves, or where that is nothing, as they come in.

    Forms are read before anybody is asked who they are, so that this is the one limit on strangers.

    Args:
        app: the application within.
        megabytes: of a file of rows.
        answer: turns an error into its response.
    """

    def __init__(self, app: ASGIApp, megabytes: int, answer: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self._data = (megabytes + 1) * MEGABYTE  # a form is larger than its file
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = max(self._data, ORDINARY) if scope["path"].startswith(DATA) else ORDINARY
        stated = Headers(scope=scope).get("content-length", "")
        if stated.isdecimal() and int(stated) > most:
            await self._answer(Request(scope), HTTPException(413))(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


def limited(site: WebSite, settings: Settings) -> Callable[[Request], None]:
    """Return what every request depends on: it raises TooManyError when the asker asked too often."""
    sign_ins = Buckets(settings.sign_ins_per_minute)
    look_ups = Buckets(settings.look_ups_per_minute)
    calls = Buckets(settings.api_calls_per_minute)

    def limit(request: Request) -> None:
        path = getattr(request.scope.get("route"), "path", request.url.path)
        if path.startswith(SIGN_IN):
            sign_ins.take(address_of(request))
        if path.startswith(API):
            calls.take(_asker(site, request))
        if path.startswith(LOOK_UPS) and request.method == "POST":
            look_ups.take(_asker(site, request))

    return limit


def address_of(request: Request) -> str:
    """Return the network that a request comes from, as far as one asker may be told by it."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:  # a socket of this machine
        return host
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else host


def _asker(site: WebSite, request: Request) -> str:
    visitor = site.visitor(request)
    if visitor.actor is not None:
        return f"actor {visitor.actor.id}"
    if visitor.resident is not None:
        return f"person {visitor.resident.person}"
    return f"address {address_of(request)}"
