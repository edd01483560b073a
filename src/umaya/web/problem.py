"""A problem as people and programs meet it: one page shape, one JSON shape (RFC 9457, `application/problem+json`).

The JSON carries `type` (a page of this site that explains it), `title`, `status`, `detail`, `code`, `advice`: what the
person can do next. Codes are stable; their words are `problem.CODE.*` in the catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from umaya.web.languages import Catalogue

CODES: Mapping[str, int] = {
    "request": 400,
    "sign-in-failed": 400,
    "sign-in": 401,
    "cross-site": 403,
    "forbidden": 403,
    "refused": 403,
    "not-found": 404,
    "conflict": 409,
    "too-large": 413,
    "input": 422,
    "too-many": 429,
    "integrity": 500,
    "internal": 500,
    "not-recorded": 503,
    "provider-unavailable": 503,
}
"""Problem code to its usual HTTP status."""


@dataclass(frozen=True)
class Problem:
    """One problem, before it becomes a page or JSON.

    Attributes:
        code: one of `CODES`.
        status: HTTP status.
        detail: one sentence about this occurrence, or empty. Never a value that a person handed in.
        extra: further members of the JSON shape, e.g. `errors`.
    """

    code: str
    status: int
    detail: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)


def wants_json(request: Request) -> bool:
    """Return whether the answer is for a program: the API's paths, and whoever accepts JSON but not HTML."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


def as_json(problem: Problem, words: Catalogue) -> Response:
    """Return the JSON of a problem, its title and advice in the language of `words`."""
    members = {
        "type": f"/problems/{problem.code}",
        "title": words.gettext(f"problem.{problem.code}.title"),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "advice": words.gettext(f"problem.{problem.code}.next"),
        **problem.extra,
    }
    return JSONResponse(members, problem.status, {"Cache-Control": "no-store"}, "application/problem+json")
