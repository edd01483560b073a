"""The ledger beside plain ways of doing the same: `python bench/ledger.py --json [--quick] [--folder DIR]`.

Prints what it measures and, last, one JSON object:

- append_per_s: uses a second, durable, on one core, records of a template handed to `GroupCommit` in chunks of 512;
  receipt_ms_p50, _p99, _max: from handing a chunk in until all of it has indices under a signed, durable tree head.
- append_vs_single: that rate over signing each entry's tree head and flushing each of its files by itself, as a log in
  `tlog-tiles` form does that has neither journal nor batches. append_vs_own_single: over our own `Ledger.append`.
- verify_per_s: inclusion proofs verified a second on one core in a tree of 1,048,583 entries; verify_plain_per_s: by
  our plain function with `hashlib`; verify_sigstore_per_s: by that of sigstore (in a side environment, made unless
  --quick).
- check_10m_s: seconds in which the independent checker proves a log of ten million entries on two cores (--quick:
  check_1m_s, one million).

Entries are seeded; the folder must lie on the disk that is meant (default: the present one), not in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

import numpy as np

from umaya.engines.hashing import leaf_hashes, merkle_levels
from umaya.ledger import (
    Appended,
    Ed25519Signer,
    Form,
    GroupCommit,
    Ledger,
    Template,
    disk,
    verify_receipt,
)
from umaya.ledger.checkpoint import TreeHead, sign_head
from umaya.ledger.growth import grow
from umaya.ledger.inclusion import verify_inclusion_many
from umaya.ledger.merkle import leaf_hash, verify_inclusion
from umaya.ledger.templates import TemplateRecord, encode_records
from umaya.ledger.tiles import Edge
from umaya.types.clock import SystemClock

USE = Template(
    "use.permitted",
    None,
    {"scheme": "minase-passable-roads", "version": 3, "permitted": 1, "asked": 1},
    {"use": Form.UUID, "people": Form.DIGEST},
)
SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(range(32)))
CACHE = Path.home() / ".cache" / "umaya-bench"
RECORDS = 1 << 14
TREE = (1 << 20) + 7


def uses(count: int) -> list[TemplateRecord]:
    """Return single permitted uses by fifty clerks; as for a gate, their values are made before."""
    random = Random(1)  # noqa: S311 # the same uses each time
    values = [
        (
            f"bank-clerk-{at % 50}",
            str(UUID(int=random.getrandbits(128), version=4)),
            f"sha256:{random.randbytes(32).hex()}",
        )
        for at in range(count)
    ]
    return [USE.record(*row) for row in values]


@contextmanager
def one_core() -> Iterator[None]:
    """Run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def grouped(ledger: Ledger, seconds: float, chunk: int) -> tuple[float, list[float]]:
    """Return uses a second, and for each chunk the milliseconds until its last receipt."""
    records = uses(RECORDS)
    chunks = cycle([records[at : at + chunk] for at in range(0, RECORDS, chunk)])
    waited: list[float] = []
    room = threading.Semaphore(4)  # chunks under way: the load of callers who wait for their receipts

    def done(begun: float, future: Future[Sequence[Appended]]) -> None:
        future.result()
        waited.append(1e3 * (time.perf_counter() - begun))
        room.release()

    size, start = ledger.size, time.perf_counter()
    with GroupCommit(ledger) as group:
        while time.perf_counter() - start < seconds:
            room.acquire()
            group.submit_many(next(chunks)).add_done_callback(partial(done, time.perf_counter()))
    return (ledger.size - size) / (time.perf_counter() - start), sorted(waited)


def one_by_one(folder: Path, seconds: float) -> float:
    """Return entries a second where each is signed and each of its files and folders flushed."""
    folder.mkdir()
    disk.write_files(folder, {"checkpoints": b""})
    edge, end, number = Edge(), 0, 0
    start = time.perf_counter()
    for record in cycle(uses(1000)):
        number += 1
        growth = grow(edge, encode_records([record], SystemClock().now(), number))
        edge = growth.edge
        note = sign_head(TreeHead(SIGNER.name, edge.size, edge.root()), SIGNER).encode()
        disk.write_files(folder, growth.files)
        disk.write_at(folder / "checkpoints", end, note)
        disk.write_files(folder, {"checkpoint": note})
        end += len(note)
        if time.perf_counter() - start > seconds:
            break
    return number / (time.perf_counter() - start)


def singly(ledger: Ledger, seconds: float) -> float:
    """Return entries a second by `Ledger.append_many` of one."""
    count, start = 0, time.perf_counter()
    for record in cycle(uses(1000)):
        ledger.append_many([record])
        count += 1
        if time.perf_counter() - start > seconds:
            break
    return count / (time.perf_counter() - start)


