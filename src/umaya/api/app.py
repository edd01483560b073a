"""`create_app`: one open hub in, one application out."""

from __future__ import annotations

from fastapi import Depends, FastAPI, Response
from starlette.middleware.sessions import SessionMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import umaya
from umaya.api import catalogue, consents, joint_use, problems, schemes, uses
from umaya.api.security import SecurityHeaders, refuse_other_sites
from umaya.api.session import COOKIE, SHIFT_S, session_key
from umaya.hub import Hub
from umaya.services.roads import pages as road_pages
from umaya.services.roads import routes as road_routes
from umaya.web import pages
from umaya.web.assets import MOUNT, Assets
from umaya.web.site import WebSite


class HashedFiles(StaticFiles):
    """Files whose names carry the hash of their content: kept by browsers for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(hub: Hub) -> FastAPI:
    """Return the application of an open hub: pages, services, static files, JSON API."""
    assets = Assets()
    site = WebSite(hub.gate.catalogue, demo=hub.settings.demo, language=hub.settings.language, assets=assets)
    app = FastAPI(
        title="Umaya",
        version=umaya.__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        dependencies=[Depends(refuse_other_sites)],
    )
    app.state.site = site
    problems.install(app, site)
    app.add_middleware(
        SessionMiddleware,
        secret_key=session_key(hub.directory / "keys"),
        session_cookie=COOKIE,
        max_age=SHIFT_S,
        same_site="lax",
    )
    app.add_middleware(SecurityHeaders)  # added last, so outermost
    if assets.built:
        app.mount(MOUNT, HashedFiles(directory=assets.directory), name="static")
    for router in pages.routers(hub, site):
        app.include_router(router, include_in_schema=False)
    app.include_router(road_pages.router(hub.roads, site), include_in_schema=False)
    app.include_router(road_routes.router(hub.roads, site))
    app.include_router(catalogue.router(hub.gate, hub.clock, hub.settings.origin, site))
    app.include_router(schemes.router(hub.gate, site))
    app.include_router(consents.router(hub.gate, site))
    app.include_router(uses.router(hub.gate, site))
    app.include_router(joint_use.router(hub.gate, hub.clock, site))
    return app
