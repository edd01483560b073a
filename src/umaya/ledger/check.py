"""The independent checker: proves a ledger's folder byte by byte with nothing of the writer's code.

Reads the folder and the verifier key, with the standard library and `cryptography` only; runs as
`python -m umaya.ledger.check HUB` too. What it proves, in this order:

1. `checkpoint` is in its one written form and signed by the key.
2. `checkpoints` holds every tree head in order, each signed by the key, and ends with `checkpoint`.
3. Every entry is canonical and in its place, every hash tile follows from the entries, and every tree head of the
   history is a prefix of the present tree; so a forked history, or a head taken out of it, is found.
4. Nothing else lies in the folder, and every partial tile that a signed head needs does.
5. A checkpoint that was kept elsewhere (`against`) is in the history: the log was not rolled back.

After a crash of the writer, `pending` is there; then, and only then, the files which that batch was about to
write are allowed, and their bytes are proved too. A log that is written while it is read is read again under the
writer's lock. Sources: RFC 6962, RFC 8785, C2SP `tlog-tiles`, `tlog-checkpoint`, `signed-note`.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import fcntl
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Progress = Callable[[int, int], None]
"""Called with the number of entries that are proved and that there are."""

_WIDTH = 256
_NOTE = re.compile(rb"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n\n\xe2\x80\x94 ([^\n ]+) ([A-Za-z0-9+/]{91}=)\n")
_MEMBERS = {"actor", "body", "head", "kind", "time", "v"}
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_PLAIN = re.compile(r"[A-Za-z0-9._:/-]{1,128}")  # references, digests, times: never a space, never a text


@dataclass(frozen=True)
class Fault:
    """What is wrong, where.

    Attributes:
        file: below the log's folder, or `against` for the checkpoint that was handed in.
        index: of the first entry that is concerned, or None.
        problem: one sentence.
    """

    file: str
    index: int | None
    problem: str

    def __str__(self) -> str:
        entry = "" if self.index is None else f": entry {self.index}"
        return f"{self.file}{entry}: {self.problem}"


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        size: number of entries that the checkpoint names, 0 when it cannot be read.
        root: its root hash in base64, empty when it cannot be read.
        heads: number of signed tree heads, that of the empty tree included.
        key: name and id of the key, `name+hash`.
        faults: the first fault of each stage, none when the log is whole.
        notes: what is worth knowing and no fault, such as an append that a crash cut short.
    """

    size: int
    root: str
    heads: int
    key: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.faults

    def describe(self) -> str:
        """Return the result in words, one line for each fault or note."""
        if self.ok:
            first = (
                f"ledger whole: {self.size} entries, {self.heads} signed tree heads, root {self.root}, key {self.key}"
            )
        else:
            first = f"ledger NOT whole: {self.faults[0]}"
        return "\n".join([first, *(f"also: {fault}" for fault in self.faults[1:]), *(f"note: {n}" for n in self.notes)])

    def to_json(self) -> str:
        """Return the result as one JSON object."""
        return json.dumps({"ok": self.ok, **asdict(self)}, ensure_ascii=False)


def check_ledger(
    directory: Path, vkey: str, against: str | None = None, progress: Progress | None = None
) -> CheckResult:
    """Prove a log.

    Args:
        directory: the log's folder, e.g. `HUB/ledger`.
        vkey: the verifier key, `name+hash+base64`, from a source that you trust.
        against: text of a checkpoint that was seen before and kept elsewhere.
        progress: told how far the check is.

    Returns:
        What was found. A folder that is not there, or holds no log, is a fault too.

    Raises:
        ValueError: when the verifier key is malformed.
    """
    key = _Key(vkey)
    before = _moment(directory)
    result = _Check(directory, key, against, progress).run()
    if result.faults and (_moment(directory) != before or (directory / "pending").exists()):
        with _no_writer(directory):
            result = _Check(directory, key, against, progress).run()
    return result


class _FaultError(Exception):
    def __init__(self, file: str, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.fault = Fault(file, index, problem)


class _Key:
    """A verifier key in signed-note form."""

    def __init__(self, vkey: str) -> None:
        # SPEC: signed-note "key ID = SHA-256(key name || 0x0A || 0x01 || 32-byte Ed25519 public key)[:4]"
        try:
            self.name, id_, encoded = vkey.strip().split("+", 2)
            self.id, public = bytes.fromhex(id_), base64.b64decode(encoded, validate=True)
            self._key = Ed25519PublicKey.from_public_bytes(public[1:])
        except (ValueError, binascii.Error) as error:
            raise ValueError("a verifier key has the form name+hash+base64") from error
        if public[:1] != b"\x01" or sha256(f"{self.name}\n".encode() + public).digest()[:4] != self.id:
            raise ValueError("the verifier key does not fit its own hash, or is not of type Ed25519")

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}"

    def verify(self, text: bytes, name: str, signature: bytes, file: str, where: str) -> None:
        """Check one signature line: key id and signature over the note text."""
        if name != self.name or signature[:4] != self.id:
            raise _FaultError(file, f"{where} is signed by another key")
        try:
            self._key.verify(signature[4:], text)
        except InvalidSignature as error:
            raise _FaultError(file, f"{where} has a signature that does not fit it") from error


