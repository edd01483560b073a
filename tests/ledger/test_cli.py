"""`umaya ledger`: exit codes and words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.ledger.conftest import records
from umaya.cli.ledger import app
from umaya.ledger import Ed25519Signer, Ledger, verify_receipt
from umaya.types.errors import InputError, NotFoundError

RUN = CliRunner()


@pytest.fixture
def hub(ledger: Ledger, tmp_path: Path, signer: Ed25519Signer) -> Path:
    """A hub whose ledger has three entries."""
    ledger.append_many(records(3))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/ledger.vkey").write_text(signer.vkey + "\n")
    return tmp_path


def test_verify_is_silent_about_nothing(hub: Path, signer: Ed25519Signer) -> None:
    done = RUN.invoke(app, ["verify", "--hub", str(hub)])
    assert done.exit_code == 0
    assert done.stdout.startswith("ledger whole: 3 entries, 2 signed tree heads")
    with_key = RUN.invoke(app, ["verify", "--hub", str(hub), "--key", signer.vkey, "--json"])
    assert json.loads(with_key.stdout)["size"] == 3


def test_verify_names_the_first_fault_and_exits_with_2(hub: Path) -> None:
    (hub / "ledger/stray").touch()
    done = RUN.invoke(app, ["verify", "--hub", str(hub)])
    assert done.exit_code == 2
    assert done.stdout == "ledger NOT whole: stray: this does not belong to the log\n"
    told = json.loads(RUN.invoke(app, ["verify", "--hub", str(hub), "--json"]).stdout)
    assert told["faults"] == [{"file": "stray", "index": None, "problem": "this does not belong to the log"}]


def test_verify_against_a_checkpoint_kept_elsewhere(hub: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes((hub / "ledger/checkpoint").read_bytes())
    assert RUN.invoke(app, ["verify", "--hub", str(hub), "--against", str(kept)]).exit_code == 0
    kept.write_text("nothing of the kind")
    assert RUN.invoke(app, ["verify", "--hub", str(hub), "--against", str(kept)]).exit_code == 2


def test_what_is_asked_wrongly_is_said(hub: Path, tmp_path: Path) -> None:
    for arguments, words in (
        (["--hub", str(tmp_path / "nowhere")], "the file is not there"),
        (["--hub", str(hub), "--key", "a+b+c"], "no verifier key"),
        (["--hub", str(hub), "--key", str(hub / "keys")], "cannot be read"),
        (["--hub", str(hub), "--against", str(tmp_path / "none")], "the file is not there"),
    ):
        done = RUN.invoke(app, ["verify", *arguments])
        assert isinstance(done.exception, InputError)
        assert words in str(done.exception)


def test_show_prints_entries_as_recorded(hub: Path, ledger: Ledger) -> None:
    done = RUN.invoke(app, ["show", "--hub", str(hub)])
    assert done.stdout_bytes == b"".join(ledger.entry_bytes(index) + b"\n" for index in range(3))
    part = RUN.invoke(app, ["show", "--hub", str(hub), "--from", "1", "--count", "1"])
    assert part.stdout_bytes == ledger.entry_bytes(1) + b"\n"


def test_receipt_prints_a_proof(hub: Path, ledger: Ledger, signer: Ed25519Signer) -> None:
    done = RUN.invoke(app, ["receipt", "--hub", str(hub), "2"])
    verify_receipt(done.stdout, ledger.entry_bytes(2), signer.vkey)
    assert isinstance(RUN.invoke(app, ["receipt", "--hub", str(hub), "3"]).exception, NotFoundError)
