"""JSON API of the road map's tiles and their state: translation only, for officers of the municipality alone.

A tile of a version never changes, so the reader's own browser may keep it (never a cache that others share); what is
known of the roads travels apart and is asked for anew.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

import numpy as np
import pyarrow.compute as pc
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from umaya.engines.tiles import Tile
from umaya.places.roads.references import References
from umaya.services.roads.routes import PREFIX, At
from umaya.services.roads.service import RoadMapService
from umaya.services.roads.tiles import MAX_ZOOM, RoadTiles
from umaya.services.roads.tiles_state import MEDIA_TYPE, Snapshots
from umaya.types.errors import ConflictError, NotFoundError
from umaya.types.site import Site

TILE_TYPE = "application/vnd.mapbox-vector-tile"
KEEP, ASK_AGAIN = "private, max-age=31536000, immutable", "private, no-cache"
Version = Annotated[str | None, Query(max_length=32, pattern="^[0-9a-f]+$")]


class _Drawn:
    """The tiles, snapshots and references of a service's roads, each prepared when first asked for."""

    def __init__(self, service: RoadMapService) -> None:
        self._service = service

    @cached_property
    def tiles(self) -> RoadTiles:
        return RoadTiles(self._service.atlas)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.tiles.segments)

    @cached_property
    def _references(self) -> References:
        return References(self._service.atlas.network)

    def segment(self, segment: int) -> dict[str, Any]:
        """Return names, class and reference of a segment that is there."""
        segments = self.tiles.segments
        row = segments.slice(pc.index(segments["segment_id"], segment).as_py(), 1)
        about: dict[str, Any] = row.select(["highway", "name", "name_en", "bridge"]).to_pylist()[0]
        return {**self._references.table(np.array([segment])).to_pylist()[0], **about}


def router(service: RoadMapService, site: Site) -> APIRouter:
    """Return the routes of tiles, differences and single segments under `/api/v1/roads`."""
    routes = APIRouter(prefix=PREFIX, tags=["roads"])
    drawn = _Drawn(service)

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

    return routes


def _known(
    service: RoadMapService, drawn: _Drawn, actor: Any, segment: int, at: AwareDatetime | None
) -> dict[str, Any]:
    """Return what is known of a segment; nothing where no disaster is declared."""
    try:
        return drawn.snapshots.about(service.state(actor, at), segment)
    except ConflictError:
        return {}
