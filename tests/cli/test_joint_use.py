"""`umaya joint-use` on a real hub: from a document to a published notice; what is wrong ends with exit code 2."""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.gate.joint_use.group import changed, form_group
from umaya.cli import main
from umaya.gate import Party, Words
from umaya.hub import Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.ledger.entries import Kind

ID = "minase-group"
TODAY = day_in_japan(datetime.now(UTC))
STARTS = TODAY + timedelta(days=30)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    for party, kind in (("post-minase", "post"), ("city-minase", "municipality"), ("bank-minase", "bank")):
        opened.gate.catalogue.add_party(Party(party, Words("名", "Name"), kind))
    form_group(cast("Any", SimpleNamespace(gate=opened.gate)))
    opened.close()
    (tmp_path / "notice.yaml").write_text(changed(("2026-04-10", STARTS.isoformat())), encoding="utf-8")
    return directory


def run(hub: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "joint-use", *arguments, "--hub", str(hub)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def test_a_notice_goes_from_its_document_to_its_end(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hub, "submit", str(tmp_path / "notice.yaml"), "--as", "group-clerk", monkeypatch=monkeypatch)
    assert f"{ID} version 1 is submitted: sha256:" in capsys.readouterr().out
    run(hub, "publish", ID, "1", "--as", "group-head", "--note", "役員会", monkeypatch=monkeypatch)
    told = capsys.readouterr().out
    assert f"is published on {TODAY} and holds from {STARTS}" in told
    run(hub, "show", ID, "--version", "1", "--language", "en", monkeypatch=monkeypatch)
    words = capsys.readouterr().out
    assert "1-1 Honmachi, Minase" in words
    assert f"words in en: sha256:{hashlib.sha256(words.encode()).hexdigest()}" in told
    run(
        hub,
        "end",
        ID,
        "--as",
        "group-head",
        "--last-day",
        (STARTS + timedelta(days=9)).isoformat(),
        monkeypatch=monkeypatch,
    )
    run(hub, "list", monkeypatch=monkeypatch)
    line = f"{ID} version 1 is published on {TODAY}, holds from {STARTS}, last day {STARTS + timedelta(days=9)}"
    assert capsys.readouterr().out.splitlines() == [line, line]


def test_a_partys_particulars_are_registered(
    hub: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ("--address", "水無瀬市本町1-1", "1-1 Honmachi, Minase")
    who = ("--representative", "代表 太郎", "Taro, President")
    run(hub, "party", "bank-minase", *address, *who, "--since", "2020-04-01", monkeypatch=monkeypatch)
    assert "bank-minase is registered with its address from 2020-04-01" in capsys.readouterr().out
    opened = open_hub(hub)
    (kept,) = opened.gate.particulars.list()
    entry = json.loads(opened.ledger.entry_bytes(opened.ledger.size - 1))
    opened.close()
    assert (kept.address.en, kept.company) == ("1-1 Honmachi, Minase", True)
    assert entry["kind"] == Kind.PARTY_PARTICULARS_SET
    run(hub, "party", "nobody", *address, monkeypatch=monkeypatch, expect=2)


def test_what_is_wrong_is_said_in_a_line(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (tmp_path / "notice.yaml").read_text("utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace('    address: {ja: 水無瀬市本町1-1, en: "1-1 Honmachi, Minase"}\n', ""), "utf-8")
    for arguments, words in (
        (("submit", str(wrong), "--as", "group-clerk"), "wrong.yaml: row 27: field `responsible[0].address`"),
        (("submit", str(tmp_path / "none.yaml"), "--as", "group-clerk"), "there is no such file"),
        (("submit", str(tmp_path / "notice.yaml"), "--as", "group-head"), "needs the role `applicant`"),
        (("publish", ID, "1", "--as", "group-head"), "no such version"),
        (("show", ID), "no such joint-use notice"),
    ):
        run(hub, *arguments, monkeypatch=monkeypatch, expect=2)
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1
