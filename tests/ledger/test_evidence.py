"""Archives of evidence: what is written is proved by the checker in it, and any change of it is found."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from umaya.ledger import Ed25519Signer, Ledger, evidence_check
from umaya.ledger.entries import Given, digest
from umaya.ledger.evidence import MAX_ENTRIES, Content, fingerprint, finish, prepare
from umaya.ledger.evidence_check import (
    Archive,
    FaultError,
    Step,
    consistent,
    included,
    main,
    read_zip,
    signed,
    written_zip,
)
from umaya.ledger.merkle import consistency_path, inclusion_path, leaf_hash, node_hash, range_root
from umaya.types.clock import SystemClock
from umaya.types.errors import InputError

SIGNER = Ed25519Signer.from_seed("minase.example/umaya", bytes(range(32)))
OTHER = Ed25519Signer.from_seed("minase.example/umaya", bytes(32))
USE, EXPORT = "3f2a8c1e-0b4d-4e6f-8a71-5c9d2e3f4a5b", "00000000-0000-4000-8000-000000000001"
DOCUMENT = '{"scheme":"minase-letters","title":{"en":"Letters","ja":"手紙"}}'


@dataclass(frozen=True)
class Story:
    """One use from its application to its end in a ledger of other entries, and its archive."""

    ledger: Ledger
    entries: tuple[int, ...]
    receipt: tuple[int, str]

    def content(self, of: str = "use") -> Content:
        return Content({"of": of, "use": USE}, self.entries, (DOCUMENT,), dict([self.receipt]))

    def export(self, content: Content | None = None, signer: Ed25519Signer = SIGNER) -> bytes:
        prepared = prepare(self.ledger, signer.vkey, content or self.content(), EXPORT)
        body: dict[str, Given] = {
            "export": EXPORT,
            "of": "use",
            "entries": len(prepared.entries),
            "content": prepared.digest,
        }
        exported = self.ledger.append("evidence.exported", "auditor", body)
        return finish(self.ledger, signer.vkey, prepared, exported.index, self.ledger.checkpoint())


def make_story(folder: Path, approver: str = "head", signer: Ed25519Signer = SIGNER, noise: int = 30) -> Story:
    ledger = Ledger.create(folder, signer, SystemClock())
    scheme: dict[str, Given] = {"scheme": "minase-letters", "version": 1, "document": digest(DOCUMENT.encode())}
    for _ in range(noise):
        ledger.append("hub.created", "hub", {})
    acts = (("submitted", "planner"), ("verified", "second-line"), ("approved", approver))
    entries = [ledger.append(f"scheme.{act}", actor, scheme).index for act, actor in acts]
    opened = ledger.append("use.permitted", "officer", {"use": USE, **scheme}).index
    receipt = ledger.receipt(opened)
    ledger.append("hub.created", "hub", {})
    entries += [opened, ledger.append("use.released", "officer", {"use": USE, "opened": opened, "rows": 3}).index]
    return Story(ledger, tuple(entries), (opened, receipt))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return make_story(tmp_path_factory.mktemp("evidence") / "ledger")


@pytest.fixture(scope="module")
def archive(story: Story) -> bytes:
    return story.export()


def proved(files: dict[str, bytes], key: str = "") -> list[Step]:
    steps: list[Step] = []
    Archive(files, key).run(steps.append)
    return steps


def test_an_archive_is_proved_step_by_step(archive: bytes) -> None:
    steps = proved(read_zip(archive), fingerprint(SIGNER.vkey))
    names = "form key checkpoint entries export manifest documents receipts course"
    assert [step.name for step in steps] == names.split()
    assert steps[-1].en == "1 permitted uses, 1 closed, each after both locks"


def test_it_verifies_on_a_machine_with_python_alone(archive: bytes, tmp_path: Path) -> None:
    """`python -I -S` sees neither Umaya nor any other package; the folder and the archive itself are both proved."""
    folder, file = tmp_path / "unpacked", tmp_path / "evidence.zip"
    file.write_bytes(archive)
    with zipfile.ZipFile(file) as packed:
        packed.extractall(folder)
    run = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    for arguments in ([], [str(file)], [str(folder), "--key", fingerprint(SIGNER.vkey)]):
        done = subprocess.run(
            [*run, *arguments], capture_output=True, text=True, check=False, env={"LC_ALL": "C.UTF-8"}
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count(" ok ") == 9
        assert done.stdout.endswith("\nPROVED / すべて確かめました\n") == ("--key" in arguments)
        assert "\nPROVED" in done.stdout
    (folder / "entries" / "0000000031.json").write_bytes(b"{}")
    done = subprocess.run(run, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    assert done.returncode == 1
    assert "FAULT" in done.stdout
    wrong = [*run, str(file), "--key", "sha256:abc"]
    assert subprocess.run(wrong, capture_output=True, check=False).returncode == 2


def test_the_checker_is_python_3_9_and_the_standard_library_alone() -> None:
    tree = ast.parse(Path(evidence_check.__file__).read_text("utf-8"), feature_version=(3, 9))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert all(str(name).split(".")[0] in sys.stdlib_module_names for name in imported)
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


def test_the_same_export_gives_the_same_bytes(story: Story) -> None:
    prepared = [prepare(story.ledger, SIGNER.vkey, story.content(), EXPORT) for _ in range(2)]
    body: dict[str, Given] = {"export": EXPORT, "of": "use", "entries": 5, "content": prepared[0].digest}
    exported = story.ledger.append("evidence.exported", "auditor", body).index
    note = story.ledger.checkpoint()
    first = finish(story.ledger, SIGNER.vkey, prepared[0], exported, note)
    story.ledger.append("hub.created", "hub", {})
    assert finish(story.ledger, SIGNER.vkey, prepared[1], exported, note) == first
    assert proved(read_zip(first))


def test_any_flipped_bit_of_the_archive_is_found(archive: bytes) -> None:
    """Every byte of the headers and of the directory at its end, and a sample of the rest."""
    random = Random(1)
    end = archive.rindex(b"PK\x01\x02")
    places = {*range(120), *range(end, len(archive)), *random.sample(range(len(archive)), 300)}
    for at in places:
        changed = bytearray(archive)
        changed[at] ^= 1 << random.randrange(8)
        with pytest.raises(FaultError):
            proved(read_zip(bytes(changed)))


def test_any_flipped_bit_of_any_file_is_found(archive: bytes) -> None:
    """Unpacked, where no sum of the archive helps: bytes of every file, all of those that are short."""
    random, files = Random(2), read_zip(archive)
    quick = {name for name in files if len(files[name]) > 300}
    for name, data in files.items():
        for at in random.sample(range(len(data)), 25 if name in quick else min(len(data), 60)):
            changed = data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
            with pytest.raises(FaultError):
                proved({**files, name: changed})
        with pytest.raises(FaultError):
            proved({**files, name: data + b"\n"})
        if data:
            with pytest.raises(FaultError):
                proved({**files, name: data[:-1]})


def test_a_missing_or_added_file_is_found_and_named(archive: bytes) -> None:
    files = read_zip(archive)
    for name in files:
        if name != "manifest.json":
            with pytest.raises(FaultError):
                proved({kept: data for kept, data in files.items() if kept != name})
    for name in ("extra.txt", "entries/0000000000.json", "proofs/0000000000.txt", "documents/x.json"):
        with pytest.raises(FaultError):
            proved({**files, name: b"{}"})


def test_swapped_files_are_found(archive: bytes) -> None:
    """Both are genuine, and neither stands where it must."""
    files = read_zip(archive)
    for folder in ("entries", "proofs"):
        one, other = sorted(name for name in files if name.startswith(folder))[:2]
        with pytest.raises(FaultError):
            proved({**files, one: files[other], other: files[one]})


def test_another_key_is_found(story: Story, archive: bytes, tmp_path: Path) -> None:
    """A forger signs the same story with a key of the same name: only the fingerprint tells, and it does."""
    forged = read_zip(make_story(tmp_path / "forged", signer=OTHER).export(signer=OTHER))
    assert proved(forged)
    with pytest.raises(FaultError, match="another one"):
        proved(forged, fingerprint(SIGNER.vkey))
    with pytest.raises(FaultError):
        proved({**read_zip(archive), "ledger.vkey": forged["ledger.vkey"]})
    with pytest.raises(FaultError):
        proved({**read_zip(archive), "checkpoint.txt": forged["checkpoint.txt"]})


def test_who_names_no_key_is_told_what_was_not_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A forged archive holds under the forger's own key, and the last word says so."""
    file = tmp_path / "forged.zip"
    file.write_bytes(make_story(tmp_path / "forged", signer=OTHER).export(signer=OTHER))
    assert main([str(file)]) == 0
    assert "\nPROVED if the key is the ledger's" in capsys.readouterr().out
    assert main([str(file), "--key", fingerprint(SIGNER.vkey)]) == 1
    assert capsys.readouterr().out.endswith("NOT PROVED / 証明できません\n")


