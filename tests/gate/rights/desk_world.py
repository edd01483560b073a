"""The bank of `tests.gate.lists` on a whole hub, with a rights desk of two clerks and a protector; people 0 to 7.

Names are written so that a search of the disk finds them: every person is called `なまえ-N-7731`.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.gate.lists import ACTORS, BANK, EIGHT, NOW, SCHEMA, Lists
from umaya.gate import Gate, Release
from umaya.gate import roles as r
from umaya.gate.rights import Asked, Form, Identity, Request, Requester
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.law.rights import RequestKind
from umaya.types.clock import ManualClock
from umaya.types.site import Actor

DESK = Actor("desk", "開示担当", BANK, frozenset({r.RIGHTS_DESK}))
SECOND = Actor("desk-second", "開示責任者", BANK, frozenset({r.RIGHTS_DESK}))
ELSEWHERE = Actor("desk-elsewhere", "よその窓口", "insurer-minase", frozenset({r.RIGHTS_DESK}))
GUARD, CORE, TELLER = ACTORS["guard"], ACTORS["core"], ACTORS["teller"]
TERMS = f"""\
party: {BANK}
since: 2026-04-01
target_days: 14
fees: {{disclosure: 500}}
contact: {{ja: 水無瀬銀行 開示等請求窓口, en: Rights desk of Minase Bank}}
"""


def name_of(person: int) -> str:
    """Return what a person's town is called in this world: text that stands nowhere else."""
    return f"なまえ-{person}-7731"


NAMED = EIGHT.set_column(3, SCHEMA.field("town"), pa.array([name_of(person) for person in range(8)]))


class World:
    """A hub with a bank, its rights desk and eight customers."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = ManualClock(NOW)
        made = directory.exists()
        if not made:
            init_hub(directory, Settings("rights.example/umaya", demo=True), self.clock)
        self.hub: Hub = open_hub(directory, self.clock, {})
        self.gate: Gate = self.hub.gate
        self.lists = Lists.of_gate(self.gate, self.clock)
        if not made:
            self._furnish()

    def _furnish(self) -> None:
        self.lists.furnish(NAMED)
        for actor in (DESK, SECOND, ELSEWHERE):
            self.gate.catalogue.add_actor(actor)
        self.gate.rights.terms.register(TERMS, "terms.yaml")

    def ask(self, kind: RequestKind = RequestKind.DISCLOSURE, person: int = 3, **changes: object) -> Request:
        """Submit a request at the counter."""
        given: dict[str, object] = {"party": BANK, "person": person, "kind": kind, "form": Form.JSON, **changes}
        if kind in {RequestKind.STOP_USE, RequestKind.ERASURE, RequestKind.STOP_PROVISION}:
            given = {"ground": "no-longer-needed", "words": "もう使わないでください"} | given
        return self.gate.rights.submit(Asked(**given), DESK)  # type: ignore[arg-type] # as named

    def in_work(self, kind: RequestKind = RequestKind.DISCLOSURE, person: int = 3, **changes: object) -> str:
        """Submit a request, check who asks, take it; return its id."""
        request = self.ask(kind, person, **changes)
        agent = request.requester is not Requester.PERSON
        how = Identity.MANDATE if agent else Identity.LICENCE
        self.gate.rights.desk.identify(DESK, request.id, how, "書庫 3-1")
        self.gate.rights.desk.take(DESK, request.id)
        return request.id

    def balances(self) -> list[int]:
        """Return the balances that the list of the insurer has."""
        outcome = self.gate.open(self.lists.use())
        return sorted(outcome.data.column("balance").to_pylist()) if isinstance(outcome, Release) else []

    def found(self, text: str) -> list[str]:
        """Return the files below the hub's folder in which a text stands, as UTF-8; Parquet is unpacked."""
        files = (path for path in self.directory.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.directory)) for path in files if text.encode() in _bytes(path))


def _bytes(path: Path) -> bytes:
    plain = path.read_bytes()
    return plain if path.suffix != ".parquet" else plain + str(pq.read_table(path).to_pylist()).encode()
