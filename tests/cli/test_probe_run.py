"""`umaya probe add|run|compact|sweep`: days in, days out, each whole; bad days named, good days kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from typer.testing import CliRunner

from tests.engines.matching.rides import positions, ride
from tests.stores.kills import killed_at_every_step
from tests.worlds import draw
from umaya.cli import app
from umaya.engines.disclosure import link_counts
from umaya.engines.matching import Matcher, MatchParams
from umaya.services.probe_runs import Recipe, ThreadPool, run
from umaya.stores.probe_care import add
from umaya.stores.probe_lake import ProbeLake, span_of
from umaya.types.errors import ConflictError
from umaya.types.schemas import MATCHES, PASSAGES, POSITIONS, ROUTES

WORLD = draw(
    """
    A----B----C----E
         |
         D
    """,
    cell_m=20,
)
DAYS = ("2026-04-06", "2026-04-07")
DAY_US = 86_400_000_000


def later(table: pa.Table, days: int) -> pa.Table:
    """The same rides some days later."""
    t = pa.array(table["t"].cast(pa.int64()).to_numpy() + days * DAY_US).cast(POSITIONS.field("t").type)
    return table.set_column(1, POSITIONS.field("t"), t)


MONDAY = positions({"v": ride(WORLD, "ABC"), "w": ride(WORLD, "DBA"), "x": ride(WORLD, "ABDBC")})
TUESDAY = later(positions({"v": ride(WORLD, "CBA"), "w": ride(WORLD, "ECBD")}), 1)


def umaya(*arguments: str | Path) -> tuple[int, str]:
    """Run a command; return its exit code and what it said."""
    done = CliRunner().invoke(app, ["probe", *map(str, arguments)])
    told = f"{done.output.strip()}{done.exception or ''}"
    return (0 if done.exception is None else 2), told


def files(root: Path) -> dict[str, bytes]:
    """Everything below a folder that does not begin with a dot."""
    names = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in names}


def rows(root: Path, table: str) -> pa.Table:
    """All rows of a table of a lake."""
    return pa.concat_tables([pq.ParquetFile(path).read() for path in sorted((root / table).rglob("*.parquet"))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An extract, and a lake of two days: the first in two files."""
    (tmp_path / "roads.osm").write_text(WORLD.xml)
    for number, table in enumerate((MONDAY.slice(0, 60), MONDAY.slice(60), TUESDAY)):
        pq.write_table(table, tmp_path / f"{number}.parquet")
        assert umaya("add", tmp_path / f"{number}.parquet", "--lake", tmp_path / "lake")[0] == 0
    return tmp_path


def started(folder: Path, *options: str | Path, out: str = "out") -> tuple[int, str]:
    return umaya("run", folder / "lake", "--roads", folder / "roads.osm", "--out", folder / out, *options)


def test_a_run_makes_what_the_engines_make_of_the_whole_day(folder: Path) -> None:
    code, told = started(folder, "--json")
    assert code == 0, told
    figures = json.loads(told.splitlines()[-1])
    assert figures["days"] == list(DAYS)
    assert figures["points"] == figures["matched"] == MONDAY.num_rows + TUESDAY.num_rows
    matcher = Matcher(WORLD.network, MatchParams(threads=1))
    expected = [matcher.match(day) for day in (MONDAY, TUESDAY)]
    assert rows(folder / "out", "matches").equals(pa.concat_tables([day.matches for day in expected]))
    assert rows(folder / "out", "routes").cast(ROUTES).equals(pa.concat_tables([day.routes for day in expected]))
    counts = [
        link_counts(day.traversals, *span_of(name), 3600, 1, 1, fold_days=False)
        for name, day in zip(DAYS, expected, strict=True)
    ]
    found = rows(folder / "out", "passages")
    assert found.select(PASSAGES.names).cast(PASSAGES).equals(pa.concat_tables(counts))
    assert pq.read_schema(next((folder / "out" / "matches").rglob("*.parquet"))).equals(MATCHES)


