"""What the ledger's tests share: a key that is the same each time, a clock that stands still, small logs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from umaya.ledger import Ed25519Signer, Ledger, Record
from umaya.types.clock import ManualClock

ORIGIN = "minase.example/umaya"


def record(number: int) -> Record:
    """A permitted use like those of the gate; `number` tells one from another."""
    return Record("use.permitted", "minase-officer", {"scheme": "minase-passable-roads", "rows": number})


def records(count: int, start: int = 0) -> list[Record]:
    """Several of them."""
    return [record(start + at) for at in range(count)]


@pytest.fixture(scope="session")
def signer() -> Ed25519Signer:
    """The key whose seed is the bytes 0 to 31."""
    return Ed25519Signer.from_seed(ORIGIN, bytes(range(32)))


@pytest.fixture
def clock() -> ManualClock:
    """The first of June 2026, midnight UTC."""
    return ManualClock(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def ledger(tmp_path: Path, signer: Ed25519Signer, clock: ManualClock) -> Ledger:
    """An empty log in `tmp_path / "ledger"`."""
    return Ledger.create(tmp_path / "ledger", signer, clock)
