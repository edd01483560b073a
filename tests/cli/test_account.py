"""`umaya account`: binding, unbinding and listing at the hub's console."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.web.hubs import OFFICER, make_hub
from umaya.cli import app
from umaya.hub import open_hub
from umaya.types.errors import InputError

SIGN_IN = """
public_url = "https://hub.example"

[[identity_provider]]
id = "city"
issuer = "https://login.city.example"
client_id = "umaya"
client_secret_file = "city.secret"
name_ja = "市"
name_en = "City"
for = "staff"

[[identity_provider]]
id = "people"
issuer = "https://id.people.example"
client_id = "umaya"
name_ja = "住民"
name_en = "People"
for = "residents"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub with two identity providers."""
    make_hub(tmp_path / "hub", demo=False).close()
    with (tmp_path / "hub" / "hub.toml").open("a") as stream:
        stream.write(SIGN_IN)
    (tmp_path / "hub" / "city.secret").write_text("s3cret\n")
    return tmp_path / "hub"


def told(folder: Path, *words: str) -> str:
    """Run a command and return what it prints."""
    result = CliRunner().invoke(app, ["account", *words, "--hub", str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_accounts_are_bound_listed_and_unbound(folder: Path) -> None:
    """A resident's number is never shown."""
    assert f"city 2482: {OFFICER.id} since" in told(folder, "bind", "city", "2482", "--actor", OFFICER.id)
    listed = told(folder, "bind", "people", "8f3a", "--person", "4711")
    assert "people 8f3a: resident since" in listed
    assert "4711" not in listed
    assert "city" not in told(folder, "unbind", "city", "2482")
    assert "people 8f3a" in told(folder, "list")
    hub = open_hub(folder, environment={})
    assert hub.settings.identity_provider[0].client_secret == "s3cret"
    assert "s3cret" not in repr(hub.settings)
    hub.close()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["bind", "other", "1", "--actor", OFFICER.id], "no such identity provider"),
        (["bind", "city", "1", "--person", "1"], "does not know such people"),
        (["bind", "people", "1", "--actor", OFFICER.id], "does not know such people"),
        (["bind", "city", "1"], "not one holder"),
    ],
)
def test_what_does_not_fit_is_said(folder: Path, words: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        told(folder, *words)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('public_url = "https://hub.example"\n', "", "public_url"),
        ("https://hub.example", "http://hub.example", "public_url"),
        ("https://hub.example", "https://hub.example/path", "public_url"),
        ("https://login.city.example", "http://login.city.example", "issuer"),
        ("https://id.people.example", "https://login.city.example", "one issuer"),
        ('id = "people"', 'id = "city"', "one id"),
        ('for = "residents"', 'for = "everybody"', "for"),
        ('name_ja = "住民"\n', "", "name_ja"),
        ('name_ja = "住民"', 'name_jp = "住民"', "unknown"),
        ('"city.secret"', '"none.secret"', "cannot be read"),
        ('client_secret_file = "city.secret"', 'client_secret_env = "NOT_SET"', "not set"),
        ("\n[[identity", "session_hours = 0\n\n[[identity", "session_hours"),
        ("\n[[identity", 'trusted_proxies = ["proxy"]\n\n[[identity', "trusted_proxies"),
    ],
)
def test_a_wrong_setting_opens_no_hub(folder: Path, old: str, new: str, field: str) -> None:
    file = folder / "hub.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(InputError, match=field):
        open_hub(folder, environment={})
