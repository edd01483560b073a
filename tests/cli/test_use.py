"""`umaya use receipt` on a real hub: a person's key goes into a new file of its owner's own, or nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.gate.lists import NOW, Lists
from umaya.cli import main
from umaya.gate import Release
from umaya.hub import Settings, init_hub, open_hub
from umaya.types.clock import ManualClock


def test_a_key_is_written_where_nobody_else_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = ManualClock(NOW)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya"), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1)
    release = opened.gate.open(world.use())
    opened.close()
    assert isinstance(release, Release)
    key, taken = tmp_path / "1.key", tmp_path / "taken.key"
    taken.touch(mode=0o644)
    for file, code in ((key, 0), (taken, 2)):
        arguments = [release.use, "--hub", "hub", "--person", "1", "--out", "1.json", "--key-out", file.name]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["umaya", "use", "receipt", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert (caught.value.code or 0) == code
    assert (key.stat().st_mode & 0o777, len(key.read_text())) == (0o600, 65)
    assert "is there already" in capsys.readouterr().err
    assert taken.read_text() == ""
