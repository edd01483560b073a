"""One town of the region: drawn in metres, then numbered and turned into the tables of `umaya.sample.town.Town`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from umaya.sample.map.draft import Draft, DraftWay, Floats, Ints
from umaya.sample.map.houses import Plots, choose_offices, footprints, lay_plots, share_homes
from umaya.sample.map.river import River
from umaya.sample.map.streets import draw_basin, draw_paths
from umaya.sample.map.valleys import VALLEYS, Valley, draw_valleys
from umaya.sample.names import town_name
from umaya.sample.people import addresses, households, ids
from umaya.sample.size import CELL_M, CENTRE, Scale
from umaya.sample.tables import LETTERBOXES, OFFICES, TOWN_BUILDINGS, TOWN_NODES, TOWN_WATER, TOWN_WAYS

OFFICE_NAMES = (
    ("中央郵便局", "Central Post Office"),
    ("南郵便局", "South Post Office"),
    ("西郵便局", "West Post Office"),
)


def office_names(cell: int, count: int) -> list[tuple[str, str]]:
    """Return the names of a town's offices in Japanese and English."""
    ja, en = town_name(cell)
    place = ja.removesuffix("市").removesuffix("町")
    return [(place + a, f"{en} {b}") for a, b in OFFICE_NAMES[:count]]


@dataclass(frozen=True)
class Firsts:
    """The next free numbers."""

    node: int = 1
    way: int = 1
    box: int = 1
    household: int = 1
    office: int = 1


@dataclass(frozen=True)
class Cell:
    """One town as tables, the node ids at its western, eastern, northern and southern exit, the next free numbers."""

    nodes: pa.Table
    ways: pa.Table
    buildings: pa.Table
    water: pa.Table
    offices: pa.Table
    letterboxes: pa.Table
    households: pa.Table
    gates: tuple[int, int, int, int]
    after: Firsts


def draw_cell(scale: Scale, cell: int, first: Firsts, rng: np.random.Generator) -> Cell:
    """Draw town `cell` of the region, numbered from `first` on."""
    extent = scale.extent(cell)
    reach = CELL_M / 2 * (1.0 if scale.cells > 1 else max(0.3, extent))
    river = River(-430.0 * extent - 30.0, 150.0 * extent, rng.uniform(0, 2 * np.pi), 14.0 + 44.0 * extent, reach)
    draft = Draft()
    basin = draw_basin(draft, river, extent, rng)
    valleys = draw_valleys(draft, basin, river, extent, rng)
    draw_paths(draft, basin, rng)
    _open_one_ways(draft)
    plots = lay_plots(draft, basin, river, [v.stream for v in valleys if v.stream is not None], rng)
    office_rows = choose_offices(plots, basin, scale.offices_in(cell))
    offices = plots.take(office_rows)
    houses, homes = share_homes(
        plots.take(np.setdiff1d(np.arange(len(plots.way)), office_rows)), scale.homes_in(cell), rng
    )
    return _tables(scale, cell, first, _Drawn(draft, river, valleys, offices, houses, homes), rng)


@dataclass(frozen=True)
class _Drawn:
    draft: Draft
    river: River
    valleys: list[Valley]
    offices: Plots
    houses: Plots
    homes: Ints


def _open_one_ways(draft: Draft) -> None:
    """Make a one-way street two-way where it would trap a rider, so that every place can be reached and left."""
    a = np.concatenate([w.points[:-1] for w in draft.ways])
    b = np.concatenate([w.points[1:] for w in draft.ways])
    sizes = [len(w.points) - 1 for w in draft.ways]
    back = np.repeat([not w.oneway for w in draft.ways], sizes)
    graph = coo_array(
        (np.ones(len(a) + back.sum()), (np.append(a, b[back]), np.append(b, a[back]))), shape=(len(draft.xy),) * 2
    )
    _, part = connected_components(graph, directed=True, connection="strong")
    trapped = np.logical_or.reduceat(part[a] != part[b], np.cumsum([0, *sizes[:-1]]))
    draft.ways[:] = [replace(w, oneway=False) if t else w for w, t in zip(draft.ways, trapped, strict=True)]


