"""Pages of sign-in: which provider, there and back, for which party one acts, and sign-out."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from umaya.api.security import local_path
from umaya.api.sign_in.door import ATTEMPT, SESSION, Door, chosen
from umaya.api.sign_in.relying_party import Asserted, ProviderUnavailableError, RelyingParty, SignInFailedError
from umaya.gate import Catalogue
from umaya.gate.accounts import Identity
from umaya.types.errors import ForbiddenError, NotFoundError
from umaya.types.identity_provider import IdentityProvider
from umaya.web.site import SignInRequiredError, WebSite

RelyingParties = Callable[[IdentityProvider, str], RelyingParty]
"""Returns the relying party of a provider for a hub that is reached at an address."""


class Places:
    """Where the hub is reached, and its relying parties there.

    Args:
        public_url: of the settings; empty for wherever a request came in.
        make: makes a relying party.
    """

    def __init__(self, public_url: str, make: RelyingParties) -> None:
        self._public_url = public_url.rstrip("/")
        self.party = lru_cache(maxsize=16)(make)

    def base(self, request: Request) -> str:
        """Return where the hub is reached, without a final slash."""
        return self._public_url or str(request.base_url).rstrip("/")

    def of(self, request: Request, provider: IdentityProvider) -> RelyingParty:
        """Return the relying party that serves a request."""
        return self.party(provider, self.base(request))


def router(catalogue: Catalogue, site: WebSite, door: Door, places: Places) -> APIRouter:
    """Return the routes of sign-in."""
    routes = APIRouter()
    by_id = {provider.id: provider for provider in door.providers.values()}

    def provider_of(name: str) -> IdentityProvider:
        if name not in by_id:
            raise NotFoundError("there is no such identity provider")
        return by_id[name]

    @routes.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name people know from addresses
        next_path = local_path(next)
        query = f"?{urlencode({'next': next_path})}" if next_path != "/" else ""
        return site.page(request, "sign_in/sign_in.html", providers=list(by_id.values()), query=query)

    @routes.get("/sign-in/{provider}")
    async def begin(request: Request, provider: str, next: str = "/") -> Response:  # noqa: A002 - as above
        known = provider_of(provider)
        secret, attempt = await run_in_threadpool(door.attempts.begin, known.id, local_path(next))
        answer = RedirectResponse(await places.of(request, known).authorization_url(attempt), 303)
        door.cookies.set(request, answer, ATTEMPT, secret)
        return answer

    @routes.get("/sign-in/{provider}/callback")
    async def callback(request: Request, provider: str) -> Response:
        known = provider_of(provider)
        attempt = await run_in_threadpool(door.attempts.take, door.cookies.read(request, ATTEMPT))
        if attempt is None or attempt.provider != known.id:
            raise SignInFailedError("this sign-in took too long, or was begun in another window")
        asserted = await places.of(request, known).identify(request.query_params, attempt)
        answer = await run_in_threadpool(_admitted, request, known, asserted, attempt.next)
        door.cookies.delete(request, answer, ATTEMPT)
        return answer

    def _admitted(request: Request, provider: IdentityProvider, asserted: Asserted, next_path: str) -> Response:
        """Begin a session for whoever the identity is bound to; for others say whom to ask, and nothing else."""
        identity = Identity(provider.issuer, asserted.subject)
        holder = door.holder(identity)
        if holder.resident is None and not holder.choices:
            told = {"provider": provider, "subject": asserted.subject}
            return site.render(request, "sign_in/unbound.html", 403, **told)
        door.sessions.end(door.cookies.read(request, SESSION))
        actor = holder.choices[0].id if len(holder.choices) == 1 else None
        secret = door.sessions.begin(identity, actor, asserted.id_token)
        undecided = holder.resident is None and actor is None
        way = f"/acting-for?{urlencode({'next': next_path})}" if undecided else next_path
        answer = RedirectResponse(way, 303)
        door.cookies.set(request, answer, SESSION, secret)
        return answer

    @routes.get("/acting-for")
    def acting_for_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - as above
        visitor = door.visitor(request)
        if not visitor.choices:
            raise SignInRequiredError("sign in first")
        parties = {choice.party: catalogue.party(choice.party) for choice in visitor.choices}
        told = {"choices": visitor.choices, "parties": parties, "next": local_path(next)}
        return site.page(request, "sign_in/acting_for.html", **told)

    @routes.post("/acting-for")
    def act_for(
        request: Request,
        actor: Annotated[str, Form(max_length=200)],
        next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
    ) -> Response:
        visitor = door.visitor(request)
        if not visitor.choices:
            raise SignInRequiredError("sign in first")
        choice = chosen(visitor.choices, actor)
        if choice is None:
            raise ForbiddenError("this account does not act so")
        secret = door.sessions.act_as(door.cookies.read(request, SESSION), choice.id)
        if secret is None:
            raise SignInRequiredError("sign in first")
        answer = RedirectResponse(local_path(next), 303)
        door.cookies.set(request, answer, SESSION, secret)
        return answer

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        ended = await run_in_threadpool(door.sessions.end, door.cookies.read(request, SESSION))
        provider = door.providers.get(ended.identity.issuer) if ended is not None else None
        request.state.visitor = None
        answer: Response = RedirectResponse("/sign-in", 303)
        if ended is not None and provider is not None:
            url = await _end_at_provider(request, provider, ended.id_token)
            if url is not None:
                answer = site.page(request, "sign_in/signed_out.html", url=url, provider=provider)
        door.cookies.delete(request, answer, SESSION)
        return answer

    async def _end_at_provider(request: Request, provider: IdentityProvider, id_token: str) -> str | None:
        try:
            return await places.of(request, provider).sign_out_url(id_token, f"{places.base(request)}/sign-in")
        except ProviderUnavailableError:  # the session here is over all the same
            return None

    return routes
