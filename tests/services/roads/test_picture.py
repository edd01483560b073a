"""The picture of the map: every status has a line of its own, told by more than colour."""

import re
from xml.etree import ElementTree as ET

import shapely

from umaya.services.roads.picture import LEGEND, STYLES, draw

SVG = "{http://www.w3.org/2000/svg}"
ROADS = {n: shapely.LineString([(136.80, 36.20 + n / 1000), (136.81, 36.20 + n / 1000)]) for n in range(5)}


def picture(status: dict[int, str], title: str = "map") -> ET.Element:
    lake = shapely.box(136.802, 36.201, 136.803, 36.202)
    text = draw(ROADS, status, {"water": [lake], "building": []}, title=title, description="five roads", language="en")
    return ET.fromstring(text)


def test_every_status_is_drawn_in_its_own_layer() -> None:
    root = picture(dict(enumerate(STYLES)))
    drawn = [path.get("class") for path in root.iter(f"{SVG}path") if path.get("class")]
    assert drawn == list(STYLES)


def test_a_road_without_a_status_is_drawn_as_no_evidence() -> None:
    (layer,) = [p for p in picture({}).iter(f"{SVG}path") if p.get("class")]
    assert layer.get("class") == "no-evidence"
    assert (layer.get("d") or "").count("M") == len(ROADS)


def test_no_two_statuses_differ_by_colour_alone() -> None:
    without_colour = [re.sub(r"stroke:#\w+;", "", style) for style in STYLES.values()]
    assert len(set(without_colour)) == len(STYLES)


def test_north_is_up_and_degrees_keep_their_shape() -> None:
    root = picture({0: "passed-1h", 4: "passed-3h"})
    y = {
        p.get("class"): float((p.get("d") or "").split(",")[1].split("L")[0])
        for p in root.iter(f"{SVG}path")
        if p.get("class")
    }
    assert y["passed-3h"] < y["passed-1h"], "the northern road is higher up"
    width, height = (float(v) for v in (root.get("viewBox") or "").split()[2:])
    assert abs(height / width - 0.004 / (0.01 * 0.8068)) < 0.01, "a degree of longitude is cos(latitude) shorter"


def test_names_cannot_break_out_of_the_picture() -> None:
    root = picture({}, title="<script>alert(1)</script>")
    assert not list(root.iter(f"{SVG}script"))
    assert root.findtext(f"{SVG}title") == "<script>alert(1)</script>"


def test_a_legend_shows_each_line_with_its_words_below_the_map() -> None:
    plain = picture({})
    words = {name: f"<{name}>" for name in STYLES}
    text = draw(ROADS, {}, {}, title="map", description="five roads", language="en", legend=words)
    root = ET.fromstring(text)
    height, with_legend = (float((r.get("viewBox") or "").split()[3]) for r in (plain, root))
    assert with_legend - height == LEGEND, "nothing of the map is covered"
    (group,) = root.iter(f"{SVG}g")
    assert [label.text for label in group.iter(f"{SVG}text")] == list(words.values())
    drawn = [(path.get("style") or "").removeprefix("fill:none;") for path in group.iter(f"{SVG}path")]
    assert drawn == list(STYLES.values())
