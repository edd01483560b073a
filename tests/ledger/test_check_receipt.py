"""The independent checker of receipts: what is true is proved in words, and nothing else is proved by anything.

The use is of five people; a sixth is not among them. Forgeries are built from true parts: those of another use, of
another person, of other places in the tree.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.uses import ABSENT, OTHER_USE, PEOPLE, USE, RecordedUse, forged, key_of, record_use
from umaya.ledger import Ed25519Signer, Ledger
from umaya.ledger.check_receipt import NotProvedError, check_receipt, main
from umaya.ledger.checkpoint import TreeHead, sign_head
from umaya.ledger.merkle import EMPTY_ROOT, leaf_hash
from umaya.ledger.person_receipt import Which
from umaya.ledger.proofs import Receipt

Edit = Callable[[Any], object]


@pytest.fixture
def use(ledger: Ledger) -> RecordedUse:
    """A use of five people, the second of three entries."""
    return record_use(ledger)


def changed(receipt: bytes, edit: Edit) -> bytes:
    """The receipt with other members, in canonical form again."""
    members = json.loads(receipt)
    edit(members)
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def with_members(receipt: bytes, **members: object) -> bytes:
    return changed(receipt, lambda m: m.update(members))


def refusal(receipt: bytes, signer: Ed25519Signer, subject: bytes | None = None) -> str:
    with pytest.raises(NotProvedError) as caught:
        check_receipt(receipt, signer.vkey, subject)
    return str(caught.value)


# What is true


@pytest.mark.parametrize("person", [*PEOPLE, ABSENT, 0, 2**32 - 1])
def test_everybody_sees_whether_they_were_among_the_people(
    use: RecordedUse, signer: Ed25519Signer, person: int
) -> None:
    proved = check_receipt(use.receipt(person), signer.vkey, key_of(person))
    assert (proved.present, proved.count, proved.whose) == (person in PEOPLE, 5, True)
    assert (proved.use, proved.kind, proved.people) == (USE, "use.permitted", "people")
    assert (proved.scheme, proved.version, proved.purpose) == ("minase-letters", 2, f"sha256:{'ab' * 32}")
    assert (proved.time, proved.ledger, proved.entry) == ("2026-06-01T00:00:00.000000Z", signer.name, 1)


def test_what_is_proved_in_words(use: RecordedUse, signer: Ed25519Signer) -> None:
    inside = check_receipt(use.receipt(7), signer.vkey, key_of(7))
    assert inside.describe().splitlines() == [
        f"You are among the people whose data could be used (5 in all) in the use {USE} under the scheme minase-letters"
        " version 2, recorded on 2026-06-01 09:00 in Japan (entry 1 of minase.example/umaya).",
        f"あなたは、2026-06-01 09:00（日本時間）に記録された施策 minase-letters 第 2 版に基づく利用 {USE} で"
        "データの利用が許可された人々（全 5 人）に含まれています（minase.example/umaya の記録 1）。",
    ]
    outside = check_receipt(use.receipt(ABSENT), signer.vkey)
    english, japanese, note, remark = outside.describe().splitlines()
    assert english.startswith(f"The key {outside.key} is not among the people whose data could be used (5 in all)")
    assert japanese.startswith(f"鍵 {outside.key} は、2026-06-01 09:00（日本時間）に記録された")
    assert "（全 5 人）に含まれていません（" in japanese
    assert note == "note: whose key this is was not checked; give the subject key to check it"
    assert remark == "注: 誰の鍵であるかは確かめていません。本人鍵を渡すと確かめます。"


def test_those_whose_data_was_delivered(ledger: Ledger, signer: Ed25519Signer) -> None:
    use = record_use(ledger, [7], which=Which.DELIVERED_PEOPLE)
    proved = check_receipt(use.receipt(7), signer.vkey, key_of(7))
    assert (proved.people, proved.count, proved.scheme) == ("delivered_people", 1, None)
    assert (
        f"You are among the people whose data was delivered (1 in all) in the use {USE}, recorded" in proved.describe()
    )
    assert not check_receipt(use.receipt(8), signer.vkey, key_of(8)).present


def test_an_interrupted_release_says_so(ledger: Ledger, signer: Ed25519Signer) -> None:
    use = record_use(ledger, [7], which=Which.DELIVERED_PEOPLE, kind="use.interrupted")
    told = check_receipt(use.receipt(7), signer.vkey, key_of(7)).describe()
    assert f"in the use {USE}, which was interrupted, recorded" in told
    assert f"{USE}（途中で中断）" in told


def test_a_use_of_nobody(ledger: Ledger, signer: Ed25519Signer) -> None:
    proved = check_receipt(record_use(ledger, []).receipt(7), signer.vkey, key_of(7))
    assert (proved.present, proved.count) == (False, 0)


def test_a_receipt_stays_true_while_the_log_grows(use: RecordedUse, signer: Ed25519Signer) -> None:
    before = use.receipt(7)
    for _ in range(300):
        use.ledger.append("event.ended", "minase-officer", {"event": USE})
    for receipt in (before, use.receipt(7)):
        assert check_receipt(receipt, signer.vkey, key_of(7)).present


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(persons=st.sets(st.integers(0, 99), max_size=30), person=st.integers(0, 99))
def test_any_people_and_any_person(ledger: Ledger, signer: Ed25519Signer, persons: set[int], person: int) -> None:
    receipt = record_use(ledger, sorted(persons)).receipt(person)
    assert check_receipt(receipt, signer.vkey, key_of(person)).present == (person in persons)
    assert "and does not show it" in refusal(with_members(receipt, present=person not in persons), signer)


# Changed, cut, or another's


@pytest.mark.parametrize("person", [7, ABSENT])
def test_every_single_changed_byte_is_found(use: RecordedUse, signer: Ed25519Signer, person: int) -> None:
    """An absent key is authenticated by its owner's subject key alone: most keys are absent."""
    data = use.receipt(person)
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
        with pytest.raises(NotProvedError):
            check_receipt(flipped, signer.vkey, key_of(person))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_any_other_byte_missing_or_added_is_found(use: RecordedUse, signer: Ed25519Signer, data: st.DataObject) -> None:
    person = data.draw(st.sampled_from([7, ABSENT]))
    receipt = use.receipt(person)
    start = data.draw(st.integers(0, len(receipt)))
    stop = data.draw(st.integers(start, min(start + 3, len(receipt))))
    other = receipt[:start] + data.draw(st.binary(max_size=3)) + receipt[stop:]
    if other != receipt:
        with pytest.raises(NotProvedError):
            check_receipt(other, signer.vkey, key_of(person))


