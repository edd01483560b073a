"""Positions come in from real brokers: acknowledged when durable, once each, refused with reasons, never lost."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import nats
import paho.mqtt.client as mqtt
import pyarrow as pa
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests import brokers
from tests.services.probes.hubs import FEED, Town, arrow, as_json, in_vault, make_town, open_town
from tests.services.probes.test_http import points
from umaya.gate.intake import LiveWriter
from umaya.services.probes.mqtt_source import MqttAddress, MqttSource
from umaya.services.probes.nats_source import NatsAddress, NatsSource
from umaya.services.probes.service import ProbeService
from umaya.services.probes.sources import Listener, Source

pytestmark = pytest.mark.broker
DATASET = "bike-positions"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("brokers") / "hub"
    opened = open_town(folder, make_town(folder))
    opened.warm()
    yield opened
    opened.hub.close()


class Station(Protocol):
    """A broker as a sender and the hub see it."""

    broker: brokers.Broker

    def send(self, source: str, sequence: int | None, content: bytes) -> None: ...
    def refusals(self) -> list[dict[str, Any]]: ...
    def source(self) -> Source: ...
    def unanswered(self) -> int: ...
    def keeps(self, content: bytes) -> bool: ...


class NatsStation:
    """JetStream."""

    def __init__(self, broker: brokers.Broker) -> None:
        self.broker = broker
        self._url = f"nats://127.0.0.1:{broker.port}"
        self._run(self._prepare)

    def anew(self) -> None:
        """Remove the stream and make it again: it counts from 1."""

        async def remove(client: Any) -> None:
            await client.jetstream().delete_stream("positions")
            await client.jetstream().add_stream(name="positions", subjects=["umaya.positions.*"])

        self._run(remove)

    def _run(self, work: Callable[[Any], Any]) -> Any:
        async def connected() -> Any:
            client = await nats.connect(self._url)
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    async def _prepare(self, client: Any) -> None:
        await client.jetstream().add_stream(name="positions", subjects=["umaya.positions.*"])
        await client.jetstream().add_stream(name="refused", subjects=["umaya.positions-refused.*"])

    def send(self, source: str, sequence: int | None, content: bytes) -> None:
        headers = None if sequence is None else {"Umaya-Sequence": str(sequence)}
        subject = f"umaya.positions.{source}"
        self._run(lambda client: client.jetstream().publish(subject, content, headers=headers))

    def refusals(self) -> list[dict[str, Any]]:
        async def read(client: Any) -> list[dict[str, Any]]:
            told = await client.jetstream().pull_subscribe("umaya.positions-refused.*", durable="reader")
            try:
                return [json.loads(one.data) for one in await told.fetch(10, timeout=0.5)]
            except nats.errors.TimeoutError:
                return []

        return list(self._run(read))

    def source(self) -> Source:
        return NatsSource(NatsAddress((self._url,), "positions"))

    def unanswered(self) -> int:
        async def ask(client: Any) -> int:
            told = await client.jetstream().consumer_info("positions", "umaya")
            return int(told.num_ack_pending + told.num_pending)

        return int(self._run(ask))

    def keeps(self, content: bytes) -> bool:
        del content
        return True  # what JetStream acknowledged is on disk


class MqttStation:
    """Mosquitto."""

    def __init__(self, broker: brokers.Broker) -> None:
        self.broker = broker
        self._refused: list[dict[str, Any]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "sender", protocol=mqtt.MQTTv5)
        self._client.on_message = lambda _client, _data, message: self._refused.append(json.loads(message.payload))
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe("umaya/positions-refused/+", 1)
        self._client.loop_start()
        for _ in range(2):  # the session is there before the first message is
            listener = MqttSource(self._address())
            stop = threading.Event()
            stop.set()
            assert list(listener.deliveries(stop)) == []

    def _address(self) -> MqttAddress:
        return MqttAddress("127.0.0.1", self.broker.port)

    def send(self, source: str, sequence: int | None, content: bytes) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if sequence is not None:
            properties.UserProperty = ("sequence", str(sequence))
        until(self._client.is_connected)
        told = self._client.publish(f"umaya/positions/{source}", content, 1, properties=properties)
        told.wait_for_publish(10)

    def refusals(self) -> list[dict[str, Any]]:
        time.sleep(0.2)
        return list(self._refused)

    def source(self) -> Source:
        return MqttSource(self._address())

    def unanswered(self) -> int:
        return 0  # mosquitto does not tell

    def keeps(self, content: bytes) -> bool:
        """Return whether a message is on disk; mosquitto writes a moment after it has acknowledged."""
        kept = self.broker.folder / "mosquitto.db"
        return kept.exists() and content in kept.read_bytes()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(params=["nats", "mqtt"])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    if request.param == "nats":
        with brokers.nats(tmp_path) as broker:
            yield NatsStation(broker)
    else:
        with brokers.mosquitto(tmp_path) as broker:
            made = MqttStation(broker)
            yield made
            made.close()


@contextmanager
def listening(town: Town, source: Source, service: ProbeService | None = None) -> Iterator[None]:
    """Listen in a thread; what the listener raises fails the test."""
    probes = service or ProbeService(town.hub.gate, tick_s=0.0)
    stop, faults = threading.Event(), []

    def listen() -> None:
        try:
            Listener(probes, FEED, DATASET, 1).listen(source, stop)
        except Exception as error:
            faults.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        probes.close()
    assert faults == []


def seen(town: Town, vehicle: str) -> int:
    return sum(name == vehicle for name, _ in in_vault(town.hub))


def until(holds: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_messages_are_taken_once_acknowledged_and_refused_with_reasons(town: Town, station: Station) -> None:
    name = type(station).__name__.lower()
    wrong = points(name).set_column(2, "lon", pa.array([136.8, 999.0, 136.8]))
    station.send(name, 1, arrow(points(name)))
    station.send(name, 1, arrow(points(name)))
    station.send(f"south-{name}", 1, as_json(points(name, 2, 50)))
    station.send(name, 2, arrow(wrong))
    station.send(name, 3, b"no batch at all")
    with listening(town, station.source()):
        until(lambda: seen(town, name) == 5)
        told: dict[int, str] = {}
        while len(told) < 2:
            told |= {one["sequence"]: one["problem"] for one in station.refusals()}
        until(lambda: station.unanswered() == 0)
    assert seen(town, name) == 5
    assert "row 2: field `lon`" in told[2]
    assert "999" not in told[2]
    assert "no Arrow IPC stream" in told[3]


def test_what_comes_while_nobody_listens_or_the_broker_falls_is_there_afterwards(town: Town, station: Station) -> None:
    name = f"again-{type(station).__name__.lower()}"
    with listening(town, station.source()):
        station.send(name, 1, arrow(points(name, 3, 0)))
        until(lambda: seen(town, name) == 3)
    second = arrow(points(name, 3, 10))
    station.send(name, 2, second)
    until(lambda: station.keeps(second))
    station.broker.kill()
    station.broker.start()
    with listening(town, station.source()):
        until(lambda: seen(town, name) == 6)
        station.broker.kill()
        station.broker.start()
        station.send(name, 3, arrow(points(name, 3, 20)))
        until(lambda: seen(town, name) == 9)
    assert seen(town, name) == 9


def test_what_cannot_be_made_durable_is_not_acknowledged_and_comes_again(
    town: Town, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"later-{type(station).__name__.lower()}"
    real = LiveWriter.take
    failures: list[int] = []

    def failing(*given: Any) -> Any:
        if len(failures) < 2:
            failures.append(1)
            raise OSError("no space left")
        return real(*given)

    monkeypatch.setattr(LiveWriter, "take", failing)
    station.send(name, 1, arrow(points(name)))
    with listening(town, station.source()):
        until(lambda: seen(town, name) == 3)
    assert len(failures) == 2


def test_a_full_queue_leaves_messages_with_the_broker(
    town: Town, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times as much as may wait is sent while nothing is taken; nothing is refused, and all of it is there."""
    name = f"full-{type(station).__name__.lower()}"
    held, real = threading.Event(), LiveWriter.take
    monkeypatch.setattr(LiveWriter, "take", lambda *given: held.wait(120) and real(*given))
    service = ProbeService(town.hub.gate, most_rows=6, tick_s=0.0)
    for number in range(20):
        station.send(name, number, arrow(points(name, 3, 10 * number)))
    with listening(town, station.source(), service):
        until(lambda: service.figures(DATASET).full > 0)
        assert service.figures(DATASET).waiting_rows <= 6 + 3
        held.set()
        until(lambda: seen(town, name) == 60)
        assert station.refusals() == []


