"""The drawing of worlds itself: what each mark becomes."""

import pytest

from tests.worlds import draw


def test_marks_become_roads() -> None:
    """Two-way and one-way roads, diagonals and corners, all of the length they are drawn in."""
    world = draw(
        r"""
        A----B-->--C
         \         ^
          \        |
           D--<----E--+
                      |
                      F
        """,
        cell_m=10,
    )
    edges = {world.name(row["edge_id"]): row["length_m"] for row in world.network.edges.to_pylist()}
    assert edges == pytest.approx(
        {
            "AB": 50,
            "BA": 50,
            "BC": 60,
            "AD": 42.4,
            "DA": 42.4,
            "EC": 30,
            "ED": 80,
            "EF": 50,
            "FE": 50,
        },
        rel=0.002,
    )


def test_digits_are_places_and_driveways_are_private() -> None:
    world = draw(
        """
        A--1-B----C
             :
             h  2
        """,
    )
    assert [world.name(edge) for edge in range(world.network.edges.num_rows)] == ["AB", "BA", "BC", "CB"]
    assert world.network.accesses["kind"].to_pylist() == ["driveway"]
    assert set(world.points) == set("ABCh12")
    assert world.edges("ABC") == [world.edge("A", "B"), world.edge("B", "C")]
    assert world.segment("BA") == world.segment("AB") == 0


def test_blank_lines_are_distance() -> None:
    world = draw(
        """
        1

        2
        A-B
        """,
        cell_m=100,
    )
    (_, first), (_, second) = world.points["1"], world.points["2"]
    assert first - second == pytest.approx(0.0018, rel=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A--A", "drawn twice"),
        ("A--+", "exactly two arms"),
        ("A-----B\n|     |\n+-----+", "two ways AB"),
    ],
)
def test_a_drawing_that_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw(text)
