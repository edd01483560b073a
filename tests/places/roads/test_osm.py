"""Import of OpenStreetMap extracts: what becomes an edge in small worlds, in any world, in real ones."""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import osm_xml
from umaya.places.roads import Profile, import_osm
from umaya.types.errors import InputError
from umaya.types.roads import RoadNetwork

ROAD = {"highway": "residential"}
GRID = {10 * row + column: (136.8 + column / 1000, 36.2 + row / 1000) for row in range(10) for column in range(10)}
"""Nodes 0 to 99 on a grid of 0.001 degree; the last digit is the column."""


def lines(network: RoadNetwork) -> list[shapely.LineString]:
    geometries: list[shapely.LineString] = shapely.from_wkb(
        network.edges["geometry"].to_numpy(zero_copy_only=False)
    ).tolist()
    return geometries


def imported(folder: Path, ways: dict[int, tuple[list[int], dict[str, str]]], profile: str = "drivable") -> RoadNetwork:
    """Import ways over the nodes of GRID."""
    file = folder / "world.osm"
    file.write_text(osm_xml(GRID, ways), encoding="utf-8")
    return import_osm(file, Profile.load(profile))


def ends(network: RoadNetwork) -> list[tuple[int, int, int]]:
    """Return way id and the node ids of source and target of each edge."""
    node = network.nodes["node_id"].to_numpy()
    source, target = (node[network.edges[name].to_numpy()].tolist() for name in ("source", "target"))
    return list(zip(network.edges["way_id"].to_pylist(), source, target, strict=True))


def check_invariants(network: RoadNetwork) -> None:
    """What holds in every network."""
    edges = network.edges.to_pydict()
    node = np.column_stack([network.nodes[name].to_numpy() for name in ("lon", "lat")])
    for row, line in enumerate(lines(network)):
        assert edges["source"][row] != edges["target"][row]
        assert line.coords[0] == tuple(node[edges["source"][row]])
        assert line.coords[-1] == tuple(node[edges["target"][row]])
        assert edges["length_m"][row] > 0
        reverse = edges["reverse"][row]
        assert edges["segment_id"][row] == (row if reverse is None else min(row, reverse))
        if reverse is not None:
            assert edges["reverse"][reverse] == row
            assert edges["forward"][reverse] is not edges["forward"][row]
            assert edges["length_m"][reverse] == edges["length_m"][row]
            assert lines(network)[reverse].coords[:] == line.coords[::-1]


def test_ways_are_cut_where_they_meet(tmp_path: Path) -> None:
    """Way 1 passes node 2, where way 2 begins; nodes 1 and 3 are mere bends."""
    network = imported(tmp_path, {1: ([0, 1, 2, 3, 4], ROAD), 2: ([2, 12], ROAD)})
    assert ends(network) == [(1, 0, 2), (1, 2, 0), (1, 2, 4), (1, 4, 2), (2, 2, 12), (2, 12, 2)]
    assert [len(line.coords) for line in lines(network)] == [3, 3, 3, 3, 2, 2]
    check_invariants(network)


def test_directions_and_tags(tmp_path: Path) -> None:
    tags = {"name": "本通り", "name:en": "Main Street", "bridge": "viaduct", "layer": "2", "oneway": "-1"}
    network = imported(tmp_path, {7: ([0, 1], {"highway": "primary", **tags}), 8: ([1, 2], {**ROAD, "layer": "up"})})
    edge = network.edges.slice(0, 1).to_pylist()[0]
    assert ends(network)[0] == (7, 1, 0)
    assert (edge["forward"], edge["reverse"]) == (False, None)
    assert (edge["highway"], edge["name"], edge["name_en"]) == ("primary", "本通り", "Main Street")
    assert (edge["bridge"], edge["tunnel"], edge["layer"]) == (True, False, 2)
    assert network.edges["layer"].to_pylist()[1:] == [0, 0]
    check_invariants(network)


def test_a_japanese_name_goes_before_a_mixed_one(tmp_path: Path) -> None:
    network = imported(tmp_path, {1: ([0, 1], {**ROAD, "name": "青山通り (Aoyama-dori)", "name:ja": "青山通り"})})
    assert set(network.edges["name"].to_pylist()) == {"青山通り"}


def test_a_roundabout_is_driven_one_way(tmp_path: Path) -> None:
    ways = {1: ([0, 1, 11, 10, 0], {**ROAD, "junction": "roundabout"}), 2: ([1, 2], ROAD), 3: ([10, 20], ROAD)}
    network = imported(tmp_path, ways)
    assert [edge for edge in ends(network) if edge[0] == 1] == [(1, 0, 1), (1, 1, 10), (1, 10, 0)]
    check_invariants(network)


def test_a_loop_on_one_junction_is_cut_in_the_middle(tmp_path: Path) -> None:
    """So that no edge ends where it begins."""
    network = imported(tmp_path, {1: ([0, 1], ROAD), 2: ([1, 2, 12, 11, 1], ROAD)})
    assert [edge for edge in ends(network) if edge[0] == 2] == [(2, 1, 12), (2, 12, 1), (2, 12, 1), (2, 1, 12)]
    check_invariants(network)