@dataclass(frozen=True)
class _Head:
    """A signed tree head as it lies on disk."""

    size: int
    root: bytes
    note: bytes


class _Level:
    """One level of tiles as its hashes arrive: those of the unfinished tile, and their complete subtrees."""

    def __init__(self) -> None:
        self.row: list[bytes] = []
        self.stack: list[bytes] = []

    def push(self, value: bytes) -> None:
        """Take one more hash; the caller empties the level once it is 256 wide."""
        count = len(self.row)
        self.row.append(value)
        while count & 1:
            value = sha256(b"\x01" + self.stack.pop() + value).digest()
            count >>= 1
        self.stack.append(value)


TileSink = Callable[[int, int, list[bytes]], None]


class _Tree:
    """The Merkle tree over the entries seen so far (RFC 6962, 2.1); hands each full hash tile to `sink`."""

    def __init__(self, sink: TileSink) -> None:
        self.size = 0
        self.sink = sink
        self.levels: list[_Level] = []

    def push(self, leaf: bytes) -> None:
        value, level = leaf, 0
        self.size += 1
        while True:
            if level == len(self.levels):
                self.levels.append(_Level())
            at = self.levels[level]
            at.push(value)
            if len(at.row) < _WIDTH:
                return
            self.sink(level, (self.size >> (8 * (level + 1))) - 1, at.row)
            value = at.stack[0]
            self.levels[level] = _Level()
            level += 1

    def root(self) -> bytes:
        root = b""
        for level in self.levels:
            for value in reversed(level.stack):
                root = sha256(b"\x01" + value + root).digest() if root else value
        return root or sha256(b"").digest()


