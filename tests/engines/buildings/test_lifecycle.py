"""Buildings from release to release: what became of footprints, and of ids."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.buildings.blocks import Box, drawn
from umaya.engines.buildings.identity import mint
from umaya.engines.buildings.lifecycle import confirm, propose, readdress, reject, renumber, take_release
from umaya.engines.buildings.register import Event, Register, replay
from umaya.engines.buildings.releases import Change, Relation, compare
from umaya.types.errors import ConflictError, ForbiddenError, NotFoundError

Release = dict[str, Box]
DAY = date(2021, 3, 31)


def minting(seed: int = 1) -> Callable[[], str]:
    bits = random.Random(seed).getrandbits
    return lambda: mint(bits)


def told(old: Release, new: Release) -> list[Change]:
    return compare(drawn(old), drawn(new))


class Town:
    """A register that releases are taken into, day by day."""

    def __init__(self, *releases: Release) -> None:
        self.register, self.events, self.mint = Register(), list[Event](), minting()
        self.drawn: Release = {}
        for release in releases:
            self.take(release)

    def take(self, release: Release) -> None:
        number = len(self.register.releases)
        changes = told(self.drawn, release)
        self.events += take_release(self.register, changes, f"r{number}", DAY + timedelta(number), self.mint)
        self.drawn = release

    def of(self, footprint: str) -> str:
        (one,) = self.register.footprints[footprint]
        return one


HOUSE: Box = (0, 0, 20, 10)
LEFT, RIGHT = (0.0, 0.0, 9.8, 10.0), (10.2, 0.0, 20.0, 10.0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": HOUSE}, {"x": HOUSE}, [Change(Relation.SAME, ("a",), ("x",))]),
        ({"a": HOUSE}, {"x": (1, 1, 21, 11)}, [Change(Relation.SAME, ("a",), ("x",))]),
        ({"a": HOUSE}, {"x": LEFT, "y": RIGHT}, [Change(Relation.SPLIT, ("a",), ("x", "y"))]),
        ({"a": LEFT, "b": RIGHT}, {"x": HOUSE}, [Change(Relation.MERGED, ("a", "b"), ("x",))]),
        ({"a": HOUSE}, {}, [Change(Relation.DEMOLISHED, ("a",), ())]),
        ({}, {"x": HOUSE}, [Change(Relation.NEW, (), ("x",))]),
        ({"a": (0, 0, 5, 5)}, {"x": (6, 0, 11, 5)}, [Change(Relation.MOVED, ("a",), ("x",))]),
        (
            {"a": (0, 0, 5, 5)},
            {"x": (30, 0, 35, 5)},
            [Change(Relation.DEMOLISHED, ("a",), ()), Change(Relation.NEW, (), ("x",))],
        ),
        (
            {"a": (0, 0, 6, 6)},
            {"x": (-20, -20, 20, 20)},
            [Change(Relation.DEMOLISHED, ("a",), ()), Change(Relation.NEW, (), ("x",))],
        ),
        (
            {"a": HOUSE},
            {"x": (0, 0, 17, 10), "shed": (17.5, 0, 19.5, 3)},
            [Change(Relation.SAME, ("a",), ("x",)), Change(Relation.NEW, (), ("shed",))],
        ),
    ],
    ids=["same", "shifted", "split", "merged", "demolished", "new", "moved", "too far", "built over", "a shed beside"],
)
def test_what_became_of_a_footprint(old: Release, new: Release, expected: list[Change]) -> None:
    assert told(old, new) == expected


def test_what_hangs_together_both_ways_is_recut() -> None:
    old: Release = {"a": (0, 0, 10, 10), "b": (10, 0, 20, 10)}
    new: Release = {"x": (0, 0, 20, 5), "y": (0, 5, 20, 10)}
    assert told(old, new) == [Change(Relation.RECUT, ("a", "b"), ("x", "y"))]


def test_an_id_stays_through_new_names_and_small_shifts() -> None:
    town = Town({"a": HOUSE}, {"b": (0.5, 0.5, 20.5, 10.5)})
    assert town.register.lives[town.of("b")].born == DAY
    assert len(town.register.lives) == 1


def test_splitting_then_merging_gives_a_new_id_that_the_first_leads_to() -> None:
    town = Town({"a": HOUSE})
    first = town.of("a")
    town.take({"x": LEFT, "y": RIGHT})
    halves = {town.of("x"), town.of("y")}
    assert (town.register.lives[first].fate, set(town.register.today(first))) == ("split", halves)
    town.take({"z": HOUSE})
    assert set(town.register.footprints["z"]) == halves, "until two people say so, both stay"
    (merge,) = town.register.merges
    town.events += propose(town.register, merge, "akari", DAY + timedelta(3))
    town.events += confirm(town.register, merge, "jun", DAY + timedelta(4), town.mint)
    last = town.of("z")
    assert last not in {first, *halves}
    assert town.register.today(first) == (last,)
    assert {town.register.lives[each].fate for each in halves} == {"merged"}


def merging() -> tuple[Town, str]:
    town = Town({"a": LEFT, "b": RIGHT}, {"z": HOUSE})
    (merge,) = town.register.merges
    return town, merge


def test_a_merge_needs_four_eyes() -> None:
    town, merge = merging()
    with pytest.raises(ConflictError, match="found"):
        confirm(town.register, merge, "jun", DAY, town.mint)
    propose(town.register, merge, "akari", DAY + timedelta(2))
    with pytest.raises(ForbiddenError, match="another person"):
        confirm(town.register, merge, "akari", DAY, town.mint)
    with pytest.raises(ForbiddenError, match="another person"):
        reject(town.register, merge, "akari", DAY)
    with pytest.raises(ConflictError, match="proposed"):
        propose(town.register, merge, "jun", DAY)
    with pytest.raises(NotFoundError, match="no such merge"):
        propose(town.register, "elsewhere", "jun", DAY)


def test_a_rejected_merge_leaves_both_ids_on_one_footprint() -> None:
    town, merge = merging()
    propose(town.register, merge, "akari", DAY + timedelta(2))
    reject(town.register, merge, "jun", DAY + timedelta(2))
    town.take({"later": HOUSE})
    assert len(town.register.footprints["later"]) == 2
    with pytest.raises(ConflictError, match="rejected"):
        confirm(town.register, merge, "jun", DAY, town.mint)


def test_a_merge_is_confirmed_on_the_footprint_of_the_day() -> None:
    town, merge = merging()
    propose(town.register, merge, "akari", DAY + timedelta(2))
    town.take({"renamed": HOUSE})
    confirm(town.register, merge, "jun", DAY + timedelta(3), town.mint)
    assert len(town.register.footprints["renamed"]) == 1


def test_an_open_merge_lapses_when_the_building_goes() -> None:
    town, merge = merging()
    town.take({})
    assert town.register.merges[merge].state == "lapsed"
    with pytest.raises(ConflictError, match="lapsed"):
        propose(town.register, merge, "jun", DAY)


OLD, NEW = ("131059", "0001001", "", "1234", ""), ("131059", "0001001", "001", "005", "")


def test_both_addresses_of_a_renumbering_hold_in_their_days() -> None:
    """住居表示の実施: the same building and id, the old address before the day, the new one from it on."""
    town = Town({"a": HOUSE})
    building, day = town.of("a"), DAY + timedelta(100)
    readdress(town.register, {OLD: frozenset({building})}, DAY, "r0")
    renumber(town.register, {OLD: NEW}, day, "notice 7")
    assert town.register.addresses_on(building, day - timedelta(1)) == [OLD]
    assert town.register.addresses_on(building, day) == [NEW]
    with pytest.raises(ConflictError, match="before"):
        renumber(town.register, {NEW: OLD}, DAY, "notice 1")


def test_addresses_follow_what_links_say_and_end_with_the_building() -> None:
    town = Town({"a": HOUSE, "b": (100, 0, 110, 10)})
    a, b = town.of("a"), town.of("b")
    readdress(town.register, {OLD: frozenset({a})}, DAY, "r0")
    assert readdress(town.register, {OLD: frozenset({a})}, DAY, "r0") == [], "what is so already is no event"
    readdress(town.register, {OLD: frozenset({b})}, DAY + timedelta(1), "r1")
    assert town.register.addresses_on(a, DAY + timedelta(1)) == []
    readdress(town.register, {}, DAY + timedelta(2), "r2")
    assert town.register.addresses_on(b, DAY + timedelta(2)) == [OLD], (
        "an address nobody can resolve now stays where it was"
    )
    town.events += take_release(town.register, told(town.drawn, {}), "r1", DAY + timedelta(3), town.mint)
    assert town.register.addresses_on(b, DAY + timedelta(3)) == []


def test_a_persons_word_is_taken_for_a_building_that_lasts() -> None:
    town = Town({"a": HOUSE})
    (event,) = readdress(town.register, {OLD: frozenset({town.of("a")})}, DAY, "office 7", "akari")
    assert (event.actor, event.source) == ("akari", "office 7")
    with pytest.raises(NotFoundError, match="no such building"):
        readdress(town.register, {OLD: frozenset({"none"})}, DAY, "office 7", "akari")


def test_a_release_is_refused_that_is_older_known_or_not_from_the_latest() -> None:
    town = Town({"a": HOUSE})
    for changes, name, day in (
        (told({"a": HOUSE}, {}), "r1", DAY - timedelta(1)),
        (told({"a": HOUSE}, {}), "r0", DAY + timedelta(1)),
        (told({"b": HOUSE}, {}), "r1", DAY + timedelta(1)),
    ):
        before = copy.deepcopy(town.register)
        with pytest.raises(ConflictError):
            take_release(town.register, changes, name, day, town.mint)
        assert town.register == before


def test_an_id_that_was_given_is_passed_over() -> None:
    town = Town({"a": HOUSE})
    again = iter([town.of("a"), town.of("a"), "FRESH"])
    town.mint = lambda: next(again)
    town.take({"a": HOUSE, "b": (100, 0, 110, 10)})
    assert town.of("b") == "FRESH"


cells = st.integers(0, 5)
houses = st.dictionaries(
    st.tuples(cells, cells),
    st.tuples(st.integers(3, 22), st.integers(3, 22), st.integers(-4, 4)),
    min_size=0,
    max_size=9,
)
histories = st.lists(houses, min_size=1, max_size=4)


def released(house_list: dict[tuple[int, int], tuple[int, int, int]], number: int) -> Release:
    return {
        f"{number}.{x}{y}": (x * 12.0 + shift, y * 12.0, x * 12.0 + shift + width, y * 12.0 + depth)
        for (x, y), (width, depth, shift) in house_list.items()
    }


@settings(max_examples=25, deadline=None)
@given(histories)
def test_every_id_has_one_fate_and_none_comes_back(history: list[dict[tuple[int, int], tuple[int, int, int]]]) -> None:
    """Whatever is built, torn down, cut and joined."""
    town = Town()
    for number, each in enumerate(history):
        before = {building for building, life in town.register.lives.items() if life.ended is not None}
        release = released(each, number)
        changes = told(town.drawn, release)
        assert sorted(n for c in changes for n in c.old) == sorted(town.drawn), "every old footprint once"
        assert sorted(n for c in changes for n in c.new) == sorted(release), "every new one once"
        town.take(release)
        assert before <= {b for b, life in town.register.lives.items() if life.ended is not None}, "none comes back"
        assert set(town.register.footprints) == set(release)
        assert all(town.register.footprints.values()), "every footprint has an id"
    ended = [event.building for event in town.events if event.kind == "ended"]
    born = [event.building for event in town.events if event.kind == "born"]
    assert len(set(ended)) == len(ended)
    assert len(set(born)) == len(born)
    alive = {b for b, life in town.register.lives.items() if life.ended is None}
    assert alive == {each for ids in town.register.footprints.values() for each in ids} == set(born) - set(ended)
    assert all(set(town.register.today(building)) <= alive for building in born)


@settings(max_examples=12, deadline=None)
@given(histories)
def test_reading_the_events_again_gives_the_same(history: list[dict[tuple[int, int], tuple[int, int, int]]]) -> None:
    """From the events alone; and the same releases with the same chance give the same events."""
    releases = [released(each, number) for number, each in enumerate(history)]
    one, other = Town(*releases), Town(*releases)
    assert replay(one.events) == one.register
    assert one.events == other.events
