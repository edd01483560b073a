r"""Tiny road worlds drawn as text, for tests that read as a specification (after Valhalla's gurka).

    world = draw('''
        A----B-->-C
        |    :    |
        D----d----E
    ''', cell_m=20)

One character is one cell, `cell_m` metres wide and high; the first line is the northernmost.
Lines of blanks within the drawing count.

- A letter is a node. Every stretch between two letters is a way of its own, named by its letters in reading
  order (`"AB"`), so every letter on a road is a junction or an end.
- `-` `|` `/` `\` are two-way roads, west-east, north-south and diagonal.
- `>` `<` on a west-east stretch and `v` `^` on a north-south one make it one-way.
- `=` (west-east) and `:` (north-south) are private driveways.
- `+` is a corner: the way goes on through it to its other arm.
- A digit is a place: a position, a letterbox. It may stand alone or on a road, which goes on through it.

Tags of a way are replaced or added by `tags={"AB": {"highway": "primary"}}`; roads are `residential`, driveways
`service` with `service=driveway`. Node ids are the code points of the letters (a corner: 1000 + its number), way
ids count from 1 in reading order. `v` is not a letter here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

from umaya.places.roads import Profile, import_osm
from umaya.places.roads.geodesy import degree_lengths
from umaya.types.roads import RoadNetwork

ORIGIN = (136.8, 36.2)
"""Longitude and latitude of the upper left character."""

Cell = tuple[int, int]
_ARMS: dict[Cell, tuple[str, str, str, str]] = {
    # direction (row, column): two-way, private, one-way along it, one-way against it
    (0, 1): ("-", "=", ">", "<"),
    (1, 0): ("|", ":", "v", "^"),
    (1, 1): ("\\", "", "", ""),
    (1, -1): ("/", "", "", ""),
}


@dataclass(frozen=True)
class Way:
    """A drawn stretch: its cells from node to node, and its tags."""

    way_id: int
    cells: tuple[Cell, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """A drawn world.

    Attributes:
        network: the roads, imported as any extract is.
        points: longitude, latitude of every letter and digit.
        ways: drawn stretches by name.
        xml: the world as an OpenStreetMap file.
        cell_m: metres per character.
    """

    network: RoadNetwork
    points: Mapping[str, tuple[float, float]]
    ways: Mapping[str, Way]
    xml: str
    cell_m: float

    def edge(self, source: str, target: str) -> int:
        """Return the id of the edge from one letter to a neighbour (the first of several in parallel)."""
        nodes = self.network.nodes["node_id"].to_pylist()
        rows = zip(self.network.edges["source"].to_pylist(), self.network.edges["target"].to_pylist(), strict=True)
        for edge_id, (start, end) in enumerate(rows):
            if (nodes[start], nodes[end]) == (ord(source), ord(target)):
                return edge_id
        raise KeyError(f"no edge {source}{target}")

    def edges(self, path: str) -> list[int]:
        """Return the ids of the edges along a path of letters, such as `"ABE"`."""
        return [self.edge(source, target) for source, target in pairwise(path)]

    def name(self, edge_id: int) -> str:
        """Return the letters of an edge, source first."""
        row = self.network.edges.slice(edge_id, 1).to_pylist()[0]
        nodes = self.network.nodes["node_id"].to_pylist()
        return "".join(chr(nodes[row[end]]) for end in ("source", "target"))

    def segment(self, name: str) -> int:
        """Return the segment id of a stretch by two letters, whichever way it may be driven."""
        for source, target in ((name[0], name[-1]), (name[-1], name[0])):
            try:
                edge_id = self.edge(source, target)
            except KeyError:
                continue
            return int(self.network.edges["segment_id"][edge_id].as_py())
        raise KeyError(f"no segment {name}")

    def offset(self, point: str, east_m: float = 0.0, north_m: float = 0.0) -> tuple[float, float]:
        """Return longitude, latitude of a place shifted by metres."""
        lon, lat = self.points[point]
        east, north = degree_lengths(ORIGIN[1])
        return lon + east_m / float(east), lat + north_m / float(north)


def draw(
    text: str,
    cell_m: float = 10.0,
    tags: Mapping[str, Mapping[str, str]] | None = None,
    profile: Profile | None = None,
) -> World:
    """Build the world drawn in `text`; indentation common to all lines does not count."""
    cells = _cells(text)
    ways = _ways(cells, tags or {})
    xml = osm_xml(
        {_node_id(cells, cell): _place(cell, cell_m) for way in ways.values() for cell in _nodes(cells, way)},
        {way.way_id: ([_node_id(cells, cell) for cell in _nodes(cells, way)], way.tags) for way in ways.values()},
    )
    points = {mark: _place(cell, cell_m) for cell, mark in cells.items() if _is_node(mark) or mark.isdigit()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.osm"
        file.write_text(xml, encoding="utf-8")
        network = import_osm(file, profile)
    return World(network, points, ways, xml, cell_m)


def osm_xml(nodes: Mapping[int, tuple[float, float]], ways: Mapping[int, tuple[list[int], Mapping[str, str]]]) -> str:
    """Write an OpenStreetMap file: nodes as longitude, latitude; ways as node ids and tags."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    lines += [f'<node id="{node}" lat="{lat:.7f}" lon="{lon:.7f}"/>' for node, (lon, lat) in nodes.items()]
    for way, (refs, tags) in ways.items():
        lines.append(f'<way id="{way}">')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]
        lines.append("</way>")
    return "\n".join([*lines, "</osm>"])


