"""No grant can be forged, reused, widened or used late."""

from __future__ import annotations

import pickle
import threading
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from umaya.stores.lake import Placement
from umaya.types.clock import ManualClock
from umaya.types.schemas import POSITIONS as SCHEMA
from umaya.vault import Area, Grant, GrantError, Layout, Mint, Owed, Predicate
from umaya.vault.grant import LIFETIME, Turnstile

NOON = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECRET = bytes(range(32))
GIVEN: dict[str, Any] = {
    "use": "7d444840-9dc0-4000-8000-5ffdce74fad2",
    "entry": 12,
    "scheme": "minase-passable-roads",
    "dataset": "bike-positions",
    "layout": Layout(SCHEMA, Placement("t", "lon", "lat"), ("vehicle_id",)),
    "columns": ("vehicle_id", "t"),
    "window": (NOON - HOUR, NOON),
    "span": (NOON - 2 * HOUR, NOON),
    "area": Area.of_box((136.0, 36.0, 137.0, 37.0)),
    "obligations": (Owed.of("move-to-road", {}), Owed.of("link-counts", {"min_vehicles": 3})),
    "people": BitMap([1, 2, 3]),
    "matching": (Predicate("accuracy_m", "le", 5.0),),
}
WIDER: dict[str, Any] = {
    "nonce": "ff" * 16,
    "use": "another",
    "entry": 13,
    "scheme": "another",
    "dataset": "letterboxes",
    "layout": Layout(SCHEMA, Placement(None, "lon", "lat"), ("vehicle_id",)),
    "columns": ("vehicle_id", "t", "lon"),
    "window": (NOON - 2 * HOUR, NOON),
    "span": (NOON - 3 * HOUR, NOON),
    "area": None,
    "obligations": (Owed.of("move-to-road", {}),),
    "people": BitMap([1, 2, 3, 4]),
    "matching": (Predicate("accuracy_m", "le", 50.0),),
    "expires": NOON + 24 * HOUR,
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def mint(clock: ManualClock) -> Mint:
    counter = iter(range(1000))
    return Mint(SECRET, clock, lambda size: next(counter).to_bytes(size, "big"))


@pytest.fixture
def turnstile(clock: ManualClock) -> Turnstile:
    return Turnstile(SECRET, clock)


def test_a_minted_grant_passes_once(mint: Mint, turnstile: Turnstile) -> None:
    grant = mint.grant(**GIVEN)
    turnstile.spend(grant)
    with pytest.raises(GrantError, match="used before"):
        turnstile.spend(grant)


def test_a_copy_of_a_grant_is_the_same_grant(mint: Mint, turnstile: Turnstile) -> None:
    grant = mint.grant(**GIVEN)
    turnstile.spend(replace(grant))
    with pytest.raises(GrantError, match="used before"):
        turnstile.spend(grant)


def test_a_grant_without_the_gates_seal_passes_never(mint: Mint, turnstile: Turnstile) -> None:
    """Written by hand, sealed by nobody or under another secret."""
    grant = mint.grant(**GIVEN)
    other = Mint(bytes(32), ManualClock(NOON), bytes)
    for forged in (replace(grant, seal=b""), replace(grant, seal=bytes(32)), other.grant(**GIVEN)):
        with pytest.raises(GrantError, match="seal"):
            turnstile.spend(forged)
    turnstile.spend(grant)


def test_the_list_of_changes_names_every_field() -> None:
    """So a field that is added later cannot be left out of the seal unnoticed."""
    assert set(WIDER) == {field.name for field in fields(Grant)} - {"seal"}


@pytest.mark.parametrize("name", WIDER)
def test_a_grant_changed_in_any_field_passes_never(mint: Mint, turnstile: Turnstile, name: str) -> None:
    grant = mint.grant(**GIVEN)
    with pytest.raises(GrantError, match="seal"):
        turnstile.spend(replace(grant, **{name: WIDER[name]}))


def test_obligations_cannot_be_reordered_or_relaxed(mint: Mint, turnstile: Turnstile) -> None:
    grant = mint.grant(**GIVEN)
    relaxed = (grant.obligations[0], Owed.of("link-counts", {"min_vehicles": 1}))
    for obligations in (grant.obligations[::-1], relaxed, ()):
        with pytest.raises(GrantError, match="seal"):
            turnstile.spend(replace(grant, obligations=obligations))


def test_a_late_grant_passes_never(mint: Mint, turnstile: Turnstile, clock: ManualClock) -> None:
    on_time, late = mint.grant(**GIVEN), mint.grant(**GIVEN)
    clock.advance(LIFETIME - timedelta(microseconds=1))
    turnstile.spend(on_time)
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(GrantError, match="expired"):
        turnstile.spend(late)
    with pytest.raises(GrantError, match="expired"):
        turnstile.spend(on_time)


def test_another_process_has_another_secret(mint: Mint, clock: ManualClock) -> None:
    """A grant that was carried over opens nothing there."""
    carried = pickle.loads(pickle.dumps(mint.grant(**GIVEN)))
    with pytest.raises(GrantError, match="seal"):
        Turnstile(b"x" * 32, clock).spend(carried)


def test_of_many_threads_one_passes(mint: Mint, turnstile: Turnstile) -> None:
    grant, passed = mint.grant(**GIVEN), []

    def attempt() -> None:
        try:
            turnstile.spend(grant)
        except GrantError:
            return
        passed.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1


def test_a_spent_grant_stays_spent_while_others_are_forgotten(
    mint: Mint, turnstile: Turnstile, clock: ManualClock
) -> None:
    first = mint.grant(**GIVEN)
    turnstile.spend(first)
    clock.advance(LIFETIME / 2)
    second = mint.grant(**GIVEN)
    turnstile.spend(second)
    clock.advance(LIFETIME / 2)
    turnstile.spend(mint.grant(**GIVEN))
    with pytest.raises(GrantError, match="used before"):
        turnstile.spend(second)


def test_the_seal_is_not_shown(mint: Mint) -> None:
    assert "seal" not in repr(mint.grant(**GIVEN))


def test_a_short_secret_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Mint(b"short", clock, bytes)
