"""Pages of sign-in: which provider, there and back, for which party one acts, and sign-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from umaya.api.security import local_path
from umaya.api.sign_in.door import ATTEMPT, SESSION, Door, chosen
from umaya.api.sign_in.relying_party import Asserted, ProviderUnavailableError, RelyingParty, SignInFailedError
from umaya.gate import Catalogue
from umaya.gate.accounts import Identity
from umaya.types.errors import ForbiddenError, NotFoundError
from umaya.types.identity_provider import IdentityProvider
from umaya.types.site import Actor
from umaya.web.site import NOBODY, SignInRequiredError, WebSite

Next = Annotated[str, Query(max_length=2000)]
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


@dataclass(frozen=True)
class SignIn:
    """What the routes share.

    Attributes:
        catalogue: names of parties.
        site: how pages are made.
        door: who asks, and their sessions.
        places: the relying parties.
    """

    catalogue: Catalogue
    site: WebSite
    door: Door
    places: Places

    def router(self) -> APIRouter:
        """Return the routes of sign-in."""
        routes = APIRouter()
        self._add_way_in(routes)
        self._add_parties(routes)
        self._add_way_out(routes)
        return routes

    def _add_way_in(self, routes: APIRouter) -> None:
        by_id = {provider.id: provider for provider in self.door.providers.values()}

        def provider_of(name: str) -> IdentityProvider:
            if name not in by_id:
                raise NotFoundError("there is no such identity provider")
            return by_id[name]

        @routes.get("/sign-in")
        def sign_in_page(request: Request, next: Next = "/") -> Response:  # noqa: A002 - the name people know
            next_path = local_path(next)
            query = f"?{urlencode({'next': next_path})}" if next_path != "/" else ""
            return self.site.page(request, "sign_in/sign_in.html", providers=list(by_id.values()), query=query)

        @routes.get("/sign-in/{provider}")
        async def begin(request: Request, provider: str, next: Next = "/") -> Response:  # noqa: A002 - as above
            known = provider_of(provider)
            secret, attempt = await run_in_threadpool(self.door.attempts.begin, known.id, local_path(next))
            answer = RedirectResponse(await self.places.of(request, known).authorization_url(attempt), 303)
            self.door.cookies.set(request, answer, ATTEMPT, secret)
            return answer

        @routes.get("/sign-in/{provider}/callback")
        async def callback(request: Request, provider: str) -> Response:
            known = provider_of(provider)
            secret = self.door.cookies.read(request, ATTEMPT)
            attempt = await run_in_threadpool(self.door.attempts.take, secret) if secret else None
            if attempt is None or attempt.provider != known.id:
                raise SignInFailedError("this sign-in took too long, or was begun in another window")
            asserted = await self.places.of(request, known).identify(request.query_params, attempt)
            answer = await run_in_threadpool(self._admitted, request, known, asserted, attempt.next)
            self.door.cookies.delete(request, answer, ATTEMPT)
            return answer

    def _admitted(self, request: Request, provider: IdentityProvider, asserted: Asserted, next_path: str) -> Response:
        """Begin a session for whoever the identity is bound to; tell others whom to ask, and nothing else."""
        identity = Identity(provider.issuer, asserted.subject)
        holder = self.door.holder(identity)
        self.door.sessions.end(self.door.cookies.read(request, SESSION))
        if holder.resident is None and not holder.choices:
            request.state.visitor = NOBODY
            told = {"provider": provider, "subject": asserted.subject}
            refused = self.site.render(request, "sign_in/unbound.html", 403, **told)
            self.door.cookies.delete(request, refused, SESSION)
            return refused
        actor = holder.choices[0].id if len(holder.choices) == 1 else None
        secret = self.door.sessions.begin(identity, actor, asserted.id_token)
        undecided = holder.resident is None and actor is None
        answer = RedirectResponse(f"/acting-for?{urlencode({'next': next_path})}" if undecided else next_path, 303)
        self.door.cookies.set(request, answer, SESSION, secret)
        return answer

    def _add_parties(self, routes: APIRouter) -> None:
        @routes.get("/acting-for")
        def acting_for_page(request: Request, next: Next = "/") -> Response:  # noqa: A002 - as above
            choices = self._choices(request)
            parties = {choice.party: self.catalogue.party(choice.party) for choice in choices}
            told = {"choices": choices, "parties": parties, "next": local_path(next)}
            return self.site.page(request, "sign_in/acting_for.html", **told)

        @routes.post("/acting-for")
        def act_for(
            request: Request,
            actor: Annotated[str, Form(max_length=200)],
            next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - as above
        ) -> Response:
            choice = chosen(self._choices(request), actor)
            if choice is None:
                raise ForbiddenError("this account does not act so")
            secret = self.door.sessions.act_as(self.door.cookies.read(request, SESSION), choice.id)
            if secret is None:
                raise SignInRequiredError("sign in first")
            answer = RedirectResponse(local_path(next), 303)
            self.door.cookies.set(request, answer, SESSION, secret)
            return answer

    def _choices(self, request: Request) -> tuple[Actor, ...]:
        choices = self.door.visitor(request).choices
        if not choices:
            raise SignInRequiredError("sign in first")
        return choices

    def _add_way_out(self, routes: APIRouter) -> None:
        @routes.post("/sign-out")
        async def sign_out(request: Request) -> Response:
            ended = await run_in_threadpool(self.door.sessions.end, self.door.cookies.read(request, SESSION))
            provider = None if ended is None else self.door.providers.get(ended.identity.issuer)
            url = None
            if ended is not None and provider is not None:
                url = await self._end_at_provider(request, provider, ended.id_token)
            request.state.visitor = NOBODY
            answer: Response = RedirectResponse("/sign-in", 303)
            if url is not None:
                answer = self.site.page(request, "sign_in/signed_out.html", url=url, provider=provider)
            self.door.cookies.delete(request, answer, SESSION)
            return answer

    async def _end_at_provider(self, request: Request, provider: IdentityProvider, id_token: str) -> str | None:
        try:
            back = f"{self.places.base(request)}/sign-in"
            return await self.places.of(request, provider).sign_out_url(id_token, back)
        except ProviderUnavailableError:  # the session here is over all the same
            return None
