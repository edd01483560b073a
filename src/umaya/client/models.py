"""Answers of the JSON API.

Evolution: a member that is there keeps its name and meaning; a new one may come at any time, so readers ignore what
they do not know. Times are aware, in UTC; days are days in Japan.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Item = TypeVar("Item")


class Answer(BaseModel):
    """Root of every answer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Page(Answer, Generic[Item]):
    """A part of a list.

    Attributes:
        items: in the list's order.
        next: cursor of the next part; None for the last one.
    """

    items: list[Item]
    next: str | None = None


class Office(Answer):
    """A post office or a hub; hours are of the day in Japan, empty when closed."""

    office_id: str
    name: str
    name_en: str
    lon: float
    lat: float
    services: list[str]
    staff: int
    rooms: int
    kiosks: int
    weekdays: str
    saturdays: str
    sundays: str


class Catchment(Answer):
    """The people whose nearest an office is, before and after."""

    office_id: str
    before: int
    after: int


class Suggestion(Answer):
    """An office where a service would begin: people whose nearest it would be, people that it brings within the limit,
    and minutes saved, of all people together, one way.
    """

    office_id: str
    served: int
    within: int
    minutes_saved: float


class OfficeAccess(Answer):
    """How many people have how far to an office.

    Attributes:
        counted_at: when people were counted.
        people: in the cells that are told.
        cells: how many are told.
        borders_minutes: upper borders of the bands; then come who has farther, and whom no road leads.
        before, after: people of each band.
        concerned: people whose nearest office is another one afterwards.
    """

    counted_at: datetime
    people: int
    cells: int
    borders_minutes: list[float]
    before: list[int]
    after: list[int]
    concerned: int
    catchments: list[Catchment]
    suggestions: list[Suggestion]


class Problem(BaseModel):
    """A problem (RFC 9457); members beyond these depend on the code."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    advice: str


class Bilingual(Answer):
    """A text in Japanese and English."""

    ja: str
    en: str


class OpenPoint(Answer):
    """What keeps a lock open: a code of the law, and which item is meant."""

    code: str
    item: str | None


class Scheme(Answer):
    """A scheme in a list; `version` and `state` are of the newest version, `in_force` is the approved one."""

    scheme: str
    title: Bilingual
    provider: str
    recipient: str
    dataset: str
    basis: str
    version: int
    state: str
    in_force: int | None
    starts: date
    ends: date


class SchemeVersion(Answer):
    """A version; `document` as it was submitted, `digest` what the ledger holds of it."""

    version: int
    state: str
    digest: str
    conditions: list[str]
    document: dict[str, Any]


class WholeScheme(Scheme):
    """A scheme with its versions, oldest first, and what keeps the locks of the newest open."""

    versions: list[SchemeVersion]
    open_points: list[OpenPoint]


class Submitted(SchemeVersion):
    """A version that was just submitted."""

    scheme: str
    open_points: list[OpenPoint]


class SchemeAct(Answer):
    """Who did what on which version, when; `entry` is its ledger index."""

    version: int
    act: str
    actor: str
    role: str
    at: datetime
    note: str
    entry: int


class Change(Answer):
    """A key of a scheme document and what it said before and after; None where it was not there."""

    key: str
    before: Any
    after: Any


class Difference(Answer):
    """What a version changes in the one that it would replace."""

    before: int | None
    after: int
    changes: list[Change]
    without_conditions: list[str]


class People(Answer):
    """How many people were asked for, permitted, and refused by reason."""

    asked: int
    permitted: int
    refused: dict[str, int]


class Decision(Answer):
    """What would be decided now; `people` is None for data about nobody whom the hub knows."""

    permitted: bool
    reason: str
    scheme: str
    version: int | None
    decided_at: datetime
    rules: str
    fields: list[str]
    people: People | None


class UseRecord(Answer):
    """What became of a use; ledger indices of its decision and of its closing."""

    use: str
    scheme: str
    version: int | None
    state: str
    reason: str
    decided_at: datetime
    entry: int
    closing_entry: int | None
    asked: int | None
    permitted: int | None
    refused: dict[str, int] | None
    rows: int | None
    digest: str | None


class Line(Answer):
    """One step of an explanation."""

    met: bool
    text: str
    source: str


class Explanation(Answer):
    """Why one person's data may, or may not, be used; the last line decides."""

    permitted: bool
    reason: str
    lines: list[Line]


class Alarm(Answer):
    """What the second line must look at; `about`: the entry that raised it, `owner`: who answers for it until `due`."""

    id: str
    kind: str
    party: str
    scheme: str
    actor: str
    at: datetime
    about: int
    entry: int
    seen_by: str | None
    seen_at: datetime | None
    state: str | None
    owner: str | None
    due: date | None


class Given(Answer):
    """A consent that was recorded; `good_through` is its last day."""

    topic: str
    text: int
    good_through: date
    entry: int


class Withdrawn(Answer):
    """A withdrawal that was recorded."""

    topic: str
    withdrawn: bool