def _tables(scale: Scale, cell: int, first: Firsts, drawn: _Drawn, rng: np.random.Generator) -> Cell:
    draft, houses, offices = drawn.draft, drawn.houses, drawn.offices
    centre = np.array(scale.centre(cell))
    # Driveways: those of the offices, then those of the set-back houses; each adds its joint and its end.
    private = np.flatnonzero(houses.driveway)
    joints = np.concatenate([offices.front, houses.front[private]])
    ends = np.concatenate([offices.house, houses.house[private]])
    count, roads = len(joints), len(draft.ways)
    joint_id = first.node + len(draft.xy) + np.arange(count)
    degrees = np.round(CENTRE.to_degrees(np.concatenate([draft.xy, joints, ends]) + centre), 7)
    nodes = pa.table(
        [np.arange(first.node, first.node + len(degrees)), degrees[:, 0], degrees[:, 1]], schema=TOWN_NODES
    )
    ways = pa.concat_tables(
        [
            _road_table(
                drawn,
                cell,
                first,
                joint_id,
                np.append(offices.way, houses.way[private]),
                np.append(offices.offset, houses.offset[private]),
            ),
            _driveway_table(cell, first.way + roads, joint_id, count),
        ]
    )
    driveway = np.full(len(houses.way), -1, dtype=np.int64)
    driveway[private] = first.way + roads + len(offices.way) + np.arange(len(private))
    valley = np.array([w.valley for w in draft.ways])
    boxes = _box_table(cell, first, drawn, driveway, valley[houses.way], centre)
    buildings = _building_table(drawn, cell, first.way + roads + count, centre, rng)
    water = _water_table(drawn, cell, first.way + roads + count + buildings.num_rows, centre)
    people = households(boxes["letterbox_id"], drawn.homes, first.household, rng)
    after = Firsts(
        first.node + len(degrees),
        first.way + roads + count + buildings.num_rows + water.num_rows,
        first.box + boxes.num_rows,
        first.household + people.num_rows,
        first.office + len(offices.way),
    )
    office_table = _office_table(scale, cell, first, drawn, first.way + roads, centre)
    return Cell(nodes, ways, buildings, water, office_table, boxes, people, _gates(drawn, first), after)


def _road_table(
    drawn: _Drawn, cell: int, first: Firsts, joint_id: Ints, joint_way: Ints, joint_offset: Floats
) -> pa.Table:
    """Return the roads with the driveways' joints put in where they belong."""
    ways = drawn.draft.ways
    sizes = np.array([len(w.points) for w in ways])
    way = np.repeat(np.arange(len(ways)), sizes)
    points = np.concatenate([w.points for w in ways])
    xy = drawn.draft.xy[points]
    steps = np.where(way[1:] == way[:-1], np.hypot(*(xy[1:] - xy[:-1]).T), 0.0)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    offset = run - run[np.cumsum(sizes) - sizes][way]
    order = np.lexsort((np.append(offset, joint_offset), np.append(way, joint_way)))
    refs = np.append(points + first.node, joint_id)[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(np.append(way, joint_way), minlength=len(ways)))])
    return pa.table(
        [
            np.arange(first.way, first.way + len(ways)),
            pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(refs)),
            [w.highway for w in ways],
            [w.name.ja if w.name else None for w in ways],
            [w.name.en if w.name else None for w in ways],
            [w.bridge for w in ways],
            [w.oneway for w in ways],
            [w.service for w in ways],
            pa.nulls(len(ways), pa.string()),
            np.full(len(ways), cell, dtype=np.int32),
            pa.array([None if w.valley < 0 else w.valley for w in ways], pa.int32()),
        ],
        schema=TOWN_WAYS,
    )


def _driveway_table(cell: int, first_way: int, joint_id: Ints, count: int) -> pa.Table:
    refs = np.column_stack([joint_id, joint_id + count]).ravel()
    no = pa.array(np.zeros(count, dtype=bool))
    return pa.table(
        [
            np.arange(first_way, first_way + count),
            pa.ListArray.from_arrays(pa.array(np.arange(count + 1) * 2, pa.int32()), pa.array(refs)),
            pa.repeat("service", count),
            pa.nulls(count, pa.string()),
            pa.nulls(count, pa.string()),
            no,
            no,
            pa.repeat("driveway", count),
            pa.repeat("private", count),
            np.full(count, cell, dtype=np.int32),
            pa.nulls(count, pa.int32()),
        ],
        schema=TOWN_WAYS,
    )


def _box_table(cell: int, first: Firsts, drawn: _Drawn, driveway: Ints, valley: Ints, centre: Floats) -> pa.Table:
    """Return the letterboxes: at the road before the house, or at the end of its driveway."""
    houses = drawn.houses
    share = np.where(houses.driveway, 0.9, 0.4)[:, None]
    degrees = np.round(CENTRE.to_degrees(houses.front + (houses.house - houses.front) * share + centre), 7)
    return pa.table(
        [
            ids("b", first.box, len(houses.way), 6),
            addresses(cell, houses.house, houses.way, valley),
            degrees[:, 0],
            degrees[:, 1],
            drawn.homes.astype(np.int32),
            np.full(len(houses.way), cell, dtype=np.int32),
            houses.way + first.way,
            houses.offset,
            pa.array(driveway, mask=driveway < 0),
        ],
        schema=LETTERBOXES,
    )


