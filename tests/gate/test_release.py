"""The way of a use: decided, recorded, then released, and nothing else. Proves what `Gate.open` promises."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from tests.gate.world import ACTORS, HOUR, MINUTE, NOW, SCHEME, WINDOW, World, offsets
from umaya.gate import Area, Refusal, Release
from umaya.gate.digests import table_digest
from umaya.gate.uses import UseState
from umaya.types.reasons import Reason


def released(world: World, **changes: object) -> Release:
    answer = world.gate.open(world.use(**changes))
    assert isinstance(answer, Release), answer
    return answer


def refused(world: World, **changes: object) -> Refusal:
    answer = world.gate.open(world.use(**changes))
    assert isinstance(answer, Refusal)
    return answer


def test_an_approved_use_is_released(either_world: World) -> None:
    """From document to data, on both databases."""
    either_world.approve()
    either_world.declare()
    release = released(either_world)
    assert offsets(release.data) == [("a", 0), ("a", 1), ("a", 59), ("b", 2)]
    assert release.data.column_names == ["vehicle_id", "t", "lon", "lat"]
    assert release.digest == table_digest(release.data)
    assert either_world.gate.uses.get(release.use).state is UseState.RELEASED


def test_the_entry_stands_before_the_vault_opens(ready: World) -> None:
    released(ready)
    kinds = ready.ledger.kinds()
    assert kinds[-2:] == ["use.permitted", "use.released"]
    permitted, closing = ready.ledger.entries[-2:]
    assert permitted.body["fields"] == ["vehicle_id", "t", "lon", "lat"]
    assert (permitted.body["window_start"], permitted.body["window_end"]) == WINDOW
    assert permitted.body["span_start"] == WINDOW[0] - 10 * MINUTE
    assert closing.body["rows"] == 4
    assert closing.body["opened"] == permitted.index


def test_entries_hold_no_personal_data(ready: World) -> None:
    """Neither the officer's words, nor a name, a vehicle or a coordinate."""
    released(ready)
    text = str([entry.body for entry in ready.ledger.entries])
    for word in ("道路の状況", "水無瀬", "市長", "'a'", "136.8", "みなせ"):
        assert word not in text


def test_obligations_see_permitted_columns_rows_and_lookback_only(ready: World) -> None:
    released(ready)
    (first, data, context), (second, _, _) = ready.seen
    assert (first, second) == ("move-to-road", "suppress-dead-ends")
    assert data.column_names == ["vehicle_id", "t", "lon", "lat"]
    assert offsets(data) == [("a", -5), ("a", 0), ("a", 1), ("a", 59), ("b", 2)]
    assert context.window == WINDOW
    assert context.span == (WINDOW[0] - 10 * MINUTE, WINDOW[1])


def test_what_was_read_for_context_does_not_leave(ready: World) -> None:
    """Though no obligation dropped it."""
    assert ("a", -5) not in offsets(released(ready).data)


def test_without_the_time_nothing_is_read_before_the_window(ready: World) -> None:
    """It could not be cut off again."""
    release = released(ready, fields=("lon",))
    assert release.data.column_names == ["lon"]
    assert release.data.num_rows == 4


def test_the_exception_reaches_no_further_back_than_its_event(world: World) -> None:
    world.approve()
    world.declare(start=WINDOW[0] - 2 * MINUTE)
    release = released(world)
    assert release.decision.span == (WINDOW[0] - 2 * MINUTE, WINDOW[1])
    assert offsets(world.seen[0][1])[0] == ("a", 0)


def test_rows_lie_in_the_area_of_scheme_and_event(world: World) -> None:
    """A triangle that leaves out the place of every position but keeps its box."""
    world.approve()
    triangle = [[136.80, 36.20], [136.90, 36.20], [136.80, 36.28], [136.80, 36.20]]
    world.declare(area=Area.of_geojson({"type": "Polygon", "coordinates": [triangle]}))
    assert released(world).data.num_rows == 0


def test_a_dataset_without_time_needs_no_window(world: World) -> None:
    world.approve(
        scheme="own-boxes",
        recipient="post-minase",
        dataset="letterboxes",
        fields="[address]",
        basis="own-purpose",
        obligations="[]",
    )
    release = released(world, actor=ACTORS["planner"], scheme="own-boxes", window=None, event=None)
    assert release.data.to_pydict() == {"address": ["みなせ1"]}


