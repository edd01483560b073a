"""A bank, an insurer, a post office; one topic of each tier; clerks, programs, a privacy officer, protectors.

savings-to-cover   bank-minase/banking -> cover-minase/insurance, for a stated period; text 1 is good for 30 days
crash-record       the same direction, each time; text 1 is good for 30 days
shopping           the same, on request
congestion         the same, in advance, until a stated day
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any, cast

from tests.gate.world import MemoryLedger
from umaya.gate import Party, Words
from umaya.gate import roles as r
from umaya.gate.catalogue import Catalogue
from umaya.gate.people import (
    Channel,
    Consents,
    Evidence,
    Given,
    Measures,
    Merges,
    Projection,
    Side,
    Topic,
    Topics,
)
from umaya.gate.people.look_ups import Way
from umaya.gate.record import Acts
from umaya.law import ConsentTier
from umaya.stores.database import Database
from umaya.types.classes import SecrecyClass as C
from umaya.types.clock import Clock, ManualClock
from umaya.types.site import Actor

NOW = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)  # noon in Japan
LAST_DAY = date(2026, 12, 31)
CROSS_SELL, CRASH, SHOPPING, CONGESTION = "savings-to-cover", "crash-record", "shopping", "congestion"
TIERS = {
    CROSS_SELL: ConsentTier.STATED_PERIOD,
    CRASH: ConsentTier.EACH_TIME,
    SHOPPING: ConsentTier.ON_REQUEST,
    CONGESTION: ConsentTier.IN_ADVANCE,
}
ACTORS = {
    actor.id: actor
    for actor in (
        Actor("bank-clerk", "窓口", "bank-minase", frozenset({r.CLERK})),
        Actor("cover-clerk", "窓口", "cover-minase", frozenset({r.CLERK})),
        Actor("bank-app", "アプリ", "bank-minase", frozenset({r.PROGRAM})),
        Actor("post-clerk", "窓口", "post-minase", frozenset({r.CLERK})),
        Actor("my-page", "マイページ", "post-minase", frozenset({r.PROGRAM})),
        Actor("bank-privacy", "責任者", "bank-minase", frozenset({r.PRIVACY_OFFICER})),
        Actor("cover-privacy", "責任者", "cover-minase", frozenset({r.PRIVACY_OFFICER})),
        Actor("protector", "保護", "post-minase", frozenset({r.PROTECTOR})),
        Actor("bank-protector", "保護", "bank-minase", frozenset({r.PROTECTOR})),
    )
}
CLERK, OTHER_CLERK, STRANGER = ACTORS["bank-clerk"], ACTORS["cover-clerk"], ACTORS["post-clerk"]
PROTECTOR, PRIVACY = ACTORS["protector"], ACTORS["bank-privacy"]
WORDING = Words("口座の情報を保険のご案内に使います。", "We use account information to offer insurance.")
WITHDRAWAL = Words("窓口またはアプリで、いつでも撤回できます。", "Withdraw at any counter or in the app at any time.")
EVIDENCE = Evidence("sha256:" + "ab" * 32, "書庫 12-3")


class Town:
    """Everything about people on one database; `again` is what another process would have."""

    def __init__(self, database: Database, ledger: Any = None, clock: Clock | None = None) -> None:
        self.database = database
        self.ledger: Any = MemoryLedger() if ledger is None else ledger
        self.clock: Any = ManualClock(NOW) if clock is None else clock
        acts = Acts(database, cast("Any", self.ledger), self.clock, _entropy())
        self.acts = acts
        self.catalogue = Catalogue(acts)
        self.projection = Projection(database)
        self.topics = Topics(acts)
        self.consents = Consents(acts, self.projection)
        self.measures = Measures(acts, self.projection)
        self.merges = Merges(acts, self.projection)

    def again(self) -> Town:
        return Town(self.database, self.ledger, self.clock)

    def furnish(self) -> None:
        for party, kind in (("bank-minase", "bank"), ("cover-minase", "insurer"), ("post-minase", "post")):
            self.catalogue.add_party(Party(party, Words("水無瀬", "Minase"), kind))
        for actor in ACTORS.values():
            self.catalogue.add_actor(actor)
        for name, tier in TIERS.items():
            self.topics.add(PRIVACY, topic(name, tier))
            validity: dict[str, Any] = {"last_day": LAST_DAY} if name == CONGESTION else {"valid_days": 30}
            self.topics.add_text(PRIVACY, name, WORDING, WITHDRAWAL, **validity)

    def give(self, person: int, topic: str = CROSS_SELL, **changes: Any) -> Given:
        given: dict[str, Any] = {
            "actor": CLERK,
            "person": person,
            "topic": topic,
            "text": 1,
            "channel": Channel.COUNTER,
            "evidence": EVIDENCE,
            **changes,
        }
        if topic == SHOPPING:
            given.setdefault("requested_at", self.clock.now())
        return self.consents.give(**given)

    def withdraw(self, person: int, topic: str = CROSS_SELL, actor: Actor = CLERK) -> None:
        self.consents.withdraw(actor, person, topic, Channel.PHONE)

    def state(self, person: int, topic: str = CROSS_SELL, actor: Actor = CLERK) -> str:
        return str(self.consents.look_up(actor, person, topic, Way.API).state)

    def body(self, kind: str) -> Any:
        """Return the body of the latest entry of a kind."""
        return [entry for entry in self.ledger.entries if entry.kind == kind][-1].body


def topic(name: str = CROSS_SELL, tier: ConsentTier = ConsentTier.STATED_PERIOD, **changes: Any) -> Topic:
    given: dict[str, Any] = {
        "title": Words("保険のご案内", "Insurance offers"),
        "source": Side("bank-minase", "banking"),
        "target": Side("cover-minase", "insurance"),
        "kinds": (C.FINANCIAL,),
        "purpose": Words("ご案内", "Offers"),
        **changes,
    }
    return Topic(name, given.pop("title"), tier, **given)


def _entropy() -> Callable[[int], bytes]:
    numbers = count()
    return lambda size: hashlib.shake_256(f"{id(numbers)}{next(numbers)}".encode()).digest(size)
