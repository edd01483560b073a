"""Where the windows of a road map begin: with the disaster, or on the grid that blocks of time need."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from types import SimpleNamespace
from typing import cast

from umaya.gate import SchemeVersion
from umaya.gate.documents import read
from umaya.gate.scheme import parse
from umaya.sample.setup import QUAKE
from umaya.services.roads.service import first_window

HALF = timedelta(minutes=30)
TEXT = (resources.files("umaya.sample") / "schemes" / "minase-passable-roads.yaml").read_text("utf-8")


def of(text: str) -> SchemeVersion:
    return cast("SchemeVersion", SimpleNamespace(document=parse(read(text, "scheme"))))


def test_the_sample_earthquake_of_10_42_is_told_from_11_00_on() -> None:
    eleven = QUAKE + timedelta(minutes=18)
    assert first_window(of(TEXT), QUAKE, HALF) == eleven
    assert first_window(of(TEXT), eleven, HALF) == eleven


def test_where_nothing_adds_up_windows_begin_with_the_event() -> None:
    head, _ = TEXT.split("  - tell-swept")
    counted = of(head + "  - link-counts: {window_s: 1800, min_vehicles: 1, min_turn_backs: 2}\n")
    assert first_window(counted, QUAKE, HALF) == QUAKE
