"""The sample town's bank: the list holds nobody without prior consent, and everybody can prove what became of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from umaya.gate import Op, Predicate, Refusal, Use
from umaya.gate.uses import UseState
from umaya.hub import Hub, Settings, init_hub, open_hub
from umaya.ledger.check_receipt import check_receipt
from umaya.sample import Town
from umaya.sample.bank import PEOPLE, SCHEME, consented, offer_list, set_up_bank
from umaya.sample.customers import Customers, customers
from umaya.sample.setup import OPENING
from umaya.types.clock import ManualClock
from umaya.types.reasons import Reason


@pytest.fixture(scope="module")
def people(village: Town) -> Customers:
    return customers(village, seed=1)


@pytest.fixture(scope="module")
def hub(people: Customers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub with the bank alone, after its first list."""
    folder, clock = tmp_path_factory.mktemp("bank") / "hub", ManualClock(OPENING)
    init_hub(folder, Settings("minase.example/umaya"), clock)
    opened = open_hub(folder, clock, environment={})
    set_up_bank(opened, clock, people)
    yield opened
    opened.close()


def test_the_list_holds_those_who_consented_and_nobody_else(hub: Hub, people: Customers) -> None:
    """Person by person, beside the truth that the hub was never told."""
    listed = offer_list(hub)
    rows = people.deposits.filter(pa.array([person in consented(people) for person in range(people.deposits.num_rows)]))
    assert listed.column("name").to_pylist() == rows.column("name").to_pylist()
    assert listed.column("matures").to_pylist() == rows.column("matures").to_pylist()
    assert len(people.withdrew) > 0
    assert len(people.protected) > 0


def test_the_list_shows_bands_of_balances_and_its_last_day(hub: Hub) -> None:
    listed = offer_list(hub)
    assert all(balance % 1_000_000 == 0 for balance in listed.column("balance").to_pylist())
    assert listed.schema.metadata[b"umaya:delete-by"].startswith(b"2027-02-")
    assert "person" not in listed.column_names


def test_balances_are_searched_among_those_who_consented_alone(hub: Hub, people: Customers) -> None:
    rich = Predicate("balance", Op.GE, 3_000_000)
    use = Use(PEOPLE["insurer-seller"], SCHEME, "高額の方への案内", None, matching=(rich,))
    outcome = hub.gate.open(use)
    assert not isinstance(outcome, Refusal)
    whole = people.deposits.to_pylist()
    expected = [row["name"] for row in whole if row["person"] in consented(people) and row["balance"] >= 3_000_000]
    assert outcome.data.column("name").to_pylist() == expected


def test_every_customer_can_prove_what_the_list_did_with_them(hub: Hub, people: Customers) -> None:
    """In it or not, offline, against the one signed checkpoint; without a word about anybody else."""
    use = hub.gate.uses.list(UseState.RELEASED, SCHEME)[-1].id
    vkey = (hub.directory / "keys" / "ledger.vkey").read_text("ascii").strip()
    for person in (*people.asked[:20].tolist(), *people.withdrew.tolist(), *people.protected.tolist(), 0, 1, 2):
        proved = check_receipt(hub.gate.person_receipt(use, person), vkey, hub.gate.person_key(person))
        assert proved.present is (person in consented(people))


def test_an_auditor_verifies_it_offline(hub: Hub, people: Customers, tmp_path: Path) -> None:
    """By the commands, with nothing but the ledger's folder, its key, and a person's receipt."""
    use = hub.gate.uses.list(UseState.RELEASED, SCHEME)[-1].id
    person = min(consented(people))
    (tmp_path / "receipt.json").write_bytes(hub.gate.person_receipt(use, person))
    (tmp_path / "own.key").write_text(hub.gate.person_key(person).hex())
    key = hub.directory / "keys" / "ledger.vkey"
    umaya = str(Path(sys.executable).with_name("umaya"))
    receipt = [umaya, "receipt", "verify", str(tmp_path / "receipt.json"), "--key", str(key), "--json"]
    checked = subprocess.run([*receipt, "--subject-key", str(tmp_path / "own.key")], capture_output=True, check=True)
    assert json.loads(checked.stdout)["present"] is True
    (tmp_path / "copy").mkdir()
    shutil.copytree(hub.directory / "ledger", tmp_path / "copy" / "ledger")
    ledger = [umaya, "ledger", "verify", "--hub", str(tmp_path / "copy"), "--key", str(key)]
    assert subprocess.run(ledger, capture_output=True, check=False).returncode == 0


def test_a_call_without_consent_is_refused_and_the_second_line_hears_of_it(hub: Hub, people: Customers) -> None:
    silent = min(set(range(people.deposits.num_rows)) - set(people.asked.tolist()))
    outcome = hub.gate.open(Use(PEOPLE["insurer-seller"], SCHEME, "電話での案内", None, people=[silent]))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CONSENT_MISSING
    assert hub.gate.alarms.list(PEOPLE["bank-legal"])[0].about == outcome.entry


def test_the_same_seed_draws_the_same_customers(village: Town, people: Customers) -> None:
    again = customers(village, seed=1)
    assert again.deposits.equals(people.deposits)
    assert again.asked.tolist() == people.asked.tolist()
    assert not customers(village, seed=2).deposits.equals(people.deposits)


def test_the_bank_needs_less_than_a_day(village: Town, people: Customers, tmp_path: Path) -> None:
    clock = ManualClock(OPENING)
    init_hub(tmp_path / "hub", Settings("minase.example/umaya"), clock)
    opened = open_hub(tmp_path / "hub", clock, environment={})
    set_up_bank(opened, clock, people)
    assert clock.now() < OPENING + timedelta(days=1)
    opened.close()