def test_a_file_cut_short_or_of_something_else(use: RecordedUse, signer: Ed25519Signer) -> None:
    receipt = use.receipt(7)
    texts = [receipt[:at] for at in range(0, len(receipt), 7)]
    odd = [b"", b"\n", b"[]\n", b"null\n", b"[" * 100_000 + b"\n", b'"\\ud800"\n', receipt.decode().encode("utf-16")]
    for data in [*texts, *odd, receipt[:-1], receipt + b"\n", b" " + receipt, receipt[:-1] + b" " * 2_000_000 + b"\n"]:
        assert "no receipt of this form" in refusal(data, signer)


def test_another_form_of_the_same_members(use: RecordedUse, signer: Ed25519Signer) -> None:
    receipt = use.receipt(7)
    assert changed(receipt, lambda _: None) == receipt
    members = json.loads(receipt)
    twice = receipt.replace(b'{"entry"', b'{"which":"people","entry"', 1)
    for data in (json.dumps(members).encode() + b"\n", json.dumps(members, indent=1).encode() + b"\n", twice):
        assert "no receipt of this form" in refusal(data, signer)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda m: m.update(format="umaya-receipt/v2"), "no receipt of this form"),
        (lambda m: m.update(name="x"), "no receipt of this form"),
        (lambda m: m.pop("which"), "no receipt of this form"),
        (lambda m: m.update(which="asked"), "another kind"),
        (lambda m: m.update(which=[]), "another kind"),
        (lambda m: m.update(present=1), "another kind"),
        (lambda m: m.update(proof=None), "another kind"),
        (lambda m: m.update(key="AB" * 16), "malformed key or leaf"),
        (lambda m: m.update(leaves={}), "malformed key or leaf"),
        (lambda m: m["leaves"].append(7), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(index=True), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(index=1.5), "no receipt of this form"),
        (lambda m: m["leaves"][0].update(key="ab"), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(key=7), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(path="ab"), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(path=7), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(path={"ab" * 32: 1}), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(path=[7]), "malformed key or leaf"),
        (lambda m: m["leaves"][0].update(path=["ab"]), "malformed key or leaf"),
        (lambda m: m["leaves"][0].pop("path"), "malformed key or leaf"),
        (lambda m: m.update(which="delivered_people"), "does not name the people"),
        (lambda m: m.update(proof=m["proof"].replace("@v1\n", "@v1\nextra AAAA\n")), "one written form"),
        (lambda m: m.update(proof=m["proof"] + "\u2014 witness.example/w1 AAAA\n"), "one written form"),
        (lambda m: m.update(proof=m["proof"].replace("index 1", "index 01")), "one written form"),
        (lambda m: m.update(proof=m["proof"].replace("index 1", "index 2")), "not in the ledger"),
        (lambda m: m.update(proof=m["proof"].replace("index 1", "index 9")), "not in the ledger"),
        (lambda m: m.update(proof=m["proof"].replace("\n3\n", "\n4\n")), "signature of the ledger does not fit"),
        (lambda m: m.update(proof=m["proof"].replace("umaya\n3", "other\n3")), "another ledger"),
        (lambda m: m.update(entry=m["entry"].replace('"permitted":5', '"permitted":6')), "not in the ledger"),
        (lambda m: m.update(leaves=[]), "does not show it"),
        (lambda m: m["leaves"].append(m["leaves"][0]), "does not show it"),
        (lambda m: m["leaves"][0].update(index=-1), "not among the people"),
        (lambda m: m["leaves"][0].update(index=5), "not among the people"),
        (lambda m: m["leaves"][0]["path"].pop(), "not among the people"),
        (lambda m: m["leaves"][0]["path"].append("00" * 32), "not among the people"),
    ],
)
def test_each_forgery_is_named(use: RecordedUse, signer: Ed25519Signer, edit: Edit, reason: str) -> None:
    assert reason in refusal(changed(use.receipt(7), edit), signer)


