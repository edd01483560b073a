"""The demonstration's identity provider: OpenID Connect without a password, for made-up people.

Two providers in one, at `/demo-identity/staff` and `/demo-identity/residents`: description, page where one chooses whom
to be, token, keys, end of session. The relying party talks to it as to any other, within the process. It opens the
account of whoever is chosen, as a console would have before.

Must hold: it cannot be made for a hub that is no demonstration. Codes live in memory, so one process serves a demo.
"""

from __future__ import annotations

import hmac
import secrets
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlencode

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core.util import create_half_hash
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from umaya.api.sign_in.relying_party import RelyingParty
from umaya.gate import Party
from umaya.gate.accounts import Identity
from umaya.gate.roles import PROGRAM
from umaya.hub import Hub, Settings
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, Place
from umaya.types.identity_provider import Audience, IdentityProvider
from umaya.types.site import Actor, Resident
from umaya.web.site import WebSite

PREFIX: Final = "/demo-identity"
NUMBERS: Final = "demo-identity"
"""Residents are called by numbers of a party of this name, so that no page shows the hub's own."""
_ISSUER: Final = "https://identity.demo.invalid/"
_CODE_LASTS_S: Final = 60.0
_TOKEN_LASTS_S: Final = 300

Residents = Callable[[Hub], Sequence[Any]]
"""Returns residents with `label` and `resident`, as `umaya.sample.residents`."""


