"""The relying party (RP): asks one identity provider who somebody is, and believes only what can be checked.

OpenID Connect Core 1.0 with the authorization code flow, as RFC 9700 (OAuth 2.0 Security Best Current Practice) asks.
The steps of a sign-in; the numbers recur below:

(1) The provider describes itself, as the very issuer of the settings (Discovery 1.0, section 4.3).
(2) The browser goes there with state, nonce and a PKCE challenge of this attempt (RFC 7636, S256).
(3) It comes back with the state of this browser's attempt, and from this issuer (RFC 9207).
(4) The code and the PKCE verifier are exchanged for the ID token, at the provider itself.
(5) The ID token's signature is by a key of the provider and an algorithm of the list: `none`, or a secret that both
    sides share, never.
(6) Its issuer, audience, time, nonce, and access token hash are this attempt's (Core, section 3.1.3.7).

What the provider answers is never repeated in messages or the log.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from starlette.datastructures import QueryParams

from umaya.api.sign_in.sessions import Attempt
from umaya.types.errors import UmayaError
from umaya.types.identity_provider import IdentityProvider

ALGORITHMS: Final = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256")
"""Signatures that ID tokens may carry; all with a public key."""
SCOPE: Final = "openid"
"""Nothing but who it is: no name, no address."""
_LEEWAY_S: Final = 60
_KEPT_S: Final = 3600.0
_KEYS_AGAIN_S: Final = 30.0
_TIMEOUT_S: Final = 10.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class SignInFailedError(UmayaError):
    """The sign-in did not succeed: it took too long, was broken off, or its answer does not fit what was asked."""


class ProviderUnavailableError(UmayaError):
    """The identity provider does not answer, or not as one."""


@dataclass(frozen=True)
class Asserted:
    """Whom the provider asserts, and the ID token it did so with."""

    subject: str
    id_token: str


class RelyingParty:
    """This hub as a client of one provider.

    Args:
        provider: as the settings say.
        redirect_uri: where the provider sends people back.
        metadata_url: where it describes itself.
        transport: what requests go over; None for the network, and then every address must be protected.
    """

    def __init__(
        self,
        provider: IdentityProvider,
        redirect_uri: str,
        metadata_url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.provider = provider
        self._redirect_uri = redirect_uri
        self._metadata_url = metadata_url
        self._transport = transport
        self._metadata = _Kept()
        self._keys = _Kept()

    async def authorization_url(self, attempt: Attempt) -> str:
        """Return where the browser goes: (1), (2).

        Raises:
            ProviderUnavailableError: when the provider cannot be asked.
        """
        metadata = await self._described()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    async def identify(self, answer: QueryParams, attempt: Attempt) -> Asserted:
        """Return whom the provider asserts: (3) to (6).

        Args:
            answer: what the browser came back with.
            attempt: of this browser.

        Raises:
            SignInFailedError: when anything does not fit.
            ProviderUnavailableError: when the provider cannot be asked.
        """
        metadata = await self._described()
        _check_answer(answer, attempt, metadata)  # (3)
        if "error" in answer or not answer.get("code"):
            raise SignInFailedError("the identity provider did not let you in, or you broke off")
        token = await self._exchanged(answer["code"], attempt, metadata)  # (4)
        try:
            claims = await self.verified(token["id_token"])  # (5)
            self._check_claims(claims, token, attempt)  # (6)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise SignInFailedError("the identity provider's token does not hold") from error
        return Asserted(claims.claims["sub"], token["id_token"])

    async def verified(self, token: str) -> jwt.Token:
        """Return what a token of the provider says when its signature holds: (5). Nothing else of it is checked.

        Raises:
            JoseError, ValueError: when it does not.
            ProviderUnavailableError: when the provider cannot be asked.
        """
        try:
            return jwt.decode(token, await self._key_set(_KEPT_S), algorithms=ALGORITHMS)
        except (InvalidKeyIdError, ValueError):  # signed with a key that is newer than what is kept
            return jwt.decode(token, await self._key_set(_KEYS_AGAIN_S), algorithms=ALGORITHMS)

    async def sign_out_url(self, id_token: str, back: str) -> str | None:
        """Return where the provider ends its own session (RP-Initiated Logout 1.0), or None where it offers no such.

        Raises:
            ProviderUnavailableError: when the provider cannot be asked.
        """
        end = (await self._described()).get("end_session_endpoint")
        if end is None:
            return None
        given = {"id_token_hint": id_token, "client_id": self.provider.client_id, "post_logout_redirect_uri": back}
        return str(add_params_to_uri(end, given))

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.provider.client_id,
            self.provider.client_secret or None,
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            transport=self._transport,
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    async def _described(self) -> dict[str, Any]:
        return await self._metadata.get(lambda: self._fetched(self._metadata_url, self._check_metadata), _KEPT_S)

    def _check_metadata(self, found: dict[str, Any]) -> None:
        if found.get("issuer") != self.provider.issuer:
            raise ProviderUnavailableError("the identity provider describes itself as another")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str):
                raise ProviderUnavailableError("the identity provider's description lacks an endpoint")
        for name, value in found.items():
            is_address = value is not None and (name.endswith("_endpoint") or name == "jwks_uri")
            if is_address and not self._protected(value):
                raise ProviderUnavailableError("an endpoint of the identity provider is not protected")

    def _protected(self, url: object) -> bool:
        parts = urlsplit(str(url))
        own = parts.scheme == "http" and (self._transport is not None or parts.hostname in _LOOPBACK)
        return parts.scheme == "https" or own

    async def _fetched(self, url: str, check: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        try:
            async with self._client() as client:
                response = await client.request("GET", url, withhold_token=True)
                response.raise_for_status()
                found = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailableError("the identity provider does not answer") from error
        if not isinstance(found, dict):
            raise ProviderUnavailableError("the identity provider's answer is no object")
        check(found)
        return found

    async def _exchanged(self, code: str, attempt: Attempt, metadata: dict[str, Any]) -> dict[str, Any]:
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                )
        except AuthlibBaseError as error:
            raise SignInFailedError("the identity provider did not take the code") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailableError("the identity provider does not answer") from error
        if not isinstance(token.get("id_token"), str):
            raise SignInFailedError("the identity provider sent no ID token")
        return dict(token)

    async def _key_set(self, kept_s: float) -> KeySet:
        url = (await self._described())["jwks_uri"]
        found = await self._keys.get(lambda: self._fetched(url, lambda _: None), kept_s)
        return KeySet.import_key_set(KeySetSerialization(keys=found["keys"]))

    def _check_claims(self, token: jwt.Token, answered: dict[str, Any], attempt: Attempt) -> None:
        essential = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
            "nonce": {"essential": True, "value": attempt.nonce},
        }
        known = {
            "nonce": attempt.nonce,
            "client_id": self.provider.client_id,
            "access_token": answered.get("access_token"),
        }
        CodeIDToken(token.claims, token.header, essential, known).validate(int(time.time()), _LEEWAY_S)
        audience = token.claims["aud"]
        if audience not in (self.provider.client_id, [self.provider.client_id]):
            raise ValueError("the token is for others too")
        subject = token.claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise ValueError("the token is about nobody")


class _Kept:
    """What a provider said last, kept for a while."""

    def __init__(self) -> None:
        self._value: dict[str, Any] | None = None
        self._at = 0.0

    async def get(self, fetch: Callable[[], Any], kept_s: float) -> dict[str, Any]:
        """Return what is kept when it is no older than so many seconds, else what `fetch` finds."""
        if self._value is None or time.monotonic() - self._at >= kept_s:
            self._value = await fetch()
            self._at = time.monotonic()
        return self._value


def _check_answer(answer: QueryParams, attempt: Attempt, metadata: dict[str, Any]) -> None:
    """Return when the answer is to this attempt and from this issuer."""
    if any(len(answer.getlist(name)) > 1 for name in ("code", "state", "iss", "error")):
        raise SignInFailedError("the answer says a thing twice")
    if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise SignInFailedError("the answer belongs to another sign-in")
    issuer = answer.get("iss")
    if issuer is None and not metadata.get("authorization_response_iss_parameter_supported"):
        return
    if issuer != metadata["issuer"]:
        raise SignInFailedError("the answer is another provider's")