class Said(Answer):
    """A word as a counter may see it."""

    kind: str
    text: int | None
    good_through: date | None
    taken_at: datetime
    channel: str | None


class Standing(Answer):
    """What holds for a person on a topic today."""

    topic: str
    state: str
    word: Said | None
    history: list[Said]


class NoticeVersion(Answer):
    """A version of a joint-use notice; `document` is its digest, `entry` the ledger index of its publication."""

    notice: str
    version: int
    state: str
    title: Bilingual
    published: date | None
    starts: date | None
    document: str
    entry: int | None


class Notice(Answer):
    """A published notice with its versions."""

    notice: str
    in_force: int | None
    ended_on: date | None
    versions: list[NoticeVersion]


class NoticeWords(NoticeVersion):
    """A version with its words: language to digest and sections, each a heading with its paragraphs."""

    words: dict[str, dict[str, Any]]


class Proof(Answer):
    """A ledger entry as recorded, and its receipt (C2SP tlog-proof)."""

    entry: str
    receipt: str


class Webhook(Answer):
    """Where a party's system is told which subjects; `behind` entries were not looked at for it yet."""

    webhook: str
    url: str
    kinds: list[str]
    made_by: str
    made_at: datetime
    ended: bool
    behind: int
    failures: int
    tried_again_at: datetime | None


class NewWebhook(Webhook):
    """A webhook that was just made, with its secret: shown this once."""

    secret: str


class Warned(Answer):
    """Somebody who was warned of an emergency opening; `seen_at` is when they said that they saw it."""

    actor: str
    role: str
    at: datetime
    seen_at: datetime | None


class Emergency(Answer):
    """An opening of raw data in a declared disaster; `uses` are those within it, `rows` how many have left."""

    emergency: str
    state: str
    requester: str
    provider: str
    recipient: str
    dataset: str
    fields: list[str]
    plan: str
    version: int
    event: str
    opened_at: datetime
    ends: datetime
    entry: int
    finding: str | None
    warned: list[Warned]
    uses: list[str]
    rows: int


class RowFault(Answer):
    """What is wrong with a row: `row` counts from 1; never the value itself."""

    row: int
    field: str
    problem: str
    advice: str


class RowsTaken(Answer):
    """Rows that were taken in; `left_out` had faults, `digest` is what the ledger's entry holds of the others."""

    intake: str
    rows: int
    left_out: int
    digest: str
    entry: int


class RowsPreview(Answer):
    """What would be taken in: the first of `fault_count` faults, and whether these very rows were taken in before."""

    given: int
    good: int
    repeated: bool
    faults: list[RowFault]
    fault_count: int


class IntakeRecord(Answer):
    """Rows that came in; `notice` is the version of the collection notice."""

    intake: str
    dataset: str
    actor: str
    source: str
    rows: int
    left_out: int
    digest: str
    at: datetime
    entry: int
    notice: int | None


class Position(BaseModel):
    """Where a vehicle was: `t` with a zone, degrees WGS 84; the others where they are known."""

    model_config = ConfigDict(extra="forbid")

    vehicle_id: str
    t: datetime
    lon: float
    lat: float
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heading_deg: float | None = None


class PositionBatch(BaseModel):
    """Positions that a source sends together; source and number may stand in the address instead."""

    model_config = ConfigDict(extra="forbid")

    source: str | None = None
    sequence: int | None = None
    positions: list[Position]


class BatchTaken(Answer):
    """A batch that is in the vault; `repeated` where it was there before and was not taken again."""

    intake: str
    rows: int
    repeated: bool


class LiveState(Answer):
    """How the live intake of a dataset is doing in this process; rows of `derived` are final before `final_until`."""

    dataset: str
    derived: str | None
    final_until: datetime | None
    waiting_batches: int
    waiting_rows: int
    taken_batches: int
    taken_rows: int
    repeated: int
    refused: int
    full: int
    failed: int
    ticks: int


class AddressPart(Answer):
    """A stretch of an address as it was written, and what it was read as; the parts end to end are the address."""

    part: str
    text: str


class ReadAddress(Answer):
    """An address as it was read: names and ids are the registry's, empty where it was not found so far.

    `level` tells how finely: none, prefecture, city, town, block, parcel or number; it is also the coordinate's. `rest`
    is what was not understood.
    """

    prefecture: str
    city: str
    town: str
    block: str
    number: str
    building: str
    rest: str
    postcode: str
    lg_code: str
    machiaza_id: str
    blk_id: str
    rsdt_id: str
    prc_id: str
    lon: float | None
    lat: float | None
    level: str
    confidence: float
    parts: list[AddressPart]


class NearAddress(Answer):
    """The entry of the registry that is nearest to a place: a number, a parcel or a town."""

    text: str
    level: str
    lg_code: str
    machiaza_id: str
    lon: float
    lat: float
    distance_m: float


class SuggestedAddress(Answer):
    """A way in which an address may go on; `level` is what it names: prefecture, city, town, block, parcel, number."""

    text: str
    level: str
    lon: float | None
    lat: float | None
