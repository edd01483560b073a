"""The hard cases of map matching, each a tiny world, a ride on it and what must come out: for tests and for the bench.

Worlds are drawn (tests/worlds.py) where the drawing says it, or laid out in metres where roads lie above or beside each
other too closely to be drawn. A ride reports once a second at 7 m/s unless told otherwise. `driven` is what must be
found: the directed roads in order, in whole or in part, `|` between trips; every case is tried with several seeds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.engines.matching.rides import Track, blur, ride, shift
from tests.worlds import ORIGIN, World, draw, osm_xml
from umaya.places.roads import import_osm
from umaya.places.roads.geodesy import degree_lengths

SEEDS = 4
"""Noises that each case is tried with."""


@dataclass(frozen=True)
class Case:
    """One hard case.

    Attributes:
        name: short id.
        kind: what makes it hard.
        says: what happens and what must be found, in a sentence.
        world: builds the roads.
        track: makes the positions of one seed.
        driven: the roads that were driven; a second way to say the same may follow.
        wrong: why ours does not find it, where it does not.
        wrong_seeds: the seeds of which that is so.
        noise_m: noise of the positions up to which the case goes, for a matcher that wants to be told.
    """

    name: str
    kind: str
    says: str
    world: Callable[[], World]
    track: Callable[[World, int], Track]
    driven: tuple[list[str], ...]
    wrong: str = ""
    wrong_seeds: tuple[int, ...] = tuple(range(SEEDS))
    noise_m: float = 5.0


def laid(points: Mapping[str, tuple[float, float]], ways: Mapping[str, Mapping[str, str]]) -> World:
    """Build a world from places in metres east and north; a way is named by its letters in order.

    Letters of the lower case bend a way and are no junctions to speak of.
    """
    east, north = (float(v) for v in degree_lengths(ORIGIN[1]))
    places = {name: (ORIGIN[0] + x / east, ORIGIN[1] + y / north) for name, (x, y) in points.items()}
    drawn = {
        number: ([ord(letter) for letter in name], {"highway": "residential", **tags})
        for number, (name, tags) in enumerate(ways.items(), start=1)
    }
    xml = osm_xml({ord(name): place for name, place in places.items()}, drawn)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.osm"
        file.write_text(xml, encoding="utf-8")
        return World(import_osm(file), places, {}, xml, 1.0)


def drift(track: Track, sigma_m: float, seed: int, memory: float = 0.95) -> Track:
    """Add noise that remembers (first-order autoregression), as under houses and trees."""
    east, north = (float(v) for v in degree_lengths(ORIGIN[1]))
    rng = np.random.default_rng(seed)
    noise = np.zeros((len(track), 2))
    noise[0] = rng.normal(0.0, sigma_m, 2)
    for i in range(1, len(track)):
        noise[i] = memory * noise[i - 1] + rng.normal(0.0, sigma_m * np.sqrt(1.0 - memory**2), 2)
    return track + np.column_stack([np.zeros(len(track)), noise / [east, north]])


def pushed(track: Track, rows: slice, east_m: float, north_m: float) -> Track:
    """Shift a stretch of positions, as reflections from a wall do."""
    east, north = (float(v) for v in degree_lengths(ORIGIN[1]))
    moved = track.copy()
    moved[rows, 1] += east_m / east
    moved[rows, 2] += north_m / north
    return moved


def without(track: Track, rows: slice) -> Track:
    """Leave a stretch of positions out."""
    return np.asarray(np.delete(track, rows, axis=0))


def near(world: World, track: Track, letter: str) -> int:
    """Return the position nearest to a letter."""
    place: npt.NDArray[np.float64] = np.array(world.points[letter])
    return int(np.argmin(np.hypot(*(track[:, 1:] - place).T)))


def sorted_by_clock(track: Track) -> Track:
    """Put positions into the order of the clock that they bear."""
    return track[np.argsort(track[:, 0], kind="stable")]


# --- worlds ----------------------------------------------------------------------------------------------------------


@cache
def parallel() -> World:
    """Two streets 12 m apart that meet only at their ends."""
    return draw(
        """
        E                                                S
        |                                                |
        |                                                |
        |                                                |
        |                                                |
        |                                                |
        A------------------------------------------------B
        |                                                |
        C------------------------------------------------D
        |                                                |
        |                                                |
        |                                                |
        |                                                |
        |                                                |
        F                                                T
        """,
        cell_m=6,
    )


@cache
def dual() -> World:
    """A road with two carriageways 10 m apart, each one-way (traffic on the left)."""
    return draw(
        """
        A--------------<--------------B
        |                             |
        C-------------->--------------D
        """,
        cell_m=10,
        tags={"AB": {"highway": "primary"}, "CD": {"highway": "primary"}},
    )


@cache
def elevated() -> World:
    """A street with side streets, and a road on pillars over it, 2 m beside it on the map and joined nowhere."""
    return laid(
        {
            "A": (0, -60), "B": (0, 0), "C": (150, 0), "D": (300, 0), "E": (300, -60), "F": (150, -60),
            "P": (-200, 2), "Q": (500, 2),
        },
        {"AB": {}, "BCD": {}, "DE": {}, "CF": {}, "PQ": {"highway": "trunk", "bridge": "yes", "layer": "1"}},
    )  # fmt: skip


@cache
def ramps() -> World:
    """The same with ramps: the road on pillars leaves the street and comes back to it."""
    return laid(
        {
            "A": (-150, 0), "B": (0, 0), "C": (170, 0), "D": (300, 0), "E": (450, 0), "F": (170, -80),
            "p": (50, 4), "q": (250, 4),
        },
        {"AB": {}, "BCD": {}, "DE": {}, "CF": {}, "BpqD": {"highway": "trunk", "bridge": "yes", "layer": "1"}},
    )  # fmt: skip


@cache
def roundabout() -> World:
    """A roundabout of 20 m radius with four arms, driven clockwise as in Japan."""
    ring = {"W": 180, "a": 135, "N": 90, "b": 45, "E": 0, "c": -45, "S": -90, "d": -135}
    points = {k: (20 * np.cos(np.radians(v)), 20 * np.sin(np.radians(v))) for k, v in ring.items()}
    points |= {"A": (-120.0, 0.0), "B": (0.0, 120.0), "C": (120.0, 0.0), "D": (0.0, -120.0)}
    yes = {"oneway": "yes", "junction": "roundabout"}
    return laid(points, {"AW": {}, "BN": {}, "CE": {}, "DS": {}, "WaN": yes, "NbE": yes, "EcS": yes, "SdW": yes})


@cache
def tunnel() -> World:
    """A tunnel of 280 m under a hill, and the old road over it, 420 m, with a short side road on the top."""
    return laid(
        {
            "A": (-100, 0), "B": (0, 0), "C": (280, 0), "D": (380, 0), "H": (80, 130), "k": (200, 130), "S": (80, 160),
        },
        {
            "AB": {}, "BC": {"tunnel": "yes", "layer": "-1"}, "CD": {}, "BHkC": {"highway": "unclassified"}, "HS": {},
        },
    )  # fmt: skip


@cache
def long_tunnel() -> World:
    """A tunnel of 700 m with no other road."""
    return laid(
        {"A": (-100, 0), "B": (0, 0), "C": (700, 0), "D": (800, 0)},
        {"AB": {}, "BC": {"tunnel": "yes", "layer": "-1"}, "CD": {}},
    )


@cache
def side_streets() -> World:
    """A street with side streets to both sides, all of them dead ends."""
    return draw(
        """
             E         F         G
             |         |         |
             |         |         |
        A----B----C----D----H----K----L
                  |         |
                  |         |
                  M         N
        """,
        cell_m=12,
    )


@cache
def blocks() -> World:
    """Streets round blocks, 60 m by 40 m."""
    return draw(
        """
        A-----B-----C-----D
        |     |     |     |
        |     |     |     |
        |     |     |     |
        E-----F-----G-----H
        |     |     |     |
        |     |     |     |
        |     |     |     |
        K-----L-----M-----N
        """,
        cell_m=10,
    )


@cache
def stairs() -> World:
    """Two streets on a slope: stairs lead straight up, the road goes round; a narrow footway leads on."""
    return laid(
        {
            "A": (0, 0), "B": (100, 0), "C": (200, 0), "D": (200, 60), "E": (100, 60), "F": (0, 60), "G": (100, 150),
        },
        {
            "ABC": {}, "CD": {}, "DEF": {}, "BE": {"highway": "steps"}, "EG": {"highway": "footway"},
        },
    )  # fmt: skip


@cache
def straight() -> World:
    """One street of 600 m."""
    return draw("A-----1-----2-----B-----3-----C", cell_m=20)


@cache
def apart() -> World:
    """Two streets with a road between them that nobody drove."""
    return draw(
        """
        A--------B--------------------C--------D
        """,
        cell_m=20,
    )


# --- cases -----------------------------------------------------------------------------------------------------------

Path_ = Sequence[str]


def along(path: Path_, noise_m: float = 4.0, **how: object) -> Callable[[World, int], Track]:
    """Ride a path of letters with white noise."""
    return lambda world, seed: blur(ride(world, path, **how), noise_m, seed)  # type: ignore[arg-type] # keywords of ride


def _reversed_clock(world: World, seed: int) -> Track:
    """The clock goes back by 20 s in the middle of the ride."""
    track = blur(ride(world, "ABCDHN"), 2.0, seed)
    track[30:, 0] -= 20.0
    return sorted_by_clock(track)


def _ahead(world: World, seed: int) -> Track:
    """The clock goes ahead by an hour in the middle of the ride, and stays there."""
    track = blur(ride(world, "ABFGCD"), 3.0, seed)
    track[20:, 0] += 3_600.0
    return track


def _twice(world: World, seed: int) -> Track:
    """Every position comes twice, with the same time and another noise."""
    track = ride(world, "ABFGCD")
    return sorted_by_clock(np.concatenate([blur(track, 4.0, seed), blur(track, 4.0, seed + 100)]))


def _stop(letter: str, path: Path_, seconds: float, sigma_m: float) -> Callable[[World, int], Track]:
    return lambda world, seed: drift(ride(world, path, stops={letter: seconds}), sigma_m, seed)


def _bad(rows: Sequence[int], east_m: float, north_m: float) -> Callable[[World, int], Track]:
    def track(world: World, seed: int) -> Track:
        moved = blur(ride(world, "ABFGCD"), 3.0, seed)
        for row in rows:
            moved = shift(moved, row, east_m, north_m)
        return moved

    return track


def _canyon(north_m: float) -> Callable[[World, int], Track]:
    def track(world: World, seed: int) -> Track:
        moved = blur(ride(world, "EFGH"), 2.0, seed)
        return pushed(moved, slice(6, 20), 0.0, north_m)

    return track


def _gap(path: Path_, first: str, last: str, noise_m: float = 2.0, **how: object) -> Callable[[World, int], Track]:
    def track(world: World, seed: int) -> Track:
        moved = blur(ride(world, path, **how), noise_m, seed)  # type: ignore[arg-type] # keywords of ride
        return without(moved, slice(near(world, moved, first) + 1, near(world, moved, last)))

    return track


def _minutes_away(world: World, seed: int) -> Track:
    first, second = blur(ride(world, "AB"), 3.0, seed), blur(ride(world, "CD"), 3.0, seed + 50)
    second[:, 0] += first[-1, 0] + 300.0
    return np.concatenate([first, second])


def _slip(world: World, seed: int) -> Track:
    """Eight seconds of standing in the middle of a street, each some metres back or forth along it."""
    track = blur(ride(world, "A1B", stops={"1": 12.0}), 1.0, seed)
    at = near(world, track, "1")
    rng = np.random.default_rng(seed)
    for row in range(at, at + 8):
        track = shift(track, row, float(rng.uniform(-12.0, 6.0)), 0.0)
    return track


CASES = (
    Case("parallel-south", "parallel streets", "On the southern of two streets 12 m apart it stays on it.",
         parallel, along("FCDT"), (["FC", "CD", "DT"],)),
    Case("parallel-north", "parallel streets", "On the northern one it stays, too.",
         parallel, along("EABS"), (["EA", "AB", "BS"],)),
    Case("parallel-change", "parallel streets", "Changing at the end is seen.",
         parallel, along("FCDBS"), (["FC", "CD", "DB", "BS"],)),
    Case("dual-east", "parallel streets", "On a carriageway it is not put on the opposite one.",
         dual, along("CD"), (["CD"],)),
    Case("dual-round", "parallel streets", "A turn from one carriageway to the other is seen.",
         dual, along("CDBA", 3.0), (["CD", "DB", "BA"],)),
    Case("elevated-below", "elevated road", "On the street below a road on pillars it is not put on the pillars.",
         elevated, along("ABCDE"), (["AB", "BC", "CD", "DE"],)),
    Case("elevated-above", "elevated road", "On the pillars it is not put on the street, where it never could get to.",
         elevated, along("PQ"), (["PQ"],)),
    Case("elevated-turn", "elevated road", "Who turns off in the middle was on the street.",
         ramps, along("ABCF"), (["AB", "BC", "CF"],)),
    Case("roundabout-across", "roundabout", "Straight over a roundabout is half round it.",
         roundabout, along("AWaNbEC", 2.5, speed=5.0), (["AW", "WN", "NE", "EC"],)),
    Case("roundabout-left", "roundabout", "The first exit is a quarter round it.",
         roundabout, along("AWaNB", 2.5, speed=5.0), (["AW", "WN", "NB"],)),
    Case("roundabout-right", "roundabout", "The third exit is three quarters round it.",
         roundabout, along("AWaNbEcSD", 2.5, speed=5.0), (["AW", "WN", "NE", "ES", "SD"],)),
    Case("roundabout-back", "roundabout", "Back where it came from is once round it, no turn on the road.",
         roundabout, along("AWaNbEcSdWA", 2.5, speed=5.0), (["AW", "WN", "NE", "ES", "SW", "WA"],)),
    Case("tunnel-gap", "tunnel", "Positions end at one mouth and begin at the other: it went through.",
         tunnel, _gap("ABCD", "B", "C"), (["AB", "BC", "CD"],)),
    Case("tunnel-over", "tunnel", "With positions on the old road it went over the hill.",
         tunnel, along("ABHkCD", 3.0), (["AB", "BH", "HC", "CD"],)),
    Case("tunnel-long", "tunnel", "50 s in a tunnel of 700 m are one ride.",
         long_tunnel, _gap("ABCD", "B", "C", speed=14.0), (["AB", "BC", "CD"],)),
    Case("u-turn-true", "U-turn", "60 m past a crossing and back is driven.",
         side_streets, along("ABCDCM"), (["AB", "BC", "CD", "DC", "CM"],)),
    Case("u-turn-middle", "U-turn", "Back in the middle of a street, away from every crossing, is driven.",
         straight, along("A12A"), (["AB", "BA"],)),
    Case("u-turn-false", "U-turn", "Positions that slip back and forth while it stands are no U-turn.",
         straight, _slip, (["AB"],)),
    Case("u-turn-spur", "U-turn", "30 m into a side street and back is driven.",
         side_streets, along("ABCDF" "DHN", 3.0), (["AB", "BC", "CD", "DF", "FD", "DH", "HN"],)),
    Case("stop-drift", "stop with drift", "Five minutes at a crossing with a drift of 4 m drive no side street.",
         blocks, _stop("F", "EFGH", 300.0, 4.0), (["EF", "FG", "GH"],)),
    Case("stop-drift-mid", "stop with drift", "Five minutes within a street with a drift of 5 m drive nothing twice.",
         straight, _stop("1", "A1B3C", 300.0, 5.0), (["AB", "BC"],)),
    Case("stop-drift-wide", "stop with drift", "Five minutes within a street with a drift of 10 m drive nothing twice.",
         straight, _stop("1", "A1B3C", 300.0, 10.0), (["AB", "BC"],),
         wrong="two noises of four drift by 39 and 43 m, more than seven times what shows beside the road",
         wrong_seeds=(0, 2), noise_m=10.0),
    Case("canyon", "urban canyon", "14 s of positions 12 m beside the street stay on it.",
         blocks, _canyon(12.0), (["EF", "FG", "GH"],)),
    Case("canyon-deep", "urban canyon", "14 s of positions 18 m off, almost half way to the next street, stay on it.",
         blocks, _canyon(18.0), (["EF", "FG", "GH"],),
         wrong="one noise of four makes the next street the likelier one", wrong_seeds=(0,)),
    Case("canyon-beyond", "urban canyon", "14 s of positions 25 m off, nearer to the next street, stay on it.",
         blocks, _canyon(25.0), (["EF", "FG", "GH"],),
         wrong="nearer to the next street for 100 m: only the speed that the way round asks for speaks against it"),
    Case("canyon-drift", "urban canyon", "Noise of 8 m that remembers leads round no block.",
         blocks, lambda world, seed: drift(ride(world, "EFGHN"), 8.0, seed, 0.98), (["EF", "FG", "GH", "HN"],),
         noise_m=8.0),
    Case("stairs-round", "stairs and footways", "Round by the road, past the stairs, no stairs are climbed.",
         stairs, along("ABCDEF"), (["AC", "CD", "DF"],)),
    Case("stairs-walked", "stairs and footways", "A walk up the stairs and back is no road driven.",
         stairs, along(["A", "B", "E", "B", "C"], 2.0, speed=2.0), (["AC"], ["AC", "|", "AC"])),
    Case("footway", "stairs and footways", "Positions on a footway are on no road; the ride ends and begins again.",
         stairs, along("CDEGEF", 3.0, speed=3.0), (["CD", "DF", "|", "DF"], ["CD", "DF"]),
         wrong="the last metres before the footway slip back by 15 m, farther than noise explains", wrong_seeds=(1,)),
    Case("gap-minutes", "gap of minutes", "After five minutes another trip begins; the road between is not driven.",
         apart, _minutes_away, (["AB", "|", "CD"],)),
    Case("gap-corner", "gap of minutes", "20 s without positions round a corner are bridged.",
         blocks, lambda world, seed: without(blur(ride(world, "EFBCD"), 3.0, seed), slice(5, 18)),
         (["EF", "FB", "BC", "CD"], ["EF", "FB", "BC", "CD"])),
    Case("clock-ahead", "clock jump", "A clock that goes ahead by an hour ends a trip and adds no road.",
         blocks, _ahead, (["AB", "BF", "FG", "|", "FG", "GC", "CD"], ["AB", "BF", "FG", "|", "GC", "CD"])),
    Case("clock-back", "clock jump", "A clock that goes back by 20 s mixes two stretches; no road is added.",
         side_streets, _reversed_clock, (["AB", "BC", "CD", "DH"],)),
    Case("clock-double", "clock jump", "Every position twice, with the same time, is one ride.",
         blocks, _twice, (["AB", "BF", "FG", "GC", "CD"],)),
    Case("bad-first", "bad point", "A first position 200 m off is left out.",
         blocks, _bad([0], -150.0, 120.0), (["AB", "BF", "FG", "GC", "CD"],)),
    Case("bad-last", "bad point", "A last position 200 m off is left out.",
         blocks, _bad([-1], 150.0, 120.0), (["AB", "BF", "FG", "GC", "CD"],)),
    Case("bad-one", "bad point", "One position on the next street does not lead there.",
         blocks, _bad([20], 0.0, -40.0), (["AB", "BF", "FG", "GC", "CD"],)),
    Case("bad-far", "bad point", "One position 5 km away neither splits nor bends.",
         blocks, _bad([20], 5_000.0, 0.0), (["AB", "BF", "FG", "GC", "CD"],)),
    Case("bad-three", "bad point", "Three in a row 300 m away neither split nor bend.",
         blocks, _bad([18, 19, 20], 300.0, -200.0), (["AB", "BF", "FG", "GC", "CD"],)),
    Case("spur-none", "spurs", "Past six side streets with noise of 8 m none is entered.",
         side_streets, along("ABCDHKL", 8.0), (["AB", "BC", "CD", "DH", "HK", "KL"],), noise_m=8.0),
    Case("spur-blocks", "spurs", "Through blocks with noise of 8 m no block is rounded.",
         blocks, along("EFGHN", 8.0), (["EF", "FG", "GH", "HN"],), noise_m=8.0),
    Case("dead-end", "dead end", "A visit at the end of a dead end, with a stop, is driven to its end.",
         side_streets,
         lambda world, seed: blur(ride(world, "ABCMCD", stops={"M": 40.0}), 4.0, seed),
         (["AB", "BC", "CM", "MC", "CD"],)),
    Case("dead-end-two", "dead end", "Two dead ends one after the other are both driven, nothing else.",
         side_streets,
         lambda world, seed: blur(ride(world, "ABEBCMCDH", stops={"E": 20.0, "M": 20.0}), 4.0, seed),
         (["AB", "BE", "EB", "BC", "CM", "MC", "CD", "DH"],)),
)  # fmt: skip
