"""A browser-like client in the process: no sockets, cookies kept, signed in as whom the test names."""

from __future__ import annotations

from httpx2 import Response
from starlette.testclient import TestClient

from umaya.api import create_app
from umaya.hub import Hub
from umaya.types.site import Actor

__all__ = ["TestClient", "client_of"]


def _no_fault(response: Response) -> None:
    """Fail the test: the application answers faults of its own, so the client would take them for pages."""
    assert response.status_code < 500, f"{response.request.url} failed"


def client_of(hub: Hub, actor: Actor | None = None, language: str = "en") -> TestClient:
    """Return a client of the hub's pages, signed in as `actor` when given."""
    client = TestClient(create_app(hub), headers={"Accept-Language": language, "Accept": "text/html"})
    client.event_hooks = {"request": [], "response": [_no_fault]}
    if actor is not None:
        answer = client.post("/sign-in", data={"actor": actor.id}, follow_redirects=False)
        assert answer.status_code == 303
    return client
