"""Charts as accessible SVG: bars, stacked bars, lines over time. Rendering only: numbers and words are handed in.

Must hold: no script, no style attribute and no event handler, so a strict Content-Security-Policy lets it stand; every
chart has a title and a description, and its numbers again as a table; series differ by pattern or dash and by label,
never by colour alone. After W3C "SVG accessibility" (role img, labelled by title and desc).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

from umaya.web.languages import number

WIDTH = 640
_TEXT, _ROW, _GAP = 26, 26, 14
"""Heights of a row's label, of its bar, and of the space below."""
_TOP, _PLOT, _LEFT = 16, 220, 64
PATTERNS = 4
"""So many series can be told apart by pattern or dash."""
_LONG = 58
"""Characters of a row's label before it is cut, wide ones counted twice; the table has it whole."""


@dataclass(frozen=True)
class Series:
    """One series: its label, and a value for each of the chart's labels."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class Chart:
    """What a chart shows.

    Attributes:
        id: unique on the page; ids within begin with it.
        title, description: for everybody, and for whoever cannot see it.
        heading: what the labels are, for the table's first column.
        labels: of the rows (bars) or of the moments (lines), in their order.
        series: at most `PATTERNS`, each with as many values as there are labels; none is negative.
    """

    id: str
    title: str
    description: str
    heading: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        if len(self.series) > PATTERNS:
            raise ValueError("more series than can be told apart without colour")
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError("a series lacks a value, or has one too many")
            if any(value < 0 for value in series.values):
                raise ValueError("a value is negative")

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(value for series in self.series for value in series.values)


def bars(chart: Chart, language: str) -> Markup:
    """Return horizontal bars, one a label; several series of a label stand in one bar, one after the other."""
    totals = [sum(series.values[at] for series in chart.series) for at in range(len(chart.labels))]
    most = max(totals, default=0) or 1
    scale = (WIDTH - 116) / most
    parts = []
    for at, label in enumerate(chart.labels):
        y = at * (_TEXT + _ROW + _GAP) + _TEXT
        parts.append(_text(0, y - 7, _cut(label), "chart__label"))
        x = 1.0
        for index, series in enumerate(chart.series):
            length = series.values[at] * scale
            if length:
                parts.append(
                    Markup('<rect class="chart__bar chart__bar--{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                        index, _at(x), y, _at(max(length, 1)), _ROW
                    )
                )
            x += length
        parts.append(_text(x + 8, y + _ROW * 0.7, number(totals[at], language), "chart__label"))
    height = len(chart.labels) * (_TEXT + _ROW + _GAP)
    return _svg(chart, height, Markup("").join(parts))


def lines(chart: Chart, language: str) -> Markup:
    """Return lines over time, one a series; the labels are moments in their order."""
    top = _nice(max((value for series in chart.series for value in series.values), default=0))
    right = WIDTH - 32
    step = (right - _LEFT) / max(len(chart.labels) - 1, 1)

    def y(value: float) -> float:
        return _TOP + _PLOT * (1 - value / top)

    parts = []
    for share in (0, 0.5, 1):
        value = top * share
        grid = Markup('<line class="chart__grid" x1="{}" y1="{}" x2="{}" y2="{}"/>')
        parts.append(grid.format(_LEFT, _at(y(value)), right, _at(y(value))))
        shown = number(value if value % 1 else int(value), language)
        parts.append(_text(_LEFT - 8, y(value) + 5, shown, "chart__label chart__label--end"))
    for index, series in enumerate(chart.series):
        points = [(_LEFT + at * step, y(value)) for at, value in enumerate(series.values)]
        path = " ".join(f"{_at(px)},{_at(py)}" for px, py in points)
        parts.append(Markup('<polyline class="chart__line chart__line--{}" points="{}"/>').format(index, path))
        parts += [_mark(index, px, py) for px, py in points]
    every = max(ceil(len(chart.labels) / 4), 1)
    for at in range((len(chart.labels) - 1) % every, len(chart.labels), every):
        words = "chart__label chart__label--middle"
        parts.append(_text(_LEFT + at * step, _TOP + _PLOT + 20, chart.labels[at], words))
    return _svg(chart, _TOP + _PLOT + 32, Markup("").join(parts))


def _svg(chart: Chart, height: float, body: Markup) -> Markup:
    return Markup(
        '<svg class="chart__picture" viewBox="0 0 {width} {height}" role="img"'
        ' aria-labelledby="{id}-title {id}-desc" focusable="false">'
        '<title id="{id}-title">{title}</title><desc id="{id}-desc">{desc}</desc>{body}</svg>'
    ).format(
        width=WIDTH,
        height=_at(height),
        id=chart.id,
        title=chart.title,
        desc=chart.description,
        body=body,
    )


PATTERN_DEFINITIONS = Markup(
    '<svg class="chart__patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
    '<pattern id="chart-1" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="chart__ground" width="8" height="8"/><rect class="chart__ink" width="4" height="8"/></pattern>'
    '<pattern id="chart-2" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<rect class="chart__ground" width="8" height="8"/><circle class="chart__ink" cx="4" cy="4" r="2.2"/></pattern>'
    '<pattern id="chart-3" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<rect class="chart__ground" width="8" height="8"/><rect class="chart__ink" width="8" height="2"/></pattern>'
    "</defs></svg>"
)
"""What the bars' patterns are; stands once on a page that has bars of several series."""


