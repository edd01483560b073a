"""Pages of reports: the carrier's on a phone, and the officer's list beside the road map. Translation only.

A photo is parsed in memory: no part of a form is ever written to a disk before it is masked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from umaya.services.reports.photos import MOST_BYTES
from umaya.services.reports.rules import KINDS
from umaya.services.reports.service import RoadReports, Word
from umaya.services.reports.telling import Sights
from umaya.types.errors import InputError
from umaya.types.site import Actor, Site

FIELDS: Final = ("kind", "place", "photo")
"""Fields of the form that may be at fault; their words are `reports.fault.FIELD`."""
TYPED: Final = ("kind", "road", "lon", "lat", "segment")
_ENVELOPE: Final = 20_000
_WRONG: Final = 422


def router(reports: RoadReports, site: Site, sights: Sights) -> APIRouter:
    """Return the pages under `/report` and `/roads/reports`.

    Args:
        reports: the service.
        site: the mounting site.
        sights: what an actor may be told of reports.
    """
    routes = APIRouter()
    routes.include_router(_form(reports, site))
    routes.include_router(_own(reports, site))
    routes.include_router(_officers(reports, site, sights))
    return routes


def _form(reports: RoadReports, site: Site) -> APIRouter:
    """Return the carrier's form, and what takes it."""
    routes = APIRouter()

    def form(request: Request, actor: Actor, faults: Mapping[str, str], given: Mapping[str, Any]) -> Response:
        page = site.page(
            request,
            "reports/form.html",
            kinds=KINDS,
            faults=faults,
            given=dict.fromkeys(TYPED, "") | dict(given),
            roads=[(segment, reports.road(segment)) for segment in given.get("roads", ())],
            takes_photos=reports.takes_photos,
            own=[(one, reports.road(one.segment)) for one in reports.of_party(actor)],
        )
        page.headers["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=()"
        page.status_code = _WRONG if faults else 200
        return page

    @routes.get("/report")
    def ask(request: Request) -> Response:
        return form(request, site.actor(request), {}, {})

    @routes.post("/report")
    async def make(request: Request) -> Response:
        actor = await run_in_threadpool(site.actor, request)
        await run_in_threadpool(reports.of_party, actor)  # refuses who may not before a body is read
        filled = await _in_memory(request)
        given: dict[str, Any] = {key: str(filled.get(key) or "") for key in TYPED}
        photo = await _photo(filled)
        await filled.close()
        return await run_in_threadpool(taken, request, actor, given, photo)

    def taken(request: Request, actor: Actor, given: dict[str, Any], photo: bytes | None) -> Response:
        place = _place(given)
        if given["kind"] in KINDS and place is None:
            given["roads"] = reports.named(given["road"]) if given["road"].strip() else []
        if given["kind"] not in KINDS or place is None:
            missing = "kind" if given["kind"] not in KINDS else "choose" if given.get("roads") else "place"
            return form(request, actor, {"place" if missing == "choose" else missing: missing}, given)
        try:
            report = reports.make(actor, given["kind"], place, photo)
        except InputError as error:
            field = error.place.file if error.place.file in FIELDS else "place"
            return form(request, actor, {field: field}, given)
        return RedirectResponse(f"/report/{report.id}", 303)

    return routes


def _own(reports: RoadReports, site: Site) -> APIRouter:
    """Return the pages of one report, for carriers of the party that made it."""
    routes = APIRouter()

    @routes.get("/report/{report}")
    def shown(request: Request, report: str) -> Response:
        actor = site.actor(request)
        reports.of_party(actor)
        found = reports.get(report, actor.party)
        road, ended = reports.road(found.segment), reports.ended(found)
        return site.page(request, "reports/report.html", report=found, road=road, ended=ended)

    @routes.get("/report/{report}/photo.jpg")
    def photo(request: Request, report: str) -> Response:
        actor = site.actor(request)
        reports.of_party(actor)
        return _jpeg(reports.photo(report, actor.party))

    @routes.post("/report/{report}/say")
    def say(request: Request, report: str, word: Word = Form()) -> Response:
        reports.say(site.actor(request), report, word)
        return RedirectResponse(f"/report/{report}", 303)

    return routes


def _officers(reports: RoadReports, site: Site, sights: Sights) -> APIRouter:
    """Return the officer's list and its photos."""
    routes = APIRouter()

    @routes.get("/roads/reports")
    def listed(request: Request) -> Response:
        actor = site.actor(request)
        held = reports.shown(actor, sights(actor))
        return site.page(request, "reports/list.html", rows=[(one, reports.road(one.segment)) for one in held])

    @routes.get("/roads/reports/{report}/photo.jpg")
    def photo_for_officer(request: Request, report: str) -> Response:
        actor = site.actor(request)
        return _jpeg(reports.photo_shown(actor, sights(actor), report))

    return routes


def _jpeg(content: bytes) -> Response:
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


def _place(given: Mapping[str, str]) -> tuple[float, float] | int | None:
    """Return the segment that was chosen, else the position that the phone told, else None."""
    if given["segment"].isascii() and given["segment"].isdigit():
        return int(given["segment"][:9])
    try:
        lon, lat = float(given["lon"]), float(given["lat"])
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180.0 and abs(lat) <= 90.0 else None


async def _photo(filled: FormData) -> bytes | None:
    file = filled.get("photo")
    content = await file.read() if isinstance(file, UploadFile) else b""
    return content or None


class _TooLargeError(MultiPartException):
    """A form is larger than its limit; the parser gives up what it holds."""


async def _in_memory(request: Request) -> FormData:
    """Return the form, with a photo of at most `MOST_BYTES`, none of which was ever on a disk.

    Raises:
        HTTPException: 413 when it is larger, 400 when the body is no such form.
    """

    async def counted() -> AsyncIterator[bytes]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > MOST_BYTES + _ENVELOPE:
                raise _TooLargeError("the form is too large")
            yield part

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(400)
    parser = MultiPartParser(request.headers, counted(), max_files=1, max_fields=6)  # type: ignore[arg-type] # an iterator does
    parser.spool_max_size = MOST_BYTES + _ENVELOPE + 1
    try:
        return await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise HTTPException(413 if isinstance(error, _TooLargeError) else 400) from error
