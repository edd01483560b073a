"""`umaya places checks`: doubtful rows in, answers out, and the next resolve knows better."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.cli.calls import umaya
from tests.engines.buildings.blocks import drawn
from tests.services.buildings.world import CARRIER, HOUSES, SHARED, STEWARD, Resolve, check_hub, resolved
from umaya.engines.buildings.schemas import FOOTPRINTS
from umaya.hub import open_hub
from umaya.places.buildings.registry import Registry
from umaya.places.buildings.tables import read_letterboxes
from umaya.services.buildings import Verdict
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import SystemClock

AREA = "131059"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with check_hub(tmp_path / "hub"):
        pass
    return tmp_path / "hub"


@pytest.fixture
def run(tmp_path: Path) -> Resolve:
    return resolved(tmp_path / "out")


def added(folder: Path, run: Resolve, who: str = STEWARD.id, *more: str) -> subprocess.CompletedProcess[str]:
    files = ("--doubtful", run.doubtful, "--buildings", run.buildings)
    return umaya("places", "checks", "add", *files, "--hub", folder, "--as", who, *more)


def answer_all(folder: Path) -> None:
    """Say of every row that it is its second candidate, or none where there is none."""
    hub = open_hub(folder)
    while (found := hub.checks.next(CARRIER)) is not None:
        check = hub.checks.show(CARRIER, found)
        many = len(check.drawing.candidates) > 1
        hub.checks.answer(CARRIER, found, check.revision, Verdict.ONE if many else Verdict.NONE, [2] if many else [])
    hub.close()


def test_answers_come_back_as_places_of_letterboxes(folder: Path, run: Resolve, tmp_path: Path) -> None:
    assert "3 new, 0 asked anew, 0 left" in added(folder, run).stdout
    answer_all(folder)
    assert "0 new, 0 asked anew, 3 left" in added(folder, run).stdout
    pq.write_table(run.letterboxes, tmp_path / "boxes.parquet")
    asked = ("places", "checks", "answers", "--hub", folder, "--as", STEWARD.id)
    done = umaya(*asked, "--out", tmp_path / "answers.csv")
    assert done.stdout == "3 answers\n"
    told = pyarrow.csv.read_csv(tmp_path / "answers.csv").to_pylist()
    assert sorted(row["verdict"] for row in told) == ["none", "one", "one"]
    boxes = tmp_path / "checked.csv"
    done = umaya(*asked, "--out", boxes, "--letterboxes", tmp_path / "boxes.parquet")
    assert done.stdout == "1 of 1 letterboxes have places from 3 answers\n"
    (row,) = read_letterboxes(boxes).to_pylist()
    assert row["letterbox_id"] == SHARED["id"]
    assert row["lon"] is not None


def test_lasting_ids_learn_which_addresses_buildings_have(folder: Path, run: Resolve, tmp_path: Path) -> None:
    ids = tmp_path / "ids.db"
    database = Database.open(f"sqlite:///{ids}")
    database.migrate(ServiceBase)
    registry = Registry(database, SystemClock())
    registry.take_release(AREA, FOOTPRINTS.empty_table(), drawn(HOUSES), "first", date(2026, 1, 1))
    known = registry.register(AREA).footprints
    table = pq.read_table(run.buildings)
    named = [known[ref][0] for ref in table["footprint"].to_pylist()]
    pq.write_table(table.set_column(0, table.schema.field(0), [named]), run.buildings)
    added(folder, run)
    answer_all(folder)
    asked = ("places", "checks", "answers", "--hub", folder, "--as", STEWARD.id, "--out", tmp_path / "answers.csv")
    assert "ids: 2 addresses told, 0 without lasting ids" in umaya(*asked, "--ids", ids).stdout
    addresses = registry.register(AREA).addresses
    second = {each: list(of) for each, of in addresses.items() if of}
    assert list(second) == [known["b"][0]] or list(second) == [known["a"][0]]
    database.close()


@pytest.mark.parametrize("more", [("--office", "nowhere"), ()])
def test_who_may_not_and_what_is_not_there_is_refused(folder: Path, run: Resolve, more: tuple[str, ...]) -> None:
    done = added(folder, run, STEWARD.id if more else CARRIER.id, *more)
    assert done.returncode == 2
