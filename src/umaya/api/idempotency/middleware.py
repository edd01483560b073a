"""Looks at each changing request of the API that carries a key, before it is done and after."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umaya.api.idempotency.keys import Keys
from umaya.types.errors import InputError, Place, UmayaError
from umaya.types.site import Actor

HEADER: Final = "Idempotency-Key"
MAX_BODY: Final = 1_000_000
"""Octets of a body with a key at most; larger ones are data, which the gate knows by their digest."""
_KEY: Final = re.compile(r"[!-~]{1,64}")
_TELLS_OF_PEOPLE: Final = (
    "/api/v1/consents/state",
    "/api/v1/explain",
    "/api/v1/places",
    "/api/v1/uses",
    "/api/v1/webhooks",
)
"""What answers about people: never kept."""


class Idempotency:
    """Does an act once for each key of an actor. Stands where the session is known and errors are answered without.

    Args:
        app: the application within.
        keys: what was asked before.
        who: returns the actor of a request, or None.
        answer: turns an error into its response.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: Keys,
        who: Callable[[Request], Actor | None],
        answer: Callable[[Request, Exception], Response],
    ) -> None:
        self.app = app
        self._keys = keys
        self._who = who
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if _concerned(scope) else None
        if key is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            actor = await run_in_threadpool(self._who, request)
            if actor is None:
                await self.app(scope, receive, send)
                return
            await self._once(request, actor.id, key, send)
        except UmayaError as error:
            await self._answer(request, error)(scope, receive, send)

    async def _once(self, request: Request, actor: str, key: str, send: Send) -> None:
        if not _KEY.fullmatch(key):
            place = Place("request", field=HEADER)
            raise InputError(
                place, "the key is too long or not plain", "use up to 64 printable characters, e.g. a UUID"
            )
        body = await _read(request)
        path = request.url.path
        content = b"\0".join([request.method.encode(), path.encode(), request.url.query.encode(), body])
        before = await run_in_threadpool(self._keys.begin, actor, key, content)
        if before is not None:
            headers = {"Content-Type": "application/json", "Idempotency-Replayed": "true"}
            await Response(before.body, before.status, headers)(request.scope, request.receive, send)
            return
        kept = _Kept(send, keep=not path.startswith(_TELLS_OF_PEOPLE))
        try:
            await self.app(request.scope, _replayed(body, request.receive), kept.send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._settle, actor, key, kept)

    def _settle(self, actor: str, key: str, kept: _Kept) -> None:
        if kept.status is not None and 200 <= kept.status < 300:
            self._keys.settle(actor, key, kept.status, kept.body, kept.use)
        elif kept.status is not None and kept.status < 500:
            self._keys.forget(actor, key)
        # else nobody knows how it ended, and the key says so


class _Kept:
    """Hands an answer on, and keeps what may be kept of it."""

    def __init__(self, send: Send, *, keep: bool) -> None:
        self._send = send
        self._keep = keep
        self._parts: list[bytes] = []
        self.status: int | None = None
        self.use: str | None = None

    async def send(self, message: Message) -> None:
        """Hand a message on."""
        if message["type"] == "http.response.start":
            headers = Headers(raw=message["headers"])
            self.status, self.use = message["status"], headers.get("Umaya-Use")
            self._keep = self._keep and headers.get("content-type", "application/json") == "application/json"
        elif message["type"] == "http.response.body" and self._keep:
            self._parts.append(message.get("body", b""))
        await self._send(message)

    @property
    def body(self) -> str | None:
        return b"".join(self._parts).decode() if self._keep else None


def _concerned(scope: Scope) -> bool:
    changes = scope["type"] == "http" and scope["method"] in {"POST", "PUT", "PATCH", "DELETE"}
    return changes and scope["path"].startswith("/api/")


async def _read(request: Request) -> bytes:
    """Return the body, or raise InputError when it is too large for a key."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            place = Place("request", field=HEADER)
            raise InputError(place, "the body is too large for a key", "leave the key out: data is known by its digest")
        parts.append(part)
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
