"""Charts: well-formed SVG that a strict Content-Security-Policy lets stand, told in words, readable without colour."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from umaya.web.charts import PATTERNS, WIDTH, Chart, Series, bars, legend, line_legend, lines

LABEL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
VALUE = st.integers(0, 10_000_000)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """Return any chart."""
    labels = tuple(draw(st.lists(LABEL, max_size=14)))
    count = draw(st.integers(1, PATTERNS))
    values = st.lists(VALUE, min_size=len(labels), max_size=len(labels)).map(tuple)
    series = tuple(Series(draw(LABEL), draw(values)) for _ in range(count))
    return Chart("any", draw(LABEL), draw(LABEL), "heading", labels, series)


def root_of(markup: Markup) -> ET.Element:
    """Return the picture as XML."""
    return ET.fromstring(str(markup))


@settings(max_examples=60, deadline=None)
@given(chart=charts())
def test_every_picture_is_well_formed_named_and_within_its_frame(chart: Chart) -> None:
    """Whatever the labels say: nothing of them becomes markup, no bar or point leaves the frame."""
    for picture in (bars(chart, "ja"), lines(chart, "en")):
        root = root_of(picture)
        names = root.attrib["aria-labelledby"].split()
        told = {child.attrib["id"]: child.text for child in root if child.tag in {"title", "desc"}}
        assert [told[name] for name in names] == [chart.title, chart.description]
        height = float(root.attrib["viewBox"].split()[3])
        for element in root.iter():
            assert element.tag in {
                "svg",
                "title",
                "desc",
                "defs",
                "pattern",
                "rect",
                "circle",
                "path",
                "polyline",
                "line",
                "text",
            }
            assert not {"style", "href"} & element.attrib.keys()
            assert not any(name.startswith("on") for name in element.attrib)
        for bar in root.iter("rect"):
            if "chart__bar" in bar.attrib.get("class", ""):
                assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= WIDTH
                assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height
        for line in root.iter("polyline"):
            for point in line.attrib["points"].split():
                x, y = map(float, point.split(","))
                assert 0 <= x <= WIDTH
                assert 0 <= y <= height


def test_bars_are_as_long_as_their_values() -> None:
    chart = Chart("c", "t", "d", "h", ("a", "b"), (Series("x", (10, 5)), Series("y", (10, 0))))
    found = [bar for bar in root_of(bars(chart, "en")).iter("rect") if "chart__bar" in bar.attrib.get("class", "")]
    widths = [float(bar.attrib["width"]) for bar in found]
    assert widths[0] == widths[1] == pytest.approx(2 * widths[2], abs=0.2)
    assert float(found[1].attrib["x"]) == pytest.approx(float(found[0].attrib["x"]) + widths[0], abs=0.2)


def test_a_line_rises_where_its_values_do() -> None:
    chart = Chart("c", "t", "d", "h", ("1", "2", "3"), (Series("x", (0, 50, 100)),))
    (line,) = root_of(lines(chart, "en")).iter("polyline")
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])


def test_series_are_told_apart_without_colour() -> None:
    """Each has a class of its own in picture and key: pattern, dash, mark; a single bar series needs no key."""
    chart = Chart("c", "t", "d", "h", ("a",), tuple(Series(f"s{at}", (at + 1,)) for at in range(PATTERNS)))
    for key in (legend(chart), line_legend(chart)):
        assert all(f"s{at}</li>" in key for at in range(PATTERNS))
    assert (
        len(
            {
                bar.attrib["class"]
                for bar in root_of(bars(chart, "en")).iter("rect")
                if "chart__bar" in bar.attrib.get("class", "")
            }
        )
        == PATTERNS
    )
    assert legend(Chart("c", "t", "d", "h", ("a",), chart.series[:1])) == ""


@pytest.mark.parametrize("series", [(Series("x", (1, 2)),), (Series("x", (-1,)),), (Series("x", (1,)),) * 5])
def test_what_cannot_be_drawn_is_refused(series: tuple[Series, ...]) -> None:
    with pytest.raises(ValueError, match=r"serie|negative"):
        Chart("c", "t", "d", "h", ("a",), series)