def test_another_genuine_export_cannot_lend_its_entry(story: Story) -> None:
    first, second = (read_zip(story.export()) for _ in range(2))
    manifest = {**second, "manifest.json": first["manifest.json"]}
    assert proved(manifest)  # the same content: its manifest is the same
    other = read_zip(story.export(Content({"of": "search"}, story.entries[:1], (DOCUMENT,))))
    with pytest.raises(FaultError):
        proved({**second, "manifest.json": other["manifest.json"]})


def test_a_use_without_two_locks_is_no_proof(tmp_path: Path) -> None:
    """The entries are genuine; what they tell must not have happened."""
    story = make_story(tmp_path / "ledger", approver="second-line")
    with pytest.raises(FaultError, match="two locks"):
        proved(read_zip(story.export()))


def test_an_end_must_fit_its_beginning(tmp_path: Path) -> None:
    story = make_story(tmp_path / "ledger")
    other = story.ledger.append("use.released", "officer", {"use": EXPORT, "opened": story.receipt[0]}).index
    content = Content({"of": "use"}, (*story.entries, other), (DOCUMENT,))
    with pytest.raises(FaultError, match="beginning"):
        proved(read_zip(story.export(content)))


def test_a_document_that_an_entry_names_must_be_there(story: Story) -> None:
    with pytest.raises(FaultError, match="names a document"):
        proved(read_zip(story.export(Content({"of": "search"}, story.entries))))


