"""Hard cases of map matching: what was driven is found, whatever the noise; each is told in hard_worlds.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.matching.hard_worlds import CASES, SEEDS, Case
from tests.engines.matching.rides import driven, positions
from umaya.engines.matching import MatchParams, match

ONE_THREAD = MatchParams(threads=1)


def params() -> Iterator[object]:
    for case in CASES:
        for seed in range(SEEDS):
            marks = (
                [pytest.mark.xfail(reason=case.wrong, strict=True)] if case.wrong and seed in case.wrong_seeds else []
            )
            yield pytest.param(case, seed, id=f"{case.name}-{seed}", marks=marks)


@pytest.mark.parametrize(("case", "seed"), list(params()))
def test_what_was_driven_is_found(case: Case, seed: int) -> None:
    world = case.world()
    result = match(positions({"v": case.track(world, seed)}), world.network, ONE_THREAD)
    assert [word.strip("()") for word in driven(world, result.traversals)] in case.driven, case.says


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_two_roads_of_a_case_bear_one_name_so_that_the_wrong_one_is_seen(case: Case) -> None:
    world = case.world()
    names = [world.name(edge) for edge in range(world.network.edges.num_rows)]
    assert len(set(names)) == len(names)
