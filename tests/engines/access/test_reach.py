"""Minutes from places to sites: drawn streets first, then a plain search by networkx as oracle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.worlds import World, draw, osm_xml
from umaya.engines.access import CAR, WALK, Pace, travel_minutes
from umaya.places.roads import import_osm

TOWN = draw("A----B----C\n|    |    |\nD----E----F\n     |     \n     G     ", cell_m=80)
"""Each stroke between two letters is four or one characters of 80 m: a minute's walk a character."""


def minutes(world: World, places: str, sites: str, pace: Pace = WALK) -> NDArray[np.float32]:
    at = [np.array([world.points[name] for name in names], np.float64) for names in (places, sites)]
    return travel_minutes(world.network, at[0], at[1], pace)


def test_along_the_road_at_eighty_metres_a_minute() -> None:
    assert minutes(TOWN, "AG", "C") == pytest.approx(np.array([[10.0, 9.0]]), rel=1e-3)


def test_on_one_road_no_junction_is_passed() -> None:
    world = draw("A-1-----2-B", cell_m=80)
    assert minutes(world, "1", "2") == pytest.approx(np.array([[6.0]]), rel=1e-3)
    assert minutes(world, "2", "1") == pytest.approx(np.array([[6.0]]), rel=1e-3)


def test_a_one_way_holds_up_cars_but_not_people_on_foot() -> None:
    world = draw("A->--B\n|    |\nC----D", cell_m=80)
    assert minutes(world, "B", "A") == pytest.approx(np.array([[5.0]]), rel=1e-3)
    around = (2 + 5 + 2) * 80 / (20_000 / 60)
    assert minutes(world, "B", "A", CAR) == pytest.approx(np.array([[around]]), rel=1e-3)
    assert minutes(world, "A", "B", CAR) == pytest.approx(np.array([[5 * 80 / (20_000 / 60)]]), rel=1e-3)


def test_against_a_one_way_on_its_own_road_a_car_goes_around() -> None:
    world = draw("A-2>-1-B\n|      |\nC------D", cell_m=80)
    around = (2 + 2 + 7 + 2 + 2) * 80 / (20_000 / 60)
    assert minutes(world, "1", "2", CAR) == pytest.approx(np.array([[around]]), rel=1e-2)


def test_a_fast_road_is_worth_a_detour() -> None:
    world = draw("A------------B\n|            |\nC------------D", cell_m=80, tags={"CD": {"highway": "trunk"}})
    slow, fast = 20_000 / 60, 40_000 / 60
    assert minutes(world, "A", "B", CAR)[0, 0] == pytest.approx(4 * 80 / slow + 13 * 80 / fast, rel=1e-3)


def test_who_lives_off_the_road_walks_to_it() -> None:
    east = TOWN.offset("C", north_m=160)
    found = travel_minutes(TOWN.network, np.array([east]), np.array([TOWN.points["C"]]), CAR)
    assert found == pytest.approx(np.array([[2.0]]), rel=1e-2)


def test_beyond_a_river_without_a_bridge_nothing_is_reached() -> None:
    world = draw("A----B\n\n\n\nC----D", cell_m=300)
    assert np.isinf(minutes(world, "A", "D")).all()


def test_far_from_every_road_nothing_is_reached() -> None:
    far = TOWN.offset("A", north_m=1500)
    assert np.isinf(travel_minutes(TOWN.network, np.array([far]), np.array([TOWN.points["A"]]), WALK)).all()


def test_no_places_and_no_sites_are_no_fault() -> None:
    none = np.empty((0, 2))
    assert travel_minutes(TOWN.network, none, none, WALK).shape == (0, 0)
    assert travel_minutes(TOWN.network, np.array([TOWN.points["A"]]), none, WALK).shape == (0, 1)


@pytest.mark.parametrize("pace", [WALK, CAR, replace(CAR, off_road=30.0)], ids=["walk", "car", "slow to the car"])
def test_the_same_as_a_plain_search(pace: Pace) -> None:
    """A grid of streets with one-ways at random; places and sites beside it."""
    rng = np.random.default_rng(5)
    rows = []
    for line in range(5):
        marks = ["-->--" if rng.random() < 0.3 else "-----" for _ in range(4)]
        names = [chr(ord("A") + line * 5 + k) for k in range(5)]
        rows.append("".join(name + mark for name, mark in zip(names, [*marks, ""], strict=True)))
        rows.append("|     |     |     |     |" if line < 4 else "")
    world = draw("\n".join(rows), cell_m=60)
    edges = world.network.edges
    graph: nx.DiGraph[int] = nx.DiGraph()
    for row in edges.select(["source", "target", "length_m", "reverse"]).to_pylist():
        weight = row["length_m"] / pace.usual
        graph.add_edge(row["source"], row["target"], weight=weight)
        if pace.both_ways and row["reverse"] is None:
            graph.add_edge(row["target"], row["source"], weight=weight)
    nodes = np.column_stack([world.network.nodes["lon"].to_numpy(), world.network.nodes["lat"].to_numpy()])
    found = travel_minutes(world.network, nodes, nodes, pace)
    for site in range(len(nodes)):
        exact = nx.single_source_dijkstra_path_length(graph.reverse(), site)
        wanted = [exact.get(place, np.inf) for place in range(len(nodes))]
        np.testing.assert_allclose(found[site], wanted, rtol=1e-3, atol=1e-3)


def test_nobody_joins_a_scrap_of_road_that_leads_nowhere() -> None:
    """A piece of 20 m that nothing connects lies nearer than the streets of a town with two hundred."""
    rows, columns = 15, 14
    nodes = {n: (136.8 + 0.002 * (n % columns), 36.2 + 0.002 * (n // columns)) for n in range(rows * columns)}
    streets = [[row * columns + column for column in range(columns)] for row in range(rows)]
    streets += [[row * columns + column for row in range(rows)] for column in range(columns)]
    scrap = {1000: (136.8011, 36.2003), 1001: (136.8013, 36.2003)}
    ways = [*streets, [1000, 1001]]
    xml = osm_xml(nodes | scrap, {1 + n: (refs, {"highway": "residential"}) for n, refs in enumerate(ways)})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "town.osm"
        file.write_text(xml, "utf-8")
        network = import_osm(file)
    found = travel_minutes(network, np.array([[136.8012, 36.20031]]), np.array([nodes[3]]), WALK)
    assert np.isfinite(found).all()
