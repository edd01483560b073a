"""Joint-use notices for everybody: at stable addresses, in both languages, as page, PDF and plain text.

No sign-in: the law wants them easy to find (APPI art. 27(5)(iii)), so every page's footer leads here. Shows the words
as they were published, whose digest stands in the ledger; drafts are nobody's business.
"""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from umaya.gate.joint_use import Notice, NoticeRecord
from umaya.hub import Hub
from umaya.law import day_in_japan
from umaya.types.errors import NotFoundError
from umaya.web.assets import DIST
from umaya.web.notice_pdf import notice_pdf
from umaya.web.notice_words import differences, grouped
from umaya.web.site import WebSite

FONTS = DIST / "fonts"


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the notices."""
    routes = APIRouter(prefix="/joint-use")

    @routes.get("")
    def notices(request: Request) -> Response:
        today = _today(hub)
        seen = [record for record in hub.gate.joint_use.list() if record.seen(today)]
        listed = [(record, shown(record, today)) for record in seen]
        return site.page(request, "joint_use/list.html", notices=listed, today=today)

    @routes.get("/{notice}.pdf")
    def current_pdf(request: Request, notice: str) -> Response:
        return _pdf(site, request, shown(_find(hub, notice), _today(hub)))

    @routes.get("/{notice}")
    def current(request: Request, notice: str) -> Response:
        record = _find(hub, notice)
        return _page(hub, site, request, record, shown(record, _today(hub)))

    @routes.get("/{notice}/{version}.pdf")
    def version_pdf(request: Request, notice: str, version: int) -> Response:
        return _pdf(site, request, _version(hub, notice, version))

    @routes.get("/{notice}/{version}.txt")
    def version_text(request: Request, notice: str, version: int) -> Response:
        return PlainTextResponse(_version(hub, notice, version).words[site.language(request)].text)

    @routes.get("/{notice}/{version}")
    def version_page(request: Request, notice: str, version: int) -> Response:
        return _page(hub, site, request, _find(hub, notice), _version(hub, notice, version))

    return routes


def shown(record: NoticeRecord, today: date) -> Notice:
    """Return the version that a notice's own address shows: in force; else the first to come; else the last one."""
    seen = record.seen(today)
    coming = next((one for one in seen if one.starts > today), None) if record.ended_on is None else None
    return record.on(today) or coming or seen[-1]


def _today(hub: Hub) -> date:
    return day_in_japan(hub.clock.now())


def _find(hub: Hub, notice: str) -> NoticeRecord:
    record = hub.gate.joint_use.get(notice)
    if not record.seen(_today(hub)):
        raise NotFoundError("there is no such joint-use notice")  # as if there were no draft
    return record


def _version(hub: Hub, notice: str, version: int) -> Notice:
    found = next((one for one in _find(hub, notice).seen(_today(hub)) if one.version == version), None)
    if found is None:
        raise NotFoundError("there is no such version of the notice")
    return found


def _page(hub: Hub, site: WebSite, request: Request, record: NoticeRecord, notice: Notice) -> Response:
    today, language = _today(hub), site.language(request)
    seen = record.seen(today)
    history = [
        (one, differences(before, one, language) if before else None)
        for before, one in zip((None, *seen[:-1]), seen, strict=True)
    ]
    return site.page(
        request,
        "joint_use/notice.html",
        record=record,
        notice=notice,
        words=notice.words[language],
        sections=grouped(notice.words[language].sections),
        history=history[::-1],
        in_force=record.on(today),
        coming=[one for one in seen if one.starts > today and record.ended_on is None],
        today=today,
    )


def _pdf(site: WebSite, request: Request, notice: Notice) -> Response:
    language = site.language(request)
    name = f"{notice.id}-{notice.version}-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(notice_pdf(notice, language, FONTS), media_type="application/pdf", headers=headers)
