"""Tokens of programs: OAuth 2.0 access tokens as JWT in `Authorization: Bearer`, under `/api/` alone (RFC 6750).

Responsible for who asks where a request carries a token; sessions are the door's. A token is believed after these steps
(RFC 9068, section 4); the numbers recur below:

(1) It names a provider of the settings that knows staff.
(2) Its signature is by a key of that provider and an algorithm of the list, and its type is `at+jwt`: an ID token, or
    a token of another use, is none.
(3) It is from this issuer, for this hub, now; it says whom it is about, which client it was given to, and its own id.
(4) It is not bound to a key (`cnf`): whoever must prove a key does so in ways that this hub does not know.
(5) Its subject has an account here. What the account may do is asked of the gate, at every request.

A request with a token and a session's cookie is neither. What a token holds is never repeated in messages or the log.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from fastapi import HTTPException
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umaya.api.sign_in.door import SESSION, Door, chosen
from umaya.api.sign_in.relying_party import RelyingParty
from umaya.api.sign_in.routes import Places
from umaya.gate.accounts import Identity
from umaya.types.errors import ForbiddenError, InputError, Place, UmayaError
from umaya.types.identity_provider import Audience
from umaya.web.site import SignInRequiredError, Visitor

ACTOR: Final = "Umaya-Actor"
"""Header that chooses whom to act as, where the token's holder may act as several."""
TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
MAX_TOKEN: Final = 8192
_LEEWAY_S: Final = 30
_API: Final = "/api/"
_MORE_THAN_ONE_WAY: Final = {"WWW-Authenticate": 'Bearer error="invalid_request"'}
_INVALID: Final = 'Bearer error="invalid_token"'


class WrongTokenError(SignInRequiredError):
    """The token does not hold."""


class Tokens:
    """Knows who asks with a token.

    Args:
        door: whose accounts and providers they are.
        places: the relying parties, which know the providers' keys.
        audiences: what a token for this hub may call it.
    """

    def __init__(self, door: Door, places: Places, audiences: Collection[str]) -> None:
        self._door = door
        self._places = places
        self._audiences = frozenset(audiences)

    async def visitor(self, request: Request) -> Visitor | None:
        """Return who asks: (1) to (5); None without a token.

        Raises:
            WrongTokenError: when the token does not hold.
            HTTPException: 400, when the request has more than one way to say who asks.
            InputError: when the holder may act as several and the request names none of them.
            ForbiddenError: when the holder has no account, or names somebody else.
            ProviderUnavailableError: when the provider's keys cannot be asked for.
        """
        given = request.headers.getlist("authorization")
        tokens = [one.partition(" ")[2].strip() for one in given if one.partition(" ")[0].lower() == "bearer"]
        if not tokens:
            return None
        if len(given) > 1 or self._door.cookies.read(request, SESSION):
            raise HTTPException(400, headers=_MORE_THAN_ONE_WAY)
        identity = await self._identity(request, tokens[0])
        return await run_in_threadpool(self._holder, identity, request.headers.get(ACTOR))

    async def _identity(self, request: Request, token: str) -> Identity:
        provider = self._door.providers.get(_issuer(token))
        if provider is None or provider.audience is not Audience.STAFF:  # (1)
            raise WrongTokenError("the token is of no provider of staff here")
        return Identity(provider.issuer, await subject_of(token, self._places.of(request, provider), self._audiences))

    def _holder(self, identity: Identity, name: str | None) -> Visitor:
        choices = tuple(self._door.accounts.actors(identity, programs=True))  # (5)
        if not choices:
            raise ForbiddenError("the token's holder has no account here")
        if name is None and len(choices) > 1:
            advice = f"name one in the header `{ACTOR}`"
            raise InputError(Place("request", field=ACTOR), "the token's holder may act as several", advice)
        actor = choices[0] if name is None else chosen(choices, name)
        if actor is None:
            raise ForbiddenError("the token's holder does not act so")
        return Visitor(actor=actor, choices=choices)


async def subject_of(token: str, party: RelyingParty, audiences: Collection[str]) -> str:
    """Return whom an access token is about: (2) to (4).

    Raises:
        WrongTokenError: when the token does not hold.
        ProviderUnavailableError: when the provider's keys cannot be asked for.
    """
    try:
        verified = await party.verified(token)
        if str(verified.header.get("typ", "")).lower() not in TYPES:  # (2)
            raise WrongTokenError("the token is no access token")
        return _checked(verified.claims, party.provider.issuer, audiences)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongTokenError("the token does not hold") from error


def _checked(claims: Mapping[str, Any], issuer: str, audiences: Collection[str]) -> str:
    """Return the subject: (3), (4)."""
    now = time.time()
    named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    moments = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
    if claims["iss"] != issuer or not any(name in audiences for name in named if isinstance(name, str)):
        raise WrongTokenError("the token is not for this hub")
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in moments):
        raise WrongTokenError("the token does not hold")
    expires, issued, starts = moments
    if not now < expires + _LEEWAY_S:
        raise WrongTokenError("the token's time is over")
    if max(issued, starts) > now + _LEEWAY_S:
        raise WrongTokenError("the token's time has not begun")
    if not all(isinstance(claims[name], str) and 0 < len(claims[name]) <= 255 for name in ("sub", "client_id", "jti")):
        raise WrongTokenError("the token does not say whose it is")
    if "cnf" in claims:  # (4)
        raise WrongTokenError("the token is bound to a key")
    return str(claims["sub"])


class Bearer:
    """Lets requests of the API be asked with a token. Stands where errors are answered without, and sessions within.

    Args:
        app: the application within.
        tokens: knows who asks.
        answer: turns an error into its response.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, answer: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self._tokens = tokens
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            visitor = await self._tokens.visitor(request)
        except (UmayaError, HTTPException) as error:
            response = self._answer(request, error)
            if isinstance(error, HTTPException):
                response.headers.update(error.headers or {})
            wrong = isinstance(error, WrongTokenError)
            await response(scope, receive, _challenging(send, _INVALID if wrong else "Bearer"))
            return
        if visitor is not None:
            request.state.visitor = visitor
        await self.app(scope, receive, _challenging(send, "Bearer"))


def _challenging(send: Send, challenge: str) -> Send:
    """Return a `send` that lets every 401 say how to ask (RFC 9110, section 11.6.1)."""

    async def sending(message: Message) -> None:
        is_start = message["type"] == "http.response.start" and message["status"] == 401
        if is_start and "www-authenticate" not in Headers(raw=message["headers"]):
            MutableHeaders(raw=message["headers"])["WWW-Authenticate"] = challenge
        await send(message)

    return sending


def _issuer(token: str) -> str:
    """Return which issuer a token names; nothing of it is believed yet."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or len(parts) != 3:
        raise WrongTokenError("the token is no JWT, or too long")
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError) as error:
        raise WrongTokenError("the token is no JWT, or too long") from error
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""
