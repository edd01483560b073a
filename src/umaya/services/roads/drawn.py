"""What the road map's routes and commands prepare once of the roads: tiles, snapshots of states, references, exports.

Each part is made when it is first asked for and kept as long as the service.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from umaya.places.roads.references import References
from umaya.services.roads.exports import Export, export
from umaya.services.roads.service import MapState, RoadMapService
from umaya.services.roads.tiles import RoadTiles
from umaya.services.roads.tiles_state import Snapshots


class Drawn:
    """The roads of a service as they are drawn and handed out.

    Args:
        service: of the road map.
    """

    def __init__(self, service: RoadMapService) -> None:
        self._service = service

    @cached_property
    def tiles(self) -> RoadTiles:
        """The still part of the map."""
        return RoadTiles(self._service.atlas)

    @cached_property
    def snapshots(self) -> Snapshots:
        """The moving part."""
        return Snapshots(self.tiles.segments)

    @cached_property
    def references(self) -> References:
        """How other systems may refer to the segments."""
        return References(self._service.atlas.network)

    @property
    def background(self) -> pa.Table:
        """Water, buildings and offices, schema `umaya.places.roads.background.BACKGROUND`."""
        return self._service.atlas.background

    def segment(self, segment: int) -> dict[str, Any]:
        """Return names, class and reference of a segment that is there."""
        segments = self.tiles.segments
        row = segments.slice(pc.index(segments["segment_id"], segment).as_py(), 1)
        about: dict[str, Any] = row.select(["highway", "name", "name_en", "bridge"]).to_pylist()[0]
        return {**self.references.table(np.array([segment])).to_pylist()[0], **about}

    def export(self, state: MapState) -> Export:
        """Return a state for other systems."""
        return export(state, self._service.atlas.network, self.references, self.tiles.version)
