"""How requests are made: one place for the token, the language, idempotency keys, problems and pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx2
import pyarrow as pa

from umaya.client.errors import ProblemError
from umaya.client.models import Answer

Method = TypeVar("Method", bound=Callable[..., Any])
Model = TypeVar("Model", bound=Answer)

OPERATIONS: Final[dict[tuple[str, str], str]] = {}
"""Method and path of each operation of the API to the name of the method that does it."""


def operation(method: str, path: str) -> Callable[[Method], Method]:
    """Mark the method that does an operation of the API."""

    def mark(function: Method) -> Method:
        OPERATIONS[method, path] = function.__name__
        return function

    return mark


class Transport:
    """A connection to a hub. Use it in a `with` block, or close it.

    Args:
        address: of the hub, e.g. `https://minase.example`.
        token: an access token of the hub's identity provider; empty for what is for everybody.
        language: `ja` or `en`, of explanations and problems.
        http: set up by the caller, e.g. with a proxy or other limits of time; 30 seconds when None.
        actor: id of whom to act as, where the token's holder may act as several.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        language: str = "en",
        http: httpx2.Client | None = None,
        actor: str = "",
    ) -> None:
        self._address = address.rstrip("/")
        self._headers = {"Accept": "application/json", "Accept-Language": language}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        if actor:
            self._headers["Umaya-Actor"] = actor
        self._http = httpx2.Client(timeout=30) if http is None else http

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connection."""
        self._http.close()

    def _get(self, path: str, **query: Any) -> httpx2.Response:
        given = {key: value for key, value in query.items() if value is not None}
        return _checked(self._http.get(self._address + path, params=given, headers=self._headers))

    def _post(self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None) -> httpx2.Response:
        """Post a body; a repetition with the same key is answered as the first time."""
        headers = {**self._headers, "Idempotency-Key": key or str(uuid.uuid4())}
        given = {name: value for name, value in (body or {}).items() if value is not None}
        return _checked(self._http.post(self._address + path, json=given, headers=headers))

    def _put_rows(self, path: str, rows: pa.Table, query: Mapping[str, Any]) -> httpx2.Response:
        """Post rows as an Arrow IPC stream."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        given = {key: value for key, value in query.items() if value is not None}
        headers = {**self._headers, "Content-Type": "application/vnd.apache.arrow.stream"}
        content = sink.getvalue().to_pybytes()
        return _checked(self._http.post(self._address + path, params=given, content=content, headers=headers))

    def _delete(self, path: str) -> None:
        _checked(self._http.delete(self._address + path, headers=self._headers))

    def _pages(self, model: type[Model], path: str, **query: Any) -> Iterator[Model]:
        cursor = None
        while True:
            page = self._get(path, cursor=cursor, **query).json()
            for item in page["items"]:
                yield model.model_validate(item)
            cursor = page["next"]
            if cursor is None:
                return


def segment(value: str) -> str:
    """Return a value as one segment of a path."""
    return quote(value, safe="")


def timestamp(moment: datetime | None) -> str | None:
    """Return an aware moment as the API reads it, None for none."""
    return None if moment is None else moment.isoformat()


def _checked(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_success:
        return answer
    try:
        members = answer.json()
    except ValueError:
        members = {}
    raise ProblemError(answer.status_code, members if isinstance(members, dict) else {})