def test_stray_bits_in_base64(use: RecordedUse, signer: Ed25519Signer) -> None:
    """The last digit of a hash holds two bits that mean nothing; only one way to write them is taken."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def stray(members: Any) -> None:
        lines = members["proof"].split("\n")
        lines[2] = lines[2][:-2] + digits[digits.index(lines[2][-2]) | 3] + "="
        members["proof"] = "\n".join(lines)

    assert "stray bits" in refusal(changed(use.receipt(7), stray), signer)


def test_another_key_of_the_ledger(use: RecordedUse, signer: Ed25519Signer) -> None:
    for other in (forged(signer), Ed25519Signer.generate("minase.example/other")):
        assert "another ledger than the key, or signed by another key" in refusal(use.receipt(7), other)


def test_a_receipt_is_of_one_person(use: RecordedUse, signer: Ed25519Signer) -> None:
    for holder, reader in ((7, 8), (7, ABSENT), (ABSENT, 7)):
        assert "about somebody else" in refusal(use.receipt(holder), signer, key_of(reader))


def test_parts_of_another_use(use: RecordedUse, ledger: Ledger, signer: Ed25519Signer) -> None:
    """The same people, another use: neither its entry, nor its proof, nor its leaves fit."""
    mine, theirs = (json.loads(each.receipt(7)) for each in (use, record_use(ledger, PEOPLE, OTHER_USE)))
    reasons = {
        "entry": "not in the ledger",
        "proof": "not in the ledger",
        "leaves": "not among the people whom the entry names",
        "key": "does not show it",
    }
    for member, reason in reasons.items():
        assert reason in refusal(with_members(use.receipt(7), **{member: theirs[member]}), signer), member
    assert mine.keys() - reasons.keys() == {"format", "present", "which"}
    whole = with_members(use.receipt(7), entry=theirs["entry"], proof=theirs["proof"])
    assert "not among the people whom the entry names" in refusal(whole, signer)


def test_leaves_that_do_not_stand_side_by_side_prove_no_absence(use: RecordedUse, signer: Ed25519Signer) -> None:
    """Every true pair or single leaf of the tree, in either order: only the two neighbours of the key are taken."""
    leaves = {leaf["index"]: leaf for person in PEOPLE for leaf in json.loads(use.receipt(person))["leaves"]}
    keys = [leaves[at]["key"] for at in range(5)]
    for person in (ABSENT, *range(20, 40)):
        receipt = use.receipt(person)
        key = json.loads(receipt)["key"]
        for chosen in [(), *((a,) for a in range(5)), *((a, b) for a in range(5) for b in range(5)), (0, 1, 2)]:
            forgery = with_members(receipt, leaves=[leaves[at] for at in chosen])
            between = len(chosen) == 2 and chosen[1] == chosen[0] + 1 and keys[chosen[0]] < key < keys[chosen[1]]
            if between or (chosen == (0,) and key < keys[0]) or (chosen == (4,) and key > keys[4]):
                assert not check_receipt(forgery, signer.vkey, key_of(person)).present
            else:
                assert "does not show it" in refusal(forgery, signer, key_of(person))


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_is_present_is_never_absent(use: RecordedUse, signer: Ed25519Signer, person: int) -> None:
    leaves = {leaf["index"]: leaf for other in PEOPLE for leaf in json.loads(use.receipt(other))["leaves"]}
    receipt = use.receipt(person)
    for chosen in [(), *((a,) for a in range(5)), *((a, b) for a in range(5) for b in range(5))]:
        forgery = with_members(receipt, present=False, leaves=[leaves[at] for at in chosen])
        assert "does not show it" in refusal(forgery, signer, key_of(person))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"people": f"sha256:{EMPTY_ROOT.hex()}", "permitted": 0}, "which use it is about"),
        ({"use": "minase", "people": f"sha256:{EMPTY_ROOT.hex()}", "permitted": 0}, "which use it is about"),
        ({"use": USE, "permitted": 0}, "does not name the people"),
        ({"use": USE, "people": f"sha256:{EMPTY_ROOT.hex()}"}, "does not name the people"),
        ({"use": USE, "people": f"sha256:{EMPTY_ROOT.hex()}", "permitted": False}, "does not name the people"),
        ({"use": USE, "people": f"sha256:{EMPTY_ROOT.hex()}", "permitted": -1}, "does not name the people"),
        ({"use": USE, "people": "none", "permitted": 0}, "does not name the people"),
        ({"use": USE, "people": f"sha256:{'ab' * 32}", "permitted": 0}, "a tree of somebody"),
        ({"use": USE, "people": f"sha256:{EMPTY_ROOT.hex()}", "permitted": 1}, "does not show it"),
    ],
)
def test_entries_that_prove_nothing(ledger: Ledger, signer: Ed25519Signer, body: dict[str, Any], reason: str) -> None:
    """Truly in the ledger, and yet not an entry that a receipt could be about."""
    nobody = record_use(ledger, []).receipt(7)
    appended = ledger.append("use.permitted", "minase-officer", body)
    proof = ledger.receipt(appended.index)
    assert reason in refusal(with_members(nobody, entry=appended.entry.decode(), proof=proof), signer)


def test_an_entry_of_something_else_than_a_use(ledger: Ledger, signer: Ed25519Signer) -> None:
    nobody = record_use(ledger, []).receipt(7)
    proof = ledger.receipt(0)
    entry = ledger.entry_bytes(0).decode()
    assert "not that of a use" in refusal(with_members(nobody, entry=entry, proof=proof), signer)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda e: e.update(v=2), "not of a form"),
        (lambda e: e.update(v=True), "not of a form"),
        (lambda e: e.update(more=1), "not of a form"),
        (lambda e: e.pop("actor"), "not of a form"),
        (lambda e: e.update(kind=7), "not that of a use"),
        (lambda e: e.update(time=None), "not that of a use"),
        (lambda e: e.update(time="2026-06-01"), "not that of a use"),
        (lambda e: e.update(time="2026-13-01T00:00:00.000000Z"), "no time that there is"),
        (lambda e: e.update(time="9999-12-31T23:00:00.000000Z"), "no time that there is"),
        (lambda e: e.update(body=[]), "which use it is about"),
        (lambda e: e["body"].update(use=7), "which use it is about"),
    ],
)
def test_entries_of_another_form(use: RecordedUse, signer: Ed25519Signer, edit: Edit, reason: str) -> None:
    """Signed by the key, as by a hub of another version, or by one that does as it likes."""
    entry = changed(use.entry + b"\n", edit)[:-1]
    assert reason in refusal(with_members(use.receipt(7), **alone(entry, signer)), signer)


@pytest.mark.parametrize("entry", [b"[]", b"7", b"no JSON", b'{"v": 1}'])
def test_entries_that_are_none(use: RecordedUse, signer: Ed25519Signer, entry: bytes) -> None:
    assert "not of a form" in refusal(with_members(use.receipt(7), **alone(entry, signer)), signer)


def alone(entry: bytes, signer: Ed25519Signer) -> dict[str, str]:
    """An entry in a log of its own, with its proof."""
    note = sign_head(TreeHead(signer.name, 1, leaf_hash(entry)), signer)
    return {"entry": entry.decode(), "proof": Receipt(0, (), note).text()}


def test_an_entry_in_a_log_of_its_own(use: RecordedUse, signer: Ed25519Signer) -> None:
    """Guards the refusals above: what they change is all that is wrong with them."""
    receipt = with_members(use.receipt(7), **alone(use.entry, signer))
    assert check_receipt(receipt, signer.vkey, key_of(7)).present


def test_a_malformed_key_is_no_fault_of_the_receipt(use: RecordedUse, signer: Ed25519Signer) -> None:
    name, id_, public = signer.vkey.split("+", 2)
    of_another_type = b"\x02" + base64.b64decode(public)[1:]
    other_id = sha256(f"{name}\n".encode() + of_another_type).digest()[:4].hex()
    for vkey in ("", "x", "a+b+c", f"{name}+{id_}+AAAA", f"{name}+00000000+{public}", f"x{signer.vkey}"):
        with pytest.raises(ValueError, match="verifier key"):
            check_receipt(use.receipt(7), vkey)
    with pytest.raises(ValueError, match="not of type Ed25519"):
        check_receipt(use.receipt(7), f"{name}+{other_id}+{base64.b64encode(of_another_type).decode()}")
    with pytest.raises(ValueError, match="32 bytes"):
        check_receipt(use.receipt(7), signer.vkey, b"short")


# The program


@pytest.fixture
def files(use: RecordedUse, signer: Ed25519Signer, tmp_path: Path) -> list[str]:
    """Receipt, verifier key, subject key of person 7."""
    (tmp_path / "receipt.json").write_bytes(use.receipt(7))
    (tmp_path / "ledger.vkey").write_text(signer.vkey + "\n")
    (tmp_path / "mine.key").write_text(key_of(7).hex() + "\n")
    return [str(tmp_path / name) for name in ("receipt.json", "ledger.vkey", "mine.key")]


def test_the_checker_runs_alone(files: list[str]) -> None:
    """Without a line of the writer's code, nor any other package but `cryptography`."""
    script = (
        "import sys, runpy\n"
        "try: runpy.run_module('umaya.ledger.check_receipt', run_name='__main__')\n"
        "finally: print(*sorted(n for n in sys.modules if n.startswith(('umaya', 'rfc8785', 'numpy', 'numba'))))\n"
    )
    receipt, key, mine = files
    arguments = [sys.executable, "-c", script, receipt, "--key", key, "--subject-key", mine, "--json"]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    result, modules = run.stdout.splitlines()
    assert run.returncode == 0
    told = json.loads(result)
    assert (told["ok"], told["present"], told["whose"]) == (True, True, True)
    assert set(modules.split()) <= {"umaya", "umaya.ledger"}


def test_the_program_says_what_it_found(files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    receipt, key, mine = files
    assert main([receipt, "--key", key, "--subject-key", mine]) == 0
    assert capsys.readouterr().out.startswith("You are among the people")
    (tmp_path / "mine.key").write_text(key_of(8).hex())
    assert main([receipt, "--key", key, "--subject-key", mine]) == 2
    assert capsys.readouterr().out.startswith("NOT proved: the receipt is about somebody else")
    assert main([receipt, "--key", key, "--subject-key", mine, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["ok"] is False
    (tmp_path / "mine.key").write_text("7")
    for wrong in ([receipt, "--key", key, "--subject-key", mine], [receipt, "--key", receipt], ["none", "--key", key]):
        with pytest.raises(SystemExit) as stop:
            main(wrong)
        assert stop.value.code == 2
