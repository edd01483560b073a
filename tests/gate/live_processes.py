"""What the processes of the live intake's tests do: take rows in as a program would, until they are killed."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from tests.gate.live_world import PHONES, batch, opened_world, seconds
from tests.gate.processes import SIGNER
from umaya.gate.intake import live
from umaya.ledger import Ledger
from umaya.types.clock import SystemClock

BIKES = ("a", "b", "c")


def take_for_ever(url: str, folder: Path, first: int, tell: Connection) -> None:
    """Take one batch after another in, each with the next second of every bike, and tell each that was answered."""
    live.STATE_EVERY = 5
    world = opened_world(url, folder, Ledger.open(folder / "ledger", SIGNER, SystemClock()))
    with world.gate.live_intake.open("live") as writer:
        for number in range(first, 1_000_000):
            writer.take(PHONES, 1, [batch(number, seconds(bike, number), bike) for bike in BIKES])
            tell.send(number)
