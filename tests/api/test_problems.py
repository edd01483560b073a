"""One shape for every error: RFC 9457 for programs, one page for people, in both languages, and no value of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response
from starlette.types import Message, Receive, Scope, Send

from tests.web.clients import TestClient
from tests.web.hubs import make_hub
from umaya.api import create_app
from umaya.api.problems import Unforeseen, trace
from umaya.gate.record import NotRecordedError
from umaya.types.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    IntegrityError,
    NotFoundError,
    Place,
    UmayaError,
)
from umaya.types.reasons import Reason
from umaya.web.languages import load_catalogue
from umaya.web.problem import CODES

SECRET = "Minase-1-2-3"
ERRORS: dict[str, tuple[Exception, int, str]] = {
    "input": (InputError(Place("a.csv", 7, "lon"), "the longitude is out of range", "mend the row"), 422, "input"),
    "not-found": (NotFoundError("there is no such scheme"), 404, "not-found"),
    "conflict": (ConflictError("version 1 is approved"), 409, "conflict"),
    "forbidden": (ForbiddenError("the act needs the role `verifier`"), 403, "forbidden"),
    "integrity": (IntegrityError("a tile is damaged"), 500, "integrity"),
    "not-recorded": (NotRecordedError("the act `x` could not be recorded"), 503, "not-recorded"),
    "unforeseen": (RuntimeError(SECRET), 500, "internal"),
    "other": (UmayaError(SECRET), 500, "internal"),
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """An application with a route for each error, one with a number, and one that refuses a use."""
    hub = make_hub(tmp_path_factory.mktemp("api") / "hub")
    app = create_app(hub)

    def raising(error: Exception) -> object:
        def route() -> None:
            raise error

        return route

    for name, (error, _, _) in ERRORS.items():
        for path in (f"/api/v1/test/{name}", f"/test/{name}"):
            app.add_api_route(path, raising(error))  # type: ignore[arg-type] # a plain function

    @app.get("/api/v1/number/{n}")
    def number(n: int) -> int:
        return n

    yield app
    hub.close()


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A client that sees a 500 as people do."""
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_the_api_has_the_one_shape(client: TestClient, name: str) -> None:
    _, status, code = ERRORS[name]
    answer = client.get(f"/api/v1/test/{name}", headers={"Accept-Language": "en"})
    body = answer.json()
    assert answer.status_code == status == body["status"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "advice"} <= body.keys()
    assert body["code"] == code
    assert body["title"] == load_catalogue("en").gettext(f"problem.{code}.title")
    assert SECRET not in answer.text
    assert client.get(body["type"], headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ERRORS)
def test_every_error_of_a_page_says_what_to_do_next(client: TestClient, name: str, language: str) -> None:
    _, status, code = ERRORS[name]
    answer = client.get(f"/test/{name}", headers={"Accept": "text/html", "Accept-Language": language})
    words = load_catalogue(language)
    assert answer.status_code == status
    assert f'<html lang="{language}">' in answer.text
    assert words.gettext(f"problem.{code}.title") in answer.text
    assert words.gettext(f"problem.{code}.next") in answer.text
    assert SECRET not in answer.text


def test_the_log_tells_where_a_fault_arose_and_no_value(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    """Other libraries put values into their errors; so does whoever asks for an address."""
    client = TestClient(app)  # and the server, which logs what reaches it, is handed nothing
    assert client.get("/test/unforeseen").status_code == 500
    (record,) = caplog.records
    assert record.getMessage().startswith("GET /test/unforeseen failed: RuntimeError\n")
    assert "in route" in record.getMessage()
    assert SECRET not in caplog.text
    caplog.clear()
    client.get("/test/integrity")
    assert "IntegrityError: a tile is damaged" in caplog.text


def test_a_cause_is_told_by_kind_only() -> None:
    error = ConflictError("the rows do not fit")
    error.__cause__ = KeyError(SECRET)
    assert trace(error) == "ConflictError: the rows do not fit\nKeyError"


def test_an_answer_that_breaks_off_is_logged_and_not_begun_again() -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError(SECRET)

    logged: list[Exception] = []
    sent: list[Message] = []

    def answer(request: Request, error: Exception) -> Response:
        logged.append(error)
        return Response("late")

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(Unforeseen(breaks_off, answer)({"type": "http"}, receive, send))
    assert len(logged) == 1
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_an_input_error_names_its_place(client: TestClient) -> None:
    body = client.get("/api/v1/test/input").json()
    assert body["place"] == {"file": "a.csv", "row": 7, "field": "lon"}


def test_a_wrong_parameter_is_named_and_not_repeated(client: TestClient) -> None:
    answer = client.get(f"/api/v1/number/{SECRET}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "path/n"
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("PUT", "/api/v1/number/1", 405)]
)
def test_errors_of_the_framework_have_the_same_shape(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_gives_its_reason_in_words_and_the_next_step(app: FastAPI, reason: Reason, language: str) -> None:
    """As a page and as a problem; the code stands beside the words."""
    from starlette.requests import Request

    words = load_catalogue(language)
    for path, accept in (("/roads", b"text/html"), ("/api/v1/roads/state", b"*/*")):
        headers = [(b"accept", accept), (b"accept-language", language.encode())]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers, "session": {}}
        answer = app.state.site.refusal(Request(scope), reason)
        text = bytes(answer.body).decode()
        assert answer.status_code == 403
        for part in (
            reason.value,
            words.gettext(f"reason.{reason.value}.what"),
            words.gettext(f"reason.{reason.value}.next"),
        ):
            assert part in text
            assert not part.startswith("reason.")


def test_every_problem_code_has_a_page(client: TestClient) -> None:
    for code, status in CODES.items():
        answer = client.get(f"/problems/{code}", headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert str(status) in answer.text


def test_the_api_describes_itself(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/roads/state" in paths
    assert not [path for path in paths if not path.startswith(("/api/", "/test/"))], "pages are no part of the API"
