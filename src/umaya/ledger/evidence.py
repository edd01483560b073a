"""Evidence (証拠): one archive that proves entries of the log to whoever has Python, and nothing else of ours.

An archive holds entries with their inclusion proofs, the signed checkpoint, the verifier key, the documents that the
entries name by digest, receipts, a page to read in each language, and `verify.py`: the checker that shares no code
with this module (`umaya.ledger.evidence_check`, whose head says what it proves).

    manifest.json            what was asked for; size and digest of every file below but those marked *
    entries/N.json           entries, canonical; the export's own *
    documents/DIGEST.json    scheme documents, canonical
    receipts/N.txt           receipts of entries, as they were given (C2SP `tlog-proof`)
    ledger.vkey, verify.py, README.ja.txt, README.en.txt
    checkpoint.txt *         the signed tree head that all proofs lead to
    proofs/N.txt *           inclusion proof of each entry (C2SP `tlog-proof`)
    consistency/N.txt *      that the tree of a receipt is a part of this one

Two steps, because the ledger must say what was exported before it leaves: `prepare` gives the digest of the manifest,
which is recorded as `evidence.exported`, and `finish` makes the archive with that entry in it. So each byte is bound to
the signed head: the manifest by the entry, the rest by the manifest or a proof. Must hold: the same log, content and
entry give the same bytes. Evolution: `format` ends in the version; a checker travels with its archive.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import resources

import rfc8785

from umaya.ledger.checkpoint import TreeHead, open_checkpoint
from umaya.ledger.entries import digest
from umaya.ledger.keys import Verifier
from umaya.ledger.proofs import Receipt
from umaya.ledger.reader import LedgerReader
from umaya.types.errors import InputError, Place

FORMAT = "umaya-evidence/v1"
MAX_ENTRIES = 10_000
"""Entries of one archive: some 30 MB. Whoever needs more is given the ledger."""
_DATED = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Content:
    """What is to be proved.

    Attributes:
        scope: what was asked for; `of` is `use`, `scheme` or `search`, the rest says which. References only.
        entries: indices, in any order.
        documents: canonical scheme documents.
        receipts: index of an entry to the receipt that was given for it.
    """

    scope: Mapping[str, str]
    entries: Sequence[int]
    documents: Sequence[str] = ()
    receipts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """An archive but for its own entry in the ledger.

    Attributes:
        digest: of the manifest, as the ledger writes digests.
        entries: indices, ascending.
        files: name to bytes, the manifest included.
        heads: sizes of the receipts' trees by the entry of the receipt.
    """

    digest: str
    entries: tuple[int, ...]
    files: Mapping[str, bytes] = field(repr=False)
    heads: Mapping[int, int]


def fingerprint(vkey: str) -> str:
    """Return the fingerprint of a verifier key, to be compared by people: the SHA-256 of its one line."""
    return f"sha256:{sha256(vkey.strip().encode()).hexdigest()}"


def prepare(reader: LedgerReader, vkey: str, content: Content, export: str) -> Prepared:
    """Gather what an archive holds.

    Args:
        reader: of the log.
        vkey: the log's verifier key.
        content: what is to be proved.
        export: id of the export, a UUID.

    Raises:
        InputError: when the archive would hold no entry or more than `MAX_ENTRIES`.
        NotFoundError: when the log has no such entry.
        IntegrityError: when a receipt is not of this log.
    """
    entries = tuple(sorted({*content.entries, *content.receipts}))
    if not entries or len(entries) > MAX_ENTRIES:
        problem = "nothing was found" if not entries else f"the archive would hold more than {MAX_ENTRIES:,} entries"
        raise InputError(Place("export"), problem, "ask for another time, scheme or kind")
    files = {f"entries/{index:010d}.json": reader.entry_bytes(index) for index in entries}
    for document in content.documents:
        data = document.encode()
        files[f"documents/{sha256(data).hexdigest()}.json"] = data
    files |= {f"receipts/{index:010d}.txt": text.encode() for index, text in content.receipts.items()}
    files["ledger.vkey"] = f"{vkey.strip()}\n".encode()
    files |= _companions(vkey)
    listed = {name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()}
    members = {"export": export, "files": listed, "format": FORMAT, "scope": dict(content.scope)}
    manifest = rfc8785.dumps(members) + b"\n"  # type: ignore[arg-type] # its recursive type is invariant in dict
    verifier = Verifier.from_vkey(vkey)
    heads = {
        index: open_checkpoint(Receipt.parse(text).checkpoint, verifier).size
        for index, text in content.receipts.items()
    }
    return Prepared(digest(manifest), entries, {**files, "manifest.json": manifest}, heads)


def finish(reader: LedgerReader, vkey: str, prepared: Prepared, exported: int, checkpoint: str) -> bytes:
    """Return the archive.

    Args:
        reader: of the log.
        vkey: the log's verifier key.
        prepared: what it holds.
        exported: index of the entry that says so.
        checkpoint: a signed tree head that covers that entry.

    Raises:
        IntegrityError: when the checkpoint is not signed by the key.
        NotFoundError: when it does not cover an entry.
    """
    head = open_checkpoint(checkpoint, Verifier.from_vkey(vkey))
    files = dict(prepared.files)
    files["checkpoint.txt"] = checkpoint.encode()
    files[f"entries/{exported:010d}.json"] = reader.entry_bytes(exported)
    indices = (*prepared.entries, exported)
    for index, path in zip(indices, reader.inclusion_proofs(indices, head.size), strict=True):
        files[f"proofs/{index:010d}.txt"] = Receipt(index, tuple(path), checkpoint).text().encode()
    for index, size in prepared.heads.items():
        files[f"consistency/{index:010d}.txt"] = _consistency(reader, size, head)
    return _zipped(files)


def _consistency(reader: LedgerReader, size: int, head: TreeHead) -> bytes:
    path = reader.consistency_proof(size, head.size)
    return "".join(f"{base64.b64encode(hash_).decode()}\n" for hash_ in path).encode()


def _companions(vkey: str) -> dict[str, bytes]:
    """Return the checker and the page to read in each language, which names the key's fingerprint."""
    package = resources.files("umaya.ledger")
    files = {"verify.py": (package / "evidence_check.py").read_bytes()}
    for language in ("ja", "en"):
        text = (package / "evidence_pages" / f"README.{language}.txt").read_text("utf-8")
        files[f"README.{language}.txt"] = text.replace("{fingerprint}", fingerprint(vkey)).encode()
    return files


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip archive whose bytes follow from them alone."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _DATED)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, files[name])
    return sink.getvalue()