def verified(count: int, plain: int, folder: Path, python: Path | None) -> dict[str, float]:
    """Return proofs a second: ours, those of the plain function, and those of sigstore where it is at hand."""
    bodies = np.random.default_rng(1).integers(0, 256, (TREE, 32), np.uint8)
    levels = merkle_levels(leaf_hashes(bodies.reshape(-1), np.arange(TREE + 1, dtype=np.int64) * 32))
    indices = np.random.default_rng(2).integers(0, TREE, count)
    siblings, there = [], []
    for height, level in enumerate(levels[:-1]):
        at = (indices >> height) ^ 1
        there.append(at < len(level))
        siblings.append(level[np.minimum(at, len(level) - 1)])
    path, kept = np.stack(siblings, 1), np.stack(there, 1)
    leaves, root = levels[0][indices], levels[-1].tobytes()
    verify_inclusion_many(leaves[:100], indices[:100], TREE, path[:100][kept[:100]], root)  # compiles, or loads
    flat = path[kept]
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        verify_inclusion_many(leaves, indices, TREE, flat, root)
        rates.append(count / (time.perf_counter() - start))
    proofs = [
        (bodies[indices[at]].tobytes(), int(indices[at]), [row.tobytes() for row in path[at][kept[at]]])
        for at in range(plain)
    ]
    start = time.perf_counter()
    for body, index, hashes in proofs:
        verify_inclusion(leaf_hash(body), index, TREE, hashes, root)
    figures = {"verify_per_s": median(rates), "verify_plain_per_s": plain / (time.perf_counter() - start)}
    if python is not None:
        (folder / "proofs").write_bytes(pickle.dumps((TREE, root, proofs)))
        worker = Path(__file__).with_name("sigstore_worker.py")
        run = subprocess.run([python, worker, folder / "proofs"], check=True, capture_output=True, text=True)
        figures["verify_sigstore_per_s"] = float(run.stdout)
    return figures


def sigstore_python(make: bool) -> Path | None:
    """Return the Python of a side environment with sigstore (Apache-2.0), made if allowed and possible; else None."""
    ready = CACHE / "sigstore" / "bin" / "python"
    if not ready.exists() and make:
        subprocess.run([sys.executable, "-m", "venv", CACHE / "sigstore"], check=True)
        subprocess.run([ready, "-m", "pip", "install", "-q", "sigstore==4.5.1"], check=False, capture_output=True)
    tried = ready.exists() and subprocess.run([ready, "-c", "import sigstore"], check=False, capture_output=True)
    return ready if tried and tried.returncode == 0 else None


def checked(hub: Path, entries: int) -> tuple[float, float]:
    """Return the seconds in which the program of the checker proves that many entries, and their appends a second."""
    hub.mkdir()
    ledger = Ledger.create(hub / "ledger", SIGNER, SystemClock())
    records = uses(4096)
    start = time.perf_counter()
    while ledger.size < entries:
        ledger.append_many(records[: entries - ledger.size])
    ledger.close()
    rate = entries / (time.perf_counter() - start)
    command = [sys.executable, "-m", "umaya.ledger.check", str(hub), "--key", SIGNER.vkey, "--json"]
    start = time.perf_counter()
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    took = time.perf_counter() - start
    if json.loads(run.stdout)["size"] != entries:
        raise SystemExit(run.stdout)
    return took, rate


def flush_ms(folder: Path) -> float:
    """Return the median milliseconds of appending and flushing 4 KB: what the disk itself takes."""
    times = []
    with (folder / "probe").open("wb", buffering=0) as stream:
        for _ in range(200):
            start = time.perf_counter()
            stream.write(bytes(4096))
            os.fsync(stream.fileno())
            times.append(1e3 * (time.perf_counter() - start))
    return median(times)


def main() -> None:
    """Parse the arguments and run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--quick", action="store_true", help="within a minute: a check of one million")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk that is meant")
    options = parser.parse_args()
    began = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="bench-ledger-", dir=options.folder))
    figures: dict[str, float] = {}

    def tell(**more: float) -> None:
        for name, value in more.items():
            figures[name] = float(f"{value:.4g}") if value < 1000 else round(value)
            print(f"{name:<22}{figures[name]:>14,}", flush=True)

    try:
        with one_core():
            tell(flush_ms=flush_ms(folder))
            ledger = Ledger.create(folder / "grouped", SIGNER, SystemClock())
            grouped(ledger, 1, 512)  # compiles, or loads
            rate, waited = grouped(ledger, 5 if options.quick else 20, 512)
            tell(append_per_s=rate, receipt_ms_p50=waited[len(waited) // 2])
            tell(receipt_ms_p99=waited[int(len(waited) * 0.99)], receipt_ms_max=waited[-1])
            for index in range(0, ledger.size, ledger.size // 100):
                verify_receipt(ledger.receipt(index), ledger.entry_bytes(index), SIGNER.vkey)
            single = one_by_one(folder / "single", 3 if options.quick else 10)
            own = singly(Ledger.create(folder / "own", SIGNER, SystemClock()), 2 if options.quick else 5)
            tell(
                single_per_s=single,
                own_single_per_s=own,
                append_vs_single=rate / single,
                append_vs_own_single=rate / own,
            )
            tell(**verified(200_000, 5000, folder, sigstore_python(make=not options.quick)))
        size, name = (1_000_000, "check_1m_s") if options.quick else (10_000_000, "check_10m_s")
        took, rate = checked(folder / "checked", size)
        tell(append_many_per_s=rate)
        tell(**{name: took})
    finally:
        shutil.rmtree(folder)
    if options.json:
        facts = {
            "bench": "ledger",
            "machine": f"{os.cpu_count()} x {platform.processor() or platform.machine()}",
            "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
            "quick": options.quick,
            "seconds": round(time.perf_counter() - began, 1),
        }
        print(json.dumps(facts | figures))


if __name__ == "__main__":
    main()
