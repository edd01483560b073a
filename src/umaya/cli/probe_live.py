"""`umaya probe listen`: take positions into a hub as they arrive from a broker, until a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

import typer

from umaya.cli.common import As, HubFolder, opened_hub
from umaya.types.errors import InputError, Place

if TYPE_CHECKING:
    from umaya.services.probes.sources import Source

_MQTT, _NATS = {"mqtt": 1883, "mqtts": 8883}, {"nats": 4222, "tls": 4222}
DATASET = "bike-positions"


def listen(
    hub: HubFolder,
    actor: As,
    broker: Annotated[str, typer.Argument(help="mqtt://HOST[:PORT], mqtts://, nats:// or tls://, with USER@ if any.")],
    notice: Annotated[int, typer.Option(min=1, help="Version of the collection notice.")],
    dataset: Annotated[str, typer.Option(help="Dataset that the rows go into.")] = DATASET,
    prefix: Annotated[str, typer.Option(help="Topic or subject without its last part, the source.")] = "",
    stream: Annotated[str, typer.Option(help="NATS: the stream of JetStream.")] = "positions",
    name: Annotated[str, typer.Option(help="Under which the broker knows this hub.")] = "umaya",
    password_file: Annotated[Path | None, typer.Option(help="File whose first line is the password.")] = None,
) -> None:
    """Take positions in as they arrive from a broker; what waits there is kept until its rows are durable."""
    from umaya.services.probes.sources import Listener

    source = source_of(broker, prefix, stream, name, _password(password_file))
    with opened_hub(hub) as opened, _until_told_to_stop() as stop:
        person = opened.gate.catalogue.actor(actor)
        Listener(opened.probes, person, dataset, notice).listen(source, stop)
        figures = opened.probes.figures(dataset)
    typer.echo(f"{figures.taken_batches:,} batches with {figures.taken_rows:,} rows were taken in", err=True)


def source_of(broker: str, prefix: str, stream: str, name: str, password: str) -> Source:
    """Return the source that a broker's URL names.

    Raises:
        InputError: when the URL is of another kind, or what speaks with brokers is not installed.
    """
    url = urlsplit(broker)
    place = Place("broker")
    if url.password:
        raise InputError(place, "the URL holds a password, which others could read", "put it into a file")
    if url.scheme not in {*_MQTT, *_NATS} or not url.hostname:
        raise InputError(place, "the URL names no broker", "write mqtt://HOST, mqtts://HOST, nats://HOST or tls://HOST")
    try:
        if url.scheme in _MQTT:
            return _mqtt(url, prefix, name, password)
        return _nats(url, prefix, stream, name, password)
    except ImportError as error:
        raise InputError(place, "what speaks with brokers is not installed", "install `umaya[brokers]`") from error


def _mqtt(url: SplitResult, prefix: str, name: str, password: str) -> Source:
    from umaya.services.probes.mqtt_source import MqttAddress, MqttSource

    port, tls = url.port or _MQTT[url.scheme], url.scheme == "mqtts"
    given = {"prefix": prefix} if prefix else {}
    return MqttSource(
        MqttAddress(str(url.hostname), port, tls, client_id=name, user=url.username or "", password=password, **given)
    )


def _nats(url: SplitResult, prefix: str, stream: str, name: str, password: str) -> Source:
    from umaya.services.probes.nats_source import NatsAddress, NatsSource

    server = f"{url.scheme}://{url.hostname}:{url.port or _NATS[url.scheme]}"
    given = {"prefix": prefix} if prefix else {}
    return NatsSource(NatsAddress((server,), stream, durable=name, user=url.username or "", password=password, **given))


def _password(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Place(str(file)), "the file of the password cannot be read", "check its path") from error


@contextmanager
def _until_told_to_stop() -> Iterator[threading.Event]:
    """Yield an event that Ctrl+C or a polite signal sets; a second one ends the program at once."""
    stop = threading.Event()
    before = {}

    def tell(number: int, frame: object) -> None:
        del frame
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    with suppress(ValueError):  # not in the main thread: whoever runs it stops it otherwise
        before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
