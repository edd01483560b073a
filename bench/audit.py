"""Searching a long ledger: what the index costs and what a question takes.

    python bench/audit.py --json [--quick] [--entries N] [--folder DIR]

Prints what it measures and, last, one JSON object. For each size (one and ten million entries; --quick: one million):

- build_s: seconds in which the index is made from the log; index_mb: its size; log_mb: that of the log's folder.
- open_s: seconds until the first answer of a process that finds the index made.
- q_NAME_ms: median of nine of a question's first page of fifty, latest first: found, counted, read from the log and
  proved against the checkpoint. Questions: by party, scheme, kind and reason, actor within a week, use, all combined.
- scan_s: the rarest of these questions asked of the log itself, entry by entry (--quick and one million only).
- grow_ms: median of the first question after 1,000 more entries.

Entries are seeded: forty parties, four hundred schemes, a thousand actors, one refusal in twenty, over a year.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

from umaya.ledger import Ed25519Signer, Form, Ledger, Record, Template
from umaya.ledger.entries import Given
from umaya.ledger.search import LedgerSearch, Question
from umaya.ledger.templates import Recordable
from umaya.types.clock import ManualClock

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(range(32)))
START = datetime(2026, 4, 1, tzinfo=UTC)
PARTIES, SCHEMES, ACTORS, BATCH = 40, 400, 1000, 5_000
REASONS = ("consent-missing", "consent-withdrawn", "outside-period", "field-not-in-scheme")


def templates() -> list[tuple[Template, Template]]:
    """Return the templates of a permitted and of a refused use of each scheme."""
    forms = {"use": Form.UUID, "people": Form.DIGEST}
    made = []
    for number in range(SCHEMES):
        fixed: dict[str, Given] = {"scheme": f"scheme-{number}", "version": 1, "permitted": 1, "asked": 1}
        refused: dict[str, Given] = fixed | {"reason": REASONS[number % len(REASONS)], "permitted": 0}
        made.append(
            (
                Template("use.permitted", None, fixed | {"reason": "permitted"}, forms),
                Template("use.refused", None, refused, forms),
            )
        )
    return made


def records(count: int, random: Random, made: list[tuple[Template, Template]]) -> list[Recordable]:
    """Return uses by actors of parties under schemes."""
    found: list[Recordable] = []
    for _ in range(count):
        scheme, refused = random.randrange(SCHEMES), random.random() < 0.05
        use = str(UUID(int=random.getrandbits(128), version=4))
        actor = f"actor-{random.randrange(ACTORS)}"
        found.append(made[scheme][refused].record(actor, use, f"sha256:{random.randbytes(32).hex()}"))
    return found


def make_log(folder: Path, entries: int) -> tuple[Ledger, str]:
    """Return a log of so many entries over a year, and the id of a use in its middle."""
    random, clock = Random(1), ManualClock(START)  # noqa: S311 # the same log each time
    ledger = Ledger.create(folder, SIGNER, clock)
    opening: list[Recordable] = [
        Record(
            "actor.registered", "hub", {"subject": f"actor-{n}", "party": f"party-{n % PARTIES}", "roles": ["officer"]}
        )
        for n in range(ACTORS)
    ]
    opening += [
        Record(
            "scheme.submitted",
            f"actor-{n}",
            {"scheme": f"scheme-{n}", "provider": f"party-{n % PARTIES}", "recipient": f"party-{(n + 7) % PARTIES}"},
        )
        for n in range(SCHEMES)
    ]
    ledger.append_many(opening)
    made, middle = templates(), ""
    step = timedelta(days=365) / max(1, -(-entries // BATCH))
    while ledger.size < entries:
        clock.advance(step)
        batch = records(min(BATCH, entries - ledger.size), random, made)
        ledger.append_many(batch)
        if not middle and ledger.size >= entries // 2:
            middle = str(ledger.entry(ledger.size - 1).body["use"])
    ledger.close()
    return ledger, middle


def questions(use: str) -> dict[str, Question]:
    """Return what is asked, by name."""
    first, last = START + timedelta(days=100), START + timedelta(days=107)
    return {
        "party": Question(party="party-3"),
        "scheme": Question(scheme="scheme-17"),
        "kind_reason": Question(kind="use.refused", reason="consent-withdrawn"),
        "actor_week": Question(actor="actor-21", start=first, end=last),
        "use": Question(use=use),
        "combined": Question(party="party-3", kind="use.refused", reason="consent-withdrawn", start=first, end=last),
    }


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def megabytes(folder: Path) -> float:
    """Return what the files of a folder hold."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 1)


def measured(folder: Path, entries: int) -> dict[str, float]:
    """Return the figures of one size."""
    began = time.perf_counter()
    ledger, use = make_log(folder / "ledger", entries)
    made = time.perf_counter() - began
    index = LedgerSearch(ledger, SIGNER.vkey, folder / "index")
    figures: dict[str, float] = {
        "entries": entries,
        "log_made_s": round(made, 1),
        "build_s": round(timed(index.refresh), 2),
    }
    figures |= {"index_mb": megabytes(folder / "index"), "log_mb": megabytes(folder / "ledger")}
    fresh = LedgerSearch(ledger, SIGNER.vkey, folder / "index")
    figures["open_s"] = round(timed(lambda: fresh.find(Question(use=use))), 3)
    asked = questions(use)
    for name, question in asked.items():
        page = fresh.find(question)
        if not page.hits:
            raise SystemExit(f"the question {name} finds nothing")
        figures[f"q_{name}_ms"] = round(1e3 * median(timed(partial(fresh.find, question)) for _ in range(9)), 1)
        figures[f"q_{name}_hits"] = page.total
    if entries <= 1_000_000:
        figures["scan_s"] = round(timed(lambda: list(fresh.scan(asked["combined"]))), 1)
    random, more = Random(2), templates()  # noqa: S311 # as above
    grown = []
    for _ in range(5):
        ledger.append_many(records(1000, random, more))
        grown.append(timed(lambda: fresh.find(asked["combined"])))
    figures["grow_ms"] = round(1e3 * median(grown), 1)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="print one JSON object last; always done")
    parser.add_argument("--quick", action="store_true", help="one million entries only")
    parser.add_argument("--entries", type=int, help="this many entries only")
    parser.add_argument("--folder", type=Path, help="disk that is meant; the present one when left out")
    options = parser.parse_args()
    sizes = [options.entries] if options.entries else [1_000_000] if options.quick else [1_000_000, 10_000_000]
    figures = {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="audit-", dir=options.folder or Path.cwd()))
        try:
            figures[f"entries_{size}"] = measured(folder, size)
        finally:
            shutil.rmtree(folder)
        print(json.dumps(figures[f"entries_{size}"]), flush=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    print(json.dumps({"bench": "audit", **machine, **figures}))


if __name__ == "__main__":
    main()
