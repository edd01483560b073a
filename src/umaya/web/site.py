"""The site that services and the hub's own pages are mounted on: who is asking, and how a page is made.

Who asks is the doorkeeper's to say, anew for every request, so that a role that was taken away is gone at once. Pages
are never stored by browsers or proxies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from umaya.types.errors import ForbiddenError, UmayaError
from umaya.types.reasons import Reason
from umaya.types.site import Actor, Resident
from umaya.web import languages
from umaya.web.assets import Assets
from umaya.web.navigation import links_for
from umaya.web.problem import Problem, as_json, wants_json
from umaya.web.templates import environments


class SignInRequiredError(UmayaError):
    """Nobody is signed in. Pages lead to the sign-in page, the API answers 401."""


class PartyRequiredError(SignInRequiredError):
    """Somebody is signed in who has yet to choose for which party they act. Pages lead there, the API answers 401."""


@dataclass(frozen=True)
class Visitor:
    """Who asks, as of this request.

    Attributes:
        actor: whom they act as, or None.
        resident: who they are for themselves, or None.
        choices: whom the same account may act as; none for residents and strangers.
    """

    actor: Actor | None = None
    resident: Resident | None = None
    choices: tuple[Actor, ...] = ()


NOBODY: Final = Visitor()


class Doorkeeper(Protocol):
    """Knows who asks; `umaya.api.sign_in.door` does."""

    def visitor(self, request: Request) -> Visitor:
        """Return who asks."""
        ...


class WebSite:
    """Implements `umaya.types.site.Site`.

    Args:
        door: who asks.
        demo: whether everything is made up; pages then say so.
        language: of people who state no wish.
        assets: the built front end.
        leads: whether a link, by its key, leads somewhere for an actor who has its role.
    """

    def __init__(
        self,
        door: Doorkeeper,
        *,
        demo: bool,
        language: str,
        assets: Assets,
        leads: Callable[[str, Actor], bool],
    ) -> None:
        self._catalogues = {code: languages.load_catalogue(code) for code in languages.SUPPORTED}
        self._environments = environments(self._catalogues, assets)
        self._door = door
        self.demo = demo
        self._language = language
        self._leads = leads

    def visitor(self, request: Request) -> Visitor:
        """Return who asks."""
        return self._door.visitor(request)

    def signed_in(self, request: Request) -> Actor | None:
        """Return whom somebody who is signed in acts as, or None."""
        return self.visitor(request).actor

    def actor(self, request: Request) -> Actor:
        """Return who is signed in.

        Raises:
            SignInRequiredError: nobody is.
            PartyRequiredError: somebody is who has yet to choose as whom.
        """
        visitor = self.visitor(request)
        if visitor.actor is not None:
            return visitor.actor
        if visitor.choices:
            raise PartyRequiredError("choose for which party you act first")
        raise SignInRequiredError("sign in first")

    def require(self, request: Request, *roles: str) -> Actor:
        """Return who is signed in and holds one of `roles`.

        Raises:
            SignInRequiredError: nobody is signed in.
            ForbiddenError: the actor holds none of them.
        """
        actor = self.actor(request)
        if actor.roles.isdisjoint(roles):
            raise ForbiddenError(f"this needs the role {' or '.join(f'`{role}`' for role in roles)}")
        return actor

    def signed_in_resident(self, request: Request) -> Resident | None:
        """Return the person who is signed in for themselves, or None."""
        return self.visitor(request).resident

    def resident(self, request: Request) -> Resident:
        """Return the person who is signed in for themselves.

        Raises:
            SignInRequiredError: nobody is.
        """
        resident = self.signed_in_resident(request)
        if resident is None:
            raise SignInRequiredError("sign in first")
        return resident

    def language(self, request: Request) -> str:
        """Return the language of the request's page."""
        return languages.choose(request, self._language)

    def catalogue(self, request: Request) -> languages.Catalogue:
        """Return the texts in the request's language."""
        return self._catalogues[self.language(request)]

    def page(self, request: Request, template: str, **context: object) -> Response:
        """Render `template` in the language of the request within the common layout."""
        return self.render(request, template, 200, **context)

    def refusal(self, request: Request, reason: Reason) -> Response:
        """Return what tells a refusal's reason in words and what the person can do next, with status 403."""
        if not wants_json(request):
            return self.render(request, "refusal.html", 403, reason=reason.value)
        words = self.catalogue(request)
        told = {"reason": reason.value, "advice": words.gettext(f"reason.{reason.value}.next")}
        return as_json(Problem("refused", 403, words.gettext(f"reason.{reason.value}.what"), told), words)

    def problem(self, request: Request, problem: Problem) -> Response:
        """Return the page or the JSON of a problem."""
        if wants_json(request):
            return as_json(problem, self.catalogue(request))
        return self.render(request, "problem.html", problem.status, problem=problem)

    def render(self, request: Request, template: str, status: int, /, **context: object) -> Response:
        """Render `template` with an HTTP status."""
        language = self.language(request)
        visitor = self.visitor(request)
        here = {
            "actor": visitor.actor,
            "resident": visitor.resident,
            "several_parties": len(visitor.choices) > 1,
            "demo": self.demo,
            "path": request.url.path,
            "links": [
                link for link in links_for(visitor.actor) if visitor.actor and self._leads(link.key, visitor.actor)
            ],
            "languages": {code: f"?{urlencode(self._query(request, code))}" for code in languages.SUPPORTED},
        }
        body = self._environments[language].get_template(template).render(here | context)
        response = HTMLResponse(body, status, {"Vary": "Accept-Language, Cookie", "Cache-Control": "no-store"})
        if request.query_params.get("lang") in languages.SUPPORTED:
            response.set_cookie(languages.COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax")
        return response

    @staticmethod
    def _query(request: Request, language: str) -> list[tuple[str, str]]:
        kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
        return [*kept, ("lang", language)]
