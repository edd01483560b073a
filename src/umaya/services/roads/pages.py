"""The officer's pages: the road map, and the same as a list for screen readers and browsers without scripts.

Translation only: query to call, state to rows. What may be seen is the gate's word, asked by the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from umaya.services.roads.listing import Choice, Filter, crossings, listing, page_of
from umaya.services.roads.service import MapState, RoadMapService
from umaya.types.errors import ConflictError, ForbiddenError
from umaya.types.site import Actor, Site

PAGE_ROWS = 50


def leads_to_map(service: RoadMapService, actor: Actor) -> bool:
    """Return whether `/roads` is for this actor: not for officers of a party that no scheme of a road map names."""
    try:
        service.check_may_see(actor)
    except ForbiddenError:
        return False
    except ConflictError:
        pass  # it is, and the page says why there is no map now
    return True


Reported = Callable[[Actor], Mapping[int, Sequence[str]]]
"""Tells the kinds of what people reported, by segment."""


def router(service: RoadMapService, site: Site, reported: Reported = lambda _: {}) -> APIRouter:
    """Return the pages `/roads` and `/roads/list`; `reported` fills a column of the list."""
    routes = APIRouter()

    def state_of(actor: Actor, at: datetime | None) -> MapState | None:
        """Return the state; None where the actor may see the map, but no disaster is declared."""
        service.check_may_see(actor)
        try:
            return service.state(actor, at)
        except ConflictError:
            return None

    @routes.get("/roads")
    def road_map(request: Request, at: AwareDatetime | None = None) -> Response:
        state = state_of(site.actor(request), at)
        time_query = _query(at=request.query_params.get("at"))
        return site.page(
            request, "roads/map.html", event=state and state.event, stage=state and state.stage, time_query=time_query
        )

    @routes.get("/roads/list")
    def road_list(
        request: Request,
        at: AwareDatetime | None = None,
        status: Choice = "known",
        name: Annotated[str, Query(max_length=100)] = "",
        page: Annotated[int, Query(ge=1)] = 1,
    ) -> Response:
        state = state_of(site.actor(request), at)
        asked = {"at": request.query_params.get("at"), "status": status, "name": name}
        context: dict[str, object] = {"rows": [], "total": 0, "pages": 1, "page": 1}
        if state is not None:
            english = site.language(request) == "en"
            table = listing(state, service.atlas.network, Filter(status, name), english=english)
            pages = max(1, -(-table.num_rows // PAGE_ROWS))
            page = min(page, pages)
            rows = page_of(table, page, PAGE_ROWS)
            met = crossings(service.atlas.network, [row["segment_id"] for row in rows], english=english)
            context = {"rows": rows, "crossings": met, "total": table.num_rows, "pages": pages, "page": page}
        return site.page(
            request,
            "roads/list.html",
            event=state and state.event,
            stage=state and state.stage,
            shown_at=state and state.at,
            previous_page=_query(**asked, page=page - 1),
            next_page=_query(**asked, page=page + 1),
            time_query=_query(at=asked["at"]),
            reported=reported(site.actor(request)) if state is not None else {},
            **asked,
            **context,
        )

    return routes


def _query(**parameters: object) -> str:
    """Return a query string with what is given, `?` included; empty when nothing is."""
    given = {key: value for key, value in parameters.items() if value not in {None, ""}}
    return f"?{urlencode(given)}" if given else ""
