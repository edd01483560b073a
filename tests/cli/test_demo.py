"""The main job without a server: a hamlet's day through the gate, with figures that make sense against its truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_init import umaya

KEYS = [
    "points_in",
    "points_matched",
    "right_edge_share",
    "passed_edges",
    "suppressed_edges",
    "closures",
    "found_blocked",
    "false_blocked",
    "releases",
    "ledger_entries",
    "ledger_ok",
    "seconds",
]


def play(hub: Path, *options: str) -> dict[str, Any]:
    done = umaya("demo", "--once", "--json", "--hub", str(hub), *options)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    hub = tmp_path_factory.mktemp("demo") / "hub"
    return hub, play(hub, "--homes", "600", "--seed", "5")


def test_the_figures_make_sense(played: tuple[Path, dict[str, Any]]) -> None:
    figures = played[1]
    assert list(figures) == KEYS
    assert figures["ledger_ok"] is True
    assert 0.95 * figures["points_in"] < figures["points_matched"] <= figures["points_in"]
    assert figures["right_edge_share"] > 0.9
    assert figures["passed_edges"] > figures["suppressed_edges"] > 0
    assert 0 <= figures["found_blocked"] <= figures["closures"]
    assert figures["false_blocked"] <= figures["closures"]
    assert figures["releases"] == 40, "38 windows, the usual pattern, the homes of each road"


def test_a_second_start_opens_the_same_hub_and_plays_nothing_twice(played: tuple[Path, dict[str, Any]]) -> None:
    hub, figures = played
    again = play(hub, "--homes", "5000")
    same = [key for key in KEYS if key != "seconds"]
    assert {key: again[key] for key in same} == {key: figures[key] for key in same}


def test_the_ledger_of_the_demo_verifies_on_the_command_line(played: tuple[Path, dict[str, Any]]) -> None:
    assert umaya("ledger", "verify", "--hub", str(played[0])).returncode == 0


def test_the_truth_of_the_simulation_is_not_in_the_hub(played: tuple[Path, dict[str, Any]]) -> None:
    names = {path.name for path in played[0].rglob("*")}
    assert not {name for name in names if "truth" in name or "closure" in name}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    done = umaya("demo", "--once", "--hub", str(tmp_path))
    assert done.returncode == 2
    assert "something other than a demonstration hub" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
