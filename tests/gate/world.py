"""A small world for the gate: a post office, a city, a bank; nine positions on a street; obligations that count.

    post-minase   owns bike-positions (postal, location, one field of correspondence) and letterboxes (no time)
    city-minase   may receive
    bank-minase   is neither

The gate of these tests runs on a real database and a ledger in memory that can be told to fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from tests.gate.collected import tell
from umaya.gate import Area, Dataset, Gate, ObligationContext, Party, Use, Words
from umaya.gate import roles as r
from umaya.ledger.entries import Record
from umaya.ledger.templates import Recordable
from umaya.stores.database import Database
from umaya.types.classes import SecrecyClass as C
from umaya.types.clock import ManualClock
from umaya.types.effects import ClassEffect
from umaya.types.schemas import POSITIONS
from umaya.types.site import Actor

NOW = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)  # noon in Japan
HOUR = timedelta(hours=1)
WINDOW = (NOW - HOUR, NOW)
INSIDE, OUTSIDE = (136.85, 36.25), (137.50, 36.25)
SCHEMA = POSITIONS.append(pa.field("addressee", pa.string()))
CLASSES = {
    **dict.fromkeys(("t", "accuracy_m", "speed_mps", "heading_deg"), C.NON_PERSONAL),
    "vehicle_id": C.ORDINARY,
    "lon": C.POSTAL,
    "lat": C.POSTAL,
    "addressee": C.CORRESPONDENCE,
}


@dataclass(frozen=True)
class Entry:
    index: int
    kind: str
    actor: str
    body: Mapping[str, Any]


@dataclass
class MemoryLedger:
    """A ledger in memory. `fail_at` names the kinds whose append fails."""

    entries: list[Entry] = field(default_factory=list)
    fail_at: frozenset[str] = frozenset()

    def append(self, kind: str, actor: str, body: Mapping[str, Any]) -> Entry:
        if kind in self.fail_at:
            raise OSError("no space left")
        json.dumps(body, default=str)
        self.entries.append(Entry(len(self.entries), kind, actor, dict(body)))
        return self.entries[-1]

    def append_many(self, given: Sequence[Recordable]) -> list[Entry]:
        records = [it if isinstance(it, Record) else it.template.plain(it.values) for it in given]
        if not self.fail_at.isdisjoint(record.kind for record in records):
            raise OSError("no space left")
        return [self.append(*record) for record in records]

    def entry_bytes(self, index: int) -> bytes:
        return json.dumps(self.entries[index].body, default=str).encode()

    def receipt(self, index: int) -> str:
        return f"receipt of {self.entries[index].kind}"

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries]


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    lookback_s: int = Field(default=0, ge=0)
    max_homes: int = Field(default=0, ge=0)
    min_vehicles: int = Field(default=1, ge=1)


@dataclass(frozen=True)
class Step:
    """An obligation that notes what it was given."""

    name: str
    lookback: timedelta
    seen: list[tuple[str, pa.Table, ObligationContext]]
    may_end: bool = True
    row_wise: bool = False
    sees_people: bool = False
    effects: tuple[ClassEffect, ...] = ()
    adds: Mapping[str, C] = field(default_factory=dict)

    def fit(self, schema: pa.Schema, context: ObligationContext) -> pa.Schema:
        return schema

    def apply(self, data: pa.Table, context: ObligationContext) -> pa.Table:
        self.seen.append((self.name, data, context))
        if self.name == "fails":
            raise ValueError("the obligation cannot do it")
        if self.name == "crashes":
            raise KeyboardInterrupt
        if self.name == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.name == "link-counts":
            return pa.table({"points": [data.num_rows]})
        return data


ACTORS = {
    "clerk": Actor("clerk", "申請", "post-minase", frozenset({r.APPLICANT})),
    "second-line": Actor("second-line", "検証", "post-minase", frozenset({r.VERIFIER})),
    "head": Actor("head", "承認", "post-minase", frozenset({r.APPROVER})),
    "all-hats": Actor("all-hats", "兼務", "post-minase", frozenset({r.APPLICANT, r.VERIFIER, r.APPROVER})),
    "two-hats": Actor("two-hats", "兼務", "post-minase", frozenset({r.VERIFIER, r.APPROVER})),
    "steward": Actor("steward", "管理", "post-minase", frozenset({r.STEWARD})),
    "phones": Actor("phones", "端末", "post-minase", frozenset({r.OPERATOR})),
    "planner": Actor("planner", "計画", "post-minase", frozenset({r.OFFICER})),
    "officer": Actor("officer", "防災", "city-minase", frozenset({r.OFFICER})),
    "mayor": Actor("mayor", "市長", "city-minase", frozenset({r.DECLARER})),
    "city-clerk": Actor("city-clerk", "申請", "city-minase", frozenset({r.APPLICANT, r.VERIFIER, r.APPROVER})),
    "banker": Actor("banker", "銀行", "bank-minase", frozenset({r.OFFICER, r.OPERATOR, r.APPLICANT, r.STEWARD})),
}

SCHEME = """\
scheme: minase-passable-roads
title: {ja: 通れた道マップ, en: Passable roads}
provider: post-minase
recipient: city-minase
dataset: bike-positions
fields: [vehicle_id, t, lon, lat]
purpose: {ja: 災害対応, en: Disaster response}
basis: postal-exception-2
area: {bbox: [136.80, 36.20, 136.90, 36.28]}
period: {from: 2026-04-01, to: 2027-03-31}
obligations:
  - move-to-road: {}
  - suppress-dead-ends: {lookback_s: 600}
