"""A file of rows: every fault of every row is told, and the good rows are kept only where that was asked for."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.world import ACTORS, INSIDE, World
from umaya.gate import Dataset, Words
from umaya.gate.intake import check, read
from umaya.types.classes import SecrecyClass
from umaya.types.errors import InputError

SCHEMA = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("balance", pa.int64()),
        pa.field("since", pa.date32()),
        pa.field("seen", pa.timestamp("us", "UTC")),
    ]
)
ACCOUNTS = Dataset(
    "accounts",
    "bank-minase",
    Words("口座", "Accounts"),
    SCHEMA,
    dict.fromkeys(SCHEMA.names, SecrecyClass.ORDINARY),
    subject="person",
)
HEAD = "person,name,balance,since,seen\n"


def faults(text: str) -> list[tuple[int, str]]:
    found = read(text.encode(), "accounts.csv", ACCOUNTS)
    checked = check(ACCOUNTS, found.table, "accounts.csv", found.faults)
    return [(one["row"], one["field"]) for one in checked.faults.to_pylist()]


def test_a_csv_file_is_read_as_the_dataset_has_it() -> None:
    text = HEAD + '7,"佐藤, 花子",1200,2020-04-01,2026-04-01T09:00:00+09:00\n8,,,,\n'
    found = read(text.encode(), "accounts.csv", ACCOUNTS)
    rows = check(ACCOUNTS, found.table, "accounts.csv", found.faults).rows.to_pylist()
    assert rows[0]["name"] == "佐藤, 花子"
    assert rows[0]["seen"] == datetime(2026, 4, 1, tzinfo=UTC)
    assert rows[1] == {"person": 8, "name": None, "balance": None, "since": None, "seen": None}


def test_files_of_japanese_systems_are_read_too() -> None:
    found = read((HEAD + "7,髙橋,1,,\n").encode("cp932"), "accounts.csv", ACCOUNTS)
    assert found.table.column("name").to_pylist() == ["髙橋"]


def test_every_fault_of_every_row_is_told_by_row_and_field() -> None:
    text = HEAD + "7,a,12,,\n-1,b,many,,\n8,c,1.5,yesterday,\n,d,1,,2026-04-01T09:00:00\n9,e,99999999999999999999,,\n"
    assert faults(text) == [
        (2, "person"),
        (2, "balance"),
        (3, "balance"),
        (3, "since"),
        (4, "person"),
        (4, "seen"),
        (5, "balance"),
    ]


def test_a_time_without_a_zone_is_a_fault_that_says_how_to_write_it() -> None:
    found = read((HEAD + "7,a,1,,2026-04-01 09:00\n").encode(), "accounts.csv", ACCOUNTS)
    assert "+09:00" in found.faults.to_pylist()[0]["advice"]


@given(st.lists(st.sampled_from(["1", "x", "", " 3 ", "4294967296", "0.5"]), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_good_and_faulty_rows_are_all_there_is(values: list[str]) -> None:
    """No row is lost: each is either good or has a fault, and the good ones are those a person would take."""
    text = HEAD + "".join(f"{value},n,1,,\n" for value in values)
    found = read(text.encode(), "accounts.csv", ACCOUNTS)
    checked = check(ACCOUNTS, found.table, "accounts.csv", found.faults)
    good = [int(value) for value in values if value.strip().isdigit() and int(value) < 2**32]
    assert checked.rows.column("person").to_pylist() == good
    assert len(good) + len(set(checked.faults.column("row").to_pylist())) == checked.total == len(values)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.xlsx", b"PK"),
        ("rows.parquet", b"PAR1 not really"),
        ("rows.arrow", b"\xff\xff"),
        ("rows.csv", b"\x81\xff\xfe\x00\xd8"),
        ("rows.csv", (HEAD + "7,a\n").encode()),
        ("rows.csv", (HEAD + '7,"open,1,,\n').encode()),
        ("rows.csv", b""),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do_and_nothing_of_its_content(name: str, content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read(content, name, ACCOUNTS)
    assert caught.value.place.file == name
    assert caught.value.__cause__ is None
    assert "open" not in str(caught.value).replace("not closed", "")


def test_parquet_and_arrow_are_read() -> None:
    table = pa.table({"person": [1, 2], "balance": [5, 2**40]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    for name, content in (("a.parquet", sink.getvalue()), ("a.arrow", stream.getvalue())):
        assert read(content, name, ACCOUNTS).table.equals(table)


def test_numbers_that_do_not_fit_are_faults_of_their_rows() -> None:
    checked = check(ACCOUNTS, pa.table({"person": pa.array([1, -2, 2**33])}), "a.parquet")
    assert checked.faults.column("row").to_pylist() == [2, 3]
    assert checked.rows.column("person").to_pylist() == [1]


def positions(*places: float) -> pa.Table:
    times = pa.array([datetime(2026, 4, 2, 2, 30, at, tzinfo=UTC) for at in range(len(places))])
    return pa.table(
        {"vehicle_id": ["z"] * len(places), "t": times, "lon": list(places), "lat": [INSIDE[1]] * len(places)}
    )


def take(world: World, **how: Any) -> Any:
    table = positions(INSIDE[0], 999.0, INSIDE[0])
    return world.gate.intake.take(ACTORS["phones"], "bike-positions", table, "feed.csv", 1, **how)


def test_by_default_one_fault_keeps_every_row_out(ready: World) -> None:
    entries = len(ready.ledger.entries)
    with pytest.raises(InputError, match="row 2: field `lon`"):
        take(ready)
    assert len(ready.ledger.entries) == entries


def test_where_it_was_asked_for_the_good_rows_are_kept_and_the_ledger_says_how_many_were_not(ready: World) -> None:
    taken = take(ready, keep_good=True)
    assert (taken.rows, taken.left_out) == (2, 1)
    assert ready.ledger.entries[-1].body["left_out"] == 1


def test_a_preview_says_what_would_be_taken_and_takes_nothing(ready: World) -> None:
    entries = len(ready.ledger.entries)
    table = positions(INSIDE[0], 999.0)
    preview = ready.gate.intake.preview(ACTORS["phones"], "bike-positions", table, "feed.csv", 1, None)
    assert (preview.total, preview.good, preview.repeated) == (2, 1, False)
    assert preview.faults.column("field").to_pylist() == ["lon"]
    assert len(ready.ledger.entries) == entries
    ready.gate.intake.take(ACTORS["phones"], "bike-positions", table, "feed.csv", 1, keep_good=True)
    again = ready.gate.intake.preview(ACTORS["phones"], "bike-positions", table, "feed.csv", 1, None)
    assert again.repeated


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(InputError, match="the file is empty"):
        read(b"\xef\xbb\xbf\n", "accounts.csv", ACCOUNTS)