def test_passages_and_routes_are_geoparquet_with_the_line_of_the_edge(folder: Path) -> None:
    started(folder)
    for table in ("passages", "routes"):
        schema = pq.read_schema(next((folder / "out" / table).rglob("*.parquet")))
        geo = json.loads(schema.metadata[b"geo"])
        assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    passages = rows(folder / "out", "passages")
    edges = pq.ParquetFile(folder / "out" / "roads" / "edges.parquet").read()
    lines = edges["geometry"].take(passages["edge_id"])
    assert passages["geometry"].to_pylist() == lines.to_pylist()
    assert set(shapely.get_type_id(shapely.from_wkb(passages["geometry"].to_pylist()))) == {1}


def test_the_manifest_counts_and_digests_every_file(folder: Path) -> None:
    started(folder)
    for day in DAYS:
        manifest = json.loads((folder / "out" / "manifests" / f"{day}.json").read_bytes())
        for table in manifest["tables"].values():
            for file in table["files"]:
                content = (folder / "out" / file["path"]).read_bytes()
                assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
                assert pq.read_metadata(folder / "out" / file["path"]).num_rows == file["rows"]


def test_a_second_run_skips_whole_days_even_after_compaction(folder: Path) -> None:
    started(folder)
    before = files(folder / "out")
    code, told = started(folder)
    assert code == 2
    assert "holds days that were run; add --resume" in told
    code, told = umaya("compact", folder / "lake", "--json")
    assert json.loads(told)["partitions"] == 1
    code, told = started(folder, "--resume")
    assert told.startswith("0 days run, 2 skipped, 0 bad")
    assert files(folder / "out") == before
    next((folder / "out" / "matches" / f"day={DAYS[1]}").rglob("*.parquet")).unlink()
    assert started(folder, "--resume")[1].startswith("1 days run, 1 skipped, 0 bad")
    assert files(folder / "out") == before


def test_a_day_to_which_rows_came_is_run_anew(folder: Path) -> None:
    started(folder, "--from", DAYS[1])
    more = later(positions({"z": ride(WORLD, "ABC")}), 1)
    pq.write_table(more, folder / "more.parquet")
    umaya("add", folder / "more.parquet", "--lake", folder / "lake")
    assert started(folder, "--resume", "--from", DAYS[1])[1].startswith("1 days run, 0 skipped")
    assert started(folder, "--from", DAYS[1], out="fresh")[0] == 0
    assert files(folder / "out") == files(folder / "fresh")


def test_a_bad_day_is_named_and_the_good_ones_are_kept(folder: Path) -> None:
    (spoiled,) = (folder / "lake" / "positions" / f"day={DAYS[1]}").rglob("*.parquet")
    table = pq.ParquetFile(spoiled).read()
    late = table["lat"].to_pylist()
    late[4] = 136.8
    pq.write_table(table.set_column(3, POSITIONS.field("lat"), pa.array(late)), spoiled)
    code, told = started(folder)
    assert code == 2
    assert "1 days run, 0 skipped, 1 bad" in told
    assert f"{spoiled}: row 5: field `lat`: is out of range" in told
    assert "136.8" not in told
    out = ProbeLake(folder / "out")
    assert (out.days("matches"), out.manifest(DAYS[1])) == ([DAYS[0]], None)


def test_a_vehicle_in_two_areas_of_a_day_is_refused(folder: Path) -> None:
    (there,) = (folder / "lake" / "positions" / f"day={DAYS[1]}").glob("area=*")
    other = there.with_name("area=543999")
    shutil.copytree(there, other)
    code, told = started(folder)
    assert code == 2
    assert "field `vehicle_id`: holds a vehicle that another area of the same day holds" in told


