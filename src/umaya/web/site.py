"""The site that services and the hub's own pages are mounted on: who is asking, and how a page is made.

The session says only which actor signed in; the actor itself is looked up anew for every request, so that a role that
was taken away is gone at once. Pages are never stored by browsers or proxies.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from umaya.types.errors import ForbiddenError, NotFoundError, UmayaError
from umaya.types.reasons import Reason
from umaya.types.site import Actor, Resident
from umaya.web import languages
from umaya.web.assets import Assets
from umaya.web.navigation import links_for
from umaya.web.problem import Problem, as_json, wants_json
from umaya.web.templates import environments

SESSION_ACTOR = "actor"
SESSION_PERSON = "person"


class SignInRequiredError(UmayaError):
    """Nobody is signed in. Pages lead to the sign-in page, the API answers 401."""


class Directory(Protocol):
    """Who there is; `umaya.gate.Catalogue` knows."""

    def actor(self, actor_id: str) -> Actor:
        """Return an actor with its present roles, or raise NotFoundError."""
        ...


class WebSite:
    """Implements `umaya.types.site.Site`.

    Args:
        directory: who may sign in.
        demo: whether the demo sign-in page is offered; pages then say that this is a demonstration.
        language: of people who state no wish.
        assets: the built front end.
    """

    def __init__(self, directory: Directory, *, demo: bool, language: str, assets: Assets) -> None:
        self._catalogues = {code: languages.load_catalogue(code) for code in languages.SUPPORTED}
        self._environments = environments(self._catalogues, assets)
        self._directory = directory
        self.demo = demo
        self._language = language

    def signed_in(self, request: Request) -> Actor | None:
        """Return who is signed in, or None. A session of the demo sign-in ends where that is no longer offered."""
        actor_id = request.session.get(SESSION_ACTOR)
        if actor_id is None or not self.demo:
            return None
        try:
            return self._directory.actor(actor_id)
        except NotFoundError:  # signed in once, removed since
            return None

    def actor(self, request: Request) -> Actor:
        """Return who is signed in.

        Raises:
            SignInRequiredError: nobody is.
        """
        actor = self.signed_in(request)
        if actor is None:
            raise SignInRequiredError("sign in first")
        return actor

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
        person = request.session.get(SESSION_PERSON)
        return Resident(person) if self.demo and isinstance(person, int) else None

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
        actor = self.signed_in(request)
        here = {
            "actor": actor,
            "resident": self.signed_in_resident(request),
            "demo": self.demo,
            "path": request.url.path,
            "links": links_for(actor),
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
