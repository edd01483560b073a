"""`umaya scheme` on a real hub: from a document to a scheme in force; what is wrong ends with exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.gate.world import ACTORS, CLASSES, SCHEMA
from tests.gate.world import SCHEME as DOCUMENT
from umaya.cli import main
from umaya.gate import Dataset, Party, Words
from umaya.hub import Settings, init_hub, open_hub

ID = "minase-passable-roads"
SCHEME = DOCUMENT.replace("lookback_s: 600", "max_homes: 3")
SCHEME += "  - link-counts: {min_vehicles: 1, min_turn_backs: 2}\n"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    catalogue = opened.gate.catalogue
    for party, kind in (("post-minase", "post"), ("city-minase", "municipality"), ("bank-minase", "bank")):
        catalogue.add_party(Party(party, Words("名", "Name"), kind))
    for actor in ACTORS.values():
        catalogue.add_actor(actor)
    catalogue.add_dataset(
        Dataset("bike-positions", "post-minase", Words("位置", "Positions"), SCHEMA, CLASSES, "t", "lon", "lat")
    )
    opened.close()
    (tmp_path / "scheme.yaml").write_text(SCHEME, encoding="utf-8")
    return directory


def run(hub: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "scheme", *arguments, "--hub", str(hub)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def test_a_scheme_goes_from_its_document_into_force(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hub, "submit", str(tmp_path / "scheme.yaml"), "--as", "clerk", monkeypatch=monkeypatch)
    assert f"{ID} version 1 is submitted: sha256:" in capsys.readouterr().out
    run(hub, "verify", ID, "--as", "second-line", monkeypatch=monkeypatch)
    run(hub, "approve", ID, "--as", "head", "--version", "1", monkeypatch=monkeypatch)
    run(hub, "list", monkeypatch=monkeypatch)
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == told[-2]
    assert told[-1].startswith(f"{ID} version 1 is approved, version 1 in force, 2026-04-01 to 2027-03-31")
    run(hub, "suspend", ID, "--as", "steward", "--reason", "苦情", monkeypatch=monkeypatch)
    assert "is suspended, none in force" in capsys.readouterr().out


def test_a_version_is_returned(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hub, "submit", str(tmp_path / "scheme.yaml"), "--as", "clerk", monkeypatch=monkeypatch)
    run(hub, "return", ID, "--as", "second-line", "--reason", "期間", monkeypatch=monkeypatch)
    assert "is returned, none in force" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_a_line_and_changes_nothing(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SCHEME.replace("lon, lat]", "lon, latt]"), encoding="utf-8")
    early = tmp_path / "early.yaml"
    early.write_text(SCHEME[: SCHEME.index("  - link-counts")], encoding="utf-8")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe")
    for arguments, words in (
        (
            ["submit", str(wrong), "--as", "clerk"],
            "wrong.yaml: row 6: field `fields[3]`: the dataset has no such field",
        ),
        (
            ["submit", str(early), "--as", "clerk"],
            "early.yaml: row 11: field `obligations`: the obligations cannot end",
        ),
        (["submit", str(binary), "--as", "clerk"], "not text in UTF-8"),
        (["submit", str(tmp_path / "none.yaml"), "--as", "clerk"], "there is no such file"),
        (["submit", str(tmp_path / "scheme.yaml"), "--as", "nobody"], "there is no actor `nobody`"),
        (["submit", str(tmp_path / "scheme.yaml"), "--as", "officer"], "role `applicant`"),
        (["verify", ID, "--as", "second-line"], "no such scheme"),
    ):
        run(hub, *arguments, monkeypatch=monkeypatch, expect=2)
        told = capsys.readouterr().err
        assert words in told
        assert told.count("\n") == 1
    run(hub, "list", monkeypatch=monkeypatch)
    assert capsys.readouterr().out == ""


def told(hub: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    run(hub, *arguments, monkeypatch=monkeypatch)
    return capsys.readouterr().out.splitlines()


def test_a_scheme_is_watched_over_to_its_end(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Conditions stop it, an approver resumes it, a new version is shown beside it, the ledger tells it all again."""
    document = tmp_path / "scheme.yaml"
    run(hub, "submit", str(document), "--as", "clerk", monkeypatch=monkeypatch)
    limits = ["--condition", "max-uses-per-day: {uses: 10}", "--condition", "valid-until: {day: 2026-01-01}"]
    run(hub, "verify", ID, "--as", "second-line", *limits, monkeypatch=monkeypatch)
    run(hub, "approve", ID, "--as", "head", monkeypatch=monkeypatch)
    report = ["--condition", "report-every-days: {days: 30}", "--reason", "毎月"]
    run(hub, "impose", ID, "--as", "head", *report, monkeypatch=monkeypatch)
    capsys.readouterr()
    assert told(hub, "check", monkeypatch=monkeypatch, capsys=capsys) == [
        f"{ID} version 1 is suspended: valid-until: {{day: 2026-01-01}} fails"
    ]
    run(hub, "report", ID, "--as", "officer", "--text", "利用なし", monkeypatch=monkeypatch)
    run(hub, "resume", ID, "--as", "head", "--reason", "再開", monkeypatch=monkeypatch, expect=2)
    assert "`valid-until: {day: 2026-01-01}` fails" in capsys.readouterr().err
    document.write_text(SCHEME.replace("Disaster response", "Snow"), encoding="utf-8")
    run(hub, "submit", str(document), "--as", "clerk", monkeypatch=monkeypatch)
    capsys.readouterr()
    assert told(hub, "diff", ID, monkeypatch=monkeypatch, capsys=capsys) == [
        f"{ID} version 2 beside version 1",
        '~ purpose.en: "Disaster response" -> "Snow"',
        "- condition max-uses-per-day: {uses: 10}",
        "- condition valid-until: {day: 2026-01-01}",
        "- condition report-every-days: {days: 30}",
    ]
    run(hub, "verify", ID, "--as", "second-line", monkeypatch=monkeypatch)
    run(hub, "approve", ID, "--as", "head", monkeypatch=monkeypatch)
    run(hub, "suspend", ID, "--as", "steward", "--reason", "苦情", monkeypatch=monkeypatch)
    run(hub, "resume", ID, "--as", "head", "--reason", "再開", monkeypatch=monkeypatch)
    run(hub, "end", ID, "--as", "steward", "--reason", "終わり", monkeypatch=monkeypatch)
    capsys.readouterr()
    acts = [line.split(" ", 1)[1] for line in told(hub, "history", ID, monkeypatch=monkeypatch, capsys=capsys)]
    replayed = told(hub, "replay", ID, monkeypatch=monkeypatch, capsys=capsys)
    assert [line.split(": ")[0].split(" ", 1)[1] for line in replayed[: len(acts)]] == [
        line.split(": ")[0] for line in acts
    ]
    assert replayed[len(acts) - 1].endswith("version 2 end by steward: ended, none in force")
    assert [line.split(":")[0] for line in replayed[len(acts) :]] == ["version 1 is replaced", "version 2 is ended"]