def test_a_refusal_leaves_an_entry_and_no_data(ready: World) -> None:
    refusal = refused(ready, event=None)
    entry = ready.ledger.entries[-1]
    assert refusal.reason is Reason.EVENT_MISSING
    assert (entry.index, entry.kind, entry.body["reason"]) == (refusal.entry, "use.refused", "event-missing")
    assert ready.seen == []
    assert [use.id for use in ready.gate.uses.refusals()] == [refusal.use]


def test_where_the_ledger_cannot_write_the_caller_gets_nothing(ready: World) -> None:
    for kind in ("use.permitted", "use.refused", "use.released"):
        ready.ledger.fail_at = frozenset({kind})
        refusal = refused(ready, **({"event": None} if kind == "use.refused" else {}))
        assert (refusal.reason, refusal.entry) == (Reason.LEDGER_UNAVAILABLE, None)
        assert not refusal.decision.permitted
        assert bool(ready.seen) == (kind == "use.released")


def test_a_use_that_could_not_be_recorded_is_not_remembered_either(ready: World) -> None:
    ready.ledger.fail_at = frozenset({"use.permitted"})
    refused(ready)
    assert ready.gate.uses.list() == []


def test_a_crash_between_ledger_and_release_leaves_the_entry_and_no_data(world: World) -> None:
    """The process dies within an obligation; after the restart the use stands open, and a new one goes its own way."""
    scheme = world.approve(obligations="[{crashes: {}}]")
    world.declare()
    with pytest.raises(KeyboardInterrupt):
        world.gate.open(world.use())
    assert world.ledger.kinds()[-1] == "use.permitted"
    again = world.new_gate()
    (use,) = again.uses.list(scheme=scheme)
    assert use.state is UseState.OPEN
    assert (use.rows, use.receipt, use.closing_entry) == (None, None, None)


def test_a_failed_obligation_leaves_a_closing_entry_and_no_data(world: World) -> None:
    world.approve(obligations="[{fails: {}}]")
    world.declare()
    with pytest.raises(ValueError, match="cannot do it"):
        world.gate.open(world.use())
    assert world.ledger.kinds()[-2:] == ["use.permitted", "use.failed"]
    (use,) = world.gate.uses.list(UseState.FAILED)
    assert use.closing_entry == world.ledger.entries[-1].index


def test_every_use_is_decided_anew(ready: World) -> None:
    """What was stopped a moment ago is stopped."""
    released(ready)
    ready.gate.events.end(ACTORS["mayor"], "quake")
    assert refused(ready).reason is Reason.EVENT_ENDED


def test_another_gate_on_the_same_stores_decides_alike(ready: World) -> None:
    other = ready.new_gate()
    ready.gate.review.suspend(ACTORS["steward"], "minase-passable-roads", "苦情")
    answer = other.open(ready.use())
    assert isinstance(answer, Refusal)
    assert answer.reason is Reason.SCHEME_SUSPENDED


def test_uses_can_be_paged_latest_first(ready: World) -> None:
    made = [released(ready).use for _ in range(3)]
    first = ready.gate.uses.releases(limit=2)
    rest = ready.gate.uses.releases(limit=2, before=first[-1].entry)
    assert [use.id for use in [*first, *rest]] == made[::-1]
    assert first[0].stated_reason == "道路の状況を確かめる"
    assert first[0].receipt == "receipt of use.permitted"


def test_the_last_obligation_shapes_the_release(world: World) -> None:
    steps = "[{move-to-road: {}}, {suppress-dead-ends: {max_homes: 3}}, {link-counts: {min_vehicles: 2}}]"
    world.approve(SCHEME, basis="probe-statistics", obligations=steps)
    release = released(world, event=None)
    assert release.data.equals(pa.table({"points": [4]}))


def test_live_windows_end_with_the_event(ready: World) -> None:
    """A standing use is decided for each window."""
    answers = []
    for _ in range(4):
        ready.clock.advance(24 * HOUR - timedelta(minutes=1))
        now = ready.clock.now()
        answers.append(ready.gate.open(ready.use(window=(now - HOUR, now))))
    assert [isinstance(answer, Release) for answer in answers] == [True, True, True, False]
    assert ready.clock.now() > NOW + 72 * HOUR
