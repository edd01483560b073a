"""A browser-like client in the process: no sockets, cookies kept, signed in as whom the test names."""

from __future__ import annotations

from dataclasses import replace

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from umaya.api import create_app
from umaya.api.sign_in.demo import subject_of
from umaya.hub import Hub
from umaya.types.site import Actor, Resident

__all__ = ["TestClient", "client_of", "sign_in"]


def _no_fault(response: Response) -> None:
    """Fail the test: the application answers faults of its own, so the client would take them for pages."""
    assert response.status_code < 500, f"{response.request.url} failed"


def app_of(hub: Hub) -> FastAPI:
    """Return the application of a hub, made once: making it takes longer than most tests. It counts no requests."""
    kept = vars(hub)
    if "app" not in kept:
        many = 10_000_000
        settings = replace(hub.settings, sign_ins_per_minute=many, look_ups_per_minute=many, api_calls_per_minute=many)
        kept["app"] = create_app(replace(hub, settings=settings))
    app: FastAPI = kept["app"]
    return app


def client_of(
    hub: Hub, who: Actor | Resident | None = None, language: str = "en", app: FastAPI | None = None
) -> TestClient:
    """Return a client of the hub's pages, signed in as somebody when given; or of an application of one's own."""
    client = TestClient(app or app_of(hub), headers={"Accept-Language": language, "Accept": "text/html"})
    client.event_hooks = {"request": [], "response": [_no_fault]}
    if who is not None:
        answer = sign_in(client, hub, who)
        assert answer.status_code == 303
        assert "next" not in answer.headers["location"]
    return client


def sign_in(client: TestClient, hub: Hub, who: Actor | Resident, next_path: str = "/") -> Response:
    """Sign in at the demonstration's identity provider, step by step as a browser; return the last answer."""
    audience = "staff" if isinstance(who, Actor) else "residents"
    begun = client.get(f"/sign-in/{audience}", params={"next": next_path}, follow_redirects=False)
    told = client.post(begun.headers["location"], data={"subject": subject_of(hub, who)}, follow_redirects=False)
    return client.get(told.headers["location"], follow_redirects=False)
