"""The independent checker of a person's receipt: one file that proves it with nothing of the writer's code.

Reads the receipt and the ledger's verifier key, offline, with the standard library only; the file runs alone, copied
anywhere, as `python check_receipt.py FILE --key KEY`. What it proves, in these steps:

1. The file is in its one written form (RFC 8785).
2. The tree head in it is signed by the key (C2SP `tlog-checkpoint`, `signed-note`).
3. The entry of the use is in the tree of that head (C2SP `tlog-proof`, RFC 6962), and is an entry in canonical form.
4. The entry names the root and the number of the use's people, and the leaves of the receipt are in that tree.
5. Present: the receipt's key is such a leaf. Absent: it lies between two leaves that stand side by side, or before
   the first, or behind the last, or the tree has none.
6. Given the person's subject key: the receipt's key is the one that follows from it for this use. Without it the
   receipt proves something about its key only, not about whom it belongs to.

What nobody can see from one receipt: whether the hub put its leaves in order. Whoever is given the list of a use's
keys, as an auditor is, builds the tree again.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

_FORMAT = "umaya-receipt/v1"
_MEMBERS = {"entry", "format", "key", "leaves", "present", "proof", "which"}
_ENTRY_MEMBERS = {"actor", "body", "head", "kind", "time", "v"}
_COUNTS = {"people": "permitted", "delivered_people": "delivered"}
_LONGEST = 1 << 20  # bytes of a receipt; the longest entry and paths need a fifth of it

_PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,18})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n"
    r"(([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n)\n\u2014 ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n"
)
_KIND = re.compile(r"use\.[a-z]+(?:-[a-z]+)*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = re.compile(r"[A-Za-z0-9._:/-]{1,128}")
_ROOT = re.compile(r"sha256:[0-9a-f]{64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[0-9a-f]{32}")
_JAPAN = timezone(timedelta(hours=9))


class NotProvedError(Exception):
    """The receipt proves nothing; the message is one sentence that says why.

    Attributes:
        step: number of the step, of those above, that failed.
    """

    step = 0


@dataclass(frozen=True)
class Proved:
    """What a receipt proves.

    Attributes:
        present: whether the receipt's key is among the people.
        people: `people` (those permitted) or `delivered_people`.
        count: how many they are.
        use: id of the use.
        kind: kind of the entry.
        scheme: id of the scheme, None where the entry names none.
        version: of the scheme, likewise.
        purpose: what the entry says of the purpose (a digest), likewise.
        time: when the entry was recorded, UTC.
        ledger: name of the ledger.
        entry: index of the entry.
        key: the person's key in this use, hexadecimal.
        whose: whether the key was shown to be that of the subject key handed in.
    """

    present: bool
    people: str
    count: int
    use: str
    kind: str
    scheme: str | None
    version: int | None
    purpose: str | None
    time: str
    ledger: str
    entry: int
    key: str
    whose: bool

    def describe(self) -> str:
        """Return what is proved in one sentence, in English and in Japanese, and what is not proved."""
        lines = [_english(self), _japanese(self)]
        if not self.whose:
            lines.append("note: whose key this is was not checked; give the subject key to check it")
            lines.append("注: 誰の鍵であるかは確かめていません。本人鍵を渡すと確かめます。")
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the result as one JSON object."""
        return json.dumps({"ok": True, **asdict(self)}, ensure_ascii=False)


def _english(proved: Proved) -> str:
    who = "You are" if proved.whose else f"The key {proved.key} is"
    among = "among" if proved.present else "not among"
    done = "could be used" if proved.people == "people" else "was delivered"
    scheme = "" if proved.scheme is None else f" under the scheme {proved.scheme}"
    version = "" if proved.version is None else f" version {proved.version}"
    cut = ", which was interrupted" if proved.kind == "use.interrupted" else ""
    return (
        f"{who} {among} the people whose data {done} ({proved.count:,} in all) in the use {proved.use}{scheme}{version}"
        f"{cut}, recorded on {_in_japan(proved.time)} in Japan (entry {proved.entry} of {proved.ledger})."
    )


