"""Spark makes the tables that this process makes, row by row; without Java or PySpark it says what to install."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.test_probe_run import MONDAY, TUESDAY, WORLD
from umaya.services.probe_runs import Pool, Recipe, ThreadPool, run
from umaya.stores.probe_care import add
from umaya.stores.probe_lake import ProbeLake
from umaya.stores.spark import SparkPool, java_version
from umaya.types.errors import InputError

TABLES = ("matches", "routes", "passages")


@pytest.fixture(scope="module")
def pool() -> Iterator[SparkPool]:
    """Spark on two cores of this machine."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install 'umaya[spark]'")
    try:
        java_version()
    except InputError as error:
        pytest.skip(f"no Java for Spark: {error}")
    opened = SparkPool("local[2]", "512m")
    yield opened
    opened.close()


@pytest.fixture
def lake(tmp_path: Path) -> ProbeLake:
    """Two days."""
    made = ProbeLake(tmp_path / "lake")
    for number, table in enumerate((MONDAY, TUESDAY)):
        pq.write_table(table, tmp_path / f"{number}.parquet")
        with made.held():
            add(made, tmp_path / f"{number}.parquet")
    return made


def rows(out: ProbeLake, table: str) -> pa.Table:
    """All rows of a table, sorted."""
    read = pa.concat_tables([pq.ParquetFile(file).read() for file in sorted((out.root / table).rglob("*.parquet"))])
    by = [name for name in ("vehicle_id", "t", "trip", "edge_id", "window_start") if name in read.column_names]
    return read.sort_by([(name, "ascending") for name in by])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
def test_spark_makes_the_same_tables_row_by_row(pool: SparkPool, lake: ProbeLake, tmp_path: Path) -> None:
    outs = [ProbeLake(tmp_path / name) for name in ("local", "spark")]
    engines: tuple[Pool, Pool] = (ThreadPool(2), pool)
    reports = [
        run(lake, out, WORLD.network, lake.days(), engine, Recipe()) for out, engine in zip(outs, engines, strict=True)
    ]
    assert reports[0] == reports[1]
    assert reports[0].points == MONDAY.num_rows + TUESDAY.num_rows
    for table in TABLES:
        here, there = (rows(out, table) for out in outs)
        assert here.num_rows > 0
        assert here.schema.equals(there.schema, check_metadata=True)
        assert here.to_pylist() == there.to_pylist(), table
    days = [[out.manifest(day) for day in lake.days()] for out in outs]
    assert days[0] == days[1]  # the bytes too


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
def test_a_bad_day_on_spark_is_named_as_here(pool: SparkPool, lake: ProbeLake, tmp_path: Path) -> None:
    (spoiled,) = (lake.root / "positions" / "day=2026-04-07").rglob("*.parquet")
    pq.write_table(pq.ParquetFile(spoiled).read().take([0, 2, 1]), spoiled)
    report = run(lake, ProbeLake(tmp_path / "out"), WORLD.network, lake.days(), pool, Recipe())
    assert report.days == ["2026-04-06"]
    (fault,) = report.faults["2026-04-07"]
    assert re.search(r"row 3: field `t`: is earlier than the row before it", fault)


def test_without_java_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="needs Java, and there is none; install Java 17 or later"):
        java_version()
    a_java(tmp_path, 11)
    with pytest.raises(InputError, match="needs Java 17 or later, and this one is older"):
        SparkPool()


def test_the_java_that_is_looked_at_is_the_one_that_spark_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of JAVA_HOME, though another is on the path; an empty JAVA_HOME is none."""
    a_java(tmp_path / "path", 21)
    a_java(tmp_path / "home" / "bin", 18)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for home, version in ((str(tmp_path / "home"), 18), ("", 21)):
        monkeypatch.setenv("JAVA_HOME", home)
        assert java_version() == version
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match="there is none"):
        java_version()


@pytest.mark.slow
def test_spark_runs_on_that_java(pool: SparkPool) -> None:
    jvm: Any = pool._session.sparkContext._jvm
    assert int(jvm.System.getProperty("java.specification.version")) == java_version()


def a_java(folder: Path, version: int) -> None:
    """Put something into a folder that says it is Java of a version."""
    folder.mkdir(parents=True, exist_ok=True)
    java = folder / "java"
    java.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write('openjdk version \"{version}.0.2\"')\n")
    java.chmod(0o755)


def test_nothing_else_needs_pyspark() -> None:
    """The local engine runs where the extra is not installed."""
    code = "import sys; sys.modules['pyspark'] = None; import umaya.cli.probe_run, umaya.stores.spark"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
