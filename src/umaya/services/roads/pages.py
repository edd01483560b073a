"""The officer's pages: the road map, and the same as a list for screen readers and browsers without scripts.

Translation only: query to call, state to rows. What may be seen is the gate's word, asked by the service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from umaya.types.site import Site

if TYPE_CHECKING:
    from umaya.services.roads.service import RoadMapService

PAGE_ROWS = 50
ORDER = ("probably-blocked", "passed-1h", "passed-3h", "passed-24h", "no-evidence")
Choice = Literal["known", "all", "probably-blocked", "passed-1h", "passed-3h", "passed-24h", "no-evidence"]


@dataclass(frozen=True)
class Row:
    """One stretch of road in the list; the members are those of the API's state and network."""

    segment: int
    name: str
    bridge: bool
    status: str
    last_passed: datetime | None
    p_blocked: float | None
    turn_backs: int

    @property
    def rank(self) -> tuple[int, float, str, int]:
        """Sort key: what matters most first, then the newest, then by name; stretches without a name last."""
        age = -self.last_passed.timestamp() if self.last_passed else 0.0
        return ORDER.index(self.status), age, self.name or "\uffff", self.segment


@dataclass(frozen=True)
class Filter:
    """What of the list is shown: a status, or `known` for all but `no-evidence`, or `all`; and a part of the name."""

    status: Choice
    name: str

    def keeps(self, row: Row) -> bool:
        wanted = self.status in {"all", row.status} or (self.status == "known" and row.status != "no-evidence")
        return wanted and self.name.casefold() in row.name.casefold()


def rows(network: Mapping[str, Any], segments: Mapping[str, Any], english: bool) -> Iterator[Row]:
    """Yield the stretches of the network with what is known of them.

    Args:
        network: GeoJSON as the API's `network` tells it.
        segments: segment id to entry, as in the API's `state`.
        english: whether the English name is wanted where there is one.
    """
    for feature in network["features"]:
        properties, entry = feature["properties"], segments.get(str(feature["id"]), {})
        last = entry.get("last_passed")
        yield Row(
            segment=feature["id"],
            name=(english and properties.get("name_en")) or properties.get("name") or "",
            bridge=bool(properties.get("bridge")),
            status=entry.get("status", "no-evidence"),
            last_passed=datetime.fromisoformat(last) if last else None,
            p_blocked=entry.get("p_blocked"),
            turn_backs=entry.get("turn_backs", 0),
        )


def event_of(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the declared event of a state with its times as times, or None."""
    event = state.get("event")
    if event is None:
        return None
    times = {key: datetime.fromisoformat(event[key]) for key in ("start", "end")}
    return {"area": None, **event, **times}


def router(service: RoadMapService, site: Site) -> APIRouter:
    """Return the pages `/roads` and `/roads/list`."""
    routes = APIRouter()

    @routes.get("/roads")
    def road_map(request: Request, at: datetime | None = None) -> Response:
        state = service.state(site.actor(request), at)
        query = _query(at=request.query_params.get("at"))
        return site.page(request, "roads/map.html", event=event_of(state), time_query=query)

    @routes.get("/roads/list")
    def road_list(
        request: Request,
        at: datetime | None = None,
        status: Choice = "known",
        name: Annotated[str, Query(max_length=100)] = "",
        page: Annotated[int, Query(ge=1)] = 1,
    ) -> Response:
        state = service.state(site.actor(request), at)
        english = site.language(request) == "en"
        kept = Filter(status, name)
        chosen = sorted((r for r in rows(service.network(), state["segments"], english) if kept.keeps(r)), key=_rank)
        pages = max(1, -(-len(chosen) // PAGE_ROWS))
        page = min(page, pages)
        asked = {"at": request.query_params.get("at"), "status": status, "name": name}
        return site.page(
            request,
            "roads/list.html",
            event=event_of(state),
            shown_at=datetime.fromisoformat(state["at"]) if state.get("at") else None,
            rows=chosen[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
            total=len(chosen),
            **asked,
            page=page,
            pages=pages,
            previous_page=_query(**asked, page=page - 1),
            next_page=_query(**asked, page=page + 1),
            time_query=_query(at=asked["at"]),
        )

    return routes


def _rank(row: Row) -> tuple[int, float, str, int]:
    return row.rank


def _query(**parameters: object) -> str:
    """Return a query string with what is given, `?` included; empty when nothing is."""
    given = {key: value for key, value in parameters.items() if value not in {None, ""}}
    return f"?{urlencode(given)}" if given else ""
