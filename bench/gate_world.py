"""The hub that bench/gate.py measures: so many customers of a bank, of whom about three in five may be offered
insurance. Everything gets there through the gate; beside the hub lie the same facts as plain tables, for the peers.

Words on the scheme's topic, as shares of the people: 66 % consented and it is good, 10 % consented until yesterday,
5 % by a text that was ended, the others said nothing; 2 % withdrew afterwards. Other topics hold 39 % more, so that
there are 1.2 consents for each person. Some hundreds stand under a protective measure or were merged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from umaya.gate import Dataset, Gate, Party, Use, Words
from umaya.gate import roles as r
from umaya.gate.bodies import Office
from umaya.gate.collection import Manner
from umaya.gate.people import Channel, Side, Topic, Withdrawal
from umaya.gate.provision import Particulars
from umaya.law import ConsentTier, day_in_japan
from umaya.law.privacy_check import Problem
from umaya.ledger import Ed25519Signer, Ledger
from umaya.stores.database import Database
from umaya.types.classes import SecrecyClass as C
from umaya.types.clock import Clock, ManualClock, SystemClock
from umaya.types.site import Actor

Numbers = NDArray[np.uint32]
SEED = 20260401
SCHEME, DATASET = "insurance-offer", "deposits"
TOPICS = ("deposits-to-insurance", "deposits-to-cards", "deposits-to-funds")
ENDED_TEXT = 3
MEASURES, MERGES = 300, 100
PART = 2_500_000
BANK, INSURER = "bank-minase", "insurer-minase"
SIGNER = Ed25519Signer.from_seed("bench.example/umaya", bytes(32))
SCHEMA = pa.schema(
    [
        pa.field("person", pa.uint32(), nullable=False),
        pa.field("balance", pa.int64()),
        pa.field("matures", pa.date32()),
        pa.field("town", pa.string()),
    ]
)
CLASSES = {"person": C.ORDINARY, "balance": C.FINANCIAL, "matures": C.FINANCIAL, "town": C.ORDINARY}
TOWNS = pa.array([f"水無瀬町{number}丁目" for number in range(1, 41)])
_PURPOSE = Words("預金の取引", "Dealings in deposits")
STAFF = Actor("staff", "銀行", BANK, frozenset({r.PRIVACY_OFFICER, r.STEWARD, r.CLERK, r.OPERATOR, r.PROTECTOR}))
VERIFIER = Actor("verifier", "検証", BANK, frozenset({r.VERIFIER}))
HEAD = Actor("head", "承認", BANK, frozenset({r.APPROVER}))
ASKER = Actor("asker", "申請", INSURER, frozenset({r.APPLICANT}))
SELLER = Actor("seller", "営業", INSURER, frozenset({r.OFFICER}))

_CHECK = "".join(
    f"  - {{problem: {problem.value}, risk: low, measure: {{ja: 同意者のみ, en: Who consented}}, residual: low}}\n"
    for problem in Problem
)
_ADDRESS, _HEAD = Words("水無瀬市本町1番1号", "1-1 Honmachi, Minase"), Words("代表 一", "Hajime Daihyo")
_WORDS = Words("保険の案内", "Offer insurance")


def use() -> Use:
    """Return the use that is measured."""
    return Use(SELLER, SCHEME, "案内の準備", window=None)


@contextmanager
def opened(folder: Path, url: str | None = None, clock: Clock | None = None) -> Iterator[Gate]:
    """Yield the gate of a process that opens the hub in a folder; its database is SQLite there, or at the URL."""
    clock = SystemClock() if clock is None else clock
    database = Database.open(url or f"sqlite:///{folder / 'hub.db'}")
    secret = bytes(range(32))
    ledger = Ledger.open(folder / "ledger", SIGNER, clock)
    yield Gate(database, ledger, folder / "vault", {}, clock, people_secret=secret)
    database.close()


def furnish(folder: Path, people: int, url: str | None = None) -> None:
    """Make the hub in an empty folder, and an empty database, beginning seventy days ago."""
    clock = ManualClock(datetime.now(UTC) - timedelta(days=70))
    database = Database.open(url or f"sqlite:///{folder / 'hub.db'}")
    database.migrate()
    database.close()
    Ledger.create(folder / "ledger", SIGNER, clock)
    rng = np.random.default_rng(SEED)
    with opened(folder, url, clock) as gate:
        _catalogue(gate, clock)
        _customers(gate, people, rng)
        _texts(gate)
        clock.advance(timedelta(minutes=1))
        _approve(gate, clock)
        silent = _consents(gate, folder, people, rng, clock)
        _others(gate, folder, people, rng, silent)


def _tell(what: str, began: float) -> None:
    print(f"  set up: {what} {time.perf_counter() - began:.1f} s", flush=True)


def _catalogue(gate: Gate, clock: ManualClock) -> None:
    gate.catalogue.add_party(Party(BANK, Words("水無瀬銀行", "Minase Bank"), "bank"))
    gate.catalogue.add_party(Party(INSURER, Words("水無瀬生命", "Minase Life"), "insurer"))
    for actor in (STAFF, VERIFIER, HEAD, ASKER, SELLER):
        gate.catalogue.add_actor(actor)
    for party in (BANK, INSURER):
        gate.particulars.register(Particulars(party, day_in_japan(clock.now()), _ADDRESS, _HEAD))
    gate.bodies.appoint(BANK, Office.PRIVACY_OFFICER, STAFF.id, day_in_japan(clock.now()))
    title = Words("預金", "Deposits")
    order = ("person",)
    gate.catalogue.add_dataset(
        Dataset(DATASET, BANK, title, SCHEMA, CLASSES, subject="person", business="banking", order=order)
    )
    gate.collections.register(STAFF, DATASET, Manner.SHOWN, _PURPOSE, _PURPOSE, day_in_japan(clock.now()))


def _customers(gate: Gate, people: int, rng: np.random.Generator) -> None:
    began = time.perf_counter()
    for start in range(0, people, PART):
        numbers = np.arange(start, min(start + PART, people), dtype=np.uint32)
        count = len(numbers)
        towns = pa.DictionaryArray.from_arrays(rng.integers(0, len(TOWNS), count, np.int32), TOWNS)
        columns = [
            pa.array(numbers),
            pa.array(rng.integers(0, 10**8, count)),
            pa.array(rng.integers(20_000, 24_000, count, np.int32), pa.date32()),
            towns.cast(pa.string()),
        ]
        gate.intake.take(STAFF, DATASET, pa.table(columns, SCHEMA), f"part-{start}", 1)
        _tell(f"{start + count:,} customers", began)


def _texts(gate: Gate) -> None:
    for number, topic in enumerate(TOPICS):
        sides = Side(BANK, "banking"), Side(INSURER, "insurance" if number == 0 else f"business-{number}")
        gate.topics.add(STAFF, Topic(topic, _WORDS, ConsentTier.STATED_PERIOD, *sides, (C.FINANCIAL,), _WORDS))
        gate.topics.add_text(STAFF, topic, _WORDS, _WORDS, valid_days=365)
    gate.topics.add_text(STAFF, TOPICS[0], _WORDS, _WORDS, valid_days=69)
    gate.topics.add_text(STAFF, TOPICS[0], _WORDS, _WORDS, valid_days=365)


def _approve(gate: Gate, clock: ManualClock) -> None:
    day = day_in_japan(clock.now())
    text = (
        f"scheme: {SCHEME}\ntitle: {{ja: 保険の案内, en: Insurance offer}}\nprovider: {BANK}\nrecipient: {INSURER}\n"
        f"dataset: {DATASET}\nfields: [balance, matures, town]\npurpose: {{ja: 保険の案内, en: Offer insurance}}\n"
        f"basis: cross-sell-consent\nbusiness: insurance\ntopic: {TOPICS[0]}\n"
        f"period: {{from: {day}, to: {day + timedelta(days=200)}}}\nobligations: []\nprivacy_check:\n{_CHECK}"
    )
    gate.schemes.submit(ASKER, text, "scheme.yaml")
    clock.advance(timedelta(minutes=1))
    gate.review.sign_privacy(STAFF, SCHEME)
    gate.review.verify(VERIFIER, SCHEME)
    gate.review.approve(HEAD, SCHEME)


def _consents(gate: Gate, folder: Path, people: int, rng: np.random.Generator, clock: ManualClock) -> Numbers:
    """Take the campaigns, then end a text; return some who said nothing on the scheme's topic."""
    began = time.perf_counter()
    said = rng.random(people, np.float32)
    taken = [
        (0, 1, np.flatnonzero(said < 0.66)),
        (0, 2, np.flatnonzero((said >= 0.66) & (said < 0.76))),
        (0, ENDED_TEXT, np.flatnonzero((said >= 0.76) & (said < 0.81))),
        (1, 1, np.flatnonzero(rng.random(people, np.float32) < 0.20)),
        (2, 1, np.flatnonzero(rng.random(people, np.float32) < 0.19)),
    ]
    tables = []
    for topic, text, numbers in taken:
        found = _campaign(gate, folder, topic, text, numbers.astype(np.uint32))
        tables.append(found)
        _tell(f"{len(numbers):,} consents", began)
    gate.topics.end_text(STAFF, TOPICS[0], ENDED_TEXT)
    pq.write_table(pa.concat_tables(tables), folder / "consents.parquet")
    clock.set(datetime.now(UTC))
    return np.flatnonzero(said >= 0.81)[: 2 * MERGES].astype(np.uint32)


