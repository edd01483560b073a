"""Building ids in the database: what was written is read again, in SQLite and PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from sqlalchemy import select

from tests.engines.buildings.blocks import drawn
from umaya.engines.buildings.schemas import ADDRESS, LINKS
from umaya.places.buildings.models import AddressRow, BuildingRow, EventRow, MergeRow, SuccessionRow
from umaya.places.buildings.registry import Registry
from umaya.stores.database import Database, ServiceBase
from umaya.types.clock import ManualClock
from umaya.types.errors import ConflictError, ForbiddenError

AREA, DAY = "131059", date(2021, 3, 31)
OLD, NEW = ("131059", "0001001", "", "1234", ""), ("131059", "0001001", "001", "005", "")
NONE = drawn({})
FIRST = drawn({"a": (0, 0, 9.8, 10), "b": (10.2, 0, 20, 10), "c": (50, 0, 70, 10)})
SECOND = drawn({"ab": (0, 0, 20, 10), "c1": (50, 0, 59, 10), "c2": (61, 0, 70, 10)})


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url)
    opened.migrate(ServiceBase)
    yield opened
    opened.close()


def registry(database: Database, seed: int = 1) -> Registry:
    return Registry(database, ManualClock(datetime(2026, 4, 1, tzinfo=UTC)), random.Random(seed).getrandbits)


def link(footprint: str, address: tuple[str, ...]) -> dict[str, object]:
    told = {"lon": 139.75, "lat": 35.71, "footprint": footprint, "confidence": 0.9, "reason": "inside"}
    return {**dict(zip(ADDRESS, address, strict=True)), **told, "distance_m": 0.0, "addresses": 1, "others": []}


def test_a_building_is_followed_from_release_to_release(database: Database) -> None:
    """Taken in, addressed, renumbered, split, merged by two people; the tables say what the register says."""
    ids = registry(database)
    ids.take_release(AREA, NONE, FIRST, "2020", DAY)
    ids.readdress(AREA, pa.Table.from_pylist([link("c", OLD)], LINKS), DAY, "2020")
    ids.renumber(AREA, {OLD: NEW}, date(2022, 2, 1), "notice 7")
    ids.take_release(AREA, FIRST, SECOND, "2023", date(2023, 3, 31))
    known = ids.register(AREA)
    (merge,) = known.merges
    ids.propose(AREA, merge, "akari")
    with pytest.raises(ForbiddenError):
        ids.confirm(AREA, merge, "akari")
    ids.confirm(AREA, merge, "jun")
    known = ids.register(AREA)
    with database.reading() as session:
        rows = {row.building: row for row in session.scalars(select(BuildingRow))}
        assert {b: (r.valid_from, r.valid_to, r.fate) for b, r in rows.items()} == {
            b: (life.born, life.ended, life.fate) for b, life in known.lives.items()
        }
        assert {b: r.footprint for b, r in rows.items() if r.valid_to is None} == known.standing
        successions = {(row.building, row.successor) for row in session.scalars(select(SuccessionRow))}
        assert successions == {(b, s) for b, life in known.lives.items() for s in life.successors}
        spans = [(row.address, row.valid_from, row.valid_to) for row in session.scalars(select(AddressRow))]
        assert sorted(spans) == [
            ("/".join(OLD), DAY, date(2022, 2, 1)),
            ("/".join(NEW), date(2022, 2, 1), date(2023, 3, 31)),
        ]
        assert [row.state for row in session.scalars(select(MergeRow))] == ["confirmed"]
        assert {row.recorded_at for row in session.scalars(select(EventRow))} == {datetime(2026, 4, 1, tzinfo=UTC)}


def test_a_post_office_says_where_an_address_is(database: Database) -> None:
    ids = registry(database)
    ids.take_release(AREA, NONE, FIRST, "2020", DAY)
    (building,) = ids.register(AREA).footprints["c"]
    ids.answer(AREA, OLD, frozenset({building}), "office 7", "akari")
    assert ids.register(AREA).addresses_on(building, date(2026, 4, 1)) == [OLD]
    ids.answer(AREA, OLD, frozenset(), "office 7", "jun")
    assert ids.register(AREA).addresses_on(building, date(2026, 4, 1)) == []


def test_areas_keep_apart(database: Database) -> None:
    ids = registry(database)
    ids.take_release(AREA, NONE, FIRST, "2020", DAY)
    ids.take_release("302015", NONE, FIRST, "2020", DAY)
    assert not set(ids.register(AREA).lives) & set(ids.register("302015").lives)


def test_what_is_refused_leaves_nothing_behind(database: Database) -> None:
    ids = registry(database)
    ids.take_release(AREA, NONE, FIRST, "2020", DAY)
    before = ids.register(AREA)
    with pytest.raises(ConflictError):
        ids.take_release(AREA, NONE, SECOND, "2023", date(2023, 3, 31))
    assert ids.register(AREA) == before
