"""A real browser for the tests of pages: Chromium, headless, with software WebGL.

`Visitor` opens pages and remembers what went wrong on them: a request to another host, an error on the page, anything
that the Content-Security-Policy stopped. The fixtures `browser`, `address` and `visitor` of `tests/web/conftest.py`
serve the module's `hub`.

A click or a key returns before the page that it leads to is there. Go to another page by `go`; read what a page shows
by `expect(...)`, which waits for it, or after `go`; type where a field takes the focus of itself once it has it. On a
busy machine everything else fails now and then.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import APIRequestContext, Browser, Locator, Page, expect

from tests.web.clients import app_of
from umaya.api.sign_in.demo import subject_of
from umaya.hub import Hub
from umaya.types.site import Actor, Resident
from umaya.web.assets import Assets

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

BROWSER_MARKS = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: the pages are not tried in a browser"),
    pytest.mark.skipif(not Assets().built, reason="the front end is not built: run `make frontend`"),
]

"""A test module with a browser says `pytestmark = BROWSER_MARKS`."""

PATIENCE_MS = 30_000
"""How long a page may take on a busy machine."""

expect.set_options(timeout=PATIENCE_MS)


_SERVED: dict[str, Hub] = {}
"""Address to hub, while it is served."""


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    """Serve a hub, and yield where."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app_of(hub), log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        _SERVED[address] = hub
        yield address
        del _SERVED[address]
        server.should_exit = True
        thread.join(10)


def go(by: Locator, key: str = "") -> None:
    """Click what leads to another page, or press a key on it; return when that page is there."""
    with by.page.expect_navigation():
        if key:
            by.press(key)
        else:
            by.click()


@dataclass
class Visitor:
    """Opens pages and remembers what went wrong on them."""

    browser: Browser
    address: str
    faults: list[str] = field(default_factory=list)

    def open(
        self, path: str, who: Actor | Resident, language: str, size: dict[str, int], *, scripts: bool = True
    ) -> Page:
        """Open a page as somebody who has just signed in."""
        context = self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale=language,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.on("request", lambda r: self._check_host(r.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda m: self._told(m.text) if m.type == "error" else None)
        self._sign_in(context.request, who)
        page.goto(self.address + path)
        return page

    def _sign_in(self, browser: APIRequestContext, who: Actor | Resident) -> None:
        """Choose whom to be at the demonstration's identity provider; the browser's cookies are those of the pages."""
        audience = "staff" if isinstance(who, Actor) else "residents"
        asked = browser.get(f"{self.address}/sign-in/{audience}").url
        browser.post(asked, form={"subject": subject_of(_SERVED[self.address], who)}, max_redirects=3)

    def _told(self, error: str) -> None:
        """Keep what the page complains of; a request given up because somebody went on meanwhile is no fault."""
        if not error.startswith(("htmx:sendAbort", "htmx:afterRequest")):
            self.faults.append(error)

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            self.faults.append(f"asked {parts.hostname}")
