"""People per cell: no cell with few people is told, nor can one be had by subtraction."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.vault.steps.cases import CONTEXT, NOBODYS, chain, run
from umaya.stores import fine_mesh
from umaya.vault.obligations import UnfitError

STEP = {"lon": "lon", "lat": "lat", "min_people": 3}
WEST, SOUTH = 136.75, 36.175  # south-western corner of a cell of 1 km
EIGHTH = (1 / 640, 1 / 960)

Homes = list[tuple[int, int]]
HOMES = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=60)
"""Columns and rows of 125 m; four cells of 1 km in all."""


def homes(at: Homes) -> pa.Table:
    return pa.table(
        {
            "lon": pa.array([WEST + (column + 0.5) * EIGHTH[0] for column, _ in at], pa.float64()),
            "lat": pa.array([SOUTH + (row + 0.5) * EIGHTH[1] for _, row in at], pa.float64()),
        }
    )


def told(at: Homes, **changes: object) -> dict[str, int]:
    left = run(homes(at), ("count-in-cells", {**STEP, **changes})).data
    return dict(zip(left["cell"].to_pylist(), left["people"].to_pylist(), strict=True))


def cell_of(column: int, row: int, level: int) -> str:
    at = homes([(column, row)])
    rows, columns = fine_mesh.rows_columns(at["lon"].to_numpy(), at["lat"].to_numpy(), level)
    return fine_mesh.code(int(rows[0]), int(columns[0]), level)


def test_three_in_each_of_two_eighths_are_told_apart() -> None:
    assert told([(0, 0)] * 3 + [(1, 0)] * 3) == {cell_of(0, 0, 3): 3, cell_of(1, 0, 3): 3}


def test_one_neighbour_too_few_keeps_the_quarter_whole() -> None:
    """Told apart, the quarter less the first eighth would be the two of the second."""
    assert told([(0, 0)] * 3 + [(1, 0)] * 2) == {cell_of(0, 0, 2): 5}


def test_two_people_alone_in_a_kilometre_are_not_told() -> None:
    left = run(homes([(0, 0)] * 2 + [(8, 0)] * 3), ("count-in-cells", STEP)).data
    assert left["cell"].to_pylist() == [cell_of(8, 0, 3)]
    assert left.schema.metadata is None  # not even how many places were left out


def test_one_person_with_three_homes_is_one_at_the_first() -> None:
    assert run(homes([(0, 0)] * 3), ("count-in-cells", STEP), of=[7, 7, 7]).data.num_rows == 0
    left = run(homes([(0, 0), (1, 0), (0, 0), (0, 0)]), ("count-in-cells", STEP), of=[7, 7, 8, 9]).data
    assert left.to_pylist() == [{"cell": cell_of(0, 0, 3), "people": 3}]


def test_the_finest_size_is_kept() -> None:
    assert told([(0, 0)] * 9, finest="500m") == {cell_of(0, 0, 1): 9}


def test_who_has_no_place_or_lives_elsewhere_counts_nowhere() -> None:
    data = pa.table({"lon": [None, WEST, -75.0, float("nan")], "lat": [SOUTH, None, 40.0, SOUTH]})
    assert run(data, ("count-in-cells", STEP)).data.num_rows == 0


@settings(deadline=None)
@given(HOMES, st.lists(st.integers(0, 25), min_size=60, max_size=60), st.integers(3, 6))
def test_no_subtraction_of_told_cells_leaves_a_place_with_few(at: Homes, who: list[int], least: int) -> None:
    """Whatever larger cell somebody knows the people of: less its told parts it holds nobody, or is not divided."""
    people = who[: len(at)]
    left = run(homes(at), ("count-in-cells", {**STEP, "min_people": least}), of=people).data
    found = dict(zip(left["cell"].to_pylist(), left["people"].to_pylist(), strict=True))
    lived = defaultdict(set)
    for person in set(people):
        column, row = at[people.index(person)]
        for level in range(4):
            lived[cell_of(column, row, level)].add(person)
    assert all(found[cell] == len(lived[cell]) >= least for cell in found)
    for cell, inhabitants in lived.items():
        parts = [part for part in found if part.startswith(cell)]
        assert sum(found[part] for part in parts) in {0, len(inhabitants)}
    whole = sum(len(some) for cell, some in lived.items() if len(cell) == 8 and len(some) >= least)
    assert sum(found.values()) == whole


def test_of_two_people_each_would_know_the_other() -> None:
    with pytest.raises(ValidationError):
        chain(("count-in-cells", {**STEP, "min_people": 2}))


def test_it_needs_rows_about_people_and_degrees() -> None:
    steps = chain(("count-in-cells", STEP))
    with pytest.raises(UnfitError, match="about people"):
        steps.fit(homes([]).schema, NOBODYS)
    with pytest.raises(UnfitError, match="degrees"):
        steps.fit(pa.schema([("lon", pa.string()), ("lat", pa.float64())]), CONTEXT)