def _japanese(proved: Proved) -> str:
    who = "あなたは" if proved.whose else f"鍵 {proved.key} は"
    among = "含まれています" if proved.present else "含まれていません"
    done = "データの利用が許可された" if proved.people == "people" else "データが提供された"
    scheme = "" if proved.scheme is None else f"施策 {proved.scheme} "
    version = "" if proved.version is None else f"第 {proved.version} 版"
    under = f"{scheme}{version}に基づく" if scheme else ""
    cut = "（途中で中断）" if proved.kind == "use.interrupted" else ""
    return (
        f"{who}、{_in_japan(proved.time)}（日本時間）に記録された{under}利用 {proved.use}{cut} で{done}人々"
        f"（全 {proved.count:,} 人）に{among}（{proved.ledger} の記録 {proved.entry}）。"
    )


def _in_japan(time: str) -> str:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(_JAPAN).strftime("%Y-%m-%d %H:%M")  # noqa: FURB162 - Python 3.9 reads no Z


def check_receipt(data: bytes, vkey: str, subject_key: bytes | None = None) -> Proved:
    """Prove a receipt.

    Args:
        data: the file.
        vkey: the ledger's verifier key, `name+hash+base64`, from a source that you trust.
        subject_key: the person's own key, 32 bytes, when it is to be proved that the receipt is about that person.

    Raises:
        NotProvedError: when it is not what it says, or not about that person.
        ValueError: when the verifier key or the subject key is malformed.
    """
    name, key_id, public = _verifier(vkey)
    if subject_key is not None and len(subject_key) != 32:
        raise ValueError("a subject key has 32 bytes")
    with _step(1):
        receipt = _members(data)
        index, path, text, head, signed = _proof_parts(receipt["proof"])
    with _step(2):
        if head[0] != name or signed[0] != name or signed[1][:4] != key_id:
            raise NotProvedError("the receipt is from another ledger than the key, or signed by another key")
        if not fits(public, text.encode(), signed[1][4:]):
            raise NotProvedError("the signature of the ledger does not fit")
    with _step(3):
        if not _leads(receipt["entry"].encode(), index, head[1], path, head[2]):
            raise NotProvedError("the entry of the use is not in the ledger that was signed")
        entry = _entry(receipt["entry"])
    with _step(4):
        count, places = _people(receipt, entry["body"])
    with _step(5):
        _prove_person(receipt, count, places)
    with _step(6):
        _prove_whose(receipt, entry["body"], subject_key)
    return _proved(receipt, entry, count, name, index, subject_key is not None)


@contextmanager
def _step(number: int) -> Iterator[None]:
    try:
        yield
    except NotProvedError as error:
        error.step = number
        raise


def _verifier(vkey: str) -> tuple[str, bytes, bytes]:
    # SPEC: signed-note "key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]"
    try:
        name, id_, encoded = vkey.strip().split("+", 2)
        key_id, public = bytes.fromhex(id_), base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError("a verifier key has the form name+hash+base64") from error
    if public[:1] != b"\x01" or sha256(f"{name}\n".encode() + public).digest()[:4] != key_id:
        raise ValueError("the verifier key does not fit its own hash, or is not of type Ed25519")
    if len(public) != 33 or _point(public[1:]) is None:
        raise ValueError("a verifier key has the form name+hash+base64")
    return name, key_id, public[1:]


def _members(data: bytes) -> dict[str, Any]:
    receipt = _canonical(data[:-1]) if data.endswith(b"\n") and len(data) <= _LONGEST else None
    if not isinstance(receipt, dict) or receipt.keys() != _MEMBERS or receipt["format"] != _FORMAT:
        raise NotProvedError("the file is no receipt of this form, or was changed or cut short")
    texts = all(isinstance(receipt[member], str) for member in ("entry", "key", "proof", "which"))
    if not texts or receipt["which"] not in _COUNTS or type(receipt["present"]) is not bool:
        raise NotProvedError("the receipt has a member of another kind than its form says")
    if not _KEY.fullmatch(receipt["key"]) or not _are_leaves(receipt["leaves"]):
        raise NotProvedError("the receipt has a malformed key or leaf")
    return receipt


def _are_leaves(leaves: object) -> bool:
    return isinstance(leaves, list) and all(
        isinstance(leaf, dict)
        and leaf.keys() == {"index", "key", "path"}
        and type(leaf["index"]) is int
        and isinstance(leaf["key"], str)
        and _KEY.fullmatch(leaf["key"])
        and isinstance(leaf["path"], list)
        and all(isinstance(hash_, str) and _HASH.fullmatch(hash_) for hash_ in leaf["path"])
        for leaf in leaves
    )


