"""The program that listens is killed in the middle of its work, more than once: every passage is there, once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nats
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests import brokers
from tests.services.probes.hubs import FEED, Town, arrow, in_vault, make_town, open_town, traversals
from umaya.places.live import LiveMatching
from umaya.types.schemas import POSITIONS

pytestmark = [pytest.mark.broker, pytest.mark.slow]
RIDES = {"bike-1": "2ABCFEDABEF3", "bike-2": "3FEBADEFCBA2", "bike-3": "2ADEBCFEB4"}
BATCH_S = 4
QUIET = timedelta(minutes=40)
"""Longer than any lot is waited for, however slowly the positions came."""


def rides(town: Town, start: datetime) -> pa.Table:
    parts = [town.ride(streets, bike, start) for bike, streets in RIDES.items()]
    whole = pa.concat_tables(parts)
    for name in POSITIONS.names[4:]:
        whole = whole.append_column(name, pa.nulls(whole.num_rows, POSITIONS.field(name).type))
    return whole.cast(POSITIONS)


def as_batches(rows: pa.Table, start: datetime) -> list[bytes]:
    last = pc.max(rows.column("t")).as_py()
    edges = [start + timedelta(seconds=n) for n in range(0, int((last - start).total_seconds()) + BATCH_S, BATCH_S)]
    spans = [(pc.field("t") >= at) & (pc.field("t") < at + timedelta(seconds=BATCH_S)) for at in edges]
    return [arrow(rows.filter(span)) for span in spans if rows.filter(span).num_rows]


def sent(url: str, batches: list[bytes]) -> None:
    async def send() -> None:
        client = await nats.connect(url)
        stream = client.jetstream()
        await stream.add_stream(name="positions", subjects=["umaya.positions.*"])
        for number, content in enumerate(batches):
            headers = {"Umaya-Sequence": str(number)}
            for _ in range(1 + number % 3):  # senders repeat themselves
                await stream.publish("umaya.positions.phones", content, headers=headers)
        await client.close()

    asyncio.run(send())


def unanswered(url: str) -> int:
    async def ask() -> int:
        client = await nats.connect(url)
        try:
            told = await client.jetstream().consumer_info("positions", "umaya")
        except nats.js.errors.NotFoundError:
            return -1
        finally:
            await client.close()
        return int(told.num_ack_pending + told.num_pending)

    return asyncio.run(ask())


def listener(folder: Path, url: str) -> subprocess.Popen[bytes]:
    command = ["probe", "listen", url, "--hub", str(folder), "--as", FEED.id, "--notice", "1"]
    return subprocess.Popen(
        [sys.executable, "-c", "from umaya.cli import main; main()", *command], stderr=subprocess.PIPE
    )


def driven(rows: list[Any]) -> dict[str, list[tuple[int, bool]]]:
    """Return for each bike which edges it drove in order, and whether from end to end."""
    found: dict[str, list[tuple[int, bool]]] = {bike: [] for bike in RIDES}
    for row in rows:
        found[row["vehicle_id"]].append((row["edge_id"], row["complete"]))
    return found


def test_kill_9_of_the_listening_program_loses_no_passage_and_doubles_none(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    folder = tmp_path / "hub"
    world = make_town(folder, now)
    town = open_town(folder, world, now)
    start = now - timedelta(minutes=5)
    rows = rides(town, start)
    whole = LiveMatching(town.hub.atlas)
    first = whole.feed(rows.sort_by([("vehicle_id", "ascending"), ("t", "ascending")]), now, 0).rows
    rest = whole.feed(rows.slice(0, 0), now + QUIET, 1).rows
    order = [(name, "ascending") for name in ("vehicle_id", "trip", "seq")]
    expected = driven(pa.concat_tables([first, rest]).sort_by(order).to_pylist())
    assert all(len(edges) >= 8 for edges in expected.values())
    town.hub.close()
    (tmp_path / "broker").mkdir()
    with brokers.nats(tmp_path / "broker") as broker:
        url = f"nats://127.0.0.1:{broker.port}"
        sent(url, as_batches(rows, start))
        before = 10**6
        for wait in (0.0, 0.6):
            process = listener(folder, url)
            until = time.monotonic() + 120
            while not 0 <= unanswered(url) < before:
                assert time.monotonic() < until
                assert process.poll() is None, process.communicate()[1]
            time.sleep(wait)
            process.kill()
            process.wait()
            process.communicate()
            before = max(1, unanswered(url))
        process = listener(folder, url)
        until = time.monotonic() + 120
        while unanswered(url) != 0:
            assert time.monotonic() < until
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    town = open_town(folder, world, now + QUIET)
    with town.hub.gate.live_intake.open("bike-positions") as writer:
        writer.take(FEED, 1, [])  # time passes, and the trips end
    assert len(in_vault(town.hub)) == rows.num_rows
    assert sorted(in_vault(town.hub)) == sorted(
        zip(rows.column("vehicle_id").to_pylist(), rows.column("t").to_pylist(), strict=True)
    )
    assert driven(list(traversals(town.hub))) == expected
    town.hub.close()