@dataclass(frozen=True)
class Asked:
    """What the relying party asks for, checked (OpenID Connect Core 1.0, section 3.1.2.2)."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str


@dataclass
class DemoIdentity:
    """The provider's memory: its key, and the codes it gave out.

    Args:
        hub: a demonstration.
        residents: who may be chosen, besides staff.

    Raises:
        ForbiddenError: when the hub is none.
    """

    hub: Hub
    residents: Residents
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    )
    codes: dict[str, tuple[float, Audience, str, Asked]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.hub.settings.demo:
            raise ForbiddenError("a hub that is no demonstration has no identity provider of its own")

    def providers(self) -> list[IdentityProvider]:
        """Return what the settings would say of it."""
        return [
            IdentityProvider("staff", f"{_ISSUER}staff", "umaya", Audience.STAFF, *_STAFF, self.secret),
            IdentityProvider("residents", f"{_ISSUER}residents", "umaya", Audience.RESIDENTS, *_RESIDENTS, self.secret),
        ]

    def open_account(self, audience: Audience, subject: str) -> None:
        """Bind whoever is chosen, where nobody did before: staff by id, residents by their number here."""
        accounts, identity = self.hub.gate.accounts, Identity(f"{_ISSUER}{audience}", subject)
        try:
            if audience is Audience.RESIDENTS and accounts.person(identity) is None:
                accounts.bind(identity, person=self.hub.gate.numbers.person(NUMBERS, subject))
            if audience is Audience.STAFF and not accounts.actors(identity, programs=True):
                actor = self.hub.gate.catalogue.actor(subject)
                if PROGRAM not in actor.roles:
                    accounts.bind(identity, actor=actor.id)
        except (NotFoundError, InputError, ConflictError, ForbiddenError):
            return  # asserted all the same: such an identity has no account

    def program_token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return an access token for a program (RFC 6749, section 4.4), or None when anything does not fit.

        The program is its own client: its id, with the secret that everybody knows.
        """
        program, _, secret = _basic(authorization).partition(":")
        if form.get("grant_type") != "client_credentials" or secret != PROGRAM_SECRET:
            return None
        identity = Identity(f"{_ISSUER}staff", program)
        try:
            if PROGRAM not in self.hub.gate.catalogue.actor(program).roles:
                return None
            if not self.hub.gate.accounts.actors(identity, programs=True):
                self.hub.gate.accounts.bind(identity, actor=program)
        except (NotFoundError, InputError, ConflictError):
            return None
        now = int(time.time())
        claims = {
            "iss": identity.issuer,
            "sub": program,
            "client_id": program,
            "aud": audience_of(self.hub.settings),
            "iat": now,
            "exp": now + _TOKEN_LASTS_S,
            "jti": secrets.token_urlsafe(16),
        }
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": "at+jwt"}, claims, self.key)
        return {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LASTS_S}

    def code(self, audience: Audience, subject: str, asked: Asked) -> str:
        """Return a code for whom was chosen, to be used once and soon."""
        now = time.monotonic()
        self.codes = {code: kept for code, kept in self.codes.items() if now - kept[0] < _CODE_LASTS_S}
        code = secrets.token_urlsafe(32)
        self.codes[code] = (now, audience, subject, asked)
        return code

    def tokens(self, audience: Audience, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, or None when anything does not fit: client, code, address, verifier."""
        given, audience_of_code, subject, asked = self.codes.pop(form.get("code", ""), (0.0, audience, "", None))
        if asked is None or audience_of_code is not audience or time.monotonic() - given >= _CODE_LASTS_S:
            return None
        verifier = form.get("code_verifier", "")
        fits = (
            hmac.compare_digest(_basic(authorization).encode(), f"umaya:{self.secret}".encode()),
            form.get("grant_type") == "authorization_code",
            form.get("redirect_uri") == asked.redirect_uri,
            bool(verifier) and create_s256_code_challenge(verifier) == asked.challenge,
        )
        if not all(fits):
            return None
        access, now = secrets.token_urlsafe(32), int(time.time())
        claims = {
            "iss": f"{_ISSUER}{audience}",
            "sub": subject,
            "aud": "umaya",
            "iat": now,
            "exp": now + _TOKEN_LASTS_S,
            "nonce": asked.nonce,
            "at_hash": create_half_hash(access, "ES256").decode(),
        }
        id_token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)
        return {"access_token": access, "token_type": "Bearer", "expires_in": _TOKEN_LASTS_S, "id_token": id_token}


PROGRAM_SECRET: Final = "demo"  # noqa: S105 - it guards nothing
"""Of every program at this provider: all here is made up."""


def audience_of(settings: Settings) -> str:
    """Return what access tokens for a hub call it, whatever its public URL: its ledger's name as a URL."""
    return f"https://{settings.origin}"


_STAFF = ("架空の職員証（デモ）", "Made-up staff card (demonstration)")
_RESIDENTS = ("架空の住民アプリ（デモ）", "Made-up resident app (demonstration)")


def relying_party(app: ASGIApp) -> Callable[[IdentityProvider, str], RelyingParty]:
    """Return what makes the relying parties of a demonstration: they ask the application itself, without a socket."""
    transport = httpx2.ASGITransport(app=app)

    def made(provider: IdentityProvider, base: str) -> RelyingParty:
        described = f"{base}{PREFIX}/{provider.audience}/.well-known/openid-configuration"
        return RelyingParty(provider, f"{base}/sign-in/{provider.id}/callback", described, transport)

    return made


def router(identity: DemoIdentity, site: WebSite) -> APIRouter:
    """Return the provider's routes."""
    routes = APIRouter(prefix=f"{PREFIX}/{{audience}}")

    @routes.get("/.well-known/openid-configuration")
    def describe(request: Request, audience: Audience) -> Response:
        here = f"{str(request.base_url).rstrip('/')}{PREFIX}/{audience}"
        return JSONResponse(
            {
                "issuer": f"{_ISSUER}{audience}",
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys",
                "end_session_endpoint": f"{here}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "scopes_supported": ["openid"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    @routes.get("/keys")
    def keys(audience: Audience) -> Response:  # noqa: ARG001 - both providers sign with one key
        return JSONResponse(KeySet([identity.key]).as_dict(private=False))

    @routes.get("/authorize")
    def choose(request: Request, audience: Audience) -> Response:
        _asked(request, audience)
        people = _staff(identity.hub) if audience is Audience.STAFF else []
        residents = _residents(identity) if audience is Audience.RESIDENTS else []
        return site.page(request, "sign_in/demo.html", people=people, residents=residents, query=request.url.query)

    @routes.post("/authorize")
    def chosen(request: Request, audience: Audience, subject: Annotated[str, Form(max_length=64)]) -> Response:
        asked = _asked(request, audience)
        identity.open_account(audience, subject)
        code = identity.code(audience, subject, asked)
        back = {"code": code, "state": asked.state, "iss": f"{_ISSUER}{audience}"}
        return RedirectResponse(f"{asked.redirect_uri}?{urlencode(back)}", 303)

    @routes.post("/token")
    async def token(request: Request, audience: Audience) -> Response:
        async with request.form() as form:
            given = {key: value for key, value in form.items() if isinstance(value, str)}
        authorization = request.headers.get("authorization", "")
        tokens = identity.tokens(audience, given, authorization)
        if tokens is None and audience is Audience.STAFF:
            tokens = await run_in_threadpool(identity.program_token, given, authorization)
        return JSONResponse({"error": "invalid_grant"}, 400) if tokens is None else JSONResponse(tokens)

    @routes.get("/end")
    def end(request: Request, audience: Audience, post_logout_redirect_uri: str = "") -> Response:  # noqa: ARG001
        """Nobody stays signed in here, so there is nothing to end."""
        own = f"{str(request.base_url).rstrip('/')}/sign-in"
        if post_logout_redirect_uri != own:
            raise InputError(Place("end of session"), "the way back is not this hub's", "leave it out")
        return RedirectResponse(own, 303)

    return routes


def _asked(request: Request, audience: Audience) -> Asked:
    """Return what is asked for.

    Raises:
        InputError: when it is not what the one client of this provider asks.
    """
    query, base = request.query_params, str(request.base_url).rstrip("/")
    fixed = {
        "client_id": "umaya",
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": f"{base}/sign-in/{audience}/callback",
        "code_challenge_method": "S256",
    }
    free = [query.get(key, "") for key in ("state", "nonce", "code_challenge")]
    if any(query.get(key) != value for key, value in fixed.items()) or not all(free):
        place = Place("authorization request")
        raise InputError(place, "this is not how the hub asks who you are", "begin at the hub's sign-in page")
    return Asked(fixed["redirect_uri"], *free)


def _staff(hub: Hub) -> list[tuple[Party, list[Actor]]]:
    """Return each party with its actors who are people."""
    actors = [actor for actor in hub.gate.catalogue.actors() if PROGRAM not in actor.roles]
    grouped = [(party, [a for a in actors if a.party == party.id]) for party in hub.gate.catalogue.parties()]
    return [(party, theirs) for party, theirs in grouped if theirs]


def _residents(identity: DemoIdentity) -> list[tuple[str, Any]]:
    """Return the subject of each resident who may be chosen, with a label."""
    return [(subject_of(identity.hub, found.resident), found.label) for found in identity.residents(identity.hub)]


def subject_of(hub: Hub, who: Actor | Resident) -> str:
    """Return what the demonstration's provider calls somebody."""
    return who.id if isinstance(who, Actor) else hub.gate.numbers.of(NUMBERS, who.person)


def _basic(authorization: str) -> str:
    """Return what HTTP Basic authentication says (RFC 6749, section 2.3.1), or nothing."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        return unquote(b64decode(encoded, validate=True).decode()) if scheme.lower() == "basic" else ""
    except ValueError:
        return ""