def test_mqtt_delivers_twice_at_times_so_a_batch_without_a_number_is_refused(town: Town, tmp_path: Path) -> None:
    with brokers.mosquitto(tmp_path) as broker:
        station = MqttStation(broker)
        station.send("nameless", None, arrow(points("nameless")))
        with listening(town, station.source()):
            until(lambda: bool(station.refusals()))
        station.close()
    assert "no number" in station.refusals()[0]["problem"]
    assert seen(town, "nameless") == 0


def test_a_nats_message_without_a_number_has_that_of_its_stream(town: Town, tmp_path: Path) -> None:
    with brokers.nats(tmp_path) as broker:
        station = NatsStation(broker)
        station.send("streamed", None, arrow(points("streamed")))
        station.send("streamed", None, arrow(points("streamed", 2, 30)))
        with listening(town, station.source()):
            until(lambda: seen(town, "streamed") == 5)


def test_a_stream_that_is_made_anew_counts_anew_and_none_of_its_batches_is_taken_for_an_old_one(
    town: Town, tmp_path: Path
) -> None:
    with brokers.nats(tmp_path) as broker:
        station = NatsStation(broker)
        station.send("renewed", None, arrow(points("renewed")))
        with listening(town, station.source()):
            until(lambda: seen(town, "renewed") == 3)
        station.anew()
        station.send("renewed", None, arrow(points("renewed", 2, 30)))
        with listening(town, station.source()):
            until(lambda: seen(town, "renewed") == 5)
