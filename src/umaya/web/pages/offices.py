"""The page of offices: how far people have, and what changes when one closes or begins a service. Translation only."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from umaya.engines.access import BANDS_MIN
from umaya.gate import Refusal
from umaya.hub import Hub
from umaya.places.offices import SERVICES, OfficeService
from umaya.services.offices import Answer, Question
from umaya.web.charts import PATTERN_DEFINITIONS, Chart, Series, bars, legend
from umaya.web.pages.figures import Figure, Say
from umaya.web.site import WebSite

PACES: Final = ("walk", "slow", "car")
LIMITS: Final = (10, 15, 20, 30, 45, 60)
FARTHEST: Final = 20
"""So many cells stand in the table."""
Ids = Annotated[list[str], Query(max_length=500)]


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the routes of offices."""
    routes = APIRouter()

    @routes.get("/offices")
    def offices(
        request: Request,
        service: str = "",
        pace: str = "walk",
        change: Ids = [],  # noqa: B006 - read only
        limit: int = 20,
        told: str = "",
    ) -> Response:
        actor = site.actor(request)
        every = hub.offices.offices(actor)
        listed = {office.office_id for office in every}
        question = Question(
            OfficeService(service) if service in SERVICES else None,
            pace if pace in PACES else "walk",
            frozenset(change) & listed,
            min(max(limit, 1), 240),
        )
        asked = (service in {"", *SERVICES}, pace in PACES, set(change) <= listed, question.limit == limit)
        roads = hub.offices.atlas.known
        answer = hub.offices.answer(actor, question) if roads else None
        given = {"service": question.service, "pace": question.pace, "change": sorted(question.change)}
        page = site.page(
            request,
            "offices/offices.html",
            offices=every,
            answer=answer,
            question=question,
            fault=not all(asked),
            roads=roads,
            may_count=roads and hub.offices.may_count(actor),
            farthest=[] if answer is None else _farthest(answer),
            figure=None if answer is None else _bands(answer, site.language(request), site.catalogue(request).gettext),
            borders=BANDS_MIN,
            services=SERVICES,
            paces=PACES,
            limits=sorted({*LIMITS, question.limit}),
            query=urlencode(
                {key: value for key, value in {**given, "limit": question.limit}.items() if value}, doseq=True
            ),
            told=told,
            patterns=PATTERN_DEFINITIONS,
        )
        page.status_code = 200 if all(asked) else 422
        return page

    @routes.post("/offices/count")
    def count(request: Request) -> Response:
        outcome = hub.offices.count_people(site.actor(request))
        if isinstance(outcome, Refusal):
            return site.refusal(request, outcome.reason)
        return RedirectResponse("/offices?told=counted", 303)

    return routes


def _bands(answer: Answer, language: str, say: Say) -> Figure:
    """Return people by band, before and after; one series where nothing changes."""
    labels = [say("offices.within") % {"n": int(border)} for border in BANDS_MIN]
    labels += [say("offices.beyond") % {"n": int(BANDS_MIN[-1])}, say("offices.unreached")]
    series = [Series(say("offices.after" if answer.changes else "offices.people"), tuple(answer.after.tolist()))]
    if answer.changes:
        series.insert(0, Series(say("offices.before"), tuple(answer.before.tolist())))
    chart = Chart(
        id="bands",
        title=say("offices.bands"),
        description=say("offices.bands.about"),
        heading=say("offices.minutes"),
        labels=tuple(labels),
        series=tuple(series),
    )
    return Figure(chart, bars(_side_by_side(chart), language), legend(chart))


def _farthest(answer: Answer) -> list[tuple[str, int, float, float]]:
    """Return code, people, minutes before and after of the cells that have farthest after the change."""
    codes, people = (answer.counted.cells.column(name).to_pylist() for name in ("cell", "people"))
    before, after = answer.change.before.minutes, answer.change.after.minutes
    rows = np.lexsort((-np.asarray(people), -after))[:FARTHEST].tolist()
    return [(codes[row], people[row], float(before[row]), float(after[row])) for row in rows]


def _side_by_side(chart: Chart) -> Chart:
    """Return a chart with a row for each series of a label: stacked they would be added up."""
    if len(chart.series) == 1:
        return chart
    rows = [
        (f"{label} ({one.label})", k, at) for at, label in enumerate(chart.labels) for k, one in enumerate(chart.series)
    ]
    series = tuple(
        Series(one.label, tuple(one.values[at] if k == mine else 0 for _, k, at in rows))
        for mine, one in enumerate(chart.series)
    )
    return Chart(chart.id, chart.title, chart.description, chart.heading, tuple(label for label, *_ in rows), series)
