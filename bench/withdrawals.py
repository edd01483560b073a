"""How soon a withdrawal binds every process: `python bench/withdrawals.py --json [--quick] [--postgres URL]`.

People withdraw at a steady rate through one process (as an API server has it: one thread for each request), while
other processes decide all the time. Measured is, for each withdrawal, from the moment it was due until (a) the call
returned, after which no process can decide otherwise, and (b) every other process had decided with it. The database
holds --people people who consented before; the ledger is the hub's own, on disk, signed and flushed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from umaya.gate import Gate, Party, Words
from umaya.gate.people import Channel, Side, Topic
from umaya.gate.roles import CLERK, PRIVACY_OFFICER
from umaya.law import ConsentTier, day_in_japan
from umaya.ledger import Ed25519Signer, Ledger
from umaya.stores.database import Database
from umaya.types.classes import SecrecyClass
from umaya.types.clock import SystemClock
from umaya.types.site import Actor

TOPIC = "savings-to-cover"
SIGNER = Ed25519Signer.from_seed("bench.example/umaya", bytes(32))
ACTOR = Actor("clerk", "窓口", "bank", frozenset({CLERK, PRIVACY_OFFICER}))
THREADS = 200
WATCHERS = 2
PAUSE_S = 0.005
"""Between two decisions of a watching process."""


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Gate]:
    """Yield the gate of a process that opens the hub in a folder."""
    database, clock = Database.open(url), SystemClock()
    yield Gate(database, Ledger.open(folder / "ledger", SIGNER, clock), folder / "vault", {}, clock)
    database.close()


def furnish(url: str, folder: Path, people: int) -> None:
    """Make a hub in which so many people have consented to one topic."""
    database = Database.open(url)
    database.migrate()
    database.close()
    Ledger.create(folder / "ledger", SIGNER, SystemClock())
    file = folder / "campaign.parquet"
    pq.write_table(pa.table({"person": np.arange(people, dtype=np.uint32)}), file)
    words = Words("同意", "Consent")
    with opened(url, folder) as gate:
        gate.catalogue.add_party(Party("bank", Words("銀行", "Bank"), "bank"))
        gate.catalogue.add_party(Party("cover", Words("保険", "Cover"), "insurer"))
        gate.catalogue.add_actor(ACTOR)
        sides = Side("bank", "banking"), Side("cover", "insurance")
        kinds = (SecrecyClass.FINANCIAL,)
        gate.topics.add(ACTOR, Topic(TOPIC, words, ConsentTier.STATED_PERIOD, *sides, kinds, words))
        gate.topics.add_text(ACTOR, TOPIC, words, words, valid_days=365)
        gate.consents.campaign(ACTOR, TOPIC, 1, file)


def watch(url: str, folder: Path, withdrawals: int, tell: Connection) -> None:
    """Decide again and again; tell when each person was first seen to have withdrawn. One more withdraws beforehand."""
    seen = np.zeros(withdrawals + 1)
    with opened(url, folder) as gate:
        known = gate.projection.latest().topic(TOPIC, day_in_japan(SystemClock().now())).withdrawn
        tell.send("ready")
        while len(known) <= withdrawals:
            now = gate.projection.latest().topic(TOPIC, day_in_japan(SystemClock().now())).withdrawn
            if len(now) > len(known):
                seen[np.array(now - known, dtype=np.int64)] = time.monotonic()
                known = now
            time.sleep(PAUSE_S)
    tell.send(seen[:withdrawals])


def withdraw(url: str, folder: Path, rate: float, withdrawals: int) -> tuple[Any, Any]:
    """Withdraw people 0, 1, 2, ... at a steady rate; return when each was due and when its call returned."""
    due = np.arange(withdrawals) / rate
    returned = np.zeros(withdrawals)
    numbers = count()

    def work(gate: Gate) -> None:
        while (person := next(numbers)) < withdrawals:
            time.sleep(max(0.0, due[person] - time.monotonic()))
            gate.consents.withdraw(ACTOR, person, TOPIC, Channel.APP)
            returned[person] = time.monotonic()

    with opened(url, folder) as gate:
        gate.consents.withdraw(ACTOR, withdrawals, TOPIC, Channel.APP)  # as a server that has run for a while
        threads = [threading.Thread(target=work, args=(gate,)) for _ in range(THREADS)]
        due += time.monotonic() + 0.5
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return due, returned


def measure(url: str, folder: Path, people: int, rate: float = 1000.0, seconds: float = 10.0) -> dict[str, float]:
    """Return the figures of one run on a fresh database (URL) and an empty folder, milliseconds."""
    furnish(url, folder, people)
    withdrawals = int(rate * seconds)
    spawn = multiprocessing.get_context("spawn")
    hears, processes = [], []
    for _ in range(WATCHERS):
        hear, tell = spawn.Pipe(duplex=False)
        processes.append(spawn.Process(target=watch, args=(url, folder, withdrawals, tell)))
        processes[-1].start()
        hears.append(hear)
    for hear in hears:
        hear.recv()
    due, returned = withdraw(url, folder, rate, withdrawals)
    seen = np.max([hear.recv() for hear in hears], axis=0)
    for process in processes:
        process.join()
    figures = {"people": float(people), "rate_per_s": withdrawals / (returned.max() - due.min())}
    for name, moments in (("withdraw_ms", returned), ("withdraw_seen_ms", seen)):
        for share in (50, 99, 100):
            key = f"{name}_max" if share == 100 else f"{name}_p{share}"
            figures[key] = float(np.percentile(1000 * (moments - due), share))
    return {key: round(value, 2) for key, value in figures.items()}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--people", type=int, default=10_000_000)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--postgres", help="URL of an empty database; SQLite without it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.postgres or f"sqlite:///{Path(folder) / 'hub.db'}"
        figures = measure(url, Path(folder), given.people, given.rate, 5.0 if given.quick else 20.0)
    for name, value in figures.items():
        print(f"{name:<24}{value:>14,.2f}")
    if given.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
