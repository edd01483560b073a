"""Batches from NATS JetStream: a durable pull consumer with explicit acknowledgement.

    subject    PREFIX.SOURCE: the last token names the source
    headers    Umaya-Sequence: number of the batch; Content-Type: its form
    refused    PREFIX-refused.SOURCE gets a JSON object for each message with a fault

A message without a number of its own has that of its stream, which stays the same when it is delivered again; a stream
that is made anew counts anew, so the source is then told apart by the stream's name and when it was made.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig

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
from umaya.types.errors import InputError, Place

SEQUENCE: Final = "Umaya-Sequence"
_ACK_WAIT_S: Final = 60.0
_FETCH_S: Final = 0.5
_RETRY_S: Final = 1.0


@dataclass(frozen=True)
class NatsAddress:
    """Where batches are fetched.

    Attributes:
        servers: URLs, `nats://` or `tls://`.
        stream: of JetStream; made by whoever runs the broker.
        prefix: subjects are `PREFIX.SOURCE`.
        durable: name of the consumer: processes of one name share what comes, and it is kept while none is there.
        user, password: for the broker, or empty.
    """

    servers: tuple[str, ...]
    stream: str
    prefix: str = "umaya.positions"
    durable: str = "umaya"
    user: str = ""
    password: str = ""


class NatsSource:
    """Fetches messages from JetStream, as many as may be in flight.

    Args:
        address: where.
        in_flight: messages fetched and not answered, at most.
    """

    def __init__(self, address: NatsAddress, in_flight: int = IN_FLIGHT) -> None:
        self._address = address
        self._in_flight = in_flight
        self._open = InFlight()

    def deliveries(self, stop: threading.Event) -> Generator[Delivery, None, None]:
        """Yield messages until `stop` is set.

        Raises:
            InputError: when the broker cannot be reached at the beginning, or has no such stream.
        """
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="nats", daemon=True)
        thread.start()
        client: Client | None = None
        try:
            client = self._done(loop, self._connect())
            subscription = self._done(loop, self._subscribe(client))
            made = self._done(loop, self._made(client))
            while not stop.is_set():
                for message in self._done(loop, self._fetch(subscription, stop)):
                    yield self._delivery(loop, client, message, made)
        finally:
            if client is not None:
                self._open.wait(LAST_ANSWERS_S)
                with suppress(NatsError, OSError, TimeoutError):
                    self._done(loop, client.flush(2))
                with suppress(NatsError, OSError):
                    self._done(loop, client.close())
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    @staticmethod
    def _done(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def _connect(self) -> Client:
        given = {"user": self._address.user, "password": self._address.password} if self._address.user else {}

        async def quiet(error: Exception) -> None:
            """Take a fault of the connection as it is: the client connects again by itself."""
            del error

        try:
            return await nats.connect(
                list(self._address.servers),
                max_reconnect_attempts=-1,
                reconnect_time_wait=_RETRY_S,
                allow_reconnect=True,
                connect_timeout=5,
                error_cb=quiet,
                **given,
            )
        except (TimeoutError, NatsError, OSError) as error:
            raise unreachable("nats") from error

    async def _subscribe(self, client: Client) -> Any:
        config = ConsumerConfig(
            durable_name=self._address.durable,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=self._in_flight * 4,
        )
        try:
            return await client.jetstream().pull_subscribe(
                f"{self._address.prefix}.*", durable=self._address.durable, stream=self._address.stream, config=config
            )
        except (TimeoutError, NatsError) as error:
            place = Place("nats", field="stream")
            raise InputError(place, "the stream is not there or may not be read", "check its name") from error

    async def _made(self, client: Client) -> datetime | None:
        """Return when the stream was made."""
        try:
            return (await client.jetstream().stream_info(self._address.stream)).created
        except (TimeoutError, NatsError) as error:
            place = Place("nats", field="stream")
            raise InputError(place, "the stream says not when it was made", "let the hub ask for it") from error

    async def _fetch(self, subscription: Any, stop: threading.Event) -> list[Msg]:
        """Fetch as many messages as there is room for; none for a while where there is none or the broker is away."""
        room = self._in_flight - self._open.count
        if room <= 0:
            await asyncio.sleep(0.01)
            return []
        try:
            found: list[Msg] = await subscription.fetch(room, timeout=_FETCH_S)
        except (TimeoutError, NatsTimeoutError):
            return []
        except (NatsError, OSError):
            if not stop.is_set():
                await asyncio.sleep(_RETRY_S)
            return []
        self._open.add(len(found))
        return found

    def _delivery(
        self, loop: asyncio.AbstractEventLoop, client: Client, message: Msg, made: datetime | None
    ) -> Delivery:
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        source = message.subject.rsplit(".", 1)[-1]
        own = number_of(headers.get(SEQUENCE.lower()))
        sequence = message.metadata.sequence.stream if own is None else own

        def answer(make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
            if not loop.is_closed():  # else the message comes again, and is known by its number
                asyncio.run_coroutine_threadsafe(_quietly(make), loop).add_done_callback(lambda _: self._open.add(-1))

        def refused(problem: str) -> None:
            told, subject = refusal(source, sequence, problem), f"{self._address.prefix}-refused.{source}"
            answer(lambda: _tell_and_end(client, subject, told, message))

        return Delivery(
            counted_by(source, self._address.stream, made) if own is None else source,
            sequence,
            headers.get("content-type", ""),
            message.data,
            taken=lambda: answer(message.ack),
            refused=refused,
            later=lambda: answer(lambda: message.nak(delay=LATER_S)),
        )


def counted_by(source: str, stream: str, made: datetime | None) -> str:
    """Return the name of a source whose messages a stream counts that was made at a moment."""
    return f"{source} ({stream}, {'' if made is None else made.isoformat()})"


async def _tell_and_end(client: Client, subject: str, told: bytes, message: Msg) -> None:
    """Tell the sender, then end the message: it would never be taken."""
    await client.publish(subject, told)
    await client.flush()
    await message.term()


async def _quietly(make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Answer; where the broker is away the message comes again, and is known by its number."""
    with suppress(NatsError, OSError, TimeoutError):
        await make()
