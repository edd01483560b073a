"""Pages of the monthly report: as a page with charts, as PDF, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from umaya.gate.monitoring.reports import FEW, READERS, MonthlyReport
from umaya.hub import Hub
from umaya.types.errors import NotFoundError
from umaya.web.assets import DIST
from umaya.web.charts import PATTERN_DEFINITIONS, Chart, Series, bars, legend
from umaya.web.languages import number
from umaya.web.monitoring_pdf import report_pdf
from umaya.web.pages.figures import MANY, Figure
from umaya.web.site import WebSite

COUNTS = ("look-ups", "given", "withdrawn", "taken", "same-day-percent")
Month = Annotated[str, Path(pattern=r"^\d{4}-\d\d$")]
Say = Callable[[str], str]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of the reports."""
    routes = APIRouter(prefix="/monitoring/reports")
    reports = hub.gate.monitoring.reports

    def found(request: Request, month: str) -> list[MonthlyReport]:
        actor = site.require(request, *READERS)
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise NotFoundError("there is no report of this month") from None
        return list(reports.get(actor, first))

    @routes.get("")
    def months(request: Request) -> Response:
        actor = site.require(request, *READERS)
        return site.page(request, "monitoring/reports.html", months=reports.months(actor))

    @routes.get("/{month}.json")
    def as_json(request: Request, month: Month) -> Response:
        return JSONResponse(
            [{"digest": one.digest, "entry": one.entry, "report": one.content} for one in found(request, month)]
        )

    @routes.get("/{month}.pdf")
    def pdf(request: Request, month: Month) -> Response:
        told = [told_of(one, hub, site, request) for one in found(request, month)]
        say, language = site.catalogue(request).gettext, site.language(request)
        title = f"{say('monitoring.report')} {month}"
        made = report_pdf({"title": title, "language": language, "parties": told}, DIST / "fonts")
        headers = {"Content-Disposition": f'inline; filename="monitoring-{month}-{language}.pdf"'}
        return Response(made, media_type="application/pdf", headers=headers)

    @routes.get("/{month}")
    def one(request: Request, month: Month) -> Response:
        kept = found(request, month)
        say, language = site.catalogue(request).gettext, site.language(request)
        return site.page(
            request,
            "monitoring/report.html",
            month=kept[0].month,
            reports=[(one, told_of(one, hub, site, request), charts_of(one, say, language)) for one in kept],
            patterns=PATTERN_DEFINITIONS,
        )

    return routes


def told_of(report: MonthlyReport, hub: Hub, site: WebSite, request: Request) -> dict[str, Any]:
    """Return a report in words: its counts beside those of the month before, and its tables."""
    say, language = site.catalogue(request).gettext, site.language(request)
    this, before = report.content["this"], report.content["before"]
    name = hub.gate.catalogue.party(report.party).name

    def shown(key: str, value: int) -> str:
        if value == FEW:
            return say("monitoring.few")
        return number(value, language) + ("%" if key.endswith("percent") else "")

    def rows(prefix: str, of: str, part: str | None = None) -> list[list[str]]:
        now, then = (one[of] if part is None else one[of][part] for one in (this, before))
        return [
            [say(f"{prefix}{key}"), shown("", now.get(key, 0)), shown("", then.get(key, 0))]
            for key in sorted({*now, *then})
        ]

    purposes = [
        [key, *(number(sum(one["purposes"].get(key, {}).values()), language) for one in (this, before))]
        for key in sorted({*this["purposes"], *before["purposes"]})
    ]
    refusals = [
        [say(f"reason.{key}.what"), *(number(one["refusals"].get(key, 0), language) for one in (this, before))]
        for key in sorted({*this["refusals"], *before["refusals"]})
    ]
    parts = [
        [
            "counts",
            [[say(f"monitoring.count.{key}"), shown(key, this[key]), shown(key, before[key])] for key in COUNTS],
        ],
        ["purposes", purposes],
        ["refusals", refusals],
        ["kinds", rows("monitoring.kind.", "alarms", "kinds")],
        ["states", rows("monitoring.state.", "alarms", "states")],
        ["results", rows("monitoring.result.", "alarms", "results")],
        ["ages", rows("monitoring.age.", "alarms", "ages")],
        ["offices", [[key, f"{of['percent']}%", ""] for key, of in this["offices"].items()]],
    ]
    return {
        "party": name.ja if language == "ja" else name.en,
        "reference": report.digest or say("monitoring.not-kept"),
        "heads": [say("monitoring.report-what"), say("monitoring.report-this"), say("monitoring.report-before")],
        "parts": [{"title": say(f"monitoring.part.{key}"), "rows": lines} for key, lines in parts if lines],
    }


def charts_of(report: MonthlyReport, say: Say, language: str) -> list[Figure]:
    """Return the charts of a report: uses by purpose, refusals, alarms by kind."""
    this = report.content["this"]
    purposes = list(this["purposes"])[:MANY]
    split = tuple(
        Series(say(f"figures.{key}"), tuple(this["purposes"][name].get(key, 0) for name in purposes))
        for key in ("permitted", "refused")
    )
    kinds = this["alarms"]["kinds"]
    reasons = this["refusals"]
    given: list[tuple[str, list[str], tuple[Series, ...]]] = [
        ("purposes", purposes, split),
        ("refusals", [say(f"reason.{key}.what") for key in reasons], (_counts(say, reasons),)),
        ("kinds", [say(f"monitoring.kind.{key}") for key in kinds], (_counts(say, kinds),)),
    ]
    found = []
    for key, labels, series in given:
        title, about = say(f"monitoring.part.{key}"), say("monitoring.chart-about")
        head = say("monitoring.report-what")
        chart = Chart(f"{report.party}-{key}", title, about, head, tuple(labels), series)
        found.append(Figure(chart, bars(chart, language), legend(chart)))
    return found


def _counts(say: Say, of: dict[str, int]) -> Series:
    return Series(say("monitoring.data-value"), tuple(of.values()))
