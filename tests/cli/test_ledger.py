"""`umaya ledger search` and `export`: what is found is proved, what is exported proves itself."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.web.hubs import AUDITOR, OFFICER, make_hub
from umaya.cli.ledger import app
from umaya.types.errors import ForbiddenError, InputError

RUN = CliRunner()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cli") / "hub"
    make_hub(directory).close()
    return directory


def lines(hub: Path, *arguments: str) -> list[str]:
    done = RUN.invoke(app, ["search", "--hub", str(hub), *arguments])
    assert done.exit_code == 0, done.exception
    return done.stdout.splitlines()


def test_a_search_by_index_and_by_scan_give_the_same(hub: Path) -> None:
    asked = ("--scheme", "minase-drill", "--from", "2026-01-01", "--to", "2027-12-31", "--json")
    found = [json.loads(line) for line in lines(hub, *asked)]
    assert [hit["entry"]["kind"] for hit in found] == ["scheme.submitted"]
    assert [json.loads(line) for line in lines(hub, *asked, "--scan")] == found


def test_a_search_tells_how_many_and_where_to_go_on(hub: Path) -> None:
    told = lines(hub, "--party", "post-minase", "--limit", "2")
    assert len(told) == 4
    assert told[2].endswith("each that is shown is in the signed ledger")
    before = told[3].removeprefix("older ones: --before ")
    assert int(lines(hub, "--party", "post-minase", "--limit", "1", "--before", before)[0].split()[0]) < int(before)


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        (("--kind", "use.refusedd"), "--kind"),
        (("--from", "2026-12-01", "--to", "2026-11-01"), "--to"),
    ],
)
def test_a_search_that_can_find_nothing_is_a_mistake_not_an_empty_answer(
    hub: Path, asked: tuple[str, ...], option: str
) -> None:
    done = RUN.invoke(app, ["search", "--hub", str(hub), *asked])
    assert isinstance(done.exception, InputError)
    assert done.exception.place.file == option


def test_an_archive_is_made_and_verifies_with_python_alone(hub: Path, tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    asked = ["export", "--hub", str(hub), "--as", AUDITOR.id, "--out", str(out), "--of", "scheme"]
    done = RUN.invoke(app, [*asked, "--scheme", "minase-passable-roads"])
    assert done.exit_code == 0, done.exception
    fingerprint = done.stdout.splitlines()[1].rsplit(" ", 1)[1]
    with zipfile.ZipFile(out) as archive:
        archive.extract("verify.py", tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(out), "--key", fingerprint]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    again = RUN.invoke(app, [*asked, "--scheme", "minase-drill"])
    assert isinstance(again.exception, InputError)


def test_what_is_asked_wrongly_makes_no_file(hub: Path, tmp_path: Path) -> None:
    out = tmp_path / "no.zip"
    for who, of, error in ((AUDITOR.id, "use", InputError), (OFFICER.id, "search", ForbiddenError)):
        done = RUN.invoke(app, ["export", "--hub", str(hub), "--as", who, "--out", str(out), "--of", of])
        assert isinstance(done.exception, error)
    assert not out.exists()
