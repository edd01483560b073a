"""The door: what of a request's cookies is believed, and whom that makes of the asker.

The session says which identity signed in and whom it chose to act as. Everything else is asked of the gate at every
request: whether the identity is still bound, to whom, with which roles. So what was taken away is gone at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request, Response

from umaya.api.sign_in.sessions import Attempts, Session, Sessions
from umaya.gate.accounts import Accounts, Identity
from umaya.types.identity_provider import Audience, IdentityProvider
from umaya.types.site import Actor, Resident
from umaya.web.site import NOBODY, Visitor

SESSION: Final = "umaya_session"
ATTEMPT: Final = "umaya_sign_in"


@dataclass(frozen=True)
class Cookies:
    """Sets and reads the cookies of sign-in: out of reach of scripts, of other sites' forms, and of plain HTTP.

    Over https their names begin with `__Host-`: browsers take such a cookie from this very host alone, whole and secure
    (RFC 6265bis, section 4.1.3.2).

    Attributes:
        secure: whether the hub is reached by https whatever a request says.
    """

    secure: bool

    def read(self, request: Request, name: str) -> str:
        """Return what a cookie holds; empty where there is none."""
        return request.cookies.get(self._name(request, name), "")

    def set(self, request: Request, response: Response, name: str, value: str) -> None:
        """Let the browser keep a cookie until it is closed."""
        response.set_cookie(
            self._name(request, name), value, httponly=True, samesite="lax", secure=self._is_secure(request)
        )

    def delete(self, request: Request, response: Response, name: str) -> None:
        """Let the browser forget a cookie."""
        response.delete_cookie(
            self._name(request, name), httponly=True, samesite="lax", secure=self._is_secure(request)
        )

    def _name(self, request: Request, name: str) -> str:
        return f"__Host-{name}" if self._is_secure(request) else name

    def _is_secure(self, request: Request) -> bool:
        return self.secure or request.url.scheme == "https"


class Door:
    """Knows who asks; implements `umaya.web.site.Doorkeeper`.

    Args:
        accounts: who may sign in as whom.
        sessions: of those who did.
        attempts: of those who are about to.
        providers: by issuer; whoever another asserted is nobody.
        cookies: how they are kept.
    """

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        attempts: Attempts,
        providers: Mapping[str, IdentityProvider],
        cookies: Cookies,
    ) -> None:
        self.accounts = accounts
        self.sessions = sessions
        self.attempts = attempts
        self.providers = providers
        self.cookies = cookies

    def visitor(self, request: Request) -> Visitor:
        """Return who asks; looked up once a request."""
        found = getattr(request.state, "visitor", None)
        if not isinstance(found, Visitor):
            found = request.state.visitor = self._looked_up(request)
        return found

    def holder(self, identity: Identity) -> Visitor:
        """Return whom an identity may be now: a resident, or one of several actors, not chosen yet."""
        provider = self.providers.get(identity.issuer)
        if provider is None:
            return NOBODY
        if provider.audience is Audience.STAFF:
            return Visitor(choices=tuple(self.accounts.actors(identity)))
        person = self.accounts.person(identity)
        return NOBODY if person is None else Visitor(resident=Resident(person))

    def session(self, request: Request) -> Session | None:
        """Return the session of the request's cookie, or None."""
        secret = self.cookies.read(request, SESSION)
        return self.sessions.find(secret) if secret else None

    def _looked_up(self, request: Request) -> Visitor:
        session = self.session(request)
        if session is None:
            return NOBODY
        holder = self.holder(session.identity)
        return replace(holder, actor=chosen(holder.choices, session.actor))


def chosen(choices: tuple[Actor, ...], actor: str | None) -> Actor | None:
    """Return the one of the choices that was chosen, while it is still one."""
    return next((choice for choice in choices if choice.id == actor), None)