def test_a_receipt_of_another_ledger_is_no_evidence(story: Story, tmp_path: Path) -> None:
    """The other ledger has the same name and key, and another history: a fork."""
    fork = make_story(tmp_path / "fork", noise=29)
    content = Content({"of": "use"}, story.entries, (DOCUMENT,), {story.receipt[0]: fork.receipt[1]})
    with pytest.raises(FaultError, match="receipt"):
        proved(read_zip(story.export(content)))


def test_nothing_and_too_much_are_refused(story: Story) -> None:
    for entries in ((), range(MAX_ENTRIES + 1)):
        with pytest.raises(InputError):
            prepare(story.ledger, SIGNER.vkey, Content({"of": "search"}, entries), EXPORT)


def test_the_written_form_of_archives_is_that_of_the_standard_library() -> None:
    files = {"b.txt": b"two", "a/a.txt": b"", "ä.txt": b"x"}
    sink = io.BytesIO(written_zip({name: data for name, data in files.items() if name.isascii()}))
    with zipfile.ZipFile(sink) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["a/a.txt", "b.txt"]


# Ed25519 and the tree, against their sources

RFC_8032 = (  # section 7.1: public key, message, signature of TEST 1, 2, 3 and SHA(abc)
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
)


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key = bytes.fromhex(public)
    assert signed(key, bytes.fromhex(message), bytes.fromhex(signature))
    assert not signed(key, bytes.fromhex(message) + b"\0", bytes.fromhex(signature))


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 64 * 8 - 1), st.booleans())
def test_signatures_are_judged_as_by_cryptography(seed: bytes, message: bytes, bit: int, flip: bool) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    if flip:
        signature[bit // 8] ^= 1 << bit % 8
    assert signed(public, message, bytes(signature)) == by_cryptography(public, message, bytes(signature)) != flip


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_whatever_is_no_signature_is_none(public: bytes, signature: bytes) -> None:
    assert not signed(public, b"message", signature)


def test_a_signature_has_one_form() -> None:
    """A greater s (plus L) gives the same point: RFC 8032 5.1.7 refuses it, lest one signature make another."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert signed(public, b"m", signature)
    assert not signed(public, b"m", signature[:32] + s.to_bytes(32, "little"))


def by_cryptography(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 200), st.data())
def test_proofs_of_the_writer_are_proved_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(size)]

    def subtree(start: int, stop: int) -> bytes:
        half = (start + stop) // 2
        return leaves[start] if stop - start == 1 else node_hash(subtree(start, half), subtree(half, stop))

    root = range_root(0, size, subtree)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path, chain = inclusion_path(index, size, subtree), consistency_path(old, size, subtree)
    assert included(leaves[index], index, size, path, root)
    assert not included(leaves[index], index, size, [*path, root], root)
    assert not included(leaf_hash(b"other"), index, size, path, root)
    old_root = range_root(0, old, subtree)
    assert consistent(old, old_root, size, root, chain)
    assert not consistent(old, old_root, size, root, [*chain, root])
    assert not consistent(old, leaf_hash(b"other"), size, root, chain)
