"""Profiles: which ways a postal bike may use, what is private, and what is wrong with a profile of one's own."""

from pathlib import Path

import pytest

from umaya.places.roads import Profile
from umaya.places.roads.profile import Use
from umaya.types.errors import InputError

BIKE = Profile.load("postal-bike")


@pytest.mark.parametrize(
    ("tags", "use"),
    [
        ({"highway": "residential"}, Use.PUBLIC),
        ({"highway": "trunk"}, Use.PUBLIC),
        ({"highway": "trunk", "motorroad": "yes"}, Use.EXCLUDED),
        ({"highway": "motorway"}, Use.EXCLUDED),
        ({"highway": "steps"}, Use.EXCLUDED),
        ({"highway": "service"}, Use.PUBLIC),
        ({"highway": "service", "service": "alley"}, Use.PUBLIC),
        ({"highway": "service", "service": "driveway"}, Use.PRIVATE),
        ({"highway": "service", "service": "parking_aisle"}, Use.PRIVATE),
        ({"highway": "residential", "access": "private"}, Use.PRIVATE),
        ({"highway": "residential", "access": "private", "motorcycle": "yes"}, Use.PUBLIC),
        ({"highway": "track", "motor_vehicle": "private"}, Use.PRIVATE),
        ({"highway": "unclassified", "access": "no"}, Use.EXCLUDED),
        ({"highway": "pedestrian"}, Use.PUBLIC),
        ({"highway": "pedestrian", "area": "yes"}, Use.EXCLUDED),
        ({"highway": "footway"}, Use.EXCLUDED),
        ({"highway": "footway", "width": "2.0 m"}, Use.PUBLIC),
        ({"highway": "footway", "width": "1"}, Use.EXCLUDED),
        ({"highway": "footway", "width": "broad"}, Use.EXCLUDED),
        ({"highway": "footway", "moped": "yes"}, Use.PUBLIC),
        ({"highway": "footway", "footway": "sidewalk", "width": "3"}, Use.EXCLUDED),
        ({"highway": "cycleway", "width": "3"}, Use.EXCLUDED),
        ({"waterway": "river"}, Use.EXCLUDED),
        ({}, Use.EXCLUDED),
    ],
)
def test_what_a_postal_bike_may_use(tags: dict[str, str], use: Use) -> None:
    assert BIKE.judge(tags)[0] is use


def test_the_kind_of_a_private_way_is_its_service_or_says_private_road() -> None:
    assert BIKE.judge({"highway": "service", "service": "driveway"})[1] == "driveway"
    assert BIKE.judge({"highway": "residential", "access": "private"})[1] == "private-road"


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "true"}, 1),
        ({"oneway": "1"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "reverse"}, -1),
        ({"oneway": "no"}, 0),
        ({"oneway": "reversible"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "-1"}, -1),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
        ({"oneway": "yes", "oneway:bicycle": "no"}, 1),
        ({"oneway": "yes", "oneway:moped": "no"}, 0),
    ],
)
def test_directions(tags: dict[str, str], direction: int) -> None:
    """`oneway:bicycle` does not concern a motorbike, `oneway:moped` does."""
    assert BIKE.direction(tags) == direction


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "walk.toml"
    file.write_text(
        'name = "walk"\n[[rules]]\nuse = "public"\nwhen = { highway = ["*"] }\nunless = { foot = ["no"] }\n'
    )
    profile = Profile.load(file)
    assert profile.judge({"highway": "steps"}) == (Use.PUBLIC, "steps")
    assert profile.judge({"highway": "trunk", "foot": "no"})[0] is Use.EXCLUDED


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name =", None),
        ('name = "a"', "rules"),
        ('rules = [{use = "public", when = {}}]', "name"),
        ('name = "a"\nrules = []', "rules"),
        ('name = "a"\nrules = [{when = {}}]', "rules[1].use"),
        ('name = "a"\nrules = [{use = "maybe", when = {}}]', "rules[1].use"),
        ('name = "a"\nrules = [{use = "public", when = {highway = "residential"}}]', "rules[1].when.highway"),
        ('name = "a"\nrules = [{use = "public", when = [1]}]', "rules[1].when"),
        ('name = "a"\nrules = [{use = "public", when = {}, width = 3}]', "rules[1].width"),
        ('name = "a"\nrules = [{use = "public", when = {}, min_width_m = "3"}]', "rules[1].min_width_m"),
        ('name = "a"\nmax_access_m = -1\nrules = [{use = "public", when = {}}]', "max_access_m"),
        ('name = "a"\nspeed = 1\nrules = [{use = "public", when = {}}]', "speed"),
    ],
)
def test_a_wrong_profile_names_its_key(tmp_path: Path, text: str, field: str | None) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text)
    with pytest.raises(InputError) as error:
        Profile.load(file)
    assert error.value.place.file == str(file)
    assert error.value.place.field == field


@pytest.mark.parametrize("name", ["horse", "missing.toml", "../profile"])
def test_a_profile_that_is_not_there(name: str) -> None:
    with pytest.raises(InputError):
        Profile.load(name)
