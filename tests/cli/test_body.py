"""`umaya body` on a real hub: officers and procedures are registered, listed and refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.gate.review_world import REVIEWERS
from umaya.cli import main
from umaya.gate import Party, Words
from umaya.hub import Settings, init_hub, open_hub


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    for party in ("post-minase", "bank-minase"):
        opened.gate.catalogue.add_party(Party(party, Words("名", "Name"), "post"))
    for person in REVIEWERS.values():
        opened.gate.catalogue.add_actor(person)
    opened.close()
    return directory


def run(hub: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch, expect: int = 0) -> None:
    monkeypatch.setattr(sys, "argv", ["umaya", "body", *arguments, "--hub", str(hub)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code or 0) == expect


def test_bodies_are_registered_and_listed(
    hub: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    officer = ("post-minase", "privacy-officer", "protection")
    run(hub, "appoint", *officer, "--start", "2026-04-01", monkeypatch=monkeypatch)
    run(hub, "procedure", "bank-minase", "consultation", "--start", "2999-01-01", monkeypatch=monkeypatch)
    run(hub, "end", *officer, "--last", "2999-03-31", monkeypatch=monkeypatch)
    capsys.readouterr()
    run(hub, "list", monkeypatch=monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "post-minase privacy-officer: protection from 2026-04-01 to 2999-03-31",
        "bank-minase consultation from 2999-01-01",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["appoint", "post-minase", "king", "protection"], "no such office"),
        (["appoint", "post-minase", "second-line", "protection"], "role `verifier`"),
        (["procedure", "bank-minase", "silence"], "no such procedure"),
        (["procedure", "nowhere", "approval"], "no party `nowhere`"),
        (["end", "post-minase", "privacy-officer", "protection"], "does not hold"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    hub: Path,
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(hub, *arguments, monkeypatch=monkeypatch, expect=2)
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
