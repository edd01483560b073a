"""The receipt file: its bytes are pinned, and one that would not verify is never written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.ledger.conftest import record
from tests.ledger.uses import ABSENT, OTHER_USE, PEOPLE, record_use
from umaya.ledger import Ledger
from umaya.ledger.person_receipt import Which, person_receipt
from umaya.types.errors import IntegrityError

GOLDEN = (
    r'{"entry":"{\"actor\":\"minase-officer\",'
    r"\"body\":{\"people\":\"sha256:5a91404e8aaa27d7f65fe5f34d31c5570bd7cf7e9e3dbf73015cf87cdd6a4a19\","
    r"\"permitted\":2,"
    r"\"purpose\":\"sha256:abababababababababababababababababababababababababababababababab\","
    r"\"scheme\":\"minase-letters\",\"use\":\"3f2a8c1e-0b4d-4e6f-8a71-5c9d2e3f4a5b\",\"version\":2},"
    r'\"head\":2,\"kind\":\"use.permitted\",\"time\":\"2026-06-01T00:00:00.000000Z\",\"v\":1}",'
    r'"format":"umaya-receipt/v1","key":"29f15517f2c8d3bdb15a6b4219597065","leaves":[{"index":0,'
    r'"key":"29f15517f2c8d3bdb15a6b4219597065",'
    r'"path":["ee9ff1284776e78373ea11b33561bc4b4b6396b5c9f1b923394c64b2b6793c89"]}],"present":true,'
    r'"proof":"c2sp.org/tlog-proof@v1\nindex 1\nleGfTIK1LQoUlaWQ8jNW929lTn0ULYih1Dcj1iaHCAY=\n'
    r"Wm4e1UtEuznsM3UjI2pJw2qS5NPA6eY2X/xer7gGnFo=\n\nminase.example/umaya\n3\n"
    r"mV3KxWJ2Dum1Y2LftkFYqPPER86Sc75DVkp0m5IPFQY=\n\n"
    r"— minase.example/umaya "
    r"CE0qmZLW+oFZA6GS52TQ06PvJvth6qHvyWkWrWL69LHorLUwsvZcF08xytWg4GKh+TYNl/16+4mcpWpO9qSJvJvf0g8=\n"
    r'","which":"people"}'
    "\n"
).encode()


def test_a_receipt_has_these_bytes(ledger: Ledger) -> None:
    assert record_use(ledger, [7, 8]).receipt(7) == GOLDEN


def test_it_names_nobody(ledger: Ledger) -> None:
    """What it holds of people are keys that only their owner can recognise."""
    receipt = json.loads(record_use(ledger).receipt(7))
    assert receipt.keys() == {"entry", "format", "key", "leaves", "present", "proof", "which"}
    assert [leaf.keys() for leaf in receipt["leaves"]] == [{"index", "key", "path"}]
    assert receipt["leaves"][0]["key"] == receipt["key"]


def test_of_those_it_was_delivered_to(ledger: Ledger) -> None:
    use = record_use(ledger, [7], which=Which.DELIVERED_PEOPLE)
    assert json.loads(use.receipt(7))["which"] == "delivered_people"
    assert json.loads(use.receipt(8))["present"] is False


def test_a_use_of_nobody(ledger: Ledger) -> None:
    receipt = json.loads(record_use(ledger, []).receipt(7))
    assert (receipt["present"], receipt["leaves"]) == (False, [])


def test_what_the_entry_does_not_name_is_refused(ledger: Ledger) -> None:
    use = record_use(ledger)
    here, there = use.tree.prove(7), record_use(ledger, PEOPLE, OTHER_USE).tree.prove(7)
    proof, entry = ledger.receipt(use.index), use.entry
    with pytest.raises(IntegrityError, match="does not lead"):
        person_receipt(entry, proof, Which.PEOPLE, there)
    with pytest.raises(IntegrityError, match="does not name the people"):
        person_receipt(entry, proof, Which.DELIVERED_PEOPLE, here)
    with pytest.raises(IntegrityError, match="does not name the people"):
        person_receipt(ledger.append(*record(1)).entry, proof, Which.PEOPLE, here)
    with pytest.raises(IntegrityError, match="holds no leaf"):
        person_receipt(entry, proof, Which.PEOPLE, replace(use.tree.prove(ABSENT), leaves=()))
    with pytest.raises(IntegrityError, match="written form"):
        person_receipt(b"{}", proof, Which.PEOPLE, here)
