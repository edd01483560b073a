"""Two roads that cross on the map without sharing a node, as a bridge over a street."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.worlds import ORIGIN, World, osm_xml
from umaya.places.roads import import_osm


def over_and_under() -> World:
    """Return roads AB (west-east, a bridge) and CD (north-south, below), 300 m each, crossing in their middles."""
    lon, lat = ORIGIN
    points = {
        "A": (lon - 0.0017, lat),
        "B": (lon + 0.0017, lat),
        "C": (lon, lat + 0.00135),
        "D": (lon, lat - 0.00135),
    }
    ways = {
        1: ([ord("A"), ord("B")], {"highway": "residential", "bridge": "yes", "layer": "1"}),
        2: ([ord("C"), ord("D")], {"highway": "residential"}),
    }
    xml = osm_xml({ord(name): place for name, place in points.items()}, ways)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.osm"
        file.write_text(xml, encoding="utf-8")
        return World(import_osm(file), points, {}, xml, 10.0)
