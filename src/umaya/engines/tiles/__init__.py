"""Vector tiles: lines, areas and points in, Mapbox Vector Tiles 2.1 out.

Pure and columnar: geometries are prepared once as flat arrays in Web Mercator, each tile is clipped, simplified,
quantised and written by compiled loops. What a layer means and who may see it is not known here.
Tile format: https://github.com/mapbox/vector-tile-spec/tree/master/2.1; tile scheme: XYZ, row 0 in the north.
"""

from umaya.engines.tiles.areas import Areas, Points
from umaya.engines.tiles.lines import Attribute, Lines
from umaya.engines.tiles.mercator import Tile, covering, to_unit

__all__ = ["Areas", "Attribute", "Lines", "Points", "Tile", "covering", "to_unit"]
