"""`umaya consent` and `umaya measure` on a real hub, as clerks and protectors use them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from tests.gate.people.town import ACTORS
from umaya.cli import main
from umaya.gate import Party, Words
from umaya.hub import Settings, init_hub, open_hub

TOPIC = """\
topic: savings-to-cover
title: {ja: 保険のご案内, en: Insurance offers}
tier: stated-period
source: {party: bank-minase, business: banking}
target: {party: cover-minase, business: insurance}
kinds: [non-public-financial]
purpose: {ja: ご案内, en: Offers}
"""
TEXT = """\
topic: savings-to-cover
wording: {ja: 使います。, en: We use it.}
withdrawal: {ja: 窓口で, en: At any counter}
valid_days: 365
"""
GIVE = ("--text", "1", "--channel", "counter", "--reference", "書庫 1")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = tmp_path / "hub"
    init_hub(directory, Settings("minase.example/umaya"))
    opened = open_hub(directory)
    for party, kind in (("bank-minase", "bank"), ("cover-minase", "insurer"), ("post-minase", "post")):
        opened.gate.catalogue.add_party(Party(party, Words("名", "Name"), kind))
    for actor in ACTORS.values():
        opened.gate.catalogue.add_actor(actor)
    opened.close()
    (tmp_path / "topic.yaml").write_text(TOPIC, encoding="utf-8")
    (tmp_path / "text.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "form.png").write_bytes(b"a form")
    return directory


class Desk:
    """Runs commands on one hub and returns what they print."""

    def __init__(self, hub: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._hub, self._monkeypatch, self._capsys = hub, monkeypatch, capsys

    def __call__(self, group: str, *arguments: str, by: str, expect: int = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["umaya", group, *arguments, "--hub", str(self._hub), "--as", by])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = self._capsys.readouterr()
        assert (caught.value.code or 0) == expect, printed.err
        return printed.err if expect else printed.out

    def furnish(self, folder: Path) -> None:
        self("consent", "topic", str(folder / "topic.yaml"), by="bank-privacy")
        self("consent", "text", str(folder / "text.yaml"), by="bank-privacy")

    def give(self, person: str, folder: Path) -> str:
        evidence = ("--evidence", str(folder / "form.png"))
        return self("consent", "give", "savings-to-cover", person, *GIVE, *evidence, by="bank-clerk")


@pytest.fixture
def desk(hub: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(hub, monkeypatch, capsys)


def test_a_word_is_taken_looked_up_and_taken_back(desk: Desk, tmp_path: Path) -> None:
    topic = str(tmp_path / "topic.yaml")
    registered = desk("consent", "topic", topic, by="bank-privacy")
    assert registered == (
        "savings-to-cover is registered: bank-minase/banking to cover-minase/insurance, stated-period\n"
    )
    assert "text 1 is registered: sha256:" in desk("consent", "text", str(tmp_path / "text.yaml"), by="bank-privacy")
    assert "text 1: good through 20" in desk.give("7", tmp_path)
    looked = desk("consent", "state", "savings-to-cover", "7", by="cover-clerk")
    assert re.match(r"savings-to-cover is active\ngiven 20\S+Z, counter, text 1, good through 20\S+\n$", looked)
    withdrawn = desk("consent", "withdraw", "savings-to-cover", "7", "--channel", "phone", by="cover-clerk")
    assert withdrawn == "savings-to-cover is withdrawn\n"
    history = desk("consent", "state", "savings-to-cover", "7", "--history", by="bank-clerk")
    assert [line.split()[0] for line in history.splitlines()[1:]] == ["withdrawn", "given"]
    desk("consent", "state", "savings-to-cover", "7", "--reason", "the person asks", by="bank-clerk")
    assert desk("consent", "erase-evidence", by="bank-privacy") == "0 erased\n"
    desk.give("8", tmp_path)
    assert desk("consent", "end-text", "savings-to-cover", "1", by="bank-privacy").endswith("text 1 is ended\n")
    assert "is text-ended\n" in desk("consent", "state", "savings-to-cover", "8", by="bank-clerk")


def test_a_campaign_shows_its_steps(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk.furnish(tmp_path)
    file = tmp_path / "people.csv"
    pyarrow.csv.write_csv(pa.table({"person": range(1500)}), file)
    told = desk("consent", "campaign", "savings-to-cover", str(file), "--text", "1", by="bank-clerk")
    assert re.match(r"savings-to-cover text 1: 1,500 consents, good through \S+, 0 outdated, entry \d+\n$", told)
    assert "is active\n" in desk("consent", "state", "savings-to-cover", "1499", by="bank-clerk")


@pytest.mark.parametrize(
    ("arguments", "by", "expected"),
    [
        (("give", "savings-to-cover", "7", *GIVE, "--evidence", "{0}/none"), "bank-clerk", "cannot be read"),
        (
            ("give", "savings-to-cover", "7", *GIVE, "--evidence", "{0}/form.png", "--taken", "noon"),
            "bank-clerk",
            "field `taken`",
        ),
        (("give", "savings-to-cover", "7", *GIVE, "--evidence", "{0}/form.png"), "post-clerk", "none of this party's"),
        (("withdraw", "savings-to-cover", "7", "--channel", "telex"), "bank-clerk", "`phone`"),
        (("withdraw", "no-such", "7", "--channel", "phone"), "bank-clerk", "no such topic"),
        (("state", "savings-to-cover", "-1"), "bank-clerk", "No such option"),
        (("topic", "{0}/form.png"), "bank-privacy", "no mapping"),
        (("topic", "{0}/text.yaml"), "bank-privacy", "`wording`"),
        (("text", "{0}/topic.yaml"), "bank-privacy", "`title`"),
        (("campaign", "savings-to-cover", "{0}/form.png", "--text", "1"), "bank-clerk", "cannot be read"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else None,
)
def test_what_is_wrong_is_told_and_changes_nothing(
    desk: Desk, tmp_path: Path, arguments: tuple[str, ...], by: str, expected: str
) -> None:
    desk.furnish(tmp_path)
    filled = [argument.format(tmp_path) for argument in arguments]
    assert expected in desk("consent", *filled, by=by, expect=2)
    assert "is none\n" in desk("consent", "state", "savings-to-cover", "7", by="bank-clerk")


def test_a_measure_is_set_listed_and_lifted(desk: Desk, tmp_path: Path) -> None:
    desk.furnish(tmp_path)
    desk.give("7", tmp_path)
    told = desk("measure", "set", "7", "--reason", "申出", "--review", "2999-04-01", by="protector")
    measure = told.split()[0]
    assert re.match(r"\S+ person 7, set \S+Z, in force, to be looked at by 2999-04-01\n$", told)
    assert "is none\n" in desk("consent", "state", "savings-to-cover", "7", by="bank-clerk")
    assert desk("measure", "list", by="protector") == told
    assert "needs the role `protector`" in desk("measure", "list", by="bank-clerk", expect=2)
    assert "lifted" in desk("measure", "lift", measure, "--reason", "取下げ", by="protector")
    assert desk("measure", "list", by="protector") == ""
    assert measure in desk("measure", "list", "--lifted", by="protector")
    assert "is active\n" in desk("consent", "state", "savings-to-cover", "7", by="bank-clerk")
