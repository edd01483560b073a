"""Positions come in by HTTP: Arrow or JSON, answered when durable, once for each number, refused with reasons."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pytest
from httpx2 import Response

from tests.services.probes.hubs import COLLECTOR, FEED, QUAKE, Town, arrow, as_json, in_vault, make_town, open_town
from tests.web.clients import TestClient, client_of
from umaya.gate.intake import Batch, LiveWriter
from umaya.gate.record import NotRecordedError
from umaya.sample.setup import PEOPLE
from umaya.services.probes import sources
from umaya.services.probes.batches import ARROW, JSON, read_batch
from umaya.services.probes.service import FullError, ProbeService
from umaya.services.probes.sources import Delivery, Listener

ADDRESS = "/api/v1/probes/positions"
LONE = "\ud800"  # half of a pair: JSON can write it, UTF-8 cannot


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all of these tests; each test has a vehicle of its own."""
    folder = tmp_path_factory.mktemp("live") / "hub"
    opened = open_town(folder, make_town(folder))
    opened.warm()
    opened.hub.probes._tick_s = 0.0
    yield opened
    opened.hub.close()


@pytest.fixture
def client(town: Town) -> TestClient:
    found = client_of(town.hub, COLLECTOR)
    found.event_hooks = {"request": [], "response": []}
    return found


def send(client: TestClient, content: bytes, form: str = ARROW, **query: Any) -> Response:
    said = {"notice": 1, **query}
    headers = {"Content-Type": form, "Accept": "application/json"}
    return client.post(ADDRESS, params=said, content=content, headers=headers)


def points(vehicle: str, count: int = 3, start: int = 0) -> pa.Table:
    at = [QUAKE + timedelta(seconds=start + n) for n in range(count)]
    t = pa.array(at, pa.timestamp("us", tz="UTC"))
    return pa.table({"vehicle_id": [vehicle] * count, "t": t, "lon": [136.8] * count, "lat": [36.2] * count})


def of(town: Town, vehicle: str) -> int:
    return sum(name == vehicle for name, _ in in_vault(town.hub))


def test_a_batch_is_durable_and_in_the_ledger_when_it_is_answered(town: Town, client: TestClient) -> None:
    answer = send(client, arrow(points("arrow")), source="north", sequence=1)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["rows"], answer.json()["repeated"]) == (3, False)
    assert of(town, "arrow") == 3
    (latest, *_) = town.hub.gate.lineage.intakes(PEOPLE["post-steward"], "bike-positions")
    assert (latest.id, latest.source, latest.collection) == (answer.json()["intake"], "north", 1)


@pytest.mark.parametrize("form", [ARROW, JSON])
def test_a_batch_may_say_itself_from_where_it_is_and_its_number(town: Town, client: TestClient, form: str) -> None:
    name = f"itself-{'arrow' if form == ARROW else 'json'}"
    made = arrow if form == ARROW else as_json
    for repeated in (False, True):
        answer = send(client, made(points(name), source=name, sequence="4"), form)
        assert answer.json()["repeated"] is repeated, answer.text
    assert of(town, name) == 3


def test_json_and_arrow_of_the_same_rows_are_the_same_batch(town: Town, client: TestClient) -> None:
    send(client, as_json(points("both")), JSON, source="both", sequence=0)
    again = send(client, arrow(points("both")), source="both", sequence=0)
    assert again.json()["repeated"] is True
    assert of(town, "both") == 3


def test_an_idempotency_key_serves_a_sender_that_numbers_nothing(town: Town, client: TestClient) -> None:
    content, headers = arrow(points("key")), {"Content-Type": ARROW, "Idempotency-Key": "a-key-of-its-own"}
    first, again = (
        client.post(ADDRESS, params={"notice": 1, "source": "key"}, content=content, headers=headers) for _ in range(2)
    )
    assert first.json() == again.json()
    assert of(town, "key") == 3


