"""Throw-away brokers for the tests: the system's mosquitto and nats-server, each on a free port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL = Path(__file__).resolve().parent.parent / "scripts" / "brokers.sh"


@dataclass
class Broker:
    """A running broker.

    Attributes:
        port: that it listens on, of 127.0.0.1.
        folder: where it keeps what must survive it.
    """

    port: int
    folder: Path
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None, "the broker ended at once"
            assert time.monotonic() < until, "the broker does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it: nothing is tidied up."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def program(name: str) -> str:
    """Return the path of a broker's program, installed where that is possible; skips the test where it is not."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    if shutil.which(name, path=path) is None:
        subprocess.run(["sh", str(INSTALL)], check=False, capture_output=True, timeout=240)
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is not installed and cannot be: install it, or run as root on Debian")
    return found


@contextmanager
def nats(folder: Path) -> Iterator[Broker]:
    """Run nats-server with JetStream in a folder."""
    port = _free_port()
    command = [program("nats-server"), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder)]
    with _running(Broker(port, folder, command)) as broker:
        yield broker


@contextmanager
def mosquitto(folder: Path) -> Iterator[Broker]:
    """Run mosquitto with its persistence in a folder."""
    port = _free_port()
    known = f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
    user = "user root\n" if os.geteuid() == 0 else ""
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n{user}{known}")
    with _running(Broker(port, folder, [program("mosquitto"), "-c", str(settings)])) as broker:
        yield broker


@contextmanager
def _running(broker: Broker) -> Iterator[Broker]:
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
