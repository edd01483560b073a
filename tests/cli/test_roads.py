"""`umaya roads import`: a folder and a line of figures, or exit code 2 and nothing."""

from __future__ import annotations

from pathlib import Path

from tests.cli.calls import umaya
from tests.worlds import draw
from umaya.places.roads import load

TOWN = """
    A----B-->-C
         :
         h
"""


def test_an_extract_becomes_a_folder(tmp_path: Path) -> None:
    (tmp_path / "town.osm").write_text(draw(TOWN).xml)
    done = umaya("roads", "import", tmp_path / "town.osm", "--out", tmp_path / "roads")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 ways, 3 edges, 0.1 km, 1 accesses, ")
    assert load(tmp_path / "roads").edges.num_rows == 3


def test_bad_input_exits_with_2_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "town.osm").write_text(draw(TOWN).xml[:-30])
    for arguments in (
        ("roads", "import", tmp_path / "town.osm", "--out", tmp_path / "roads"),
        ("roads", "import", tmp_path / "town.osm", "--out", tmp_path / "roads", "--profile", "horse"),
    ):
        done = umaya(*arguments)
        assert done.returncode == 2
        assert done.stderr.strip().startswith("umaya: ")
        assert "Traceback" not in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["town.osm"]
