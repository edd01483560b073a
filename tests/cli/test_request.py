"""`umaya request` on a real hub: the desk's list with its clocks, one request's history, terms from a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.gate.lists import BANK
from tests.gate.rights.desk_world import DESK, TERMS, World
from umaya.cli import main


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "hub")


def run(world: World, *arguments: str, monkeypatch: pytest.MonkeyPatch, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "request", *arguments, "--hub", str(world.directory)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def test_requests_are_listed_and_shown_without_what_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    request = world.in_work(words="秘密の言葉")
    number = world.gate.numbers.of(BANK, 3)
    world.hub.close()
    run(world, "list", "--as", DESK.id, monkeypatch=monkeypatch)
    assert f"{request} disclosure {number}: in-work, due 2026-06-15" in capsys.readouterr().out
    run(world, "show", request, "--as", DESK.id, monkeypatch=monkeypatch)
    told = capsys.readouterr().out
    assert "disclosure by person, in-work" in told
    assert "taken desk" in told
    assert "秘密" not in told
    run(world, "show", request, "--as", "teller", monkeypatch=monkeypatch, expect=2)
    run(world, "sweep", monkeypatch=monkeypatch)


def test_terms_come_from_a_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.hub.close()
    file = tmp_path / "terms.yaml"
    file.write_text(TERMS.replace("2026-04-01", "2027-04-01").replace("14", "10"), "utf-8")
    run(world, "terms", str(file), monkeypatch=monkeypatch)
    assert "answers within 10 days from 2027-04-01 on" in capsys.readouterr().out
    run(world, "terms", str(file), monkeypatch=monkeypatch, expect=2)
