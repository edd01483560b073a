"""What guards every response and every change: security headers, and refusal of changes that other sites ask for.

Cross-site requests: a change (any method but GET, HEAD, OPTIONS) is taken only from this site's own pages, by the
algorithm of Go's `net/http.CrossOriginProtection` (F. Valsorda, 2025): `Sec-Fetch-Site` where the browser sends it,
otherwise `Origin` against `Host`; a request with neither comes from no browser. The session cookie is `SameSite=Lax`
besides.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umaya.types.errors import UmayaError

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # MapLibre's own control icons are data: URLs
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
HEADERS = {
    "Cache-Control": "no-store",  # what may be kept says so itself
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteError(UmayaError):
    """Another site's page asked for a change."""


def refuse_other_sites(request: Request) -> None:
    """Depend on this to take changes from this site's own pages and from programs only.

    Raises:
        CrossSiteError: another site's page asks.
    """
    if asked_by_another_site(request.method, request.headers):
        raise CrossSiteError("another site asked for this change")


def asked_by_another_site(method: str, headers: Headers) -> bool:
    """Return whether another site's page makes this changing request."""
    if method in _SAFE_METHODS:
        return False
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def local_path(wanted: str) -> str:
    """Return `wanted` when it is a path of this site, else the home page: nobody is sent elsewhere after signing in."""
    plain = wanted.startswith("/") and not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    return wanted if plain else "/"


class SecurityHeaders:
    """Puts `HEADERS` on every response; keeps what the application already set.

    Args:
        app: the application within.
        https: whether the hub is reached by https whatever a request says; browsers then ask for it by nothing else.
    """

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self.app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._https or scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)
