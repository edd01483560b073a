"""What each person can prove of a use: on the ledger that hubs have, checked by the independent checker alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyroaring import BitMap
from sqlalchemy import update

from tests.databases import migrated
from tests.gate.lists import ACTORS, NOW, SCHEMA, SECRET, Lists
from umaya.gate import Op, Predicate, Release, Stream
from umaya.gate.models import UsePeopleRow
from umaya.gate.uses import UseState
from umaya.ledger import Ledger, create_keys, load_signer, load_vkey
from umaya.ledger.check_receipt import NotProvedError, Proved, check_receipt
from umaya.types.clock import ManualClock
from umaya.types.errors import IntegrityError, NotFoundError

PEOPLE = range(10)  # eight customers, two strangers
HEX = re.compile(r"[0-9a-f]{32,64}")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Lists]:
    """The world with keys and ledger on disk; 1, 4 and 6 consented."""
    (tmp_path / "keys").mkdir()
    create_keys(tmp_path / "keys", "minase.example/umaya")
    clock = ManualClock(NOW)
    ledger = Ledger.create(tmp_path / "ledger", load_signer(tmp_path / "keys" / "ledger.key"), clock)
    database = migrated(f"sqlite:///{tmp_path / 'hub.db'}")
    world = Lists(database, tmp_path / "vault", ledger, clock)
    world.furnish()
    world.approve()
    world.consent(1, 4, 6)
    yield world
    database.close()


@pytest.fixture
def vkey(tmp_path: Path, world: Lists) -> str:
    del world
    return load_vkey(tmp_path / "keys" / "ledger.vkey")


def released(world: Lists, **changes: Any) -> Release:
    outcome = world.gate.open(world.use(**changes))
    assert isinstance(outcome, Release), outcome
    return outcome


def proved(world: Lists, vkey: str, use: str, person: int) -> Proved:
    """Return what a person's receipt proves, with the person's own key."""
    return check_receipt(world.gate.person_receipt(use, person), vkey, world.gate.person_key(person))


def present(world: Lists, vkey: str, use: str) -> list[int]:
    """Return who holds a receipt that says that the use reached them."""
    return [person for person in PEOPLE if proved(world, vkey, use, person).present]


def test_everybody_can_prove_that_they_were_in_a_list_or_were_not(world: Lists, vkey: str) -> None:
    use = released(world).use
    assert present(world, vkey, use) == [1, 4, 6]
    told = proved(world, vkey, use, 4)
    assert (told.people, told.count, told.kind, told.scheme) == ("people", 3, "use.permitted", "insurance-offer")


def test_a_receipt_is_about_nobody_but_its_person(world: Lists, vkey: str) -> None:
    use = released(world).use
    with pytest.raises(NotProvedError):
        check_receipt(world.gate.person_receipt(use, 4), vkey, world.gate.person_key(6))


def test_a_refused_list_proves_to_everybody_that_they_were_not_in_it(world: Lists, vkey: str) -> None:
    refusal = world.gate.open(world.use(people=[0, 2]))
    assert present(world, vkey, refusal.use) == []
    assert proved(world, vkey, refusal.use, 2).kind == "use.refused"


def test_the_receipt_of_a_search_is_about_those_it_delivered(world: Lists, vkey: str) -> None:
    """1 has 20, 4 has 50, 6 has 70: who was looked through and not found was not delivered."""
    use = released(world, matching=(Predicate("balance", Op.GE, 50),)).use
    assert present(world, vkey, use) == [4, 6]
    told = proved(world, vkey, use, 1)
    assert (told.people, told.count, told.kind) == ("delivered_people", 2, "use.released")


def test_a_decision_about_one_person_has_a_receipt_too(world: Lists, vkey: str) -> None:
    point = world.gate.point(world.use())
    permitted, refused = point.decide(4), point.decide(5)
    world.gate.enter(point, [permitted, refused])
    assert present(world, vkey, permitted.use) == [4]
    assert present(world, vkey, refused.use) == []


def test_nobodys_receipt_holds_anything_of_another(world: Lists) -> None:
    """Of two people in one list, what both files have is the use, its entry and the one checkpoint; of nobody's data
    is there a trace, and no key of one stands in the file of another.
    """
    use = released(world).use
    files = {person: world.gate.person_receipt(use, person).decode() for person in (1, 4, 6)}
    receipts = {person: json.loads(file) for person, file in files.items()}
    for person, receipt in receipts.items():
        others = [receipts[other] for other in receipts if other != person]
        assert all(receipt["entry"] == other["entry"] for other in others)
        assert all(receipt["proof"] == other["proof"] for other in others)
        own = json.dumps([receipt["key"], receipt["leaves"]])
        assert not any(other["key"] in own for other in others)
        assert all(HEX.fullmatch(text) for leaf in receipt["leaves"] for text in (leaf["key"], *leaf["path"]))
        for word in ('balance":', "2026-07", "アア", SECRET.hex(), world.gate.person_key(person).hex()):
            assert word not in files[person]


def test_two_uses_of_the_same_people_cannot_be_linked(world: Lists) -> None:
    """Keys, roots and paths of one use occur in no other."""
    uses = [released(world).use for _ in range(2)]
    found = [
        {
            text
            for person in PEOPLE
            for leaf in json.loads(world.gate.person_receipt(use, person))["leaves"]
            for text in (leaf["key"], *leaf["path"])
        }
        for use in uses
    ]
    assert len(found[0]) > 3
    assert not found[0] & found[1]


BIG = 200_000


@pytest.fixture
def many(world: Lists) -> Lists:
    """The world with 200,000 more customers, taken in as 0 to 7 have been; ten of them consented."""
    numbers = np.arange(8, BIG, dtype=np.uint32)
    columns = {
        "person": pa.array(numbers),
        "balance": pa.array(numbers.astype(np.int64)),
        "matures": pa.array([date(2027, 1, 1)] * len(numbers), pa.date32()),
        "town": pa.array(["ウ"] * len(numbers)),
    }
    world.gate.intake.take(ACTORS["core"], "deposits", pa.table(columns, SCHEMA), "more.parquet", 1)
    world.consent(*range(10_000, BIG, 20_000))
    return world


def test_an_interrupted_stream_says_so_to_those_it_reached(many: Lists, vkey: str) -> None:
    stream = many.gate.stream(many.use())
    assert isinstance(stream, Stream)
    with stream:
        batches = iter(stream)
        part = [next(batches) for _ in range(2)]
    reached = {row["balance"] for batch in part for row in batch.to_pylist()}  # beyond the eight, balances are numbers
    record = many.gate.uses.get(stream.use)
    assert (record.state, record.rows) == (UseState.INTERRUPTED, len(reached))
    assert {10_000, 50_000, 190_000} - reached == {190_000}
    for person in (10_000, 50_000, 190_000):
        told = proved(many, vkey, stream.use, person)
        assert (told.kind, told.people) == ("use.interrupted", "delivered_people")
        assert told.present is (person in reached)
        assert "which was interrupted" in told.describe()


def test_a_stream_that_was_cut_after_everybody_says_interrupted_too(world: Lists, vkey: str) -> None:
    """All rows had left when the reader went away, but the hub could not know that they arrived."""
    stream = world.gate.stream(world.use())
    assert isinstance(stream, Stream)
    with stream:
        assert next(iter(stream)).num_rows == 3
    assert present(world, vkey, stream.use) == [1, 4, 6]
    assert proved(world, vkey, stream.use, 1).kind == "use.interrupted"


@pytest.mark.parametrize("column", ["permitted", "delivered"])
def test_people_that_were_altered_in_the_database_are_found(world: Lists, column: str) -> None:
    """Somebody takes himself off the list, afterwards."""
    use = released(world, matching=(Predicate("balance", Op.LE, 50),)).use if column == "delivered" else None
    use = use or released(world).use
    with world.database.writing() as session:
        altered = {column: BitMap([1]).serialize()}
        session.execute(update(UsePeopleRow).where(UsePeopleRow.use == use).values(altered))
    for person in (1, 4):
        with pytest.raises(IntegrityError):
            world.gate.person_receipt(use, person)


def test_a_use_of_no_people_has_no_receipts(world: Lists) -> None:
    refusal = world.gate.open(world.use(scheme="unknown"))
    for use in (refusal.use, "no-such-use"):
        with pytest.raises(NotFoundError):
            world.gate.person_receipt(use, 1)


def test_the_command_verifies_a_receipt_without_the_hub(world: Lists, tmp_path: Path) -> None:
    use = released(world).use
    for name, text in (
        ("receipt.json", world.gate.person_receipt(use, 4)),
        ("own.key", world.gate.person_key(4).hex().encode()),
    ):
        (tmp_path / name).write_bytes(text)
    (tmp_path / "ledger").rename(tmp_path / "gone")
    command = [sys.executable, "-c", "from umaya.cli import main; main()", "receipt", "verify", "receipt.json"]
    command += ["--key", "keys/ledger.vkey", "--subject-key", "own.key", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["present"], told["count"], told["whose"], told["use"]) == (True, 3, True, use)
