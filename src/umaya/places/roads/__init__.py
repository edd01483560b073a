"""The road network: OpenStreetMap in, a directed graph of public roads with their private accesses out.

Turns extracts into `umaya.types.roads.RoadNetwork`, keeps it as GeoParquet, counts the homes of each road segment
and reads the map's background. Matching, disclosure and passability over the network are engines.
"""

from umaya.places.roads.background import background
from umaya.places.roads.homes import homes_per_segment
from umaya.places.roads.osm import import_osm
from umaya.places.roads.profile import Profile
from umaya.places.roads.store import load, save

__all__ = ["Profile", "background", "homes_per_segment", "import_osm", "load", "save"]
