#!/usr/bin/env python3
"""The checker of an archive of evidence (証拠の書庫の検証): proves it with Python 3.9 or later and nothing else.

Lies in every archive as `verify.py`. Shares no code with what wrote the archive and needs neither Umaya nor a network.

    python verify.py                       checks the folder in which this file lies
    python verify.py ARCHIVE.zip           checks an archive that was not unpacked
    python verify.py --key sha256:...      and that the ledger's key is the one with this fingerprint

What is proved, in this order; exit status 0 when all of it holds, 1 when something does not, 2 when asked wrongly:

1. form       The archive is in its one written form; every file that must be there is there, and no other.
2. key        The ledger's key fits its own name; its fingerprint is the one that was handed in.
3. checkpoint The tree head is signed by the key (Ed25519, RFC 8032; C2SP `signed-note`, `tlog-checkpoint`).
4. entries    Each entry is in canonical form and in the tree of that head (C2SP `tlog-proof`, RFC 6962).
5. export     The export itself is such an entry, and names the digest of the manifest.
6. manifest   Each file of the manifest has the size and the digest that the manifest says.
7. documents  Each scheme document is the one whose digest the entries name.
8. receipts   Each receipt is signed, is of an entry that is here, and its older tree is a part of this one.
9. course     Acts of review and uses follow from each other: both locks by different people before the first use.

What nobody can prove from an archive: that the ledger holds no further entry about the same thing. Whoever must know
checks the whole ledger. And a key proves only its own signatures: compare its fingerprint with one from elsewhere.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "umaya-evidence/v1"
MANIFEST, CHECKPOINT, KEY, PROGRAM = "manifest.json", "checkpoint.txt", "ledger.vkey", "verify.py"
MAX_FILES, MAX_BYTES = 60_000, 1 << 30
EXPORTED = "evidence.exported"

_ENTRY_FILE = re.compile(r"entries/([0-9]{10})\.json")
_DOCUMENT_FILE = re.compile(r"documents/([0-9a-f]{64})\.json")
_RECEIPT_FILE = re.compile(r"receipts/([0-9]{10})\.txt")
_NOTE = re.compile(
    r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n\n\u2014 ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n", re.ASCII
)
_PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n(.*)", re.DOTALL | re.ASCII
)
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_PLAIN = re.compile(r"[A-Za-z0-9._:/-]{1,128}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class FaultError(Exception):
    """The archive proves nothing; `file` is where, the message one sentence in English, `ja` the same in Japanese."""

    def __init__(self, file: str, english: str, japanese: str) -> None:
        super().__init__(english)
        self.file, self.ja = file, japanese


class Step(NamedTuple):
    """What was proved: the step's name, and what it found in English and Japanese."""

    name: str
    en: str
    ja: str


# Ed25519 (RFC 8032, 5.1): verification only. Nothing here is secret, so nothing has to take constant time.

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_NEUTRAL = (0, 1, 1, 0)