def _office_table(scale: Scale, cell: int, first: Firsts, drawn: _Drawn, driveway: int, centre: Floats) -> pa.Table:
    offices = drawn.offices
    count, bikes = len(offices.way), scale.bikes_in(cell)
    share = np.array([0.5, 0.3, 0.2])[:count] / np.array([0.5, 0.3, 0.2])[:count].sum()
    each = np.floor(np.cumsum(share) * bikes + 0.5).astype(np.int32)
    degrees = np.round(CENTRE.to_degrees(offices.house + centre), 7)
    names = office_names(cell, count)
    return pa.table(
        [
            ids("office-", first.office, count, 1),
            [ja for ja, _ in names],
            [en for _, en in names],
            degrees[:, 0],
            degrees[:, 1],
            np.diff(each, prepend=0).astype(np.int32),
            np.full(count, cell, dtype=np.int32),
            offices.way + first.way,
            offices.offset,
            driveway + np.arange(count),
        ],
        schema=OFFICES,
    )


def _building_table(drawn: _Drawn, cell: int, first_id: int, centre: Floats, rng: np.random.Generator) -> pa.Table:
    """Return the houses, the blocks of flats and the offices as polygons."""
    houses, offices = drawn.houses, drawn.offices
    size = rng.uniform(6.5, 9.5, (len(houses.way), 2)) + np.where(drawn.homes > 1, 2.0, 0.0)[:, None]
    corners = np.concatenate([footprints(offices, np.full((len(offices.way), 2), 13.0)), footprints(houses, size)])
    rings = CENTRE.to_degrees(corners.reshape(-1, 2) + centre).reshape(-1, 4, 2)
    kinds = ["public"] * len(offices.way) + np.where(drawn.homes > 1, "apartments", "house").tolist()
    names = office_names(cell, len(offices.way))
    blank = [None] * len(houses.way)
    return pa.table(
        [
            np.arange(first_id, first_id + len(kinds)),
            kinds,
            pa.array([n[0] for n in names] + blank, pa.string()),
            pa.array([n[1] for n in names] + blank, pa.string()),
            shapely.to_wkb(shapely.polygons(np.round(rings, 7))),
        ],
        schema=TOWN_BUILDINGS,
    )


def _water_table(drawn: _Drawn, cell: int, first_id: int, centre: Floats) -> pa.Table:
    """Return the river as a polygon and the valleys' streams as lines."""
    en = town_name(cell)[1]
    rows: list[tuple[str, str, str, shapely.Geometry]] = [("river", "水無瀬川", "Minase River", drawn.river.polygon())]
    for valley in drawn.valleys:
        if valley.stream is not None:
            name = VALLEYS[valley.number]
            rows.append(("stream", f"{name.ja}川", f"{name.en} Stream, {en}", shapely.LineString(valley.stream)))
    geometry = shapely.transform([r[3] for r in rows], lambda xy: np.round(CENTRE.to_degrees(xy + centre), 7))
    return pa.table(
        [
            np.arange(first_id, first_id + len(rows)),
            [r[0] for r in rows],
            [r[1] for r in rows],
            [r[2] for r in rows],
            shapely.to_wkb(geometry),
        ],
        schema=TOWN_WATER,
    )


def _gates(drawn: _Drawn, first: Firsts) -> tuple[int, int, int, int]:
    """Return the node ids furthest west and east on the highway, and furthest north and south on a valley road."""
    tips = np.array([v.trunk[-1] for v in drawn.valleys])
    y = drawn.draft.xy[tips, 1]
    west, east, north, south = tips[0], tips[1], tips[np.argmax(y)], tips[np.argmin(y)]
    return int(west + first.node), int(east + first.node), int(north + first.node), int(south + first.node)


def link_cells(scale: Scale, cells: list[Cell], first_way: int) -> pa.Table:
    """Return the roads between neighbouring towns, straight from exit to exit."""
    pairs = []
    for k in range(len(cells)):
        if (k + 1) % scale.columns and k + 1 < len(cells):
            pairs.append((cells[k].gates[1], cells[k + 1].gates[0], k, "secondary"))
        if k + scale.columns < len(cells):
            pairs.append((cells[k].gates[2], cells[k + scale.columns].gates[3], k, "unclassified"))
    ways = [DraftWay(np.array([a, b]), highway) for a, b, _, highway in pairs]
    count = len(ways)
    no = pa.array(np.zeros(count, dtype=bool))
    return pa.table(
        [
            np.arange(first_way, first_way + count),
            pa.array([w.points for w in ways], pa.list_(pa.int64())),
            pa.array([w.highway for w in ways], pa.string()),
            pa.nulls(count, pa.string()),
            pa.nulls(count, pa.string()),
            no,
            no,
            pa.nulls(count, pa.string()),
            pa.nulls(count, pa.string()),
            pa.array([k for _, _, k, _ in pairs], pa.int32()),
            pa.nulls(count, pa.int32()),
        ],
        schema=TOWN_WAYS,
    )
