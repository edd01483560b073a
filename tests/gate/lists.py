"""A small world of people: a bank, an insurer, eight customers, and a list that may hold those who consented.

person   0    1    2    3    4    5    6    7
balance  10   20   30   40   50   60   70   80      (ten thousand yen)
town     ア   ア   ア   ア   イ   イ   イ   イ

bank-minase      owns `deposits` (banking), takes consents
insurer-minase   would offer insurance: scheme `insurance-offer`, on the topic `deposits-to-insurance`
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.gate.collected import tell
from tests.gate.world import MemoryLedger, Step
from umaya.gate import Dataset, Gate, Party, Use, Words, standard_factories
from umaya.gate import roles as r
from umaya.gate.bodies import Office
from umaya.gate.people import Channel, Evidence, Side, Topic
from umaya.gate.provision import Particulars
from umaya.law import ConsentTier
from umaya.law.privacy_check import Problem
from umaya.stores.database import Database
from umaya.types.classes import SecrecyClass as C
from umaya.types.clock import Clock, ManualClock
from umaya.types.site import Actor

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)  # ten in the morning in Japan
BANK, INSURER = "bank-minase", "insurer-minase"
TOPIC, SCHEME = "deposits-to-insurance", "insurance-offer"
SECRET = bytes(range(32))

SCHEMA = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("balance", pa.int64()),
        pa.field("matures", pa.date32()),
        pa.field("town", pa.string()),
    ]
)
CLASSES = {"person": C.ORDINARY, "balance": C.FINANCIAL, "matures": C.FINANCIAL, "town": C.ORDINARY}
EIGHT = pa.table(
    {
        "person": pa.array(range(8), pa.uint32()),
        "balance": [10 * (person + 1) for person in range(8)],
        "matures": pa.array([date(2026, 7, person + 1) for person in range(8)], pa.date32()),
        "town": list("アアアアイイイイ"),
    },
    SCHEMA,
)

ACTORS = {
    "asker": Actor("asker", "申請", INSURER, frozenset({r.APPLICANT})),
    "privacy": Actor("privacy", "個人情報", BANK, frozenset({r.PRIVACY_OFFICER})),
    "second-line": Actor("second-line", "検証", BANK, frozenset({r.VERIFIER})),
    "head": Actor("head", "承認", BANK, frozenset({r.APPROVER})),
    "steward": Actor("steward", "管理", BANK, frozenset({r.STEWARD})),
    "teller": Actor("teller", "窓口", BANK, frozenset({r.CLERK})),
    "core": Actor("core", "勘定系", BANK, frozenset({r.OPERATOR, r.PROGRAM})),
    "seller": Actor("seller", "営業", INSURER, frozenset({r.OFFICER})),
    "agent": Actor("agent", "窓口", INSURER, frozenset({r.CLERK})),
    "stranger": Actor("stranger", "通りがかり", "shop-minase", frozenset({r.OFFICER})),
    "guard": Actor("guard", "保護", BANK, frozenset({r.PROTECTOR})),
}

WORDS = (Words("保険の案内に使います", "Used to offer insurance"), Words("窓口で", "At a counter"))
"""What is shown of the use, and of the way to withdraw."""
PRIVACY_CHECK = "privacy_check:\n" + "".join(
    f"  - {{problem: {problem.value}, risk: low, measure: {{ja: 同意者のみ, en: Who consented}}, residual: low}}\n"
    for problem in Problem
)
DOCUMENT = f"""\
scheme: {SCHEME}
title: {{ja: 保険の案内, en: Insurance offer}}
provider: {BANK}
recipient: {INSURER}
dataset: deposits
fields: [balance, matures, town]
purpose: {{ja: 保険の案内, en: Offer insurance}}
basis: cross-sell-consent
business: insurance
topic: {TOPIC}
period: {{from: 2026-04-01, to: 2027-03-31}}
obligations: []
{PRIVACY_CHECK}"""


class Lists:
    """The gate of the world; `gate`, `ledger` and `clock` are there to be used."""

    def __init__(self, database: Database, directory: Path, ledger: Any = None, clock: Clock | None = None) -> None:
        self.clock: Any = ManualClock(NOW) if clock is None else clock
        self.ledger: Any = MemoryLedger() if ledger is None else ledger
        self.database = database
        self.directory = directory
        self.gate = self.new_gate()

    @classmethod
    def of_gate(cls, gate: Gate, clock: ManualClock) -> Lists:
        """Return the world of a gate that is open already."""
        world = cls.__new__(cls)
        world.gate, world.clock = gate, clock
        return world

    def new_gate(self) -> Gate:
        """Return another gate on the same stores, as another process would have."""
        factories = {**standard_factories(SECRET), "fails": lambda _: Step("fails", timedelta(0), [])}
        return Gate(self.database, self.ledger, self.directory, factories, self.clock, people_secret=SECRET)

    def furnish(self, people: pa.Table = EIGHT, tier: ConsentTier = ConsentTier.STATED_PERIOD) -> None:
        """Register everybody, take the customers in, register the topic and its text."""
        catalogue = self.gate.catalogue
        catalogue.add_party(Party(BANK, Words("水無瀬銀行", "Minase Bank"), "bank"))
        catalogue.add_party(Party(INSURER, Words("水無瀬生命", "Minase Life"), "insurer"))
        catalogue.add_party(Party("shop-minase", Words("水無瀬商店", "Minase Shop"), "shop"))
        for actor in ACTORS.values():
            catalogue.add_actor(actor)
        for party in (BANK, INSURER):
            self.gate.particulars.register(
                Particulars(
                    party,
                    date(2026, 4, 1),
                    Words("水無瀬市本町1番1号", "1-1 Honmachi, Minase"),
                    Words("代表 一", "Hajime Daihyo"),
                )
            )
        self.gate.bodies.appoint(BANK, Office.PRIVACY_OFFICER, "privacy", date(2026, 4, 1))
        title = Words("預金", "Deposits")
        catalogue.add_dataset(
            Dataset("deposits", BANK, title, SCHEMA, CLASSES, subject="person", business="banking", order=("person",))
        )
        tell(self.gate, self.clock, "deposits", ACTORS["privacy"])
        self.gate.intake.take(ACTORS["core"], "deposits", people, "deposits.parquet", 1)
        self.gate.topics.add(
            ACTORS["privacy"],
            Topic(
                TOPIC,
                Words("預金情報を保険に", "Deposits to insurance"),
                tier,
                Side(BANK, "banking"),
                Side(INSURER, "insurance"),
                (C.FINANCIAL,),
                Words("保険の案内", "Offer insurance"),
            ),
        )
        self.gate.topics.add_text(ACTORS["privacy"], TOPIC, *WORDS, valid_days=365)

    def approve(self, text: str = DOCUMENT) -> None:
        """Carry a document through its review."""
        scheme = self.gate.schemes.submit(ACTORS["asker"], text, "scheme.yaml").scheme
        self.clock.advance(timedelta(minutes=1))
        self.gate.review.sign_privacy(ACTORS["privacy"], scheme)
        self.gate.review.verify(ACTORS["second-line"], scheme)
        self.gate.review.approve(ACTORS["head"], scheme)

    def consent(self, *people: int, text: int = 1, requested: bool = False) -> None:
        """Take the consent of people at the counter; `requested` where each asked for it."""
        for person in people:
            self.gate.consents.give(
                ACTORS["teller"],
                person,
                TOPIC,
                text,
                Channel.COUNTER,
                Evidence(f"sha256:{person:064x}", f"form-{person}"),
                requested_at=self.clock.now() if requested else None,
            )

    def withdraw(self, *people: int) -> None:
        """Take withdrawals at the insurer's counter."""
        for person in people:
            self.gate.consents.withdraw(ACTORS["agent"], person, TOPIC, Channel.COUNTER)

    @staticmethod
    def use(**changes: Any) -> Use:
        """Return the use that the world is made for, with changes."""
        given: dict[str, Any] = {"actor": ACTORS["seller"], "scheme": SCHEME, "reason": "案内の準備", "window": None}
        return Use(**given | changes)
