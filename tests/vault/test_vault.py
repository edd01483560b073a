"""The vault opens for a grant and yields to its obligations alone."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from umaya.stores.lake import Placement
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.effects import ClassEffect
from umaya.types.schemas import TIME
from umaya.vault import Area, GrantError, Layout, Mint, ObligationContext, Obligations, Owed, Vault

NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECRET = bytes(range(32))
SCHEMA = pa.schema(
    [("id", pa.int64()), ("t", TIME), ("lon", pa.float64()), ("lat", pa.float64()), ("who", pa.string())]
)
LAYOUT = Layout(SCHEMA, Placement("t", "lon", "lat"), ("id",))
ROWS = pa.table(
    [
        [4, 3, 2, 1],
        [NOON - 20 * MINUTE, NOON - 10 * MINUTE, NOON - 2 * MINUTE, NOON],
        [136.01, 136.09, 136.01, 136.01],
        [36.01, 36.09, 36.01, 36.01],
        ["d", "c", "b", "a"],
    ],
    schema=SCHEMA,
)
SQUARE = Area.of_box((136.0, 36.0, 136.1, 36.1))
TRIANGLE = Area.of_geojson(
    {"type": "Polygon", "coordinates": [[[136.0, 36.0], [136.1, 36.0], [136.0, 36.1], [136.0, 36.0]]]}
)
GIVEN: dict[str, Any] = {
    "use": "u",
    "entry": 1,
    "scheme": "s",
    "dataset": "d",
    "layout": LAYOUT,
    "columns": ("id", "t"),
    "window": (NOON - 15 * MINUTE, NOON),
    "span": (NOON - 30 * MINUTE, NOON),
    "area": SQUARE,
    "obligations": (Owed.of("look", {}),),
}


@dataclass
class Look:
    """An obligation that remembers what it saw and passes on the rest of it."""

    name: str = "look"
    lookback: timedelta = timedelta(0)
    may_end: bool = True
    row_wise: bool = False
    sees_people: bool = False
    effects: tuple[ClassEffect, ...] = ()
    adds: Mapping[str, SecrecyClass] = field(default_factory=dict)
    seen: list[tuple[pa.Table, ObligationContext]] = field(default_factory=list)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        return schema

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        self.seen.append((data, context))
        return data


@dataclass
class Fixture:
    vault: Vault
    mint: Mint
    look: Look


@pytest.fixture
def fixture(tmp_path: Path) -> Fixture:
    look = Look()
    clock = ManualClock(NOON)
    counter = iter(range(1000))

    def make(parameters: Mapping[str, Any]) -> Look:
        del parameters
        return look

    vault = Vault(tmp_path / "vault", SECRET, clock, Obligations({"look": make}))
    with vault.stage("d", LAYOUT, ROWS, "w") as pending:
        pending.commit()
    return Fixture(vault, Mint(SECRET, clock, lambda size: next(counter).to_bytes(size, "big")), look)


def test_only_permitted_columns_and_rows_reach_the_obligations(fixture: Fixture) -> None:
    left = fixture.vault.open(fixture.mint.grant(**GIVEN)).table()
    ((data, context),) = fixture.look.seen
    assert data.column_names == ["id", "t"]
    assert data.column("id").to_pylist() == [2, 3, 4]
    assert left.column("id").to_pylist() == [2, 3]
    assert (context.scheme, context.window, context.area) == ("s", GIVEN["window"], SQUARE)


def test_an_area_is_tested_exactly_though_its_coordinates_are_not_permitted(fixture: Fixture) -> None:
    """Row 3 lies in the box of the triangle and not in the triangle."""
    left = fixture.vault.open(fixture.mint.grant(**{**GIVEN, "area": TRIANGLE})).table()
    assert left.column("id").to_pylist() == [2]
    assert left.column_names == ["id", "t"]


def test_nothing_is_read_without_a_good_grant(fixture: Fixture) -> None:
    grant = fixture.mint.grant(**GIVEN)
    with pytest.raises(GrantError):
        fixture.vault.open(replace(grant, columns=("id", "t", "who")))
    fixture.vault.open(grant)
    with pytest.raises(GrantError):
        fixture.vault.open(grant)
    assert len(fixture.look.seen) == 1


def test_a_grant_is_spent_even_when_its_obligations_fail(fixture: Fixture) -> None:
    grant = fixture.mint.grant(**{**GIVEN, "obligations": (Owed.of("unknown", {}),)})
    with pytest.raises(Exception, match="no obligation"):
        fixture.vault.open(grant)
    with pytest.raises(GrantError, match="used before"):
        fixture.vault.open(grant)


def test_rows_come_only_from_open() -> None:
    """Every public method of the vault but `open` returns no rows, and `open` asks for a grant first."""
    methods = {name: method for name, method in inspect.getmembers(Vault, inspect.isfunction) if name[0] != "_"}
    assert {name: str(inspect.signature(method).return_annotation) for name, method in methods.items()} == {
        "correct": "AbstractContextManager[Rewrite]",
        "delete_before": "AbstractContextManager[Rewrite]",
        "delete_writes": "AbstractContextManager[Rewrite]",
        "erase": "AbstractContextManager[Rewrite]",
        "holds_before": "bool",
        "open": "Opened",
        "people": "BitMap",
        "stage": "AbstractContextManager[Pending]",
    }
    assert list(inspect.signature(Vault.open).parameters) == ["self", "grant"]


def test_rows_without_a_place_lie_in_no_area(fixture: Fixture) -> None:
    nowhere = Layout(SCHEMA, Placement("t"), ())
    with fixture.vault.stage("words", nowhere, ROWS, "w") as pending:
        pending.commit()
    grant = fixture.mint.grant(**{**GIVEN, "dataset": "words", "layout": nowhere})
    assert fixture.vault.open(grant).table().num_rows == 0
    everywhere = fixture.mint.grant(**{**GIVEN, "dataset": "words", "layout": nowhere, "area": None})
    assert fixture.vault.open(everywhere).table().num_rows == 2


def test_what_a_crash_left_is_swept_by_the_next_process(fixture: Fixture, tmp_path: Path) -> None:
    folder = next((tmp_path / "vault" / "d").glob("day=*/area=*"))
    (folder / "crashed.parquet").write_bytes(b"PAR1")
    after = Vault(tmp_path / "vault", SECRET, ManualClock(NOON), Obligations({}))
    with after.stage("d", LAYOUT, ROWS, "next") as pending:
        pending.commit()
    assert sorted(path.name for path in folder.iterdir()) == ["next.parquet", "w.parquet"]
