"""The main job without a server: a hamlet's day through the gate, with figures that make sense against its truth."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.cli.calls import PROGRAM, umaya

pytestmark = [
    pytest.mark.timeout(900),  # and longer where the kernels are compiled first
]
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
    assert figures["releases"] == 16, "12 windows, the usual pattern, homes of roads, people in cells, the list"


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


@pytest.mark.parametrize("words", ["{bad", '{"seed": 1}', '{"seed": "one", "homes": 600}', "[]"])
def test_a_folder_with_a_damaged_description_says_so(tmp_path: Path, words: str) -> None:
    (tmp_path / "sample.json").write_text(words)
    done = umaya("demo", "--once", "--hub", str(tmp_path))
    assert done.returncode == 2
    assert "sample.json: does not say what the demonstration was made from" in done.stderr


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("letter")
    done = umaya("demo", "--once", "--hub", str(tmp_path / "hub"))
    assert done.returncode == 2
    assert (tmp_path / "hub").read_text() == "letter"


@pytest.mark.parametrize("command", [["demo", "--hub"], ["serve"]], ids=["demo", "serve"])
def test_a_port_in_use_is_told_before_any_work(tmp_path: Path, command: list[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = umaya(*command, str(tmp_path / "hub"), "--port", port)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}: cannot be listened on (address already in use)" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "hub").exists()


def test_an_interrupt_ends_the_served_demo_and_the_second_start_goes_on(played: tuple[Path, dict[str, Any]]) -> None:
    """The page answers, Ctrl+C ends it without a fault, and what was played stays."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["demo", "--hub", str(played[0]), "--port", str(port)]
    with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        for _ in range(1800):
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5) as page:
                assert page.status == 200
                break
            assert running.poll() is None, running.communicate()[1]
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=120)[1]
    assert "Traceback" not in said
    assert "Sign in as:" in said
    assert play(played[0])["ledger_ok"]