"""


def positions(*points: tuple[str, timedelta, tuple[float, float]]) -> pa.Table:
    """Positions by vehicle, time after the window's start, and place."""
    vehicles, after, places = zip(*points, strict=True)
    return pa.table(
        {
            "vehicle_id": list(vehicles),
            "t": pa.array([WINDOW[0] + by for by in after], SCHEMA.field("t").type),
            "lon": [place[0] for place in places],
            "lat": [place[1] for place in places],
        }
    )


MINUTE = timedelta(minutes=1)
NINE = positions(
    ("b", 2 * MINUTE, INSIDE),
    ("a", 1 * MINUTE, INSIDE),
    ("a", 0 * MINUTE, INSIDE),
    ("a", 59 * MINUTE, INSIDE),
    ("a", 60 * MINUTE, INSIDE),  # the end does not belong to the window
    ("a", -5 * MINUTE, INSIDE),  # within the lookback
    ("a", -15 * MINUTE, INSIDE),  # before it
    ("c", 3 * MINUTE, OUTSIDE),
    ("a", 4 * MINUTE, OUTSIDE),
)
LETTERBOXES = pa.table({"address": ["みなせ1", "みなせ2"], "lon": [136.85, 137.5], "lat": [36.25, 36.25]})


class World:
    """A gate with everything in it; `gate`, `ledger` and `clock` are there to be used."""

    def __init__(self, database: Database, directory: Path, ledger: Any = None) -> None:
        self.clock = ManualClock(NOW)
        self.ledger: Any = MemoryLedger() if ledger is None else ledger
        self.seen: list[tuple[str, pa.Table, ObligationContext]] = []
        self.database = database
        self.directory = directory
        self.gate = self.new_gate()

    def new_gate(self, without: str = "") -> Gate:
        """Return another gate on the same stores, as another process would have; `without` one of its obligations."""
        names = ("move-to-road", "suppress-dead-ends", "link-counts", "fails", "crashes", "dies")
        factories = {name: self._factory(name) for name in names if name != without}
        return Gate(self.database, self.ledger, self.directory, factories, self.clock, entropy=self._entropy())

    def _factory(self, name: str) -> Any:
        def make(parameters: Mapping[str, Any]) -> Step:
            limits = Limits.model_validate(parameters)
            return Step(name, timedelta(seconds=limits.lookback_s), self.seen)

        return make

    def _entropy(self) -> Any:
        count = iter(range(1_000_000))
        start = len(self.seen), id(self.seen)
        return lambda size: hashlib.shake_256(f"{start}{id(count)}{next(count)}".encode()).digest(size)

    def furnish(self) -> None:
        """Register parties, actors and datasets, and take in the nine positions."""
        catalogue = self.gate.catalogue
        catalogue.add_party(Party("post-minase", Words("水無瀬郵便局", "Minase Post"), "post"))
        catalogue.add_party(Party("city-minase", Words("水無瀬市", "Minase City"), "municipality"))
        catalogue.add_party(Party("bank-minase", Words("水無瀬銀行", "Minase Bank"), "bank"))
        for actor in ACTORS.values():
            catalogue.add_actor(actor)
        title = Words("位置", "Positions")
        catalogue.add_dataset(
            Dataset("bike-positions", "post-minase", title, SCHEMA, CLASSES, "t", "lon", "lat", ("vehicle_id", "t"))
        )
        boxes = pa.schema([("address", pa.string()), ("lon", pa.float64()), ("lat", pa.float64())])
        classes = dict.fromkeys(boxes.names, C.ORDINARY)
        title = Words("郵便受け", "Letterboxes")
        catalogue.add_dataset(Dataset("letterboxes", "post-minase", title, boxes, classes, None, "lon", "lat"))
        for dataset in ("bike-positions", "letterboxes"):
            tell(self.gate, self.clock, dataset)
        self.gate.intake.take(ACTORS["phones"], "bike-positions", NINE, "nine.parquet", 1)
        self.gate.intake.take(ACTORS["phones"], "letterboxes", LETTERBOXES, "boxes.csv", 1)

    def submit(self, text: str = SCHEME, **changes: str) -> str:
        """Submit a scheme document, each `key` of which is replaced by a line; return its id."""
        for key, line in changes.items():
            kept = [old for old in text.splitlines() if not old.startswith((f"{key}:", "  - "))]
            steps = [] if key == "obligations" else [old for old in text.splitlines() if old.startswith("  - ")]
            if line:
                kept.insert(len(kept) - 1 if kept[-1] == "obligations:" else len(kept), f"{key}: {line}")
            text = "\n".join([*kept, *steps]) + "\n"
        return self.gate.schemes.submit(ACTORS["clerk"], text, "scheme.yaml").scheme

    def approve(self, text: str = SCHEME, **changes: str) -> str:
        """Submit a scheme and close both locks."""
        scheme = self.submit(text, **changes)
        self.gate.review.verify(ACTORS["second-line"], scheme)
        self.gate.review.approve(ACTORS["head"], scheme)
        return scheme

    def declare(self, event: str = "quake", **changes: Any) -> str:
        """Declare an event that covers the window and the scheme's area."""
        given: dict[str, Any] = {
            "municipality": "city-minase",
            "area": Area.of_box((136.0, 36.0, 138.0, 37.0)),
            "start": NOW - 2 * HOUR,
            "end": NOW + 72 * HOUR,
            **changes,
        }
        return self.gate.events.declare(ACTORS["mayor"], event, Words("地震", "Earthquake"), **given).id

    @staticmethod
    def use(**changes: Any) -> Use:
        """Return the use that the world is made for, with changes."""
        given: dict[str, Any] = {
            "actor": ACTORS["officer"],
            "scheme": "minase-passable-roads",
            "reason": "道路の状況を確かめる",
            "window": WINDOW,
            "event": "quake",
            **changes,
        }
        return Use(**given)


def offsets(table: pa.Table) -> list[tuple[str, int]]:
    """Return vehicle and minutes after the window's start of each row."""
    minutes = pc.divide(
        pc.subtract(table.column("t"), pa.scalar(WINDOW[0], SCHEMA.field("t").type)).cast("int64"), 60_000_000
    )
    return list(zip(table.column("vehicle_id").to_pylist(), minutes.to_pylist(), strict=True))
