"""Rows in at a page: hand a file in, see what would be taken, then take all, take the good rows, or drop it.

For operators who are people. Until it is decided about, the file lies sealed in the vault's directory
(`umaya.gate.intake.pending`); while it is read it is in memory alone, up to the limit of the settings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Final

import pyarrow as pa
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from umaya.gate.intake import FORMS, Preview, Read, read
from umaya.gate.roles import OPERATOR
from umaya.hub import Hub
from umaya.types.errors import InputError
from umaya.types.site import Actor
from umaya.web.pages.datasets import WRONG, standing_of
from umaya.web.site import WebSite

SHOWN: Final = 20
"""So many faults stand on the page; the file has all."""
MEGABYTE: Final = 1_000_000
TOO_LARGE: Final = 413
_ENVELOPE: Final = 100_000
"""Octets of a form besides its file."""
PROBLEMS: Final = {
    "a value is missing": "missing",
    "a time is missing": "time",
    "a value is no number": "number",
    "a coordinate is missing": "no-place",
    "a coordinate is out of range": "place",
}
"""What is wrong with a row, as the gate says it, to its code; every other fault is one of a value's form."""
OTHER: Final = "form"
Version = Annotated[int | None, Query(ge=1, lt=2**31)]


@dataclass(frozen=True)
class Desk:
    """What the routes share."""

    hub: Hub
    site: WebSite

    def operator(self, request: Request, dataset: str) -> Actor:
        """Return the operator who is signed in, when the dataset is their party's."""
        actor = self.site.require(request, OPERATOR)
        self.hub.gate.intake.check(actor, dataset)
        return actor

    def seen(self, actor: Actor, dataset: str, name: str, content: bytes, notice: int | None) -> tuple[Read, Preview]:
        """Return a file's rows and what would be taken of them; raises InputError where the file is wrong."""
        gate = self.hub.gate
        found = read(content, name, gate.catalogue.dataset(dataset))
        return found, gate.intake.preview(actor, dataset, found.table, name, notice, found.faults)

    def form(
        self, request: Request, dataset: str, status: int = 200, fault: str = "", told: InputError | None = None
    ) -> Response:
        """Return the page on which a file is handed in."""
        found = self.hub.gate.catalogue.dataset(dataset)
        return self.site.render(
            request,
            "datasets/import.html",
            status,
            dataset=found,
            standing=standing_of(self.hub, found),
            forms=list(FORMS),
            megabytes=self.hub.settings.intake_megabytes,
            fault=fault,
            told=told,
        )


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of importing."""
    desk, pending = Desk(hub, site), hub.gate.pending_intakes
    pending.clear()
    routes = APIRouter(prefix="/datasets/{dataset}/import")
    _add_way_in(routes, desk)

    @routes.get("/{upload}")
    def preview(request: Request, dataset: str, upload: str, notice: Version = None) -> Response:
        actor = desk.operator(request, dataset)
        file = pending.get(actor, dataset, upload)
        _, seen = desk.seen(actor, dataset, file.name, file.content, notice)
        faults = [{**one, "code": code_of(one["problem"])} for one in seen.faults.slice(0, SHOWN).to_pylist()]
        found = hub.gate.catalogue.dataset(dataset)
        told = {"dataset": found, "file": file, "seen": seen, "faults": faults, "notice": notice}
        return site.page(request, "datasets/preview.html", **told)

    @routes.get("/{upload}/faults.csv")
    def faults(request: Request, dataset: str, upload: str, notice: Version = None) -> Response:
        """Every fault of every row; no value of a row stands in it."""
        actor = desk.operator(request, dataset)
        file = pending.get(actor, dataset, upload)
        _, seen = desk.seen(actor, dataset, file.name, file.content, notice)
        headers = {"Content-Disposition": f'attachment; filename="{dataset}-faults.csv"'}
        return Response(as_csv(seen.faults), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/{upload}/take")
    def take(
        request: Request,
        dataset: str,
        upload: str,
        notice: Annotated[str, Form(max_length=10)] = "",
        *,
        keep_good: Annotated[bool, Form()] = False,
    ) -> Response:
        actor = desk.operator(request, dataset)
        file = pending.get(actor, dataset, upload)
        found = read(file.content, file.name, hub.gate.catalogue.dataset(dataset))
        version = _version(notice)
        hub.gate.intake.take(actor, dataset, found.table, file.name, version, found.faults, keep_good=keep_good)
        pending.drop(actor, dataset, upload)
        return RedirectResponse(f"/datasets/{dataset}?done=taken#came", 303)

    @routes.post("/{upload}/drop")
    def drop(request: Request, dataset: str, upload: str) -> Response:
        pending.drop(desk.operator(request, dataset), dataset, upload)
        return RedirectResponse(f"/datasets/{dataset}?done=dropped", 303)

    return routes


def _add_way_in(routes: APIRouter, desk: Desk) -> None:
    def permitted(request: Request, dataset: str) -> None:
        desk.operator(request, dataset)

    @routes.get("")
    def form(request: Request, dataset: str) -> Response:
        desk.operator(request, dataset)
        return desk.form(request, dataset)

    @routes.post("", dependencies=[Depends(permitted)])
    async def upload(request: Request, dataset: str) -> Response:
        """Hand a file in; who may is asked before it is read."""
        limit = desk.hub.settings.intake_megabytes * MEGABYTE
        try:
            given = await form_in_memory(request, limit)
        except HTTPException as error:
            fault = "large" if error.status_code == TOO_LARGE else "none"
            return await run_in_threadpool(desk.form, request, dataset, error.status_code, fault)
        file, notice = given.get("file"), given.get("notice")
        name, content = (file.filename, await file.read()) if isinstance(file, UploadFile) else ("", b"")
        await given.close()
        if not name:
            return await run_in_threadpool(desk.form, request, dataset, WRONG, "none")
        version = _version(notice if isinstance(notice, str) else "")
        return await run_in_threadpool(kept, request, dataset, name, content, version)

    def kept(request: Request, dataset: str, name: str, content: bytes, version: int | None) -> Response:
        actor = desk.operator(request, dataset)
        try:
            desk.seen(actor, dataset, name, content, version)
            key = desk.hub.gate.pending_intakes.put(actor, dataset, name, content)
        except InputError as error:
            return desk.form(request, dataset, WRONG, "file", error)
        query = "" if version is None else f"?notice={version}"
        return RedirectResponse(f"/datasets/{dataset}/import/{key}{query}", 303)


class _TooLargeError(MultiPartException):
    """A form is larger than its limit; the parser gives up what it holds."""


async def form_in_memory(request: Request, limit: int) -> FormData:
    """Return a form with one file, none of which was ever on disk.

    Raises:
        HTTPException: 413 when the file is larger than the limit, 400 when the body is no such form.
    """

    async def counted() -> AsyncGenerator[bytes, None]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > limit + _ENVELOPE:
                raise _TooLargeError("the form is too large")
            yield part

    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit + _ENVELOPE:
        raise HTTPException(TOO_LARGE)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(400)
    parser = MultiPartParser(request.headers, counted(), max_files=1, max_fields=2)
    parser.spool_max_size = limit + _ENVELOPE + 1
    try:
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise HTTPException(TOO_LARGE if isinstance(error, _TooLargeError) else 400) from error


def code_of(problem: str) -> str:
    """Return the code of what is wrong with a row; its words are `datasets.problem.CODE`."""
    return PROBLEMS.get(problem, OTHER)


def as_csv(faults: pa.Table) -> bytes:
    """Return faults as CSV in UTF-8 with a byte order mark, so that spreadsheets read it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(faults.column_names)
    for batch in faults.to_batches(max_chunksize=10_000):
        writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**31 else None
