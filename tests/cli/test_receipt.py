"""`umaya receipt verify`: exit codes and words, without a hub."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ledger.uses import ABSENT, USE, forged, key_of, record_use
from umaya.cli import main
from umaya.ledger import Ed25519Signer, Ledger
from umaya.types.clock import ManualClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Receipts of somebody who was among the people and of somebody who was not, and the keys; no ledger any more."""
    signer = Ed25519Signer.from_seed("minase.example/umaya", bytes(range(32)))
    ledger = Ledger.create(tmp_path / "ledger", signer, ManualClock(datetime(2026, 6, 1, tzinfo=UTC)))
    use = record_use(ledger)
    for person in (7, ABSENT):
        (tmp_path / f"{person}.json").write_bytes(use.receipt(person))
        (tmp_path / f"{person}.key").write_text(key_of(person).hex() + "\n")
    (tmp_path / "ledger.vkey").write_text(signer.vkey + "\n")
    (tmp_path / "forged.vkey").write_text(forged(signer).vkey)
    (tmp_path / "ledger").rename(tmp_path / "gone")
    return tmp_path


def run(
    folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["umaya", "receipt", "verify", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    output = capsys.readouterr()
    return int(caught.value.code or 0), output.out, output.err


def test_present_and_absent(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for person, words, dare in (
        (7, "You are among", "含まれています"),
        (ABSENT, "You are not among", "含まれていません"),
    ):
        arguments = [f"{person}.json", "--key", "ledger.vkey", "--subject-key", f"{person}.key"]
        code, told, _ = run(folder, *arguments, monkeypatch=monkeypatch, capsys=capsys)
        assert code == 0
        assert told.startswith(f"{words} the people whose data could be used (5 in all) in the use {USE}")
        assert "minase-letters version 2, recorded on 2026-06-01 09:00 in Japan" in told
        assert dare in told


def test_the_guide_shows_what_is_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = (Path(__file__).parents[2] / "docs/how-to/verify-a-receipt.md").read_text("utf-8")
    arguments = ["7.json", "--key", "ledger.vkey", "--subject-key", "7.key"]
    _, told, _ = run(folder, *arguments, monkeypatch=monkeypatch, capsys=capsys)
    assert f"```text\n{told}```" in guide


def test_without_the_subject_key_it_says_what_was_not_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told, _ = run(folder, "7.json", "--key", "ledger.vkey", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 0
    assert told.startswith("The key ")
    assert "whose key this is was not checked" in told


def test_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = run(folder, "7.json", "--key", "ledger.vkey", "--json", monkeypatch=monkeypatch, capsys=capsys)
    assert (code, json.loads(told)["present"], json.loads(told)["ok"]) == (0, True, True)
    code, told, _ = run(folder, "7.json", "--key", "forged.vkey", "--json", monkeypatch=monkeypatch, capsys=capsys)
    assert (code, json.loads(told)["ok"]) == (2, False)


def test_what_is_not_proved_ends_with_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "changed.json").write_bytes((folder / "7.json").read_bytes().replace(b'"permitted', b'"permutted'))
    for arguments, reason in (
        (["7.json", "--key", "forged.vkey"], "NOT proved: the receipt is from another ledger than the key"),
        (
            ["7.json", "--key", "ledger.vkey", "--subject-key", "12.key"],
            "NOT proved: the receipt is about somebody else",
        ),
        (["changed.json", "--key", "ledger.vkey"], "NOT proved: the entry of the use is not in the ledger"),
        (["7.key", "--key", "ledger.vkey"], "NOT proved: the file is no receipt of this form"),
    ):
        code, told, _ = run(folder, *arguments, monkeypatch=monkeypatch, capsys=capsys)
        assert code == 2
        assert told.startswith(reason)


def test_files_that_are_not_there_or_hold_something_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "binary").write_bytes(b"\xff\xfe")
    for arguments, words in (
        (["none.json", "--key", "ledger.vkey"], "none.json: the file cannot be read"),
        (["7.json", "--key", "none.vkey"], "none.vkey: the file cannot be read"),
        (["7.json", "--key", "7.key"], "a key is malformed: a verifier key has the form"),
        (["7.json", "--key", "binary"], "a key is malformed"),
        (["7.json", "--key", "ledger.vkey", "--subject-key", "ledger.vkey"], "one line of 64 hexadecimal digits"),
    ):
        code, told, problem = run(folder, *arguments, monkeypatch=monkeypatch, capsys=capsys)
        assert (code, told) == (2, "")
        assert words in problem
        assert key_of(7).hex() not in problem
