"""A map under construction, in metres: points and ways that share them. Roads meet only where they share a point.

Knows nothing of towns. `Draft.clear` keeps lanes from crossing or hugging what is already drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Name:
    """A name in Japanese and English."""

    ja: str
    en: str


@dataclass(frozen=True)
class DraftWay:
    """One way: its points in order and its tags. `valley` is -1 in the basin, else the number of the valley."""

    points: Ints
    highway: str
    name: Name | None = None
    bridge: bool = False
    oneway: bool = False
    service: str | None = None
    valley: int = -1


@dataclass
class Draft:
    """Points (metres) and ways drawn so far."""

    ways: list[DraftWay] = field(default_factory=list)
    _chunks: list[Floats] = field(default_factory=list)
    _count: int = 0
    _lines: list[shapely.LineString] = field(default_factory=list)
    _cache: Floats | None = None

    def add_points(self, xy: Floats) -> Ints:
        """Add (n, 2) points and return their numbers."""
        self._chunks.append(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
        first, self._count = self._count, self._count + len(self._chunks[-1])
        self._cache = None
        return np.arange(first, self._count)

    def add_point(self, x: float, y: float) -> int:
        """Add one point and return its number."""
        return int(self.add_points(np.array([[x, y]]))[0])

    @property
    def xy(self) -> Floats:
        """All points, (n, 2) metres."""
        if self._cache is None:
            self._cache = np.concatenate(self._chunks) if self._chunks else np.empty((0, 2))
        return self._cache

    def add_way(self, way: DraftWay) -> None:
        """Draw a way through points that exist."""
        self.ways.append(way)
        self._lines.append(shapely.LineString(self.xy[way.points]))

    def block(self, line: Sequence[Sequence[float]] | Floats) -> None:
        """Keep later lanes clear of a line that is no road, such as a stream."""
        self._lines.append(shapely.LineString(np.asarray(line)))

    def clear(self, line: Floats, margin: float) -> bool:
        """Tell whether `line` keeps `margin` metres from all that is drawn, but for its first `margin` + 2 metres."""
        whole = shapely.LineString(line)
        if whole.length <= margin + 6:
            return False
        rest = shapely.ops.substring(whole, margin + 2, whole.length)
        return not bool(shapely.dwithin(np.array(self._lines), rest, margin).any())


def smooth(t: Floats | float) -> Floats:
    """Smoothstep: 0 below 0, 1 above 1, without corners."""
    u = np.clip(np.asarray(t, dtype=np.float64), 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)
