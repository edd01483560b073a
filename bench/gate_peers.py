"""What the gate is measured beside: Cedar (cedarpy) for one person, DuckDB and PyArrow for many, on the same facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import cedarpy
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gate_world import ENDED_TEXT, SCHEMA
from umaya.gate.person_rule import Group, Groups

POLICIES = """
    permit(principal, action == Action::"use", resource) when { resource.consented && resource.held };
    forbid(principal, action, resource) when { resource.protected || resource.merged };
    forbid(principal, action, resource) when { resource.withdrawn || resource.expired };
    forbid(principal, action, resource) when { resource.text_ended || resource.spent };
"""
"""The rule for a person, as tests/gate/test_person_rule.py holds it equal to ours."""
FIELDS = [name for name in SCHEMA.names if name != "person"]
TABLES = ("consents", "withdrawals", "measures", "merged")


class Cedar:
    """Policies and entities, parsed once.

    Args:
        groups: as they are now.
        people: who are made entities.
    """

    def __init__(self, groups: Groups, people: NDArray[np.uint32]) -> None:
        entities = [{"uid": {"type": "Actor", "id": "officer"}, "attrs": {}, "parents": []}]
        for person in people.tolist():
            attributes = {group.name.lower(): person in groups[group] for group in Group}
            entities.append({"uid": {"type": "Person", "id": str(person)}, "attrs": attributes, "parents": []})
        self._policies = cedarpy.PolicySet.from_str(POLICIES)
        self._entities = cedarpy.Entities.from_json_str(json.dumps(entities))

    def permits(self, person: int) -> bool:
        """Return whether Cedar permits the use of one person's data."""
        request = {
            "principal": 'Actor::"officer"',
            "action": 'Action::"use"',
            "resource": f'Person::"{person}"',
            "context": {},
        }
        return cedarpy.is_authorized(request, self._policies, self._entities).allowed


class Sql:
    """The facts as tables in DuckDB's memory.

    Args:
        folder: of the hub.
        people: how many are in the dataset.
        today: in Japan.
        threads: DuckDB's.
    """

    def __init__(self, folder: Path, people: int, today: date, threads: int) -> None:
        self._connection = duckdb.connect(config={"threads": threads})
        self._connection.execute("CREATE TABLE people AS SELECT range::UINTEGER AS person FROM range(?)", [people])
        for name in TABLES:
            self._connection.execute(f"CREATE TABLE {name} AS FROM '{folder / name}.parquet'")
        self._permitted = f"""
            SEMI JOIN (FROM consents WHERE topic = 0 AND last_day >= DATE '{today}' AND text <> {ENDED_TEXT}) c
                USING (person)
            ANTI JOIN withdrawals USING (person)
            ANTI JOIN measures USING (person)
            ANTI JOIN merged USING (person)"""

    def permitted(self) -> NDArray[np.uint32]:
        """Return the numbers of the permitted people, in any order."""
        found = self._connection.execute(f"SELECT person FROM people {self._permitted}").fetchnumpy()  # noqa: S608 # our own text
        numbers: NDArray[np.uint32] = found["person"]
        return numbers

    def released(self, files: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield the permitted people's rows of Parquet files, in any order, without the person."""
        names = ", ".join(f"'{file}'" for file in files)
        query = f"SELECT {', '.join(FIELDS)} FROM read_parquet([{names}]) {self._permitted}"  # noqa: S608 # our own
        self._connection.execute("SET preserve_insertion_order = false")
        yield from self._connection.sql(query).to_arrow_reader(131_072)


class Arrow:
    """The facts as Arrow tables.

    Args:
        folder: of the hub.
        today: in Japan.
    """

    def __init__(self, folder: Path, today: date) -> None:
        self._tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
        self._today = today

    def released(self, files: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield the permitted people's rows of Parquet files without the person: a bit for each person, a filter."""
        consents = self._tables["consents"]
        good = (pc.field("topic") == 0) & (pc.field("last_day") >= self._today) & (pc.field("text") != ENDED_TEXT)
        numbers = consents.filter(good).column("person").to_numpy()
        permitted = np.zeros(1 << 32 if not len(numbers) else int(numbers.max()) + 1, np.bool_)
        permitted[numbers] = True
        for name in TABLES[1:]:
            refused = self._tables[name].column("person").to_numpy()
            permitted[refused[refused < len(permitted)]] = False
        for batch in ds.dataset(files, format="parquet").to_batches(columns=["person", *FIELDS]):
            subjects = batch.column("person").to_numpy()
            mask = permitted[np.minimum(subjects, len(permitted) - 1)] & (subjects < len(permitted))
            yield batch.select(FIELDS).filter(pa.array(mask))