class _Check:
    """One pass over one folder."""

    def __init__(self, folder: Path, key: _Key, against: str | None, progress: Progress | None) -> None:
        self._folder = folder
        self._key = key
        self._against = against
        self._progress = progress
        self._present = _Head(0, b"", b"")
        self._heads: list[_Head] = []
        self._history_rest = b""
        self._pending: bytes | None = None
        self._allowed = {"checkpoint", "checkpoints", "lock", "pending"}
        self._tree = _Tree(self._prove_full_tile)
        self._notes: list[str] = []

    def run(self) -> CheckResult:
        faults: list[Fault] = []
        for stages in ((self._prove_heads, self._prove_entries, self._prove_folder), (self._prove_against,)):
            try:
                for stage in stages:
                    stage()
            except _FaultError as error:
                faults.append(error.fault)
        root = base64.b64encode(self._present.root).decode()
        return CheckResult(
            self._present.size, root, len(self._heads), str(self._key), tuple(faults), tuple(self._notes)
        )

    # Stages 1 and 2: the signed heads

    def _prove_heads(self) -> None:
        note = self._read("checkpoint")
        self._present = self._head(_NOTE.fullmatch(note), "checkpoint", "the checkpoint")
        self._pending = self._read("pending") if (self._folder / "pending").exists() else None
        history = self._read("checkpoints")
        end = history.rfind(note) + len(note)
        if end < len(note):
            raise _FaultError("checkpoints", "the history does not hold the present checkpoint")
        self._history_rest = history[end:]
        if self._history_rest and self._pending is None:
            raise _FaultError("checkpoints", "something follows the present checkpoint in the history")
        at = 0
        while at < end:
            where = f"tree head {len(self._heads)}"
            head = self._head(_NOTE.match(history, at), "checkpoints", where)
            if head.size <= (self._heads[-1].size if self._heads else -1):
                raise _FaultError("checkpoints", f"{where} is not larger than the one before it")
            self._heads.append(head)
            at += len(head.note)
        if self._heads[0].size != 0:
            raise _FaultError("checkpoints", "the history does not begin with the empty tree")

    def _head(self, match: re.Match[bytes] | None, file: str, where: str) -> _Head:
        # SPEC: tlog-checkpoint "The first line is the origin", "The second line is the tree size [...] with no leading
        # zeroes", "The third line is the root hash, the base64 encoding of the root"
        if match is None:
            raise _FaultError(file, f"{where} is not in its one written form")
        origin, size, root, name, signature = match.groups()
        if origin.decode(errors="replace") != self._key.name:
            raise _FaultError(file, f"{where} is of another log than the key")
        decoded = [base64.b64decode(root), base64.b64decode(signature)]
        if [base64.b64encode(data) for data in decoded] != [root, signature]:
            raise _FaultError(file, f"{where} has stray bits in its base64")
        text = match.group().partition(b"\n\n")[0] + b"\n"
        self._key.verify(text, name.decode(errors="replace"), decoded[1], file, where)
        return _Head(int(size), decoded[0], match.group())

    # Stage 3: entries and hashes

    def _prove_entries(self) -> None:
        self._prove_root(0)
        size, number = self._present.size, 1
        for start in range(0, size, _WIDTH):
            width = min(_WIDTH, size - start)
            bundle_file, leaf_file = _path("entries", start // _WIDTH, width), _path(0, start // _WIDTH, width)
            entries = _split_bundle(self._read(bundle_file), bundle_file, start)
            leaves = self._read(leaf_file)
            if len(entries) != width or len(leaves) != width * 32:
                file = bundle_file if len(entries) != width else leaf_file
                raise _FaultError(file, f"it does not hold {width} entries", start)
            for at, entry in enumerate(entries):
                leaf = sha256(b"\x00" + entry).digest()
                _prove_entry(entry, number, bundle_file, start + at)
                if leaves[at * 32 : at * 32 + 32] != leaf:
                    raise _FaultError(bundle_file, f"this is not the entry whose hash {leaf_file} holds", start + at)
                self._tree.push(leaf)
                if self._tree.size == self._heads[number].size:
                    self._prove_root(number)
                    number += 1
            self._allowed |= {bundle_file, leaf_file}
            if self._progress:
                self._progress(start + width, size)
        self._prove_edge()
        self._prove_pending()

    def _prove_root(self, number: int) -> None:
        if self._tree.root() != self._heads[number].root:
            first = self._heads[number - 1].size if number else 0
            problem = f"tree head {number} is not the root of the entries: a changed entry or a forked history"
            raise _FaultError("checkpoints", problem, first)

    def _prove_full_tile(self, level: int, index: int, row: list[bytes]) -> None:
        if level:  # the leaves are compared one by one
            self._prove_file(_path(level, index), b"".join(row), index << (8 * (level + 1)))

    def _prove_edge(self) -> None:
        """Prove the partial tiles: one for each signed head that ends in an unfinished tile, and no other."""
        # SPEC: tlog-tiles "Logs MUST serve partial tiles corresponding to tree sizes for which a checkpoint was
        # produced, but MAY delete any partial tile once the corresponding full tile is [...] available"
        size = self._present.size
        for level, at in enumerate(self._tree.levels):
            index = size >> (8 * (level + 1))
            for width in self._widths(level, index):
                self._prove_file(_path(level, index, width), b"".join(at.row[:width]), index << (8 * (level + 1)))
                if level == 0:
                    self._prove_bundle(index, self._read(_path("entries", index, size % _WIDTH)), width)

    def _widths(self, level: int, index: int) -> list[int]:
        """Return the widths that signed heads gave to one tile while it was unfinished."""
        sizes = (head.size >> (8 * level) for head in self._heads)
        return sorted({size % _WIDTH for size in sizes if size >> 8 == index and size % _WIDTH})

    def _prove_bundle(self, index: int, whole: bytes, width: int) -> None:
        end = 0
        for _ in range(width):
            end += 2 + int.from_bytes(whole[end : end + 2], "big")
        self._prove_file(_path("entries", index, width), whole[:end], index * _WIDTH)

    def _prove_file(self, file: str, expected: bytes, index: int) -> None:
        if self._read(file) != expected:
            raise _FaultError(file, "it is not what the entries and their hashes give", index)
        self._allowed.add(file)

    # What a crash may leave

    def _prove_pending(self) -> None:
        """Allow for the append that a crash cut short, and prove as much of it as is there."""
        if self._pending is None:
            return
        end = 8 + int.from_bytes(self._pending[:8], "big")
        bundle, note = self._pending[8:end], self._pending[end:]
        if note == self._present.note:
            self._notes.append("an append is published, only its cleaning up was cut short")
            self._prove_superseded(len(_split_bundle(bundle, "pending", 0)))
            return
        if _NOTE.fullmatch(note) is None:
            self._notes.append("an append was cut short before it was recorded; nothing of it is in the log")
            if self._history_rest:
                raise _FaultError("checkpoints", "something follows the present checkpoint in the history")
            return
        self._notes.append("an append was cut short after it was recorded; the next writer completes it")
        head = self._head(_NOTE.fullmatch(note), "pending", "the unfinished tree head")
        if not note.startswith(self._history_rest):
            raise _FaultError("checkpoints", "something follows the present checkpoint in the history")
        files = self._unfinished(_split_bundle(bundle, "pending", self._present.size), head)
        for file, data in files.items():
            if (self._folder / file).exists():
                self._prove_file(file, data, self._present.size)
        self._allowed |= {f"{file}.tmp" for file in (*files, "checkpoint")}

    def _unfinished(self, entries: list[bytes], head: _Head) -> dict[str, bytes]:
        """Return the files that an unfinished append writes, having proved that its signed head is theirs."""
        files: dict[str, bytes] = {}

        def keep(level: int, index: int, row: list[bytes]) -> None:
            files[_path(level, index)] = b"".join(row)

        old, start = self._present.size, self._present.size % _WIDTH
        tree = self._tree
        tree.sink = keep
        bundle = self._read(_path("entries", old // _WIDTH, start)) if start else b""
        for entry in entries:
            _prove_entry(entry, len(self._heads), "pending", tree.size)
            tree.push(sha256(b"\x00" + entry).digest())
            bundle += len(entry).to_bytes(2, "big") + entry
            if tree.size % _WIDTH == 0:
                files[_path("entries", tree.size // _WIDTH - 1)] = bundle
                bundle = b""
        if (tree.size, tree.root()) != (head.size, head.root) or not entries:
            raise _FaultError("pending", "the unfinished tree head is not that of its entries", old)
        if bundle:
            files[_path("entries", tree.size // _WIDTH, tree.size % _WIDTH)] = bundle
        for level, at in enumerate(tree.levels):
            if at.row and tree.size >> (8 * level) != old >> (8 * level):
                files[_path(level, tree.size >> (8 * (level + 1)), len(at.row))] = b"".join(at.row)
        return files

    def _prove_superseded(self, count: int) -> None:
        """Allow partial tiles that the last append filled and had not yet removed."""
        old = self._present.size - count
        for level in range(8):
            index = old >> (8 * (level + 1))
            if index == self._present.size >> (8 * (level + 1)):
                continue
            for width in self._widths(level, index):
                if (self._folder / _path(level, index, width)).exists():
                    self._prove_file(_path(level, index, width), self._read(_path(level, index))[: width * 32], old)
                if level == 0 and (self._folder / _path("entries", index, width)).exists():
                    self._prove_bundle(index, self._read(_path("entries", index)), width)
            self._allowed.add(f"{_path(level, index)}.p/")
            if level == 0:
                self._allowed.add(f"{_path('entries', index)}.p/")

    # Stages 4 and 5: the folder, and what was seen before

    def _prove_folder(self) -> None:
        folders = {file[:at] for file in self._allowed for at, letter in enumerate(file) if letter == "/"}
        for name, entry in _walk(self._folder, ""):
            known = entry.is_dir(follow_symlinks=False) and name in folders
            if not known and not (entry.is_file(follow_symlinks=False) and name in self._allowed):
                raise _FaultError(name, "this does not belong to the log")
        if (self._folder / "lock").exists() and self._read("lock"):
            raise _FaultError("lock", "the lock file holds something")

    def _prove_against(self) -> None:
        if self._against is None or not self._heads:
            return
        # SPEC: signed-note "the text is separated from the signatures by the last empty line in the note"; "Verifiers
        # MUST ignore signatures from unknown keys": the copy may carry those of witnesses.
        text, _, lines = self._against.rpartition("\n\n")
        ours = [line for line in lines.splitlines() if line.startswith(f"\u2014 {self._key.name} ")]
        note = f"{text}\n\n{ours[0] if ours else lines}\n".encode()
        seen = self._head(_NOTE.fullmatch(note), "against", "the checkpoint seen before")
        if seen.size > self._present.size:
            problem = f"the log has {self._present.size} entries, but {seen.size} were signed: it was rolled back"
            raise _FaultError("against", problem, self._present.size)
        roots = {head.size: head.root for head in self._heads}
        if roots.get(seen.size) != seen.root:
            raise _FaultError("against", "the checkpoint seen before is not in this history: the history was forked")

    def _read(self, file: str) -> bytes:
        try:
            descriptor = os.open(self._folder / file, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as stream:
                return stream.read()
        except FileNotFoundError as error:
            raise _FaultError(file, "the file is missing") from error
        except OSError as error:
            raise _FaultError(file, "the file cannot be read") from error


def _path(level: int | str, index: int, width: int = _WIDTH) -> str:
    # SPEC: tlog-tiles "zero-padded 3-digit path elements. All but the last path element MUST begin with an `x`."
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < _WIDTH else "")


def _split_bundle(data: bytes, file: str, first: int) -> list[bytes]:
    # SPEC: tlog-tiles "Entry bundles are sequences of big-endian uint16 length-prefixed log entries."
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise _FaultError(file, "the bundle ends within an entry", first + len(entries))
        entries.append(data[at + 2 : end])
        at = end
    return entries


def _prove_entry(data: bytes, head: int, file: str, index: int) -> None:
    """Prove that an entry is canonical, of a known form, of this head, and holds nothing but plain values."""
    try:
        entry = json.loads(data, parse_float=_no_number, parse_constant=_no_number)
        # Keys and texts are ASCII, so that sorting and escaping of RFC 8785 are those of the standard library.
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        raise _FaultError(file, "the entry is not JSON of whole numbers", index) from error
    if canonical != data:
        raise _FaultError(file, "the entry is not in canonical form", index)
    if not isinstance(entry, dict) or entry.keys() != _MEMBERS or entry["v"] != 1 or entry["v"] is True:
        raise _FaultError(file, "the entry is of an unknown form", index)
    if entry["head"] != head:
        raise _FaultError(file, f"the entry belongs to tree head {head} and names another", index)
    texts = (entry["kind"], _KIND), (entry["time"], _TIME), (entry["actor"], _PLAIN)
    if not all(isinstance(text, str) and form.fullmatch(text) for text, form in texts):
        raise _FaultError(file, "the entry's kind, time or actor is malformed", index)
    if not isinstance(entry["body"], dict) or not all(_is_plain(value) for value in entry["body"].values()):
        raise _FaultError(file, "the entry's body holds more than references, digests, counts and times", index)


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _PLAIN.fullmatch(value) is not None
    if isinstance(value, list):
        return all(isinstance(item, str | int) and _is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(key) and type(count) is int for key, count in value.items())
    return isinstance(value, int)


def _no_number(text: str) -> object:
    raise ValueError(f"no whole number of {len(text)} letters")


def _walk(folder: Path, below: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            yield below + entry.name, entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{below}{entry.name}/")


def _moment(folder: Path) -> list[tuple[int, ...]]:
    """Return what changes whenever a writer does anything: at the latest the length of the history."""
    moment: list[tuple[int, ...]] = []
    for name in ("checkpoint", "checkpoints", "pending"):
        try:
            status = (folder / name).stat()
        except OSError:
            moment.append(())
        else:
            moment.append((status.st_size, status.st_mtime_ns, status.st_ino))
    return moment


@contextmanager
def _no_writer(folder: Path) -> Iterator[None]:
    """Hold the writer's lock, where there is one to hold, so that nothing changes under the check."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def main(arguments: list[str] | None = None) -> int:
    """Check the hub named on the command line; return 0 when its ledger is whole, 2 when it is not."""
    parser = argparse.ArgumentParser(prog="python -m umaya.ledger.check", description="Check a hub's ledger.")
    parser.add_argument("hub", type=Path, help="the hub's directory")
    parser.add_argument("--key", help="verifier key, or a file of it (default: the hub's own keys/ledger.vkey)")
    parser.add_argument("--against", type=Path, help="a checkpoint that was kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        result = check_hub(options.hub, options.key, options.against)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    sys.stdout.write((result.to_json() if options.json else result.describe()) + "\n")
    return 0 if result.ok else 2


def check_hub(
    hub: Path, key: str | None = None, against: Path | None = None, progress: Progress | None = None
) -> CheckResult:
    """Check the ledger of a hub's directory.

    Args:
        hub: holds `ledger/` and `keys/ledger.vkey`.
        key: verifier key or the path of its file; the hub's own when None, which proves less: whoever forges a
            whole log may forge the key beside it.
        against: file of a checkpoint that was kept elsewhere.
        progress: told how far the check is.

    Raises:
        OSError: when the key or the checkpoint kept elsewhere cannot be read.
        ValueError: when the key is malformed.
    """
    vkey = key if key and key.count("+") >= 2 else Path(key or hub / "keys" / "ledger.vkey").read_text("ascii")
    text = None if against is None else against.read_text("utf-8", errors="replace")
    return check_ledger(hub / "ledger", vkey, text, progress)


if __name__ == "__main__":
    sys.exit(main())
