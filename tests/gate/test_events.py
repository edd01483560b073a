"""Disasters are declared by the municipality concerned, with an area and an end, and only ever end earlier."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gate.world import ACTORS, HOUR, NOW, World
from umaya.gate import Area, Words
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError

TRIANGLE = Area.of_geojson(
    {"type": "Polygon", "coordinates": [[[136.8, 36.2], [136.9, 36.2], [136.8, 36.28], [136.8, 36.2]]]}
)


def test_a_declared_event_is_found_as_it_was_declared(either_world: World) -> None:
    either_world.declare(area=TRIANGLE)
    event = either_world.gate.events.get("quake")
    assert event.area.canonical() == TRIANGLE.canonical()
    assert (event.municipality, event.start, event.end) == ("city-minase", NOW - 2 * HOUR, NOW + 72 * HOUR)
    assert (event.declared_by, event.ended_by) == ("mayor", None)
    assert either_world.gate.events.list() == [event]


def test_a_declaration_is_in_the_ledger_without_coordinates(world: World) -> None:
    world.declare()
    entry = world.ledger.entries[-1]
    assert (entry.kind, entry.actor) == ("event.declared", "mayor")
    assert entry.body["area"].startswith("sha256:")
    assert entry.body["ends"] == NOW + 72 * HOUR


def test_an_event_is_ended_early_once(either_world: World) -> None:
    world = either_world
    world.declare()
    world.clock.advance(HOUR)
    ended = world.gate.events.end(ACTORS["mayor"], "quake")
    assert (ended.end, ended.ended_by) == (NOW + HOUR, "mayor")
    assert world.gate.events.get("quake") == ended
    with pytest.raises(ConflictError):
        world.gate.events.end(ACTORS["mayor"], "quake")


def test_an_event_that_ended_by_itself_is_not_ended_again(world: World) -> None:
    world.declare()
    world.clock.advance(73 * HOUR)
    with pytest.raises(ConflictError):
        world.gate.events.end(ACTORS["mayor"], "quake")


@pytest.mark.parametrize("actor", ["officer", "clerk", "head", "banker"])
def test_only_a_declarer_of_the_municipality_declares_and_ends(world: World, actor: str) -> None:
    world.declare("other")
    with pytest.raises(ForbiddenError):
        world.gate.events.end(ACTORS[actor], "other")
    event, name = world.gate.events.get("other"), Words("地震", "Earthquake")
    with pytest.raises(ForbiddenError):
        world.gate.events.declare(ACTORS[actor], "quake", name, "city-minase", event.area, event.start, event.end)


def test_a_declarer_declares_for_its_own_municipality_only(world: World) -> None:
    with pytest.raises(ForbiddenError):
        world.declare(municipality="post-minase")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end": NOW - HOUR}, "end"),
        ({"end": NOW - 3 * HOUR}, "end"),
        ({"start": NOW.replace(tzinfo=None)}, "start"),
    ],
)
def test_a_wrong_time_is_named(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        world.declare(**changes)
    assert caught.value.place.field == field


def test_ids_are_in_form_and_given_once(world: World) -> None:
    world.declare()
    with pytest.raises(ConflictError):
        world.declare()
    with pytest.raises(InputError):
        world.declare("Great Quake")
    with pytest.raises(NotFoundError):
        world.gate.events.get("another")
    with pytest.raises(NotFoundError):
        world.gate.events.end(ACTORS["mayor"], "another")


def test_an_event_called_off_before_it_begins_never_is(world: World) -> None:
    """It ends at its start, not before: no span runs backwards."""
    world.declare("storm", start=NOW + HOUR)
    called_off = world.gate.events.end(ACTORS["mayor"], "storm")
    assert called_off.start == called_off.end == NOW + HOUR
    answer = world.gate.decide(world.use(event="storm"))
    assert not answer.permitted
