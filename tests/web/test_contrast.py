"""Every pair of text and ground in the design system reaches WCAG 2.2 AA, computed from the tokens built in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TOKENS = PROJECT / "node_modules/@digital-go-jp/design-tokens/dist/tokens.css"
TEXT = [
    ("text", "ground"),
    ("text", "ground-soft"),
    ("text", "warning-soft"),
    ("text", "error-soft"),
    ("text", "success-soft"),
    ("text-quiet", "ground"),
    ("text-quiet", "ground-soft"),
    ("text-on-accent", "accent"),
    ("text-on-accent", "accent-strong"),
    ("accent-strong", "ground"),
    ("accent-strong", "accent-soft"),
    ("link", "ground"),
    ("link", "error-soft"),
    ("error", "ground"),
    ("error", "error-soft"),
    ("success", "success-soft"),
    ("warning", "warning-soft"),
    ("map-text", "map-ground"),
    ("map-water-text", "map-water"),
]
"""Pairs that must reach 4.5:1 (success criterion 1.4.3)."""
GRAPHICS = [
    ("line-strong", "ground"),
    ("accent", "ground"),
    ("map-passed-1h", "map-road"),
    ("map-passed-3h", "map-road"),
    ("map-passed-24h", "map-road"),
    ("map-probably-blocked", "map-road"),
    ("map-turn-back", "map-ground"),
    ("map-office", "map-ground"),
]
"""Pairs that must reach 3:1 (success criterion 1.4.11)."""


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    """Every custom property of the tokens, the roles and the map, as written."""
    if not TOKENS.is_file():
        pytest.skip("the front end is not installed: run `make frontend`")
    sheets = [TOKENS, PROJECT / "frontend/styles/roles.css", PROJECT / "frontend/roads/map.css"]
    text = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", text))


def luminance(values: dict[str, str], name: str) -> float:
    """Return the relative luminance of a custom property (WCAG 2.2, definition)."""
    value = values[name]
    while found := re.fullmatch(r"var\(--([\w-]+)\)", value):
        value = values[found[1]]
    channels = [int(value[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * channel for share, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(values: dict[str, str], one: str, other: str) -> float:
    """Return the contrast ratio of two custom properties, from 1 to 21."""
    dark, light = sorted((luminance(values, one), luminance(values, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(values: dict[str, str], text: str, ground: str) -> None:
    assert contrast(values, text, ground) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), GRAPHICS)
def test_lines_and_marks_can_be_seen(values: dict[str, str], mark: str, ground: str) -> None:
    assert contrast(values, mark, ground) >= 3


def test_the_formula_is_that_of_the_standard() -> None:
    values = {"black": "#000000", "white": "#ffffff", "grey": "#767676"}
    assert contrast(values, "black", "white") == pytest.approx(21)
    assert contrast(values, "grey", "white") == pytest.approx(4.54, abs=0.01)
