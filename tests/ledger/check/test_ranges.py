"""Ranges: several processes find what one finds, in the same words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ledger.conftest import records
from umaya.ledger import Ed25519Signer, Ledger, check_ledger
from umaya.ledger.check.ranges import Range, ranges
from umaya.types.clock import ManualClock


def test_ranges_cover_the_log_and_name_the_heads_that_end_in_them() -> None:
    folder = Path("log")
    assert list(ranges(folder, [0, 3, 256, 300, 700], 1)) == [
        Range(folder, 0, 256, 1, [3, 256]),
        Range(folder, 256, 512, 3, [300, 700]),
        Range(folder, 512, 700, 4, [700]),
    ]
    assert list(ranges(folder, [0, 3, 256, 300, 700], 2)) == [Range(folder, 0, 700, 1, [3, 256, 300, 700])]
    assert list(ranges(folder, [0], 2)) == []


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, signer: Ed25519Signer) -> Path:
    """40,000 entries under heads that end within tiles, at their ends, and one by one."""
    folder = tmp_path_factory.mktemp("long") / "ledger"
    ledger = Ledger.create(folder, signer, ManualClock(datetime(2026, 6, 1, tzinfo=UTC)))
    for size in (*(1,) * 20, 300, 192, 16_000, 7, 23_000, 481):
        ledger.append_many(records(size, ledger.size))
    ledger.close()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "at"),
    [
        (None, 0),
        ("tile/entries/000", 200),
        ("tile/entries/070", 9000),
        ("tile/entries/155", 5),
        ("tile/0/100", 8191),
        ("tile/1/000.p/156", 4000),
        ("tile/0/156.p/64", 2047),
        ("checkpoints", 900),
    ],
)
def test_processes_find_what_one_finds(long: Path, signer: Ed25519Signer, file: str | None, at: int) -> None:
    path = long / (file or "checkpoint")
    data = path.read_bytes()
    path.write_bytes(data if file is None else data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    steps: list[tuple[int, int]] = []
    try:
        alone = check_ledger(long, signer.vkey, processes=1)
        shared = check_ledger(long, signer.vkey, processes=2, progress=lambda *step: steps.append(step))
    finally:
        path.write_bytes(data)
    assert shared == alone
    assert alone.ok == (file is None)
    if file is None:
        assert steps == [(16_384, 40_000), (32_768, 40_000), (40_000, 40_000)]
