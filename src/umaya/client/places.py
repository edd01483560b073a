"""Calls about places: roads and what is known of them, offices, addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from umaya.client import models
from umaya.client.transport import Transport, operation, segment, timestamp


class PlaceCalls(Transport):
    """See `umaya.client.Client`."""

    @operation("GET", "/api/v1/roads/network")
    def road_network(self) -> dict[str, Any]:
        """Return road segments as GeoJSON."""
        return dict(self._get("/api/v1/roads/network").json())

    @operation("GET", "/api/v1/roads/background")
    def road_background(self) -> dict[str, Any]:
        """Return water, buildings and offices as GeoJSON."""
        return dict(self._get("/api/v1/roads/background").json())

    @operation("GET", "/api/v1/roads/state")
    def road_state(self, at: datetime | None = None) -> dict[str, Any]:
        """Return what is known of each segment at a moment."""
        return dict(self._get("/api/v1/roads/state", at=timestamp(at)).json())

    @operation("GET", "/api/v1/roads/passages.{form}")
    def passages(self, form: str = "parquet", at: datetime | None = None) -> bytes:
        """Return what is known of each segment as a file: `geojson`, `parquet`, `kml` or `csv`."""
        return bytes(self._get(f"/api/v1/roads/passages.{segment(form)}", at=timestamp(at)).content)

    @operation("GET", "/api/v1/roads/segments/{segment}")
    def road_segment(self, segment: int, at: datetime | None = None) -> dict[str, Any]:
        """Return what a road segment is, how other systems refer to it, and what is known of it at a moment."""
        return dict(self._get(f"/api/v1/roads/segments/{segment}", at=timestamp(at)).json())

    @operation("GET", "/api/v1/roads/changes")
    def road_changes(self, since: str | None = None, at: datetime | None = None) -> bytes:
        """Return what changed since a version, in the compact format of road states."""
        return bytes(self._get("/api/v1/roads/changes", since=since, at=timestamp(at)).content)

    @operation("GET", "/api/v1/roads/tiles.json")
    def road_tiles(self) -> dict[str, Any]:
        """Return the TileJSON of the roads: where the tiles are, their layers, bounds and version."""
        return dict(self._get("/api/v1/roads/tiles.json").json())

    @operation("GET", "/api/v1/roads/tiles/{z}/{x}/{y}.mvt")
    def road_tile(self, z: int, x: int, y: int, v: str | None = None) -> bytes:
        """Return one vector tile (MVT 2.1); empty where there is nothing to draw."""
        return bytes(self._get(f"/api/v1/roads/tiles/{z}/{x}/{y}.mvt", v=v).content)

    @operation("GET", "/api/v1/roads/reports")
    def road_reports(self) -> dict[str, Any]:
        """Return the reports of road damage that are in force, as GeoJSON."""
        return dict(self._get("/api/v1/roads/reports").json())

    @operation("GET", "/api/v1/roads/stream")
    def road_windows(self) -> Iterator[datetime]:
        """Yield the end of each newly released window, as it is released; ends when the hub closes the stream."""
        headers = {**self._headers, "Accept": "text/event-stream"}
        with self._http.stream("GET", f"{self._address}/api/v1/roads/stream", headers=headers, timeout=None) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield datetime.fromisoformat(json.loads(line.removeprefix("data:"))["at"])

    @operation("GET", "/api/v1/offices")
    def offices(self) -> list[models.Office]:
        """Return the offices that exist today."""
        return [models.Office.model_validate(one) for one in self._get("/api/v1/offices").json()]

    @operation("GET", "/api/v1/offices/access")
    def office_access(
        self,
        service: str | None = None,
        pace: str = "walk",
        change: Sequence[str] = (),
        limit: int = 20,
    ) -> models.OfficeAccess:
        """Return how many people have how far, before and after offices close or begin a service."""
        asked = {"service": service, "pace": pace, "change": [*change], "limit": limit}
        return models.OfficeAccess.model_validate(self._get("/api/v1/offices/access", **asked).json())

    @operation("GET", "/api/v1/offices/map")
    def office_map(
        self,
        service: str | None = None,
        pace: str = "walk",
        change: Sequence[str] = (),
        limit: int = 20,
    ) -> dict[str, Any]:
        """Return the same for each cell as GeoJSON."""
        asked = {"service": service, "pace": pace, "change": [*change], "limit": limit}
        return dict(self._get("/api/v1/offices/map", **asked).json())

    @operation("POST", "/api/v1/places/normalise")
    def normalise_addresses(self, addresses: Sequence[str]) -> list[models.ReadAddress]:
        """Return how addresses are read, in their order; at most 1000 in one call."""
        answer = self._post("/api/v1/places/normalise", {"addresses": list(addresses)})
        return [models.ReadAddress.model_validate(one) for one in answer.json()]

    @operation("POST", "/api/v1/places/reverse")
    def nearest_addresses(self, lon: float, lat: float) -> list[models.NearAddress]:
        """Return what is nearest to a place in degrees, the best answer first."""
        answer = self._post("/api/v1/places/reverse", {"lon": lon, "lat": lat})
        return [models.NearAddress.model_validate(one) for one in answer.json()]

    @operation("POST", "/api/v1/places/suggest")
    def suggest_addresses(self, text: str, limit: int = 10) -> list[models.SuggestedAddress]:
        """Return how an address that was begun may go on, the best way first."""
        answer = self._post("/api/v1/places/suggest", {"text": text, "limit": limit})
        return [models.SuggestedAddress.model_validate(one) for one in answer.json()]
