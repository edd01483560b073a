"""A campaign's consents are one act, all or none; a fault names file, row and field."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap
from sqlalchemy import select

from tests.gate.people.town import (
    CLERK,
    CONGESTION,
    CRASH,
    CROSS_SELL,
    NOW,
    OTHER_CLERK,
    PROTECTOR,
    SHOPPING,
    STRANGER,
    Town,
)
from umaya.gate.people import Campaign, Channel, Said
from umaya.gate.people.look_ups import Way
from umaya.gate.people.models import CampaignEvidenceRow
from umaya.gate.record import NotRecordedError
from umaya.types.errors import ConflictError, ForbiddenError, InputError

MINUTE = timedelta(minutes=1)
HEX = "ab" * 32


def file(folder: Path, suffix: str = "parquet", **columns: Any) -> Path:
    path = folder / f"campaign.{suffix}"
    table = pa.table(columns)
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix == "csv":
        pyarrow.csv.write_csv(table, path)
    else:
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    return path


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_many_consents_are_one_event_and_one_entry(either_town: Town, tmp_path: Path, suffix: str) -> None:
    town = either_town
    entries, reached = len(town.ledger.entries), town.projection.latest().reached
    steps: list[tuple[str, int]] = []
    found = town.consents.campaign(
        CLERK,
        CROSS_SELL,
        1,
        file(tmp_path, suffix, person=[9, 7, 8], evidence=[HEX, None, HEX]),
        progress=lambda step, people: steps.append((step, people)),
    )
    assert found == Campaign(CROSS_SELL, 1, 3, 0, date(2026, 5, 2), entries)
    assert (len(town.ledger.entries), town.projection.latest().reached) == (entries + 1, reached + 1)
    assert [town.state(person) for person in (6, 7, 8, 9)] == ["none", "active", "active", "active"]
    assert steps == [("read", 3), ("checked", 3), ("written", 3), ("recorded", 3)]
    body = town.body("consent.campaign")
    assert {key: body[key] for key in ("topic", "text", "people", "outdated", "taken_at", "good_through")} == {
        "topic": CROSS_SELL,
        "text": 1,
        "people": 3,
        "outdated": 0,
        "taken_at": NOW,
        "good_through": date(2026, 5, 2),
    }
    word = town.consents.look_up(OTHER_CLERK, 8, CROSS_SELL, Way.API, history=True)
    assert word.history == (Said("given", 1, date(2026, 5, 2), NOW, Channel.CAMPAIGN),)
    with town.database.reading() as session:
        data = session.scalars(select(CampaignEvidenceRow.data)).one()
    kept = pa.ipc.open_file(pa.py_buffer(data)).read_all().to_pydict()
    assert kept == {"person": [9, 8], "evidence": [bytes.fromhex(HEX)] * 2}


def test_evidence_may_be_left_out(town: Town, tmp_path: Path) -> None:
    town.consents.campaign(CLERK, CROSS_SELL, 1, file(tmp_path, person=[7]))
    assert "evidence" not in town.body("consent.campaign")


def test_who_said_something_since_keeps_that_word(either_town: Town, tmp_path: Path) -> None:
    """Cards were collected on Monday; 7 withdrew on Tuesday, under an old number, and 8 consented anew."""
    town = either_town
    town.give(9)
    town.clock.advance(MINUTE)
    collected = town.clock.now()
    town.clock.advance(MINUTE)
    town.withdraw(6)
    town.merges.merge("hub", 7, 6)
    town.give(8, channel=Channel.APP)
    found = town.consents.campaign(CLERK, CROSS_SELL, 1, file(tmp_path, person=[7, 8, 9, 10]), taken_at=collected)
    assert (found.people, found.outdated) == (2, 2)
    assert town.state(7) == "withdrawn"
    channels = [town.consents.look_up(CLERK, person, CROSS_SELL, Way.API).word for person in (8, 9, 10)]
    assert [word and word.channel for word in channels] == ["app", "campaign", "campaign"]


def test_a_campaign_may_come_too_late_for_everybody(town: Town, tmp_path: Path) -> None:
    town.clock.advance(MINUTE)
    town.withdraw(7)
    found = town.consents.campaign(CLERK, CROSS_SELL, 1, file(tmp_path, person=[7]), taken_at=NOW)
    assert (found.people, found.outdated, town.state(7)) == (0, 1, "withdrawn")


@pytest.mark.parametrize(
    ("columns", "row", "field"),
    [
        ({"person": [7, None, 8]}, 2, "person"),
        ({"person": [7, 8, -1]}, 3, "person"),
        ({"person": [7, 2**32]}, 2, "person"),
        ({"person": [7, 8, 9, 8, 7]}, 4, "person"),
        ({"person": [7.0, 8.5]}, None, "person"),
        ({"person": ["7", "8"]}, None, "person"),
        ({"person": pa.array([], pa.uint32())}, None, "person"),
        ({"person": [7, 8], "evidence": [HEX, HEX.upper()]}, 2, "evidence"),
        ({"person": [7, 8], "evidence": ["sha256", HEX]}, 1, "evidence"),
        ({"person": [7, 8], "evidence": [1, 2]}, None, "evidence"),
        ({"person": [7, 66]}, 2, "person"),
        ({"person": [7], "name": ["a"]}, None, None),
        ({"people": [7]}, None, None),
    ],
)
def test_one_bad_row_and_nothing_happens(
    town: Town, tmp_path: Path, columns: dict[str, Any], row: int | None, field: str | None
) -> None:
    town.merges.merge("hub", 67, 66)
    reached, entries = town.projection.latest().reached, len(town.ledger.entries)
    path = file(tmp_path, **columns)
    with pytest.raises(InputError) as caught:
        town.consents.campaign(CLERK, CROSS_SELL, 1, path)
    place = caught.value.place
    assert (place.file, place.row, place.field) == (str(path), row, field)
    assert (town.projection.latest().reached, len(town.ledger.entries)) == (reached, entries)


@pytest.mark.parametrize("name", ["campaign.parquet", "campaign.csv", "campaign.arrow", "missing.parquet"])
def test_a_file_of_another_form_is_refused(town: Town, tmp_path: Path, name: str) -> None:
    (tmp_path / "campaign.parquet").write_bytes(b"\x00\xff no such form")
    (tmp_path / "campaign.csv").write_bytes(b"person,evidence\n7\n8,a,b\n")
    (tmp_path / "campaign.arrow").write_bytes(b"\x00\xff no such form")
    with pytest.raises(InputError) as caught:
        town.consents.campaign(CLERK, CROSS_SELL, 1, tmp_path / name)
    assert caught.value.place.file == str(tmp_path / name)


def test_who_may_and_for_what(town: Town, tmp_path: Path) -> None:
    path = file(tmp_path, person=[7, 8])
    for actor in (STRANGER, PROTECTOR):
        with pytest.raises(ForbiddenError):
            town.consents.campaign(actor, CROSS_SELL, 1, path)
    for topic in (CRASH, SHOPPING):
        with pytest.raises(ConflictError, match="each time"):
            town.consents.campaign(CLERK, topic, 1, path)
    for taken in (NOW + MINUTE, NOW - MINUTE):
        with pytest.raises(InputError):
            town.consents.campaign(CLERK, CROSS_SELL, 1, path, taken_at=taken)
    assert town.projection.latest().reached == 0
    town.consents.campaign(CLERK, CONGESTION, 1, path)


def test_without_a_ledger_there_is_no_campaign(town: Town, tmp_path: Path) -> None:
    town.ledger.fail_at = frozenset({"consent.campaign"})
    with pytest.raises(NotRecordedError):
        town.consents.campaign(CLERK, CROSS_SELL, 1, file(tmp_path, person=[7]))
    assert town.state(7) == "none"


@pytest.mark.slow
def test_a_million_are_one_act(town: Town, tmp_path: Path) -> None:
    people = pa.array(range(0, 3_000_000, 3), pa.uint32())
    path = file(tmp_path, person=people, evidence=pa.array([HEX] * len(people)))
    town.consents.campaign(CLERK, CROSS_SELL, 1, path)
    active = town.again().projection.latest().topic(CROSS_SELL, NOW.date()).active
    assert active == BitMap(range(0, 3_000_000, 3))
    town.withdraw(3)
    assert town.state(3) == "withdrawn"
