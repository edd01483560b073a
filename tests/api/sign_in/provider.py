"""An identity provider that can be told to lie, and a real hub that relies on it: no sockets.

`Provider` answers as an honest one; a test sets `wrong` to what it asserts instead. The hub is no demonstration, is
reached at https://hub.example and has two providers: `city` for staff, `people` for residents.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from starlette.testclient import TestClient

from tests.web.hubs import make_hub
from umaya.api import create_app
from umaya.hub import Hub
from umaya.types.clock import Clock
from umaya.types.identity_provider import Audience, IdentityProvider

HUB = "https://hub.example"
CITY, PEOPLE = "https://login.city.example", "https://id.people.example/realm"
SECRET = "s3cret: of the client"


@dataclass
class Provider:
    """One provider for both issuers. `asked` is what the browser brought, `wrong` what is twisted."""

    subject: str = "248289761001"
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    asked: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    tokens: list[httpx2.Request] = field(default_factory=list)
    token: Callable[[dict[str, Any]], str] | None = None
    down: bool = False

    def be_honest(self) -> None:
        """Tell no lies any more, and forget what was asked."""
        self.asked, self.wrong, self.metadata, self.tokens, self.token, self.down = {}, {}, {}, [], None, False

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer what the relying party asks."""
        if self.down:
            raise httpx2.ConnectError("no route to host")
        issuer = CITY if request.url.host == "login.city.example" else PEOPLE
        if request.url.path.endswith("/openid-configuration"):
            return httpx2.Response(200, json=self.description(issuer))
        if request.url.path.endswith("/keys"):
            return httpx2.Response(200, json=KeySet([self.key]).as_dict(private=False))
        self.tokens.append(request)
        form = dict(parse_qsl(request.content.decode()))
        if create_s256_code_challenge(form.get("code_verifier", "")) != self.asked["code_challenge"]:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        claims = self.claims(issuer)
        signed = self.token(claims) if self.token else self.signed(claims)
        return httpx2.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": signed})

    def description(self, issuer: str) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "end_session_endpoint": f"{issuer}/end",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def claims(self, issuer: str) -> dict[str, Any]:
        """Return what the ID token says."""
        now = int(time.time())
        honest = {
            "iss": issuer,
            "sub": self.subject,
            "aud": "umaya",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
        }
        return {key: value for key, value in {**honest, **self.wrong}.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        """Return an ID token by the provider's key."""
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)

    def unsigned(self, claims: dict[str, Any]) -> str:
        """Return an ID token that says it needs no signature."""
        parts = ({"alg": "none"}, claims)
        return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."

    def shared(self, claims: dict[str, Any]) -> str:
        """Return an ID token signed with the client's secret, which others may have."""
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])

    def confused(self, claims: dict[str, Any]) -> str:
        """Return an ID token whose HMAC secret is the provider's public key (algorithm confusion)."""
        head = self.unsigned(claims).rsplit(".", 2)[1]
        first = urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": self.key.kid}).encode()).decode().rstrip("=")
        mac = hmac.digest(self.key.as_pem(private=False), f"{first}.{head}".encode(), "sha256")
        return f"{first}.{head}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    def way_back(self, location: str, **changes: str | None) -> str:
        """Note what the browser brings from `location`, and return where it is sent, with changes."""
        self.asked = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
        issuer = location.partition("/authorize")[0]
        answer: dict[str, str | None] = {"code": "c0de", "state": self.asked["state"], "iss": issuer, **changes}
        given = {key: value for key, value in answer.items() if value is not None}
        return f"{self.asked['redirect_uri']}?{urlencode(given)}"


def real_hub(directory: Path) -> Hub:
    """Return a hub that is no demonstration and relies on both providers."""
    hub = make_hub(directory, demo=False)
    providers = (
        IdentityProvider("city", CITY, "umaya", Audience.STAFF, "市の職員認証", "City staff", SECRET),
        IdentityProvider(
            "people",
            PEOPLE,
            "umaya",
            Audience.RESIDENTS,
            "住民アプリ",
            "Resident app",
            SECRET,
            "窓口へ",
            "Ask counter 3",
        ),
    )
    many = 10_000_000  # a file of tests signs in more often in a minute than any address may
    settings = replace(hub.settings, public_url=HUB, identity_provider=providers, sign_ins_per_minute=many)
    return replace(hub, settings=settings)


def client_at(hub: Hub, provider: Provider, clock: Clock | None = None, base: str = HUB) -> TestClient:
    """Return a browser-like client of a hub whose providers all are `provider`."""
    app = create_app(hub, clock=clock, transport=httpx2.MockTransport(provider.answer))
    return TestClient(
        app, base_url=base, headers={"Accept-Language": "en", "Accept": "text/html"}, follow_redirects=False
    )


def sign_in_at(client: TestClient, provider: Provider, name: str = "city", next_path: str = "/") -> httpx2.Response:
    """Sign in with what the provider asserts; return the last answer."""
    begun = client.get(f"/sign-in/{name}", params={"next": next_path})
    return client.get(provider.way_back(begun.headers["location"]))
