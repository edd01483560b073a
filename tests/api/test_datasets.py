"""Rows come in through the API as they do at the console: checked, for a purpose, once, by the owner's operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from httpx2 import Response

from tests.gate.lists import ACTORS, BANK, EIGHT, NOW, Lists
from tests.web.clients import TestClient, client_of
from umaya.client import Client, ProblemError
from umaya.client.models import RowsPreview, RowsTaken
from umaya.gate.roles import AUDITOR, OPERATOR
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

KEEPER = Actor("keeper", "受付", BANK, frozenset({OPERATOR}))
WATCHER = Actor("watcher", "監査", "shop-minase", frozenset({AUDITOR}))
ARROW = "application/vnd.apache.arrow.stream"
ROWS = "/api/v1/datasets/deposits/rows"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The bank with its eight customers, a person who takes data in, and an auditor; each test brings its own rows."""
    tmp_path: Path = tmp_path_factory.mktemp("datasets")
    clock = ManualClock(NOW)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    Lists.of_gate(opened.gate, clock).furnish()
    for actor in (KEEPER, WATCHER):
        opened.gate.catalogue.add_actor(actor)
    yield replace(opened, settings=replace(opened.settings, intake_megabytes=1))
    opened.close()


def connected(hub: Hub, who: Actor) -> Client:
    return Client("http://testserver", http=client_of(hub, who))


def more(first: int = 100, count: int = 3, balances: list[int | None] | None = None) -> pa.Table:
    people = pa.array(range(first, first + count), pa.uint32())
    return pa.table({"person": people, "balance": balances or [1] * count, "town": ["ア"] * count})


def test_rows_are_taken_in_and_the_intake_is_listed(hub: Hub) -> None:
    client = connected(hub, KEEPER)
    taken = client.send_rows("deposits", more(), notice=1, source="core/2026-06-01")
    assert isinstance(taken, RowsTaken)
    assert (taken.rows, taken.left_out) == (3, 0)
    latest, *_, first = client.intakes("deposits")
    assert (latest.intake, latest.source, latest.notice, latest.entry) == (
        taken.intake,
        "core/2026-06-01",
        1,
        taken.entry,
    )
    assert first.rows == EIGHT.num_rows


def test_a_preview_takes_nothing_and_tells_faults_without_values(hub: Hub) -> None:
    client = connected(hub, KEEPER)
    before = len(list(client.intakes("deposits")))
    wrong = more().set_column(0, "person", pa.array([1, None, 3], pa.int64()))
    seen = client.send_rows("deposits", wrong, notice=1, preview=True)
    assert isinstance(seen, RowsPreview)
    assert (seen.given, seen.good, seen.repeated, seen.fault_count) == (3, 2, False, 1)
    assert (seen.faults[0].row, seen.faults[0].field) == (2, "person")
    assert len(list(client.intakes("deposits"))) == before


def test_one_wrong_row_keeps_all_out_unless_the_good_ones_are_wanted(hub: Hub) -> None:
    client = connected(hub, KEEPER)
    wrong = more().set_column(0, "person", pa.array([1, None, 3], pa.int64()))
    with pytest.raises(ProblemError) as error:
        client.send_rows("deposits", wrong, notice=1)
    assert error.value.status == 422
    taken = client.send_rows("deposits", wrong, notice=1, keep_good=True)
    assert isinstance(taken, RowsTaken)
    assert (taken.rows, taken.left_out) == (2, 1)


def test_the_same_rows_a_second_time_are_a_conflict(hub: Hub) -> None:
    client = connected(hub, KEEPER)
    client.send_rows("deposits", more(300), notice=1)
    with pytest.raises(ProblemError) as error:
        client.send_rows("deposits", more(300), notice=1)
    assert error.value.status == 409


def test_personal_data_without_a_notice_stay_out(hub: Hub) -> None:
    with pytest.raises(ProblemError) as error:
        connected(hub, KEEPER).send_rows("deposits", more())
    assert error.value.status == 422


@pytest.fixture(scope="module")
def keeper(hub: Hub) -> TestClient:
    return client_of(hub, KEEPER)


def sent(client: TestClient, content: bytes, media: str = ARROW, path: str = ROWS) -> Response:
    return client.post(path, params={"notice": 1}, content=content, headers={"Content-Type": media})


def stream(table: pa.Table, codec: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_another_kind_of_body_is_not_read(keeper: TestClient) -> None:
    answer = sent(keeper, b"person,balance\n1,2\n", "text/csv")
    assert (answer.status_code, answer.json()["code"]) == (415, "request")


def test_a_body_beyond_the_limit_is_refused_whether_it_says_so_or_not(keeper: TestClient) -> None:
    assert sent(keeper, b"x" * 1_000_001).status_code == 413
    parts = (b"x" * 100_000 for _ in range(11))
    answer = keeper.post(ROWS, params={"notice": 1}, content=parts, headers={"Content-Type": ARROW})
    assert answer.status_code == 413


def test_what_unpacks_to_more_than_the_limit_allows_is_refused(keeper: TestClient) -> None:
    large = pa.table({"person": pa.array([0] * 3_000_000, pa.uint32())})
    packed = stream(large, "zstd")
    assert len(packed) < 1_000_000
    assert sent(keeper, packed).status_code == 413


@pytest.mark.parametrize("content", [b"", b"no stream", stream(EIGHT)[:300], b"\xff" * 64])
def test_a_body_that_is_no_stream_is_wrong_input(keeper: TestClient, content: bytes) -> None:
    answer = sent(keeper, content)
    assert (answer.status_code, answer.json()["place"]["field"]) in [(422, "body"), (422, None)]


@pytest.mark.parametrize("who", ["seller", "steward", "teller"])
def test_nobody_but_an_operator_of_the_owner_sends_rows(hub: Hub, who: str) -> None:
    """They are turned away before the body is looked at."""
    assert sent(client_of(hub, ACTORS[who]), b"x" * 2_000_000, "text/csv").status_code == 403


def test_whose_business_intakes_are(hub: Hub) -> None:
    """The owner's steward and privacy officer, and auditors."""
    path = "/api/v1/datasets/deposits/intakes"
    allowed = {who.id: client_of(hub, who).get(path).status_code for who in (ACTORS["steward"], KEEPER, WATCHER)}
    assert set(allowed.values()) == {200}
    assert client_of(hub, ACTORS["seller"]).get(path).status_code == 403
    assert client_of(hub, WATCHER).get("/api/v1/datasets/none/intakes").status_code == 404


def test_an_unknown_dataset_is_not_found(keeper: TestClient) -> None:
    assert sent(keeper, stream(EIGHT), path="/api/v1/datasets/none/rows").status_code == 404


def test_intakes_come_in_pages(hub: Hub) -> None:
    client = connected(hub, KEEPER)
    for at in range(3):
        client.send_rows("deposits", more(200 + 10 * at), notice=1)
    http = client_of(hub, KEEPER)
    first = http.get("/api/v1/datasets/deposits/intakes", params={"limit": 3}).json()
    rest = http.get("/api/v1/datasets/deposits/intakes", params={"limit": 3, "cursor": first["next"]}).json()
    entries = [one["entry"] for one in (*first["items"], *rest["items"])]
    assert len(first["items"]) == 3
    assert entries == [one.entry for one in client.intakes("deposits")][: len(entries)]
    assert len(entries) > 3
