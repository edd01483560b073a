"""`create_app`: one open hub in, one application out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import httpx2
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import umaya
from umaya.api import catalogue, consents, datasets, emergencies, joint_use, offices, problems, schemes, uses
from umaya.api import places as place_routes
from umaya.api.idempotency import Idempotency, Keys
from umaya.api.limits import BodyLimit, limited
from umaya.api.responses import PROBLEMS
from umaya.api.road_reports import kinds_reported, sights
from umaya.api.security import SecurityHeaders, refuse_other_sites
from umaya.api.sign_in.bearer import Bearer, Tokens
from umaya.api.sign_in.entrance import entrance as entrance_of
from umaya.api.sign_in.schemes import WAYS_TO_ASK
from umaya.hub import Hub, Settings
from umaya.services.probes import routes as probe_routes
from umaya.services.reports import pages as report_pages
from umaya.services.reports import routes as report_routes
from umaya.services.roads import pages as road_pages
from umaya.services.roads import routes as road_routes
from umaya.services.roads import tiles_routes as road_tiles
from umaya.services.webhooks import routes as webhook_routes
from umaya.types.clock import Clock, SystemClock
from umaya.types.site import Actor
from umaya.web import pages
from umaya.web.assets import MOUNT, Assets
from umaya.web.site import WebSite


class HashedFiles(StaticFiles):
    """Files whose names carry the hash of their content: kept by browsers for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(hub: Hub, *, clock: Clock | None = None, transport: httpx2.AsyncBaseTransport | None = None) -> FastAPI:
    """Return the application of an open hub: pages, services, static files, JSON API.

    Args:
        hub: open as long as the application is used.
        clock: what sessions are timed by; the machine's without one, never a demonstration's.
        transport: what identity providers are asked over; the network without one.
    """
    assets = Assets()
    entrance = entrance_of(hub, clock, transport)
    site = WebSite(
        entrance.door,
        demo=hub.settings.demo,
        language=hub.settings.language,
        assets=assets,
        leads=partial(_leads, hub),
    )
    app = FastAPI(
        title="Umaya",
        version=umaya.__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        dependencies=[Depends(refuse_other_sites), Depends(limited(site, hub.settings))],
    )
    app.state.site = site
    problems.install(app, site)
    places = entrance.places(app)
    keys = Keys(hub.database, clock or SystemClock(), hub.request_key)
    _check_requests(app, site, keys, entrance.tokens(places), hub.settings.intake_megabytes)
    _guard(app, hub.settings)
    if assets.built:
        app.mount(MOUNT, HashedFiles(directory=assets.directory), name="static")
    for router in (*entrance.routers(places, site), *_page_routers(hub, site)):
        app.include_router(router, include_in_schema=False)
    for router in _api_routers(hub, site):
        app.include_router(router, responses=PROBLEMS, dependencies=WAYS_TO_ASK)
    return app


def _page_routers(hub: Hub, site: WebSite) -> Sequence[APIRouter]:
    """Return the routers of pages: the hub's own, and those of services."""
    return (
        *pages.routers(hub, site),
        road_pages.router(hub.roads, site, kinds_reported(hub.roads, hub.reports)),
        report_pages.router(hub.reports, site, sights(hub.roads)),
    )


def _api_routers(hub: Hub, site: WebSite) -> Sequence[APIRouter]:
    """Return the routers of the JSON API."""
    return (
        road_routes.router(hub.roads, site),
        road_tiles.router(hub.roads, site),
        report_routes.router(hub.reports, site, sights(hub.roads)),
        offices.router(hub.offices, site),
        catalogue.router(hub.gate, hub.clock, hub.settings.origin, site),
        schemes.router(hub.gate, site),
        consents.router(hub.gate, site),
        datasets.router(hub.gate, site, hub.settings.intake_megabytes),
        uses.router(hub.gate, site),
        joint_use.router(hub.gate, hub.clock, site),
        emergencies.router(hub.gate, hub.clock, site),
        place_routes.router(hub.addresses, site),
        webhook_routes.router(hub.gate, hub.webhooks, site),
        probe_routes.router(hub.gate, hub.probes, site),
    )


def _leads(hub: Hub, key: str, actor: Actor) -> bool:
    """Return whether a link leads somewhere for an actor who has its role."""
    if key == "roads":
        return road_pages.leads_to_map(hub.roads, actor)
    return key != "offices" or hub.offices.may_ask(actor)


def _check_requests(app: FastAPI, site: WebSite, keys: Keys, tokens: Tokens, megabytes: int) -> None:
    """Check bodies, then tokens, then keys of idempotency before a request is answered; outermost is added last."""

    def answer(request: Request, error: Exception) -> Response:
        return site.problem(request, problems.problem_of(error))

    app.add_middleware(Idempotency, keys=keys, who=site.signed_in, answer=answer)
    app.add_middleware(Bearer, tokens=tokens, answer=answer)
    app.add_middleware(BodyLimit, megabytes=megabytes, answer=answer)


def _guard(app: FastAPI, settings: Settings) -> None:
    """Put what stands before the application around it; what is added last is outermost."""
    https = settings.public_url.startswith("https:")
    if settings.public_url:
        host = urlsplit(settings.public_url).hostname
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[str(host)], www_redirect=False)
    app.add_middleware(SecurityHeaders, https=https)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
