"""How much one may hand in, signed in or not, whatever the request says of its own size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.clients import client_of
from tests.web.hubs import OFFICER, make_hub
from umaya.api.app import create_app
from umaya.api.limits import MEGABYTE, ORDINARY
from umaya.hub import Hub

FORM = (b"content-type", b"multipart/form-data; boundary=z")
PART = b'--z\r\nContent-Disposition: form-data; name="receipt"; filename="r"\r\n\r\n'


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = make_hub(tmp_path_factory.mktemp("bodies") / "hub")
    yield hub
    hub.close()


def read_by(hub: Hub, path: str, megabytes: int, headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    """Send a body piece by piece to the bare application; return the status, and how many pieces were taken."""
    taken, told = 0, [0]

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        part = PART if taken == 1 and b"json" not in dict(headers)[b"content-type"] else b""
        return {"type": "http.request", "body": part + b"x" * MEGABYTE, "more_body": taken < megabytes}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told[0] = message["status"]

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("192.0.2.1", 1),
        "root_path": "",
        "state": {},
    }
    asyncio.run(create_app(hub)(scope, receive, send))  # type: ignore[arg-type] # a scope as servers make it
    return told[0], taken


@pytest.mark.parametrize("path", ["/my/check", "/counter/give", "/api/v1/consents/state", "/acting-for", "/nowhere"])
def test_a_body_that_says_it_is_too_large_is_not_read(hub: Hub, path: str) -> None:
    assert read_by(hub, path, 20, [FORM, (b"content-length", str(ORDINARY + 1).encode())]) == (413, 0)


@pytest.mark.parametrize("kind", [FORM[1], b"application/json"])
def test_a_body_of_unsaid_size_is_read_no_further_than_the_limit(hub: Hub, kind: bytes) -> None:
    """A stranger's: forms and documents are read before anybody asks who sends them."""
    path = "/my/check" if kind.startswith(b"multipart") else "/api/v1/consents/state"
    status, taken = read_by(hub, path, 500, [(b"content-type", kind)])
    assert status == 413
    assert taken <= ORDINARY // MEGABYTE + 1


def test_a_key_does_not_lift_the_limit(hub: Hub) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    client = client_of(hub, OFFICER)
    answer = client.post("/api/v1/consents/state", content=b"x" * (ORDINARY + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_page_tells_in_words_that_something_is_too_large(hub: Hub) -> None:
    page = client_of(hub).post("/my/check", content=b"x" * (ORDINARY + 1), headers={"Accept-Language": "en"})
    assert page.status_code == 413
    assert "What you sent is too large" in page.text


def test_what_fits_is_taken_as_before(hub: Hub) -> None:
    page = client_of(hub).post("/my/check", files={"receipt": ("r.txt", b"x" * 5_000_000)})
    assert page.status_code == 422
