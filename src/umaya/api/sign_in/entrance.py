"""Puts sign-in together for a hub: its door, its relying parties, its routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import httpx2
from fastapi import APIRouter, FastAPI

from umaya.api.sign_in import demo, routes
from umaya.api.sign_in.bearer import Tokens
from umaya.api.sign_in.door import Cookies, Door
from umaya.api.sign_in.relying_party import RelyingParty
from umaya.api.sign_in.sessions import Attempts, Sessions
from umaya.hub import Hub
from umaya.sample.residents import residents
from umaya.types.clock import Clock, SystemClock
from umaya.types.identity_provider import IdentityProvider
from umaya.web.site import WebSite


@dataclass(frozen=True)
class Entrance:
    """The door of a hub, and what leads to it.

    Attributes:
        hub: the hub.
        door: who asks.
        identity: the demonstration's own provider; None on every other hub.
        transport: what other providers are asked over; the network where None.
    """

    hub: Hub
    door: Door
    identity: demo.DemoIdentity | None
    transport: httpx2.AsyncBaseTransport | None

    def places(self, app: FastAPI) -> routes.Places:
        """Return the relying parties of the application."""
        made = self._over_the_network if self.identity is None else demo.relying_party(app)
        return routes.Places(self.hub.settings.public_url, made)

    def tokens(self, places: routes.Places) -> Tokens:
        """Return what knows who asks with a token: one for the hub's public URL, or for its ledger's name as a URL."""
        settings = self.hub.settings
        names = {settings.public_url.rstrip("/"), demo.audience_of(settings)} - {""}
        return Tokens(self.door, places, names)

    def routers(self, places: routes.Places, site: WebSite) -> list[APIRouter]:
        """Return the routes of sign-in, and in a demonstration those of its provider."""
        own = [] if self.identity is None else [demo.router(self.identity, site)]
        return [routes.SignIn(self.hub.gate.catalogue, site, self.door, places).router(), *own]

    def _over_the_network(self, provider: IdentityProvider, base: str) -> RelyingParty:
        back = f"{base}/sign-in/{provider.id}/callback"
        return RelyingParty(provider, back, provider.metadata_url, self.transport)


def entrance(hub: Hub, clock: Clock | None, transport: httpx2.AsyncBaseTransport | None) -> Entrance:
    """Return the entrance of a hub: over the providers of its settings, or in a demonstration over its own alone."""
    settings, clock = hub.settings, clock or SystemClock()
    identity = demo.DemoIdentity(hub, residents) if settings.demo else None
    providers = settings.identity_provider if identity is None else identity.providers()
    idle, longest = timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    door = Door(
        hub.gate.accounts,
        Sessions(hub.database, clock, idle, longest, hub.request_key),
        Attempts(hub.database, clock),
        {provider.issuer: provider for provider in providers},
        Cookies(settings.public_url.startswith("https:")),
    )
    return Entrance(hub, door, identity, transport)