def test_a_way_that_crosses_itself_is_cut_there(tmp_path: Path) -> None:
    network = imported(tmp_path, {1: ([0, 1, 2, 12, 11, 1, 21], ROAD)})
    assert {frozenset(edge[1:]) for edge in ends(network)} == {frozenset(pair) for pair in [(0, 1), (1, 12), (1, 21)]}
    check_invariants(network)


def test_parallel_ways_are_kept(tmp_path: Path) -> None:
    network = imported(tmp_path, {1: ([0, 1, 2], ROAD), 2: ([0, 10, 2], ROAD)})
    assert len(ends(network)) == 4
    check_invariants(network)


def test_a_road_ends_where_nodes_are_missing(tmp_path: Path) -> None:
    """As at the border of an extract; a way with a single known node gives no road."""
    network = imported(tmp_path, {1: ([500, 0, 1, 501, 502, 2, 3, 4], ROAD), 2: ([503, 5, 504], ROAD)})
    assert ends(network) == [(1, 0, 1), (1, 1, 0), (1, 2, 4), (1, 4, 2)]
    check_invariants(network)


def test_nodes_at_one_place_are_one(tmp_path: Path) -> None:
    """No edge of length zero is left, and the road is not cut by leaving it out."""
    file = tmp_path / "world.osm"
    nodes = {1: (136.8, 36.2), 2: (136.801, 36.2), 3: (136.801, 36.2), 4: (136.802, 36.2), 5: (136.802, 36.2)}
    ways = {1: ([1, 2], ROAD), 2: ([2, 3], ROAD), 3: ([3, 4], ROAD), 4: ([4, 5], ROAD), 5: ([4, 4], ROAD)}
    file.write_text(osm_xml(nodes, ways))
    network = import_osm(file)
    assert ends(network) == [(1, 1, 2), (1, 2, 1), (3, 2, 4), (3, 4, 2)]
    check_invariants(network)


def test_a_driveway_never_splits_a_road(tmp_path: Path) -> None:
    """The turn into a yard would otherwise show as a stretch driven to its mouth and back."""
    driveway = {"highway": "service", "service": "driveway"}
    network = imported(tmp_path, {1: ([0, 1, 2], ROAD), 2: ([1, 11], driveway)}, "postal-bike")
    assert ends(network) == [(1, 0, 2), (1, 2, 0)]
    assert network.accesses["way_id"].to_pylist() == [2]


way_strategy = st.tuples(
    st.lists(st.integers(0, 24), min_size=2, max_size=8),
    st.sampled_from(["yes", "-1", "no"]),
)