def test_what_keeps_the_locks_open_is_said_when_a_draft_is_submitted(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = "privacy_check:\n  - {problem: exposure, risk: high}\n"
    (tmp_path / "draft.yaml").write_text(SCHEME + answer, encoding="utf-8")
    run(hub, "submit", str(tmp_path / "draft.yaml"), "--as", "clerk", monkeypatch=monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 17
    assert "open: privacy-high-risk-open exposure" in lines
    run(hub, "privacy", ID, "--as", "second-line", monkeypatch=monkeypatch, expect=2)
    assert "role `privacy-officer`" in capsys.readouterr().err
    run(hub, "consent", ID, "--as", "city-clerk", monkeypatch=monkeypatch, expect=2)
    assert "needs a version that is verified" in capsys.readouterr().err


def test_a_condition_that_is_none_is_refused_before_anything_happens(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(hub, "submit", str(tmp_path / "scheme.yaml"), "--as", "clerk", monkeypatch=monkeypatch)
    run(hub, "verify", ID, "--as", "second-line", "--condition", "be-careful", monkeypatch=monkeypatch, expect=2)
    assert "there is no such condition; choose among `max-people-per-use`" in capsys.readouterr().err
    assert "is submitted" in told(hub, "list", monkeypatch=monkeypatch, capsys=capsys)[0]
