"""How the API's description says that one asks it: with an access token, or with the session of the pages.

A description only: who asks is the door's and the tokens' to say.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Security
from fastapi.security import APIKeyCookie, HTTPBearer

from umaya.api.sign_in.bearer import ACTOR
from umaya.api.sign_in.door import SESSION

_TOKEN: Final = HTTPBearer(
    bearerFormat="JWT",
    scheme_name="token",
    description="An OAuth 2.0 access token as JWT (RFC 9068) of a provider of staff, for this hub. Where its holder "
    f"may act as several, the header `{ACTOR}` names one.",
    auto_error=False,
)
_SESSION: Final = APIKeyCookie(
    name=SESSION,
    scheme_name="session",
    description=f"The session of somebody who signed in at the pages; over https the cookie is `__Host-{SESSION}`.",
    auto_error=False,
)
WAYS_TO_ASK: Final[list[Any]] = [Security(_TOKEN), Security(_SESSION)]
"""To be given to every router of the API."""