def _add(a: _Point, b: _Point) -> _Point:
    # SPEC: RFC 8032 5.1.4 "the following formulas are complete", in extended coordinates (X, Y, Z, T)
    left, right = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    cross, both = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = right - left, both - cross, both + cross, right + left
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiple(number: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _point(data: bytes) -> _Point | None:
    """Return the point that 32 bytes encode, or None (RFC 8032, 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == -u % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if v * x * x % _P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_POINT = _point(bytes([0x58]) + bytes([0x66]) * 31)


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature of 64 bytes fits a message and a public key of 32 bytes."""
    if len(public) != 32 or len(signature) != 64 or _BASE_POINT is None:
        return False
    key, s = _point(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= _L:  # SPEC: RFC 8032 5.1.7 "in the range 0 <= s < L", or the signature could be changed
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    minus = (_P - key[0], key[1], 1, _P - key[3])
    return _encoded(_add(_multiple(s, _BASE_POINT), _multiple(k, minus))) == signature[:32]


# The tree (RFC 6962, 2.1), verified as RFC 9162, 2.1.3.2 and 2.1.4.2 say


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether a leaf's hash stands at an index of the tree of that size and root."""
    if not 0 <= index < size:
        return False
    fn, sn, value = index, size - 1, leaf
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            value = _node(sibling, value)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = _node(value, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and value == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether the tree of size `old`, at least 1, is the beginning of the tree of size `new`."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            before, after = _node(sibling, before), _node(sibling, after)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            after = _node(after, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and before == old_root and after == new_root


# Forms


def _text(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise FaultError(file, "the file is not text", "文字のファイルではありません") from None


def _base64(text: str, file: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise FaultError(file, "the base64 is not in its one written form", "base64 の書き方が正しくありません")
    return data


def _canonical(data: bytes, file: str) -> Any:
    """Return what canonical JSON (RFC 8785) of whole numbers holds."""
    try:
        value = json.loads(_text(data, file), parse_float=_no_number, parse_constant=_no_number)
        # Member names are ASCII, so that sorting and escaping of RFC 8785 are those of the standard library.
        same = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise FaultError(file, "the file is not in canonical form", "正規化された形（RFC 8785）ではありません")
    return value


def _no_number(text: str) -> Any:
    raise ValueError(f"no whole number of {len(text)} letters")


def fingerprint(vkey: str) -> str:
    """Return the fingerprint of a verifier key: the SHA-256 of its one line of text."""
    return "sha256:" + hashlib.sha256(vkey.strip().encode()).hexdigest()


class Key:
    """The ledger's verifier key, `name+hash+base64`."""

    def __init__(self, data: bytes) -> None:
        # SPEC: signed-note "key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]"
        parts = _text(data, KEY).rstrip("\n").split("+", 2)
        public = _base64(parts[2], KEY) if len(parts) == 3 else b""
        self.name = parts[0]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4]
        one_form = f"{self.name}+{self.id.hex()}+{base64.b64encode(public).decode()}\n"
        if public[:1] != b"\x01" or len(public) != 33 or one_form.encode() != data:
            raise FaultError(KEY, "the key does not fit its own name", "鍵がその名前と合いません")
        self.public = public[1:]

    def head(self, note: str, file: str) -> tuple[int, bytes]:
        """Return size and root hash of a checkpoint that this key signed."""
        match = _NOTE.fullmatch(note)
        if match is None or match[1] != self.name or match[4] != self.name:
            raise FaultError(file, "this is no checkpoint of this ledger", "この台帳の署名済みの先端ではありません")
        root, signature = _base64(match[3], file), _base64(match[5], file)
        text = note[: note.index("\n\n") + 1].encode()
        if signature[:4] != self.id or not signed(self.public, text, signature[4:]):
            raise FaultError(file, "the signature does not fit the key", "署名が鍵と合いません")
        return int(match[2]), root


def _proof(text: str, file: str) -> tuple[int, list[bytes], str]:
    """Return index, path and checkpoint of a `tlog-proof`."""
    match = _PROOF.fullmatch(text)
    if match is None:
        raise FaultError(file, "the proof is not in its one written form", "包含証明の書き方が正しくありません")
    return int(match[1]), [_base64(line, file) for line in match[2].split("\n")[:-1]], match[3]


# The archive


Files = dict[str, bytes]


def read_folder(folder: Path) -> Files:
    """Return every file below a folder."""
    files: Files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise FaultError(name, "this is no plain file", "ふつうのファイルではありません")
        if path.is_file():
            if len(files) >= MAX_FILES or path.stat().st_size > MAX_BYTES:
                raise FaultError(name, "the archive is too large", "書庫が大きすぎます")
            files[name] = path.read_bytes()
    return files


def read_zip(data: bytes) -> Files:
    """Return the files of an archive, having seen that it is in its one written form, byte by byte."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            fits = len(infos) <= MAX_FILES and sum(info.file_size for info in infos) <= MAX_BYTES
            files = {info.filename: archive.read(info) for info in infos} if fits else {}
    except Exception:
        # the standard library raises many kinds on damaged archives
        raise FaultError("archive", "the archive is damaged", "書庫が壊れています") from None
    if not fits:
        raise FaultError("archive", "the archive is too large", "書庫が大きすぎます")
    if written_zip(files) != data:
        raise FaultError("archive", "the archive is not in its one written form", "書庫の書き方が正しくありません")
    return files


def written_zip(files: Files) -> bytes:
    """Return the one written form of files as an archive: stored, sorted by name, dated 1980-01-01."""
    body, directory = [], []
    at = 0
    for name in sorted(files):
        data, raw = files[name], name.encode("utf-8")
        common = (20, 0, 0, 0, 0x21, binascii.crc32(data), len(data), len(data), len(raw), 0)
        head = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *common) + raw
        directory.append(
            struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 0x0314, *common, 0, 0, 0, 0o644 << 16, at) + raw
        )
        body += [head, data]
        at += len(head) + len(data)
    index = b"".join(directory)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(files), len(files), len(index), at, 0)
    return b"".join(body) + index + end


class Archive:
    """An archive under check; `run` yields what was proved, step by step, and raises FaultError at the first fault."""

    def __init__(self, files: Files, expected_key: str = "") -> None:
        self.files = files
        self._expected_key = expected_key
        self.manifest: dict[str, Any] = {}
        self.entries: dict[int, dict[str, Any]] = {}
        self.exported = -1

    def run(self, tell: Callable[[Step], None]) -> None:
        """Prove every step, telling each as it is proved."""
        for step in (
            self._form,
            self._key,
            self._checkpoint,
            self._entries,
            self._export,
            self._digests,
            self._documents,
            self._receipts,
            self._course,
        ):
            tell(step())

    def _file(self, name: str) -> bytes:
        if name not in self.files:
            raise FaultError(name, "the file is missing", "ファイルがありません")
        return self.files[name]

    def _form(self) -> Step:
        manifest = _canonical(self._file(MANIFEST)[:-1], MANIFEST)
        fits = (
            self.files[MANIFEST].endswith(b"\n")
            and isinstance(manifest, dict)
            and manifest.keys() == {"export", "files", "format", "scope"}
            and manifest["format"] == FORMAT
            and isinstance(manifest["files"], dict)
            and isinstance(manifest["scope"], dict)
            and isinstance(manifest["export"], str)
        )
        if not fits:
            raise FaultError(MANIFEST, "the manifest is of an unknown form", "目録の形式が分かりません")
        self.manifest = manifest
        listed = set(manifest["files"])
        entries = {name for name in self.files if _ENTRY_FILE.fullmatch(name)}
        own = entries - listed
        if len(own) != 1:
            raise FaultError(
                "entries",
                "the entry of the export is missing or not the only one besides the manifest's",
                "書き出しの記録がないか、目録にない記録がほかにあります",
            )
        self.exported = int(own.copy().pop()[8:18])
        proofs = {"proofs/" + name[8:18] + ".txt" for name in entries | {n for n in listed if n.startswith("entries/")}}
        chains = {"consistency/" + name[9:] for name in listed if _RECEIPT_FILE.fullmatch(name)}
        expected = listed | own | proofs | chains | {MANIFEST, CHECKPOINT}
        for name in sorted(expected - self.files.keys()):
            raise FaultError(name, "the file is missing", "ファイルがありません")
        for name in sorted(self.files.keys() - expected):
            raise FaultError(name, "the file does not belong to the archive", "この書庫のものではないファイルです")
        count = len(self.files)
        return Step("form", f"{count} files, none missing, none added", f"ファイル {count} 個。不足も余分もない")

    def _key(self) -> Step:
        self.key = Key(self._file(KEY))
        found = fingerprint(_text(self.files[KEY], KEY))
        if self._expected_key and found != self._expected_key:
            raise FaultError(
                KEY,
                "the key is another one than the fingerprint says: " + found,
                "指紋が指す鍵とは別の鍵です: " + found,
            )
        if self._expected_key:
            return Step("key", "the key has the fingerprint that you gave", "鍵は渡された指紋のものである")
        return Step(
            "key",
            "compare this fingerprint with one from elsewhere: " + found,
            "この指紋を、別の経路で得た指紋と見比べてください: " + found,
        )

    def _checkpoint(self) -> Step:
        self.note = _text(self._file(CHECKPOINT), CHECKPOINT)
        self.size, self.root = self.key.head(self.note, CHECKPOINT)
        return Step(
            "checkpoint",
            f"signed by {self.key.name} over {self.size} entries",
            f"{self.key.name} が {self.size} 件の記録に署名している",
        )

    def _entries(self) -> Step:
        for name in sorted(self.files):
            match = _ENTRY_FILE.fullmatch(name)
            if match is None:
                continue
            index, proof_file = int(match[1]), "proofs/" + match[1] + ".txt"
            told, path, note = _proof(_text(self._file(proof_file), proof_file), proof_file)
            if told != index or note != self.note:
                raise FaultError(
                    proof_file,
                    "the proof is of another entry or another checkpoint",
                    "別の記録か別の先端についての証明です",
                )
            if not included(_leaf(self.files[name]), index, self.size, path, self.root):
                raise FaultError(name, "the entry is not in the ledger that was signed", "署名された台帳にない記録です")
            self.entries[index] = _entry(self.files[name], name)
        count = len(self.entries)
        return Step(
            "entries", f"{count} entries, each in the signed ledger", f"記録 {count} 件。どれも署名された台帳にある"
        )

    def _export(self) -> Step:
        entry = self.entries[self.exported]
        name = f"entries/{self.exported:010d}.json"
        content = "sha256:" + hashlib.sha256(self.files[MANIFEST]).hexdigest()
        if entry["kind"] != EXPORTED or entry["body"].get("content") != content:
            raise FaultError(
                MANIFEST,
                "the ledger does not say that this manifest was exported",
                "この目録を書き出したという記録ではありません",
            )
        if entry["body"].get("export") != self.manifest["export"]:
            raise FaultError(name, "the entry is of another export", "別の書き出しの記録です")
        actor, time = entry["actor"], entry["time"]
        return Step(
            "export",
            f"exported by {actor} at {time} (entry {self.exported})",
            f"{actor} が {time} に書き出した（記録 {self.exported}）",
        )

    def _digests(self) -> Step:
        for name, said in sorted(self.manifest["files"].items()):
            data = self.files[name]
            if said != {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}:
                raise FaultError(name, "the file is not the one that was exported", "書き出されたファイルと違います")
        if PROGRAM not in self.manifest["files"]:
            raise FaultError(
                MANIFEST, "the manifest does not name this program", "目録にこの検証プログラムがありません"
            )
        count = len(self.manifest["files"])
        return Step("manifest", f"{count} files as they were exported", f"ファイル {count} 個は書き出された時のまま")

    def _documents(self) -> Step:
        kept = {match[1] for match in map(_DOCUMENT_FILE.fullmatch, self.files) if match}
        named = {str(entry["body"].get("document"))[7:] for entry in self.entries.values()}
        for digest in sorted(kept):
            name = "documents/" + digest + ".json"
            if hashlib.sha256(self.files[name]).hexdigest() != digest or digest not in named:
                raise FaultError(name, "no entry names this document", "この文書を指す記録がありません")
        for index, entry in sorted(self.entries.items()):
            scheme = entry["kind"] in _COURSE or entry["kind"].startswith("scheme.")
            if scheme and "document" in entry["body"] and str(entry["body"]["document"])[7:] not in kept:
                raise FaultError(
                    "documents",
                    f"entry {index} names a document that is not here",
                    f"記録 {index} が指す文書がありません",
                )
        return Step(
            "documents",
            f"{len(kept)} scheme documents, each named by an entry",
            f"施策の文書 {len(kept)} 件。どれも記録がその要約値を示している",
        )

    def _receipts(self) -> Step:
        names = [name for name in sorted(self.files) if _RECEIPT_FILE.fullmatch(name)]
        for name in names:
            index, chain = int(name[9:19]), "consistency/" + name[9:]
            told, path, note = _proof(_text(self.files[name], name), name)
            size, root = self.key.head(note, name)
            entry = self.files.get(f"entries/{index:010d}.json")
            if told != index or entry is None or not included(_leaf(entry), index, size, path, root):
                raise FaultError(
                    name, "the receipt is not of an entry that is here", "ここにある記録の受領証ではありません"
                )
            lines = _text(self._file(chain), chain).split("\n")
            if lines.pop() or not consistent(size, root, self.size, self.root, [_base64(it, chain) for it in lines]):
                raise FaultError(
                    chain,
                    "the receipt's tree is not a part of the signed one",
                    "受領証の時の台帳が、署名された台帳の一部ではありません",
                )
        return Step(
            "receipts",
            f"{len(names)} receipts, each of a former state of this same ledger",
            f"受領証 {len(names)} 件。どれもこの台帳の以前の状態のもの",
        )

    def _course(self) -> Step:
        opened, closed = 0, 0
        acts: dict[tuple[str, str, int], dict[str, str]] = {}
        for index, entry in sorted(self.entries.items()):
            body, name = entry["body"], f"entries/{index:010d}.json"
            version = (str(body.get("scheme")), str(body.get("document")), int(body.get("version") or 0))
            if entry["kind"] in _LOCKS:
                acts.setdefault(version, {})[entry["kind"]] = entry["actor"]
            elif entry["kind"] == "use.permitted":
                opened += 1
                if self.manifest["scope"].get("of") != "search":
                    _prove_locks(acts.get(version, {}), name)
            elif entry["kind"] in _CLOSINGS:
                closed += 1
                self._prove_closing(body, name)
        judged = opened and self.manifest["scope"].get("of") != "search"
        locks, locks_ja = (", each after both locks", "。どれも二つの審査の後") if judged else ("", "")
        return Step(
            "course",
            f"{opened} permitted uses, {closed} closed{locks}",
            f"許可された利用 {opened} 件、終わりまで記録された利用 {closed} 件{locks_ja}",
        )

    def _prove_closing(self, body: dict[str, Any], name: str) -> None:
        begun = self.entries.get(body.get("opened", -1))
        if begun is None and self.manifest["scope"].get("of") == "search":
            return
        if begun is None or begun["kind"] != "use.permitted" or begun["body"].get("use") != body.get("use"):
            raise FaultError(name, "the end of a use does not fit its beginning", "利用の終わりが始まりと合いません")


_LOCKS = ("scheme.submitted", "scheme.verified", "scheme.approved")
_CLOSINGS = ("use.released", "use.interrupted", "use.failed")
_COURSE = ("use.permitted",)


def _prove_locks(acts: dict[str, str], name: str) -> None:
    people = [acts.get(kind) for kind in _LOCKS]
    if None in people or len(set(people)) != len(people):
        raise FaultError(
            name,
            "the use does not stand behind an application and two locks of three people",
            "申請と二つの審査（三人の別の人）の後の利用ではありません",
        )


def _entry(data: bytes, file: str) -> dict[str, Any]:
    entry = _canonical(data, file)
    fits = (
        isinstance(entry, dict)
        and entry.keys() == {"actor", "body", "head", "kind", "time", "v"}
        and type(entry["v"]) is int
        and entry["v"] == 1
        and type(entry["head"]) is int
        and all(
            isinstance(entry[key], str) and form.fullmatch(entry[key])
            for key, form in (("kind", _KIND), ("time", _TIME), ("actor", _PLAIN))
        )
        and isinstance(entry["body"], dict)
    )
    if not fits:
        raise FaultError(file, "the entry is of an unknown form", "記録の形式が分かりません")
    return dict(entry)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names; see the head of this file."""
    parser = argparse.ArgumentParser(description="Check an archive of evidence of a ledger.")
    parser.add_argument(
        "archive",
        nargs="?",
        type=Path,
        default=Path(__file__).resolve().parent,
        help="the archive or its folder; the folder of this file when left out",
    )
    parser.add_argument("--key", default="", help="fingerprint of the ledger's key, sha256:..., from elsewhere")
    options = parser.parse_args(arguments)
    if options.key and not _DIGEST.fullmatch(options.key):
        parser.error("a fingerprint is sha256: and 64 hexadecimal digits")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    number = [0]

    def tell(step: Step) -> None:
        number[0] += 1
        sys.stdout.write(f"[{number[0]}/9] ok {step.name}: {step.en}\n         {step.ja}\n")

    try:
        if options.archive.is_dir():
            files = read_folder(options.archive)
        elif options.archive.is_file():
            files = read_zip(options.archive.read_bytes())
        else:
            parser.error("the archive is not there")
        Archive(files, options.key).run(tell)
    except FaultError as fault:
        sys.stdout.write(f"[{number[0] + 1}/9] FAULT {fault.file}: {fault}\n")
        sys.stdout.write(f"         {fault.file}: {fault.ja}\n")
        sys.stdout.write("NOT PROVED / 証明できません\n")
        return 1
    if not options.key:
        sys.stdout.write("PROVED if the key is the ledger's: anybody can write an archive under a key of their own\n")
        sys.stdout.write("         鍵がこの台帳のものならば、すべて確かめました（指紋を見比べてください）\n")
        return 0
    sys.stdout.write("PROVED / すべて確かめました\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
