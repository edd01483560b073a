"""A live intake that is killed in the middle of its work goes on where it was: no passage is lost, none is doubled."""

from __future__ import annotations

import multiprocessing
import random
import time
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.gate.live_processes import BIKES, take_for_ever
from tests.gate.live_world import PHONES, LiveWorld, batch, in_vault, legs_in_vault, opened_world, seconds
from tests.gate.processes import SIGNER
from umaya.ledger import Ledger, check_ledger
from umaya.types.clock import SystemClock

pytestmark = pytest.mark.slow
SPAWN = multiprocessing.get_context("spawn")
KILLS = 4


def killed(url: str, folder: Path, first: int, answers: int, after_s: float) -> int:
    """Kill a process that takes rows in, so many seconds after so many answers; return the last number it answered."""
    hear, tell = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=take_for_ever, args=(url, folder, first, tell))
    process.start()
    tell.close()
    last = first
    for _ in range(answers):
        last = hear.recv()
    time.sleep(after_s)  # the moment is any, on a busy machine too; what was answered until then is known
    process.kill()  # SIGKILL: nothing is tidied up
    process.join()
    while hear.poll():
        try:
            last = hear.recv()
        except (EOFError, OSError):  # nothing more, or the end of an answer is missing
            break
    return last


def test_kill_9_again_and_again_loses_no_passage_and_doubles_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gate.db'}"
    database = migrated(url)
    ledger = Ledger.create(tmp_path / "ledger", SIGNER, SystemClock())
    LiveWorld(database, tmp_path / "vault", ledger).furnish_live()
    ledger.close()
    database.close()
    random.seed(9)
    last = 0
    for _ in range(KILLS):
        # the sender has heard of `last`, and sends again from a few before it, as nobody knows what was under way
        last = killed(url, tmp_path, max(0, last - 2), random.randint(4, 20), random.uniform(0, 0.05))
    ledger = Ledger.open(tmp_path / "ledger", SIGNER, SystemClock())
    world = opened_world(url, tmp_path, ledger)
    with world.gate.live_intake.open("live") as writer:
        for number in range(last, last + 3):
            writer.take(PHONES, 1, [batch(number, seconds(bike, number), bike) for bike in BIKES])
    assert last > KILLS, "the processes did nothing"
    assert in_vault(tmp_path / "vault") == sorted((bike, n) for bike in BIKES for n in range(last + 3))
    assert legs_in_vault(tmp_path / "vault") == sorted((bike, n) for bike in BIKES for n in range(last + 2))
    received = sum(
        entry.rows for entry in world.gate.lineage.intakes(world.gate.catalogue.actor("steward"), "live", limit=10_000)
    )
    assert received == len(BIKES) * (last + 3)
    world.database.close()
    ledger.close()
    assert check_ledger(tmp_path / "ledger", SIGNER.vkey).ok