def _mark(index: int, x: float, y: float) -> Markup:
    """Return the mark of a point: circle, square, triangle, cross."""
    shape = (
        '<circle class="chart__mark" cx="{x}" cy="{y}" r="4"/>',
        '<rect class="chart__mark" x="{left}" y="{top}" width="8" height="8"/>',
        '<path class="chart__mark" d="M{x} {above}L{right} {below}L{left} {below}Z"/>',
        '<path class="chart__cross" d="M{left} {top}L{right} {below}M{right} {top}L{left} {below}"/>',
    )[index]
    return Markup(shape).format(  # noqa: S704 - one of the four shapes above
        x=_at(x), y=_at(y), left=_at(x - 4), right=_at(x + 4), top=_at(y - 4), above=_at(y - 5), below=_at(y + 4)
    )


def legend(chart: Chart) -> Markup:
    """Return what pattern, dash and mark each series has; empty where there is one series only."""
    if len(chart.series) < 2:
        return Markup("")
    items = [
        Markup(
            '<li><svg class="chart__key" viewBox="0 0 24 16" aria-hidden="true" focusable="false">'
            '<rect class="chart__bar chart__bar--{0}" width="24" height="16"/></svg> {1}</li>'
        ).format(index, series.label)
        for index, series in enumerate(chart.series)
    ]
    return Markup('<ul class="chart__legend">{}</ul>').format(Markup("").join(items))


def line_legend(chart: Chart) -> Markup:
    """Return what dash and mark each line has."""
    items = [
        Markup(
            '<li><svg class="chart__key" viewBox="0 0 32 16" aria-hidden="true" focusable="false">'
            '<polyline class="chart__line chart__line--{0}" points="0,8 32,8"/>{1}</svg> {2}</li>'
        ).format(index, _mark(index, 16, 8), series.label)
        for index, series in enumerate(chart.series)
    ]
    return Markup('<ul class="chart__legend">{}</ul>').format(Markup("").join(items))


def _text(x: float, y: float, words: str, style: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(style, _at(x), _at(y), escape(words))


def _cut(label: str) -> str:
    """Return a label that fits beside its bar; wide characters take the room of two."""
    room = 0.0
    for at, character in enumerate(label):
        room += 2 if ord(character) > 0x2E7F else 1
        if room > _LONG:
            return f"{label[:at]}…"
    return label


def _at(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _nice(most: int) -> int:
    """Return the end of an axis: the next 1, 2 or 5 times a power of ten; 2 at least."""
    if most <= 2:
        return 2
    power = 10 ** floor(log10(most))
    return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= most)
