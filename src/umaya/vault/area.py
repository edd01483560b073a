"""Areas: where a scheme, an event or a grant holds, as one polygon on WGS 84.

Responsible for reading areas from bounding boxes and GeoJSON (RFC 7946), intersecting them and testing points.
A point on the border is inside. Areas across the 180th meridian are refused: none of Japan lies there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import rfc8785
import shapely

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Area:
    """A closed region of the Earth's surface.

    Attributes:
        geometry: valid, non-empty Polygon or MultiPolygon; degrees, longitude first.

    Raises:
        ValueError: when the geometry is no such region.
    """

    geometry: shapely.Geometry

    def __post_init__(self) -> None:
        if self.geometry.geom_type not in {"Polygon", "MultiPolygon"} or self.geometry.is_empty:
            raise ValueError("an area must be a polygon")
        if not self.geometry.is_valid or self.geometry.area <= 0:
            raise ValueError("an area must be a polygon without crossing borders")
        west, south, east, north = self.box
        if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
            raise ValueError("an area must lie within longitude -180 to 180 and latitude -90 to 90")
        shapely.prepare(self.geometry)

    @staticmethod
    def of_box(box: Sequence[float]) -> Area:
        """Return the area of a box (west, south, east, north) in degrees.

        Raises:
            ValueError: when it is not four finite numbers with west < east and south < north.
        """
        if len(box) != 4 or not np.isfinite(box).all():
            raise ValueError("a bbox must be four numbers: west, south, east, north")
        west, south, east, north = box
        if west >= east or south >= north:
            raise ValueError("a bbox must have west below east and south below north")
        return Area(shapely.box(west, south, east, north))

    @staticmethod
    def of_geojson(value: Mapping[str, Any]) -> Area:
        """Return the area of a GeoJSON Polygon or MultiPolygon (RFC 7946, sections 3.1.6 and 3.1.7).

        Raises:
            ValueError: when it is neither.
        """
        try:
            rings = [value["coordinates"]] if value["type"] == "Polygon" else list(value["coordinates"])
            parts = [shapely.Polygon(shell, holes) for shell, *holes in rings]
        except (KeyError, TypeError, ValueError, shapely.errors.ShapelyError) as error:
            raise ValueError("an area must be a GeoJSON Polygon or MultiPolygon") from error
        return Area(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))

    @property
    def box(self) -> Box:
        """West, south, east, north in degrees."""
        west, south, east, north = self.geometry.bounds
        return (west, south, east, north)

    @property
    def is_box(self) -> bool:
        """Whether the area is its own bounding box."""
        return bool(self.geometry.equals(shapely.box(*self.box)))

    def intersection(self, other: Area) -> Area | None:
        """Return what both cover, or None where that is no region (a shared border is none)."""
        both = shapely.intersection(self.geometry, other.geometry)
        parts = [part for part in shapely.get_parts(both) if part.geom_type == "Polygon" and part.area > 0]
        if not parts:
            return None
        return Area(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))

    def holds(self, other: Area) -> bool:
        """Return whether no place of another lies outside."""
        return bool(shapely.covers(self.geometry, other.geometry))

    def covers(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return for each point whether it lies inside or on the border."""
        inside: npt.NDArray[np.bool_] = shapely.intersects_xy(self.geometry, lon, lat)
        return inside

    def geojson(self) -> dict[str, Any]:
        """Return the area as a GeoJSON geometry, in one form for equal polygons."""
        normal = shapely.normalize(self.geometry)
        value: dict[str, Any] = shapely.geometry.mapping(normal)
        return {"type": value["type"], "coordinates": _lists(value["coordinates"])}

    def canonical(self) -> bytes:
        """Return the GeoJSON geometry in canonical JSON (RFC 8785)."""
        return rfc8785.dumps(self.geojson())


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, (tuple, list)) else value
