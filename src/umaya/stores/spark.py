"""Spark as a place to compute: the same function over many tasks, on the executors, through `mapInArrow`.

Responsible for the session and for carrying tasks out and results back as Arrow batches; not for what a function
does. A function must be importable on the executors (the package is installed there) and what it reads and writes
must lie where every executor reaches it. Whatever it keeps between calls is kept once for each Python worker, which
Spark reuses; a worker takes one task at a time. PySpark's own script reads from the environment which Java
starts, that of `JAVA_HOME` before that of `PATH`; nothing here chooses another, and the one that starts is checked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_JAVA: Final = 17
_LOCAL: Final = {
    "spark.driver.host": "127.0.0.1",  # nothing listens beyond this machine
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # the JVM does little here: it starts sooner
}

_ANY_PYTHON: Final = "python3"
"""What PySpark starts where nothing says which Python."""

Task = dict[str, Any]
"""Something of JSON."""


_ASK_JAVA: Final = '"${JAVA_HOME:+$JAVA_HOME/bin/}java" -version'
"""To a shell: the version of the Java that PySpark's `bin/spark-class` starts."""
_NOT_FOUND: Final = (126, 127)
"""What a shell returns for a command that is not there or cannot be run."""


def java_version() -> int:
    """Return the version of the Java that Spark will start: that of `JAVA_HOME`, else the one on the path.

    Raises:
        InputError: when there is none, or it is older than 17.
    """
    place = Place("--engine spark")
    shell = ["/bin/sh", "-c", _ASK_JAVA]
    told = subprocess.run(shell, capture_output=True, text=True, check=False)  # noqa: S603 # a constant
    if told.returncode in _NOT_FOUND:
        raise InputError(place, "needs Java, and there is none", "install Java 17 or later, or set JAVA_HOME")
    version = re.search(r'version "(\d+)', told.stderr)
    if version is None or int(version[1]) < LEAST_JAVA:
        raise InputError(place, "needs Java 17 or later, and this one is older", "install it, or set JAVA_HOME")
    return int(version[1])


class SparkPool:
    """A Spark session that runs tasks.

    Args:
        master: where to run, e.g. `local[2]`; empty when `spark-submit` says so.
        memory: heap of the driver and of each executor (JVM alone), e.g. `1g`. The functions run beside it in Python.

    Raises:
        InputError: when Java or the extra `spark` is not there.
    """

    def __init__(self, master: str = "local[*]", memory: str = "1g") -> None:
        java_version()
        self._session = _session(master, memory)

    def map(self, function: Callable[[Task], Task], tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield what the function makes of each task, in the order of the tasks; one Spark task for each."""
        if not tasks:
            return
        texts = [json.dumps(task) for task in tasks]

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                results = [json.dumps(function(json.loads(texts[number]))) for number in batch.column(0).to_pylist()]
                yield pa.RecordBatch.from_arrays([batch.column(0), pa.array(results)], names=["id", "result"])

        numbers = self._session.range(0, len(texts), 1, len(texts))
        table = numbers.mapInArrow(run, "id long, result string").toArrow().sort_by("id")
        for text in table["result"].to_pylist():
            yield json.loads(text)

    def close(self) -> None:
        """End the session."""
        self._session.stop()


def _session(master: str, memory: str) -> SparkSession:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 # an extra
    except ImportError as error:
        advice = "install it: pip install 'umaya[spark]'"
        raise InputError(Place("--engine spark"), "needs PySpark, which is not installed", advice) from error
    builder = SparkSession.builder.appName("umaya")
    options = {
        **(_LOCAL if master.startswith("local") else {}),
        "spark.driver.memory": memory,
        "spark.executor.memory": memory,
        "spark.python.worker.reuse": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    if master:
        builder = builder.master(master)
    session = builder.getOrCreate()
    if master.startswith("local") and session.sparkContext.pythonExec == _ANY_PYTHON:
        session.sparkContext.pythonExec = sys.executable  # a cluster's own settings say which Python it has
    return session
