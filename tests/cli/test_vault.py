"""`umaya vault` on a real hub: a notice, a preview with its faults as a file, intake, retention, the sweep."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from umaya.cli import main
from umaya.gate import Dataset, Party, Words
from umaya.hub import Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.types.classes import SecrecyClass
from umaya.types.site import Actor

OFFICER = Actor("officer", "責任者", "post-minase", frozenset({"privacy-officer", "steward"}))
FEED = Actor("feed", "受付", "post-minase", frozenset({"operator"}))
SCHEMA = pa.schema([("name", pa.string()), ("rooms", pa.int32())])
NOTICE = """
dataset: homes
manner: shown
purpose: {ja: 配達, en: Delivery}
wording: {ja: 配達に使います, en: Used for delivery}
starts: 2999-01-01
"""
GOOD, MIXED = "name,rooms\n佐藤,3\n鈴木,4\n", "name,rooms\n佐藤,3\n鈴木,many\n"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    catalogue = opened.gate.catalogue
    catalogue.add_party(Party("post-minase", Words("郵便局", "Post"), "post"))
    for actor in (OFFICER, FEED):
        catalogue.add_actor(actor)
    classes = dict.fromkeys(SCHEMA.names, SecrecyClass.ORDINARY)
    catalogue.add_dataset(Dataset("homes", "post-minase", Words("世帯", "Homes"), SCHEMA, classes))
    opened.close()
    return directory


def run(monkeypatch: pytest.MonkeyPatch, hub: Path, *arguments: str, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "vault", *arguments, "--hub", str(hub)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def written(tmp_path: Path, text: str, name: str) -> str:
    (tmp_path / name).write_text(text, "utf-8")
    return str(tmp_path / name)


def tell(monkeypatch: pytest.MonkeyPatch, hub: Path, tmp_path: Path) -> None:
    """Register a notice that holds from today on."""
    opened = open_hub(hub)
    today = day_in_japan(opened.clock.now())
    opened.close()
    file = written(tmp_path, NOTICE.replace("2999-01-01", f"{today}"), "notice.yaml")
    run(monkeypatch, hub, "notice", file, "--as", "officer")


def test_rows_come_in_after_a_preview_and_leave_when_their_time_is_over(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(monkeypatch, hub, tmp_path)
    good, mixed = written(tmp_path, GOOD, "good.csv"), written(tmp_path, MIXED, "mixed.csv")
    capsys.readouterr()
    take = ("--as", "feed", "--notice", "1")
    run(monkeypatch, hub, "take", "homes", mixed, *take, "--preview", "--faults", str(tmp_path / "faults.csv"))
    told = capsys.readouterr().out
    assert "1 of 2 rows are good, 1 faults" in told
    assert "row 2: field `rooms`" in told
    assert "many" not in told + (tmp_path / "faults.csv").read_text()
    run(monkeypatch, hub, "take", "homes", mixed, *take, expect=2)
    assert "mixed.csv: row 2: field `rooms`" in capsys.readouterr().err
    run(monkeypatch, hub, "take", "homes", good, *take)
    assert "2 rows were taken in as sha256:" in capsys.readouterr().out
    run(monkeypatch, hub, "take", "homes", mixed, *take, "--keep-good")
    assert "1 left out" in capsys.readouterr().out
    run(monkeypatch, hub, "sweep")
    assert "homes: nobody said how long" in capsys.readouterr().err
    run(monkeypatch, hub, "keep", "homes", "30", "--reason", "配達の見直し", "--as", "officer")
    capsys.readouterr()
    run(monkeypatch, hub, "sweep", "--pretend")
    assert "homes: 0 rows from before" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_a_line(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path, GOOD, "good.csv")
    bad = written(tmp_path, NOTICE.replace("manner: shown", "manner: whispered"), "bad.yaml")
    for arguments, words in (
        (("take", "homes", good, "--as", "feed"), "the purpose of collection is not named"),
        (("take", "homes", str(tmp_path / "none.csv"), "--as", "feed"), "cannot be read"),
        (("take", "homes", good, "--as", "officer", "--notice", "1"), "needs the role `operator`"),
        (("take", "streets", good, "--as", "feed"), "no dataset"),
        (("notice", bad, "--as", "officer"), "bad.yaml: row 3: field `manner`"),
        (("keep", "homes", "0", "--reason", "x", "--as", "officer"), "out of range"),
    ):
        run(monkeypatch, hub, *arguments, expect=2)
        assert words in capsys.readouterr().err, arguments


def test_a_file_that_holds_no_faults_is_never_written_over(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(monkeypatch, hub, tmp_path)
    rows = written(tmp_path, MIXED, "mixed.csv")
    take = ("take", "homes", rows, "--as", "feed", "--notice", "1", "--preview", "--faults")
    run(monkeypatch, hub, *take, rows, expect=2)
    assert "mixed.csv: the file is there already" in capsys.readouterr().err
    assert Path(rows).read_text(encoding="utf-8") == MIXED
    for _ in range(2):
        run(monkeypatch, hub, *take, str(tmp_path / "faults.csv"))
