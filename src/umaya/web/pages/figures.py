"""Figures: uses by purpose and by party, refusals by reason, consents over time; each as a chart and as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from umaya.gate.figures import LEAST, READERS, ConsentFigures, UseCount
from umaya.gate.roles import AUDITOR
from umaya.hub import Hub
from umaya.web.charts import PATTERN_DEFINITIONS, Chart, Series, bars, legend, line_legend, lines
from umaya.web.languages import japan_month
from umaya.web.pages.schemes import party_names
from umaya.web.site import WebSite

MANY = 12
"""A chart shows at most so many rows; the table below it has them all."""


@dataclass(frozen=True)
class Figure:
    """A chart with its picture, its key and its whole table."""

    chart: Chart
    picture: Markup
    legend: Markup
    people: bool = False
    """Whether it counts people: then 0 stands for fewer than ten."""


def router(hub: Hub, site: WebSite) -> APIRouter:
    """Return the route of the figures."""
    routes = APIRouter()

    @routes.get("/figures")
    def figures(request: Request) -> Response:
        actor = site.require(request, *READERS)
        language, say = site.language(request), site.catalogue(request).gettext
        found, months = hub.gate.figures.uses(actor), hub.gate.figures.months()
        moments = tuple(japan_month(month, language) for month in months)
        uses = [
            _of_uses("purposes", found.purposes, language, say),
            _of_uses("parties", found.parties, language, say),
            _of_refusals(found.refusals, language, say),
        ]
        consents = [(one, _of_consents(one, moments, language, say)) for one in hub.gate.figures.consents(actor)]
        return site.page(
            request,
            "figures/figures.html",
            uses=uses,
            consents=consents,
            first=months[0],
            all_parties=AUDITOR in actor.roles,
            party=party_names(hub.gate)[actor.party],
            least=LEAST,
            patterns=PATTERN_DEFINITIONS,
        )

    return routes


Say = Callable[[str], str]


def _of_uses(key: str, counts: tuple[UseCount, ...], language: str, say: Say) -> Figure:
    chart = Chart(
        id=key,
        title=say(f"figures.{key}"),
        description=say(f"figures.{key}.about"),
        heading=say(f"figures.{key}.heading"),
        labels=tuple(getattr(one.name, language) for one in counts),
        series=(
            Series(say("figures.permitted"), tuple(one.permitted for one in counts)),
            Series(say("figures.refused"), tuple(one.refused for one in counts)),
        ),
    )
    return Figure(chart, bars(_shown(chart), language), legend(chart))


def _of_refusals(refusals: Mapping[str, int], language: str, say: Say) -> Figure:
    chart = Chart(
        id="refusals",
        title=say("figures.refusals"),
        description=say("figures.refusals.about"),
        heading=say("figures.refusals.heading"),
        labels=tuple(say(f"reason.{reason}.what") for reason in refusals),
        series=(Series(say("figures.refused"), tuple(refusals.values())),),
    )
    return Figure(chart, bars(_shown(chart), language), legend(chart))


def _of_consents(topic: ConsentFigures, moments: tuple[str, ...], language: str, say: Say) -> Figure:
    chart = Chart(
        id=f"consents-{topic.topic}",
        title=getattr(topic.title, language),
        description=say("figures.consents.about"),
        heading=say("figures.month"),
        labels=moments,
        series=(Series(say("figures.given"), topic.given), Series(say("figures.withdrawn"), topic.withdrawn)),
    )
    return Figure(chart, lines(chart, language), line_legend(chart), people=True)


def _shown(chart: Chart) -> Chart:
    """Return the chart with its first rows alone."""
    series = tuple(Series(one.label, one.values[:MANY]) for one in chart.series)
    return Chart(chart.id, chart.title, chart.description, chart.heading, chart.labels[:MANY], series)