def _canonical(data: bytes) -> object:
    """Return what canonical JSON of whole numbers holds, or None where it is none."""
    try:
        value: object = json.loads(data, parse_float=_no_number, parse_constant=_no_number)
        # Member names are ASCII, so that sorting and escaping of RFC 8785 are those of the standard library.
        written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if written == data else None


def _no_number(text: str) -> object:
    raise ValueError(f"no whole number of {len(text)} letters")


_Proof = tuple[int, list[bytes], str, tuple[str, int, bytes], tuple[str, bytes]]


def _proof_parts(proof: str) -> _Proof:
    """Return index, path, signed text, tree head (origin, size, root), and signature (name, id and signature)."""
    match = _PROOF.fullmatch(proof)
    if match is None:
        raise NotProvedError("the proof of the entry is not in its one written form")
    index, lines, text, origin, size, root, name, signature = match.groups()
    path = [_decoded(line) for line in lines.split("\n")[:-1]]
    return int(index), path, text, (origin, int(size), _decoded(root)), (name, _decoded(signature))


def _decoded(text: str) -> bytes:
    data = base64.b64decode(text)
    if base64.b64encode(data).decode() != text:
        raise NotProvedError("the proof of the entry has stray bits in its base64")
    return data


def _leads(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether a leaf's data stands at the index of the tree (RFC 9162, 2.1.3.2, the tree of RFC 6962)."""
    if not 0 <= index < size:
        return False
    fn, sn, hash_ = index, size - 1, sha256(b"\x00" + leaf).digest()
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hash_ = sha256(b"\x01" + sibling + hash_).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hash_ = sha256(b"\x01" + hash_ + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hash_ == root


def _entry(text: str) -> dict[str, Any]:
    entry = _canonical(text.encode())
    if not isinstance(entry, dict) or entry.keys() != _ENTRY_MEMBERS or type(entry["v"]) is not int or entry["v"] != 1:
        raise NotProvedError("the entry is not of a form that this program knows")
    texts = (entry["kind"], _KIND), (entry["time"], _TIME)
    if not all(isinstance(value, str) and form.fullmatch(value) for value, form in texts):
        raise NotProvedError("the entry is not that of a use")
    try:
        _in_japan(entry["time"])
    except (ValueError, OverflowError) as error:
        raise NotProvedError("the entry has no time that there is") from error
    body = entry["body"]
    if not isinstance(body, dict) or not isinstance(body.get("use"), str) or not _UUID.fullmatch(body["use"]):
        raise NotProvedError("the entry does not say which use it is about")
    return entry


def _people(receipt: dict[str, Any], body: dict[str, Any]) -> tuple[int, list[tuple[int, str]]]:
    """Return how many people the entry names, and the leaves of the receipt, all of which are in their tree."""
    root, count = body.get(receipt["which"]), body.get(_COUNTS[receipt["which"]])
    if not isinstance(root, str) or not _ROOT.fullmatch(root) or type(count) is not int or count < 0:
        raise NotProvedError("the entry does not name the people whom the receipt is about")
    expected = bytes.fromhex(root.removeprefix("sha256:"))
    for leaf in receipt["leaves"]:
        path = [bytes.fromhex(hash_) for hash_ in leaf["path"]]
        if not _leads(bytes.fromhex(leaf["key"]), leaf["index"], count, path, expected):
            raise NotProvedError("a leaf of the receipt is not among the people whom the entry names")
    if count == 0 and expected != sha256(b"").digest():
        raise NotProvedError("the entry names nobody, but a tree of somebody")
    return count, [(leaf["index"], leaf["key"]) for leaf in receipt["leaves"]]


def _prove_person(receipt: dict[str, Any], count: int, places: list[tuple[int, str]]) -> None:
    """Prove presence or absence of the receipt's key."""
    if receipt["present"] and [key for _, key in places] != [receipt["key"]]:
        raise NotProvedError("the receipt says that its key is among the people, and does not show it")
    if not receipt["present"] and not _enclose(places, receipt["key"], count):
        raise NotProvedError("the receipt says that its key is not among the people, and does not show it")


def _enclose(places: list[tuple[int, str]], key: str, count: int) -> bool:
    """Return whether leaves show that a key is not among `count` ascending ones."""
    if not places:
        return count == 0
    if len(places) == 1:
        ((index, other),) = places
        return (index == 0 and key < other) or (index == count - 1 and other < key)
    if len(places) == 2:
        (first, before), (second, behind) = places
        return second == first + 1 and before < key < behind
    return False


def _prove_whose(receipt: dict[str, Any], body: dict[str, Any], subject_key: bytes | None) -> None:
    if subject_key is not None:
        use = bytes.fromhex(body["use"].replace("-", ""))
        if sha256(b"ubk1" + subject_key + use).digest()[:16].hex() != receipt["key"]:
            raise NotProvedError("the receipt is about somebody else than the holder of the subject key")


def _proved(receipt: dict[str, Any], entry: dict[str, Any], count: int, ledger: str, index: int, whose: bool) -> Proved:
    body = entry["body"]
    scheme, version, purpose = body.get("scheme"), body.get("version"), body.get("purpose")
    return Proved(
        present=receipt["present"],
        people=receipt["which"],
        count=count,
        use=body["use"],
        kind=entry["kind"],
        scheme=scheme if isinstance(scheme, str) and _PLAIN.fullmatch(scheme) else None,
        version=version if type(version) is int else None,
        purpose=purpose if isinstance(purpose, str) and _PLAIN.fullmatch(purpose) else None,
        time=entry["time"],
        ledger=ledger,
        entry=index,
        key=receipt["key"],
        whose=whose,
    )


# Ed25519 (RFC 8032, 5.1.7), so that nothing needs to be installed; all that it handles is public.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


@lru_cache(maxsize=64)
def fits(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature of 64 bytes over a message fits a public key of 32 bytes."""
    key, base, s = _point(public), _point(b"\x58" + b"\x66" * 31), int.from_bytes(signature[32:], "little")
    if key is None or base is None or len(signature) != 64 or s >= _ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    x, y, z, t = _multiple(k, key)
    x, y, z, t = _sum(_multiple(s, base), (-x % _P, y, z, -t % _P))
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _point(data: bytes) -> _Point | None:
    """Return the point that 32 bytes stand for (5.1.3), or None."""
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if len(data) != 32 or y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * v**3 * pow(u * v**7, (_P - 5) // 8, _P) % _P
    if (v * x * x + u) % _P == 0:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else _P - x
    return x, y, 1, x * y % _P


def _sum(p: _Point, q: _Point) -> _Point:
    """Return the sum of two points, equal ones too (5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiple(times: int, point: _Point) -> _Point:
    total = (0, 1, 1, 0)
    while times:
        if times & 1:
            total = _sum(total, point)
        point, times = _sum(point, point), times >> 1
    return total


def check_file(receipt: Path, key: Path, subject_key: Path | None = None) -> Proved:
    """Prove a receipt with the files of its keys: one line each, the subject key as 64 hexadecimal digits.

    Raises:
        NotProvedError: as `check_receipt`.
        OSError: when a file cannot be read.
        ValueError: when a key is malformed.
    """
    subject = None
    if subject_key is not None:
        line = _line(subject_key)
        if not _HASH.fullmatch(line):
            raise ValueError("a subject key is one line of 64 hexadecimal digits")
        subject = bytes.fromhex(line)
    return check_receipt(receipt.read_bytes(), _line(key), subject)


def _line(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except UnicodeDecodeError as error:
        raise ValueError("the file of a key is one line of text") from error


def refusal_json(error: NotProvedError) -> str:
    """Return a refusal as one JSON object, as `Proved.to_json` returns a proof."""
    return json.dumps({"ok": False, "problem": str(error), "step": error.step})


def main(arguments: list[str] | None = None) -> int:
    """Check the receipt named on the command line; return 0 when it is proved, 2 when it is not."""
    parser = argparse.ArgumentParser(description="Check a receipt.")
    parser.add_argument("file", type=Path, help="the receipt")
    parser.add_argument(
        "--key", type=Path, required=True, help="file of the ledger's verifier key, from a source you trust"
    )
    parser.add_argument("--subject-key", type=Path, help="file of your own key, to prove that the receipt is about you")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        proved = check_file(options.file, options.key, options.subject_key)
    except NotProvedError as error:
        sys.stdout.write((refusal_json(error) if options.json else f"NOT proved: {error}") + "\n")
        return 2
    except (OSError, ValueError) as error:
        parser.error(str(error))
    sys.stdout.write((proved.to_json() if options.json else proved.describe()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
