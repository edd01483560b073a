"""Positions that come in pieces are matched as if all had been there at once."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from tests.engines.matching.rides import blur, positions, ride
from tests.worlds import World, draw
from umaya.engines.matching import Matcher, MatchParams, UnsortedError, match_stream
from umaya.engines.matching.stream import whole_vehicles
from umaya.types.schemas import MATCHES, POSITIONS

WORLD: World = draw(
    """
    A----B--->--C
    |    |     /
    D----E----F----G
    """,
    cell_m=20,
)
MATCHER = Matcher(WORLD.network, MatchParams(threads=2))
PATHS = ("ABEF", "DEB", "GFED", "ABC", "FEBA")
TABLE = positions({f"v{i}": blur(ride(WORLD, PATHS[i % 5], at=7.0 * i), 3.0, i) for i in range(9)})


def batches(table: pa.Table, rows: int) -> Iterator[pa.RecordBatch]:
    yield from table.combine_chunks().to_batches(max_chunksize=rows)


@pytest.mark.parametrize("rows", [1, 13, 1000])
@pytest.mark.parametrize("piece", [1, 60, 10_000])
def test_a_stream_gives_what_the_whole_gives(rows: int, piece: int) -> None:
    whole = MATCHER.match(TABLE)
    parts = list(match_stream(MATCHER, batches(TABLE, rows), piece))
    for name in ("matches", "routes", "traversals"):
        joined = pa.concat_tables([getattr(part, name) for part in parts]).combine_chunks()
        assert joined.equals(getattr(whole, name).combine_chunks())
    if piece == 1:
        assert len(parts) > 1


def test_pieces_never_split_a_vehicle_and_leave_nothing_out() -> None:
    tables = list(whole_vehicles(batches(TABLE, 11), 50))
    assert pa.concat_tables(tables).combine_chunks().equals(TABLE.combine_chunks())
    seen: set[str] = set()
    for table in tables:
        ids = set(table["vehicle_id"].to_pylist())
        assert not ids & seen
        seen |= ids


def test_vehicle_ids_by_dictionary_change_nothing_but_their_type() -> None:
    coded = TABLE.set_column(0, "vehicle_id", TABLE["vehicle_id"].combine_chunks().dictionary_encode())
    schema = POSITIONS.set(0, POSITIONS.field(0).with_type(pa.dictionary(pa.int32(), pa.string())))
    matched, plain = MATCHER.match(coded.cast(schema)), MATCHER.match(TABLE)
    assert matched.matches.cast(MATCHES).equals(plain.matches)
    assert matched.routes.equals(plain.routes)
    assert matched.traversals.equals(plain.traversals)


@pytest.mark.parametrize("fault", ["vehicles", "times"])
def test_a_stream_out_of_order_is_refused(fault: str) -> None:
    half = TABLE.num_rows // 2
    later_first = pa.concat_tables([TABLE.slice(half), TABLE.slice(0, half)])
    table = later_first if fault == "vehicles" else TABLE.take(pa.array(range(TABLE.num_rows - 1, -1, -1)))
    with pytest.raises(UnsortedError, match="sorted by vehicle_id, then t"):
        list(match_stream(MATCHER, batches(table, 20), 20))


def test_no_batches_give_no_results() -> None:
    assert list(match_stream(MATCHER, iter([]))) == []
