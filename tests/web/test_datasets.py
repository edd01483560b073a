"""Datasets at their pages: what people were told, how long rows are kept, where they came from and went; rows in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpx2 import Response

from tests.gate.lists import ACTORS, BANK, NOW, Lists
from tests.web.clients import TestClient, client_of
from umaya.api import create_app
from umaya.gate import Dataset, Release, Words
from umaya.gate.roles import AUDITOR, OPERATOR
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.types.classes import SecrecyClass
from umaya.types.clock import ManualClock
from umaya.types.errors import NotFoundError
from umaya.types.site import Actor
from umaya.web.desks import DESKS
from umaya.web.waiting import waiting_at

KEEPER = Actor("keeper", "受付", BANK, frozenset({OPERATOR}))
OTHER = Actor("other", "別の受付", BANK, frozenset({OPERATOR}))
WATCHER = Actor("watcher", "監査", "shop-minase", frozenset({AUDITOR}))
ABROAD = Actor("abroad", "他社の管理", "insurer-minase", frozenset({"steward"}))
HEAD = "person,balance,matures,town\n"
NOTICE = {
    "manner": "published",
    "purpose_ja": "預金の取引",
    "purpose_en": "Deposits",
    "wording_ja": "預金に使います。",
    "wording_en": "Used for deposits.",
    "starts": "2026-06-01",
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def fresh(tmp_path: Path, clock: ManualClock) -> Iterator[Hub]:
    """A hub of the test's own."""
    yield from furnished(tmp_path, clock)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub for all tests that bring their own rows and change nothing else."""
    yield from furnished(tmp_path_factory.mktemp("datasets"), ManualClock(NOW))


def furnished(folder: Path, clock: ManualClock) -> Iterator[Hub]:
    """Yield the bank with an approved scheme, one list that left, and people who take data in."""
    init_hub(folder / "hub", Settings("minase.example/umaya", demo=True), clock)
    opened = open_hub(folder / "hub", clock, environment={})
    world = Lists.of_gate(opened.gate, clock)
    world.furnish()
    world.approve()
    world.consent(1, 6)
    assert isinstance(opened.gate.open(world.use()), Release)
    for actor in (KEEPER, OTHER, WATCHER, ABROAD):
        opened.gate.catalogue.add_actor(actor)
    yield replace(opened, settings=replace(opened.settings, intake_megabytes=1))
    opened.close()


def handed_in(
    client: TestClient, content: str | bytes, name: str = "new.csv", notice: str = "1", path: str = "deposits"
) -> Response:
    data = content.encode() if isinstance(content, str) else content
    return client.post(
        f"/datasets/{path}/import", data={"notice": notice}, files={"file": (name, data)}, follow_redirects=False
    )


def waiting(hub: Hub, actor: Actor) -> list[str]:
    return [item.code for desk, items in waiting_at(DESKS, hub, actor) if desk.key == "datasets" for item in items]


def test_the_owner_sees_where_rows_came_from_and_went(hub: Hub) -> None:
    page = client_of(hub, ACTORS["steward"]).get("/datasets/deposits").text
    for told in ("deposits.parquet", "Insurance offer", "Minase Life", "version 1", "勘定系"):
        assert told in page
    assert "/audit/entries/" not in page


def test_others_see_the_catalogue_alone_and_auditors_see_all(hub: Hub) -> None:
    page = client_of(hub, ABROAD).get("/datasets/deposits").text
    assert "non-public financial" in page
    assert "deposits.parquet" not in page
    audited = client_of(hub, WATCHER).get("/datasets/deposits").text
    entry = hub.gate.lineage.intakes(WATCHER, "deposits")[0].entry
    assert f"/audit/entries/{entry}" in audited
    assert client_of(hub, ACTORS["teller"]).get("/datasets").status_code == 403


def test_the_list_says_whose_turn_it_is(hub: Hub) -> None:
    listed = client_of(hub, ACTORS["steward"]).get("/datasets").text
    assert "Nobody said how long rows are kept" in listed
    assert "badge--warning" in listed


def test_the_steward_sets_retention_and_a_wrong_one_comes_back(fresh: Hub) -> None:
    client = client_of(fresh, ACTORS["steward"])
    assert waiting(fresh, ACTORS["steward"]) == ["rule"]
    wrong = client.post("/datasets/deposits/retention", data={"days": "soon", "reason": "帳簿の保存"})
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    assert "帳簿の保存" in wrong.text
    kept = client.post("/datasets/deposits/retention", data={"days": "30", "reason": "帳簿の保存"})
    assert "30 days" in kept.text
    assert waiting(fresh, ACTORS["steward"]) == []


def test_a_late_sweep_waits_for_the_steward(fresh: Hub, clock: ManualClock) -> None:
    fresh.gate.retention.set_rule(ACTORS["steward"], "deposits", 1, "短く")
    clock.advance(timedelta(days=2))
    assert waiting(fresh, ACTORS["steward"]) == []
    clock.advance(timedelta(days=2))
    assert waiting(fresh, ACTORS["steward"]) == ["sweep"]
    fresh.gate.retention.sweep()
    assert waiting(fresh, ACTORS["steward"]) == []
    page = client_of(fresh, WATCHER).get("/datasets/deposits").text
    assert "deleted, as their time was over" in page


def test_late_days_of_a_dataset_with_a_time_are_seen(fresh: Hub, clock: ManualClock) -> None:
    schema = pa.schema([pa.field("t", pa.timestamp("us", "UTC"), nullable=False), pa.field("n", pa.int64())])
    classes = dict.fromkeys(schema.names, SecrecyClass.NON_PERSONAL)
    fresh.gate.catalogue.add_dataset(Dataset("counts", BANK, Words("数", "Counts"), schema, classes, time="t"))
    fresh.gate.intake.take(
        KEEPER, "counts", pa.table({"t": pa.array([NOW], schema.field("t").type), "n": [1]}), "c", None
    )
    fresh.gate.retention.set_rule(ACTORS["steward"], "counts", 5, "短く")
    assert not fresh.gate.retention.is_overdue("counts")
    clock.advance(timedelta(days=9))
    assert fresh.gate.retention.is_overdue("counts")
    fresh.gate.retention.sweep()
    assert not fresh.gate.retention.is_overdue("counts")


def test_the_privacy_officer_registers_and_ends_versions(fresh: Hub) -> None:
    client = client_of(fresh, ACTORS["privacy"])
    wrong = client.post("/datasets/deposits/notices", data={**NOTICE, "purpose_en": " ", "starts": "2020-01-01"})
    assert wrong.status_code == 422
    assert "預金に使います。" in wrong.text
    assert client.post("/datasets/deposits/notices", data={**NOTICE, "starts": "2020-01-01"}).status_code == 422
    assert "version 2" in client.post("/datasets/deposits/notices", data=NOTICE).text
    for version in (1, 2):
        client.post(f"/datasets/deposits/notices/{version}/end")
    assert waiting(fresh, ACTORS["privacy"]) == ["notice"]
    form = client_of(fresh, KEEPER).get("/datasets/deposits/import").text
    assert "ask the privacy officer" in form


def test_only_the_officer_tells_and_only_the_steward_keeps(hub: Hub) -> None:
    assert client_of(hub, ACTORS["steward"]).post("/datasets/deposits/notices", data=NOTICE).status_code == 403
    kept = client_of(hub, ACTORS["privacy"]).post("/datasets/deposits/retention", data={"days": "3", "reason": "x"})
    assert kept.status_code == 403


def test_good_rows_are_looked_at_then_taken(hub: Hub) -> None:
    client = client_of(hub, KEEPER)
    preview = client.get(handed_in(client, HEAD + "100,5,2026-08-01,ア\n101,,,\n").headers["location"])
    assert "Take all 2 rows in" in preview.text
    before = hub.gate.lineage.total(KEEPER, "deposits").rows
    done = client.post(str(preview.url).partition("?")[0] + "/take", data={"notice": "1"})
    assert "The rows were taken in" in done.text
    assert hub.gate.lineage.total(KEEPER, "deposits").rows == before + 2
    assert list((hub.directory / "vault" / "pending_intakes").iterdir()) == []
    again = client.get(handed_in(client, HEAD + "100,5,2026-08-01,ア\n101,,,\n").headers["location"]).text
    assert "taken in before" in again
    assert "/take" not in again


def test_faults_are_shown_without_values_and_come_as_a_file(hub: Hub) -> None:
    client = client_of(hub, KEEPER)
    location = handed_in(client, HEAD + "secretvalue,5,,\n102,6,,\n,7,,\n").headers["location"]
    preview = client.get(location).text
    assert "Take the good rows in (1)" in preview
    assert "secretvalue" not in preview
    path, _, query = location.partition("?")
    file = client.get(f"{path}/faults.csv?{query}")
    assert "secretvalue" not in file.text
    assert [line.split(",")[0] for line in file.text.splitlines()] == ["\ufeffrow", "1", "3"]
    client.post(f"{path}/take", data={"notice": "1", "keep_good": "true"})
    assert hub.gate.lineage.intakes(KEEPER, "deposits")[0].left_out == 2


def test_a_file_waits_sealed_and_for_its_holder_alone(fresh: Hub, clock: ManualClock) -> None:
    client = client_of(fresh, KEEPER)
    location = handed_in(client, HEAD + "103,987654321,,\n").headers["location"]
    folder = fresh.directory / "vault" / "pending_intakes"
    (file,) = folder.iterdir()
    assert b"987654321" not in file.read_bytes()
    assert b"new.csv" not in file.read_bytes()
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    create_app(fresh)  # served anew, so it is gone
    assert client.get(location).status_code == 404
    location = handed_in(client, HEAD + "103,987654321,,\n").headers["location"]
    with pytest.raises(NotFoundError):
        fresh.gate.pending_intakes.get(OTHER, "deposits", location.rpartition("/")[2].partition("?")[0])
    clock.advance(timedelta(hours=1))
    assert client.get(location).status_code == 404
    assert list(folder.iterdir()) == []


def test_what_is_dropped_is_gone(hub: Hub) -> None:
    client = client_of(hub, KEEPER)
    location = handed_in(client, HEAD + "104,1,,\n").headers["location"]
    assert "the file was removed" in client.post(location.partition("?")[0] + "/drop").text
    assert client.get(location).status_code == 404


def test_every_form_that_is_taken_and_what_is_not(hub: Hub) -> None:
    client = client_of(hub, KEEPER)
    table, sink = pa.table({"person": pa.array([105], pa.uint32())}), io.BytesIO()
    pq.write_table(table, sink)
    assert handed_in(client, sink.getvalue(), "a.parquet").status_code == 303
    for content, name in ((b"x", "a.parquet"), (b"x", "a.xlsx"), (b"", "a.csv"), ("other\n1\n", "a.csv")):
        wrong = handed_in(client, content, name)
        assert wrong.status_code == 422
        assert 'role="alert"' in wrong.text
    assert handed_in(client, HEAD + "1,1,,\n", notice="").status_code == 422
    assert handed_in(client, b"x" * 1_200_000).status_code == 413
    assert client.post("/datasets/deposits/import", data={"file": "x"}).status_code == 400