@settings(max_examples=60, deadline=None)
@given(ways=st.lists(way_strategy, min_size=1, max_size=6))
def test_every_step_of_every_way_is_in_the_network_once(
    tmp_path_factory: pytest.TempPathFactory, ways: list[tuple[list[int], str]]
) -> None:
    """Whatever the ways: nothing is lost, added or driven against its direction, and junctions are at ends only."""
    spot = {node: (136.8 + (node % 5) / 1000, 36.2 + (node // 5) / 1000) for node in range(25)}
    drawn = {number: (refs, {**ROAD, "oneway": way}) for number, (refs, way) in enumerate(ways, start=1)}
    file = tmp_path_factory.mktemp("any") / "world.osm"
    file.write_text(osm_xml(spot, drawn))
    expected: Counter[tuple[int, tuple[float, ...], tuple[float, ...]]] = Counter()
    uses: Counter[int] = Counter()
    for number, (refs, tags) in drawn.items():
        kept = [ref for ref, before in zip(refs, [None, *refs], strict=False) if ref != before]
        uses.update(kept if len(kept) > 1 else [])
        for a, b in pairwise(kept):
            here, there = (tuple(np.round(spot[node], 7)) for node in (a, b))
            expected.update([(number, here, there)] if tags["oneway"] != "-1" else [])
            expected.update([(number, there, here)] if tags["oneway"] != "yes" else [])
    if not expected:
        with pytest.raises(InputError):
            import_osm(file)
        return
    network = import_osm(file)
    check_invariants(network)
    found: Counter[tuple[int, tuple[float, ...], tuple[float, ...]]] = Counter()
    shared = {tuple(np.round(spot[node], 7)) for node, count in uses.items() if count > 1}
    for way, line in zip(network.edges["way_id"].to_pylist(), lines(network), strict=True):
        found.update((way, a, b) for a, b in pairwise(line.coords))
        assert not shared & set(line.coords[1:-1])
    assert found == expected


@pytest.mark.parametrize("town", ["nerima", "liechtenstein"])
def test_real_roads_give_the_true_edges(shared_data: Path, town: str) -> None:
    """The directed edges that others derived from the same file, way by way and coordinate by coordinate."""
    network = import_osm(shared_data / "tracks" / f"{town}-net.osm.pbf", Profile.load("drivable"))
    truth = pq.read_table(shared_data / "tracks" / f"{town}-edges.parquet")
    true_lines = shapely.from_wkt(truth["wkt"].to_numpy(zero_copy_only=False))
    expected = Counter(zip(truth["way_id"].to_pylist(), shapely.to_wkb(true_lines), strict=True))
    found = Counter(zip(network.edges["way_id"].to_pylist(), network.edges["geometry"].to_pylist(), strict=True))
    assert found == expected
    assert sum(network.edges["length_m"].to_pylist()) == pytest.approx(sum(truth["length_m"].to_pylist()), rel=0.003)


@pytest.mark.parametrize("name", ["nerima.osm", "shibuya.osm", "liechtenstein.osm.pbf"])
def test_real_extracts(shared_data: Path, name: str) -> None:
    seen: list[int] = []
    network = import_osm(shared_data / "roads" / name, progress=seen.append)
    sample = network.edges.num_rows
    assert sample > 1000
    check_ends_and_reverses(network)
    assert seen == sorted(seen)
    assert seen[-1] > 500
    offsets = network.accesses["offset_m"].to_numpy()
    lengths = network.edges["length_m"].to_numpy()[network.accesses["edge_id"].to_numpy()]
    assert ((offsets >= 0) & (offsets <= lengths + 1e-6)).all()


def check_ends_and_reverses(network: RoadNetwork) -> None:
    """The invariants of a large network, columnwise."""
    edges = network.edges
    geometry = shapely.from_wkb(edges["geometry"].to_numpy(zero_copy_only=False))
    places = shapely.points(np.column_stack([network.nodes["lon"].to_numpy(), network.nodes["lat"].to_numpy()]))
    assert shapely.equals_exact(shapely.get_point(geometry, 0), places[edges["source"].to_numpy()]).all()
    assert shapely.equals_exact(shapely.get_point(geometry, -1), places[edges["target"].to_numpy()]).all()
    two_way = edges["reverse"].is_valid().to_numpy()
    reverse = edges["reverse"].drop_null().to_numpy()
    assert (edges["reverse"].to_numpy()[reverse] == np.flatnonzero(two_way)).all()
    assert shapely.equals_exact(shapely.reverse(geometry[two_way]), geometry[reverse]).all()
    assert edges["length_m"].to_numpy().min() > 0


def test_a_compressed_extract_is_the_same(tmp_path: Path, shared_data: Path) -> None:
    plain = shared_data / "roads" / "nerima.osm"
    packed = tmp_path / "nerima.osm.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes(), compresslevel=1))
    assert import_osm(packed).edges.equals(import_osm(plain).edges)


NODES_XML = '<node id="1" lat="36.2" lon="136.8"/><node id="2" lat="36.3" lon="136.8"/>'
WAY_XML = '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'


def osm(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{body}</osm>'.encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.osm", osm(NODES_XML + WAY_XML)[:-20]),
        ("cut.osm.gz", gzip.compress(osm(NODES_XML + WAY_XML), mtime=0)[:-30]),
        ("not-packed.osm.gz", b"\x1f\x8b not gzip"),
        ("empty.osm", b""),
        ("empty.osm.pbf", b""),
        ("empty.osm.gz", b""),
        ("text.osm", b"hello"),
        ("text.osm.pbf", b"hello, this is no protocol buffer"),
        ("page.osm", b"<html></html>"),
        ("no-version.osm", b"<osm></osm>"),
        ("roads.txt", osm(NODES_XML + WAY_XML)),
        ("bad-latitude.osm", osm('<node id="1" lat="north" lon="136.8"/>' + WAY_XML)),
        ("bad-id.osm", osm(NODES_XML + '<way id="seven"><nd ref="1"/></way>')),
        ("not-utf8.osm", osm(NODES_XML + WAY_XML).replace(b"residential", b"\xff\xfe")),
        ("no-roads.osm", osm(NODES_XML)),
        ("no-places.osm", osm(WAY_XML)),
        ("ways-first.osm", osm(WAY_XML + NODES_XML)),
        ("no-public-roads.osm", osm(NODES_XML + WAY_XML.replace("residential", "steps"))),
    ],
)
def test_bad_extracts_name_the_file(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        import_osm(file)
    assert error.value.place.file == str(file)
    assert "hello" not in str(error.value)


def test_a_cut_pbf_is_refused(tmp_path: Path, shared_data: Path) -> None:
    content = (shared_data / "roads" / "liechtenstein.osm.pbf").read_bytes()
    for keep in (10, len(content) // 2, len(content) - 1):
        file = tmp_path / f"{keep}.osm.pbf"
        file.write_bytes(content[:keep])
        with pytest.raises(InputError, match="not a whole"):
            import_osm(file)


def test_a_folder_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.osm.pbf"):
        with pytest.raises(InputError, match="is not a file"):
            import_osm(path)


def test_coordinates_out_of_range_name_the_way(tmp_path: Path) -> None:
    file = tmp_path / "swapped.osm"
    file.write_bytes(osm(NODES_XML.replace('lat="36.3" lon="136.8"', 'lat="136.8" lon="36.3"') + WAY_XML))
    with pytest.raises(InputError, match="out of range") as error:
        import_osm(file)
    assert error.value.place.field == "way 7"
