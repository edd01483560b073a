"""`umaya provision` on a real hub: a steward lists and exports the own party's records, and erases none too early."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from umaya.cli import main
from umaya.gate import Party, Words
from umaya.gate.provision import PROVISION_RECORDS
from umaya.hub import Settings, init_hub, open_hub
from umaya.types.site import Actor

STEWARD = Actor("steward", "管理", "post-minase", frozenset({"steward"}))
CLERK = Actor("clerk", "窓口", "post-minase", frozenset({"clerk"}))


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    opened.gate.catalogue.add_party(Party("post-minase", Words("郵便局", "Post"), "post"))
    for actor in (STEWARD, CLERK):
        opened.gate.catalogue.add_actor(actor)
    opened.close()
    return directory


def run(hub: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "provision", *arguments, "--hub", str(hub)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def test_a_steward_lists_and_exports(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hub, "list", "--expired", "--as", "steward", monkeypatch=monkeypatch)
    assert capsys.readouterr().out == ""
    for name in ("records.parquet", "records.csv"):
        run(hub, "export", str(tmp_path / name), "--as", "steward", monkeypatch=monkeypatch)
    assert pq.read_schema(tmp_path / "records.parquet").names == PROVISION_RECORDS.names
    assert (tmp_path / "records.csv").read_text().startswith('"record","role","party"')


def test_what_is_wrong_is_said_in_a_line(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.csv").touch()
    for arguments, words in (
        (("list", "--as", "clerk"), "needs the role `steward`"),
        (("export", str(tmp_path / "there.csv"), "--as", "steward"), "is there already"),
        (("export", str(tmp_path / "x.xlsx"), "--as", "steward"), "of another kind"),
        (("export", str(tmp_path / "none/x.csv"), "--as", "steward"), "cannot be written"),
        (("erase", "nothing", "--as", "steward"), "no such record of provision"),
    ):
        run(hub, *arguments, monkeypatch=monkeypatch, expect=2)
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1
