"""Which problem each error is.

    InputError            422 input          RequestValidationError  422 input
    NotFoundError         404 not-found      ForbiddenError          403 forbidden
    ConflictError         409 conflict       IntegrityError          500 integrity
    SignInRequiredError   401 sign-in        CrossSiteError          403 cross-site
    SignInFailedError     400 sign-in-failed ProviderUnavailableError 503 provider-unavailable
    TooManyError          429 too-many       NotRecordedError        503 not-recorded
    status 413            413 too-large      anything else           500 internal

A fault that nobody foresaw says nothing about itself; where it arose is in the server's log. The log has no word of
other libraries' errors and no address as it was asked for: both may hold a value from somebody's data.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from umaya.api.security import CrossSiteError
from umaya.api.sign_in.relying_party import ProviderUnavailableError, SignInFailedError
from umaya.gate.record import NotRecordedError
from umaya.types.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    IntegrityError,
    NotFoundError,
    TooManyError,
    UmayaError,
)
from umaya.web.problem import CODES, Problem, wants_json
from umaya.web.site import PartyRequiredError, SignInRequiredError, WebSite

_OF_ERROR: tuple[tuple[type[UmayaError], str], ...] = (
    (SignInRequiredError, "sign-in"),
    (SignInFailedError, "sign-in-failed"),
    (ProviderUnavailableError, "provider-unavailable"),
    (TooManyError, "too-many"),
    (CrossSiteError, "cross-site"),
    (InputError, "input"),
    (NotFoundError, "not-found"),
    (ConflictError, "conflict"),
    (ForbiddenError, "forbidden"),
    (IntegrityError, "integrity"),
    (NotRecordedError, "not-recorded"),
)
_OF_STATUS = {
    401: "sign-in",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-large",
    422: "input",
    429: "too-many",
}
_log = logging.getLogger("umaya.api")


def problem_of(error: Exception) -> Problem:
    """Return what may be said about an error."""
    if isinstance(error, RequestValidationError):
        places = [{"pointer": "/".join(map(str, e["loc"])), "detail": str(e["msg"])} for e in error.errors()]
        return Problem("input", 422, "the request does not fit its documentation", {"errors": places})
    if isinstance(error, HTTPException):
        code = _OF_STATUS.get(error.status_code, "request" if error.status_code < 500 else "internal")
        return Problem(code, error.status_code, HTTPStatus(error.status_code).phrase.lower())
    if isinstance(error, InputError):
        place = {"file": error.place.file, "row": error.place.row, "field": error.place.field}
        return Problem("input", CODES["input"], str(error), {"place": place})
    for kind, code in _OF_ERROR:
        if isinstance(error, kind):
            return Problem(code, CODES[code], str(error))
    return Problem("internal", CODES["internal"])


def trace(error: BaseException | None) -> str:
    """Return where an error and its causes arose. Only our own errors are quoted: they hold no value of a row."""
    lines: list[str] = []
    while error is not None:
        lines.append(f"{type(error).__name__}: {error}" if isinstance(error, UmayaError) else type(error).__name__)
        lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


class Unforeseen:
    """Answers the faults that no handler foresaw.

    Stands inside the framework's own catch-all, which would hand them on to the server with their words.

    Args:
        app: the application within.
        answer: makes the response.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http":
                raise
            response = self.answer(Request(scope), error)
            if not started:  # else it stays cut short, and the server closes the connection
                await response(scope, receive, send)


def install(app: FastAPI, site: WebSite) -> None:
    """Answer every error of the application with a problem. Call it before middleware is added that goes around."""

    def answer(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status >= 500:
            route = getattr(request.scope.get("route"), "path", "an unknown route")
            _log.error("%s %s failed: %s", request.method, route, trace(error))
        led = _may_be_led(request, problem)
        response = _led_to_sign_in(request, error) if led else site.problem(request, problem)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        if isinstance(error, TooManyError):
            response.headers["Retry-After"] = str(error.retry_after_s)
        return response

    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, error)

    for kind in (UmayaError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    app.add_middleware(Unforeseen, answer=answer)


def _may_be_led(request: Request, problem: Problem) -> bool:
    return problem.code == "sign-in" and request.method == "GET" and not wants_json(request)


def _led_to_sign_in(request: Request, error: Exception) -> Response:
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = "/acting-for" if isinstance(error, PartyRequiredError) else "/sign-in"
    return RedirectResponse(f"{page}?{urlencode({'next': back})}", 303)