@pytest.mark.parametrize("other", ["--window-s", "roads"])
def test_one_folder_holds_what_one_recipe_made(folder: Path, other: str) -> None:
    started(folder)
    if other == "roads":
        (folder / "roads.osm").write_text(draw("A----B").xml)
        code, told = started(folder, "--resume")
        assert "was made on other roads" in told
    else:
        code, told = started(folder, "--resume", "--window-s", "900")
        assert "with other windows" in told
    assert code == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--window-s", "7000"], "does not divide a day"),
        (["--from", "9 November"], "is not a day"),
        (["--from", "2027-01-01"], "has no positions of these days"),
        (["--min-vehicles", "0"], "is less than 1"),
        (["--workers", "-1"], "is less than 0"),
    ],
)
def test_what_was_asked_wrongly_is_refused_before_any_work(folder: Path, options: list[str], told: str) -> None:
    code, said = started(folder, *options)
    assert code == 2
    assert told in said
    assert not (folder / "out").exists()


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step_leaves_each_day_whole_or_not_there(tmp_path: Path) -> None:
    """A day is run anew after rows came; at any moment its manifest is the old one, the new one or not whole."""
    lake, network = ProbeLake(tmp_path / "lake"), WORLD.network
    pq.write_table(TUESDAY, tmp_path / "first.parquet")
    pq.write_table(later(positions({"z": ride(WORLD, "ABC")}), 1), tmp_path / "more.parquet")

    def once(out: Path, resume: bool = True) -> None:
        run(lake, ProbeLake(out), network, [DAYS[1]], ThreadPool(1), Recipe(), resume=resume)

    with lake.held():
        add(lake, tmp_path / "first.parquet")
    once(tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "old")
    with lake.held():
        add(lake, tmp_path / "more.parquet")
    once(tmp_path / "new")
    states, out = [files(tmp_path / name) for name in ("old", "new")], ProbeLake(tmp_path / "out")
    found = set()
    for step in _kills(once, tmp_path):
        manifest = out.manifest(DAYS[1])
        assert manifest is not None
        if out.whole(manifest):
            known = {file["path"] for table in manifest["tables"].values() for file in table["files"]}
            assert known <= set(files(out.root)), step
        with out.held():
            assert files(out.root) in states, step
        found.add(states.index(files(out.root)))
    assert found == {0, 1}
    once(out.root)
    assert files(out.root) == states[1]


def _kills(once: object, folder: Path) -> Iterator[int]:
    """Kill the run at each step, from the same state before."""

    def act(step: int) -> None:
        once(folder / "out")  # type: ignore[operator] # a function

    for step in killed_at_every_step(act):
        yield step
        shutil.rmtree(folder / "out")
        shutil.copytree(folder / "old", folder / "out")


def test_two_runs_on_one_lake_are_refused(folder: Path) -> None:
    lake = ProbeLake(folder / "lake")
    with lake.held(), pytest.raises(ConflictError, match="is being written by another command"):
        run(lake, ProbeLake(folder / "out"), WORLD.network, list(DAYS), ThreadPool(1), Recipe())


def test_a_run_may_write_into_the_lake_itself_and_the_sweep_ends_what_tells_about_vehicles(folder: Path) -> None:
    assert started(folder, out="lake")[0] == 0
    sweeping = ("sweep", folder / "lake", "--keep-days", "1", "--today", "2026-04-07")
    assert umaya(*sweeping, "--dry-run")[1].splitlines()[-1] == "3 days would be removed"
    assert umaya(*sweeping)[1].splitlines()[-1] == "3 days removed"
    lake = ProbeLake(folder / "lake")
    assert {table: lake.days(table) for table in ("positions", "matches", "routes", "passages")} == {
        "positions": [DAYS[1]],
        "matches": [DAYS[1]],
        "routes": [DAYS[1]],
        "passages": list(DAYS),
    }
    assert started(folder, "--resume", out="lake")[1].startswith("0 days run, 1 skipped")


def test_swept_results_are_not_made_again_while_the_positions_are_there(folder: Path) -> None:
    started(folder)
    umaya("sweep", folder / "out", "--keep-days", "1", "--today", "2026-04-08", "--table", "matches")
    assert started(folder, "--resume")[1].startswith("0 days run, 2 skipped")