def _campaign(gate: Gate, folder: Path, topic: int, text: int, numbers: Numbers) -> pa.Table:
    """Return the consents as the peers are given them."""
    file = folder / "campaign.parquet"
    pq.write_table(pa.table({"person": numbers}), file)
    campaign = gate.consents.campaign(STAFF, TOPICS[topic], text, file)
    file.unlink()
    last: date = campaign.good_through
    kinds = (("topic", topic, pa.uint8()), ("text", text, pa.uint8()), ("last_day", last, pa.date32()))
    same = {name: pa.repeat(pa.scalar(value, kind), len(numbers)) for name, value, kind in kinds}
    return pa.table({"person": pa.array(numbers), **same})


def _others(gate: Gate, folder: Path, people: int, rng: np.random.Generator, silent: Numbers) -> None:
    """Take withdrawals and measures, and merge numbers of people who said nothing."""
    began = time.perf_counter()
    chosen = rng.permutation(people)[: people // 50 + MEASURES].astype(np.uint32)
    gone, protected = chosen[MEASURES:], chosen[:MEASURES]
    numbers = gone.tolist()
    for start in range(0, len(numbers), 20_000):
        part = numbers[start : start + 20_000]
        gate.consents.withdraw_many([Withdrawal(STAFF, person, TOPICS[0], Channel.APP) for person in part])
    _tell(f"{len(gone):,} withdrawals", began)
    for person in protected.tolist():
        gate.measures.set(STAFF, person, "支援措置の申出")
    origins = silent[:MERGES]
    for origin, into in zip(origins.tolist(), silent[MERGES:].tolist(), strict=True):
        gate.merges.merge("hub", into, origin)
    _tell(f"{len(protected)} measures, {len(origins)} merges", began)
    for name, listed in (("withdrawals", gone), ("measures", protected), ("merged", origins)):
        pq.write_table(pa.table({"person": pa.array(listed)}), folder / f"{name}.parquet")
