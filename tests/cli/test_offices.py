"""`umaya offices`: a list in, people counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calls import umaya
from tests.services.offices.hubs import make_valley

HEADER = "office_id,name,lon,lat\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli-offices") / "hub"
    make_valley(folder, A=40).hub.close()
    return folder


def test_a_preview_changes_nothing_an_import_everything(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "offices.csv"
    file.write_text(HEADER + "west,西,136.80,36.2\nnew,新,136.81,36.2\n", "utf-8")
    asked = ("offices", "import", str(file), "--hub", str(folder))
    assert "1 new, 1 changed, 2 no longer" in umaya(*asked, "--preview").stdout
    assert "1 new, 1 changed, 2 no longer" in umaya(*asked).stdout
    assert "0 new, 0 changed, 0 no longer" in umaya(*asked).stdout


def test_a_fault_stops_it_and_names_its_place(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "offices.csv"
    file.write_text(HEADER + "west,西,east,36.2\n", "utf-8")
    done = umaya("offices", "import", str(file), "--hub", str(folder))
    assert done.returncode == 2
    assert "row 1: field `lon`" in done.stderr


def test_people_are_counted_through_the_gate(folder: Path) -> None:
    done = umaya("offices", "count", "--hub", str(folder), "--as", "city-officer")
    assert "1 cells" in done.stdout
    refused = umaya("offices", "count", "--hub", str(folder), "--as", "post-legal")
    assert refused.returncode == 2