WRONG: list[tuple[str, Any, str]] = [
    ("no zone", {"t": "2026-11-18T09:00:00"}, "t"),
    ("no time", {"t": "nine o'clock"}, "t"),
    ("number for a time", {"t": 1_790_000_000}, "t"),
    ("text for a number", {"lon": "136.8-secret"}, "lon"),
    ("true for a number", {"lon": True}, "lon"),
    ("no vehicle", {"vehicle_id": None}, "vehicle_id"),
    ("out of range", {"lat": 136.8}, "lat"),
    ("huge", {"lon": 10**400}, "lon"),
]


@pytest.mark.parametrize(("change", "field"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_a_wrong_row_is_named_with_its_field_and_never_its_value(
    town: Town, client: TestClient, change: dict[str, Any], field: str
) -> None:
    rows = json.loads(as_json(points("wrong")))["positions"]
    rows[1] |= change
    answer = send(client, json.dumps({"positions": rows}).encode(), JSON, source="wrong", sequence=1)
    assert answer.status_code == 422
    assert answer.json()["place"] == {"file": "wrong", "row": 2, "field": field}
    assert "secret" not in answer.text
    assert of(town, "wrong") == 0


BROKEN = [
    (b"not an arrow stream", ARROW, 422),
    (b"{", JSON, 422),
    (b"[]", JSON, 422),
    (b'{"positions": [1]}', JSON, 422),
    (b'{"positions": [{"vehicle_id": "a", "where": 1}]}', JSON, 422),
    (b'{"positions": [], "more": 1}', JSON, 422),
    (b'{"positions": [{"lon": NaN}]}', JSON, 422),
    (b"[" * 100_000, JSON, 422),
    (b"a,b", "text/csv", 415),
    (b"x" * 16_000_001, ARROW, 413),
]


@pytest.mark.parametrize(("content", "form", "status"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_batch_is_refused(client: TestClient, content: bytes, form: str, status: int) -> None:
    assert send(client, content, form, source="broken").status_code == status


def test_a_batch_names_its_source_and_a_number_is_a_number(client: TestClient) -> None:
    assert send(client, arrow(points("nameless"))).json()["place"]["field"] == "source"
    answer = send(client, as_json(points("nameless"), source="nameless", sequence="seven"), JSON)
    assert answer.json()["place"]["field"] == "sequence"


def test_only_the_owners_operator_sends_and_only_for_a_purpose(town: Town, client: TestClient) -> None:
    stranger = client_of(town.hub, PEOPLE["city-officer"])
    assert send(stranger, arrow(points("stranger")), source="x").status_code == 403
    answer = client.post(ADDRESS, params={"source": "x"}, content=arrow(points("x")), headers={"Content-Type": ARROW})
    assert answer.status_code == 422
    assert "purpose" in answer.json()["detail"]
    assert client_of(town.hub).post(ADDRESS, headers={"Accept": "application/json"}).status_code == 401


def test_a_full_queue_says_when_to_come_again_and_loses_nothing(
    town: Town, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken while the door is held; afterwards all that was accepted is there, and what was not is not."""
    service = ProbeService(town.hub.gate, most_rows=10, tick_s=0.0)
    held, real = threading.Event(), LiveWriter.take
    monkeypatch.setattr(LiveWriter, "take", lambda *given: held.wait(120) and real(*given))
    town.hub.probes.close()
    monkeypatch.setattr(town.hub.probes, "_lane", service._lane)
    answers: list[Response] = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(send(client, arrow(points("full", 6, 6 * n)), source="full", sequence=n))
        )
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(6000):
        if len(answers) >= 2:
            break
        held.wait(0.01)
    assert [answer.status_code for answer in answers] == [429, 429]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
    held.set()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]
    assert of(town, "full") == 12
    service.close()
    monkeypatch.undo()
    town.hub.probes._closed = False


def test_what_could_not_be_made_durable_is_told_and_may_be_sent_again(
    town: Town, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*given: Any) -> None:
        raise OSError("no space left on device, near somebody's row")

    real = LiveWriter.take
    monkeypatch.setattr(LiveWriter, "take", full_disk)
    answer = send(client, arrow(points("disk")), source="disk", sequence=0)
    assert answer.status_code == 503
    assert "somebody" not in answer.text
    monkeypatch.setattr(LiveWriter, "take", real)
    assert send(client, arrow(points("disk")), source="disk", sequence=0).status_code == 200
    assert of(town, "disk") == 3
    assert issubclass(NotRecordedError, Exception)


def test_the_state_of_the_intake_is_for_the_owner(town: Town, client: TestClient) -> None:
    send(client, arrow(points("state")), source="state", sequence=0)
    said = client.get(ADDRESS).json()
    assert (said["derived"], said["waiting_rows"]) == ("bike-traversals", 0)
    assert said["taken_rows"] >= 3
    assert said["final_until"] is not None
    assert client_of(town.hub, PEOPLE["city-officer"]).get(ADDRESS).status_code == 403


def with_value(field: str, value: Any) -> bytes:
    rows = json.loads(as_json(points("odd")))["positions"]
    rows[1][field] = value
    return json.dumps({"source": "odd", "sequence": 1, "positions": rows}).encode()


@pytest.mark.parametrize("field", ["vehicle_id", "t"])
def test_a_text_that_is_no_unicode_is_a_fault_of_its_row(client: TestClient, field: str) -> None:
    answer = send(client, with_value(field, f"secret{LONE}"), JSON)
    assert answer.status_code == 422, answer.text
    assert answer.json()["place"] == {"file": "odd", "row": 2, "field": field}
    assert "secret" not in answer.text


class Given:
    """A broker that hands over what a test gives it, and notes the answers."""

    def __init__(self, *contents: bytes) -> None:
        self.contents = contents
        self.told: list[tuple[int, str]] = []

    def deliveries(self, stop: threading.Event) -> Generator[Delivery, None, None]:
        for at, content in enumerate(self.contents):
            taken, later = partial(self._tell, at, "taken"), partial(self._tell, at, "later")
            yield Delivery("given", at, "", content, taken, partial(self._tell, at), later)

    def _tell(self, at: int, told: str) -> None:
        self.told.append((at, told))


def test_the_listener_lives_on_after_a_message_that_it_cannot_read(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Also after one whose fault nobody foresaw: it is refused, and its type alone is logged."""

    def falling(content: bytes, *given: Any) -> Batch:
        if content == b"{unforeseen":
            raise RuntimeError("near somebody's row")
        return read_batch(content, *given)

    monkeypatch.setattr(sources, "read_batch", falling)
    broker = Given(with_value("vehicle_id", LONE), b"{unforeseen", arrow(points("lives-on")))
    town.hub.probes.close()
    service = ProbeService(town.hub.gate, tick_s=0.0)
    Listener(service, FEED, "bike-positions", 1).listen(broker, threading.Event())
    service.close()
    town.hub.probes._closed = False
    told = dict(broker.told)
    assert "row 2: field `vehicle_id`" in told[0]
    assert "cannot be read" in told[1]
    assert told[2] == "taken"
    assert "RuntimeError" in caplog.text
    assert "somebody" not in caplog.text + told[1]
    assert sum(name == "lives-on" for name, _ in in_vault(town.hub)) == 3


def test_the_bytes_that_wait_are_bounded_as_the_rows_are(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    held, real = threading.Event(), LiveWriter.take
    monkeypatch.setattr(LiveWriter, "take", lambda *given: held.wait(120) and real(*given))
    town.hub.probes.close()
    long = "v" * 1000
    sent = [Batch("bytes", n, points(long, 3, 4 * n)) for n in range(3)]
    service = ProbeService(town.hub.gate, most_bytes=sent[0].rows.nbytes * 2 - 1, tick_s=10.0)

    def offer(one: Batch) -> Any:
        return service.offer(FEED, "bike-positions", 1, one)

    first = offer(sent[0])
    for _ in range(6000):
        if service.figures("bike-positions").waiting_batches == 0:
            break
        held.wait(0.01)
    second = offer(sent[1])  # larger than what is left, but it waits alone
    with pytest.raises(FullError):
        offer(sent[2])
    assert service.figures("bike-positions").full == 1
    held.set()
    assert first.result(20).rows == 3
    service.close()
    assert second.result(20).rows == 3
    town.hub.probes._closed = False
