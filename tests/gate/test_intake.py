"""Data goes into the vault whole or not at all; a fault names file, row and field and never a value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import delete

from tests.gate.world import ACTORS, INSIDE, MINUTE, NINE, World, offsets, positions
from umaya.gate import Dataset, Release, Words
from umaya.gate.intake import conform
from umaya.gate.models import ActorRoleRow
from umaya.types.errors import ConflictError, ForbiddenError, InputError, NotFoundError, UmayaError
from umaya.vault import Vault

PHONES = ACTORS["phones"]
MORE = positions(("z", 5 * MINUTE, INSIDE), ("y", 6 * MINUTE, INSIDE), ("x", 7 * MINUTE, INSIDE))


def take(world: World, table: pa.Table, actor: str = "phones", dataset: str = "bike-positions") -> Any:
    return world.gate.intake.take(ACTORS[actor], dataset, table, "phones-0402.parquet", 1)


def changed(column: str, values: Any) -> pa.Table:
    return MORE.set_column(MORE.column_names.index(column), column, values)


def vehicles(world: World) -> set[str]:
    answer = world.gate.open(world.use())
    assert isinstance(answer, Release)
    return {vehicle for vehicle, _ in offsets(answer.data)}


def test_what_is_taken_in_is_there_for_the_next_use(ready: World) -> None:
    taken = take(ready, MORE)
    entry = ready.ledger.entries[taken.entry]
    assert (entry.kind, entry.actor) == ("dataset.received", "phones")
    assert (entry.body["rows"], entry.body["data"]) == (3, taken.digest)
    assert vehicles(ready) == {"a", "b", "x", "y", "z"}


def test_the_same_rows_are_taken_once_in_whatever_order(ready: World) -> None:
    take(ready, MORE)
    with pytest.raises(ConflictError, match="before"):
        take(ready, MORE.take([2, 0, 1]))
    with pytest.raises(ConflictError, match="before"):
        take(ready, NINE)


FAULTS: list[tuple[str, Any, int | None, str | None]] = [
    ("unknown column", MORE.append_column("speed", pa.array([1, 2, 3])), None, "speed"),
    ("missing column", MORE.drop_columns(["lat"]), None, "lat"),
    ("column twice", MORE.append_column("lon", MORE.column("lon")), None, None),
    ("no rows", MORE.slice(0, 0), None, None),
    (
        "My Numbers",
        changed("vehicle_id", pa.array(["123456789018", "234567890121", "345678901234"])),
        None,
        "vehicle_id",
    ),
    ("null", changed("vehicle_id", pa.array(["z", None, "x"])), 2, "vehicle_id"),
    ("NaN", changed("lon", pa.array([136.8, 136.8, float("nan")])), 3, "lon"),
    ("infinite", changed("lat", pa.array([float("inf"), 36.2, 36.2])), 1, "lat"),
    ("swapped", changed("lat", pa.array([36.2, 136.8, 36.2])), 2, "lat"),
    ("out of range", changed("lon", pa.array([136.8, -180.1, 136.8])), 2, "lon"),
    ("text for a number", changed("lon", pa.array(["136.8", "136.8", "136.8"])), None, "lon"),
    ("time without zone", changed("t", MORE.column("t").cast(pa.timestamp("us"))), None, "t"),
    ("finer time", changed("t", pa.array([1, 2, 3], pa.timestamp("ns", "UTC"))), None, "t"),
    ("number for a name", changed("vehicle_id", pa.array([1, 2, 3])), None, "vehicle_id"),
]


@pytest.mark.parametrize(("table", "row", "field"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_named_and_nothing_is_taken_in(
    ready: World, table: pa.Table, row: int | None, field: str | None
) -> None:
    entries = len(ready.ledger.entries)
    with pytest.raises(InputError) as caught:
        take(ready, table)
    place = caught.value.place
    assert (place.file, place.row, place.field) == ("phones-0402.parquet", row, field)
    assert "136.8" not in str(caught.value).replace("-180 to 180", "")
    assert caught.value.__cause__ is None
    assert len(ready.ledger.entries) == entries
    assert vehicles(ready) == {"a", "b"}


def test_kindred_types_are_converted(ready: World) -> None:
    table = changed("vehicle_id", pa.chunked_array([pa.array(["z", "y", "x"]).dictionary_encode()]))
    table = table.set_column(1, "t", table.column("t").cast(pa.timestamp("ms", "Asia/Tokyo")))
    take(ready, table.append_column("speed_mps", pa.array([1.5, None, 3.5], pa.float64())))
    assert vehicles(ready) == {"a", "b", "x", "y", "z"}


@pytest.mark.parametrize(("actor", "error"), [("clerk", ForbiddenError), ("banker", ForbiddenError)])
def test_only_the_owners_operator_takes_in(ready: World, actor: str, error: type[UmayaError]) -> None:
    with pytest.raises(error):
        take(ready, MORE, actor=actor)
    assert vehicles(ready) == {"a", "b"}


def test_an_unknown_dataset_takes_nothing(ready: World) -> None:
    with pytest.raises(NotFoundError):
        take(ready, MORE, dataset="../bike-positions")


def test_what_cannot_be_recorded_is_not_taken_in(ready: World) -> None:
    ready.ledger.fail_at = frozenset({"dataset.received"})
    with pytest.raises(UmayaError, match="did not happen"):
        take(ready, MORE)
    assert vehicles(ready) == {"a", "b"}
    ready.ledger.fail_at = frozenset()
    take(ready, MORE)
    assert vehicles(ready) == {"a", "b", "x", "y", "z"}


def test_a_crash_after_the_entry_leaves_an_entry_without_effect(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between the ledger and the marker that makes the write hold; a retry then takes it in."""

    def die(self: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("umaya.stores.lake.Pending.commit", die)
    with pytest.raises(KeyboardInterrupt):
        take(ready, MORE)
    monkeypatch.undo()
    assert ready.ledger.kinds()[-1] == "dataset.received"
    assert vehicles(ready) == {"a", "b"}
    take(ready, MORE)
    assert vehicles(ready) == {"a", "b", "x", "y", "z"}


def test_days_and_areas_lie_apart(ready: World) -> None:
    take(ready, positions(("n", timedelta(days=1), INSIDE)))
    folders = {path.name for path in ready.directory.glob("bike-positions/day=*")}
    assert folders == {"day=2026-04-02", "day=2026-04-03"}
    assert {path.name for path in ready.directory.glob("letterboxes/*=*")} == {"day=none"}


def test_a_row_without_its_time_is_refused_also_where_the_schema_lets_it_be_empty(ready: World) -> None:
    """It would belong to no day, and no window could hold it back."""
    schema = pa.schema([pa.field("t", pa.timestamp("us", "UTC")), pa.field("n", pa.int64())])
    timed = Dataset("counts", "post-minase", Words("数", "Counts"), schema, {}, "t")
    table = pa.table({"t": pa.array([0, None], schema.field("t").type), "n": [1, 2]})
    with pytest.raises(InputError, match="row 2: field `t`: a time is missing"):
        conform(timed, table, "counts.csv")


def test_a_role_taken_away_while_the_rows_are_written_binds_the_intake(
    ready: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing takes long; whether the actor may is asked again when it is recorded."""
    stage = Vault.stage

    def meanwhile(*arguments: Any) -> Any:
        with ready.database.writing() as session:
            session.execute(delete(ActorRoleRow).where(ActorRoleRow.actor == "phones"))
        return stage(*arguments)

    monkeypatch.setattr(Vault, "stage", meanwhile)
    entries = len(ready.ledger.entries)
    with pytest.raises(ForbiddenError):
        take(ready, MORE)
    monkeypatch.undo()
    assert len(ready.ledger.entries) == entries
    assert vehicles(ready) == {"a", "b"}


def my_number(start: int) -> str:
    """Return a made-up number of twelve digits with its check digit (ordinance 85 of 2014, art. 5)."""
    payload = f"{start:011d}"
    rest = (
        sum(weight * int(digit) for weight, digit in zip((6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), payload, strict=True)) % 11
    )
    return payload + str(0 if rest <= 1 else 11 - rest)


def test_my_number_is_not_taken_in_under_whatever_name(ready: World) -> None:
    """A column called `vehicle_id` that holds them."""
    numbers = [my_number(start) for start in (12345678901, 20000000007, 98765432100)]
    entries = len(ready.ledger.entries)
    with pytest.raises(InputError, match="My Number") as caught:
        take(ready, changed("vehicle_id", pa.array(numbers)))
    assert caught.value.place.field == "vehicle_id"
    assert not any(number in str(caught.value) for number in numbers)
    assert len(ready.ledger.entries) == entries
