"""Live intake through the gate: `python bench/live_intake.py --json [--quick]`.

80,000 vehicles report each second, in batches of eight sources, through the service that HTTP and brokers use: checked,
sealed in the journal, in the vault as Parquet, in the database and the ledger, answered. As fast as it goes, one tick
after the other; then four times as much at once as may wait, to see that all of it is taken in the end. The engine is
measured in bench/live.py and is not in these figures. The peer is PyArrow, which writes the same rows to Parquet in the
same partitions, synced, and does nothing else. Prints, last, one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from umaya.gate import Dataset, Gate, Party, Words
from umaya.gate.collection import Manner
from umaya.gate.intake import Batch
from umaya.gate.roles import OPERATOR, PRIVACY_OFFICER
from umaya.hub import Settings, init_hub, open_hub
from umaya.law import day_in_japan
from umaya.services.probes.service import FullError, ProbeService
from umaya.stores.durable import publish
from umaya.stores.placement import Placement, partitions
from umaya.types.classes import SecrecyClass
from umaya.types.schemas import POSITIONS
from umaya.types.site import Actor

VEHICLES, SOURCES, SEED = 80_000, 8, 20_261_121
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)  # of today: older days are no live rows
SENDER = Actor("sender", "送信", "post", frozenset({OPERATOR}))
TELLER = Actor("teller", "公表", "post", frozenset({PRIVACY_OFFICER}))


def second(rng: np.random.Generator, at: int, areas: int) -> list[pa.Table]:
    """Return what all vehicles report in one second, a table for each source; vehicles keep to their area."""
    lon = 136.0 + (np.arange(VEHICLES) % areas) * 0.125 + rng.uniform(0.0, 0.12, VEHICLES)
    lat = 36.0 + rng.uniform(0.0, 0.08, VEHICLES)
    names = pa.array([f"bike-{n:06d}" for n in range(VEHICLES)])
    t = pa.array(np.full(VEHICLES, np.datetime64(START.replace(tzinfo=None) + timedelta(seconds=at), "us")))
    nothing = pa.nulls(VEHICLES, pa.float32())
    columns = [names, t.cast(POSITIONS.field("t").type), lon, lat, nothing, nothing, nothing]
    whole, each = pa.table(columns, schema=POSITIONS), VEHICLES // SOURCES
    return [whole.slice(source * each, each) for source in range(SOURCES)]


def furnish(gate: Gate) -> None:
    """Register what is needed to take positions in."""
    gate.catalogue.add_party(Party("post", Words("郵便局", "Post"), "post"))
    for actor in (SENDER, TELLER):
        gate.catalogue.add_actor(actor)
    classes, title = dict.fromkeys(POSITIONS.names, SecrecyClass.POSTAL), Words("位置", "Positions")
    gate.catalogue.add_dataset(
        Dataset("positions", "post", title, POSITIONS, classes, "t", "lon", "lat", ("vehicle_id", "t"))
    )
    today, words = day_in_japan(datetime.now(UTC)), Words("配達", "Delivery")
    gate.collections.register(TELLER, "positions", Manner.PUBLISHED, words, words, today)


def taken(gate: Gate, rng: np.random.Generator, ticks: int, areas: int, first: int) -> dict[str, Any]:
    """Take tick after tick in; return figures."""
    service = ProbeService(gate, tick_s=0.0)
    batches = [second(rng, first + tick, areas) for tick in range(ticks)]
    waits: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for tick, tables in enumerate(batches):
        offered = time.perf_counter()
        told = [
            service.offer(SENDER, "positions", 1, Batch(f"source-{source}", first + tick, table), wait_s=60)
            for source, table in enumerate(tables)
        ]
        for one in told:
            one.result()
        waits.append(time.perf_counter() - offered)
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    service.close()
    rows = ticks * VEHICLES
    return {
        "rows_s": round(rows / seconds),
        "rows_s_cpu": round(rows / used),
        "answer_ms_p50": round(1000 * float(np.median(waits))),
        "answer_ms_p99": round(1000 * float(np.quantile(waits, 0.99))),
    }


def pressed(gate: Gate, rng: np.random.Generator, first: int) -> dict[str, Any]:
    """Offer four times as much as may wait, again and again until all is taken."""
    most = VEHICLES
    service = ProbeService(gate, most_rows=most, tick_s=0.0)
    waiting = [
        Batch(f"source-{source}", first + tick, table)
        for tick in range(4)
        for source, table in enumerate(second(rng, first + tick, 1))
    ]
    offered, full, told, highest = len(waiting), 0, list[Future[Any]](), 0
    while waiting:
        refused = []
        for batch in waiting:
            try:
                told.append(service.offer(SENDER, "positions", 1, batch))
            except FullError:
                full += 1
                refused.append(batch)
            highest = max(highest, service.figures("positions").waiting_rows)
        waiting = refused
        time.sleep(0.05)
    rows = sum(one.result().rows for one in told)
    service.close()
    return {"offered": offered, "told_to_wait": full, "most_waiting_rows": highest, "lost_rows": 4 * VEHICLES - rows}


def plain(folder: Path, rng: np.random.Generator, ticks: int, areas: int) -> int:
    """Return the rows a second that PyArrow writes to synced Parquet files."""
    batches = [pa.concat_tables(second(rng, tick, areas)) for tick in range(ticks)]
    began = time.perf_counter()
    for tick, table in enumerate(batches):
        for day, area, rows in partitions(table, Placement("t", "lon", "lat")):
            path = folder / day / area / f"{tick}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            publish(path, partial(pq.write_table, rows, compression="zstd"))
    return round(ticks * VEHICLES / (time.perf_counter() - began))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="within a minute")
    options = parser.parse_args()
    ticks = 8 if options.quick else 60
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory(prefix="umaya-live-intake-") as name:
        folder = Path(name)
        init_hub(folder / "hub", Settings("bench.example/umaya"))
        hub = open_hub(folder / "hub", environment={})
        furnish(hub.gate)
        taken(hub.gate, rng, 2, 1, 0)  # warm
        result = {
            "one_area": taken(hub.gate, rng, ticks, 1, 10),
            "twelve_areas": taken(hub.gate, rng, ticks, 12, 1_000),
            "pressed": pressed(hub.gate, rng, 5_000),
            "plain_rows_s": {
                "one_area": plain(folder / "a", rng, ticks, 1),
                "twelve_areas": plain(folder / "b", rng, ticks, 12),
            },
            "ticks": ticks,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        }
        hub.close()
    if not options.json:
        print(json.dumps(result, indent=2))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
