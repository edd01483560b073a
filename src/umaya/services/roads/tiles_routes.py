"""API of the road map's tiles, their state and the downloads: translation only, for officers of the municipality alone.

A tile of a version never changes, so the reader's own browser may keep it (never a cache that others share); what is
known of the roads travels apart and is asked for anew.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from umaya.engines.tiles import Tile
from umaya.services.roads.drawn import Drawn
from umaya.services.roads.exports import FORMATS
from umaya.services.roads.routes import PREFIX, At
from umaya.services.roads.service import RoadMapService
from umaya.services.roads.tiles import MAX_ZOOM
from umaya.services.roads.tiles_state import MEDIA_TYPE
from umaya.types.errors import ConflictError, NotFoundError
from umaya.types.site import Site

TILE_TYPE = "application/vnd.mapbox-vector-tile"
KEEP, ASK_AGAIN = "private, max-age=31536000, immutable", "private, no-cache"
Version = Annotated[str | None, Query(max_length=32, pattern="^[0-9a-f]+$")]


def router(service: RoadMapService, site: Site) -> APIRouter:
    """Return the routes of tiles, differences, single segments and downloads under `/api/v1/roads`."""
    routes = APIRouter(prefix=PREFIX, tags=["roads"])
    drawn = Drawn(service)

    @routes.get("/tiles.json")
    def description(request: Request) -> dict[str, Any]:
        """TileJSON of the roads: where the tiles are, their layers, bounds and version."""
        service.check_may_see(site.actor(request))
        tiles = drawn.tiles
        return tiles.description(f"{PREFIX}/tiles/{{z}}/{{x}}/{{y}}.mvt?v={tiles.version}")

    @routes.get("/tiles/{z}/{x}/{y}.mvt", response_class=Response)
    def tile(
        request: Request,
        z: Annotated[int, Path(ge=0, le=MAX_ZOOM)],
        x: Annotated[int, Path(ge=0)],
        y: Annotated[int, Path(ge=0)],
        v: Version = None,
    ) -> Response:
        """One vector tile (MVT 2.1) of roads, water, buildings and offices; 204 where there is nothing to draw."""
        service.check_may_see(site.actor(request))
        tiles = drawn.tiles
        try:
            wanted = Tile(z, x, y)
        except ValueError as error:
            raise NotFoundError("there is no such tile") from error
        tag = f'"{tiles.version}"'
        headers = {"Cache-Control": KEEP if v == tiles.version else ASK_AGAIN, "ETag": tag, "Vary": "Cookie"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        content = tiles.tile(wanted)
        if not content:
            return Response(status_code=204, headers=headers)
        return Response(content, media_type=TILE_TYPE, headers={**headers, "Content-Encoding": "gzip"})

    @routes.get("/changes", response_class=Response)
    def changes(request: Request, since: Version = None, at: At = None) -> Response:
        """What changed on the map since a version that the reader has, in the compact format of road states."""
        state = service.state(site.actor(request), at)
        return Response(drawn.snapshots.difference(state, since), media_type=MEDIA_TYPE)

    @routes.get("/segments/{segment}")
    def segment(request: Request, segment: Annotated[int, Path(ge=0, lt=2**53)], at: At = None) -> dict[str, Any]:
        """What a road segment is, how other systems may refer to it, and what is known of it at a moment."""
        actor = site.actor(request)
        service.check_may_see(actor)
        place = drawn.snapshots.place(segment)
        if place is None:
            raise NotFoundError("there is no such road segment")
        return {**drawn.segment(segment), "place": place, **_known(service, drawn, actor, segment, at)}

    @routes.get("/passages.{form}", response_class=Response)
    def passages(request: Request, form: Literal["geojson", "parquet", "kml", "csv"], at: At = None) -> Response:
        """Download what is known of each segment; every road with a reference that survives a map update."""
        found = service.state(site.actor(request), at)
        write, media_type = FORMATS[form]
        name = f"passable-roads-{found.at:%Y%m%dT%H%MZ}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(write(drawn.export(found)), media_type=media_type, headers=headers)

    return routes


def _known(service: RoadMapService, drawn: Drawn, actor: Any, segment: int, at: AwareDatetime | None) -> dict[str, Any]:
    """Return what is known of a segment; nothing where no disaster is declared."""
    try:
        return drawn.snapshots.about(service.state(actor, at), segment)
    except ConflictError:
        return {}