def _cells(text: str) -> dict[Cell, str]:
    lines = text.splitlines()
    while not lines[0].strip():
        lines.pop(0)
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    cells = {
        (row, column): mark
        for row, line in enumerate(lines)
        for column, mark in enumerate(line[indent:])
        if mark != " "
    }
    letters = [mark for mark in cells.values() if _is_node(mark) or mark.isdigit()]
    repeated = {mark for mark in letters if letters.count(mark) > 1}
    if repeated:
        raise ValueError(f"drawn twice: {', '.join(sorted(repeated))}")
    return cells


def _is_node(mark: str) -> bool:
    return mark.isalpha() and mark != "v"


def _place(cell: Cell, cell_m: float) -> tuple[float, float]:
    east, north = degree_lengths(ORIGIN[1])
    row, column = cell
    return round(ORIGIN[0] + column * cell_m / float(east), 7), round(ORIGIN[1] - row * cell_m / float(north), 7)


def _node_id(cells: dict[Cell, str], cell: Cell) -> int:
    if cells[cell] != "+":
        return ord(cells[cell])
    return 1000 + sorted(other for other, mark in cells.items() if mark == "+").index(cell)


def _nodes(cells: dict[Cell, str], way: Way) -> list[Cell]:
    return [cell for cell in way.cells if _is_node(cells[cell]) or cells[cell] == "+"]


def _ways(cells: dict[Cell, str], tags: Mapping[str, Mapping[str, str]]) -> dict[str, Way]:
    ways: dict[str, Way] = {}
    drawn: set[tuple[Cell, ...]] = set()
    for cell, mark in cells.items():
        if not _is_node(mark):
            continue
        for arm in _all_arms():
            run = _follow(cells, cell, arm)
            if run is None or tuple(reversed(run)) in drawn or run in drawn:
                continue
            drawn.add(run)
            name = cells[run[0]] + cells[run[-1]]
            if name in ways:
                raise ValueError(f"two ways {name}: give one of them a letter in between")
            ways[name] = Way(len(ways) + 1, run, {**_tags(cells, run), **tags.get(name, {})})
    unknown = tags.keys() - ways.keys()
    if unknown:
        raise ValueError(f"tags for ways that are not drawn: {', '.join(sorted(unknown))}")
    return ways


def _all_arms() -> Iterator[Cell]:
    for row, column in _ARMS:
        yield row, column
        yield -row, -column


def _marks(arm: Cell) -> str:
    return "".join(_ARMS.get(arm) or _ARMS[-arm[0], -arm[1]])


def _follow(cells: dict[Cell, str], start: Cell, arm: Cell) -> tuple[Cell, ...] | None:
    """Return the cells from `start` along `arm`, round corners, to the next letter; None where nothing is drawn."""
    run = [start]
    while True:
        cell = (run[-1][0] + arm[0], run[-1][1] + arm[1])
        mark = cells.get(cell, " ")
        run.append(cell)
        if _is_node(mark):
            return tuple(run) if any(cells[between] in "-|/\\><v^=:" for between in run[1:-1]) else None
        if mark == "+":
            turned = [
                other
                for other in _all_arms()
                if other != (-arm[0], -arm[1])
                and cells.get((cell[0] + other[0], cell[1] + other[1]), " ") in _marks(other)
            ]
            if len(turned) != 1:
                raise ValueError("a corner needs exactly two arms")
            arm = turned[0]
        elif not mark.isdigit() and mark not in _marks(arm):
            return None


def _tags(cells: dict[Cell, str], run: tuple[Cell, ...]) -> dict[str, str]:
    marks = {cells[cell] for cell in run}
    if marks & {"=", ":"}:
        return {"highway": "service", "service": "driveway"}
    direction = 0
    for before, cell in pairwise(run):
        arm = (cell[0] - before[0], cell[1] - before[1])
        along = _ARMS.get(arm)
        against = _ARMS.get((-arm[0], -arm[1]))
        if (along and cells[cell] == along[2]) or (against and cells[cell] == against[3]):
            direction = 1
        elif (along and cells[cell] == along[3]) or (against and cells[cell] == against[2]):
            direction = -1
    return {"highway": "residential", **({"oneway": "yes" if direction > 0 else "-1"} if direction else {})}
