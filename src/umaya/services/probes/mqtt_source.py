"""Batches from an MQTT 5 broker: a lasting session, quality of service 1, acknowledgement by hand.

    topic      PREFIX/SOURCE: the last level names the source
    properties user property `sequence`: number of the batch; content type: its form
    refused    PREFIX-refused/SOURCE gets a JSON object for each message with a fault

MQTT delivers at least once, so a batch must have a number, beside it or in it: one without is refused. The broker sends
no more than may be in flight (receive maximum) and keeps the rest; what was not acknowledged when a connection ends, it
sends again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from umaya.services.probes.sources import (
    IN_FLIGHT,
    LAST_ANSWERS_S,
    LATER_S,
    Delivery,
    InFlight,
    number_of,
    refusal,
    unreachable,
)

LASTS_S: Final = 7 * 86_400
"""How long the broker keeps what comes while nobody listens."""
_QOS: Final = 1
_PATIENCE_S: Final = 0.2
_CONNECTED_S: Final = 10.0


@dataclass(frozen=True)
class MqttAddress:
    """Where batches come from.

    Attributes:
        host, port: of the broker.
        tls: whether the connection is protected.
        prefix: topics are `PREFIX/SOURCE`.
        client_id: of the lasting session; one process at a time.
        user, password: for the broker, or empty.
    """

    host: str
    port: int
    tls: bool = False
    prefix: str = "umaya/positions"
    client_id: str = "umaya"
    user: str = ""
    password: str = ""


class MqttSource:
    """Receives messages, as many as may be in flight.

    Args:
        address: where.
        in_flight: messages received and not answered, at most.
    """

    def __init__(self, address: MqttAddress, in_flight: int = IN_FLIGHT) -> None:
        self._address = address
        self._in_flight = in_flight
        self._arrived: queue.Queue[Delivery] = queue.Queue()
        self._waiting: queue.PriorityQueue[tuple[float, int, Delivery]] = queue.PriorityQueue()
        self._connection = 0
        self._count = 0
        self._open = InFlight()
        self._connected = threading.Event()
        self._fault = ""

    def deliveries(self, stop: threading.Event) -> Generator[Delivery, None, None]:
        """Yield messages until `stop` is set.

        Raises:
            InputError: when the broker cannot be reached at the beginning, or lets nobody in.
        """
        client = self._client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho types it not
        properties.SessionExpiryInterval = LASTS_S
        properties.ReceiveMaximum = self._in_flight
        try:
            client.connect(self._address.host, self._address.port, clean_start=False, properties=properties)
        except OSError as error:
            raise unreachable("mqtt") from error
        client.loop_start()
        try:
            if not self._connected.wait(_CONNECTED_S) or self._fault:
                raise unreachable("mqtt")
            while not stop.is_set():
                delivery = self._next()
                if delivery is not None:
                    self._open.add(1)
                    yield delivery
        finally:
            self._open.wait(LAST_ANSWERS_S)
            with suppress(ValueError, OSError):
                client.disconnect()
            client.loop_stop()

    def _client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, self._address.client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        if self._address.user:
            client.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.reconnect_delay_set(1, 30)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _more: Any) -> None:
        self._connection += 1  # the numbers of messages begin anew
        if code.is_failure:
            self._fault = "refused"
        else:
            client.subscribe(f"{self._address.prefix}/+", _QOS)
        self._connected.set()

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._arrived.put(self._delivery(client, message, self._connection))

    def _next(self) -> Delivery | None:
        """Return what is to be taken next: what was put off and is due, or what arrived."""
        if not self._waiting.empty() and self._waiting.queue[0][0] <= time.monotonic():
            return self._waiting.get()[2]
        try:
            return self._arrived.get(timeout=_PATIENCE_S)
        except queue.Empty:
            return None

    def _delivery(self, client: mqtt.Client, message: mqtt.MQTTMessage, connection: int) -> Delivery:
        told = dict(getattr(message.properties, "UserProperty", []) or [])
        source = message.topic.rsplit("/", 1)[-1]
        sequence = number_of(told.get("sequence"))

        def acknowledge() -> None:
            self._open.add(-1)
            if connection == self._connection:  # else the number may be another message's, and this one comes again
                client.ack(message.mid, message.qos)

        def refused(problem: str) -> None:
            told = refusal(source, sequence, problem)
            client.publish(f"{self._address.prefix}-refused/{source}", told, _QOS)
            acknowledge()

        def later() -> None:
            self._open.add(-1)
            if connection == self._connection:
                self._count += 1
                self._waiting.put((time.monotonic() + LATER_S, self._count, delivery))

        form = getattr(message.properties, "ContentType", "")
        delivery = Delivery(source, sequence, form, bytes(message.payload), acknowledge, refused, later, numbered=True)
        return delivery
